//! Receipts, which promise that their slot will stand in the log (PROTOCOL 5.5, 6 row 3).
//!
//! Each operator has a share of the room. Where it is full, his promise that is due last makes way, and where all of it is, that of the
//! operator with most: a stamp far ahead, which the law calls no fault, costs nobody a place but the one who signs it.

use std::collections::BTreeMap;

use aosec_wire::{Address, Id, VerifiedItem};

use super::evidence::Evidence;

/// Promises that wait for their time at once: at a kilobyte each, 16 MB.
pub(super) const PROMISES_MAX: usize = 16_384;
/// Those of one operator among them.
pub(super) const PROMISES_SHARE_MAX: usize = PROMISES_MAX / 8;

/// A receipt whose time is over.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The process.
    pub process: Id,
    /// The epoch.
    pub epoch: u64,
    /// Who holds, or held, the epoch.
    pub operator: Address,
    /// The slot.
    pub slot: u64,
    /// The message that was promised it.
    pub message: Id,
    /// The height that was stamped.
    pub stamped: u64,
    /// The receipt.
    pub receipt: VerifiedItem,
}

/// Height at which the time is over, process, slot, message.
type Key = (u64, Id, u64, Id);

/// Promises of each operator by the height at which their time is over; of one slot and message one is enough.
#[derive(Debug)]
pub(super) struct Promises {
    patience: u64,
    waiting: BTreeMap<Address, BTreeMap<Key, Promise>>,
    count: usize,
    /// How many had to make way.
    dropped: u64,
}

impl Promises {
    /// Promises that are kept `patience` blocks after their stamp.
    pub(super) const fn new(patience: u64) -> Self {
        Self {
            patience,
            waiting: BTreeMap::new(),
            count: 0,
            dropped: 0,
        }
    }

    pub(super) fn take(&mut self, evidence: &Evidence, operator: Address) {
        let Some(receipt) = evidence.receipt() else {
            return;
        };
        let entry = receipt.entry();
        let promise = Promise {
            process: receipt.process(),
            epoch: receipt.epoch(),
            operator: operator.clone(),
            slot: receipt.slot(),
            message: entry.message,
            stamped: entry.height,
            receipt: evidence.item().clone(),
        };
        let key = self.key(&promise);
        let share = self.waiting.entry(operator.clone()).or_default();
        if share.insert(key, promise).is_some() {
            return;
        }
        self.count += 1;
        if share.len() > PROMISES_SHARE_MAX {
            self.drop_last(&operator);
        }
        if self.count > PROMISES_MAX
            && let Some(fullest) = self.fullest()
        {
            self.drop_last(&fullest);
        }
    }

    fn fullest(&self) -> Option<Address> {
        let fullest = self.waiting.iter().max_by_key(|(_, share)| share.len());
        fullest.map(|(operator, _)| operator.clone())
    }

    fn drop_last(&mut self, operator: &Address) {
        let share = self.waiting.get_mut(operator);
        if share.and_then(BTreeMap::pop_last).is_some() {
            self.count -= 1;
            self.dropped += 1;
        }
    }

    fn key(&self, promise: &Promise) -> Key {
        let due = promise.stamped.saturating_add(self.patience);
        let due = due.saturating_add(1);
        (due, promise.process, promise.slot, promise.message)
    }

    /// Those that are due at `height` or before. They wait on until they are [`Self::asked`] about.
    pub(super) fn overdue(&self, height: u64) -> impl Iterator<Item = &Promise> {
        let due = move |(key, _): &(&Key, &Promise)| key.0 <= height;
        let shares = self.waiting.values();
        shares.flat_map(move |share| share.iter().take_while(due).map(|(_, promise)| promise))
    }

    /// It is known whether the promise is kept.
    pub(super) fn asked(&mut self, promise: &Promise) {
        let key = self.key(promise);
        let Some(share) = self.waiting.get_mut(&promise.operator) else {
            return;
        };
        self.count -= usize::from(share.remove(&key).is_some());
        if share.is_empty() {
            self.waiting.remove(&promise.operator);
        }
    }

    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }
}
