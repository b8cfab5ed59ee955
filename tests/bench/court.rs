//! The court from blocks: what a reader with nothing but blocks derives in a second, every item and enclosure verified, and how
//! long the court takes to be read when it has grown. The blocks are at hand: how they come from a gateway is measured by `replay`.
//!
//! The year is one of people who bond, host, fund and pay: of a hundred messages one is a first `Bond` with its two keys enclosed,
//! nine are `Host` with the spawn enclosed, ten `Fund` and eighty `Transfer`. Everybody who bonds was paid before by a transfer.

use std::sync::Arc;
use std::time::Duration;

use aosec_challenge::derive::BlockRef;
use aosec_challenge::inbox::{Contract as _, Court, Message, Track};
use aosec_node::cu::engine::Wasmtime;
use aosec_node::cu::input::{DryMessage, Moment, dry_message};
use aosec_node::origin::chamber::Chamber;
use aosec_node::origin::pace::Pace;
use aosec_wire::Tags;

use super::cpu;
use super::heard::Heard;
use super::table::{Table, millis, per_second};
use super::year::{self, CASES, Year};

/// Blocks that a reorg may take back: nothing here is taken back.
const DEPTH: usize = 20;
/// Messages of the short form: some seconds.
pub(crate) const SHORT: u64 = 20_000;
/// A year of a busy court.
pub(crate) const BUSY: u64 = 1_000_000;
/// Blocks without a message that are measured at the end.
const IDLE: u32 = 50;
/// Between two blocks of a real network.
const BLOCK: Duration = Duration::from_secs(120);
const BLOCKS_OF_A_YEAR: u32 = 262_800;
/// What grows with the court shows beside one of this part.
const TENTH: u64 = 10;
/// Questions of each kind, whose mean is told: the kernel counts a thread's time in steps of some milliseconds.
const QUESTIONS: u32 = 16;
const RATE_GOAL: &str = ">= 3.0 k/s";
const YEAR_GOAL: &str = "< 10 min, < 1 GiB";
const READ_GOAL: &str = "< 100 ms";
const YEAR_AT_MOST: Duration = Duration::from_secs(600);
const READ_AT_MOST: Duration = Duration::from_millis(100);

/// A reader of blocks.
struct Reader {
    track: Track<Heard<Chamber>>,
    /// Processor time that deriving has taken, signing of what is derived not counted.
    used: Duration,
    messages: u64,
    blocks: u64,
}

/// A court that has grown, and what it came to.
struct Grown {
    year: Year,
    reader: Reader,
    /// Messages a second of the contract alone, in the last block.
    raw: f64,
}

/// What cases cost.
struct Cases {
    opened: Duration,
    /// A block that brings nothing, before they are open and while they are.
    idle: [Duration; 2],
}

pub(crate) fn measure(table: &mut Table, messages: u64) {
    let mut small = Grown::over(messages / TENTH);
    let before = small.cases();
    drop(small);
    let mut grown = Grown::over(messages);
    derived(table, &grown.reader, grown.raw);
    reads(table, &mut grown);
    idle(table, &mut grown);
    cases(table, &before, &grown.cases());
}

impl Grown {
    fn over(messages: u64) -> Self {
        let (mut year, mut reader) = (Year::new(messages), Reader::new());
        let mut raw = None;
        while let Some(block) = year.next_block() {
            raw = reader.read_raw(&block, year.is_over()).or(raw);
        }
        assert_eq!(reader.messages, year.messages(), "every message was read");
        reader.assert_applied();
        let raw = raw.expect("a last block");
        Self { year, reader, raw }
    }

    /// What a block costs that brings nothing: a Tick, and the root behind it.
    fn idle(&mut self, pace: Pace) -> Duration {
        let blocks: Vec<_> = (0..IDLE).map(|_| self.year.empty_block()).collect();
        let spent = blocks.iter().map(|block| self.reader.read(block, pace));
        spent.sum::<Duration>() / IDLE
    }

    fn cases(&mut self) -> Cases {
        let without = self.idle(Pace::EachBlock);
        let block = self.year.challenges();
        let opened = self.reader.read(&block, Pace::EachBlock);
        self.reader.assert_applied();
        Cases {
            opened,
            idle: [without, self.idle(Pace::EachBlock)],
        }
    }
}

fn derived(table: &mut Table, reader: &Reader, raw: f64) {
    let seconds = reader.used.as_secs_f64().max(1e-3);
    let rate = reader.messages as f64 / seconds;
    table.row(
        &format!(
            "origin: {} messages derived from {} blocks, items and enclosures verified, a core",
            reader.messages, reader.blocks
        ),
        format!(
            "{} ({:.0} s of processor time)",
            per_second(rate),
            reader.used.as_secs_f64()
        ),
        format!("{} the contract alone, in the last block", per_second(raw)),
        Some(rate / raw),
        RATE_GOAL,
    );
    let whole = Duration::from_secs_f64(BUSY as f64 / rate);
    table.row(
        "origin: a million messages at that rate, and the memory of the reader with its generator",
        format!(
            "{:.0} s, {} MiB resident",
            whole.as_secs_f64(),
            cpu::resident_bytes("self") >> 20
        ),
        "600 s, 1,024 MiB".into(),
        Some(whole.as_secs_f64() / YEAR_AT_MOST.as_secs_f64()),
        YEAR_GOAL,
    );
}

