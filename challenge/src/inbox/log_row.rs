//! What Origin sees of a process's log (PROTOCOL 2.8): `Log[P]`, all as after step (a).

use std::collections::BTreeMap;

use aosec_wire::Id;
use serde::Serialize;

use super::table::Table;
use crate::derive::{Deriver, Extended, LogHead};

/// `Log[P]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct LogRow {
    epoch: u64,
    slot: u64,
    chain: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    mined: Option<u64>,
    late: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<Cut>,
    /// What stands in slots that were asked for: none can be, before there are cases.
    at: Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Cut {
    slot: u64,
    chain: Id,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Nothing {}

/// The newest record of a Log transaction for each process: its epoch, and where it was mined. Receipts do not count here.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorded(BTreeMap<Id, (u64, u64)>);

impl Recorded {
    /// Notes what has just extended logs.
    pub(super) fn note(&mut self, extended: &[Extended]) {
        for run in extended {
            if let (0, Some(last)) = (run.position.child, run.entries.last()) {
                self.0.insert(run.process, (last.epoch, last.mined));
            }
        }
    }

    fn mined(&self, process: &Id, epoch: u64) -> Option<u64> {
        let (of, mined) = self.0.get(process)?;
        (*of == epoch).then_some(*mined)
    }
}

/// The rows of those processes that have, or had, a lease.
pub(super) fn rows(
    processes: &[Id],
    table: &Table,
    logs: &Deriver,
    recorded: &Recorded,
    height: u64,
    cut: u64,
) -> BTreeMap<Id, LogRow> {
    let rows = processes.iter().filter_map(|process| {
        let known = table.get(process)?;
        let head = logs.log(process)?.head();
        let cut_at = known.ended().map(|ended| ended.saturating_add(cut));
        let row = LogRow {
            epoch: known.epoch,
            slot: head.slot,
            chain: head.chain,
            mined: recorded.mined(process, known.epoch),
            late: late(head, known.epoch),
            cut: cut_at.filter(|at| height >= *at).map(|_over| Cut {
                slot: head.slot,
                chain: head.chain,
            }),
            at: Nothing {},
        };
        Some((*process, row))
    });
    rows.collect()
}

const fn late(head: &LogHead, epoch: u64) -> u64 {
    match head.epoch == epoch {
        true => head.late,
        false => 0,
    }
}
