//! Receipts, which promise that their slot will stand in the log (PROTOCOL 5.5, 6 row 3).

use std::collections::BTreeMap;

use aosec_wire::{Id, VerifiedItem};

use super::evidence::Evidence;

/// Promises that wait for their time at once: at a kilobyte each, 16 MB. Further ones are passed over until there is room.
pub const PROMISES_MAX: usize = 16_384;

/// A receipt whose time is over.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The process.
    pub process: Id,
    /// The epoch.
    pub epoch: u64,
    /// The slot.
    pub slot: u64,
    /// The message that was promised it.
    pub message: Id,
    /// The height that was stamped.
    pub stamped: u64,
    /// The receipt.
    pub receipt: VerifiedItem,
}

/// Promises by the height at which their time is over; of one slot and message one is enough.
#[derive(Debug)]
pub(super) struct Promises {
    patience: u64,
    waiting: BTreeMap<(u64, Id, u64, Id), Promise>,
}

impl Promises {
    /// Promises that are kept `patience` blocks after their stamp.
    pub(super) const fn new(patience: u64) -> Self {
        Self {
            patience,
            waiting: BTreeMap::new(),
        }
    }

    pub(super) fn take(&mut self, evidence: &Evidence) {
        let Some(receipt) = evidence.receipt() else {
            return;
        };
        let entry = receipt.entry();
        let due = entry.height.saturating_add(self.patience).saturating_add(1);
        let key = (due, receipt.process(), receipt.slot(), entry.message);
        if self.waiting.len() >= PROMISES_MAX || self.waiting.contains_key(&key) {
            return;
        }
        let promise = Promise {
            process: receipt.process(),
            epoch: receipt.epoch(),
            slot: receipt.slot(),
            message: entry.message,
            stamped: entry.height,
            receipt: evidence.item().clone(),
        };
        self.waiting.insert(key, promise);
    }

    /// Those that are due at `height` or before, which are forgotten here.
    pub(super) fn overdue(&mut self, height: u64) -> Vec<Promise> {
        let nil = Id::new([0; 32]);
        let later = self
            .waiting
            .split_off(&(height.saturating_add(1), nil, 0, nil));
        let due = std::mem::replace(&mut self.waiting, later);
        due.into_values().collect()
    }
}
