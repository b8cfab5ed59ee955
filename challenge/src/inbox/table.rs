//! What the court's outcomes have said so far of hosts and keys (PROTOCOL 2.4): the table that step (a) of 2.8 judges by.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aosec_wire::{Address, Id};
use thiserror::Error;

use super::verdict::{HostingRow, KeyRow, Verdict};
use crate::derive::{Hosts, HotKey, Log, Receipt, Start, Tenure};
use crate::hunter::Tenures;

/// A row that cannot be: the contract has a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Origin's row of process {process} {what}")]
pub struct BadRow {
    /// The process.
    pub process: Id,
    /// What is wrong.
    pub what: &'static str,
}

/// A process that the court lets a host have for the first time: from this slot on its log is the court's (5.1, 5.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The process.
    pub process: Id,
    /// The first slot.
    pub first: u64,
    /// Whether it has joined by `Register`: what lies before the first slot is outside the law.
    pub is_registered: bool,
}

impl Begun {
    pub(super) fn of(log: &Log) -> Self {
        Self {
            process: log.process(),
            first: log.head().slot.saturating_add(1),
            // The spawn holds a slot of the law's log unless it was there before the law.
            is_registered: !log.knows(&log.process()),
        }
    }
}

/// What a row changes for a log.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// It begins.
    Begun(Log),
    /// Its process has lost its host at this height, U.
    Ended { process: Id, epoch: u64, ended: u64 },
    /// Its process has a host again.
    Resumed(Id),
}

/// Hosts and keys as after a block.
#[derive(Clone, Debug)]
pub(super) struct Table {
    origin: Id,
    processes: BTreeMap<Id, Known>,
    keys: BTreeMap<Address, Vec<HotKey>>,
    /// The operator of each key that ever was a hot key (4.3: it belongs to one for ever).
    signers: BTreeMap<Address, Address>,
}

/// A process that has, or had, a lease.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The newest epoch.
    pub(super) epoch: u64,
    leases: BTreeMap<u64, Held>,
    /// The first slot under the court and the legacy chain before it, where `Register` named them (5.15).
    joined: Option<(u64, Id)>,
}

/// One lease of a process.
#[derive(Clone, Debug)]
struct Held {
    first_slot: u64,
    from_height: u64,
    ended: Option<u64>,
    operator: Address,
}

impl Table {
    pub(super) const fn new(origin: Id) -> Self {
        Self {
            origin,
            processes: BTreeMap::new(),
            keys: BTreeMap::new(),
            signers: BTreeMap::new(),
        }
    }

    /// A process that has, or had, a lease.
    pub(super) fn get(&self, process: &Id) -> Option<&Known> {
        self.processes.get(process)
    }

    /// Takes in what a verdict says; gives what changes for logs with it.
    pub(super) fn apply(&mut self, verdict: Verdict) -> Result<Vec<Change>, BadRow> {
        for key in verdict.keys {
            self.key(key);
        }
        let rows = verdict.hosting.into_iter();
        let changes: Result<Vec<_>, _> = rows.map(|row| self.row(row)).collect();
        Ok(changes?.into_iter().flatten().collect())
    }

    /// The tenures of a process, by epoch.
    pub(super) fn tenures(&self, process: &Id) -> Vec<(u64, Tenure)> {
        let known = self.processes.get(process).into_iter();
        let epochs = known.flat_map(|known| known.leases.keys().copied());
        let tenure = |epoch| Some((epoch, self.tenure(process, epoch)?.1.into_owned()));
        epochs.filter_map(tenure).collect()
    }

    /// Where a process joined its court, and the legacy chain before that slot (5.15); none where its spawn names the court.
    pub(super) fn joined(&self, process: &Id) -> Option<(u64, Id)> {
        self.processes.get(process)?.joined
    }

    /// Whether a receipt that is mined at this height is by a key of the host of its epoch (5.8).
    pub(super) fn has_signed(&self, receipt: &Receipt, mined: u64, cut: u64) -> bool {
        let tenure = self.tenure(&receipt.process(), receipt.epoch());
        tenure.is_some_and(|(_, tenure)| {
            let cut = tenure.ended.map(|ended| ended.saturating_add(cut));
            let in_time = cut.is_none_or(|cut| mined <= cut);
            in_time && tenure.key_counts(receipt.signer(), mined) == Some(true)
        })
    }

