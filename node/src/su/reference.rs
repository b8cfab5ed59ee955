//! Assignments by reference: what is looked at before something that stands elsewhere gets a slot.
//!
//! A request for one is short, and what it names may be as long as a gateway sends. So few are fetched at once, whoever asks, and
//! how long a transaction is is remembered: its id stands for its data.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use aosec_wire::{Assignment, Id, VerifiedItem, limits::ITEM_BYTES_MAX};
use lru::LruCache;
use tokio::sync::Semaphore;

use super::{
    Handle,
    admission::{Want, verify_exclude},
    ports::{BaseLayer, PortError, Whereabouts},
    refusal::Refusal,
};
use crate::store::{item, log};

/// How long an item is looked for: what another unit was given a moment ago reaches the gateways with its next publication.
const LOOK_UP_PATIENCE: Duration = Duration::from_secs(3);
/// Between two looks.
const LOOK_UP_PAUSE: Duration = Duration::from_millis(250);
/// The tag of a process that says from how many confirmations on it takes transactions.
const SETTLEMENT_DEPTH: &str = "Settlement-Depth";
/// What is fetched at once. Each may take a gateway's longest answer of memory, and that again while it is read.
const FETCHES_MAX: usize = 4;
/// Transactions whose length is remembered: some 100 bytes each.
const LENGTHS_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// What stands elsewhere, and how often it is fetched.
#[derive(Debug)]
pub(super) struct Elsewhere {
    fetches: Semaphore,
    /// Bytes of the data of transactions that were fetched whole.
    lengths: Mutex<LruCache<Id, u64>>,
}

impl Default for Elsewhere {
    fn default() -> Self {
        Self {
            fetches: Semaphore::new(FETCHES_MAX),
            lengths: Mutex::new(LruCache::new(LENGTHS_MAX)),
        }
    }
}

impl Elsewhere {
    /// As [`BaseLayer::data_bytes`], and asks for a transaction that can be assigned once.
    async fn data_bytes(&self, layer: &dyn BaseLayer, tx: Id) -> Result<Option<u64>, PortError> {
        let _turn = self.fetches.acquire().await;
        // Whoever waited may find it done.
        if let Some(bytes) = self.lengths().get(&tx) {
            return Ok(Some(*bytes));
        }
        let found = layer.data_bytes(tx).await?;
        // What is longer was not fetched, and is so long by the word of one gateway.
        if let Some(bytes) = found.filter(|bytes| *bytes <= ITEM_BYTES_MAX as u64) {
            self.lengths().put(tx, bytes);
        }
        Ok(found)
    }

    async fn item(&self, layer: &dyn BaseLayer, id: Id) -> Result<Option<VerifiedItem>, PortError> {
        let _turn = self.fetches.acquire().await;
        layer.item(id).await
    }

    /// Held for single operations of the cache, none of which leaves it half changed.
    fn lengths(&self) -> MutexGuard<'_, LruCache<Id, u64>> {
        self.lengths.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle {
    pub(super) async fn reference(
        &self,
        process: Id,
        id: Id,
        base_layer: bool,
        exclude: Vec<String>,
    ) -> Result<Assignment, Refusal> {
        verify_exclude(&exclude)?;
        if self.is_courted(process).await? {
            return Err(Refusal::NoReferences(process));
        }
        let item = match base_layer {
            // What has its slot already is told so without being looked for.
            true if log::find(&self.shared.store, id, Some(process))
                .await?
                .is_some() =>
            {
                None
            }
            true => self.settled(process, id).await.map(|()| None)?,
            false => Some(self.item(id).await?),
        };
        self.enter(process, Want::Reference { id, item, exclude })
            .await
    }

    /// A transaction is taken from as many confirmations on as its process says, and only where it can be had whole: a slot whose message
    /// nobody has, or nobody takes, would stop its process for ever.
    async fn settled(&self, process: Id, id: Id) -> Result<(), Refusal> {
        let spawn = item::find(&self.shared.store, process).await?;
        let spawn = spawn.ok_or(Refusal::UnknownProcess(process))?;
        let own = spawn
            .tags()
            .get(SETTLEMENT_DEPTH)
            .and_then(|depth| depth.parse().ok());
        let need = own.unwrap_or(self.shared.settings.settlement_depth);
        let Whereabouts::Mined(mined) = self.base_layer().whereabouts(id).await? else {
            return Err(Refusal::NotFound(id));
        };
        if mined.confirmations < need {
            return Err(Refusal::Unsettled {
                id,
                process,
                have: mined.confirmations,
                need,
            });
        }
        let bytes = self.shared.elsewhere.data_bytes(self.base_layer(), id);
        match bytes.await? {
            None => Err(Refusal::NotFound(id)),
            Some(bytes) if bytes > ITEM_BYTES_MAX as u64 => Err(Refusal::TooLarge { id, bytes }),
            Some(_fits) => Ok(()),
        }
    }

    async fn item(&self, id: Id) -> Result<VerifiedItem, Refusal> {
        if let Some(own) = item::find(&self.shared.store, id).await? {
            return Ok(own);
        }
        let until = Instant::now() + LOOK_UP_PATIENCE;
        loop {
            match self.shared.elsewhere.item(self.base_layer(), id).await? {
                Some(found) => return Ok(found),
                None if Instant::now() >= until => return Err(Refusal::NotFound(id)),
                None => tokio::time::sleep(LOOK_UP_PAUSE).await,
            }
        }
    }

    fn base_layer(&self) -> &dyn BaseLayer {
        self.shared.base_layer.as_ref()
    }
}