/// What the contract alone runs in a second, and a commit behind it.
fn alone(mut contract: Chamber, messages: &[Message]) -> f64 {
    let before = cpu::used_by_this_thread();
    for message in messages {
        contract.run(message).expect("it ran before");
    }
    contract.end_block(0).expect("it ended before");
    let used = cpu::used_by_this_thread().saturating_sub(before);
    messages.len() as f64 / used.as_secs_f64().max(1e-3)
}

fn idle(table: &mut Table, grown: &mut Grown) {
    let each = grown.idle(Pace::CatchingUp);
    let whole = each * BLOCKS_OF_A_YEAR;
    table.row(
        "origin: a settled block that brings nothing, and a year of them",
        format!("{}, {:.0} s", millis(each), whole.as_secs_f64()),
        "600 s".into(),
        Some(whole.as_secs_f64() / YEAR_AT_MOST.as_secs_f64()),
        YEAR_GOAL,
    );
}

fn cases(table: &mut Table, small: &Cases, large: &Cases) {
    table.row(
        &format!("origin: {CASES} challenges opened, beside a tenth of the processes"),
        millis(large.opened - large.idle[0]),
        millis(small.opened - small.idle[0]),
        Some(
            (large.opened - large.idle[0]).as_secs_f64()
                / (small.opened - small.idle[0]).as_secs_f64(),
        ),
        "<= 1.1",
    );
    table.row(
        &format!("origin: a block while {CASES} cases are open, derivation and root"),
        millis(large.idle[1]),
        format!(
            "{} without, a block each {} s",
            millis(large.idle[0]),
            BLOCK.as_secs()
        ),
        Some(large.idle[1].as_secs_f64() / BLOCK.as_secs_f64()),
        "< 0.01 of a core",
    );
}

/// One row of each list, and a page of each.
fn reads(table: &mut Table, grown: &mut Grown) {
    let Grown { year, reader, .. } = grown;
    let (operators, processes) = year.grown();
    let questions: [(&str, &str, String); 4] = [
        ("Operators", "First", (operators / 2).max(1).to_string()),
        ("Processes", "First", (processes / 2).max(1).to_string()),
        ("Operators", "Operator", year.an_operator()),
        ("Processes", "Process", year.a_process()),
    ];
    for (action, by, value) in questions {
        let times = (0..QUESTIONS).map(|_| reader.ask(action, by, &value));
        let mean = times.sum::<Duration>() / QUESTIONS;
        table.row(
            &format!(
                "origin: CPU of {action} by {by}, of {operators} operators and {processes} processes"
            ),
            millis(mean),
            millis(READ_AT_MOST),
            Some(mean.as_secs_f64() / READ_AT_MOST.as_secs_f64()),
            READ_GOAL,
        );
    }
}

impl Reader {
    fn new() -> Self {
        let workshop = Arc::new(Wasmtime::new().expect("the engine of every node"));
        workshop.module().expect("the carried module");
        let before = BlockRef {
            height: 0,
            id: [0; 48],
        };
        let court = Court::new(year::origin(), DEPTH, before);
        let contract = Heard::new(Chamber::new(workshop));
        Self {
            track: Track::new(DEPTH, court, contract),
            used: Duration::ZERO,
            messages: 0,
            blocks: 0,
        }
    }

    /// Steps over a block; of the last one gives how many of its messages the contract alone runs in a second.
    fn read_raw(&mut self, block: &year::Block, is_last: bool) -> Option<f64> {
        let twin = is_last.then(|| self.track.firm_contract().twin());
        let spent = self.read(block, Pace::CatchingUp);
        self.used += spent;
        self.messages += block.messages;
        self.blocks += 1;
        Some(alone(twin?, self.track.firm_contract().heard()))
    }

    /// Steps over a block; gives the processor time.
    fn read(&mut self, block: &year::Block, pace: Pace) -> Duration {
        let before = cpu::used_by_this_thread();
        let contract = self.track.firm_contract().inner();
        contract.set_pace(pace).expect("a commit");
        let stepped = self
            .track
            .settled(&block.block)
            .expect("a block of the law");
        drop(self.track.firm_contract().inner().take_ended());
        let spent = cpu::used_by_this_thread().saturating_sub(before);
        let discarded = stepped.discarded.first();
        assert!(discarded.is_none(), "nothing is discarded: {discarded:?}");
        spent
    }

    fn assert_applied(&mut self) {
        let refused = self.track.firm_contract().refused();
        assert_eq!(refused, None, "every message was applied");
    }

    fn ask(&mut self, action: &str, by: &str, value: &str) -> Duration {
        let height = self.track.firm().0.tip().height;
        let dry = DryMessage {
            id: String::new(),
            owner: year::origin().to_string(),
            target: None,
            anchor: String::new(),
            tags: Tags::new().with("Action", action).with(by, value),
            data: String::new(),
            timestamp_ms: None,
            height: None,
        };
        let now = Moment {
            timestamp_ms: 0,
            height,
        };
        let message = dry_message(year::origin(), &dry, now);
        let before = cpu::used_by_this_thread();
        let said = self.track.firm_contract().inner().ask(&message);
        let took = cpu::used_by_this_thread().saturating_sub(before);
        let said = said.expect("an answer");
        assert!(said.contains("Rows"), "{action} by {by}: {said}");
        took
    }
}
