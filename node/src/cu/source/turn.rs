//! Whose word counts: the scheduler's while a process is hosted, the base layer's once it has lost its host (PROTOCOL 5.7, 5.8).
//!
//! What a host signed and did not publish before the cut is void: a unit that has computed such slots on the host's word forgets them
//! ([`crate::cu::cut`]).

use std::fmt;
use std::sync::Arc;

use aosec_wire::{Id, VerifiedItem};

use super::{Answer, Log};
use crate::cu::replay::Entry;
use crate::cu::word::Word;

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

    fn of(&self, process: &Id) -> &Arc<dyn Log> {
        match (self.is_orphan)(process) {
            true => &self.derived,
            false => &self.scheduled,
        }
    }
}

impl Log for Turn {
    fn spawn(&self, process: Id) -> Answer<'_, Option<VerifiedItem>> {
        self.of(&process).spawn(process)
    }

    fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
        self.of(&process).entries(process, from, to)
    }

    fn assignment(&self, process: Id, id: Id) -> Answer<'_, Option<Word>> {
        self.of(&process).assignment(process, id)
    }

    fn cut(&self, process: Id) -> Answer<'_, Option<u64>> {
        self.of(&process).cut(process)
    }

    fn newest(&self, process: Id) -> Answer<'_, Option<u64>> {
        self.of(&process).newest(process)
    }
}
