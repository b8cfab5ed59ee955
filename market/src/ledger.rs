//! Free balances, escrows, what is pending and what is burned (3.1, 3.2).
//!
//! Bonds and pools stand with their operators, owed pay with its lease; [`crate::invariants`] adds all of it up.

use std::collections::BTreeMap;

use crate::amount::Amount;
use crate::outcome::{Refusal, demand};

/// Money that belongs to no operator's bond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    accounts: Vec<Account>,
    by_address: BTreeMap<String, usize>,
    /// By process id, known or not: the sum waits for `Host` (5.12).
    escrows: BTreeMap<String, Amount>,
    /// Slashed and not yet divided (6.8).
    pub(crate) pending: Amount,
    /// Bonds and fees of cases, until they are settled (6.4).
    pub(crate) deposits: Amount,
    burned: Amount,
    genesis: Amount,
}

/// Who has how much; its place in the list is the order of first credits (3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The address.
    pub address: String,
    /// Its free balance.
    pub free: Amount,
}

impl Ledger {
    /// The ledger of the genesis: balances in the order of their addresses.
    pub(crate) fn new(balances: Vec<(String, Amount)>) -> Self {
        let mut ledger = Self::default();
        for (address, amount) in balances {
            ledger.genesis += amount;
            ledger.credit(&address, amount);
        }
        ledger
    }

    /// The accounts in the order of their first credit.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The free balance of an address, 0 where it has no account.
    #[must_use]
    pub fn free(&self, address: &str) -> Amount {
        let account = self.by_address.get(address);
        account.map_or(0, |index| self.accounts[*index].free)
    }

    /// The genesis sum, which never changes (3.2).
    #[must_use]
    pub fn genesis(&self) -> Amount {
        self.genesis
    }

    /// `Total-Supply`: the genesis sum without what is burned (3.1).
    #[must_use]
    pub fn supply(&self) -> Amount {
        self.genesis - self.burned
    }

    /// What was burned.
    #[must_use]
    pub fn burned(&self) -> Amount {
        self.burned
    }

    /// What waits for its division.
    #[must_use]
    pub fn pending(&self) -> Amount {
        self.pending
    }

    /// What cases hold.
    #[must_use]
    pub fn deposits(&self) -> Amount {
        self.deposits
    }

    /// The escrow of a process.
    #[must_use]
    pub fn escrow(&self, process: &str) -> Amount {
        self.escrows.get(process).copied().unwrap_or(0)
    }

    /// The sum of all escrows.
    #[must_use]
    pub fn escrows(&self) -> Amount {
        self.escrows.values().sum()
    }

    /// Whether an address has this much, else `3.1 balance`.
    pub(crate) fn covers(&self, address: &str, amount: Amount) -> Result<(), Refusal> {
        demand(self.free(address) >= amount, "3.1 balance")
    }

    /// A credit of nothing makes no account.
    pub(crate) fn credit(&mut self, address: &str, amount: Amount) {
        if amount == 0 {
            return;
        }
        let next = self.accounts.len();
        let index = *self.by_address.entry(address.to_owned()).or_insert(next);
        if index == next {
            self.accounts.push(Account {
                address: address.to_owned(),
                free: 0,
            });
        }
        self.accounts[index].free += amount;
    }

    /// Takes what [`Ledger::covers`] has found to be there.
    pub(crate) fn debit(&mut self, address: &str, amount: Amount) {
        if amount > 0 {
            let index = self.by_address[address];
            self.accounts[index].free -= amount;
        }
    }

    pub(crate) fn burn(&mut self, amount: Amount) {
        self.burned += amount;
    }

    pub(crate) fn suspend(&mut self, amount: Amount) {
        self.pending += amount;
    }

    pub(crate) fn fund(&mut self, process: &str, amount: Amount) {
        *self.escrows.entry(process.to_owned()).or_insert(0) += amount;
    }

    /// Takes at most `due` out of an escrow.
    pub(crate) fn draw(&mut self, process: &str, due: Amount) -> Amount {
        let drawn = self.escrow(process).min(due);
        if let Some(escrow) = self.escrows.get_mut(process) {
            *escrow -= drawn;
        }
        drawn
    }
}
