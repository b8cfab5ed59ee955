//! What the court's outcomes have said so far of hosts and keys (PROTOCOL 2.4): the table that step (a) of 2.8 judges by.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aosec_wire::{Address, Id};
use thiserror::Error;

use super::verdict::{HostingRow, KeyRow, Verdict};
use crate::derive::{Hosts, HotKey, Log, Start, Tenure};

/// A row that cannot be: the contract has a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Origin's row of process {process} {what}")]
pub struct BadRow {
    /// The process.
    pub process: Id,
    /// What is wrong.
    pub what: &'static str,
}

/// Hosts and keys as after a block.
#[derive(Clone, Debug)]
pub(super) struct Table {
    origin: Id,
    processes: BTreeMap<Id, Known>,
    keys: BTreeMap<Address, Vec<HotKey>>,
}

/// A process that has, or had, a lease.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// The newest epoch.
    pub(super) epoch: u64,
    leases: BTreeMap<u64, Held>,
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
        }
    }

    /// A process that has, or had, a lease.
    pub(super) fn get(&self, process: &Id) -> Option<&Known> {
        self.processes.get(process)
    }

    /// Takes in what a verdict says; gives the logs that begin with it.
    pub(super) fn apply(&mut self, verdict: Verdict) -> Result<Vec<Log>, BadRow> {
        for key in verdict.keys {
            self.key(key);
        }
        let rows = verdict.hosting.into_iter();
        let begun: Result<Vec<_>, _> = rows.map(|row| self.row(row)).collect();
        Ok(begun?.into_iter().flatten().collect())
    }

    /// One time of a key: a later row for the same time says when it ends.
    fn key(&mut self, row: KeyRow) {
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

    fn row(&mut self, row: HostingRow) -> Result<Option<Log>, BadRow> {
        match (&row.operator, row.from) {
            (Some(operator), Some(from)) => self.hosted(&row, operator.clone(), from),
            (None, None) => self.unhosted(&row).map(|()| None),
            _ => Err(bad(&row, "has an operator without height, or the reverse")),
        }
    }

    fn hosted(
        &mut self,
        row: &HostingRow,
        operator: Address,
        from: u64,
    ) -> Result<Option<Log>, BadRow> {
        let begun = match self.processes.contains_key(&row.process) {
            true => None,
            false => Some(Log::begin(row.process, start(row)?)),
        };
        let known = self.processes.entry(row.process).or_insert(Known {
            epoch: row.epoch,
            leases: BTreeMap::new(),
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
        Ok(begun)
    }

    /// A process without host: registered, or its lease has ended.
    fn unhosted(&mut self, row: &HostingRow) -> Result<(), BadRow> {
        let Some(known) = self.processes.get_mut(&row.process) else {
            return Ok(());
        };
        let lease = known.leases.get_mut(&row.epoch);
        let lease = lease.ok_or_else(|| bad(row, "ends a lease that never began"))?;
        let ended = row
            .u
            .ok_or_else(|| bad(row, "has ended and says no height"))?;
        lease.ended = Some(ended);
        Ok(())
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

impl Known {
    /// U of the newest lease, once it has ended.
    pub(super) fn ended(&self) -> Option<u64> {
        self.leases.get(&self.epoch)?.ended
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
