//! Logs as others see them: signed slots only, in order, each verified as it leaves the store
//! (or known from a moment ago, see [`super::recent`]).
//!
//! The end of a busy log is signed before it is kept, so every read first takes the signed tail out of the registry and then
//! asks the store: what was answered to anybody is seen by everybody.

use std::collections::BTreeMap;

use aosec_wire::{Assignment, Id, VerifiedItem};
use bytes::Bytes;

use super::{Handle, recent::Recent};
use crate::store::{
    StoreError, item, log,
    page::{self, Kept, Span},
    process,
    publication::{self, Place},
    receipt,
};

/// Slots of one page.
pub(super) const PAGE_SLOTS_MAX: usize = 1_000;

/// A signed slot.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The message; none where it is not known here as an item (a transaction of the base layer). Slot 0 has the spawn.
    pub message: Option<VerifiedItem>,
    /// Its assignment.
    pub assignment: Assignment,
}

/// Signed slots of a log.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The slots, in order.
    pub entries: Vec<Entry>,
    /// Whether the span goes on behind them.
    pub has_more: bool,
}

impl Handle {
    /// Whether this node orders the process.
    pub async fn has(&self, process: Id) -> Result<bool, StoreError> {
        process::exists(&self.shared.store, process).await
    }

    /// The spawn of a process and its slot 0.
    pub async fn process(&self, process: Id) -> Result<Option<Entry>, StoreError> {
        self.slot(process, 0).await
    }

    /// At most `limit` (and 1,000) signed slots of the span. A process that is not here has an empty page.
    pub async fn page(&self, process: Id, span: Span, limit: usize) -> Result<Page, StoreError> {
        let limit = limit.min(PAGE_SLOTS_MAX);
        let tail = self.tail(process);
        // One more tells whether the span goes on.
        let (kept, cut) = page::read(&self.shared.store, process, span, limit + 1).await?;
        // A page is some milliseconds of verification: not on the threads that carry requests.
        let shared = self.shared.clone();
        let verified = tokio::task::spawn_blocking(move || verified(kept, &tail, &shared.recent));
        let mut entries = verified.await.map_err(|error| StoreError::Damaged {
            what: error.to_string(),
        })??;
        let has_more = cut || entries.len() > limit;
        entries.truncate(limit);
        Ok(Page { entries, has_more })
    }

    /// One slot; none where it is not signed.
    pub async fn slot(&self, process: Id, slot: u64) -> Result<Option<Entry>, StoreError> {
        let span = Span::Slots {
            after: slot.checked_sub(1),
            to: Some(slot),
        };
        Ok(self.page(process, span, 1).await?.entries.pop())
    }

    /// The last signed slot; none where the process is not here.
    pub async fn latest(&self, process: Id) -> Result<Option<Entry>, StoreError> {
        let last = match self.tail(process).into_values().next_back() {
            Some(last) => Some(last),
            None => receipt::last(&self.shared.store, process).await?,
        };
        let Some(assignment) = last else {
            return Ok(None);
        };
        let message = assignment.message().unwrap_or(process);
        let message = item::find(&self.shared.store, message).await?;
        Ok(Some(Entry {
            message,
            assignment,
        }))
    }

    /// The slot of a message or an assignment, in any log or in that of `process`.
    pub async fn message(&self, id: Id, process: Option<Id>) -> Result<Option<Entry>, StoreError> {
        let store = &self.shared.store;
        let tail = process.map(|process| (process, self.tail(process)));
        let fresh = tail.into_iter().find_map(|(process, tail)| {
            let mut slots = tail.into_iter();
            slots
                .find(|(_, assignment)| assignment.id() == id)
                .map(|(slot, _)| (process, slot))
        });
        let place = match fresh {
            Some(place) => Some(place),
            None => match log::find(store, id, process).await? {
                Some(place) => Some(place),
                None => receipt::find(store, id).await?,
            },
        };
        match place.filter(|(found, _)| process.is_none_or(|process| process == *found)) {
            Some((process, slot)) => self.slot(process, slot).await,
            None => Ok(None),
        }
    }

    /// The exact bytes of an item or an assignment that this node keeps (D14).
    pub async fn raw(&self, id: Id) -> Result<Option<Bytes>, StoreError> {
        match item::bytes(&self.shared.store, id).await? {
            Some(bytes) => Ok(Some(bytes)),
            None => receipt::bytes(&self.shared.store, id).await,
        }
    }

    /// Where a slot stands on its way to the base layer; none where its signature is not kept yet.
    pub async fn published(&self, process: Id, slot: u64) -> Result<Option<Place>, StoreError> {
        publication::place(&self.shared.store, process, slot).await
    }

    fn tail(&self, process: Id) -> BTreeMap<u64, Assignment> {
        let signed = self.shared.registry.tail(process).into_iter();
        signed
            .map(|one| (one.assignment.nonce(), one.assignment))
            .collect()
    }
}

/// The signed slots at the beginning of `kept`: what follows an unsigned one is not shown.
fn verified(
    kept: Vec<Kept>,
    tail: &BTreeMap<u64, Assignment>,
    recent: &Recent,
) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::with_capacity(kept.len());
    for one in kept {
        let assignment = match recent.assignment(one.assignment_id, one.assignment)? {
            Some(assignment) => assignment,
            None => match tail.get(&one.slot) {
                Some(assignment) => assignment.clone(),
                None => break,
            },
        };
        let message = recent.message(one.message_id, one.message)?;
        entries.push(Entry {
            message,
            assignment,
        });
    }
    Ok(entries)
}
