//! Figures, not tests: messages a second of CPU time of the embedded module on this machine.

use std::time::Duration;

use aosec_wasm::{EngineSettings, Limits};

use crate::harness::{self, Message, OWNER, TOKEN};

const MESSAGES: u64 = 20_000;

/// CPU time of this thread so far; a shared machine's wall clock says little.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds = stat.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}

/// CPU time that passes from its making.
struct Instant(Duration);

impl Instant {
    fn now() -> Self {
        Self(cpu_time())
    }

    fn elapsed(&self) -> Duration {
        cpu_time() - self.0
    }
}

fn measure(name: &str, settings: EngineSettings, commit_every: u64, message: fn(u64) -> Message) {
    let module = harness::compile(settings);
    let mut instance = harness::boot(&module, Limits::default());
    let env = harness::environment(&[]);
    instance
        .handle(&Message::spawn(TOKEN).json(), &env)
        .expect("boot");
    instance.commit();
    let inputs: Vec<Vec<u8>> = (1..=MESSAGES).map(|slot| message(slot).json()).collect();
    let (start, mut fuel) = (Instant::now(), 0);
    for (slot, input) in (1..).zip(&inputs) {
        fuel += instance.handle(input, &env).expect("an answer").fuel_used;
        if slot % commit_every == 0 {
            instance.commit();
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{name:24} root every {commit_every:2}: {:7.0}/s, {} fuel, {} KiB",
        MESSAGES as f64 / seconds,
        fuel / MESSAGES,
        instance.memory_bytes() / 1024,
    );
}

fn transfer(slot: u64) -> Message {
    let message = Message::new(slot)
        .tag("Action", "Transfer")
        .tag("Quantity", "1");
    message
        .tag("Recipient", &format!("account-{}", slot % 1000))
        .from(OWNER)
}

fn eval(slot: u64) -> Message {
    Message::eval(slot, "count = (count or 0) + 1 return count")
}

fn info(slot: u64) -> Message {
    Message::new(slot).tag("Action", "Info").from("anyone")
}

#[test]
#[ignore = "prints figures"]
fn messages_a_second() {
    let bare = EngineSettings {
        fuel: false,
        ..Default::default()
    };
    let metered = EngineSettings::default();
    for (name, kind) in [
        ("Eval", eval as fn(u64) -> Message),
        ("Transfer", transfer),
        ("Info", info),
    ] {
        measure(&format!("{name} without fuel"), bare, 32, kind);
        measure(&format!("{name} with fuel"), metered, 32, kind);
        measure(&format!("{name} with fuel"), metered, 1, kind);
    }
}

#[test]
#[ignore = "prints figures"]
fn fixed_costs() {
    let start = Instant::now();
    let module = harness::compile(EngineSettings::default());
    println!("compile: {:?}", start.elapsed());
    let start = Instant::now();
    let first = harness::boot(&module, Limits::default());
    println!(
        "first boot: {:?}, {} KiB",
        start.elapsed(),
        first.memory_bytes() / 1024
    );
    let start = Instant::now();
    let many: Vec<_> = (0..100)
        .map(|_| harness::boot(&module, Limits::default()))
        .collect();
    println!("further boot: {:?}", start.elapsed() / 100);
    drop(many);
}

#[test]
#[ignore = "prints figures"]
fn fuel_against_time() {
    let limits = Limits {
        fuel_per_message: 1_000_000_000_000,
        ..Limits::default()
    };
    let mut instance = harness::boot(harness::module(), limits);
    let env = harness::environment(&[]);
    instance
        .handle(&Message::spawn(TOKEN).json(), &env)
        .expect("boot");
    instance.commit();
    for text in [
        "for i = 1, 5e6 do end",
        "local t = {} for i = 1, 3e5 do t[i] = { i } end",
        "for i = 1, 2e5 do local s = 'x' .. i end",
        "for i = 1, 2000 do local s = ('x'):rep(100000) end",
        "for i = 1, 20000 do pcall(error, 'x') end",
        "for i = 1, 200000 do pcall(next, {}) end",
        "for i = 1, 20000 do coroutine.wrap(function() end)() end",
        "local s = ('ab'):rep(2000) for i = 1, 200 do s:find('(a-)b-(a-)c') end",
        "for i = 1, 2000 do json.decode(json.encode({ a = { 1, 2, 3 }, b = ('x'):rep(100) })) end",
        "for i = 1, 100 do collectgarbage() end",
        "local t = {} for i = 1, 1e5 do t[i] = i * 7919 % 100003 end table.sort(t)",
    ] {
        let start = Instant::now();
        let used = instance
            .handle(&Message::eval(1, text).json(), &env)
            .expect(text)
            .fuel_used;
        let nanoseconds = start.elapsed().as_nanos() as f64;
        println!(
            "{:6.3} ns a unit of fuel: {text}",
            nanoseconds / used as f64
        );
        instance.rollback();
    }
}
