//! Logs that the base layer orders (PROTOCOL 5.8), as a scheduler shows its own (WIRE 1.1): any node that computes the court serves them,
//! so that clients of a process that has lost its host read on.
//!
//! What is settled is shown. A slot that the host signed is shown with its signature where this node keeps it and the canonical log agrees;
//! all others without one. What the host signed behind the cut is not there.

use std::collections::BTreeMap;
use std::sync::Arc;

use aosec_wire::{Assignment, Id, VerifiedItem};

use crate::cu::replay::Entry;
use crate::cu::source::{Log, SourceError};
use crate::cu::word::Word;
use crate::http::error::ApiError;
use crate::store::page::{PAGE_BYTES_MAX, Span};
use crate::store::voided::Void;
use crate::su;

/// The door to logs that the base layer orders; none where no court is computed.
#[derive(Clone, Debug, Default)]
pub struct Ordered(Option<Arc<dyn Log>>);

/// A slot of such a log.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The message, where it could be had.
    pub(super) message: Option<VerifiedItem>,
    /// The canonical entry.
    pub(super) word: Word,
    /// What stands behind the slot before; none for slot 0.
    pub(super) before: Option<Word>,
    /// The host's assignment, where this node keeps one that agrees.
    pub(super) signed: Option<Assignment>,
    /// Whether the base layer ordered it.
    pub(super) is_virtual: bool,
}

/// Some slots.
pub(super) struct Slots {
    pub(super) slots: Vec<Slot>,
    pub(super) has_more: bool,
}

impl Ordered {
    /// Logs as `log` has them, which says where the words of hosts end.
    #[must_use]
    pub fn by(log: Arc<dyn Log>) -> Self {
        Self(Some(log))
    }

    /// The log, and the last slot of the last host, where the base layer has ordered slots behind it.
    async fn log(&self, process: Id) -> Result<Option<(&Arc<dyn Log>, u64)>, ApiError> {
        let Some(log) = &self.0 else { return Ok(None) };
        let voids = log.voids(process).await.map_err(failed)?;
        let voids = voids.into_iter().flat_map(|voids| voids.voids);
        let cuts = voids.filter_map(|void| match void {
            Void::Cut { epoch, slot } => Some((epoch, slot)),
            Void::Empty { .. } | Void::Joined { .. } => None,
        });
        Ok(cuts.max().map(|(_epoch, slot)| (log, slot)))
    }

    /// Slots of the span; none where the process is not ordered by the base layer.
    pub(super) async fn page(
        &self,
        su: &su::Handle,
        process: Id,
        span: Span,
        limit: usize,
    ) -> Result<Option<Slots>, ApiError> {
        let Some((log, cut)) = self.log(process).await? else {
            return Ok(None);
        };
        let newest = log.newest(process).await.map_err(failed)?.unwrap_or(0);
        let (from, to) = match span {
            Span::Slots { after, to } => (
                after.map_or(0, |after| after.saturating_add(1)),
                to.unwrap_or(newest),
            ),
            Span::Times { after, .. } => (first_behind(log, process, newest, after).await?, newest),
        };
        let to = to.min(newest);
        let mut entries = read(log, process, from, to, limit).await?;
        let mut has_more = entries
            .last()
            .is_some_and(|last| last.assignment.nonce() < to);
        if let Span::Times {
            to: Some(latest), ..
        } = span
        {
            let inside = entries
                .iter()
                .take_while(|entry| entry.assignment.timestamp() <= latest)
                .count();
            has_more = has_more && inside == entries.len();
            entries.truncate(inside);
        }
        let slots = self.slots(su, process, cut, entries).await?;
        Ok(Some(Slots { slots, has_more }))
    }

    /// The slot of a message, or of an assignment; the outer none where the process is not ordered by the base layer.
    pub(super) async fn find(
        &self,
        su: &su::Handle,
        process: Id,
        id: Id,
    ) -> Result<Option<Option<Slot>>, ApiError> {
        let Some((log, _)) = self.log(process).await? else {
            return Ok(None);
        };
        match log.assignment(process, id).await.map_err(failed)? {
            Some(word) => self.one(su, process, word.nonce()).await.map(Some),
            None => Ok(Some(None)),
        }
    }

