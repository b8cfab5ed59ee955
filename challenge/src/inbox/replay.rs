//! One process's log again, out of some blocks and by rows of the court that somebody states: what a proof is checked by (PROTOCOL 5.6
//! to 5.8).
//!
//! It is step (a) of 2.8 for one process: the same judge of records, the same order of orphans. Left to others: whether the rows are the
//! court's, whether the blocks are the chain's, and whether one is missing.

use aosec_wire::{Address, Id};
use thiserror::Error;

use super::fallback::{Fallback, VirtualSlot};
use super::mail::{Arrival, Mail};
use super::places::Places;
use super::table::{BadRow, Change, Table};
use super::verdict::{HostingRow, KeyRow, Verdict};
use crate::derive::{
    Block, BlockRef, Deriver, Extended, HotKey, Ignored, Parameters, StepError, Tenure,
};

/// Stands for ids of blocks, which no rule of a log looks at.
const UNSEEN: [u8; 48] = [0; 48];

/// Blocks that may lie between the first and the last: some four years of Arweave, and a second of work.
const SPAN_MAX: u64 = 1_000_000;

/// One host's time with a process, as the court is said to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its epoch.
    pub epoch: u64,
    /// Slots, heights and keys.
    pub tenure: Tenure,
    /// Number and message of each liveness case that was unfinished just before the lease ended, by number (5.8).
    pub forced: Vec<(u64, Id)>,
}

/// What a block has put behind the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// By records and receipts.
    pub extended: Vec<Extended>,
    /// What stood there and had no effect.
    pub ignored: Vec<Ignored>,
    /// By the order of the base layer.
    pub virtual_slots: Vec<VirtualSlot>,
}

