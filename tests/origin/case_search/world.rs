//! The world of the search: a chain of blocks with the court after each, transactions that wait, one jam, one crash, one reorg.

use std::collections::BTreeMap;
use std::rc::Rc;

use aosec_challenge::docket::State;
use aosec_market::{Message, Outcome, Tick};

use super::super::joint::Model;
use super::super::joint::invariants::Ends;
use super::super::scroll::{self, Scrolls};
use super::super::search::World;
use super::founding::{self, BEGUN, DEPTH, message, process};
use super::host::{Conduct, Host, Sight};

/// Blocks for which a miner leaves out a transaction that waits.
const DELAY: u64 = 2;

/// Blocks after which everything must be over: the longest wait for the challenge, a window, and what is left to publish.
const HORIZON: u64 = 30;

/// What waits for a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mail {
    Challenge,
    /// The host's answer of a number, with its slot.
    Answer(u8, u64),
    /// The host's record with the message in a slot.
    Record(u64),
}

/// What can happen next.
#[derive(Clone, Debug)]
pub(super) enum Happens {
    Block {
        mined: Vec<Mail>,
        /// Its items run in the next block.
        jam: bool,
        /// The host crashes behind it.
        crash: bool,
    },
    /// The chain goes back by so many blocks; their transactions wait again.
    Back(usize),
}

/// The court after a block.
#[derive(Debug)]
struct Point {
    height: u64,
    mined: Vec<Mail>,
    jammed: bool,
    model: Model,
    ends: Ends,
    logs: Scrolls,
    /// Items that wait for the next block, with their mined heights.
    queue: Vec<(Mail, u64)>,
    wanted: Vec<String>,
    sought: Vec<(String, String)>,
}

/// The world.
#[derive(Clone, Debug)]
pub(super) struct Story {
    points: Vec<Rc<Point>>,
    /// What waits, and for how many blocks it has.
    waiting: BTreeMap<Mail, u64>,
    host: Host,
    jammed: bool,
    crashed: bool,
    went_back: bool,
}

impl Story {
    pub(super) fn begin(conduct: Conduct) -> Self {
        let (model, logs) = founding::court();
        let point = Point {
            height: BEGUN,
            mined: Vec::new(),
            jammed: false,
            model,
            ends: Ends::default(),
            logs,
            queue: Vec::new(),
            wanted: Vec::new(),
            sought: Vec::new(),
        };
        Self {
            points: vec![Rc::new(point)],
            waiting: BTreeMap::from([(Mail::Challenge, 0)]),
            host: Host::new(conduct),
            jammed: false,
            crashed: false,
            went_back: false,
        }
    }

    fn tip(&self) -> &Point {
        self.points.last().expect("a chain has a tip")
    }

    /// Whether the case is over for good, or never was and never will be.
    fn is_over(&self) -> bool {
        let depth = usize::try_from(DEPTH).expect("a small number");
        let settled = self.points.iter().rev().nth(depth);
        let deep = settled.is_some_and(|point| point.is_concluded());
        deep && self.tip().queue.is_empty()
    }

    fn block(&mut self, mined: &[Mail], jam: bool, crash: bool) -> Result<(), String> {
        for mail in mined {
            self.waiting.remove(mail);
        }
        self.waiting.values_mut().for_each(|age| *age += 1);
        let next = self.tip().next(mined, jam)?;
        self.points.push(Rc::new(next));
        self.jammed |= jam;
        if crash {
            self.crashed = true;
            self.host.crash();
        }
        let sight = self.tip().sight();
        for mail in self.host.act(&sight) {
            self.waiting.insert(mail, 0);
        }
        let honest = self.host.conduct != Conduct::Silent;
        let slashed = !self.tip().model.docket().pendings().is_empty();
        match honest && slashed {
            true => Err("a host that answers is slashed".to_owned()),
            false => Ok(()),
        }
    }

    fn back(&mut self, blocks: usize) {
        self.went_back = true;
        for point in self.points.split_off(self.points.len() - blocks) {
            let again = point.mined.iter().map(|mail| (*mail, 0));
            self.waiting.extend(again);
        }
    }
}

impl World for Story {
    type Step = Happens;

    fn steps(&self) -> Vec<Happens> {
        if self.is_over() || self.tip().height >= BEGUN + HORIZON {
            return Vec::new();
        }
        let mut steps = Vec::new();
        for mined in choices(&self.waiting) {
            for (jam, crash) in [(false, false), (true, false), (false, true), (true, true)] {
                let possible = !(jam && self.jammed || crash && self.crashed);
                if possible {
                    let mined = mined.clone();
                    steps.push(Happens::Block { mined, jam, crash });
                }
            }
        }
        if !self.went_back {
            let depth = usize::try_from(DEPTH).expect("a small number");
            steps.extend((1..=depth.min(self.points.len() - 1)).map(Happens::Back));
        }
        steps
    }

