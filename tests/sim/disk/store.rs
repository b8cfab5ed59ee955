//! The store as its tables stand after each commit. SQLite itself is not played, but what it promises and what it does not: a
//! commit is there whole or not at all, an unflushed one may be lost, and a damaged write-ahead log ends it early in silence.
//!
//! The questions are those of the node's `store`, in its own types; the uniqueness that its indexes demand is demanded here.

use std::{collections::BTreeMap, sync::Arc};

use aosec_node::store::{
    carrier::Posted,
    log::{Known, Row},
    process::Reach,
    publication::Run,
};
use aosec_wire::{Assignment, Id, record::HeadSignature};

use super::{Stop, queue::Queue};
use crate::harness::seed::Seed;

/// One row put in or changed.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Row(Id, Row, u64),
    Receipt(Assignment),
    Run(Run, Option<HeadSignature>),
    /// The items of all runs up to this number are posted.
    Carried(i64, Posted),
    /// The records of these runs are posted.
    Recorded(Vec<i64>, Posted),
    Mined(i64, u64, bool),
    Left(i64, u64),
    Lost(Vec<i64>),
}

/// The changes of one transaction.
pub(crate) type Commit = Arc<Vec<Change>>;

/// What a reader sees, and how much of it is durable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    flushed: Vec<Commit>,
    written: Vec<Commit>,
    tables: Tables,
}

#[derive(Clone, Debug, Default)]
struct Tables {
    logs: BTreeMap<Id, Log>,
    queue: Queue,
}

/// One process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) rows: Vec<(Row, u64)>,
    pub(crate) receipts: Vec<Assignment>,
    messages: BTreeMap<Id, u64>,
    contents: BTreeMap<Id, u64>,
}

impl Store {
    /// A commit is given to the system; it is durable after [`Self::flush`].
    pub(crate) fn write(&mut self, commit: Commit) {
        self.written.push(commit);
    }

    pub(crate) fn flush(&mut self) {
        self.flushed.append(&mut self.written);
    }

    /// Readers see the commit from now on. What is wrong with it, where an index would refuse it.
    pub(crate) fn show(&mut self, commit: &[Change]) -> Result<(), &'static str> {
        commit
            .iter()
            .try_for_each(|change| self.tables.apply(change))
    }

    pub(super) fn stop(&mut self, stop: Stop, dice: &mut Seed) {
        let count = self.written.len() as u64;
        let kept = match stop {
            Stop::Kill => count,
            Stop::Power => dice.below(count + 1),
        };
        let kept = usize::try_from(kept).unwrap_or(0);
        self.flushed.extend(self.written.drain(..).take(kept));
    }

    /// The tables as a start reads them from the disk.
    pub(crate) fn open(&mut self) -> Result<(), &'static str> {
        self.tables = Tables::default();
        let commits = std::mem::take(&mut self.flushed);
        let read = commits.iter().try_for_each(|commit| self.show(commit));
        self.flushed = commits;
        read
    }

    /// A flipped bit in the write-ahead log: what stood behind it is gone, and nobody says so.
    pub(crate) fn lose_end(&mut self, dice: &mut Seed) {
        let count = self.flushed.len();
        let lost = 1 + dice.below(4.min(count.max(1) as u64));
        self.flushed
            .truncate(count.saturating_sub(usize::try_from(lost).unwrap_or(count)));
    }

    pub(crate) fn log(&self, process: Id) -> Option<&Log> {
        self.tables.logs.get(&process)
    }

    /// Whether a slot is on the disk for good.
    pub(crate) fn holds_durably(&self, process: Id, slot: u64, message: Id) -> bool {
        let holds = |change: &Change| matches!(change, Change::Row(of, row, _) if *of == process && row.slot == slot && row.message == message);
        let mut newest_first = self.flushed.iter().rev();
        newest_first.any(|commit| commit.iter().any(holds))
    }

    pub(crate) fn reaches(&self) -> Vec<Reach> {
        let reach = |(process, log): (&Id, &Log)| {
            let (row, _) = log.rows.last()?;
            Some(Reach {
                process: *process,
                epoch: row.epoch,
                slot: row.slot,
                log_chain: row.log_chain,
                signed: log.receipts.last().map(Assignment::nonce),
            })
        };
        self.tables.logs.iter().filter_map(reach).collect()
    }

    pub(crate) fn known(&self, process: Id, messages: &[Id], contents: &[Id]) -> Vec<Known> {
        let Some(log) = self.tables.logs.get(&process) else {
            return Vec::new();
        };
        let by_message = messages.iter().filter_map(|id| log.messages.get(id));
        let by_content = contents.iter().filter_map(|id| log.contents.get(id));
        let slots = by_message.chain(by_content);
        let known = |slot: &u64| {
            let (row, _) = log.rows.get(usize::try_from(*slot).ok()?)?;
            Some(Known {
                slot: *slot,
                message: row.message,
                content: row.content,
            })
        };
        slots.filter_map(known).collect()
    }

    /// What is on its way to the base layer.
    pub(crate) fn queue(&self) -> &Queue {
        &self.tables.queue
    }
}

impl Tables {
    fn apply(&mut self, change: &Change) -> Result<(), &'static str> {
        match change {
            Change::Row(process, row, bytes) => {
                self.logs.entry(*process).or_default().insert(row, *bytes)
            }
            Change::Receipt(assignment) => self.receipt(assignment),
            Change::Run(run, head) => self.queue.push(*run, head.clone()),
            Change::Carried(through, posted) => {
                self.queue.carried(*through, *posted);
                Ok(())
            }
            Change::Recorded(numbers, posted) => {
                self.queue.recorded(numbers, *posted);
                Ok(())
            }
            Change::Mined(number, height, firm) => {
                self.queue.mined(*number, *height, *firm);
                Ok(())
            }
            Change::Left(number, height) => {
                self.queue.left(*number, *height);
                Ok(())
            }
            Change::Lost(numbers) => {
                self.queue.lost(numbers);
                Ok(())
            }
        }
    }

    fn receipt(&mut self, assignment: &Assignment) -> Result<(), &'static str> {
        let log = self.logs.get_mut(&assignment.process());
        let log = log.ok_or("a receipt without a log")?;
        if assignment.nonce() != log.receipts.len() as u64 {
            return Err("a receipt kept twice, or behind a gap");
        }
        log.receipts.push(assignment.clone());
        Ok(())
    }
}

impl Log {
    fn insert(&mut self, row: &Row, bytes: u64) -> Result<(), &'static str> {
        if row.slot != self.rows.len() as u64 {
            return Err("a slot given twice, or behind a gap");
        }
        let last = self.rows.last().map(|(last, _)| last.timestamp);
        if last.is_some_and(|last| last >= row.timestamp) {
            return Err("a stamp given twice");
        }
        if self.messages.insert(row.message, row.slot).is_some() {
            return Err("a message in two slots");
        }
        if let Some(content) = row.content
            && self.contents.insert(content, row.slot).is_some()
        {
            return Err("a pushed content in two slots");
        }
        self.rows.push((row.clone(), bytes));
        Ok(())
    }
}
