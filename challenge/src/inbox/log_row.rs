//! What Origin sees of a process's log (PROTOCOL 2.8): `Log[P]`, all as after step (a).

use std::collections::BTreeMap;

use aosec_wire::Id;
use serde::Serialize;

use super::fallback::Fallback;
use super::names::Asked;
use super::places::{Place, Places};
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
    /// What stands in the slots that were asked for.
    at: BTreeMap<u64, Found<At>>,
    /// Where the messages stand that were asked for.
    of: BTreeMap<Id, Found<Of>>,
}

/// A place, or that there is none: `false` is a place (2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Found<T> {
    There(T),
    Nowhere(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct At {
    message: Id,
    mined: u64,
    epoch: u64,
    #[serde(rename = "virtual")]
    is_virtual: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Of {
    slot: u64,
    mined: u64,
    epoch: u64,
    #[serde(rename = "virtual")]
    is_virtual: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Cut {
    slot: u64,
    chain: Id,
}

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

/// What rows are made of: everything as after step (a).
#[derive(Clone, Copy)]
pub(super) struct Logs<'a> {
    pub(super) table: &'a Table,
    pub(super) logs: &'a Deriver,
    pub(super) places: &'a Places,
    pub(super) recorded: &'a Recorded,
    pub(super) fallback: &'a Fallback,
}

impl Logs<'_> {
    /// The rows of those processes that have, or had, a lease.
    pub(super) fn rows(&self, asked: &Asked) -> BTreeMap<Id, LogRow> {
        let rows = asked.processes.iter();
        rows.filter_map(|process| Some((*process, self.row(process, asked)?)))
            .collect()
    }

    fn row(&self, process: &Id, asked: &Asked) -> Option<LogRow> {
        let known = self.table.get(process)?;
        let head = self.logs.log(process)?.head();
        let cut = self.fallback.cut(process);
        Some(LogRow {
            epoch: known.epoch,
            slot: head.slot,
            chain: head.chain,
            mined: self.recorded.mined(process, known.epoch),
            late: late(head, known.epoch),
            cut: cut.map(|(slot, chain)| Cut { slot, chain }),
            at: self.at(process, asked),
            of: self.of(process, asked),
        })
    }

    fn at(&self, process: &Id, asked: &Asked) -> BTreeMap<u64, Found<At>> {
        let slot = asked.slot.filter(|(named, _)| named == process);
        let found = slot.map(|(_, slot)| {
            let place = self.places.of(process).and_then(|order| order.at(slot));
            (slot, Found::of(place.map(At::from)))
        });
        found.into_iter().collect()
    }

    fn of(&self, process: &Id, asked: &Asked) -> BTreeMap<Id, Found<Of>> {
        let messages = asked.messages.get(process).into_iter().flatten();
        let found = messages.map(|message| {
            let place = self.places.of(process).and_then(|order| order.of(message));
            (*message, Found::of(place.map(Of::from)))
        });
        found.collect()
    }
}

impl<T> Found<T> {
    fn of(place: Option<T>) -> Self {
        place.map_or(Self::Nowhere(false), Self::There)
    }
}

impl From<Place> for At {
    fn from(place: Place) -> Self {
        Self {
            message: place.message,
            mined: place.mined,
            epoch: place.epoch,
            is_virtual: place.is_virtual,
        }
    }
}

impl From<Place> for Of {
    fn from(place: Place) -> Self {
        Self {
            slot: place.slot,
            mined: place.mined,
            epoch: place.epoch,
            is_virtual: place.is_virtual,
        }
    }
}

const fn late(head: &LogHead, epoch: u64) -> u64 {
    match head.epoch == epoch {
        true => head.late,
        false => 0,
    }
}
