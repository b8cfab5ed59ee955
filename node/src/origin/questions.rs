//! How much of the court those who ask may take: a bound on questions at once, and a share of a minute for each address.
//!
//! The contract has one VM for each depth, and the block that runs waits for its turn behind the questions before it: so the bound
//! is also how far strangers can delay a block. What this node itself must ask, to answer a case in time, has places of its own: no
//! stream of strangers keeps it from them. Left to others: what is asked ([`super::mirror`]), and who the caller is (the edge).

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::cu::rate::DryRunRate;

/// Questions at once: each takes some milliseconds, so the last of them still answers at once, and a block waits for no more.
pub(super) const QUESTIONS_MAX: usize = 16;

/// This node's own at once: its defender, its heart and its hunter each ask one after the other.
const OWN_QUESTIONS_MAX: usize = 4;

/// Searches for what a slot rests on at once: each holds some 64 MiB of transactions while it reads their signatures.
const SEARCHES_MAX: usize = 2;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Whoever it is.
    Stranger,
    /// This node, for itself.
    Own,
}

/// The places of those who ask.
#[derive(Debug)]
pub(super) struct Questions {
    places: Arc<Semaphore>,
    own_places: Arc<Semaphore>,
    searches: Arc<Semaphore>,
    rate: Mutex<DryRunRate>,
    begun: Instant,
}

impl Questions {
    pub(super) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(QUESTIONS_MAX)),
            own_places: Arc::new(Semaphore::new(OWN_QUESTIONS_MAX)),
            searches: Arc::new(Semaphore::new(SEARCHES_MAX)),
            rate: Mutex::default(),
            begun: Instant::now(),
        }
    }

    /// A place, held until the question has run also where nobody waits for the answer any more; none where all are taken.
    pub(super) fn place(&self, asker: Asker) -> Option<OwnedSemaphorePermit> {
        let places = match asker {
            Asker::Stranger => &self.places,
            Asker::Own => &self.own_places,
        };
        Arc::clone(places).try_acquire_owned().ok()
    }

    /// A place for a long search, which delays no block; none where all are taken.
    pub(super) fn search(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.searches).try_acquire_owned().ok()
    }

    /// Counts a question of `caller`; false where it is over its share.
    pub(super) fn takes(&self, caller: IpAddr) -> bool {
        let now_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut rate = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.take(caller, now_ms)
    }

    #[cfg(test)]
    pub(super) fn free(&self) -> usize {
        self.places.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_searches_and_this_node_s_own_questions_keep_one_another_from_nothing() {
        let questions = Questions::new();
        let searches: Vec<_> = std::iter::from_fn(|| questions.search()).collect();
        assert_eq!(searches.len(), SEARCHES_MAX);
        let strangers: Vec<_> = std::iter::from_fn(|| questions.place(Asker::Stranger)).collect();
        assert_eq!(strangers.len(), QUESTIONS_MAX);
        assert!(questions.place(Asker::Own).is_some());
        drop(searches);
        assert!(questions.search().is_some(), "there is room again");
    }
}
