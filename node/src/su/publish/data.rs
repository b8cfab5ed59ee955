//! Messages and assignments, as items of `Type: Data` transactions.
//!
//! Most of them were signed or verified a moment ago and are still remembered: the store is asked for their names alone. The
//! others are read, and verified before they leave: a damaged item would be a message that nobody has.

use std::sync::Arc;

use aosec_wire::{Id, VerifiedItem};
use bytes::Bytes;

use super::{super::Shared, Trouble};
use crate::{
    store::{
        StoreError,
        carrier::{self, Kind, Posted},
        contents, item,
        publication::{self, Waiting},
        receipt,
    },
    su::outbox,
};

/// Runs looked at for one transaction: one a slot at worst, so that a transaction can be full.
const WAITING_MAX: u32 = outbox::FLUSH_SLOTS as u32;
/// Transactions posted in one round, before those that are under way are looked at again.
const POSTS_MAX: usize = 16;
/// Transactions that may be under way; more are not posted, so that following them stays cheap, and D5 answers for it: two
/// million slots in the twenty blocks that settle on a real network.
const UNDER_WAY_MAX: u64 = 1_024;

/// Posts what is due, transaction by transaction.
pub(super) async fn post(shared: &Arc<Shared>, tip_height: u64) -> Result<(), Trouble> {
    for _ in 0..POSTS_MAX {
        let mut waiting = publication::waiting(&shared.store, WAITING_MAX).await?;
        waiting.truncate(outbox::due(&waiting, tip_height));
        if waiting.is_empty() || is_crowded(shared).await? {
            return Ok(());
        }
        post_one(shared, &waiting, tip_height).await?;
    }
    Ok(())
}

async fn is_crowded(shared: &Shared) -> Result<bool, StoreError> {
    let under_way = carrier::count_unsettled(&shared.store).await?;
    if under_way >= UNDER_WAY_MAX {
        tracing::warn!(
            under_way,
            "too many transactions are not settled: no more are posted"
        );
    }
    Ok(under_way >= UNDER_WAY_MAX)
}

async fn post_one(shared: &Arc<Shared>, waiting: &[Waiting], height: u64) -> Result<(), Trouble> {
    let through = waiting.last().map_or(0, |last| last.number);
    let items = read(shared, through).await?;
    let tx = shared.base_layer.post_data(items).await?;
    let runs = waiting.iter().map(|waiting| waiting.run);
    let posted = Posted {
        kind: Kind::Data,
        tx,
        height,
        // Slot 0 is in no record; all others wait for theirs.
        slots: runs.clone().filter(|run| run.last == 0).count() as u64,
        stamped_height: runs.map(|run| run.stamped_height).min().unwrap_or(height),
        stamped_through: 0,
    };
    let noted =
        async move |db: &mut crate::store::Db| publication::carried(db, through, posted).await;
    shared.store.write(noted).await?;
    tracing::info!(%tx, runs = waiting.len(), "messages and assignments posted to the base layer");
    Ok(())
}

/// The items of all runs that wait, up to this number: each message that was sent (what was assigned by reference stands
/// elsewhere) and each assignment.
async fn read(shared: &Arc<Shared>, through: i64) -> Result<Vec<VerifiedItem>, StoreError> {
    let (mut items, mut forgotten) = (Vec::new(), Vec::new());
    for named in contents::waiting(&shared.store, through).await? {
        for (id, is_receipt) in [(named.message, false), (Some(named.assignment), true)] {
            let Some(id) = id else { continue };
            let known = shared.recent.item(id);
            if known.is_none() {
                forgotten.push((items.len(), bytes(shared, id, is_receipt).await?));
            }
            items.push(known);
        }
    }
    for (index, item) in verified(forgotten).await? {
        items[index] = Some(item);
    }
    Ok(items.into_iter().flatten().collect())
}

async fn bytes(shared: &Shared, id: Id, is_receipt: bool) -> Result<Bytes, StoreError> {
    let found = match is_receipt {
        true => receipt::bytes(&shared.store, id).await?,
        false => item::bytes(&shared.store, id).await?,
    };
    found.ok_or_else(|| StoreError::Damaged {
        what: format!("{id} stands in a log and is not kept"),
    })
}

/// Signatures are arithmetic: not on the threads that carry requests.
async fn verified(read: Vec<(usize, Bytes)>) -> Result<Vec<(usize, VerifiedItem)>, StoreError> {
    let verify = move || {
        let verified = |(index, bytes)| Ok((index, item::verified(bytes)?));
        read.into_iter().map(verified).collect()
    };
    let task = tokio::task::spawn_blocking(verify).await;
    task.map_err(|_| StoreError::Closed)?
}
