//! Items that were verified or signed a moment ago. Whatever is scheduled is read back at once, by the compute unit and by the
//! publisher; verifying a signature for each of them again would cost more than everything else the scheduler does.
//!
//! An id names one signature over one content, so an item known by its id stands for the row of that id. What has been pushed
//! out, and everything after a start, is verified as it leaves the store.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use aosec_wire::{Assignment, Id, VerifiedItem};
use lru::LruCache;

use crate::store::{StoreError, item, receipt};

/// Items remembered at most: messages and assignments of four full transactions.
const ITEMS_MAX: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");
/// A longer item is not remembered: verifying it costs no more than a short one, remembering it does. All in all 64 MiB.
const ITEM_BYTES_MAX: usize = 4 * 1024;

/// The remembered items.
#[derive(Debug)]
pub(super) struct Recent(Mutex<LruCache<Id, VerifiedItem>>);

impl Default for Recent {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(ITEMS_MAX)))
    }
}

impl Recent {
    pub(super) fn remember<'a>(&self, items: impl Iterator<Item = &'a VerifiedItem>) {
        let mut known = self.lock();
        for item in items.filter(|item| item.bytes().len() <= ITEM_BYTES_MAX) {
            known.put(item.id(), item.clone());
        }
    }

    /// The item of this id, if it is remembered.
    pub(super) fn item(&self, id: Id) -> Option<VerifiedItem> {
        self.lock().get(&id).cloned()
    }

    /// The message of a row; none where the row has none.
    pub(super) fn message(
        &self,
        id: Id,
        bytes: Option<Vec<u8>>,
    ) -> Result<Option<VerifiedItem>, StoreError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let known = self.item(id);
        known
            .map_or_else(|| item::verified(bytes.into()), Ok)
            .map(Some)
    }

    /// The assignment of a row; none where the row has none.
    pub(super) fn assignment(
        &self,
        id: Option<Id>,
        bytes: Option<Vec<u8>>,
    ) -> Result<Option<Assignment>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        self.message(id, bytes)?
            .map(receipt::assignment)
            .transpose()
    }

    /// Held for single operations of the cache, none of which leaves it half changed.
    fn lock(&self) -> MutexGuard<'_, LruCache<Id, VerifiedItem>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
