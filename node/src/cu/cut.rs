//! What was computed and is void, because a court's settled blocks say otherwise: slots that a host signed in vain or instead of what it
//! published, once its epoch has ended (PROTOCOL 5.7); a slot that is empty now, and all behind it (5.10); slots from before a process
//! joined the court (5.15). It is forgotten before anything else is served or computed, and computed anew from the court's log.
//!
//! - X1 it is done by the process's own task, between two pages, so that no outcome of a void slot comes to the disk afterwards;
//! - X2 it is done once for each reason, durably; what agrees with the court's log stays;
//! - X3 messages that void slots have pushed are not taken back: their receivers judge them by what they are.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use aosec_wire::Id;
use lru::LruCache;

use super::ask::What;
use super::error::CuError;
use super::unit::Unit;
use super::{Handle, within};
use crate::follow::jurisdiction::Voids;
use crate::store::voided::{self, Void};
use crate::store::{Db, StoreError};

/// Processes remembered as done; a forgotten one costs some looks into the store.
const DONE_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// What was gone through since the start, by process.
#[derive(Debug)]
pub(super) struct Done(Mutex<LruCache<Id, Vec<Void>>>);

impl Default for Done {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(DONE_MAX)))
    }
}

impl Done {
    fn has(&self, process: Id, voids: &[Void]) -> bool {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        done.get(&process).is_some_and(|known| known == voids)
    }

    fn note(&self, process: Id, voids: Vec<Void>) {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        done.put(process, voids);
    }
}

impl Unit {
    /// What is void and was not forgotten yet.
    ///
    /// # Errors
    /// Where the log or the store does not say.
    pub async fn due_voids(&self, process: Id) -> Result<Option<Voids>, CuError> {
        let Some(Voids { log, voids }) = self.log.voids(process).await? else {
            return Ok(None);
        };
        if self.voids.has(process, &voids) {
            return Ok(None);
        }
        let mut due = Vec::new();
        for void in &voids {
            if !voided::is_done(&self.store, process, *void).await? {
                due.push(*void);
            }
        }
        if due.is_empty() {
            self.voids.note(process, voids);
            return Ok(None);
        }
        Ok(Some(Voids { log, voids: due }))
    }

    /// Forgets what is void. The caller has no life of the process, and nothing of it is on its way to the disk (X1).
    ///
    /// # Errors
    /// [`CuError::Store`].
    pub async fn forget(&self, process: Id, due: Voids) -> Result<(), CuError> {
        let from = self.first_void(&due).await?;
        let voids = due.voids.clone();
        let forget = async move |db: &mut Db| voided::forget_from(db, process, from, &voids).await;
        let snapshots = self.store.write(forget).await?;
        self.snapshots.forget(process, &snapshots).await;
        tracing::warn!(%process, from, reasons = ?due.voids, "the court's log says otherwise: what was computed from this slot on is void and forgotten");
        Ok(())
    }

    async fn first_void(&self, due: &Voids) -> Result<u64, StoreError> {
        let mut first = u64::MAX;
        for void in &due.voids {
            first = first.min(voided::from(&self.store, due.log, *void).await?);
        }
        Ok(first)
    }
}

impl Handle {
    /// Sees to it that nothing void is served.
    pub(super) async fn without_void(&self, process: Id) -> Result<(), CuError> {
        match self.0.unit.due_voids(process).await? {
            None => Ok(()),
            // The spawn is there for everybody; on the way to it the process's task forgets.
            Some(_due) => within(process, self.ask(process, 0, What::Reach)).await,
        }
    }
}
