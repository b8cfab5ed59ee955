//! Pure: transactions that wait to be mined, in the order of their arrival, and what they take from each wallet.

use std::collections::BTreeMap;

use aosec_wire::{Address, Id};

use super::offer::Offer;
use crate::arweave::transaction::Transaction;

/// Most waiting transactions: ten full blocks.
const WAITING_MAX: usize = 10_000;
/// Most waiting bytes: far more than a devnet posts between two blocks, and far less than memory.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    waiting: BTreeMap<u32, Offer>,
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

    pub(super) fn put(&mut self, arrival: u32, offer: Offer) {
        let transaction = &offer.transaction;
        self.bytes += held_bytes(transaction);
        *self
            .spending
            .entry(transaction.owner_address().clone())
            .or_default() += cost_winston(transaction);
        self.arrivals.insert(transaction.id(), arrival);
        self.waiting.insert(arrival, offer);
    }

    /// Puts the same transaction, with its data now, in its old place.
    pub(super) fn replace(&mut self, offer: Offer) {
        if let Some(arrival) = self.arrivals.get(&offer.transaction.id()).copied() {
            self.remove(arrival);
            self.put(arrival, offer);
        }
    }

    /// Takes out the first `count`.
    pub(super) fn take(&mut self, count: usize) -> Vec<(u32, Offer)> {
        let arrivals: Vec<u32> = self.waiting.keys().take(count).copied().collect();
        arrivals
            .into_iter()
            .filter_map(|arrival| Some((arrival, self.remove(arrival)?)))
            .collect()
    }

    fn remove(&mut self, arrival: u32) -> Option<Offer> {
        let offer = self.waiting.remove(&arrival)?;
        let transaction = &offer.transaction;
        self.bytes -= held_bytes(transaction);
        self.arrivals.remove(&transaction.id());
        let wallet = transaction.owner_address();
        let left = self.spending_winston(wallet) - cost_winston(transaction);
        match left {
            0 => self.spending.remove(wallet),
            _ => self.spending.insert(wallet.clone(), left),
        };
        Some(offer)
    }
}

fn cost_winston(transaction: &Transaction) -> u128 {
    transaction.quantity_winston() + transaction.reward_winston()
}

fn held_bytes(transaction: &Transaction) -> u64 {
    transaction.data().map_or(0, |data| data.len() as u64)
}
