//! The way of signed slots to the base layer: messages and assignments ride as items of `Type: Data` transactions.
//!
//! The queue is a table of the store, filled in the commit that keeps the signatures; so nothing that was acknowledged can be
//! forgotten, and a crash between posting and noting it only posts the same items again. Which runs are due is decided in
//! [`super::outbox`]; here they are read, posted and followed until their block is settled.

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use aosec_wire::VerifiedItem;

use super::{Shared, outbox, ports::PortError, recent::Recent};
use crate::{
    metrics,
    store::{
        StoreError,
        log::Entry,
        page::{self, Kept, Span},
        publication::{self, Posted, Run, Waiting},
    },
};

/// Runs looked at for one transaction: one a slot at worst, so that a transaction can be full.
const WAITING_MAX: u32 = outbox::FLUSH_SLOTS as u32;
/// Transactions followed at once: those of more than a settlement depth of blocks.
const FOLLOWED_MAX: u32 = 128;
/// Transactions posted in one round, before those that are under way are looked at again.
const POSTS_MAX: usize = 16;
/// The longest pause after failures.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);

/// How logs are published.
#[derive(Clone, Copy, Debug)]
pub struct Publishing {
    /// Between two looks at the queue: well below a block.
    pub every: Duration,
    /// A transaction that no gateway knows after so many blocks is posted again.
    pub repost_after_blocks: u64,
    /// With an unpublished stamp older than this, no messages are taken (D5): half of `publish_within`. None never stops.
    pub stop_after_blocks: Option<u64>,
    /// Confirmations that settle a transaction.
    pub settlement_depth: u64,
}

impl Default for Publishing {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(1),
            repost_after_blocks: 20,
            stop_after_blocks: Some(30),
            settlement_depth: 20,
        }
    }
}

/// What kept a round from its end.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    BaseLayer(#[from] PortError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks at the backlog once, then publishes in the background for as long as the unit lives.
pub(super) async fn start(shared: &Arc<Shared>) -> Result<(), StoreError> {
    look(shared).await?;
    tokio::spawn(publish(
        Arc::downgrade(shared),
        shared.settings.publishing.every,
    ));
    Ok(())
}

/// The loop ends with the last handle, or once the unit is closed: what waits is in the store.
async fn publish(shared: Weak<Shared>, every: Duration) {
    let mut pause = every;
    loop {
        tokio::time::sleep(pause).await;
        let Some(shared) = shared.upgrade().filter(|shared| !shared.tasks.is_closed()) else {
            return;
        };
        pause = match round(&shared).await {
            Ok(()) => every,
            Err(trouble) => {
                pause = (pause * 2).min(BACK_OFF_MAX.max(every));
                tracing::warn!(%trouble, next_in_ms = pause.as_millis(), "the log is not published at the moment");
                pause
            }
        };
    }
}

/// Posts what is due, follows what is posted, and notes how much is left. Trouble with one part does not stop the others.
async fn round(shared: &Arc<Shared>) -> Result<(), Trouble> {
    let Some(tip_height) = shared.tip.height() else {
        return Ok(());
    };
    let posted = post_due(shared, tip_height).await;
    let followed = follow(shared, tip_height).await;
    look(shared).await?;
    posted.and(followed)
}

async fn post_due(shared: &Arc<Shared>, tip_height: u64) -> Result<(), Trouble> {
    for _ in 0..POSTS_MAX {
        let mut waiting = publication::waiting(&shared.store, WAITING_MAX).await?;
        waiting.truncate(outbox::due(&waiting, tip_height));
        if waiting.is_empty() {
            return Ok(());
        }
        post(shared, &waiting, tip_height).await?;
    }
    Ok(())
}

async fn post(shared: &Arc<Shared>, waiting: &[Waiting], tip_height: u64) -> Result<(), Trouble> {
    let mut items = Vec::new();
    for Waiting { run, .. } in waiting {
        items.extend(read(shared, run).await?);
    }
    let tx = shared.base_layer.post(items).await?;
    let numbers: Vec<_> = waiting.iter().map(|waiting| waiting.number).collect();
    let noted = async move |db: &mut crate::store::Db| {
        publication::posted(db, &numbers, tx, tip_height).await
    };
    shared.store.write(noted).await?;
    tracing::info!(%tx, runs = waiting.len(), "slots posted to the base layer");
    Ok(())
}

/// The items of a run: each message that was sent (what was assigned by reference stands elsewhere) and each assignment.
async fn read(shared: &Arc<Shared>, run: &Run) -> Result<Vec<VerifiedItem>, StoreError> {
    let (mut after, mut items) = (run.first.checked_sub(1), Vec::new());
    while after.is_none_or(|after| after < run.last) {
        let span = Span::Slots {
            after,
            to: Some(run.last),
        };
        let slots = (run.last - run.first + 1) as usize;
        let (kept, _) = page::read(&shared.store, run.process, span, slots).await?;
        let Some(last) = kept.last() else { break };
        after = Some(last.slot);
        let shared = shared.clone();
        let verified = tokio::task::spawn_blocking(move || verified(kept, &shared.recent)).await;
        items.extend(verified.map_err(|_| StoreError::Closed)??);
    }
    Ok(items)
}

fn verified(kept: Vec<Kept>, recent: &Recent) -> Result<Vec<VerifiedItem>, StoreError> {
    let mut items = Vec::new();
    for one in kept {
        if one.entry == Entry::Sent {
            items.extend(recent.message(one.message_id, one.message)?);
        }
        let assignment = recent.assignment(one.assignment_id, one.assignment)?;
        items.extend(assignment.map(|assignment| assignment.item().clone()));
    }
    Ok(items)
}

async fn follow(shared: &Shared, tip_height: u64) -> Result<(), Trouble> {
    for posted in publication::unsettled(&shared.store, FOLLOWED_MAX).await? {
        follow_one(shared, posted, tip_height).await?;
    }
    Ok(())
}

async fn follow_one(shared: &Shared, posted: Posted, tip_height: u64) -> Result<(), Trouble> {
    let Publishing {
        settlement_depth,
        repost_after_blocks,
        ..
    } = shared.settings.publishing;
    let (tx, mined) = (posted.tx, shared.base_layer.mined(posted.tx).await?);
    let height = mined.map(|mined| mined.height);
    let firm = mined.is_some_and(|mined| mined.confirmations >= settlement_depth);
    if mined.is_none() && outbox::is_lost(&posted, tip_height, repost_after_blocks) {
        tracing::warn!(%tx, "a transaction was lost; what it carried is posted again");
        shared
            .store
            .write(async move |db| publication::lost(db, tx).await)
            .await?;
    } else if height != posted.mined_height || firm {
        shared
            .store
            .write(async move |db| publication::mined(db, tx, height, firm).await)
            .await?;
    }
    Ok(())
}

/// Notes the backlog, and whether it is so old that nothing new may be promised.
async fn look(shared: &Shared) -> Result<(), StoreError> {
    let backlog = publication::backlog(&shared.store).await?;
    metrics::publication_backlog().set(i64::try_from(backlog.slots).unwrap_or(i64::MAX));
    let (tip_height, stop) = (
        shared.tip.height(),
        shared.settings.publishing.stop_after_blocks,
    );
    let stalled = tip_height.zip(stop).is_some_and(|(tip_height, stop)| {
        outbox::is_stalled(backlog.oldest_height, tip_height, stop)
    });
    if stalled != shared.publication_stalled.swap(stalled, Ordering::Relaxed) {
        tracing::warn!(
            stalled,
            slots = backlog.slots,
            "whether signed messages reach the base layer in time has changed"
        );
    }
    Ok(())
}
