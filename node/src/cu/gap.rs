//! The ticks between two slots, on the live instance (D25).
//!
//! - G1 a gap is open as soon as one of its ticks has run. Its base is the state behind the slot before it, and stays at hand until the
//!   next slot has run: checkpoints and states for others are taken of the base, so that they never hold a tick without its slot.
//! - G2 ticks behind the last slot are provisional: nobody knows yet when the next slot will be stamped. When it comes, what has run
//!   stands if it is a beginning of what the two slots make due, and was run under the same keys; else the instance goes back to
//!   the base, and the gap is run anew. So every node comes to one state, whatever it had computed before and whenever it was killed.
//! - G3 what the ticks of a gap answer is counted together, and what passes the bound is an `Error` (K5).
//! - G4 a gap may be left between two ticks, so that no process holds a core for longer than its turn.

use std::sync::Arc;

use super::authority::Keys;
use super::cron::{GAP_BYTES_MAX, Schedule};
use super::error::CuError;
use super::input::{self, Moment};
use super::life::{Batch, Life, Ready};
use super::machine::{Failure, Machine, Run, WorkshopError};
use super::replay::Replay;
use crate::store::checkpoint::Position;
use crate::store::cron::{Tick, Ticked};
use crate::store::outcome::Kind;

/// A process's clock.
#[derive(Debug)]
pub struct Clock {
    schedule: Arc<Schedule>,
    /// The slot whose stamps everything counts from.
    origin_slot: u64,
    /// The first slot under a court that the process has joined later (K6).
    joins: Option<u64>,
    /// Its stamps, once it has run.
    origin: Option<Moment>,
    gap: Option<Gap>,
}

/// An open gap.
#[derive(Debug)]
struct Gap {
    base: Vec<u8>,
    root: [u8; 32],
    ran: Vec<Tick>,
    /// Bytes of their answers (K5).
    said: usize,
    keys: Option<Keys>,
}

impl Clock {
    /// The clock of a process that stands behind `at`; `origin` where that is not before the slot of the origin.
    #[must_use]
    pub fn new(schedule: Arc<Schedule>, origin_slot: u64, origin: Option<Moment>) -> Self {
        Self {
            schedule,
            origin_slot,
            joins: None,
            origin,
            gap: None,
        }
    }

    /// The same for a process that joins a court with slot `first`, if it does.
    #[must_use]
    pub fn joining(self, first: Option<u64>) -> Self {
        Self {
            joins: first,
            ..self
        }
    }

    fn due(&self, left: Moment, right: Moment) -> Vec<Tick> {
        let origin = self.origin;
        origin.map_or_else(Vec::new, |origin| {
            self.schedule.between(origin, left, right)
        })
    }

    /// Bytes of the base.
    pub(super) fn bytes(&self) -> u64 {
        self.gap.as_ref().map_or(0, |gap| gap.base.len() as u64)
    }

    /// The base of an open gap, and its root.
    pub(super) fn base(&self) -> Option<(&[u8], [u8; 32])> {
        self.gap.as_ref().map(|gap| (&gap.base[..], gap.root))
    }

    /// What the process saw last, if that was a tick.
    pub(super) fn now(&self) -> Option<Moment> {
        let last = self.gap.as_ref()?.ran.last()?;
        Some(Moment {
            timestamp_ms: last.timestamp_ms,
            height: last.height,
        })
    }

    /// A slot has run: its gap is closed. Gives the number of ticks that it had.
    pub(super) fn close(&mut self, position: &Position) -> usize {
        if self.joins == position.slot.checked_add(1) {
            (self.origin_slot, self.origin) = (position.slot + 1, None);
        }
        if position.slot == self.origin_slot {
            self.origin = Some(moment(position));
        }
        self.gap.take().map_or(0, |gap| gap.ran.len())
    }
}

/// The stamps of a slot.
pub(super) const fn moment(at: &Position) -> Moment {
    Moment {
        timestamp_ms: at.timestamp_ms,
        height: at.height,
    }
}

impl Life {
    /// Runs what is due before the slot of `ready`; false where the turn was over before that.
    ///
    /// # Errors
    /// [`CuError`]: a bad entry, or a run that ended without a verdict.
    pub(super) fn run_gap(
        &mut self,
        ready: &Ready,
        batch: &mut Batch,
        go_on: &impl Fn() -> bool,
    ) -> Result<bool, CuError> {
        let (Some(clock), Some(left)) = (&self.clock, self.position().map(moment)) else {
            return Ok(true);
        };
        let mut replay: Replay = self.replay.clone();
        let right = moment(replay.admit(&ready.entry)?);
        let due = clock.due(left, right);
        self.listen_to(ready.keys.as_ref());
        self.run_ticks(&due, batch, go_on)
    }

    /// Runs what is due by `now`, behind the last slot, as long as `go_on` says so; true where nothing is left to run.
    pub fn tick(
        &mut self,
        now: Moment,
        keys: Option<&Keys>,
        go_on: impl Fn() -> bool,
    ) -> (Batch, bool) {
        let mut batch = Batch::default();
        let (Some(clock), Some(left)) = (&self.clock, self.position().map(moment)) else {
            return (batch, true);
        };
        let right = Moment {
            timestamp_ms: now.timestamp_ms.saturating_add(1),
            ..now
        };
        let due = clock.due(left, right);
        self.listen_to(keys);
        let done = self.run_ticks(&due, &mut batch, &go_on);
        let done = done.unwrap_or_else(|error| {
            batch.stop = Some(error);
            false
        });
        (batch, done)
    }

