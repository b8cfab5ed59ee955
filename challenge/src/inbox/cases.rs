//! What the court's outcomes have said so far of cases (PROTOCOL 2.4), as far as the order of logs depends on it (5.8, 5.10).
//!
//! Of finished cases nothing is kept but the slots that they have emptied.

use std::collections::{BTreeMap, BTreeSet};

use aosec_wire::Id;

use super::table::BadRow;
use super::verdict::{CaseKind, CaseRow, CaseState};

/// Cases as after a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Cases {
    /// The unfinished liveness cases by process and number: epoch and message.
    open: BTreeMap<(Id, u64), (u64, Id)>,
    /// Slots that are no-ops for ever (5.10).
    emptied: BTreeMap<Id, BTreeSet<u64>>,
}

/// A slot that has become a no-op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emptied {
    /// The process.
    pub process: Id,
    /// The slot.
    pub slot: u64,
}

impl Cases {
    /// Takes in a row; gives the slot that it empties.
    pub(super) fn row(&mut self, row: &CaseRow) -> Result<Option<Emptied>, BadRow> {
        match row.kind {
            CaseKind::Liveness => self.liveness(row),
            CaseKind::Data if row.state == CaseState::Expired => return self.empty(row),
            CaseKind::Publication | CaseKind::Data => {}
        }
        Ok(None)
    }

    fn liveness(&mut self, row: &CaseRow) {
        let key = (row.process, row.case);
        if row.state.is_unfinished() {
            self.open.insert(key, (row.epoch, row.message));
        } else {
            self.open.remove(&key);
        }
    }

    fn empty(&mut self, row: &CaseRow) -> Result<Option<Emptied>, BadRow> {
        let process = row.process;
        let what = "has an expired case about data that names no slot";
        let slot = row.slot.ok_or(BadRow { process, what })?;
        let new = self.emptied.entry(process).or_default().insert(slot);
        Ok(new.then_some(Emptied { process, slot }))
    }

    /// The messages of the unfinished liveness cases of a lease, by case number. They are moot from now on (6.5).
    pub(super) fn take(&mut self, process: Id, epoch: u64) -> Vec<Id> {
        let of_process = (process, 0)..=(process, u64::MAX);
        let taken = self.open.extract_if(of_process, |_, (of, _)| *of == epoch);
        taken.map(|(_, (_, message))| message).collect()
    }

    /// The slots of a process that are no-ops, in order.
    pub(super) fn emptied(&self, process: &Id) -> impl Iterator<Item = u64> {
        self.emptied.get(process).into_iter().flatten().copied()
    }
}
