//! The store as its tables stand after each commit. SQLite itself is not played, but what it promises and what it does not: a
//! commit is there whole or not at all, an unflushed one may be lost, and a damaged write-ahead log ends it early in silence.
//!
//! The questions are those of the node's `store`, in its own types; the uniqueness that its indexes demand is demanded here.

use std::{collections::BTreeMap, sync::Arc};

use aosec_node::store::{
    carrier::{Carrier, Kind},
    log::{Known, Row},
    process::Reach,
    publication::{Backlog, Run, Waiting},
};
use aosec_wire::{Assignment, Id};

use super::Stop;
use crate::harness::seed::Seed;

/// One row put in or changed.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Row(Id, Row, u64),
    Receipt(Assignment),
    Run(Run),
    Posted(Vec<i64>, Id, u64),
    Mined(Id, Option<u64>, bool),
    Lost(Id),
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
    /// A run's number is its place here, from 1 on.
    runs: Vec<Queued>,
}

/// One process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) rows: Vec<(Row, u64)>,
    pub(crate) receipts: Vec<Assignment>,
    messages: BTreeMap<Id, u64>,
    contents: BTreeMap<Id, u64>,
}

/// A run and how far it has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queued {
    pub(crate) run: Run,
    pub(crate) tx: Option<Id>,
    posted_height: u64,
    mined_height: Option<u64>,
    pub(crate) firm: bool,
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

    pub(crate) fn waiting(&self, limit: usize) -> Vec<Waiting> {
        let numbered = (1..).zip(&self.tables.runs);
        let waiting = numbered.filter(|(_, queued)| queued.tx.is_none());
        waiting
            .map(|(number, queued)| Waiting {
                number,
                run: queued.run,
            })
            .take(limit)
            .collect()
    }

    pub(crate) fn unsettled(&self) -> Vec<Carrier> {
        let mut all: BTreeMap<Id, Carrier> = BTreeMap::new();
        for queued in self.tables.runs.iter().filter(|queued| !queued.firm) {
            if let Some(tx) = queued.tx {
                let (posted_height, mined_height) = (queued.posted_height, queued.mined_height);
                all.entry(tx).or_insert(Carrier {
                    number: 0,
                    kind: Kind::Data,
                    tx,
                    posted_height,
                    mined_height,
                });
            }
        }
        let mut all: Vec<_> = all.into_values().collect();
        all.sort_by_key(|posted| (posted.posted_height, posted.tx));
        all
    }

    pub(crate) fn backlog(&self) -> Backlog {
        let unmined = self.tables.runs.iter().filter(|q| q.mined_height.is_none());
        Backlog {
            slots: unmined.clone().map(|q| q.run.last - q.run.first + 1).sum(),
            oldest_height: unmined.map(|q| q.run.stamped_height).min(),
        }
    }

    pub(crate) fn runs(&self) -> &[Queued] {
        &self.tables.runs
    }
}

impl Tables {
    fn apply(&mut self, change: &Change) -> Result<(), &'static str> {
        match change {
            Change::Row(process, row, bytes) => {
                self.logs.entry(*process).or_default().insert(row, *bytes)
            }
            Change::Receipt(assignment) => self.receipt(assignment),
            Change::Run(run) => self.queue(*run),
            Change::Posted(numbers, tx, height) => numbers
                .iter()
                .try_for_each(|n| self.posted(*n, *tx, *height)),
            Change::Mined(tx, height, firm) => {
                self.followed(*tx, |queued| {
                    queued.mined_height = *height;
                    queued.firm = *firm;
                });
                Ok(())
            }
            Change::Lost(tx) => {
                self.followed(*tx, |queued| {
                    if !queued.firm {
                        (queued.tx, queued.mined_height) = (None, None);
                    }
                });
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

    fn queue(&mut self, run: Run) -> Result<(), &'static str> {
        let same =
            |queued: &Queued| (queued.run.process, queued.run.first) == (run.process, run.first);
        if self.runs.iter().any(same) {
            return Err("a run queued twice");
        }
        self.runs.push(Queued {
            run,
            tx: None,
            posted_height: 0,
            mined_height: None,
            firm: false,
        });
        Ok(())
    }

    fn posted(&mut self, number: i64, tx: Id, height: u64) -> Result<(), &'static str> {
        let index = usize::try_from(number - 1).map_err(|_| "a run without number")?;
        let queued = self.runs.get_mut(index).ok_or("a run that is not queued")?;
        (queued.tx, queued.posted_height) = (Some(tx), height);
        Ok(())
    }

    fn followed(&mut self, tx: Id, mut change: impl FnMut(&mut Queued)) {
        let of_tx = self.runs.iter_mut().filter(|queued| queued.tx == Some(tx));
        of_tx.for_each(&mut change);
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
