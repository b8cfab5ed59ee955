//! The next page of a log, made ready: each entry with its message, the keys that it sees in place of its court, and the mark by which
//! later slots would repeat it.

use std::borrow::Cow;
use std::sync::Arc;

use aosec_wire::Id;

use super::authority::{self, Keys};
use super::error::CuError;
use super::life::Ready;
use super::replay::Entry;
use super::source::SourceError;
use super::subject::Subject;
use super::unit::{Spawn, Unit};
use crate::store::outcome::Mark;

impl Unit {
    /// The next entries with their messages, at least one.
    ///
    /// # Errors
    /// [`CuError`] where slot `next` cannot be had whole.
    pub async fn page(&self, process: Id, next: u64, to: u64) -> Result<Vec<Ready>, CuError> {
        let entries = self.log.entries(process, next, to).await?;
        if entries.is_empty() {
            return Err(missing(process, next, "the scheduler does not serve it"));
        }
        let spawn = self.spawn(process).await?;
        let mut whole = Vec::with_capacity(entries.len());
        for (slot, entry) in (next..).zip(entries) {
            match self.whole(&spawn, slot, entry, whole.is_empty()).await {
                Ok(one) => whole.push(one),
                // The slots before it are good; whoever needs this one is told at its turn.
                Err(_later) if !whole.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        let marked = tokio::task::spawn_blocking(move || marked(whole, &spawn));
        marked.await.map_err(|_panicked| CuError::Panicked)
    }

    /// An entry with what belongs to it; `waits` for the court where that has not come to its block.
    async fn whole(
        &self,
        spawn: &Spawn,
        slot: u64,
        entry: Entry,
        waits: bool,
    ) -> Result<Whole, CuError> {
        let subject = self.subject(spawn.item.id(), slot, &entry).await?;
        // Slot 0 has height 0 for the module (5.4).
        let height = if slot == 0 {
            0
        } else {
            entry.assignment.height()
        };
        let keys = self.keys(spawn, height, waits).await?;
        Ok((entry, subject, keys))
    }

    /// The message of an entry: served with it, the spawn itself, or fetched by the id that the assignment names. Of a slot that the
    /// court has emptied nobody needs it.
    async fn subject(
        &self,
        process: Id,
        slot: u64,
        entry: &Entry,
    ) -> Result<Option<Subject>, CuError> {
        if entry.assignment.is_empty() {
            return Ok(None);
        }
        let subject = match (&entry.message, entry.assignment.message()) {
            (Some(item), _) => item.clone().into(),
            (None, None) => self.spawn(process).await?.item.clone().into(),
            (None, Some(named)) => self.reference(process, slot, named).await?,
        };
        Ok(Some(subject))
    }

    async fn reference(&self, process: Id, slot: u64, named: Id) -> Result<Subject, CuError> {
        let subject = self.items.subject(named).await?;
        let subject = subject.filter(|subject| subject.id() == named);
        subject.ok_or_else(|| missing(process, slot, &format!("no gateway has message {named}")))
    }

    /// The keys that a slot of this height sees in place of its court; none where it names no court. With `waits`, for one that is behind.
    pub(super) async fn keys(
        &self,
        spawn: &Spawn,
        height: u64,
        waits: bool,
    ) -> Result<Option<Keys>, SourceError> {
        let Some(court) = spawn.court else {
            return Ok(None);
        };
        match self.authorities.keys(court, height) {
            Err(SourceError::CourtBehind { .. }) if waits => {
                self.authorities.reached(height).await?;
                self.authorities.keys(court, height).map(Some)
            }
            known => known.map(Some),
        }
    }
}

/// An entry, its message, and the keys that it sees in place of its court.
type Whole = (Entry, Option<Subject>, Option<Keys>);

fn marked(whole: Vec<Whole>, spawn: &Spawn) -> Vec<Ready> {
    let mut tags = Cow::Borrowed(spawn.item.tags());
    let mut before: Option<Keys> = None;
    let ready = whole.into_iter().map(|(entry, subject, keys)| {
        if let (Some(court), Some(keys)) = (spawn.court, &keys)
            && before.as_ref() != Some(keys)
        {
            tags = Cow::Owned(authority::expanded(spawn.item.tags(), court, keys));
            before = Some(Arc::clone(keys));
        }
        Ready {
            mark: match &subject {
                Some(subject) => Mark::of(subject, &tags),
                // What it would have pushed nobody can tell.
                None => Mark {
                    message: entry.assignment.message().unwrap_or(spawn.item.id()),
                    push: None,
                },
            },
            entry,
            subject,
            keys,
        }
    });
    ready.collect()
}

fn missing(process: Id, slot: u64, what: &str) -> CuError {
    CuError::Missing {
        process,
        slot,
        what: what.to_owned(),
    }
}
