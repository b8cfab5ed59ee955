//! Where each slot and each message of the court's processes stands (PROTOCOL 2.8: `at`, `of`, `canonical`), settled ones too.
//!
//! For each slot its message and its chain are kept, 64 bytes, and the way back from the message, 16 bytes and the tree around
//! them: some 90 MB a million slots, in each of the two courts of a track. What slots have in common (epoch, the block that made
//! them canonical) is kept once for a run of them. Stamps are not kept: the chain commits to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aosec_wire::Id;

use crate::derive::{Entry, LogHead, Receipt};

/// Where a slot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) slot: u64,
    pub(super) message: Id,
    pub(super) chain: Id,
    /// The height of the block that made it canonical.
    pub(super) mined: u64,
    pub(super) epoch: u64,
    /// Whether the base layer ordered it, not a host (5.8).
    pub(super) is_virtual: bool,
}

/// The places of all processes that have, or had, a lease. A clone shares them process by process until one grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(BTreeMap<Id, Arc<Order>>);

/// The order of one process's messages.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// The last slot that is in no record, and the chain there (5.4).
    start: (u64, Id),
    /// Message and chain of each slot behind it.
    slots: Vec<(Id, Id)>,
    runs: Vec<Run>,
    /// The beginnings of message ids, and their slots.
    by_message: BTreeSet<(u64, u64)>,
}

/// What slots from one on have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: u64,
    mined: u64,
    epoch: u64,
    is_virtual: bool,
}

impl Places {
    /// Begins the order of a process whose log stands there.
    pub(super) fn begin(&mut self, process: Id, head: &LogHead) {
        let order = Order {
            start: (head.slot, head.chain),
            slots: Vec::new(),
            runs: Vec::new(),
            by_message: BTreeSet::new(),
        };
        self.0.insert(process, Arc::new(order));
    }

    pub(super) fn of(&self, process: &Id) -> Option<&Order> {
        self.0.get(process).map(Arc::as_ref)
    }

    /// Puts canonical entries behind those of a process.
    pub(super) fn extend(&mut self, process: &Id, entries: &[Entry], is_virtual: bool) {
        let Some(order) = self.0.get_mut(process) else {
            return;
        };
        let order = Arc::make_mut(order);
        for entry in entries {
            order.push(entry, is_virtual);
        }
    }
}

impl Order {
    fn push(&mut self, entry: &Entry, is_virtual: bool) {
        let run = Run {
            first: entry.slot,
            mined: entry.mined,
            epoch: entry.epoch,
            is_virtual,
        };
        let goes_on = |last: &Run| Run { first: 0, ..*last } == Run { first: 0, ..run };
        if !self.runs.last().is_some_and(goes_on) {
            self.runs.push(run);
        }
        self.by_message
            .insert((beginning(&entry.message), entry.slot));
        self.slots.push((entry.message, entry.chain));
    }

    /// Whether a record may hold this slot, now or later.
    pub(super) const fn is_slot(&self, slot: u64) -> bool {
        slot > self.start.0
    }

    /// What stands in a slot. Slots that are in no record have no place.
    pub(super) fn at(&self, slot: u64) -> Option<Place> {
        let (message, chain) = *self.kept(slot)?;
        let behind = self.runs.partition_point(|run| run.first <= slot);
        let run = self.runs.get(behind.checked_sub(1)?)?;
        Some(Place {
            slot,
            message,
            chain,
            mined: run.mined,
            epoch: run.epoch,
            is_virtual: run.is_virtual,
        })
    }

    /// Where a message stands.
    pub(super) fn of(&self, message: &Id) -> Option<Place> {
        let beginning = beginning(message);
        let alike = self
            .by_message
            .range((beginning, 0)..=(beginning, u64::MAX));
        let mut places = alike.filter_map(|(_, slot)| self.at(*slot));
        places.find(|place| place.message == *message)
    }

    /// The place of a receipt that equals the canonical entry.
    pub(super) fn holding(&self, receipt: &Receipt) -> Option<Place> {
        let (entry, chain) = (receipt.entry(), receipt.chain());
        let place = self.at(receipt.slot())?;
        let equal =
            (place.epoch, place.message, place.chain) == (receipt.epoch(), entry.message, chain);
        // The chain commits to the stamps, if they lead to it.
        let leads = entry.chain_after(self.chain_before(receipt.slot())?) == chain;
        (equal && leads).then_some(place)
    }

    fn chain_before(&self, slot: u64) -> Option<Id> {
        let (start, chain) = self.start;
        match slot.checked_sub(1)? {
            before if before == start => Some(chain),
            before => self.kept(before).map(|(_, chain)| *chain),
        }
    }

    fn kept(&self, slot: u64) -> Option<&(Id, Id)> {
        let behind = slot.checked_sub(self.start.0)?.checked_sub(1)?;
        self.slots.get(usize::try_from(behind).ok()?)
    }
}

fn beginning(message: &Id) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *message.as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests {
    use aosec_wire::LogEntry;

    use super::*;
    use crate::derive::{Log, Start};

    const PROCESS: Id = Id::new([7; 32]);

    fn message(slot: u64) -> Id {
        // All begin alike, so that the way back has to look at whole ids.
        let mut bytes = [1; 32];
        bytes[24..].copy_from_slice(&slot.to_be_bytes());
        Id::new(bytes)
    }

    fn stamped(slot: u64) -> LogEntry {
        LogEntry {
            message: message(slot),
            height: slot,
            timestamp: slot * 10,
        }
    }

    fn entries(first: u64, before: Id, mined: u64) -> Vec<Entry> {
        let mut chain = before;
        let made = (first..first + 3).map(|slot| {
            chain = stamped(slot).chain_after(chain);
            Entry {
                slot,
                message: message(slot),
                height: slot,
                timestamp: slot * 10,
                chain,
                mined,
                epoch: 2,
            }
        });
        made.collect()
    }

    fn places(start: Start) -> (Places, Vec<Entry>) {
        let head = *Log::begin(PROCESS, start).head();
        let mut places = Places::default();
        places.begin(PROCESS, &head);
        let mut all = entries(head.slot + 1, head.chain, 20);
        places.extend(&PROCESS, &all, false);
        let more = entries(head.slot + 4, all[2].chain, 20);
        places.extend(&PROCESS, &more, true);
        all.extend(more);
        (places, all)
    }

    #[test]
    fn each_slot_is_found_by_number_and_by_message() {
        let registered = Start::of_registered(PROCESS, 10, Id::new([3; 32])).unwrap();
        for start in [Start::of_spawn(PROCESS), registered] {
            let (places, all) = places(start);
            let order = places.of(&PROCESS).unwrap();
            for (number, entry) in all.iter().enumerate() {
                let place = order.at(entry.slot).unwrap();
                assert_eq!(Some(place), order.of(&entry.message));
                let found = (
                    place.slot,
                    place.message,
                    place.chain,
                    place.mined,
                    place.epoch,
                );
                let expected = (entry.slot, entry.message, entry.chain, 20, 2);
                assert_eq!((found, place.is_virtual), (expected, number > 2));
            }
            let (first, last) = (all[0].slot, all[5].slot);
            assert_eq!((order.at(first - 1), order.at(last + 1)), (None, None));
            assert_eq!(order.of(&message(last + 1)), None);
        }
    }
}
