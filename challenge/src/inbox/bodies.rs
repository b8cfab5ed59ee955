//! Where on the base layer messages for other processes stand, enclosed in the court's inbox items (PROTOCOL 5.8): a process that
//! has lost its host goes on with them.
//!
//! The messages themselves are not kept: the order of a log needs their ids and sizes, and who computes reads them where they
//! stand. Each costs some 140 bytes until it has a slot, and cost its sender more on the base layer.

use std::collections::BTreeMap;

use aosec_wire::{Id, VerifiedItem};

use super::mail::{Letter, check_eligible};
use super::places::Places;
use crate::derive::Position;

/// A message that stands on the base layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Body {
    pub(super) message: Id,
    pub(super) found: Position,
    pub(super) bytes: usize,
}

impl Body {
    pub(super) fn of(item: &VerifiedItem, found: Position) -> Self {
        Self {
            message: item.id(),
            found,
            bytes: item.bytes().len(),
        }
    }
}

/// What was enclosed so far and is eligible for the process that it is addressed to, by process and message.
#[derive(Clone, Debug, Default)]
pub(super) struct Bodies(BTreeMap<(Id, Id), Body>);

impl Bodies {
    /// Takes in what an item encloses, but for what has a slot. Of a message that stands in two places the first counts.
    pub(super) fn take(&mut self, letter: &Letter, places: &Places) {
        for (child, item) in (1..).zip(letter.enclosed.items()) {
            let found = Position {
                child,
                ..letter.position
            };
            // The court itself has no host to lose.
            let others = |process: &Id| letter.item.target() != Some(*process);
            let Some(process) = item.target().filter(others) else {
                continue;
            };
            let (body, order) = (Body::of(item, found), places.of(&process));
            let has_slot = order.is_some_and(|order| order.of(&body.message).is_some());
            if !has_slot && check_eligible(item, process).is_ok() {
                self.0.entry((process, body.message)).or_insert(body);
            }
        }
    }

    pub(super) fn of(&self, process: Id, message: Id) -> Option<Body> {
        self.0.get(&(process, message)).copied()
    }

    /// A message that has a slot is not asked for again.
    pub(super) fn forget(&mut self, process: Id, message: Id) {
        self.0.remove(&(process, message));
    }
}
