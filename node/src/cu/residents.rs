//! Which processes are live, how they are asked, and which must sleep when memory runs short.
//!
//! - L1 a process has one task at most. It is found or made, and asked, under one lock, so that a task that is about to leave
//!   either sees the question or is gone.
//! - L2 the instances together stay within a budget: when one has grown past it, those that were used least recently are told to
//!   sleep. The one that grew is never told: a single process may be larger than the budget, and still be computed.
//! - L3 the number of tasks and of questions that wait at each is bounded; what does not fit is told so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aosec_wire::Id;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc};

use super::ask::Ask;
use super::error::CuError;
use crate::metrics;

/// Tasks at once: each sleeping one costs a few KiB.
const TASKS_MAX: usize = 4_096;
/// Questions that wait at one process.
const ASKS_MAX: usize = 256;

/// All live processes.
#[derive(Debug)]
pub struct Residents {
    budget_bytes: u64,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    seats: BTreeMap<Id, Seat>,
    hot: Hot,
}

/// The instances, by their last use. No question is answered by going through all of them.
#[derive(Debug, Default)]
struct Hot {
    /// Last use and size of each.
    sizes: BTreeMap<Id, (u64, u64)>,
    /// The same in the order of use, the least recent first.
    by_use: BTreeMap<u64, Id>,
    /// All sizes together.
    bytes: u64,
    /// Counts uses.
    uses: u64,
}

#[derive(Debug)]
struct Seat {
    asks: mpsc::Sender<Ask>,
    sleep: Arc<Notify>,
}

/// What a new task gets: its questions, and the word to sleep.
#[derive(Debug)]
pub struct Lines {
    /// The questions.
    pub asks: mpsc::Receiver<Ask>,
    /// Told when memory runs short.
    pub sleep: Arc<Notify>,
}

impl Residents {
    /// Nobody yet; instances may take `budget_bytes` together.
    #[must_use]
    pub fn new(budget_bytes: u64) -> Self {
        Self {
            budget_bytes,
            table: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `ask` to the task of `process`; where there is none, `start` makes one (L1).
    ///
    /// # Errors
    /// [`CuError::Busy`] where too many wait already (L3).
    pub fn ask(&self, process: Id, ask: Ask, start: impl FnOnce(Lines)) -> Result<(), CuError> {
        let mut table = self.lock();
        let ask = match table.seats.get(&process) {
            None => ask,
            Some(seat) => match seat.asks.try_send(ask) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(_ask)) => return Err(CuError::Busy(process)),
                // The task was lost to a panic; another takes its seat.
                Err(TrySendError::Closed(ask)) => ask,
            },
        };
        table.seats.remove(&process);
        table.hot.remove(process);
        if table.seats.len() >= TASKS_MAX {
            return Err(CuError::Busy(process));
        }
        let (sender, asks) = mpsc::channel(ASKS_MAX);
        let sleep = Arc::new(Notify::new());
        let sent = sender.try_send(ask);
        let seat = Seat {
            asks: sender,
            sleep: Arc::clone(&sleep),
        };
        table.seats.insert(process, seat);
        start(Lines { asks, sleep });
        sent.map_err(|_full| CuError::Busy(process))
    }

    /// Notes a use of the instance of `process` and its size, and tells others to sleep where that is too much (L2).
    pub fn used(&self, process: Id, bytes: u64) {
        let mut table = self.lock();
        table.hot.used(process, bytes);
        for victim in table.hot.overweight(process, self.budget_bytes) {
            if let Some(seat) = table.seats.get(&victim) {
                seat.sleep.notify_one();
            }
        }
        table.count();
    }

    /// Notes that the instance of `process` is gone.
    pub fn slept(&self, process: Id) {
        let mut table = self.lock();
        table.hot.remove(process);
        table.count();
    }

    /// Gives up the seat, unless a question came in (L1).
    pub fn leave(&self, process: Id, asks: &mpsc::Receiver<Ask>) -> bool {
        let mut table = self.lock();
        let left = asks.is_empty();
        if left {
            table.seats.remove(&process);
            table.hot.remove(process);
        }
        left
    }
}

impl Table {
    fn count(&self) {
        let hot = i64::try_from(self.hot.sizes.len()).unwrap_or(i64::MAX);
        metrics::hot_instances().set(hot);
    }
}

impl Hot {
    fn used(&mut self, process: Id, bytes: u64) {
        self.remove(process);
        self.uses += 1;
        self.sizes.insert(process, (self.uses, bytes));
        self.by_use.insert(self.uses, process);
        self.bytes += bytes;
    }

    fn remove(&mut self, process: Id) {
        if let Some((used, bytes)) = self.sizes.remove(&process) {
            self.by_use.remove(&used);
            self.bytes -= bytes;
        }
    }

    /// Who must sleep so that the rest fits into `budget`, least recently used first. `growing` stays (L2).
    fn overweight(&self, growing: Id, budget: u64) -> Vec<Id> {
        let mut total = self.bytes;
        let mut victims = Vec::new();
        for process in self.by_use.values().filter(|process| **process != growing) {
            if total <= budget {
                break;
            }
            total -= self.sizes.get(process).map_or(0, |(_used, bytes)| *bytes);
            victims.push(*process);
        }
        victims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(process: u8) -> Id {
        Id::new([process; 32])
    }

    fn hot() -> Hot {
        let mut hot = Hot::default();
        for process in [2, 3, 1] {
            hot.used(id(process), 40);
        }
        hot
    }

    #[test]
    fn the_least_used_sleep_first_and_no_more_than_needed() {
        let hot = hot();
        assert_eq!(hot.overweight(id(1), 120), []);
        assert_eq!(hot.overweight(id(1), 119), [id(2)]);
        assert_eq!(hot.overweight(id(2), 119), [id(3)]);
        assert_eq!(hot.overweight(id(1), 1), [id(2), id(3)]);
    }

    #[test]
    fn sums_follow_every_change() {
        let mut hot = hot();
        hot.used(id(2), 100);
        assert_eq!((hot.bytes, hot.by_use.len()), (180, 3));
        assert_eq!(hot.overweight(id(1), 179), [id(3)], "2 was used since");
        hot.remove(id(2));
        hot.remove(id(2));
        assert_eq!((hot.bytes, hot.by_use.len()), (80, 2));
    }
}
