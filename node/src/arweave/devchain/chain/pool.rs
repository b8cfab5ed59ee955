//! Pure: transactions that wait to be mined, in the order of their arrival, and what they take from each wallet.

use std::collections::BTreeMap;

use aosec_wire::{Address, Id};

use super::offer::Offer;
use crate::arweave::transaction::Transaction;

/// Most waiting transactions: ten full blocks.
const WAITING_MAX: usize = 10_000;
/// Most waiting bytes: far more than a devnet posts between two blocks, and far less than memory.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A transaction that waits.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    /// Height of the tip when it came.
    pub(super) since: u64,
    pub(super) offer: Offer,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    waiting: BTreeMap<u32, Waiting>,
    arrivals: BTreeMap<Id, u32>,
    spending: BTreeMap<Address, u128>,
    bytes: u64,
}

impl Pool {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= WAITING_MAX || self.bytes >= BYTES_MAX
    }

    /// What the waiting transactions of a wallet take from it.
    pub(super) fn spending_winston(&self, wallet: &Address) -> u128 {
        self.spending.get(wallet).copied().unwrap_or_default()
    }

    pub(super) fn put(&mut self, arrival: u32, waiting: Waiting) {
        let transaction = &waiting.offer.transaction;
        self.bytes += held_bytes(transaction);
        *self
            .spending
            .entry(transaction.owner_address().clone())
            .or_default() += cost_winston(transaction);
        self.arrivals.insert(transaction.id(), arrival);
        self.waiting.insert(arrival, waiting);
    }

    /// Puts the same transaction, with its data now, in its old place.
    pub(super) fn replace(&mut self, offer: Offer) {
        if let Some(arrival) = self.arrivals.get(&offer.transaction.id()).copied()
            && let Some(Waiting { since, .. }) = self.remove(arrival)
        {
            self.put(arrival, Waiting { since, offer });
        }
    }

    /// Takes out the first `count` of those that are `due`.
    pub(super) fn take(
        &mut self,
        count: usize,
        due: impl Fn(&Waiting) -> bool,
    ) -> Vec<(u32, Offer)> {
        let due = self.waiting.iter().filter(|(_, waiting)| due(waiting));
        let arrivals: Vec<u32> = due.map(|(arrival, _)| *arrival).take(count).collect();
        arrivals
            .into_iter()
            .filter_map(|arrival| Some((arrival, self.remove(arrival)?.offer)))
            .collect()
    }

    /// Takes out everything, in order.
    pub(super) fn take_all(&mut self) -> Vec<Waiting> {
        std::mem::take(self).waiting.into_values().collect()
    }

    fn remove(&mut self, arrival: u32) -> Option<Waiting> {
        let waiting = self.waiting.remove(&arrival)?;
        let transaction = &waiting.offer.transaction;
        self.bytes -= held_bytes(transaction);
        self.arrivals.remove(&transaction.id());
        let wallet = transaction.owner_address();
        let left = self.spending_winston(wallet) - cost_winston(transaction);
        match left {
            0 => self.spending.remove(wallet),
            _ => self.spending.insert(wallet.clone(), left),
        };
        Some(waiting)
    }
}

fn cost_winston(transaction: &Transaction) -> u128 {
    transaction.quantity_winston() + transaction.reward_winston()
}

fn held_bytes(transaction: &Transaction) -> u64 {
    transaction.data().map_or(0, |data| data.len() as u64)
}
