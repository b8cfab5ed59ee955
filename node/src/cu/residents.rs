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

use super::actor::Ask;
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
    /// Counts uses; the seat with the lowest number was used least recently.
    uses: u64,
}

#[derive(Debug)]
struct Seat {
    asks: mpsc::Sender<Ask>,
    sleep: Arc<Notify>,
    used: u64,
    bytes: u64,
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
        if table.seats.len() >= TASKS_MAX {
            return Err(CuError::Busy(process));
        }
        let (sender, asks) = mpsc::channel(ASKS_MAX);
        let sleep = Arc::new(Notify::new());
        let sent = sender.try_send(ask);
        let seat = Seat {
            asks: sender,
            sleep: Arc::clone(&sleep),
            used: table.next_use(),
            bytes: 0,
        };
        table.seats.insert(process, seat);
        start(Lines { asks, sleep });
        sent.map_err(|_full| CuError::Busy(process))
    }

    /// Notes a use of the instance of `process` and its size, and tells others to sleep where that is too much (L2).
    pub fn used(&self, process: Id, bytes: u64) {
        let mut table = self.lock();
        let used = table.next_use();
        if let Some(seat) = table.seats.get_mut(&process) {
            seat.used = used;
            seat.bytes = bytes;
        }
        let sizes = table
            .seats
            .iter()
            .map(|(id, seat)| Size {
                process: *id,
                used: seat.used,
                bytes: seat.bytes,
            })
            .collect();
        for victim in overweight(sizes, process, self.budget_bytes) {
            if let Some(seat) = table.seats.get(&victim) {
                seat.sleep.notify_one();
            }
        }
        table.count();
    }

    /// Notes that the instance of `process` is gone.
    pub fn slept(&self, process: Id) {
        let mut table = self.lock();
        if let Some(seat) = table.seats.get_mut(&process) {
            seat.bytes = 0;
        }
        table.count();
    }

    /// Gives up the seat, unless a question came in (L1).
    pub fn leave(&self, process: Id, asks: &mpsc::Receiver<Ask>) -> bool {
        let mut table = self.lock();
        let left = asks.is_empty();
        if left {
            table.seats.remove(&process);
        }
        left
    }
}

impl Table {
    fn next_use(&mut self) -> u64 {
        self.uses += 1;
        self.uses
    }

    fn count(&self) {
        let hot = self.seats.values().filter(|seat| seat.bytes > 0).count();
        metrics::hot_instances().set(i64::try_from(hot).unwrap_or(i64::MAX));
    }
}

struct Size {
    process: Id,
    used: u64,
    bytes: u64,
}

/// Who must sleep so that the rest fits into `budget`, least recently used first. `growing` stays (L2).
fn overweight(mut sizes: Vec<Size>, growing: Id, budget: u64) -> Vec<Id> {
    let mut total: u64 = sizes.iter().map(|size| size.bytes).sum();
    sizes.retain(|size| size.process != growing && size.bytes > 0);
    sizes.sort_by_key(|size| size.used);
    let mut victims = Vec::new();
    for size in sizes {
        if total <= budget {
            break;
        }
        total -= size.bytes;
        victims.push(size.process);
    }
    victims
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(process: u8, used: u64, bytes: u64) -> Size {
        Size {
            process: Id::new([process; 32]),
            used,
            bytes,
        }
    }

    #[test]
    fn the_least_used_sleep_first_and_no_more_than_needed() {
        let sizes = || {
            vec![
                size(1, 30, 40),
                size(2, 10, 40),
                size(3, 20, 40),
                size(4, 5, 0),
            ]
        };
        let id = |process: u8| Id::new([process; 32]);
        assert_eq!(overweight(sizes(), id(1), 120), []);
        assert_eq!(overweight(sizes(), id(1), 119), [id(2)]);
        assert_eq!(overweight(sizes(), id(2), 119), [id(3)]);
        assert_eq!(overweight(sizes(), id(1), 1), [id(2), id(3)]);
    }
}
