//! Ticks as the unit runs and serves them: the clock of a process that wakes, what is due behind its last slot, and what of that
//! others may rely on.
//!
//! Nothing runs by itself: ticks behind the last slot are computed when somebody asks (a list of ticks, a dry run, the messenger that
//! watches the process), and all others with the slot behind them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aosec_wire::Id;
use aosec_wire::record::ORIGIN_TAG;

use super::ask::{State, What};
use super::cron::{Every, Schedule};
use super::error::CuError;
use super::gap::{self, Clock};
use super::input::Moment;
use super::life::Life;
use super::source::SourceError;
use super::unit::{Spawn, TURN, Unit};
use super::{Handle, within};
use crate::store::checkpoint::Position;
use crate::store::cron::{self, Tick, Ticked};
use crate::store::listed::{self, Page, Range};

/// How long a tick behind the last slot is left alone before its messages may leave: a slot that is stamped before it may still be on its
/// way here, and then the tick is computed anew. Schedulers' clocks and a busy machine differ by less.
pub const GRACE_MS: u64 = 5_000;
/// The same for ticks of blocks: schedulers stamp their own tip, which may lag by a block.
pub const GRACE_BLOCKS: u64 = 1;

/// The longest pause between two looks at a process that wakes itself: a look is a question to its scheduler and some rows.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// Between two looks for a tick of a block: a fraction of the time that a block takes.
const PAUSE_OF_BLOCKS: Duration = Duration::from_secs(2);

/// Where the messages of ticks have got to: the process, from when on, and of each interval the last stamp that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Ticks up to this moment are none of the caller's.
    pub since: Moment,
    /// By interval; none was taken of those that are missing.
    pub stamps: Vec<(u32, u64)>,
}

impl Taken {
    fn above(&self, rule: u32, every: Every) -> u64 {
        let since = match every {
            Every::Time(_) => self.since.timestamp_ms,
            Every::Blocks(_) => self.since.height,
        };
        let taken = self.stamps.iter().find(|(of, _stamp)| *of == rule);
        taken.map_or(since, |(_rule, stamp)| since.max(*stamp))
    }
}

impl Unit {
    /// The clock of a process that stands at `at`; none where it never wakes.
    ///
    /// # Errors
    /// [`CuError`] where the stamps of its origin cannot be had.
    pub(super) async fn clock(
        &self,
        spawn: &Spawn,
        at: Option<&Position>,
    ) -> Result<Option<Clock>, CuError> {
        let Some(schedule) = &spawn.schedule else {
            return Ok(None);
        };
        let process = spawn.item.id();
        let origin_slot = u64::from(spawn.item.tags().get(ORIGIN_TAG).is_some());
        let origin = match at {
            Some(at) if at.slot == origin_slot => Some(gap::moment(at)),
            Some(at) if at.slot > origin_slot => Some(self.stamps(process, origin_slot).await?),
            _ => None,
        };
        Ok(Some(Clock::new(Arc::clone(schedule), origin_slot, origin)))
    }

    async fn stamps(&self, process: Id, slot: u64) -> Result<Moment, CuError> {
        let entries = self.log.entries(process, slot, slot).await?;
        let entry = entries.first().ok_or_else(|| CuError::Missing {
            process,
            slot,
            what: "its ticks count from there, and it is not served".to_owned(),
        })?;
        Ok(Moment {
            timestamp_ms: entry.assignment.timestamp(),
            height: entry.assignment.height(),
        })
    }

    /// Runs for one turn what is due by now, and keeps it; true where nothing is left to run. The life is lost where the thread was,
    /// or where the ticks are not kept.
    pub(super) async fn tick(
        &self,
        process: Id,
        mut life: Box<Life>,
    ) -> (Option<Box<Life>>, Result<bool, CuError>) {
        let Some(now) = self.present.now() else {
            return (Some(life), Ok(true));
        };
        let keys = match self.spawn(process).await {
            Ok(spawn) => self.keys(&spawn, now.height, false).await,
            Err(error) => return (Some(life), Err(error)),
        };
        let keys = match keys {
            Ok(keys) => keys,
            // Whom the process trusts at this height is known in a moment: what is due runs then.
            Err(SourceError::CourtBehind { .. }) => return (Some(life), Ok(true)),
            Err(error) => return (Some(life), Err(error.into())),
        };
        let owner = life.owner().to_owned();
        let turn = self.lanes.run(&owner, move || {
            let begun = Instant::now();
            let ticked = life.tick(now, keys.as_ref(), || begun.elapsed() < TURN);
            (life, ticked)
        });
        let (life, (mut batch, done)) = match turn.await {
            Ok(ticked) => ticked,
            Err(lost) => return (None, Err(lost.into())),
        };
        let stop = batch.stop.take();
        match self.keep(process, batch).await {
            Ok(()) => (Some(life), stop.map_or(Ok(done), Err)),
            Err(error) => (None, Err(error)),
        }
    }