    /// The last slot; the outer none as before.
    pub(super) async fn latest(
        &self,
        su: &su::Handle,
        process: Id,
    ) -> Result<Option<Option<Slot>>, ApiError> {
        let Some((log, _)) = self.log(process).await? else {
            return Ok(None);
        };
        match log.newest(process).await.map_err(failed)? {
            Some(slot) => self.one(su, process, slot).await.map(Some),
            None => Ok(Some(None)),
        }
    }

    async fn one(&self, su: &su::Handle, process: Id, slot: u64) -> Result<Option<Slot>, ApiError> {
        let span = Span::Slots {
            after: slot.checked_sub(1),
            to: Some(slot),
        };
        let page = self.page(su, process, span, 1).await?;
        Ok(page.and_then(|page| page.slots.into_iter().next()))
    }

    /// Entries with what stands before each, and the host's word where it agrees.
    async fn slots(
        &self,
        su: &su::Handle,
        process: Id,
        cut: u64,
        entries: Vec<Entry>,
    ) -> Result<Vec<Slot>, ApiError> {
        let (Some(first), Some(log)) = (
            entries.first().map(|first| first.assignment.nonce()),
            &self.0,
        ) else {
            return Ok(Vec::new());
        };
        let mut before = match first.checked_sub(1) {
            Some(slot) => read(log, process, slot, slot, 1)
                .await?
                .pop()
                .map(|entry| entry.assignment),
            None => None,
        };
        let mut signed = kept(su, process, first, cut, entries.len()).await?;
        let slots = entries.into_iter().map(
            |Entry {
                 message,
                 assignment: word,
             }| {
                let slot = word.nonce();
                let agrees = |one: &Assignment| {
                    slot <= cut && (slot == 0 || one.log_chain() == word.log_chain())
                };
                Slot {
                    message,
                    signed: signed.remove(&slot).filter(agrees),
                    before: before.replace(word.clone()),
                    word,
                    is_virtual: slot > cut,
                }
            },
        );
        Ok(slots.collect())
    }
}

/// The host's assignments that this node keeps of some slots up to the cut.
async fn kept(
    su: &su::Handle,
    process: Id,
    first: u64,
    cut: u64,
    count: usize,
) -> Result<BTreeMap<u64, Assignment>, ApiError> {
    if first > cut {
        return Ok(BTreeMap::new());
    }
    let span = Span::Slots {
        after: first.checked_sub(1),
        to: Some(cut),
    };
    let page = su.page(process, span, count).await;
    let page = page.map_err(|error| ApiError::Internal(error.to_string()))?;
    let entries = page.entries.into_iter();
    Ok(entries
        .map(|entry| (entry.assignment.nonce(), entry.assignment))
        .collect())
}

/// Entries from one slot to another, at most so many, as far as the bytes of a page go.
async fn read(
    log: &Arc<dyn Log>,
    process: Id,
    from: u64,
    to: u64,
    limit: usize,
) -> Result<Vec<Entry>, ApiError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut bytes = 0;
    while entries.len() < limit && bytes < PAGE_BYTES_MAX {
        let next = entries
            .last()
            .map_or(from, |last| last.assignment.nonce().saturating_add(1));
        let left = u64::try_from(limit - entries.len()).unwrap_or(u64::MAX);
        let last = to.min(next.saturating_add(left - 1));
        if next > to {
            break;
        }
        let some = log.entries(process, next, last).await.map_err(failed)?;
        if some.is_empty() {
            break;
        }
        let messages = some.iter().filter_map(|entry| entry.message.as_ref());
        bytes += messages.map(|item| item.bytes().len()).sum::<usize>();
        entries.extend(some);
    }
    Ok(entries)
}

