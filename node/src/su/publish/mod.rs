//! The way of signed slots to the base layer: [`data`] posts messages and assignments, [`records`] posts their order, and
//! [`follow`] follows both until their blocks are settled.
//!
//! 1. The queue is a table of the store, filled in the commit that keeps the signatures: nothing that was acknowledged can be
//!    forgotten. Every step is one write; a crash between posting and noting only posts the same content again.
//! 2. Data before order: a record is posted once its items stand in a block, since a record without its messages would stop
//!    every reader (PROTOCOL 5.10).
//! 3. One Log transaction at a time is in no block, so that the records of a process are mined in their order: what is mined
//!    before its predecessor counts for nothing (PROTOCOL 5.6).
//!
//! What is due, lost or misplaced is decided in [`super::outbox`] and [`super::passage`]; here it is done.

mod data;
mod follow;
mod records;

use std::{
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use super::{Shared, outbox, passage::Patience, ports::PortError};
use crate::{
    metrics,
    store::{StoreError, publication},
};

/// The longest pause after failures, in looks: two blocks on a real network, where a look is a quarter of one at most.
const BACK_OFF_LOOKS_MAX: u32 = 8;

/// How logs are published.
#[derive(Clone, Copy, Debug)]
pub struct Publishing {
    /// Between two looks at the queue: well below a block.
    pub every: Duration,
    /// A transaction that no gateway knows after so many blocks is posted again.
    pub forgotten_after_blocks: u64,
    /// A transaction that is in no block after so many is posted again, whatever gateways say: below the 50 blocks after
    /// which the base layer takes it no more.
    pub repost_after_blocks: u64,
    /// With an unpublished stamp older than this, no messages are taken (D5): half of `publish_within`. None never stops.
    pub stop_after_blocks: Option<u64>,
    /// Blocks above its own that settle a transaction (PROTOCOL 1.2).
    pub settlement_depth: u64,
    /// Mean time between blocks: so many are due while no gateway tells of one.
    pub block_time: Duration,
}

impl Default for Publishing {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(1),
            forgotten_after_blocks: 10,
            repost_after_blocks: 40,
            stop_after_blocks: Some(30),
            settlement_depth: 20,
            block_time: Duration::from_secs(120),
        }
    }
}

impl Publishing {
    fn patience(&self) -> Patience {
        Patience {
            forgotten_after_blocks: self.forgotten_after_blocks,
            repost_after_blocks: self.repost_after_blocks,
            settlement_depth: self.settlement_depth,
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
    let every = shared.settings.publishing.every;
    tokio::spawn(publish(Arc::downgrade(shared), every));
    tokio::spawn(watch(Arc::downgrade(shared), every));
    Ok(())
}

/// The loop ends with the last handle, or once the unit is closed: what waits is in the store.
async fn publish(shared: Weak<Shared>, every: Duration) {
    let (mut pause, mut followed_at) = (every, None);
    loop {
        tokio::time::sleep(pause).await;
        let Some(shared) = alive(&shared) else { return };
        pause = match round(&shared, &mut followed_at).await {
            Ok(()) => every,
            Err(trouble) => {
                pause = (pause * 2).min(every * BACK_OFF_LOOKS_MAX);
                tracing::warn!(%trouble, next_in_ms = pause.as_millis(), "the log is not published at the moment");
                pause
            }
        };
    }
}

/// Beside the other loop, which may wait for a gateway: D5 must not.
async fn watch(shared: Weak<Shared>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        let Some(shared) = alive(&shared) else { return };
        if let Err(error) = look(&shared).await {
            tracing::warn!(%error, "how much is unpublished is not known");
        }
    }
}

fn alive(shared: &Weak<Shared>) -> Option<Arc<Shared>> {
    shared.upgrade().filter(|shared| !shared.tasks.is_closed())
}

/// Posts what is due and follows what is posted. Trouble with one part does not stop the others.
async fn round(shared: &Arc<Shared>, followed_at: &mut Option<u64>) -> Result<(), Trouble> {
    let Some(tip_height) = shared.tip.height() else {
        return Ok(());
    };
    let carried = data::post(shared, tip_height).await;
    let followed = follow::follow(shared, tip_height, followed_at).await;
    let recorded = records::post(shared, tip_height).await;
    carried.and(followed).and(recorded)
}

/// Notes the backlog, and whether it is so old that nothing new may be promised.
async fn look(shared: &Shared) -> Result<(), StoreError> {
    let backlog = publication::backlog(&shared.store).await?;
    let Publishing {
        stop_after_blocks: stop,
        block_time,
        ..
    } = shared.settings.publishing;
    let tip_height = shared.tip.height();
    let due = outbox::due_blocks(shared.tip.still_for(), block_time);
    let lag_blocks = outbox::lag(backlog.oldest_height, tip_height, due);
    let stalled = stop.is_some_and(|stop| outbox::is_stalled(lag_blocks, stop));
    metrics::publication_backlog().set(i64::try_from(backlog.slots).unwrap_or(i64::MAX));
    metrics::publication_lag().set(i64::try_from(lag_blocks).unwrap_or(i64::MAX));
    metrics::publication_stalled().set(i64::from(stalled));
    let before = shared.publication_stalled.swap(stalled, Ordering::Relaxed);
    match (before, stalled) {
        (false, true) => {
            let slots = backlog.slots;
            tracing::error!(
                lag_blocks,
                slots,
                "what was signed does not reach the base layer: no messages are taken until it does"
            );
        }
        (true, false) => tracing::info!("what was signed reaches the base layer again"),
        _ => {}
    }
    Ok(())
}
