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
        contents, publication,
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
    let planned = outbox::records(unrecorded);
    let (records, planned) = made(shared, planned).await?;
    if records.is_empty() {
        return Ok(());
    }
    let tx = shared.base_layer.post_log(records).await?;
    let posted = Posted {
        kind: Kind::Log,
        tx,
        height: tip_height,
        slots: planned.iter().map(Planned::slots).sum(),
        stamped_height: planned
            .iter()
            .map(|one| one.stamped_height)
            .min()
            .unwrap_or(tip_height),
    };
    let (records, slots) = (planned.len(), posted.slots);
    let numbers: Vec<_> = planned.into_iter().flat_map(|one| one.runs).collect();
    let noted =
        async move |db: &mut crate::store::Db| publication::recorded(db, &numbers, posted).await;
    shared.store.write(noted).await?;
    tracing::info!(%tx, records, slots, "log records posted to the base layer");
    Ok(())
}

/// The records of these plans. A log that is damaged here is told and left out; the others go on.
async fn made(
    shared: &Shared,
    planned: Vec<Planned>,
) -> Result<(Vec<Bytes>, Vec<Planned>), StoreError> {
    let (mut records, mut kept, mut damaged) = (Vec::new(), Vec::new(), BTreeSet::<Id>::new());
    for one in planned {
        if damaged.contains(&one.process) {
            continue;
        }
        match record(shared, &one).await {
            Ok(record) => {
                records.push(record);
                kept.push(one);
            }
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(%error, process = %one.process, "a log cannot be published");
                damaged.insert(one.process);
            }
            Err(error) => return Err(error),
        }
    }
    Ok((records, kept))
}

async fn record(shared: &Shared, planned: &Planned) -> Result<Bytes, StoreError> {
    let Planned {
        process,
        epoch,
        first,
        last,
        ..
    } = *planned;
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
    let entries = rest.iter().map(|slot| slot.entry).collect();
    let signature = planned.head.clone();
    let made = LogRecord::new(process, epoch, first, before.log_chain, entries, signature);
    let made = made.map_err(|error| damaged(&error.to_string()))?;
    made.verify(planned.origin).map_err(|error| {
        damaged(&format!(
            "the signature over their end does not hold: {error}"
        ))
    })?;
    Ok(made.encode())
}
