//! Whose word the log of a process is: that of the court which this node computes, from which slot on, and what of earlier readings
//! that makes void (PROTOCOL 5.7, 5.10, 5.15, 5.16).

use std::collections::BTreeSet;

use aosec_wire::record::{ORIGIN_TAG, origin_of};
use aosec_wire::{Id, Process};

use super::Handle;
use super::derivation::DeriveError;
use crate::store::canonical::LogKey;
use crate::store::court_log::{self, Begins};
use crate::store::voided::Void;

/// A log under the court that this node computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jurisdiction {
    /// The log.
    pub log: LogKey,
    /// The first slot that is the court's. Slot 0 of a process whose spawn names the court is its own word, and no other's.
    pub from: u64,
}

/// What is void of what was read of a process before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voids {
    /// The log that counts.
    pub log: LogKey,
    /// The reasons; at least one.
    pub voids: Vec<Void>,
}

impl Handle {
    /// The court's part of the log of a process: all of it where the spawn names the court, and from the first slot of `Register` on
    /// where it joined later and has had a host in a settled block. None where this node computes no court of the process.
    ///
    /// # Errors
    /// [`DeriveError::Store`].
    pub async fn jurisdiction(&self, spawn: &Process) -> Result<Option<Jurisdiction>, DeriveError> {
        let Some(court) = self.0.court else {
            return Ok(None);
        };
        let process = spawn.item.id();
        let log = LogKey { court, process };
        if spawn.item.tags().get(ORIGIN_TAG).is_some() {
            let is_ours = origin_of(spawn.item.tags()) == court;
            return Ok(is_ours.then_some(Jurisdiction { log, from: 0 }));
        }
        let begins = court_log::begins(&self.0.store, log).await?;
        let joined = begins.filter(|begins: &Begins| begins.is_registered);
        Ok(joined.map(|begins| Jurisdiction {
            log,
            from: begins.first,
        }))
    }

    /// Those of these slots that are no-ops for ever (5.10).
    ///
    /// # Errors
    /// [`DeriveError::Store`].
    pub async fn empty_slots(
        &self,
        log: LogKey,
        first: u64,
        last: u64,
    ) -> Result<BTreeSet<u64>, DeriveError> {
        Ok(court_log::empty(&self.0.store, log, first, last).await?)
    }

    /// What the court's settled blocks make void of what was computed of a process on another word than theirs.
    ///
    /// # Errors
    /// [`DeriveError::Store`].
    pub async fn voids(&self, process: Id) -> Result<Option<Voids>, DeriveError> {
        let Some(court) = self.0.court else {
            return Ok(None);
        };
        let log = LogKey { court, process };
        let voids = court_log::voids(&self.0.store, log).await?;
        Ok((!voids.is_empty()).then_some(Voids { log, voids }))
    }
}
