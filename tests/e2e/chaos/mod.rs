//! `kill -9` at any instant: what was acknowledged stays, in its slot, once, and no slot is ever signed twice.
//!
//! A hundred kills by default; `AOSEC_KILL_ROUNDS` asks for more, `AOSEC_SEED` plays a run again. Nine in ten hit [`lone`]
//! schedulers, several at a time: in the load, while they stop, while they recover. The others hit whole nodes of a network
//! that a supervisor starts again ([`life`]), whose computed state must come out alike on two nodes. [`delivery`] kills those
//! that carry messages between processes. [`aosec_tests::harness::load`] sends and remembers; the harness's ledger judges.

mod delivery;
mod life;
mod lone;

use aosec_tests::harness::{World, base_layer::BaseLayer, seed::Seed};
use tokio::task::JoinSet;

use life::Life;
use lone::Lone;

/// Kills in an ordinary run.
const ROUNDS: usize = 100;
/// One kill in so many hits a whole node.
const WHOLE_EACH: usize = 10;
/// Rounds that one process lives through: its log stays short enough to be replayed at the end of each life.
const ROUNDS_PER_LIFE: usize = 20;
/// The host of the process, and another node whose MU carries some of the load and whose CU replays.
const NODES: usize = 2;
/// Schedulers that are killed side by side: while one flushes or waits for a block, another computes.
const LONE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_of_whole_nodes_lose_nothing_double_nothing_and_sign_nothing_twice() {
    let rounds = rounds().div_ceil(WHOLE_EACH);
    let mut seed = Seed::announced("chaos");
    let world = World::start(NODES);
    let mut done = 0;
    while done < rounds {
        let mut life = Life::begin(&world, seed.bytes()).await;
        let share = ROUNDS_PER_LIFE.min(rounds - done);
        for round in done + 1..=done + share {
            life.round(&mut seed, round).await;
        }
        life.end().await;
        done += share;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_of_schedulers_lose_nothing_double_nothing_and_sign_nothing_twice() {
    let rounds = rounds() - rounds().div_ceil(WHOLE_EACH);
    let mut seed = Seed::announced("chaos::lone");
    let base = BaseLayer::for_nodes(LONE).await;
    let mut lives = JoinSet::new();
    for index in 0..LONE {
        let mut seed = Seed::new(seed.next_u64());
        let share = rounds / LONE + usize::from(index < rounds % LONE);
        let (devnet, gateway) = (base.devnet(), base.url.to_string());
        lives.spawn(async move {
            let mut life = Lone::begin(index, &devnet, &gateway, &mut seed).await;
            for round in 1..=share {
                life.round(&mut seed, round).await;
            }
            life.end().await
        });
    }
    while let Some(life) = lives.join_next().await {
        let (slots, promises) =
            life.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
        eprintln!("one of {LONE} schedulers: {slots} slots, {promises} promises kept");
    }
}

fn rounds() -> usize {
    let asked = std::env::var("AOSEC_KILL_ROUNDS").ok();
    asked.map_or(ROUNDS, |text| {
        text.parse().expect("AOSEC_KILL_ROUNDS is a number")
    })
}
