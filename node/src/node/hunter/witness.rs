//! Shows the hunter what schedulers serve: a log that passes on what it reads.
//!
//! Nobody waits for the hunter: where it is behind, it does not see some assignments; their records come by the base layer.

use std::sync::Arc;

use aosec_wire::{Id, VerifiedItem};
use tokio::sync::mpsc;

use crate::cu::replay::Entry;
use crate::cu::source::{Answer, Log};
use crate::cu::word::Word;
use crate::follow::jurisdiction::Voids;

/// Assignments that wait for the hunter: two pages of a block, some 4 MB.
pub(super) const QUEUE: usize = 4_096;

/// A log whose assignments the hunter sees.
#[derive(Debug)]
pub(crate) struct Witness {
    inner: Arc<dyn Log>,
    hunter: mpsc::Sender<VerifiedItem>,
}

impl Witness {
    /// What `inner` serves, and the place where the hunter sees it.
    pub(crate) fn of(inner: Arc<dyn Log>) -> (Arc<dyn Log>, mpsc::Receiver<VerifiedItem>) {
        let (hunter, seen) = mpsc::channel(QUEUE);
        (Arc::new(Self { inner, hunter }), seen)
    }

    fn show<'a>(&self, words: impl IntoIterator<Item = &'a Word>) {
        for assignment in words.into_iter().filter_map(Word::signed) {
            let _full_or_not_hunting = self.hunter.try_send(assignment.item().clone());
        }
    }
}

impl Log for Witness {
    fn spawn(&self, process: Id) -> Answer<'_, Option<VerifiedItem>> {
        self.inner.spawn(process)
    }

    fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
        Box::pin(async move {
            let entries = self.inner.entries(process, from, to).await?;
            self.show(entries.iter().map(|entry| &entry.assignment));
            Ok(entries)
        })
    }

    fn assignment(&self, process: Id, id: Id) -> Answer<'_, Option<Word>> {
        Box::pin(async move {
            let word = self.inner.assignment(process, id).await?;
            self.show(&word);
            Ok(word)
        })
    }

    fn newest(&self, process: Id) -> Answer<'_, Option<u64>> {
        self.inner.newest(process)
    }

    fn is_prompt(&self, process: Id) -> Answer<'_, bool> {
        self.inner.is_prompt(process)
    }

    fn voids(&self, process: Id) -> Answer<'_, Option<Voids>> {
        self.inner.voids(process)
    }
}
