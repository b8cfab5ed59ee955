//! The world of the search: blocks with what may stand in them, and what must hold after each.

use std::sync::Arc;

use aosec_challenge::derive::{Block, Entry, Transaction};
use aosec_challenge::inbox::{Court, Mail, Stepped, Track};
use aosec_wire::{Id, LogEntry};

use super::court::{CUT, Leases, Plant};
use super::writings::{next_record, posted, promised, receipt, written};
use crate::forge::{START, enclosing, founder, inbox, inbox_of, letter, letter_of, origin, spawn};
use crate::hosts::{self, PROCESS, honest, log_of};
use crate::search::World;

/// Blocks that follow the one with the first two slots; `AOSEC_TWO_HOSTS_BLOCKS` asks for more.
const BLOCKS: u64 = 5;

/// How far the chain may go back (1.2).
const DEPTH: usize = 2;

/// The block with the first two slots.
const PUBLISHED: u64 = START + 2;

/// What may stand in a block, each once in a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// The first host's record of slots 3 and 4.
    Late,
    /// The first host's receipt for a message in slot 9, with the message.
    Promise,
    /// A message in the process's inbox.
    Post,
    /// The lease ends.
    End,
    /// The next host would begin.
    Resume,
    /// His record of two slots behind the log.
    Next,
}

const EVENTS: [Event; 6] = [
    Event::Late,
    Event::Promise,
    Event::Post,
    Event::End,
    Event::Resume,
    Event::Next,
];

/// What can happen next.
#[derive(Clone, Debug)]
pub(super) enum Happens {
    /// A block with these.
    Block(Vec<Event>),
    /// The chain goes back by so many blocks, and on with another branch.
    Back(usize),
}

/// The chain as it stands after a block.
#[derive(Debug)]
struct Point {
    court: Court,
    leases: Leases,
    block: Block,
    events: Vec<Event>,
    /// The canonical log.
    log: Vec<Entry>,
}

/// The world: the chain, and the blocks that were left, if any were.
#[derive(Clone, Debug)]
pub(super) struct Handover {
    plant: Plant,
    /// The height of the last block.
    last: u64,
    points: Vec<Arc<Point>>,
    left: Vec<Block>,
}

impl Handover {
    /// The process is hosted and has two slots.
    pub(super) fn begin(plant: Plant) -> Self {
        let court = Court::new(origin(), DEPTH, hosts::firm_block());
        let world = Self {
            plant,
            last: PUBLISHED + blocks(),
            points: Vec::new(),
            left: Vec::new(),
        };
        let start = Arc::new(Point {
            court,
            leases: Leases::new(plant),
            block: hosts::block(START - 1, Vec::new()),
            events: Vec::new(),
            log: Vec::new(),
        });
        let points = beginning(plant).into_iter().fold(start, |before, block| {
            Arc::new(step(&before, block, Vec::new()).0)
        });
        Self {
            points: vec![points],
            ..world
        }
    }

    fn tip(&self) -> &Arc<Point> {
        self.points.last().unwrap()
    }

    fn happened(&self) -> impl Iterator<Item = Event> {
        self.points.iter().flat_map(|point| point.events.clone())
    }

    /// The height of the block with an event.
    fn height_of(&self, event: Event) -> Option<u64> {
        let point = self
            .points
            .iter()
            .find(|point| point.events.contains(&event));
        point.map(|point| point.block.height)
    }

    fn block(&self, events: &[Event]) -> Block {
        let tip = self.tip();
        let transactions = events.iter().map(|event| self.transaction(*event, tip));
        let transactions: Vec<Transaction> = transactions.collect();
        let branch = u8::from(!self.left.is_empty());
        let height = tip.block.height + 1;
        let before = tip.block.id[47];
        hosts::branched(height, branch, before, transactions)
    }

