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

use super::error::CuError;
use super::life::Ready;
use super::unit::Unit;

/// Pages that may lie ready: 2,048 slots of small messages, so that a whole bundle is fetched while another is computed.
const PAGES_AHEAD: usize = 4;

/// A fetch that goes on behind an evaluation.
#[derive(Debug)]
pub struct Ahead {
    next: u64,
    rest: VecDeque<Ready>,
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
            true => self.pages.recv().await.transpose()?,
        };
        self.next += page.as_ref().map_or(0, |page| page.len() as u64);
        Ok(page)
    }

    /// Takes back what was not evaluated of the last page.
    pub fn give_back(&mut self, rest: Vec<Ready>) {
        self.next -= rest.len() as u64;
        self.rest = rest.into();
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