    fn after(&self, step: &Happens) -> Result<Self, String> {
        let mut next = self.clone();
        match step {
            Happens::Block { mined, jam, crash } => next.block(mined, *jam, *crash)?,
            Happens::Back(blocks) => next.back(*blocks),
        }
        Ok(next)
    }

    fn key(&self) -> Vec<u8> {
        let mut key = self.host.key();
        key.extend([self.jammed, self.crashed, self.went_back].map(u8::from));
        let blocks = self.points.iter().map(|point| (&point.mined, point.jammed));
        let blocks: Vec<_> = blocks.collect();
        key.extend(format!("{blocks:?}{:?}", self.waiting).into_bytes());
        key
    }

    fn end(&self) -> Result<(), String> {
        let point = self.tip();
        let states: Vec<State> = point.states();
        let (silent, slashed) = (
            self.host.conduct == Conduct::Silent,
            !point.model.docket().pendings().is_empty(),
        );
        let good = match silent {
            true => states == [State::Expired] && slashed,
            false => matches!(states.as_slice(), [] | [State::Closed]) && !slashed,
        };
        match good {
            true => Ok(()),
            false => Err(format!("in the end {states:?}, slashed: {slashed}")),
        }
    }
}

impl Point {
    /// The court after one more block: its records, its Tick, the queue, its items (2.8).
    fn next(&self, mined: &[Mail], jam: bool) -> Result<Self, String> {
        let mut next = Self {
            height: self.height + 1,
            mined: mined.to_vec(),
            jammed: jam,
            model: self.model.clone(),
            ends: self.ends.clone(),
            logs: self.logs.clone(),
            queue: self.queue.clone(),
            wanted: Vec::new(),
            sought: Vec::new(),
        };
        for mail in mined {
            match mail {
                Mail::Record(slot) => next.publish(*slot),
                item => next.queue.push((*item, next.height)),
            }
        }
        let oldest = self.queue.first().map(|(_, mined)| *mined);
        let tick = Tick {
            height: next.height,
            queued: oldest,
            logs: scroll::wanted(&next.logs, &self.wanted, &self.sought),
        };
        next.run(&Message::Tick(tick))?;
        if !jam {
            for (mail, mined) in std::mem::take(&mut next.queue) {
                next.item(mail, mined)?;
            }
        }
        Ok(next)
    }

    /// A record counts where it goes on from the head (5.6).
    fn publish(&mut self, slot: u64) {
        let scroll = self.logs.entry(process()).or_default();
        if scroll.head.slot + 1 == slot {
            scroll.publish(&[message()], self.height, 0, false);
        }
    }

    fn item(&mut self, mail: Mail, mined: u64) -> Result<(), String> {
        let mut letter = match mail {
            Mail::Answer(_, slot) => founding::answer(slot),
            Mail::Challenge | Mail::Record(_) => founding::challenge(),
        };
        letter.ago = self.height - mined;
        let mut item = letter.item(format!("{mail:?}"), self.height);
        scroll::inform(&self.logs, &mut item, |_| true);
        self.run(&Message::Item(item))
    }

    fn run(&mut self, message: &Message) -> Result<(), String> {
        let Outcome { verdict, .. } = self.model.step(message);
        (self.wanted, self.sought) = (verdict.want, verdict.sought);
        let checked = self.ends.check(&mut self.model);
        checked.map_err(|broken| broken.to_string())
    }

    fn states(&self) -> Vec<State> {
        let cases = self.model.docket().cases().iter();
        cases.map(|case| case.written()).collect()
    }

    /// The case is finished, or the message stood in the log before anybody could open one.
    fn is_concluded(&self) -> bool {
        let states = self.states();
        let logged = self.logs[&process()].place(&message()).is_some();
        match states.as_slice() {
            [] => logged && self.queue.is_empty(),
            states => states.iter().all(|state| !state.is_unfinished()),
        }
    }

    fn sight(&self) -> Sight {
        let cases = self.model.docket().cases().iter();
        let open = cases.clone().find(|case| case.written() == State::Open);
        Sight {
            height: self.height,
            open: open.map(|case| case.number),
            is_answered: cases.clone().any(|case| case.written() != State::Open),
            head: self.logs[&process()].head.slot,
        }
    }
}

/// Which of what waits a block may hold: what has waited long enough is in it.
fn choices(waiting: &BTreeMap<Mail, u64>) -> Vec<Vec<Mail>> {
    let mut all = vec![Vec::new()];
    for (mail, age) in waiting {
        let with = all
            .iter()
            .map(|chosen: &Vec<Mail>| [&chosen[..], &[*mail]].concat());
        let with: Vec<Vec<Mail>> = with.collect();
        match *age >= DELAY {
            true => all = with,
            false => all.extend(with),
        }
    }
    all
}