    /// The memory behind the last slot: ticks behind it are taken back.
    pub(super) async fn state(
        &self,
        life: Box<Life>,
    ) -> (Option<Box<Life>>, Result<Option<State>, CuError>) {
        let read = on_core(life, |life| {
            life.fall_back()?;
            Ok(life.position().map(|at| State {
                memory: life.memory(),
                position: at.clone(),
            }))
        });
        match read.await {
            Ok((life, state)) => (Some(life), state),
            Err(error) => (None, Err(error)),
        }
    }
}

/// Does something with a life off the threads that wait for sockets.
async fn on_core<T: Send + 'static>(
    mut life: Box<Life>,
    job: impl FnOnce(&mut Life) -> T + Send + 'static,
) -> Result<(Box<Life>, T), CuError> {
    let done = tokio::task::spawn_blocking(move || {
        let done = job(&mut life);
        (life, done)
    });
    done.await.map_err(|_panicked| CuError::Panicked)
}

impl Handle {
    /// Runs what is due by now behind the last slot; nothing where the process never wakes, or a slot may have been stamped long before it
    /// shows here.
    pub(super) async fn wake_up(&self, process: Id) -> Result<(), CuError> {
        if self.0.unit.spawn(process).await?.schedule.is_none() {
            return Ok(());
        }
        while self.0.unit.log.is_prompt(process).await? {
            let slot = self.newest(process).await?;
            if self.ask(process, slot, What::Tick).await? {
                break;
            }
        }
        Ok(())
    }

    /// Results of ticks up to now, without errors.
    ///
    /// # Errors
    /// [`CuError`], above all [`CuError::StillEvaluating`].
    pub async fn ticks(&self, process: Id, range: &Range) -> Result<Page, CuError> {
        let _place = self.question(process)?;
        self.without_void(process).await?;
        within(process, self.wake_up(process)).await?;
        Ok(listed::list(&self.0.unit.store, process, range).await?)
    }

    /// The present, as far as this unit looks at it.
    #[must_use]
    pub fn now(&self) -> Option<Moment> {
        self.0.unit.present.now()
    }

    /// At most `limit` ticks that come behind what was `taken`, in order, as far as they may be relied on: settled, or due for longer than
    /// [`GRACE_MS`] and [`GRACE_BLOCKS`]; and how long nothing new is to be expected.
    ///
    /// # Errors
    /// As [`Handle::ticks`].
    pub async fn ripe_ticks(
        &self,
        process: Id,
        taken: &Taken,
        limit: u32,
    ) -> Result<(Vec<Ticked>, Duration), CuError> {
        let _place = self.question(process)?;
        self.without_void(process).await?;
        within(process, self.wake_up(process)).await?;
        let unit = &self.0.unit;
        let spawn = unit.spawn(process).await?;
        let (Some(schedule), Some(now)) = (&spawn.schedule, unit.present.now()) else {
            return Ok((Vec::new(), PAUSE_MAX));
        };
        let is_prompt = unit.log.is_prompt(process).await?;
        let mut found = Vec::new();
        for (number, rule) in (0..).zip(schedule.rules()) {
            let stamp = taken.above(number, rule.every);
            found.extend(cron::above(&unit.store, process, number, stamp, limit).await?);
        }
        found.sort_unstable_by_key(|(ticked, _settled)| (ticked.slot, ticked.number));
        let ripe = found.into_iter().take_while(|(ticked, settled)| {
            *settled || is_prompt && is_ripe(schedule, ticked.tick, now)
        });
        let ripe: Vec<_> = ripe
            .map(|(ticked, _settled)| ticked)
            .take(limit as usize)
            .collect();
        let pause = match ripe.is_empty() {
            true => pause(schedule),
            false => Duration::ZERO,
        };
        Ok((ripe, pause))
    }
}

/// How often a process of this schedule is worth a look: at its shortest interval.
fn pause(schedule: &Schedule) -> Duration {
    let every = schedule.rules().iter().map(|rule| match rule.every {
        Every::Time(ms) => Duration::from_millis(ms),
        Every::Blocks(_) => PAUSE_OF_BLOCKS,
    });
    every.min().unwrap_or(PAUSE_MAX).min(PAUSE_MAX)
}

fn is_ripe(schedule: &Schedule, tick: Tick, now: Moment) -> bool {
    let every = schedule.rule(tick.rule).map(|rule| rule.every);
    every.is_some_and(|every| match every {
        Every::Time(_) => tick.stamp.saturating_add(GRACE_MS) <= now.timestamp_ms,
        Every::Blocks(_) => tick.stamp.saturating_add(GRACE_BLOCKS) <= now.height,
    })
}