    fn transaction(&self, event: Event, tip: &Point) -> Transaction {
        let process = PROCESS.to_string();
        match event {
            Event::Late => log_of(&[written().item(3, 4)]),
            Event::Promise => inbox(&[enclosing(&[promised(), receipt()], &[])]),
            Event::Post => inbox_of(&process, &[posted()]),
            Event::End => inbox(&[letter(2, &[("Do", "end")])]),
            Event::Resume => {
                let tags = [("Do", "resume"), ("Process", process.as_str())];
                inbox(&[letter(3, &tags)])
            }
            Event::Next => log_of(&[next_record(tip.log.last().unwrap())]),
        }
    }

    /// What must hold after a block.
    fn check(&self, stepped: &Stepped) -> Result<(), String> {
        let tip = self.tip();
        grows(&tip.log)?;
        let log = tip
            .court
            .logs()
            .and_then(|logs| logs.log(&PROCESS).cloned());
        let head = log.map(|log| (log.head().slot, log.head().chain));
        let last = tip.log.last().map(|entry| (entry.slot, entry.chain));
        demand(head == last, "head and slots differ")?;
        let by_hosts = stepped.logs.extended.iter().flat_map(|run| &run.entries);
        for entry in by_hosts {
            let cut = tip.leases.ended.map(|ended| ended + CUT);
            let late = entry.epoch == 0 && cut.is_some_and(|cut| tip.block.height > cut);
            demand(!late, "a signature from after the cut has a slot")?;
            let first = tip.leases.resumed.map(|(_, first)| first);
            let fits = entry.epoch == 0 || Some(entry.slot) >= first;
            demand(fits, "the next host has a slot of the first")?;
        }
        if let Some((height, first)) = tip.leases.resumed {
            let before = tip.log.iter().filter(|entry| entry.mined <= height);
            let good = before.map(|entry| entry.slot).max().unwrap_or(0);
            demand(
                first == good + 1,
                "the next host does not go on from the last good slot",
            )?;
        }
        Ok(())
    }

    /// Whoever reads the blocks at once sees the same, and so does whoever followed the branch that was left.
    fn readers_agree(&self) -> Result<(), String> {
        let court = || Court::new(origin(), DEPTH, hosts::firm_block());
        let mut follower = Track::new(DEPTH, court(), Leases::new(self.plant));
        let mut log = Vec::new();
        for block in self.blocks_from_the_start() {
            if self
                .left
                .first()
                .is_some_and(|left| left.height == block.height)
            {
                for left in &self.left {
                    follower
                        .step(left.clone())
                        .map_err(|error| error.to_string())?;
                }
                let back = follower.rewind(block.height - 1);
                back.map_err(|error| error.to_string())?;
            }
            let stepped = follower.step(block).map_err(|error| error.to_string())?;
            log.extend(entries(&stepped));
        }
        demand(
            log == self.tip().log,
            "two readers of the same blocks see two orders",
        )
    }

    fn blocks_from_the_start(&self) -> Vec<Block> {
        let mut blocks = beginning(self.plant);
        blocks.extend(self.points[1..].iter().map(|point| point.block.clone()));
        blocks
    }
}

impl World for Handover {
    type Step = Happens;

    fn steps(&self) -> Vec<Happens> {
        let height = self.tip().block.height;
        let mut steps = Vec::new();
        if height < self.last {
            let done: Vec<Event> = self.happened().collect();
            let open = EVENTS.into_iter().filter(|event| !done.contains(event));
            let able: Vec<Event> = open
                .filter(|event| match event {
                    Event::Resume => done.contains(&Event::End),
                    Event::Next => self.tip().leases.resumed.is_some(),
                    _ => true,
                })
                .collect();
            steps.push(Happens::Block(Vec::new()));
            for (place, event) in able.iter().enumerate() {
                steps.push(Happens::Block(vec![*event]));
                let pairs = able[place + 1..].iter();
                steps.extend(pairs.map(|other| Happens::Block(vec![*event, *other])));
            }
        }
        let most = DEPTH.min(self.points.len() - 1);
        if self.left.is_empty() && height < self.last {
            steps.extend((1..=most).map(Happens::Back));
        }
        steps
    }

