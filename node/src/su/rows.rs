//! How a batch stands in the log's table, and the batch that rows without signatures stand for. Pure.

use aosec_wire::{Assignment, Id};

use super::{
    admission::Want,
    chain::{Batch, Before, Slot},
};
use crate::store::{StoreError, log};

/// The rows of a batch whose messages are `taken`.
pub fn rows(batch: &Batch, taken: &[&Want]) -> Vec<log::Row> {
    let slots = batch
        .slots
        .iter()
        .zip(batch.log_chains())
        .zip(taken)
        .zip(batch.first..);
    let row = |(((slot, log_chain), want), number): (((&Slot, Id), &&Want), u64)| log::Row {
        slot: number,
        epoch: batch.epoch,
        message: slot.message,
        content: want.content(),
        height: slot.height,
        timestamp: slot.timestamp,
        log_chain,
        entry: want.entry(),
        exclude: slot.exclude.clone(),
    };
    slots.map(row).collect()
}

/// The batch that rows without signatures stand for, behind the last assignment.
pub fn planned(
    process: Id,
    last: Option<&Assignment>,
    rows: &[(log::Row, u64)],
) -> Result<Batch, StoreError> {
    planned_behind(process, last.and_then(Before::after), rows)
}

/// The same, where it is known what it continues.
pub(super) fn planned_behind(
    process: Id,
    before: Option<Before>,
    rows: &[(log::Row, u64)],
) -> Result<Batch, StoreError> {
    let slot = |(row, _): &(log::Row, u64)| Slot {
        message: row.message,
        height: row.height,
        timestamp: row.timestamp,
        exclude: row.exclude.clone(),
    };
    let batch = Batch {
        process,
        epoch: rows.first().map_or(0, |(row, _)| row.epoch),
        first: rows.first().map_or(0, |(row, _)| row.slot),
        before,
        slots: rows.iter().map(slot).collect(),
    };
    let numbered = rows
        .iter()
        .zip(batch.first..)
        .all(|((row, _), slot)| row.slot == slot);
    let chained = rows
        .iter()
        .zip(batch.log_chains())
        .all(|((row, _), chain)| row.log_chain == chain);
    match numbered && chained {
        true => Ok(batch),
        false => Err(StoreError::Damaged {
            what: format!("the end of the log of {process} does not follow its chain"),
        }),
    }
}
