//! The cut (PROTOCOL 5.7): what was computed on the word of a host that has lost the process since, behind the last slot that it had
//! published, is void, and is forgotten before anything else is served or computed.
//!
//! - X1 it is done by the process's own task, between two pages, so that no outcome of a void slot comes to the disk afterwards;
//! - X2 it is done once, durably; after a restart nothing that the base layer has ordered is forgotten again;
//! - X3 messages that void slots have pushed are not taken back: their receivers judge them by what they are.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use aosec_wire::Id;
use lru::LruCache;

use super::actor::What;
use super::error::CuError;
use super::unit::Unit;
use super::{Handle, within};
use crate::store::{Db, cut_over};

/// Orphans remembered as done; a forgotten one costs a look into the store.
const DONE_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// The processes that were cut since the start.
#[derive(Debug)]
pub(super) struct Done(Mutex<LruCache<Id, ()>>);

impl Default for Done {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(DONE_MAX)))
    }
}

impl Done {
    fn has(&self, process: Id) -> bool {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        done.get(&process).is_some()
    }

    fn note(&self, process: Id) {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        done.put(process, ());
    }
}

impl Unit {
    /// The slot behind which the process has to be cut, and was not.
    ///
    /// # Errors
    /// Where the log or the store does not say.
    pub async fn due_cut(&self, process: Id) -> Result<Option<u64>, CuError> {
        let Some(slot) = self.log.cut(process).await? else {
            return Ok(None);
        };
        if self.cuts.has(process) {
            return Ok(None);
        }
        if cut_over::is_done(&self.store, process).await? {
            self.cuts.note(process);
            return Ok(None);
        }
        Ok(Some(slot))
    }

    /// Forgets what lies behind `slot`. The caller has no life of the process, and nothing of it is on its way to the disk (X1).
    ///
    /// # Errors
    /// [`CuError::Store`].
    pub async fn cut(&self, process: Id, slot: u64) -> Result<(), CuError> {
        let forget = async move |db: &mut Db| cut_over::forget_behind(db, process, slot).await;
        let snapshots = self.store.write(forget).await?;
        self.snapshots.forget(process, &snapshots).await;
        self.cuts.note(process);
        tracing::warn!(%process, slot, "the process has lost its host: what was computed behind this slot is void and forgotten");
        Ok(())
    }
}

impl Handle {
    /// Sees to it that nothing void is served.
    pub(super) async fn without_void(&self, process: Id) -> Result<(), CuError> {
        let Some(slot) = self.0.unit.due_cut(process).await? else {
            return Ok(());
        };
        within(process, self.ask(process, slot, What::Reach)).await
    }
}
