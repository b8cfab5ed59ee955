//! `kill -9` at any instant: what was acknowledged stays, in its slot, once, and no slot is ever signed twice.
//!
//! Twenty kills by default; `AOSEC_KILL_ROUNDS` asks for more, `AOSEC_SEED` plays a run again. [`aosec_tests::harness::load`] sends and remembers,
//! [`life`] is one process that lives through some rounds and is judged by the harness's ledger; [`delivery`] kills those that carry messages between processes.

mod delivery;
mod life;

use aosec_tests::harness::{World, seed::Seed};

use life::Life;

/// Kills in an ordinary run: about a minute.
const ROUNDS: usize = 20;
/// Rounds that one process lives through: its log stays short enough to be replayed at the end of each life.
const ROUNDS_PER_LIFE: usize = 20;
/// The host of the process, and another node whose MU carries some of the load and whose CU replays.
const NODES: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing_double_nothing_and_sign_nothing_twice() {
    let rounds = rounds();
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

fn rounds() -> usize {
    let asked = std::env::var("AOSEC_KILL_ROUNDS").ok();
    asked.map_or(ROUNDS, |text| {
        text.parse().expect("AOSEC_KILL_ROUNDS is a number")
    })
}