/// Why a log cannot be derived again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// Blocks that do not follow one another.
    #[error("{0}")]
    Block(#[from] StepError),
    /// Rows that no court says.
    #[error("{0}")]
    Row(#[from] BadRow),
    /// A slot ran in a block of which nothing is known.
    #[error("a slot ran in block {0}, which is not there: its time is part of the slot")]
    NoBlock(u64),
    /// More blocks than are stepped over.
    #[error("{0} blocks lie between the lease and the slot; {SPAN_MAX} are stepped over")]
    Span(u64),
}

/// The log as the blocks so far make it.
#[derive(Debug)]
pub struct Replay {
    origin: Id,
    process: Id,
    cut: u64,
    leases: Vec<Lease>,
    /// The legacy chain at the slot before the first, where the process has joined its court (5.15).
    legacy: Option<Id>,
    table: Table,
    logs: Deriver,
    places: Places,
    fallback: Fallback,
}

impl Replay {
    /// A log that no block has extended yet, of a process under `origin`, whose epochs end `cut` blocks behind their U. The first block
    /// that is stepped over is not below `first`.
    #[must_use]
    pub fn begin(origin: Id, process: Id, cut: u64, leases: Vec<Lease>, first: u64) -> Self {
        let parameters = Parameters {
            settlement_depth: 0,
            cut,
            late_after: 0,
        };
        // The row itself is said in the block before the first that is judged by it.
        let said = |lease: &Lease| lease.tenure.from_height.saturating_sub(1);
        let first = leases.iter().map(said).min().unwrap_or(first).min(first);
        let before = BlockRef {
            height: first.saturating_sub(1),
            id: UNSEEN,
        };
        Self {
            origin,
            process,
            cut,
            leases,
            legacy: None,
            table: Table::new(origin),
            logs: Deriver::new(parameters, before),
            places: Places::default(),
            fallback: Fallback::default(),
        }
    }

    /// The same for a process that joined its court by `Register`, which named this legacy chain (5.15); its first lease has the first slot.
    #[must_use]
    pub fn joined(self, legacy: Id) -> Self {
        Self {
            legacy: Some(legacy),
            ..self
        }
    }

    /// Steps over the next block that is there; those between hold nothing.
    ///
    /// # Errors
    /// [`ReplayError`]; then nothing more is to be had of it.
    pub fn step(&mut self, block: &Block) -> Result<Replayed, ReplayError> {
        let next = self.logs.tip().height.saturating_add(1);
        let gap = block.height.saturating_sub(next);
        if gap > SPAN_MAX {
            return Err(ReplayError::Span(gap));
        }
        for height in next..block.height {
            let empty = Block {
                height,
                id: UNSEEN,
                previous: UNSEEN,
                time_s: 0,
                transactions: Vec::new(),
            };
            if !self.one(empty)?.virtual_slots.is_empty() {
                return Err(ReplayError::NoBlock(height));
            }
        }
        self.one(block.clone())
    }

    fn one(&mut self, block: Block) -> Result<Replayed, ReplayError> {
        let block = Block {
            previous: self.logs.tip().id,
            ..block
        };
        let mail = Mail::of(&block, self.origin);
        for arrival in &mail.arrivals {
            if let Arrival::Letter(letter) = arrival {
                self.fallback.enclosed(letter, &self.places);
            }
        }
        let receipts = mail.receipts.clone();
        let step = self
            .logs
            .step_with_receipts(&block, &self.table, receipts)?;
        for run in &step.extended {
            self.places.extend(&run.process, &run.entries, false);
            self.fallback.extended(run.process, &run.entries);
        }
        for (position, receipt) in &mail.receipts {
            let (table, places) = (&self.table, &self.places);
            self.fallback
                .receipt(*position, receipt, table, places, self.cut);
        }
        let ordered = self.fallback.step(&block, &mut self.logs, &mut self.places);
        self.close(&block)?;
        Ok(Replayed {
            extended: step.extended,
            ignored: step.ignored,
            virtual_slots: ordered.slots,
        })
    }

    /// Lets the rows that were said in this block count from the next one on.
    fn close(&mut self, block: &Block) -> Result<(), BadRow> {
        for lease in self.leases.clone() {
            if lease.tenure.from_height == block.height.saturating_add(1) {
                self.begins(&lease)?;
            }
            if lease.tenure.ended == Some(block.height) {
                self.ends(&lease, block)?;
            }
            self.keys(&lease, |from| from == block.height)?;
        }
        Ok(())
    }

    /// Takes in those keys of a lease that count from such a height on.
    fn keys(&mut self, lease: &Lease, of: impl Fn(u64) -> bool) -> Result<(), BadRow> {
        let row = |key: &HotKey| KeyRow {
            operator: operator(lease),
            key: key.address.clone(),
            from: key.from,
            to: key.until,
        };
        let keys = lease.tenure.keys.iter().filter(|key| of(key.from));
        let verdict = Verdict {
            keys: keys.map(row).collect(),
            ..Verdict::default()
        };
        self.table.apply(verdict).map(|_no_hosting| ())
    }

    fn begins(&mut self, lease: &Lease) -> Result<(), BadRow> {
        let from = lease.tenure.from_height.saturating_sub(1);
        self.keys(lease, |key_from| key_from <= from)?;
        let verdict = Verdict {
            hosting: vec![self.row(lease, Some(operator(lease)), Some(from), None)],
            ..Verdict::default()
        };
        for change in self.table.apply(verdict)? {
            match change {
                Change::Begun(log) => self.follow(log)?,
                Change::Resumed(process) => self.fallback.end(&process),
                Change::Ended { .. } => {}
            }
        }
        Ok(())
    }

    fn follow(&mut self, log: crate::derive::Log) -> Result<(), BadRow> {
        let process = log.process();
        self.places.begin(process, log.head());
        let what = "begins above blocks that were stepped over";
        let followed = self.logs.follow(log);
        followed.map_err(|_| BadRow { process, what })
    }

    fn ends(&mut self, lease: &Lease, block: &Block) -> Result<(), BadRow> {
        let verdict = Verdict {
            hosting: vec![self.row(lease, None, None, lease.tenure.ended)],
            ..Verdict::default()
        };
        for change in self.table.apply(verdict)? {
            if let Change::Ended {
                process,
                epoch,
                ended,
            } = change
            {
                let forced = lease.forced.iter().map(|(_, message)| *message).collect();
                let cut_height = ended.saturating_add(self.cut);
                self.fallback
                    .begin(process, epoch, cut_height, forced, block);
            }
        }
        Ok(())
    }

    fn row(
        &self,
        lease: &Lease,
        operator: Option<Address>,
        from: Option<u64>,
        u: Option<u64>,
    ) -> HostingRow {
        HostingRow {
            process: self.process,
            epoch: lease.epoch,
            first: lease.tenure.first_slot,
            legacy: self.legacy,
            operator,
            from,
            u,
        }
    }
}

/// A name for the operator: rows of keys hang on one, and here each lease has its own keys.
fn operator(lease: &Lease) -> Address {
    let name = Id::sha256_of(&[b"lease", &lease.epoch.to_be_bytes()]).to_string();
    name.parse().expect("43 characters are an address")
}
