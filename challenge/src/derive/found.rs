//! What stands in a block for the followed processes, by position (PROTOCOL 2.3, 5.6): claims, and reasons where there is none.

use aosec_wire::{Id, LogRecord};
use bytes::Bytes;

use super::block::{Block, Position, Transaction};
use super::claim::{Claim, Receipt};
use super::reason::{BadItem, Reason};
use super::transaction;

/// What stands at a position.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) position: Position,
    pub(super) process: Option<Id>,
    pub(super) claim: Result<Claim, Reason>,
}

/// Everything in the block that is a matter of a followed process, or may be; in order of position.
pub(super) fn in_block(
    block: &Block,
    receipts: Vec<(Position, Receipt)>,
    mut follows: impl FnMut(&Id) -> bool,
) -> Vec<Found> {
    let mut found = Vec::new();
    for transaction in &block.transactions {
        if transaction::claims_log(transaction) {
            found.extend(in_log(block.height, transaction, &mut follows));
        }
    }
    let receipts = receipts.into_iter();
    let receipts = receipts.map(|(position, receipt)| enclosed(position, receipt));
    found.extend(receipts.filter(|found| found.process.is_some_and(|process| follows(&process))));
    found.sort_by_key(|found| found.position);
    found
}

fn in_log(
    height: u64,
    transaction: &Transaction,
    follows: &mut impl FnMut(&Id) -> bool,
) -> Vec<Found> {
    let at = |item| Position {
        height,
        transaction: transaction.place,
        item,
        child: 0,
    };
    match transaction::records(transaction) {
        Err(unlawful) => vec![Found::nothing(at(0), unlawful)],
        Ok(items) => items
            .into_iter()
            .enumerate()
            .filter_map(|(item, data)| carried(at(item), data, follows))
            .collect(),
    }
}

/// What an item carries; nothing where it is a matter of a process that is not followed, which is seen before its entries are
/// hashed.
fn carried(
    position: Position,
    data: Result<Bytes, BadItem>,
    follows: &mut impl FnMut(&Id) -> bool,
) -> Option<Found> {
    let data = match data {
        Ok(data) => data,
        Err(bad) => return Some(Found::nothing(position, bad)),
    };
    let process = data.first_chunk().map(|id| Id::new(*id));
    if process.is_some_and(|process| !follows(&process)) {
        return None;
    }
    let claim = LogRecord::decode(&data).map(Claim::Record);
    Some(Found {
        position,
        process,
        claim: claim.map_err(Reason::from),
    })
}

fn enclosed(position: Position, receipt: Receipt) -> Found {
    let claim = Claim::Receipt(receipt);
    Found {
        position,
        process: Some(claim.process()),
        claim: Ok(claim),
    }
}

impl Found {
    fn nothing(position: Position, reason: impl Into<Reason>) -> Self {
        Self {
            position,
            process: None,
            claim: Err(reason.into()),
        }
    }
}
