//! Virtual slots by the text of the law (5.4, 5.8), and not by the code under test.

use aosec_wire::{Id, LogEntry};

use super::shape::Virtual;
use crate::hosts::{self, Written};

/// Where a message stands, and the block in which it has its slot.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) run: u64,
    pub(super) found: (u64, usize, usize, usize),
}

/// The end of a log.
pub(super) struct Line {
    process: Id,
    epoch: u64,
    /// The epoch of the last slot.
    before: u64,
    slot: u64,
    chain: Id,
    last: LogEntry,
}

impl Line {
    /// The end of a written log at a slot.
    pub(super) fn behind(written: &Written, slot: u64) -> Self {
        Self {
            process: written.process,
            epoch: 0,
            before: 0,
            slot,
            chain: written.chain(slot),
            last: written.entries[usize::try_from(slot - written.first_slot).unwrap()],
        }
    }

    /// A log without any record: its last slot is in none.
    pub(super) fn at_start(process: Id, slot: u64, chain: Id) -> Self {
        let last = LogEntry {
            message: process,
            height: 0,
            timestamp: 0,
        };
        Self {
            process,
            epoch: 0,
            before: 0,
            slot,
            chain,
            last,
        }
    }

    /// The slots of these messages.
    pub(super) fn slots(mut self, messages: &[(Id, At)]) -> Vec<Virtual> {
        self.next_slots(messages)
    }

    /// The slots to come are of another epoch.
    pub(super) fn in_epoch(self, epoch: u64) -> Self {
        Self { epoch, ..self }
    }

    pub(super) fn next_slots(&mut self, messages: &[(Id, At)]) -> Vec<Virtual> {
        let messages = messages.iter();
        messages
            .map(|(message, at)| self.next(*message, *at))
            .collect()
    }

    fn next(&mut self, message: Id, at: At) -> Virtual {
        let height = at.run;
        let before = self.id();
        let hash_chain = Id::sha256(&[before.as_bytes(), &self.chain.as_bytes()[..]].concat());
        let timestamp = (hosts::time_s(height) * 1_000).max(self.last.timestamp + 1);
        let text = [
            self.chain.as_bytes(),
            &message.as_bytes()[..],
            &height.to_be_bytes(),
            &timestamp.to_be_bytes(),
        ];
        self.chain = Id::sha256(&text.concat());
        self.slot += 1;
        self.before = self.epoch;
        self.last = LogEntry {
            message,
            height,
            timestamp,
        };
        Virtual {
            process: self.process,
            epoch: self.epoch,
            slot: self.slot,
            message,
            height,
            timestamp,
            chain: self.chain,
            assignment: self.id(),
            hash_chain,
            found: at.found,
        }
    }

    /// H("aosec-virtual" ‖ P ‖ e ‖ slot ‖ message ‖ height ‖ timestamp) of the last slot.
    fn id(&self) -> Id {
        let text = [
            &13_u64.to_be_bytes()[..],
            b"aosec-virtual",
            self.process.as_bytes(),
            &self.before.to_be_bytes(),
            &self.slot.to_be_bytes(),
            self.last.message.as_bytes(),
            &self.last.height.to_be_bytes(),
            &self.last.timestamp.to_be_bytes(),
        ];
        Id::sha256(&text.concat())
    }
}
