//! Whom to ask: this node's own scheduler where it hosts the process, else the one that does.
//!
//! A process that was once seen at the own scheduler is always asked there. "Not here" is never remembered: the process may
//! arrive in the next moment.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use aosec_wire::{Id, VerifiedItem};
use lru::LruCache;

use super::{Answer, Log, SourceError};
use crate::cu::replay::Entry;
use crate::cu::word::Word;

/// Own processes remembered; a forgotten one costs one more look into the store.
const OWN_MAX: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// The own scheduler first, then the others.
#[derive(Debug)]
pub struct Route {
    own: Option<Arc<dyn Log>>,
    others: Arc<dyn Log>,
    hosted: Mutex<LruCache<Id, ()>>,
}

impl Route {
    /// Asks `own` for what it hosts, and `others` for the rest.
    #[must_use]
    pub fn new(own: Option<Arc<dyn Log>>, others: Arc<dyn Log>) -> Self {
        Self {
            own,
            others,
            hosted: Mutex::new(LruCache::new(OWN_MAX)),
        }
    }

    async fn of(&self, process: Id) -> Result<&Arc<dyn Log>, SourceError> {
        let Some(own) = &self.own else {
            return Ok(&self.others);
        };
        if self.is_known(process) {
            return Ok(own);
        }
        if own.spawn(process).await?.is_none() {
            return Ok(&self.others);
        }
        self.remember(process);
        Ok(own)
    }

    fn is_known(&self, process: Id) -> bool {
        let mut hosted = self.hosted.lock().unwrap_or_else(PoisonError::into_inner);
        hosted.get(&process).is_some()
    }

    fn remember(&self, process: Id) {
        let mut hosted = self.hosted.lock().unwrap_or_else(PoisonError::into_inner);
        hosted.put(process, ());
    }
}

impl Log for Route {
    fn spawn(&self, process: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move { self.of(process).await?.spawn(process).await })
    }

    fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
        Box::pin(async move { self.of(process).await?.entries(process, from, to).await })
    }

    fn assignment(&self, process: Id, id: Id) -> Answer<'_, Option<Word>> {
        Box::pin(async move { self.of(process).await?.assignment(process, id).await })
    }

    fn newest(&self, process: Id) -> Answer<'_, Option<u64>> {
        Box::pin(async move { self.of(process).await?.newest(process).await })
    }
}
