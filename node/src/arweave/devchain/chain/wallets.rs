//! Pure: who owns how many winston, and what each wallet sent last.
//!
//! Money comes from genesis and from mints alone, moves by mined transactions, and leaves by fees: minted = balances + fees, always.

use std::collections::BTreeMap;

use aosec_wire::{Address, Id};

use crate::arweave::transaction::Transaction;

/// What one wallet owns and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Account {
    balance_winston: u128,
    last: Option<Id>,
}

/// All wallets.
#[derive(Clone, Debug, Default)]
pub(super) struct Wallets {
    accounts: BTreeMap<Address, Account>,
    minted_winston: u128,
    fees_winston: u128,
}

impl Wallets {
    pub(super) fn balance_winston(&self, wallet: &Address) -> u128 {
        self.accounts
            .get(wallet)
            .map_or(0, |account| account.balance_winston)
    }

    /// The last mined transaction of a wallet.
    pub(super) fn last(&self, wallet: &Address) -> Option<Id> {
        self.accounts.get(wallet).and_then(|account| account.last)
    }

    /// Makes money; false if there would be more than a number holds.
    pub(super) fn mint(&mut self, wallet: &Address, winston: u128) -> bool {
        let Some(minted) = self.minted_winston.checked_add(winston) else {
            return false;
        };
        self.minted_winston = minted;
        self.account(wallet).balance_winston += winston;
        true
    }

    /// Carries out a mined transaction, whose sender can pay ([`Self::can_pay`]).
    pub(super) fn apply(&mut self, transaction: &Transaction) {
        let (quantity, reward) = (transaction.quantity_winston(), transaction.reward_winston());
        let sender = self.account(transaction.owner_address());
        sender.balance_winston -= quantity + reward;
        sender.last = Some(transaction.id());
        self.fees_winston += reward;
        if quantity > 0
            && let Some(target) = target_wallet(transaction)
        {
            self.account(&target).balance_winston += quantity;
        }
        debug_assert!(self.adds_up(), "money appeared or vanished");
    }

    /// Takes back what [`Self::apply`] did. Transactions are undone in the reverse of their order, so nobody lacks what he received.
    pub(super) fn undo(&mut self, transaction: &Transaction) {
        let (quantity, reward) = (transaction.quantity_winston(), transaction.reward_winston());
        if quantity > 0
            && let Some(target) = target_wallet(transaction)
        {
            self.account(&target).balance_winston -= quantity;
        }
        self.account(transaction.owner_address()).balance_winston += quantity + reward;
        self.fees_winston -= reward;
        debug_assert!(self.adds_up(), "money appeared or vanished");
    }

    /// Says which transaction of a wallet is the last one now.
    pub(super) fn set_last(&mut self, wallet: &Address, last: Option<Id>) {
        self.account(wallet).last = last;
    }

    /// Whether the sender owns what the transaction takes.
    pub(super) fn can_pay(&self, transaction: &Transaction) -> bool {
        let cost = transaction
            .quantity_winston()
            .checked_add(transaction.reward_winston());
        cost.is_some_and(|cost| cost <= self.balance_winston(transaction.owner_address()))
    }

    fn account(&mut self, wallet: &Address) -> &mut Account {
        self.accounts.entry(wallet.clone()).or_default()
    }

    pub(super) fn adds_up(&self) -> bool {
        let owned: u128 = self
            .accounts
            .values()
            .map(|account| account.balance_winston)
            .sum();
        owned + self.fees_winston == self.minted_winston
    }
}

/// The wallet that receives the quantity.
fn target_wallet(transaction: &Transaction) -> Option<Address> {
    transaction
        .target()
        .and_then(|target| target.to_string().parse().ok())
}