/// The first slot that is stamped later than this: stamps rise, so half of what is left is looked at each time.
async fn first_behind(
    log: &Arc<dyn Log>,
    process: Id,
    newest: u64,
    after: Option<u64>,
) -> Result<u64, ApiError> {
    let Some(after) = after else { return Ok(0) };
    let (mut low, mut high) = (0, newest.saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        let stamp = log.stamp(process, middle).await.map_err(failed)?;
        match stamp.is_some_and(|stamp| stamp > after) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Ok(low)
}

fn failed(error: SourceError) -> ApiError {
    match error {
        SourceError::Unknown(_) => ApiError::NotFound(error.to_string()),
        other => ApiError::Unavailable(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use aosec_challenge::derive::Entry as Canonical;
    use aosec_wire::{Draft, SigningKey};

    use super::*;
    use crate::cu::source::Answer;

    /// Bytes of each message.
    const MESSAGE_BYTES: usize = 1_024 * 1_024;
    /// Slots of a page of the log.
    const PAGE: u64 = 4;

    /// A log of long messages; slot n is stamped 10 n.
    #[derive(Debug)]
    struct Long {
        message: VerifiedItem,
        newest: u64,
        bodies: AtomicU64,
    }

    impl Log for Long {
        fn spawn(&self, _process: Id) -> Answer<'_, Option<VerifiedItem>> {
            Box::pin(async { Ok(None) })
        }

        fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
            let last = to.min(self.newest).min(from + PAGE - 1);
            let entry = |slot| Entry {
                message: Some(self.message.clone()),
                assignment: Word::Canonical {
                    process,
                    entry: canonical(slot),
                    is_empty: false,
                },
            };
            let entries: Vec<_> = (from..=last).map(entry).collect();
            self.bodies
                .fetch_add(entries.len() as u64, Ordering::Relaxed);
            Box::pin(async { Ok(entries) })
        }

        fn stamp(&self, _process: Id, slot: u64) -> Answer<'_, Option<u64>> {
            let stamp = (slot <= self.newest).then_some(10 * slot);
            Box::pin(async move { Ok(stamp) })
        }

        fn assignment(&self, _process: Id, _id: Id) -> Answer<'_, Option<Word>> {
            Box::pin(async { Ok(None) })
        }

        fn newest(&self, _process: Id) -> Answer<'_, Option<u64>> {
            let newest = Some(self.newest);
            Box::pin(async move { Ok(newest) })
        }
    }

    fn canonical(slot: u64) -> Canonical {
        let nil = Id::new([0; 32]);
        Canonical {
            slot,
            message: nil,
            height: 1,
            timestamp: 10 * slot,
            chain: nil,
            mined: 1,
            epoch: 0,
        }
    }

    fn long() -> Arc<Long> {
        let draft = Draft {
            data: vec![7; MESSAGE_BYTES].into(),
            ..Draft::default()
        };
        Arc::new(Long {
            message: draft.sign(&SigningKey::ed25519([1; 32])).unwrap(),
            newest: 999,
            bodies: AtomicU64::new(0),
        })
    }

    #[tokio::test]
    async fn a_page_of_long_messages_ends_at_the_bytes_of_a_page() {
        let log: Arc<dyn Log> = long();
        let entries = read(&log, Id::new([2; 32]), 0, 999, 1_000).await.unwrap();
        let bytes = entries.len() * MESSAGE_BYTES;
        assert!(bytes <= PAGE_BYTES_MAX + usize::try_from(PAGE).unwrap() * MESSAGE_BYTES);
        assert!(
            !entries.is_empty(),
            "the next page begins behind its last slot"
        );
    }

    #[tokio::test]
    async fn a_slot_is_found_by_its_stamp_without_any_message() {
        let long = long();
        let log: Arc<dyn Log> = Arc::clone(&long) as Arc<dyn Log>;
        for (after, first) in [
            (None, 0),
            (Some(0), 1),
            (Some(4_321), 433),
            (Some(9_990), 1_000),
        ] {
            let found = first_behind(&log, Id::new([2; 32]), 999, after).await;
            assert_eq!(found.unwrap(), first, "{after:?}");
        }
        assert_eq!(long.bodies.load(Ordering::Relaxed), 0);
    }
}
