//! The items that wait for their run, in order of position (PROTOCOL 2.3). Nothing overtakes.

use std::collections::VecDeque;
use std::sync::Arc;

use super::caps::{BLOCK_BYTES_MAX, BLOCK_ITEMS_MAX};
use super::mail::Letter;

/// The queue. It is as long as the base layer made it: the law drops nothing from it, and each byte of it was paid for there.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue(VecDeque<Arc<Letter>>);

impl Queue {
    pub(super) fn push(&mut self, letter: Arc<Letter>) {
        self.0.push_back(letter);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The oldest mined height that waits.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.0.front().map(|letter| letter.position.height)
    }

    /// Takes out the next item, if what has run in this block leaves room for it.
    pub(super) fn next(&mut self, room: &Room) -> Option<Arc<Letter>> {
        let next = self.0.front()?;
        if !room.holds(next.item.bytes().len()) {
            return None;
        }
        self.0.pop_front()
    }
}

/// What has run in a block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    items: usize,
    bytes: usize,
}

impl Room {
    /// Whether an item of so many bytes still fits.
    pub(super) fn holds(&self, bytes: usize) -> bool {
        self.items < BLOCK_ITEMS_MAX && bytes <= BLOCK_BYTES_MAX - self.bytes
    }

    /// Counts an item that ran.
    pub(super) fn take(&mut self, bytes: usize) {
        self.items += 1;
        self.bytes += bytes;
    }
}