    fn run_ticks(
        &mut self,
        due: &[Tick],
        batch: &mut Batch,
        go_on: &impl Fn() -> bool,
    ) -> Result<bool, CuError> {
        let stands = |gap: &Gap| due.starts_with(&gap.ran) && gap.keys == self.keys;
        let gap = self.clock.as_ref().and_then(|clock| clock.gap.as_ref());
        let ran = match gap {
            Some(gap) if stands(gap) => gap.ran.len(),
            Some(_other) => {
                self.fall_back()?;
                0
            }
            None => 0,
        };
        for tick in due.iter().skip(ran) {
            if batch.is_full() || (batch.has_begun() && !go_on()) {
                return Ok(false);
            }
            let ticked = self.run_tick(*tick)?;
            batch.push_tick(ticked);
        }
        Ok(true)
    }

    fn run_tick(&mut self, tick: Tick) -> Result<Ticked, CuError> {
        let slot = self.next_slot().saturating_sub(1);
        let Some(rule) = self
            .clock
            .as_ref()
            .and_then(|clock| clock.schedule.rule(tick.rule))
        else {
            return Err(CuError::Panicked);
        };
        let (message, interval) = (
            input::tick_message(&self.process, &rule.tags, tick),
            rule.text.clone(),
        );
        let image = match self.clock.as_ref().is_some_and(|clock| clock.gap.is_none()) {
            true => Some((self.machine.snapshot(), self.machine.root())),
            false => None,
        };
        let run = self.machine.run(&message, &self.environment);
        let (run, said) = self.within_bytes(run);
        let verdict = self.verdict(run, slot)?;
        let root = self.settle_run(verdict.keep);
        self.since.count(verdict.fuel_used);
        let keys = self.keys.clone();
        let clock = self.clock.as_mut();
        let number = clock.map_or(0, |clock| clock.note(tick, said, image, keys));
        Ok(Ticked {
            slot,
            number,
            tick,
            interval,
            kind: if verdict.keep {
                Kind::Result
            } else {
                Kind::Error
            },
            root,
            engine: self.engine.clone(),
            json: verdict.json,
        })
    }

    /// The run as it counts, and the bytes that it takes of those that the gap may answer with (K5).
    fn within_bytes(&self, run: Run) -> (Run, usize) {
        let gap = self.clock.as_ref().and_then(|clock| clock.gap.as_ref());
        let left = GAP_BYTES_MAX.saturating_sub(gap.map_or(0, |gap| gap.said));
        match &run.answer {
            Ok(answer) if answer.len() > left => {
                let reason = format!(
                    "the ticks between two slots answer with at most {GAP_BYTES_MAX} bytes together"
                );
                let answer = Err(Failure::Verdict(reason));
                (Run { answer, ..run }, 0)
            }
            Ok(answer) => {
                let said = answer.len();
                (run, said)
            }
            Err(_failure) => (run, 0),
        }
    }

    /// The memory behind the last slot. Ticks behind it stay as they are.
    ///
    /// # Errors
    /// [`CuError::Instance`] where this machine has no room: then the next question tries again.
    pub fn settled_memory(&self) -> Result<bytes::Bytes, CuError> {
        Ok(match self.base()? {
            Some(machine) => machine.memory(),
            None => self.machine.memory(),
        })
    }

    /// Goes back to the state behind the last slot; nothing where no tick has run behind it.
    ///
    /// # Errors
    /// [`CuError::Instance`] where this machine has no room: then the next question tries again.
    fn fall_back(&mut self) -> Result<(), CuError> {
        if let Some(machine) = self.base()? {
            self.machine = machine;
            if let Some(clock) = &mut self.clock {
                clock.gap = None;
            }
        }
        Ok(())
    }

    /// An instance as it was behind the last slot; none where the live one stands there.
    fn base(&self) -> Result<Option<Box<dyn Machine>>, CuError> {
        let Some((base, root)) = self.clock.as_ref().and_then(Clock::base) else {
            return Ok(None);
        };
        let process = self.process.id;
        let restored = self.module.program.restore(base, self.terms);
        let machine = restored.and_then(|machine| match machine.root() == root {
            true => Ok(machine),
            false => Err(WorkshopError::Snapshot("it has another root".to_owned())),
        });
        let machine = machine.map_err(|reason| CuError::Instance { process, reason })?;
        Ok(Some(machine))
    }
}

impl Clock {
    /// Notes that a tick has run, from `image` where it is the first one; gives its number in the gap, from 1.
    fn note(
        &mut self,
        tick: Tick,
        said: usize,
        image: Option<(Vec<u8>, [u8; 32])>,
        keys: Option<Keys>,
    ) -> u64 {
        let gap = self.gap.get_or_insert_with(|| {
            let (base, root) = image.unwrap_or_default();
            Gap {
                base,
                root,
                ran: Vec::new(),
                said: 0,
                keys,
            }
        });
        gap.ran.push(tick);
        gap.said += said;
        gap.ran.len() as u64
    }
}
