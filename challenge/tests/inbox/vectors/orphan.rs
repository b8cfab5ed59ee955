//! A process that loses its host, for the vectors: who says what, what is posted, and where it stands.

use aosec_challenge::derive::Transaction;
use aosec_wire::{Id, LogEntry, VerifiedItem};
use serde_json::{Value, json};

use super::logs::{HOSTED, NEXT, hosted, log};
use super::shape::{Vector, Virtual};
use super::virtual_log::{At, Line};
use crate::forge::{CUT, enclosing, inbox, inbox_of, letter, signed, user};
use crate::hosts::{self, PROCESS, honest, log_of};

/// The height at which the lease ends.
pub(super) const U: u64 = NEXT + 3;

/// The height at which the queue begins.
pub(super) const OVER: u64 = U + CUT;

/// A message for the process.
pub(super) fn post(number: u64) -> VerifiedItem {
    post_for(PROCESS, number)
}

/// A message for any process.
pub(super) fn post_for(process: Id, number: u64) -> VerifiedItem {
    let number = number.to_string();
    let tags = [
        ("Data-Protocol", "ao"),
        ("Type", "Message"),
        ("n", number.as_str()),
    ];
    signed(&user(2), Some(process), &tags, b"hello")
}

pub(super) fn posted(items: &[VerifiedItem]) -> Transaction {
    inbox_of(&PROCESS.to_string(), items)
}

pub(super) fn saying(number: u64, verdict: &Value) -> VerifiedItem {
    letter(number, &[("Say", &verdict.to_string())])
}

pub(super) fn ended_row(first: u64) -> Value {
    json!({"Process": PROCESS, "State": "Unhosted", "Epoch": 0, "First": first, "U": U})
}

/// The message with which the lease ends.
pub(super) fn end_with(cases: &Value) -> VerifiedItem {
    saying(
        200,
        &json!({"ok": true, "Hosting": [ended_row(1)], "Cases": cases}),
    )
}

pub(super) fn end() -> Transaction {
    inbox(&[end_with(&json!([]))])
}

pub(super) fn case_row(number: u64, kind: &str, state: &str, epoch: u64, message: Id) -> Value {
    json!({"Case": number, "Kind": kind, "State": state, "Process": PROCESS, "Epoch": epoch, "Message": message})
}

/// A story told in blocks: those that are not named are empty.
pub(super) struct Story {
    pub(super) vector: Vector,
    pub(super) next: u64,
}

impl Story {
    /// The process is hosted, and has the slots 1 and 2 since [`NEXT`].
    pub(super) fn begin(name: &str) -> Self {
        let vector = hosted(name).silently();
        Self { vector, next: NEXT }.block(NEXT, vec![log_of(&[log().item(1, 2)])])
    }

    pub(super) fn block(mut self, height: u64, transactions: Vec<Transaction>) -> Self {
        for empty in self.next..height {
            self.vector = self.vector.block(&hosts::block(empty, vec![]));
        }
        self.vector = self.vector.block(&hosts::block(height, transactions));
        self.next = height + 1;
        self
    }

    pub(super) fn gives(self, slots: Vec<Virtual>) -> Vector {
        self.vector.virtual_slots(slots)
    }
}

/// The log behind slot 2.
pub(super) fn behind_two() -> Line {
    Line::behind(&log(), 2)
}

pub(super) fn at(height: u64, transaction: usize, item: usize) -> At {
    At {
        run: height,
        found: (height, transaction, item, 0),
    }
}

/// Mined at `found`, run in the block in which the queue begins.
pub(super) fn begun(height: u64, transaction: usize, item: usize) -> At {
    At {
        run: OVER,
        found: (height, transaction, item, 0),
    }
}

pub(super) fn enclosed(children: &[VerifiedItem]) -> Transaction {
    inbox(&[enclosing(children, &[])])
}

/// A receipt of the host for a message, in any slot.
pub(super) fn receipt_of(message: Id, slot: u64) -> VerifiedItem {
    let entry = LogEntry {
        message,
        ..honest(slot, HOSTED)
    };
    log().with(slot, entry).receipt(slot).item().clone()
}

/// Enclosed in an item of the court, run in the block in which the queue begins.
pub(super) fn in_child(mined: u64, transaction: usize, item: usize, child: usize) -> At {
    At {
        run: OVER,
        found: (mined, transaction, item, child),
    }
}
