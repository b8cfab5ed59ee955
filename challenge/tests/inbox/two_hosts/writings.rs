//! What is written in the world of the search: records, receipts, messages.

use aosec_challenge::derive::Entry;
use aosec_wire::{Id, LogEntry, VerifiedItem};

use crate::forge::{START, origin, signed, user};
use crate::hosts::{PROCESS, Written, honest, next_host};

/// What the first host writes.
pub(super) fn written() -> Written {
    Written::of((1..=9).map(|slot| honest(slot, START))).under(origin())
}

pub(super) fn message(number: &str) -> VerifiedItem {
    let tags = [("Data-Protocol", "ao"), ("Type", "Message"), ("n", number)];
    signed(&user(2), Some(PROCESS), &tags, b"")
}

pub(super) fn posted() -> VerifiedItem {
    message("posted")
}

pub(super) fn promised() -> VerifiedItem {
    message("promised")
}

/// The first host promises slot 9, and never publishes 5 to 8.
pub(super) fn receipt() -> VerifiedItem {
    let entry = LogEntry {
        message: promised().id(),
        ..honest(9, START)
    };
    written().with(9, entry).receipt(9).item().clone()
}

/// Two slots of the next host behind the log as it stands.
pub(super) fn next_record(last: &Entry) -> VerifiedItem {
    let entries = [1, 2].map(|step| LogEntry {
        message: Id::sha256(format!("next {step}").as_bytes()),
        height: last.height,
        timestamp: last.timestamp + step,
    });
    let written = Written {
        epoch: 1,
        key: next_host(),
        first_slot: last.slot + 1,
        start: last.chain,
        ..Written::of(entries)
    };
    written.under(origin()).item(last.slot + 1, last.slot + 2)
}
