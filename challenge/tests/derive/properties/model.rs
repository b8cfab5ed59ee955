//! The rule of 5.6 as a reader would write it who has all entries at hand and no hurry: an independent judge of the derivation.
//!
//! One process under no court; items that are well-formed, whose data may be anything.

use std::collections::BTreeSet;

use aosec_wire::{Id, LogEntry, LogRecord, SigningKey, VerifiedItem, record::NO_ORIGIN};

use crate::forge::{PROCESS, SMALL, host, time_s};

/// A log with the block that made each slot canonical.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Model {
    pub(super) slots: Vec<(LogEntry, u64)>,
    pub(super) late: u64,
}

impl Model {
    /// The items of a block, in order.
    pub(super) fn block(&mut self, height: u64, items: &[VerifiedItem]) {
        for item in items {
            if let Ok(record) = LogRecord::decode(&item.data()) {
                self.record(height, &record);
            }
        }
    }

    fn record(&mut self, height: u64, record: &LogRecord) {
        if !is_of_the_host(record) || record.first_slot() == 0 {
            return;
        }
        let Some(known) = self.known_before(record) else {
            return;
        };
        let new = &record.entries()[known.min(record.entries().len())..];
        let Some(first) = new.first() else { return };
        if !self.may_follow(height, new) {
            return;
        }
        let before = self.slots.last().map_or(0, |(_, mined)| *mined);
        let due = before.max(first.height + SMALL.late_after);
        self.late += height.saturating_sub(due);
        self.slots.extend(new.iter().map(|entry| (*entry, height)));
    }

    /// How many entries of the record stand in the log already, if all that it says of them is right.
    fn known_before(&self, record: &LogRecord) -> Option<usize> {
        let skipped = usize::try_from(record.first_slot() - 1).unwrap();
        let repeated = self.slots.get(skipped..)?;
        let agrees = repeated
            .iter()
            .zip(record.entries())
            .all(|((slot, _), entry)| slot == entry);
        let chained = self.chain(skipped) == record.previous_chain();
        (agrees && chained).then_some(repeated.len())
    }

    fn may_follow(&self, height: u64, new: &[LogEntry]) -> bool {
        let start = LogEntry {
            message: PROCESS,
            height: 0,
            timestamp: 0,
        };
        let old = self.slots.iter().map(|(entry, _)| *entry);
        let all: Vec<LogEntry> = std::iter::once(start)
            .chain(old)
            .chain(new.iter().copied())
            .collect();
        let messages: BTreeSet<Id> = all.iter().map(|entry| entry.message).collect();
        let last = &all[all.len() - new.len() - 1..];
        let latest = time_s(height) * 1_000 + 3_600_000;
        messages.len() == all.len()
            && last.windows(2).all(|pair| {
                pair[0].height <= pair[1].height && pair[0].timestamp < pair[1].timestamp
            })
            && new
                .iter()
                .all(|entry| entry.height <= height && entry.timestamp <= latest)
    }

    fn chain(&self, slots: usize) -> Id {
        let start = Id::sha256(PROCESS.as_bytes());
        let upto = self.slots.iter().take(slots);
        upto.fold(start, |chain, (entry, _)| entry.chain_after(chain))
    }
}

fn is_of_the_host(record: &LogRecord) -> bool {
    let key: SigningKey = host();
    record.process() == PROCESS
        && record.epoch() == 0
        && record.signature().signer() == *key.address()
        && record.signature().kind == key.kind()
        && record.verify(NO_ORIGIN).is_ok()
}
