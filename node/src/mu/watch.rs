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
use super::entry::Entry;
use super::ledger;
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
/// A look that takes longer is given up; the compute unit goes on meanwhile.
const LOOK_DEADLINE: Duration = Duration::from_secs(60);
/// Between two looks at a process: no tick comes sooner.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// After a look that failed: a scheduler that is away, a store that is full.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Works until the node stops.
pub(super) async fn run(inner: Arc<Inner>, shutdown: Shutdown) {
    let mut rounds = Rounds::default();
    rounds.read(&inner).await;
    loop {
        rounds.begin_looks(&inner);
        let next = rounds.next_due();
        tokio::select! {
            () = shutdown.told() => break,
            () = inner.watch.notified() => rounds.read(&inner).await,
            Some(ended) = rounds.looks.join_next() => rounds.note(ended.ok()),
            () = sleep_until(next) => {}
        }
    }
    rounds.looks.shutdown().await;
}

/// When each watched process is looked at next; none while a look is under way.
#[derive(Default)]
struct Rounds {
    watched: BTreeMap<Id, (Watched, Option<Instant>)>,
    looks: JoinSet<(Id, Duration)>,
}

impl Rounds {
    /// Takes over who is watched; the pace of the others stays.
    async fn read(&mut self, inner: &Inner) {
        let watched = match watched::all(&inner.store).await {
            Ok(watched) => watched,
            Err(error) => {
                return tracing::error!(%error, "the list of watched processes cannot be read");
            }
        };
        metrics::watched().set(i64::try_from(watched.len()).unwrap_or(i64::MAX));
        let mut before = std::mem::take(&mut self.watched);
        let now = Some(Instant::now());
        self.watched = watched
            .into_iter()
            .map(|one| {
                let due = before
                    .remove(&one.process)
                    .map_or(now, |(_watched, due)| due);
                (one.process, (one, due))
            })
            .collect();
    }

    fn begin_looks(&mut self, inner: &Arc<Inner>) {
        let now = Instant::now();
        for (process, (watched, due)) in &mut self.watched {
            if self.looks.len() >= LOOKS_MAX {
                break;
            }
            if due.is_some_and(|due| due <= now) {
                *due = None;
                let (process, look) = (*process, look(Arc::clone(inner), *watched));
                self.looks.spawn(async move { (process, look.await) });
            }
        }
    }

    /// A look that panicked says nothing, and everybody without a time gets one.
    fn note(&mut self, ended: Option<(Id, Duration)>) {
        let now = Instant::now();
        match ended {
            Some((process, pause)) => {
                if let Some((_watched, due)) = self.watched.get_mut(&process) {
                    *due = Some(now + pause);
                }
            }
            None => {
                metrics::panics().inc();
                for (_watched, due) in self.watched.values_mut() {
                    due.get_or_insert(now + PAUSE_AFTER_FAILURE);
                }
            }
        }
    }

    fn next_due(&self) -> Instant {
        let full = self.looks.len() >= LOOKS_MAX;
        let due = self
            .watched
            .values()
            .filter_map(|(_watched, due)| *due)
            .min();
        let rest = Instant::now() + PAUSE_AFTER_FAILURE;
        due.filter(|_due| !full).unwrap_or(rest)
    }
}

/// One look; gives the time until the next.
async fn look(inner: Arc<Inner>, watched: Watched) -> Duration {
    let process = watched.process;
    match timeout(LOOK_DEADLINE, push_ripe(&inner, watched)).await {
        Ok(Ok(pause)) if pause.is_zero() => Duration::ZERO,
        Ok(Ok(pause)) => pause.max(PAUSE_MIN),
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
    let pushes = pushes.into_iter().map(adopt).collect();
    let capped =
        ledger::adopt_tick(&inner.store, watched, ticked.tick, pushes, inner.moment()).await?;
    if capped > 0 {
        tracing::warn!(%process, stamp, pieces = capped, "a cap cut off what a tick sends");
        metrics::pushes_capped().inc_by(u64::from(capped));
    }
    Ok(())
}
