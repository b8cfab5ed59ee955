//! What enclosed receipts and log records sign (PROTOCOL 2.8, `Signed`): Lua compares numbers and texts, and verifies nothing.
//!
//! Whether it is a fault is not known here, nor whose key it was.

use std::collections::BTreeMap;

use aosec_wire::{Address, Assignment, Id, LogEntry, LogRecord, VerifiedItem};
use serde::Serialize;

use super::places::Places;
use crate::derive::{Receipt, carried_record, is_law_kind};

/// What a child proves: somebody signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    Receipt(Receipt),
    /// A log record whose signature holds for this court.
    Record(LogRecord),
}

/// A slot as it was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Entry {
    message: Id,
    height: u64,
    timestamp: u64,
    chain: Id,
}

/// `Signed` of a child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Signed {
    process: Id,
    epoch: u64,
    signer: Address,
    first: u64,
    last: u64,
    record: bool,
    entries: BTreeMap<u64, Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follows: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mined: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical: Option<bool>,
}

impl Signed {
    pub(super) const fn is_record(&self) -> bool {
        self.record
    }
}

impl Evidence {
    /// What a child signs for this court, if it is a receipt (5.4) or a log record (5.5).
    pub(crate) fn of(item: &VerifiedItem, origin: Id) -> Option<Self> {
        if let Ok(assignment) = Assignment::from_item(item.clone()) {
            return Receipt::of(&assignment).ok().map(Self::Receipt);
        }
        let record = LogRecord::decode(&carried_record(item).ok()?).ok()?;
        let holds = is_law_kind(record.signature().kind) && record.verify(origin).is_ok();
        holds.then_some(Self::Record(record))
    }

    fn entries(&self, slot: Option<u64>) -> BTreeMap<u64, Entry> {
        match self {
            Self::Receipt(receipt) => {
                BTreeMap::from([(receipt.slot(), entry(receipt.entry(), receipt.chain()))])
            }
            Self::Record(record) => slot.map_or_else(BTreeMap::new, |slot| around(record, slot)),
        }
    }

    fn signed(&self, slot: Option<u64>, places: &Places) -> Signed {
        let entries = self.entries(slot);
        match self {
            Self::Receipt(receipt) => of_receipt(receipt, entries, places),
            Self::Record(record) => of_record(record, entries),
        }
    }
}

fn of_receipt(receipt: &Receipt, entries: BTreeMap<u64, Entry>, places: &Places) -> Signed {
    let order = places.of(&receipt.process());
    let place = order.and_then(|order| order.holding(receipt));
    Signed {
        process: receipt.process(),
        epoch: receipt.epoch(),
        signer: receipt.signer().clone(),
        first: receipt.slot(),
        last: receipt.slot(),
        record: false,
        entries,
        follows: None,
        mined: place.map(|place| place.mined),
        canonical: Some(place.is_some()),
    }
}

fn of_record(record: &LogRecord, entries: BTreeMap<u64, Entry>) -> Signed {
    Signed {
        process: record.process(),
        epoch: record.epoch(),
        signer: record.signature().signer(),
        first: record.first_slot(),
        last: record.last_slot(),
        record: true,
        entries,
        follows: None,
        mined: None,
        canonical: None,
    }
}

/// `Signed` of each child, where the item's tag `Slot` names this slot.
pub(super) fn signed(
    children: &[Option<Evidence>],
    slot: Option<u64>,
    places: &Places,
) -> Vec<Option<Signed>> {
    let children = children.iter();
    let mut signed: Vec<_> = children
        .map(|child| child.as_ref().map(|child| child.signed(slot, places)))
        .collect();
    if let [first, second] = &mut signed.iter_mut().flatten().collect::<Vec<_>>()[..] {
        second.follows = Some(slot.is_some_and(|slot| leads(first, second, slot)));
    }
    signed
}

/// Whether the entry of the second in the next slot leads from the chain of the first in this one.
fn leads(first: &Signed, second: &Signed, slot: u64) -> bool {
    let before = first.entries.get(&slot);
    let next = slot
        .checked_add(1)
        .and_then(|next| second.entries.get(&next));
    match (before, next) {
        (Some(before), Some(next)) => next.content().chain_after(before.chain) == next.chain,
        _ => false,
    }
}

/// The entries of a record in a slot and in the next one, as far as it has them.
fn around(record: &LogRecord, slot: u64) -> BTreeMap<u64, Entry> {
    let slots = record.first_slot()..;
    let mut chain = record.previous_chain();
    let chained = slots.zip(record.entries()).map(|(slot, content)| {
        chain = content.chain_after(chain);
        (slot, entry(content, chain))
    });
    let wanted = chained.filter(|(found, _)| *found == slot || Some(*found) == slot.checked_add(1));
    wanted.collect()
}

const fn entry(content: &LogEntry, chain: Id) -> Entry {
    Entry {
        message: content.message,
        height: content.height,
        timestamp: content.timestamp,
        chain,
    }
}

impl Entry {
    const fn content(&self) -> LogEntry {
        LogEntry {
            message: self.message,
            height: self.height,
            timestamp: self.timestamp,
        }
    }
}
