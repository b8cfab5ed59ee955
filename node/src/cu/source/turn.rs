//! Whose word counts: the scheduler's while a process is hosted, the base layer's once it has lost its host (PROTOCOL 5.7, 5.8), and
//! that of the canonical entries alone where a process has joined a court later (5.15).
//!
//! What a host signed and did not publish before the cut is void: a unit that has computed such slots on the host's word forgets them
//! ([`crate::cu::cut`]).

use std::fmt;
use std::sync::Arc;

use aosec_wire::{Id, VerifiedItem};

use super::{Answer, Log, SourceError};
use crate::cu::replay::Entry;
use crate::cu::word::Word;
use crate::follow::jurisdiction::Voids;

/// Says of a process whether it has lost its host.
pub type IsOrphan = Arc<dyn Fn(&Id) -> bool + Send + Sync>;

/// Schedulers, and the base layer in their place.
pub struct Turn {
    scheduled: Arc<dyn Log>,
    derived: Arc<dyn Log>,
    is_orphan: IsOrphan,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").finish_non_exhaustive()
    }
}

impl Turn {
    /// Asks `scheduled` about hosted processes, and `derived` about orphans.
    #[must_use]
    pub const fn new(scheduled: Arc<dyn Log>, derived: Arc<dyn Log>, is_orphan: IsOrphan) -> Self {
        Self {
            scheduled,
            derived,
            is_orphan,
        }
    }

    /// After a start the court is not computed yet and knows no orphans; which epochs have ended is on the disk.
    async fn of(&self, process: Id) -> Result<&Arc<dyn Log>, SourceError> {
        let is_orphan = (self.is_orphan)(&process) || self.derived.voids(process).await?.is_some();
        Ok(match is_orphan {
            true => &self.derived,
            false => &self.scheduled,
        })
    }
}

impl Log for Turn {
    fn spawn(&self, process: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move { self.of(process).await?.spawn(process).await })
    }

    fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
        Box::pin(async move { self.of(process).await?.entries(process, from, to).await })
    }

    fn stamp(&self, process: Id, slot: u64) -> Answer<'_, Option<u64>> {
        Box::pin(async move { self.of(process).await?.stamp(process, slot).await })
    }

    fn assignment(&self, process: Id, id: Id) -> Answer<'_, Option<Word>> {
        Box::pin(async move { self.of(process).await?.assignment(process, id).await })
    }

    fn is_prompt(&self, process: Id) -> Answer<'_, bool> {
        Box::pin(async move { self.of(process).await?.is_prompt(process).await })
    }

    fn voids(&self, process: Id) -> Answer<'_, Option<Voids>> {
        self.derived.voids(process)
    }

    fn newest(&self, process: Id) -> Answer<'_, Option<u64>> {
        Box::pin(async move { self.of(process).await?.newest(process).await })
    }
}
