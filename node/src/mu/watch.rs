//! The loop that wakes watched processes and pushes what their ticks send.
//!
//! What is due, and how long to wait, the compute unit says; what was taken stands in the store, in one transaction with the messages
//! themselves, so that each tick's messages leave once, whatever is killed in between. A process whose look fails is looked at later; the
//! others do not wait for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aosec_wire::Id;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::Inner;
use super::entry::{Entry, item_of};
use super::ledger::{self, TickTaken};
use super::ports::{NotComputed, ProcessFacts};
use super::push::{self, Push, Sender, Turn};
use crate::cu::input::Moment;
use crate::cu::ticks::Taken;
use crate::metrics;
use crate::shutdown::Shutdown;
use crate::store::StoreError;
use crate::store::cron::Ticked;
use crate::store::watched::{self, Watched};

/// Looks at once: each is a question to a scheduler and to the compute unit.
const LOOKS_MAX: usize = 16;
/// Looks at once at processes of one owner, as slow as they may be.
const LOOKS_OF_OWNER_MAX: usize = 4;
/// A look that takes longer is given up; the compute unit goes on meanwhile.
const LOOK_DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks at a process: no tick comes sooner.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// After a look that failed: a scheduler that is away, a store that is full.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// After a look at a process that cannot be computed here, whatever happens: only another release of this program changes that.
const PAUSE_OF_NEVER: Duration = Duration::from_secs(3_600);
/// After the list of watched processes could not be read: till then those that are new on it do not wake.
const PAUSE_BEFORE_READING: Duration = Duration::from_secs(2);

/// Works until the node stops.
pub(super) async fn run(inner: Arc<Inner>, shutdown: Shutdown) {
    let mut rounds = Rounds::default();
    rounds.read(&inner).await;
    loop {
        let now = Instant::now();
        for (process, watched) in rounds.due(now) {
            let look = look(Arc::clone(&inner), watched);
            rounds.looks.spawn(async move { (process, look.await) });
        }
        let next = rounds.next_due(now);
        tokio::select! {
            () = shutdown.told() => break,
            () = inner.watch.notified() => rounds.read(&inner).await,
            Some(ended) = rounds.looks.join_next() => rounds.note(Instant::now(), ended.ok()),
            () = sleep_until(next) => rounds.read_again(&inner).await,
        }
    }
    rounds.looks.shutdown().await;
}

/// One watched process.
struct Seat {
    watched: Watched,
    /// Whose it is, where that is known.
    owner: Option<Id>,
    turn: Wait,
}

#[derive(Clone, Copy, PartialEq)]
enum Wait {
    /// It is looked at then.
    Until(Instant),
    /// It is looked at now.
    Looked,
}

/// When each watched process is looked at next.
#[derive(Default)]
struct Rounds {
    seats: BTreeMap<Id, Seat>,
    looks: JoinSet<(Id, Duration)>,
    /// When the list is read again; none where it was read.
    unread: Option<Instant>,
}

impl Rounds {
    /// Takes over who is watched; the pace of the others stays. Where that cannot be read it is tried again.
    async fn read(&mut self, inner: &Inner) {
        let watched = match watched::all(&inner.store).await {
            Ok(watched) => watched,
            Err(error) => {
                self.unread = Some(Instant::now() + PAUSE_BEFORE_READING);
                return tracing::error!(%error, "the list of watched processes cannot be read; it is tried again");
            }
        };
        self.unread = None;
        metrics::watched().set(i64::try_from(watched.len()).unwrap_or(i64::MAX));
        let before = std::mem::take(&mut self.seats);
        let now = Wait::Until(Instant::now());
        self.seats = watched
            .into_iter()
            .map(|(watched, owner)| {
                let process = watched.process;
                let turn = before.get(&process).map_or(now, |seat| seat.turn);
                let seat = Seat {
                    watched,
                    owner,
                    turn,
                };
                (process, seat)
            })
            .collect();
    }

    async fn read_again(&mut self, inner: &Inner) {
        if self.unread.is_some_and(|due| due <= Instant::now()) {
            self.read(inner).await;
        }
    }

