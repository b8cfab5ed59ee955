//! An honest process beside enemies, each with an owner of its own, in the turns that a node gives them: how long its messages take.
//!
//! Everything is the node's own but the log: the module and its messages, the hostile modules, the engine, the threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aosec_node::arweave::devchain::genesis::module_item;
use aosec_node::cu::lanes::Lanes;
use aosec_node::cu::machine::{Machine, Workshop as _};
use aosec_node::cu::settings;
use aosec_node::cu::terms::Terms;
use aosec_wasm::process_module::WASM;
use aosec_wire::VerifiedItem;

use super::{TERMS, module, workshop};

/// Groups of enemies, by what they take.
pub const GROUPS: [(&str, [&str; 2]); 4] = [
    ("who take cores", ["endless_loop", "slow_divisions"]),
    ("who take memory", ["filled_memory", "growth_for_ever"]),
    ("who spoil caches", ["scattered_loads", "filled_memory"]),
    (
        "who keep the host busy",
        ["throw_storm", "recursion_through_host"],
    ),
];
/// Enemies at once that are many times the cores.
pub const MANY: usize = 12;
/// Messages of the honest process of which the times are taken.
const MESSAGES: usize = 300;
/// Between two of its messages, as people send them: now and then.
const PAUSE: Duration = Duration::from_millis(3);
/// What an enemy may use here: enough to last, little enough that a busy machine comes to an end with all of them.
const ENEMY: Terms = Terms {
    fuel: 20_000_000,
    ..TERMS
};
/// What the honest process may use.
const HONEST: Terms = Terms {
    memory_bytes: 64 << 20,
    fuel: 10_000_000_000,
};
/// The module makes a message of it, and an answer.
const MESSAGE: &[u8] = br#"{"Tags":[],"Data":"x","From":"a","Owner":"a","Id":"a"}"#;

/// The time below which 99 of 100 messages of an honest process lie that is alone.
pub async fn alone() -> Duration {
    honest_p99(&Lanes::new(settings::ordinary_bounds())).await
}

/// The same beside so many enemies of these names.
///
/// # Panics
/// Where an enemy ends otherwise than by an error of its own.
pub async fn enemies(names: [&str; 2], count: usize) -> Duration {
    let lanes = Lanes::new(settings::ordinary_bounds());
    let end = Arc::new(AtomicBool::new(false));
    let names = names.iter().cycle().take(count).enumerate();
    let attacks = names.map(|(number, name)| {
        let enemy = instance(&module(name), ENEMY);
        tokio::spawn(attack(lanes.clone(), number, enemy, Arc::clone(&end)))
    });
    let attacks: Vec<_> = attacks.collect();
    let p99 = honest_p99(&lanes).await;
    end.store(true, Ordering::Relaxed);
    for attack in attacks {
        attack.await.expect("an enemy harms nobody but itself");
    }
    p99
}

fn instance(module: &VerifiedItem, terms: Terms) -> Box<dyn Machine> {
    let program = workshop().load(module).expect("it is compiled");
    program.boot(terms).expect("it boots")
}

/// Messages to an enemy, one after the other, until the end.
async fn attack(lanes: Lanes, number: usize, enemy: Box<dyn Machine>, end: Arc<AtomicBool>) {
    let (mut enemy, owner) = (Some(enemy), format!("enemy {number}"));
    while let Some(mut machine) = enemy.take().filter(|_one| !end.load(Ordering::Relaxed)) {
        let ran = lanes.run(&owner, move || {
            assert!(machine.run(b"{}", b"{}").answer.is_err());
            machine
        });
        enemy = Some(ran.await.expect("an error, and no panic"));
    }
}

async fn honest_p99(lanes: &Lanes) -> Duration {
    let carried = module_item(WASM).expect("the carried module");
    let mut machine = instance(&carried, HONEST);
    let mut times = Vec::with_capacity(MESSAGES);
    for _message in 0..MESSAGES {
        tokio::time::sleep(PAUSE).await;
        let begun = Instant::now();
        let ran = lanes.run("honest", move || {
            let answer = machine.run(MESSAGE, b"{}").answer;
            machine.commit();
            (machine, answer.is_ok())
        });
        let (back, answered) = ran.await.expect("a turn");
        assert!(answered, "the honest process answers");
        machine = back;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times.get(MESSAGES * 99 / 100).copied().unwrap_or_default()
}
