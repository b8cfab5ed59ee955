//! The order of messages, as log records of many processes in one `Type: Log` transaction (PROTOCOL 5.5).
//!
//! A record is made of what the store holds: the slots, and the signature over the end of their last batch. It is checked
//! before it leaves, because a reader would pass over one that does not hold, and over all that follow.

use std::{collections::BTreeSet, sync::Arc};

use aosec_wire::{Id, record::LogRecord};
use bytes::Bytes;

use super::{super::Shared, Trouble};
use crate::{
    store::{
        StoreError,
        carrier::{self, Carrier, Kind, Posted},
        contents, joined, publication,
    },
    su::outbox::{self, Planned},
};

/// Runs looked at for one transaction. At worst each has one slot: more than three seconds of 5,000 messages in a second.
const RUNS_MAX: u32 = 16_384;
/// Transactions looked at for one that is in no block.
const UNMINED_MAX: u32 = 1_024;

/// Posts the records that are due, unless a Log transaction is still in no block.
pub(super) async fn post(shared: &Arc<Shared>, tip_height: u64) -> Result<(), Trouble> {
    let unmined = carrier::unmined(&shared.store, UNMINED_MAX).await?;
    if unmined.iter().any(Carrier::is_log) {
        return Ok(());
    }
    let unrecorded = publication::unrecorded(&shared.store, RUNS_MAX).await?;
    let made = made(shared, outbox::records(unrecorded)).await?;
    if made.is_empty() {
        return Ok(());
    }
    let records = made.iter().map(|one| one.record.clone()).collect();
    let tx = shared.base_layer.post_log(records).await?;
    let plans = made.iter().map(|one| &one.planned);
    let lowest = plans.clone().map(|planned| planned.stamped_height).min();
    let highest = made.iter().map(|one| one.stamped_through).max();
    let posted = Posted {
        kind: Kind::Log,
        tx,
        height: tip_height,
        slots: plans.map(Planned::slots).sum(),
        stamped_height: lowest.unwrap_or(tip_height),
        stamped_through: highest.unwrap_or(0),
    };
    let (records, slots) = (made.len(), posted.slots);
    let numbers: Vec<_> = made.into_iter().flat_map(|one| one.planned.runs).collect();
    let noted =
        async move |db: &mut crate::store::Db| publication::recorded(db, &numbers, posted).await;
    shared.store.write(noted).await?;
    tracing::info!(%tx, records, slots, "log records posted to the base layer");
    Ok(())
}

/// A record that may leave.
struct Made {
    planned: Planned,
    record: Bytes,
    /// The height of its last entry: heights never fall.
    stamped_through: u64,
}

/// The records of these plans. A log that is damaged here is told and left out; the others go on.
async fn made(shared: &Shared, planned: Vec<Planned>) -> Result<Vec<Made>, StoreError> {
    let (mut made, mut damaged) = (Vec::new(), BTreeSet::<Id>::new());
    for one in planned {
        let process = one.process;
        if damaged.contains(&process) {
            continue;
        }
        match record(shared, one).await {
            Ok(record) => made.push(record),
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(%error, %process, "a log cannot be published");
                damaged.insert(process);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(made)
}

/// The log chain that a record from slot `first` on continues: that of the slot before, or where a court's part of the log begins the one
/// over the legacy chain there (PROTOCOL 5.15).
async fn continued(shared: &Shared, process: Id, first: u64, before: Id) -> Result<Id, StoreError> {
    let joined = joined::of(&shared.store, process).await?;
    let begins = joined.filter(|joined| joined.is_hosted && joined.seam.first == first);
    Ok(begins.map_or(before, |joined| joined.seam.chain(process).log))
}

async fn record(shared: &Shared, planned: Planned) -> Result<Made, StoreError> {
    let Planned {
        process,
        epoch,
        first,
        last,
        ..
    } = planned;
    let damaged = |what: &str| StoreError::Damaged {
        what: format!("slots {first} to {last} of {process}: {what}"),
    };
    let slots = contents::stamped(&shared.store, process, first - 1, last).await?;
    let numbered = slots
        .iter()
        .zip(first - 1..)
        .all(|(slot, number)| slot.slot == number);
    let [before, rest @ ..] = slots.as_slice() else {
        return Err(damaged("they are not there"));
    };
    if !numbered || rest.len() as u64 != planned.slots() {
        return Err(damaged("some are not there"));
    }
    let stamped_through = rest.last().map_or(0, |slot| slot.entry.height);
    let before = continued(shared, process, first, before.log_chain).await?;
    let entries = rest.iter().map(|slot| slot.entry).collect();
    let signature = planned.head.clone();
    let made = LogRecord::new(process, epoch, first, before, entries, signature);
    let made = made.map_err(|error| damaged(&error.to_string()))?;
    made.verify(planned.origin).map_err(|error| {
        damaged(&format!(
            "the signature over their end does not hold: {error}"
        ))
    })?;
    let record = made.encode();
    Ok(Made {
        planned,
        record,
        stamped_through,
    })
}