    /// Whom to look at now, who has waited longest first: however slow the looks at others are, everybody's turn comes. They count as
    /// looked at from here on.
    fn due(&mut self, now: Instant) -> Vec<(Id, Watched)> {
        let mut looked: BTreeMap<Id, usize> = BTreeMap::new();
        let mut waiting = Vec::new();
        for (process, seat) in &self.seats {
            match (seat.turn, seat.owner) {
                (Wait::Looked, Some(owner)) => *looked.entry(owner).or_default() += 1,
                (Wait::Until(due), _) if due <= now => waiting.push((due, *process)),
                (Wait::Looked | Wait::Until(_), _) => {}
            }
        }
        waiting.sort_unstable();
        let mut places = LOOKS_MAX.saturating_sub(self.looks.len());
        let mut due = Vec::new();
        for (_since, process) in waiting {
            let Some(seat) = self.seats.get_mut(&process).filter(|_seat| places > 0) else {
                break;
            };
            if let Some(owner) = seat.owner {
                let looked = looked.entry(owner).or_default();
                if *looked >= LOOKS_OF_OWNER_MAX {
                    continue;
                }
                *looked += 1;
            }
            places -= 1;
            seat.turn = Wait::Looked;
            due.push((process, seat.watched));
        }
        due
    }

    /// A look that panicked does not say whose it was: everybody who is looked at gets a time, and a second look beside the first does no
    /// harm, for a tick is taken once.
    fn note(&mut self, now: Instant, ended: Option<(Id, Duration)>) {
        match ended {
            Some((process, pause)) => {
                if let Some(seat) = self.seats.get_mut(&process) {
                    seat.turn = Wait::Until(now + pause);
                }
            }
            None => {
                metrics::panics().inc();
                let looked = self.seats.values_mut();
                for seat in looked.filter(|seat| seat.turn == Wait::Looked) {
                    seat.turn = Wait::Until(now + PAUSE_AFTER_FAILURE);
                }
            }
        }
    }

    /// When somebody is due, or the list; what was due at `now` waits for a look to end.
    fn next_due(&self, now: Instant) -> Instant {
        let due = self.seats.values().filter_map(|seat| match seat.turn {
            Wait::Until(due) => Some(due),
            Wait::Looked => None,
        });
        let next = due.chain(self.unread).filter(|due| *due > now).min();
        next.unwrap_or(now + PAUSE_AFTER_FAILURE)
    }
}

/// One look; gives the time until the next.
async fn look(inner: Arc<Inner>, watched: Watched) -> Duration {
    let process = watched.process;
    match timeout(LOOK_DEADLINE, push_ripe(&inner, watched)).await {
        Ok(Ok(pause)) if pause.is_zero() => Duration::ZERO,
        Ok(Ok(pause)) => pause.max(PAUSE_MIN),
        Ok(Err(LookError::Computed(NotComputed::Never(error)))) => {
            tracing::warn!(%process, %error, "a watched process cannot be computed here");
            PAUSE_OF_NEVER
        }
        Ok(Err(error)) => {
            tracing::warn!(%process, %error, "a watched process could not be woken; it is tried again");
            PAUSE_AFTER_FAILURE
        }
        Err(_elapsed) => PAUSE_AFTER_FAILURE,
    }
}

/// Why a look came to nothing.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Computed(#[from] NotComputed),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("its spawn is not to be had: {0}")]
    NoSpawn(String),
}

async fn push_ripe(inner: &Inner, watched: Watched) -> Result<Duration, LookError> {
    let process = watched.process;
    let taken = Taken {
        since: Moment {
            timestamp_ms: watched.time_ms,
            height: watched.height,
        },
        stamps: watched::taken(&inner.store, process).await?,
    };
    let ripe = inner.ports.ticks.ripe(process, taken).await?;
    if ripe.ticks.is_empty() {
        return Ok(ripe.pause);
    }
    let facts = match inner.ports.directory.process(process).await {
        Ok(Some(facts)) => facts,
        Ok(None) => return Err(LookError::NoSpawn("nobody has it".to_owned())),
        Err(unreachable) => return Err(LookError::NoSpawn(unreachable.0)),
    };
    for (ticked, outcome) in ripe.ticks {
        push_one(inner, watched, &facts, &ticked, &outcome).await?;
    }
    inner.work.notify_one();
    Ok(ripe.pause)
}

