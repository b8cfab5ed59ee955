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
use crate::store::cron::{self, Stood, Tick, Ticked};
use crate::store::listed::{self, Page, Range};
use crate::store::voided::Void;

/// How long a tick behind the last slot is left alone before its messages may leave: a slot that is stamped before it may still be on its
/// way here, and then the tick is computed anew. Schedulers' clocks and a busy machine differ by less.
pub const GRACE_MS: u64 = 5_000;
/// The same for ticks of blocks: schedulers stamp their own tip, which may lag by a block.
pub const GRACE_BLOCKS: u64 = 1;

/// Bytes of outcomes that are handed out at once, for several processes at a time; more follow right behind them. One alone may be as
/// large as an outcome is.
pub const RIPE_BYTES_MAX: usize = 4 * 1024 * 1024;

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
        let joins = self.joins(process).await?;
        let origin_slot = match (joins, at) {
            (Some(first), Some(at)) if at.slot.saturating_add(1) >= first => first,
            _ => u64::from(spawn.item.tags().get(ORIGIN_TAG).is_some()),
        };
        let origin = match at {
            Some(at) if at.slot == origin_slot => Some(gap::moment(at)),
            Some(at) if at.slot > origin_slot => Some(self.stamps(process, origin_slot).await?),
            _ => None,
        };
        let clock = Clock::new(Arc::clone(schedule), origin_slot, origin);
        Ok(Some(clock.joining(joins)))
    }

    /// The first slot of a process under a court that it has joined later (5.15).
    async fn joins(&self, process: Id) -> Result<Option<u64>, CuError> {
        let voids = self.log.voids(process).await?;
        let voids = voids.map(|voids| voids.voids).unwrap_or_default();
        Ok(voids.into_iter().find_map(|void| match void {
            Void::Joined { first } => Some(first),
            Void::Cut { .. } | Void::Empty { .. } => None,
        }))
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

    /// The memory behind the last slot. Ticks behind it go on standing: anybody may ask for a state, and they are somebody else's work.
    pub(super) async fn state(
        &self,
        life: Box<Life>,
    ) -> (Option<Box<Life>>, Result<Option<State>, CuError>) {
        let read = on_core(life, |life| {
            let Some(position) = life.position().cloned() else {
                return Ok(None);
            };
            let memory = life.settled_memory()?;
            Ok(Some(State { memory, position }))
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

    /// Whether a process is woken here as soon as its ticks are due; else they run once the slot behind them shows.
    ///
    /// # Errors
    /// [`CuError::Source`].
    pub async fn is_prompt(&self, process: Id) -> Result<bool, CuError> {
        Ok(self.0.unit.log.is_prompt(process).await?)
    }

    /// At most `limit` ticks that come behind what was `taken`, of each interval in order, as far as they may be relied on: settled, or due
    /// for longer than [`GRACE_MS`] and [`GRACE_BLOCKS`]; and how long nothing new is to be expected. A tick that is not ripe, or cannot be
    /// computed now, holds back no earlier one and none of another interval.
    ///
    /// # Errors
    /// As [`Handle::ticks`], where there are none.
    pub async fn ripe_ticks(
        &self,
        process: Id,
        taken: &Taken,
        limit: u32,
    ) -> Result<(Vec<Ticked>, Duration), CuError> {
        let _place = self.question(process)?;
        self.without_void(process).await?;
        let woken = within(process, self.wake_up(process)).await;
        let unit = &self.0.unit;
        let spawn = unit.spawn(process).await?;
        let (Some(schedule), Some(now)) = (&spawn.schedule, unit.present.now()) else {
            return Ok((Vec::new(), PAUSE_MAX));
        };
        let is_prompt = unit.log.is_prompt(process).await?;
        let mut ripe = Vec::new();
        for (number, rule) in (0..).zip(schedule.rules()) {
            let stamp = taken.above(number, rule.every);
            let stood = cron::above(&unit.store, process, number, stamp, limit).await?;
            ripe.extend(stood.into_iter().take_while(|one| {
                one.is_settled || is_prompt && is_ripe(rule.every, one.tick, now)
            }));
        }
        ripe.sort_unstable_by_key(|one| (one.slot, one.number));
        ripe.truncate(limit as usize);
        let ripe = self.page(process, ripe).await?;
        if ripe.is_empty() {
            woken?;
            return Ok((ripe, pause(schedule)));
        }
        Ok((ripe, Duration::ZERO))
    }

    /// The first of these ticks, as far as [`RIPE_BYTES_MAX`] goes. One that was computed anew meanwhile ends the page: it comes later.
    async fn page(&self, process: Id, ticks: Vec<Stood>) -> Result<Vec<Ticked>, CuError> {
        let (mut page, mut bytes) = (Vec::new(), 0);
        for one in ticks {
            bytes += one.bytes;
            if bytes > RIPE_BYTES_MAX && !page.is_empty() {
                break;
            }
            match cron::find(&self.0.unit.store, process, one).await? {
                Some(ticked) => page.push(ticked),
                None => break,
            }
        }
        Ok(page)
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

fn is_ripe(every: Every, tick: Tick, now: Moment) -> bool {
    match every {
        Every::Time(_) => tick.stamp.saturating_add(GRACE_MS) <= now.timestamp_ms,
        Every::Blocks(_) => tick.stamp.saturating_add(GRACE_BLOCKS) <= now.height,
    }
}