    fn after(&self, step_taken: &Happens) -> Result<Self, String> {
        let mut next = self.clone();
        match step_taken {
            Happens::Back(blocks) => {
                let left = next.points.split_off(next.points.len() - blocks);
                next.left = left.iter().map(|point| point.block.clone()).collect();
            }
            Happens::Block(events) => {
                let block = self.block(events);
                let (point, stepped) = step(self.tip(), block, events.clone());
                next.points.push(Arc::new(point));
                next.check(&stepped)?;
            }
        }
        Ok(next)
    }

    fn key(&self) -> Vec<u8> {
        let mut key = vec![u8::from(!self.left.is_empty())];
        for point in &self.points[1..] {
            key.push(0xFF);
            key.extend(point.events.iter().map(|event| *event as u8));
        }
        key
    }

    fn end(&self) -> Result<(), String> {
        let tip = self.tip();
        let over = tip.leases.ended.map(|ended| ended + CUT);
        let over = over.filter(|over| *over <= tip.block.height);
        let in_time = |event: Event| {
            let height = self.height_of(event);
            height.is_some_and(|height| over.is_none_or(|over| height <= over))
        };
        let has = |message: Id| tip.log.iter().any(|entry| entry.message == message);
        if in_time(Event::Late) {
            demand(has(honest(4, START).message), "a canonical slot is lost")?;
        }
        if over.is_some() && in_time(Event::Promise) {
            demand(has(promised().id()), "a promise is forgotten")?;
        }
        let posted_at = self.height_of(Event::Post);
        let since =
            posted_at.filter(|height| tip.leases.ended.is_some_and(|ended| *height >= ended));
        let until = tip.leases.resumed.map_or(u64::MAX, |(height, _)| height);
        if over.is_some() && since.is_some_and(|height| height <= until) {
            demand(has(posted().id()), "a message of the inbox is forgotten")?;
        }
        self.readers_agree()
    }
}

pub(super) fn blocks() -> u64 {
    let asked = std::env::var("AOSEC_TWO_HOSTS_BLOCKS").ok();
    asked.map_or(BLOCKS, |text| text.parse().unwrap())
}

fn beginning(plant: Plant) -> Vec<Block> {
    let cut = CUT + u64::from(plant == Plant::LaterCut);
    let data =
        format!(r#"{{"parameters":{{"settlement_depth":{DEPTH},"cut":{cut},"late_after":2}}}}"#);
    let genesis = letter_of(&founder(), &[], data.as_bytes());
    vec![
        hosts::block(START, vec![inbox(&[spawn(), genesis])]),
        hosts::block(START + 1, vec![inbox(&[letter(1, &[("Do", "host")])])]),
        hosts::block(PUBLISHED, vec![log_of(&[written().item(1, 2)])]),
    ]
}

fn step(before: &Point, block: Block, events: Vec<Event>) -> (Point, Stepped) {
    let (mut court, mut leases) = (before.court.clone(), before.leases.clone());
    let mail = Mail::of(&block, origin());
    let stepped = court.step(&block, &mail, &mut leases).unwrap();
    let mut log = before.log.clone();
    log.extend(entries(&stepped));
    let point = Point {
        court,
        leases,
        block,
        events,
        log,
    };
    (point, stepped)
}

/// The new slots of a block, in order.
fn entries(stepped: &Stepped) -> Vec<Entry> {
    let signed = stepped.logs.extended.iter();
    let signed = signed.flat_map(|run| run.entries.iter().copied());
    let ordered = stepped.virtual_slots.iter().map(|slot| slot.entry);
    signed.chain(ordered).collect()
}

/// Each slot once, behind the one before, each message once; the chain by the text of the law (5.4).
fn grows(log: &[Entry]) -> Result<(), String> {
    let mut chain = Id::sha256(PROCESS.as_bytes());
    for (slot, entry) in (1..).zip(log) {
        let content = LogEntry {
            message: entry.message,
            height: entry.height,
            timestamp: entry.timestamp,
        };
        chain = content.chain_after(chain);
        demand(
            entry.slot == slot && entry.chain == chain,
            "a slot is given twice, or none",
        )?;
        let again = log.iter().filter(|other| other.message == entry.message);
        demand(again.count() == 1, "a message has two slots")?;
    }
    Ok(())
}

fn demand(holds: bool, what: &str) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(what.to_owned()),
    }
}