async fn push_one(
    inner: &Inner,
    watched: Watched,
    facts: &ProcessFacts,
    ticked: &Ticked,
    outcome: &aosec_wire::Outcome,
) -> Result<(), StoreError> {
    let process = watched.process;
    let (rule, stamp) = (ticked.tick.rule, ticked.tick.stamp);
    let sender = Sender {
        process,
        module: facts.module,
        scheduler: facts.scheduler.clone(),
        turn: Turn::Tick { rule, stamp },
        pushed_for: process,
    };
    let (pushes, unsendable) = push::pushes(outcome, &sender, &inner.authority);
    for piece in &unsendable {
        tracing::warn!(%process, stamp, %piece, "a tick's message cannot be sent");
    }
    let adopt = |push: Push| {
        let child = Entry::ticked(&push, process, ticked);
        (push, child)
    };
    let pushes: Vec<_> = pushes.into_iter().map(adopt).collect();
    let bytes = pushes
        .iter()
        .filter_map(|(push, _child)| item_of(&push.cargo));
    let bytes = bytes.map(|item| item.bytes().len()).sum();
    let charge = inner.charge(&facts.owner, bytes);
    let moment = inner.moment();
    let (store, tick) = (&inner.store, ticked.tick);
    match ledger::adopt_tick(store, watched, tick, pushes, charge, moment).await? {
        TickTaken::Pushed { capped: 0 } => {}
        TickTaken::Pushed { capped } => {
            tracing::warn!(%process, stamp, pieces = capped, "a cap cut off what a tick sends");
            metrics::pushes_capped().inc_by(u64::from(capped));
        }
        TickTaken::Unpaid => {
            tracing::warn!(%process, owner = %facts.owner, "the owner's credit is used up: the process is watched no longer");
            metrics::fees_unpaid().inc();
            inner.watch.notify_one();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn id(number: u8) -> Id {
        Id::new([number; 32])
    }

    /// Processes of an owner, each so many seconds overdue.
    fn rounds(now: Instant, seats: impl IntoIterator<Item = (u8, Option<u8>, u32)>) -> Rounds {
        let mut rounds = Rounds::default();
        for (process, owner, overdue) in seats {
            let watched = Watched {
                process: id(process),
                time_ms: 0,
                height: 0,
            };
            let seat = Seat {
                watched,
                owner: owner.map(id),
                turn: Wait::Until(now - SECOND * overdue),
            };
            rounds.seats.insert(id(process), seat);
        }
        rounds
    }

    #[test]
    fn who_has_waited_longest_is_looked_at_first_whatever_its_id() {
        let now = Instant::now() + SECOND * 60;
        let mut rounds = rounds(now, (1..=40).map(|process| (process, None, process.into())));
        let due: Vec<_> = rounds
            .due(now)
            .iter()
            .map(|(process, _)| *process)
            .collect();
        assert_eq!(due, (25..=40).rev().map(id).collect::<Vec<_>>());
        // Those whose looks are slow come back behind the others, though their ids are lower.
        for slow in (25..=40).rev() {
            rounds.note(now, Some((id(slow), SECOND)));
        }
        let due = rounds.due(now + SECOND * 3_600);
        assert!(due.iter().all(|(process, _)| *process < id(25)), "{due:?}");
    }

    #[test]
    fn an_owner_has_four_looks_at_once_and_the_others_the_rest() {
        let now = Instant::now() + SECOND * 60;
        let greedy = (1..=30).map(|process| (process, Some(1), 50));
        let others = (31..=33).map(|process| (process, Some(2), 1));
        let mut rounds = rounds(now, greedy.chain(others));
        let due: Vec<_> = rounds
            .due(now)
            .iter()
            .map(|(process, _)| *process)
            .collect();
        assert_eq!(due, [1, 2, 3, 4, 31, 32, 33].map(id));
        assert!(rounds.due(now).is_empty());
        rounds.note(now, Some((id(2), SECOND)));
        let next = rounds.due(now);
        assert_eq!(next.len(), 1);
        assert_eq!(next[0].0, id(5));
    }
}
