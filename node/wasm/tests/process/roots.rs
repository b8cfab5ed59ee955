//! The same log gives the same root at every slot: with and without fuel, pooled or not, and woken
//! from a snapshot in between.

use aosec_wasm::{EngineSettings, Instance, Limits, Module, Snapshot, process_module};

use crate::harness::{self, Message, OWNER, TOKEN};

/// Messages of the mixed log; each kind comes back every few slots.
const SLOTS: u64 = 240;

/// What one slot gave: the answer and the root after it.
type Trace = Vec<(Vec<u8>, [u8; 32])>;

/// A log of everything that processes do: transfers, queries, evals, errors, waiting, garbage.
fn log() -> Vec<Message> {
    let mut log = vec![Message::spawn(TOKEN)];
    log.extend((1..=SLOTS).map(mixed));
    log
}

fn mixed(slot: u64) -> Message {
    let account = format!("account-{}", slot * 7 % 31);
    match slot % 12 {
        0 => Message::eval(slot, "return Balances"),
        1 | 5 => transfer(slot, OWNER, &account, "1000"),
        2 => transfer(slot, &account, "account-1", "3"),
        3 => Message::new(slot)
            .tag("Action", "Balance")
            .tag("Recipient", &account),
        4 => Message::new(slot)
            .tag("Action", "Mint")
            .tag("Quantity", "123456789012345678901"),
        6 => Message::new(slot).tag("Action", "Info").from(&account),
        7 => Message::eval(
            slot,
            "junk = {} for i = 1, 3000 do junk[i] = { i, tostring(i) } end",
        ),
        8 => Message::eval(
            slot,
            "return math.random(), os.time(), 0 / 0, tostring(junk), 2 ^ 0.5",
        ),
        9 => Message::eval(
            slot,
            "Send({ Target = 'oracle', Action = 'Ask' }).receive()",
        ),
        10 => Message::eval(slot, "lost = ('x'):rep(500000) error({ code = 7 })"),
        _ => Message::new(slot)
            .tag("Action", "Unknown")
            .data("kept in the inbox"),
    }
}

fn transfer(slot: u64, from: &str, to: &str, quantity: &str) -> Message {
    let message = Message::new(slot)
        .tag("Action", "Transfer")
        .tag("Quantity", quantity);
    message.tag("Recipient", to).from(from)
}

fn step(instance: &mut Instance, message: &Message) -> (Vec<u8>, [u8; 32]) {
    let env = harness::environment(&[]);
    let evaluation = instance.handle(&message.json(), &env).expect("an answer");
    let failed = evaluation
        .output
        .windows(8)
        .any(|part| part == b"\"Error\":");
    if failed {
        instance.rollback();
    }
    (evaluation.output, instance.commit())
}

fn play(module: &Module) -> Trace {
    let mut instance = harness::boot(module, Limits::default());
    log()
        .iter()
        .map(|message| step(&mut instance, message))
        .collect()
}

/// The same, but every `every` slots the process sleeps, as bytes, and another one wakes.
fn play_with_naps(module: &Module, every: usize) -> Trace {
    let mut instance = harness::boot(module, Limits::default());
    let mut trace = Trace::new();
    for (slot, message) in log().iter().enumerate() {
        trace.push(step(&mut instance, message));
        if slot % every == 0 {
            let root = instance.root();
            instance = nap(module, &instance);
            assert_eq!(instance.root(), root, "asleep after slot {slot}");
        }
    }
    trace
}

fn nap(module: &Module, instance: &Instance) -> Instance {
    let bytes = instance.snapshot().to_bytes();
    let snapshot = Snapshot::from_bytes(&bytes).expect("own bytes");
    Instance::restore(module, process_module::BOOT, &snapshot, Limits::default()).expect("awake")
}

fn assert_equal(have: &Trace, want: &Trace, how: &str) {
    for (slot, (have, want)) in have.iter().zip(want).enumerate() {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&have.0), text(&want.0), "{how}: answer of slot {slot}");
        assert_eq!(have.1, want.1, "{how}: root of slot {slot}");
    }
    assert_eq!(have.len(), want.len());
}

#[test]
fn four_engines_give_one_history() {
    let reference = play(harness::module());
    let mut roots: Vec<[u8; 32]> = reference.iter().map(|(_, root)| *root).collect();
    roots.dedup();
    assert!(
        roots.len() > 200,
        "the log changes the state: {} roots",
        roots.len()
    );
    for (fuel, pooling) in [(true, true), (false, false), (false, true)] {
        let settings = EngineSettings {
            fuel,
            pooling,
            pool_instances: 4,
            ..Default::default()
        };
        let trace = play(&harness::compile(settings));
        assert_equal(
            &trace,
            &reference,
            &format!("fuel {fuel}, pooling {pooling}"),
        );
    }
}

#[test]
fn an_interruptible_engine_gives_the_same_history() {
    let settings = EngineSettings {
        interruptible: true,
        ..Default::default()
    };
    assert_equal(
        &play(&harness::compile(settings)),
        &play(harness::module()),
        "interruptible",
    );
}

#[test]
fn sleep_does_not_change_history() {
    let reference = play(harness::module());
    assert_equal(
        &play_with_naps(harness::module(), 1),
        &reference,
        "asleep after each slot",
    );
    assert_equal(
        &play_with_naps(harness::module(), 17),
        &reference,
        "asleep now and then",
    );
    let settings = EngineSettings {
        fuel: false,
        pooling: true,
        ..Default::default()
    };
    let other = harness::compile(settings);
    assert_equal(
        &play_with_naps(&other, 5),
        &reference,
        "asleep in another engine",
    );
}

#[test]
fn a_root_for_several_slots_is_the_root_of_the_last() {
    let reference = play(harness::module());
    let mut instance = harness::boot(harness::module(), Limits::default());
    let env = harness::environment(&[]);
    // Slots 1 to 8 of the mixed log have no error between them.
    for message in &log()[..=8] {
        instance.handle(&message.json(), &env).expect("an answer");
    }
    assert_eq!(instance.commit(), reference[8].1);
}

#[test]
fn fuel_depends_on_state_and_message_alone() {
    let fuel = |naps: bool| {
        let mut instance = harness::boot(harness::module(), Limits::default());
        let env = harness::environment(&[]);
        let mut used = Vec::new();
        for message in &log()[..60] {
            let evaluation = instance.handle(&message.json(), &env).expect("an answer");
            used.push(evaluation.fuel_used);
            instance.commit();
            if naps {
                instance = nap(harness::module(), &instance);
            }
        }
        used
    };
    assert_eq!(fuel(false), fuel(true));
}
