//! Pages of a log, fetched and made ready while earlier ones are evaluated.
//!
//! One task fetches for one evaluation and stops as soon as that evaluation is dropped. It never fetches past the slot that
//! somebody asked for, and it waits where [`PAGES_AHEAD`] pages lie ready. A source bounds its pages by slots and
//! by bytes, so a process holds some MiB of its log, and 80 MiB of the largest messages.

use std::collections::VecDeque;
use std::sync::Arc;

use aosec_wire::Id;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::duplicate::Seen;
use super::error::CuError;
use super::life::Ready;
use super::unit::Unit;
use crate::store::outcome::Mark;

/// Pages that may lie ready beside the one that is looked at: 2,048 slots of small messages, so that a whole bundle is fetched while
/// another is computed.
const PAGES_AHEAD: usize = 4;

/// A fetch that goes on behind an evaluation.
#[derive(Debug)]
pub struct Ahead {
    next: u64,
    rest: VecDeque<Ready>,
    /// The page behind the rest, where it was looked at.
    peeked: Option<Result<Vec<Ready>, CuError>>,
    /// What that page would repeat, as far as was known while the one before it was evaluated.
    seen: Option<Seen>,
    pages: mpsc::Receiver<Result<Vec<Ready>, CuError>>,
    task: AbortHandle,
}

impl Ahead {
    /// Begins to fetch the slots `from` to `to` of `process`.
    #[must_use]
    pub fn start(unit: &Arc<Unit>, process: Id, from: u64, to: u64) -> Self {
        let (sender, pages) = mpsc::channel(PAGES_AHEAD);
        let fetching = fetch(Arc::clone(unit), process, from, to, sender);
        Self {
            next: from,
            rest: VecDeque::new(),
            peeked: None,
            seen: None,
            pages,
            task: tokio::spawn(fetching).abort_handle(),
        }
    }

    /// The slot that [`Self::take`] gives next.
    #[must_use]
    pub fn next_slot(&self) -> u64 {
        self.next
    }

    /// The next entries; none behind the last slot that was asked for.
    ///
    /// # Errors
    /// Why the next slot cannot be had.
    pub async fn take(&mut self) -> Result<Option<Vec<Ready>>, CuError> {
        let rest = std::mem::take(&mut self.rest);
        let page = match rest.is_empty() {
            false => Some(Vec::from(rest)),
            true => {
                self.peek().await;
                self.peeked.take().transpose()?
            }
        };
        self.next += page.as_ref().map_or(0, |page| page.len() as u64);
        Ok(page)
    }

    /// Takes back what was not evaluated of the last page.
    pub fn give_back(&mut self, rest: Vec<Ready>) {
        if !rest.is_empty() {
            // The slots before the page were others than was thought.
            self.seen = None;
        }
        self.next -= rest.len() as u64;
        self.rest = rest.into();
    }

    /// Looks what the next page would repeat, while all before it are evaluated: `before` are the marks of those slots that the store may
    /// not show yet, the page that is evaluated now among them.
    pub async fn foresee(&mut self, unit: &Unit, process: Id, before: Vec<Mark>) {
        let next = self.next;
        self.peek().await;
        if let Some(Ok(page)) = &self.peeked
            && let Ok(mut seen) = unit.seen(process, next, page).await
        {
            before.iter().for_each(|mark| seen.insert(mark));
            self.seen = Some(seen);
        }
    }

    /// What was foreseen of the page that was taken last.
    pub fn foreseen(&mut self) -> Option<Seen> {
        self.seen.take()
    }

    async fn peek(&mut self) {
        if self.peeked.is_none() {
            self.peeked = self.pages.recv().await;
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn fetch(
    unit: Arc<Unit>,
    process: Id,
    from: u64,
    to: u64,
    pages: mpsc::Sender<Result<Vec<Ready>, CuError>>,
) {
    let mut next = from;
    while next <= to {
        let page = unit.page(process, next, to).await;
        next += page.as_ref().map_or(0, |page| page.len() as u64);
        let failed = page.is_err();
        // A receiver that is gone wants no more.
        if pages.send(page).await.is_err() || failed {
            return;
        }
    }
}