    /// One time of a key: a later row for the same time says when it ends.
    fn key(&mut self, row: KeyRow) {
        self.signers.insert(row.key.clone(), row.operator.clone());
        let keys = self.keys.entry(row.operator).or_default();
        let key = HotKey {
            address: row.key,
            from: row.from,
            until: row.to,
        };
        let same = |known: &&mut HotKey| (&known.address, known.from) == (&key.address, key.from);
        match keys.iter_mut().find(same) {
            Some(known) => *known = key,
            None => keys.push(key),
        }
    }

    fn row(&mut self, row: HostingRow) -> Result<Option<Change>, BadRow> {
        match (&row.operator, row.from) {
            (Some(operator), Some(from)) => self.hosted(&row, operator.clone(), from),
            (None, None) => self.unhosted(&row),
            _ => Err(bad(&row, "has an operator without height, or the reverse")),
        }
    }

    fn hosted(
        &mut self,
        row: &HostingRow,
        operator: Address,
        from: u64,
    ) -> Result<Option<Change>, BadRow> {
        let change = match self.processes.get(&row.process) {
            None => Some(Change::Begun(Log::begin(row.process, start(row)?))),
            Some(known) if known.epoch == row.epoch => None,
            Some(_) => Some(Change::Resumed(row.process)),
        };
        let known = self.processes.entry(row.process).or_insert(Known {
            epoch: row.epoch,
            leases: BTreeMap::new(),
            joined: row.legacy.map(|legacy| (row.first, legacy)),
        });
        known.epoch = row.epoch;
        known.leases.insert(
            row.epoch,
            Held {
                first_slot: row.first,
                // Records count from the block after that in which `Host` ran (5.6).
                from_height: from + 1,
                ended: None,
                operator,
            },
        );
        Ok(change)
    }

    /// A process without host: registered, or its lease has ended.
    fn unhosted(&mut self, row: &HostingRow) -> Result<Option<Change>, BadRow> {
        let Some(known) = self.processes.get_mut(&row.process) else {
            return Ok(None);
        };
        let lease = known.leases.get_mut(&row.epoch);
        let lease = lease.ok_or_else(|| bad(row, "ends a lease that never began"))?;
        let ended = row
            .u
            .ok_or_else(|| bad(row, "has ended and says no height"))?;
        let new = lease.ended.replace(ended).is_none();
        Ok(new.then_some(Change::Ended {
            process: row.process,
            epoch: row.epoch,
            ended,
        }))
    }
}

fn start(row: &HostingRow) -> Result<Start, BadRow> {
    match row.legacy {
        None => Ok(Start::of_spawn(row.process)),
        Some(legacy) => Start::of_registered(row.process, row.first, legacy)
            .ok_or_else(|| bad(row, "is registered from slot 0 on")),
    }
}

const fn bad(row: &HostingRow, what: &'static str) -> BadRow {
    BadRow {
        process: row.process,
        what,
    }
}

impl Tenures for Table {
    fn operator(&self, key: &Address) -> Option<Address> {
        self.signers.get(key).cloned()
    }

    fn holder(&self, process: &Id, epoch: u64) -> Option<Address> {
        let lease = self.processes.get(process)?.leases.get(&epoch)?;
        Some(lease.operator.clone())
    }

    fn first_slot(&self, process: &Id) -> Option<u64> {
        let (_, first) = self.processes.get(process)?.leases.first_key_value()?;
        Some(first.first_slot)
    }
}

impl Hosts for Table {
    fn tenure(&self, process: &Id, epoch: u64) -> Option<(Id, Cow<'_, Tenure>)> {
        let lease = self.processes.get(process)?.leases.get(&epoch)?;
        let keys = self.keys.get(&lease.operator).cloned();
        let tenure = Tenure {
            first_slot: lease.first_slot,
            from_height: lease.from_height,
            ended: lease.ended,
            keys: keys.unwrap_or_default(),
        };
        Some((self.origin, Cow::Owned(tenure)))
    }
}
