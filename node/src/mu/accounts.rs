//! The transactions of credit: a fee set aside with the item it is for, kept or given back with what became of it, and payments counted.
//!
//! The rules are [`super::fees`] and [`super::payments`]. Each function that takes a [`Db`] is part of somebody else's transaction, so
//! that a kill between an item and its fee cannot be.

use aosec_wire::{Address, Assignment, Id, Strictness, item};

use super::fees::{self, Account, Bill, Charge, Terms, Uncounted};
use super::outbox::{Ending, Event, Receipt, State};
use super::payments::{self, Payment};
use crate::metrics;
use crate::store::court::CourtOutcome;
use crate::store::fee::{self as table, Hold, Place, Sums};
use crate::store::{Db, Store, StoreError};

/// The account of an address.
///
/// # Errors
/// [`StoreError`] where it cannot be read.
pub(super) async fn find(
    store: &Store,
    court: Id,
    address: &Address,
) -> Result<Option<Account>, StoreError> {
    Ok(table::find(store, court, address).await?.map(account))
}

/// Takes a fee for good; the bill where the credit is too small, and then nothing is taken.
pub(super) async fn spend(
    db: &mut Db,
    charge: &Charge,
) -> Result<Result<(), Box<Bill>>, StoreError> {
    let court = charge.terms.court;
    let before = table::load(db, court, &charge.payer).await?;
    let before = before.map_or_else(Account::default, account);
    match before.charged(charge.price) {
        Some(after) => save(db, court, &charge.payer, after).await.map(Ok),
        None => Ok(Err(charge.bill(before.credit()))),
    }
}

/// Takes a fee for the entry `key` that may still go back.
pub(super) async fn set_aside(
    db: &mut Db,
    key: Id,
    charge: &Charge,
    since_ms: u64,
) -> Result<Result<(), Box<Bill>>, StoreError> {
    if table::held(db, key).await?.is_some() {
        return Ok(Ok(()));
    }
    if let Err(bill) = spend(db, charge).await? {
        return Ok(Err(bill));
    }
    let hold = Hold {
        court: charge.terms.court,
        address: charge.payer.clone(),
        price: charge.price,
        since_ms,
    };
    table::hold(db, key, &hold).await?;
    Ok(Ok(()))
}

/// Whether what was heard is a slot that the item had long before it came here (F6).
pub(super) fn is_stale(hold: &Hold, event: &Event) -> Result<bool, StoreError> {
    match event {
        Event::Assigned(receipt) => Ok(!fees::is_fresh(stamp_ms(receipt)?, hold.since_ms)),
        _ => Ok(false),
    }
}

/// The stamp of a slot. The courier has read the receipt before it was believed.
fn stamp_ms(receipt: &Receipt) -> Result<u64, StoreError> {
    let damaged = |what: String| StoreError::Damaged { what };
    let item = item::verify_bytes(receipt.assignment.clone(), Strictness::Settled);
    let item = item.map_err(|error| damaged(format!("a receipt: {error}")))?;
    let assignment = Assignment::from_item(item);
    let assignment = assignment.map_err(|error| damaged(format!("a receipt: {error}")))?;
    Ok(assignment.timestamp())
}

/// Ends what was set aside for the entry `key`, once its state says how: kept, or given back. An entry on its way goes on being held for.
pub(super) async fn settle(
    db: &mut Db,
    key: Id,
    hold: &Hold,
    state: &State,
    is_stale: bool,
) -> Result<(), StoreError> {
    let is_kept = match state {
        State::Received | State::Submitting(_) => return Ok(()),
        State::Unassigned => false,
        State::Refused(refusal) => refusal.receipt.is_some(),
        State::Uploading(_) | State::Done(Ending::Uploaded) => true,
        State::Scheduled(_)
        | State::Computing(..)
        | State::FannedOut(_)
        | State::Done(Ending::Scheduled(_)) => !is_stale,
    };
    table::release(db, key).await?;
    if !is_kept {
        return give_back(db, hold).await;
    }
    metrics::fees_kept().inc();
    Ok(())
}

async fn give_back(db: &mut Db, hold: &Hold) -> Result<(), StoreError> {
    let before = table::load(db, hold.court, &hold.address).await?;
    let after = before.and_then(|before| account(before).given_back(hold.price));
    let after = after.ok_or_else(|| StoreError::Damaged {
        what: format!("the account of {} never spent what is held", hold.address),
    })?;
    save(db, hold.court, &hold.address, after).await
}

/// Counts the payments in these outcomes, and notes that everything before `next` was looked at: both, or neither.
///
/// # Errors
/// [`StoreError`] where nothing was kept.
pub(super) async fn count(
    store: &Store,
    terms: &Terms,
    outcomes: Vec<CourtOutcome>,
    next: Place,
) -> Result<(), StoreError> {
    let terms = terms.clone();
    let job = async move |db: &mut Db| {
        for outcome in &outcomes {
            match payments::payment(&outcome.json, &terms.payee) {
                Ok(None) => {}
                Ok(Some(payment)) => {
                    if let Err(reason) = count_one(db, &terms, &payment).await? {
                        uncounted(outcome.message, &reason);
                    }
                }
                Err(unread) => uncounted(outcome.message, &unread),
            }
        }
        table::set_place(db, terms.court, &terms.payee, next).await
    };
    store.write(job).await
}

fn uncounted(message: Id, reason: &dyn std::fmt::Display) {
    metrics::fee_payments_uncounted().inc();
    tracing::warn!(%message, %reason, "a payment to this messenger counts for nobody: its sender has it back by the operator's hand alone");
}

async fn count_one(
    db: &mut Db,
    terms: &Terms,
    payment: &Payment,
) -> Result<Result<(), Uncounted>, StoreError> {
    let (court, address) = (terms.court, &payment.account);
    let before = table::load(db, court, address).await?.map(account);
    let has_room = before.is_some() || make_room(db, court).await?;
    let moved = (payment.way, payment.units);
    match fees::counted(before, moved, terms.policy, has_room) {
        Ok(after) => save(db, court, address, after).await.map(Ok),
        Err(reason) => Ok(Err(reason)),
    }
}

/// Whether one more account may be kept. Where there is no room, those go in which nothing is left.
async fn make_room(db: &mut Db, court: Id) -> Result<bool, StoreError> {
    if table::count(db, court).await? < fees::ACCOUNTS_MAX {
        return Ok(true);
    }
    table::forget_empty(db, court).await?;
    Ok(table::count(db, court).await? < fees::ACCOUNTS_MAX)
}

async fn save(
    db: &mut Db,
    court: Id,
    address: &Address,
    account: Account,
) -> Result<(), StoreError> {
    let sums = Sums {
        paid: account.paid,
        spent: account.spent,
        refunded: account.refunded,
    };
    table::save(db, court, address, &sums, account.credit() > 0).await
}

pub(super) fn account(sums: Sums) -> Account {
    Account {
        paid: sums.paid,
        spent: sums.spent,
        refunded: sums.refunded,
    }
}
