//! The compute unit: what a log comes to. Whoever has the log can compute it again and must find the same.
//!
//! One task a process keeps an instance of its module alive ([`actor`]); it fetches the slots that are asked for ([`source`]),
//! refuses a log that breaks a rule ([`replay`]), passes over repetitions ([`duplicate`]), runs each message ([`life`]) and keeps
//! what it came to, with the state root behind it. Outcomes are stored before they are told; checkpoints ([`checkpoint`]) spare a
//! restart the way from slot 0.
//!
//! - C1 an outcome is a function of the log and the module alone. What is not a verdict (a clock, a full machine, missing data)
//!   is an error to the one who asks, and never an outcome.
//! - C2 a slot is evaluated from the state that its predecessor left; an `Error` leaves the state as it was.
//! - C3 a dry run sees the newest state and leaves nothing behind: no row, no change, no cached answer.
//! - C4 a failure of one process is felt by those who ask about it, and by nobody else.
//!
//! Read in this order: [`replay`], [`duplicate`], [`input`], [`verdict`], [`terms`], [`cron`], [`queue`] (pure); `crew`, [`lanes`], [`life`], `owed`, [`gap`],
//! [`unit`], [`ticks`], [`ahead`], [`keeping`], [`ask`], [`actor`], [`residents`]; then the doors [`source`], [`modules`], [`engine`],
//! [`compiler`], [`checkpoint`]; at last
//! [`published`] and [`adopt`], the states that units give one another.

pub mod actor;
pub mod adopt;
pub mod ahead;
pub mod ask;
pub mod authority;
pub mod checkpoint;
pub mod compiler;
mod crew;
pub mod cron;
mod cut;
pub mod dry;
pub mod duplicate;
pub mod engine;
pub mod error;
pub mod gap;
pub mod input;
pub mod keeping;
pub mod lanes;
pub mod life;
pub mod listing;
pub mod machine;
pub mod modules;
pub mod noop;
mod owed;
mod page;
pub mod present;
pub mod published;
pub mod queue;
pub mod rate;
pub mod replay;
pub mod residents;
pub mod settings;
pub mod source;
pub mod subject;
pub mod terms;
pub mod ticks;
pub mod unit;
pub mod verdict;
pub mod word;

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aosec_wire::{Address, Id};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use self::actor::Actor;
use self::ask::{Ask, Reply, State, What};
use self::checkpoint::Snapshots;
pub use self::error::CuError;
use self::input::DryMessage;
use self::lanes::Lanes;
use self::modules::Modules;
use self::rate::DryRunRate;
use self::residents::Residents;
pub use self::settings::{Doors, Settings};
use self::unit::Unit;
use self::word::Word;
use crate::store::listed::{self, Page, Range};
use crate::store::outcome::{self, Outcome};

/// How long a question may wait for an evaluation. The evaluation goes on behind it.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(30);
/// Between the first two looks for a message that has no slot; then twice as long each time, so that a message that never comes costs few looks.
const SLOT_PAUSE: Duration = Duration::from_millis(50);
/// Questions at once, over all processes: each may hold a connection to another scheduler.
const QUESTIONS_MAX: usize = 1_024;
/// Dry runs at once, over all processes.
const DRY_RUNS_MAX: usize = 64;
/// States on their way to callers at once: each is a copy of a whole memory, held for as long as a slow reader takes.
const STATES_MAX: usize = 4;

/// The door to the compute unit. Clones share it.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    unit: Arc<Unit>,
    questions: Semaphore,
    dry_runs: Semaphore,
    states: Arc<Semaphore>,
    rate: Mutex<DryRunRate>,
    address: Address,
    slot_deadline: Duration,
    begun: Instant,
}

/// A root, and what it is the root of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rooted {
    /// The slot.
    pub slot: u64,
    /// The state root behind it.
    pub root: [u8; 32],
    /// The module that computed it.
    pub module: Id,
    /// The engine that ran the module.
    pub engine: String,
}

impl Handle {
    /// Opens the unit.
    ///
    /// # Errors
    /// What the file system says about its folder.
    pub async fn open(settings: Settings) -> io::Result<Self> {
        let doors = settings.doors;
        let snapshots = Snapshots::open(doors.folder.join("snapshots")).await?;
        let fetched = doors.folder.join("modules");
        tokio::fs::create_dir_all(&fetched).await?;
        let items = Arc::clone(&doors.items);
        let unit = Unit {
            modules: Modules::new(doors.workshop, doors.modules, fetched, items),
            store: doors.store,
            log: doors.log,
            items: doors.items,
            authorities: doors.authorities,
            present: doors.present,
            snapshots,
            most: settings.most,
            lanes: Lanes::new(settings.lanes),
            residents: Residents::new(settings.resident_bytes),
            shutdown: doors.shutdown,
            spawns: unit::Spawns::default(),
            voids: cut::Done::default(),
        };
        Ok(Self(Arc::new(Inner {
            unit: Arc::new(unit),
            questions: Semaphore::new(QUESTIONS_MAX),
            dry_runs: Semaphore::new(DRY_RUNS_MAX),
            states: Arc::new(Semaphore::new(STATES_MAX)),
            rate: Mutex::default(),
            address: doors.address,
            slot_deadline: settings.slot_deadline,
            begun: Instant::now(),
        })))
    }

    /// The address that this unit shows.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// What a message came to. Waits for its slot and its evaluation; the spawn answers to the id of the process, and every slot
    /// also to the id of its assignment.
    ///
    /// # Errors
    /// [`CuError`], above all [`CuError::NoMessage`] and [`CuError::StillEvaluating`].
    pub async fn result(&self, process: Id, message: Id) -> Result<Outcome, CuError> {
        let _place = self.question(process)?;
        self.without_void(process).await?;
        let unit = &self.0.unit;
        if let Some(kept) = outcome::of_message(&unit.store, process, message).await? {
            return Ok(kept);
        }
        within(process, async {
            let slot = self.slot_of(process, message).await?;
            self.evaluated(process, slot).await
        })
        .await
    }

    /// What `slot` came to.
    ///
    /// # Errors
    /// [`CuError`], above all [`CuError::NoSlot`] and [`CuError::StillEvaluating`].
    pub async fn at_slot(&self, process: Id, slot: u64) -> Result<Outcome, CuError> {
        let _place = self.question(process)?;
        self.without_void(process).await?;
        let unit = &self.0.unit;
        if let Some(kept) = outcome::at_slot(&unit.store, process, slot).await? {
            return Ok(kept);
        }
        within(process, async {
            match self.newest(process).await? {
                newest if newest < slot => Err(CuError::NoSlot {
                    process,
                    slot,
                    newest,
                }),
                _ => self.evaluated(process, slot).await,
            }
        })
        .await
    }

    /// The state root behind `slot`, with what it takes to compute it again.
    ///
    /// # Errors
    /// As [`Handle::at_slot`].
    pub async fn root(&self, process: Id, slot: u64) -> Result<Rooted, CuError> {
        let outcome = self.at_slot(process, slot).await?;
        let spawn = self.0.unit.spawn(process).await?;
        Ok(Rooted {
            slot,
            root: outcome.root,
            module: spawn.module,
            engine: outcome.engine,
        })
    }

    /// Results of slots and ticks that were evaluated already, without errors and repetitions.
    ///
    /// # Errors
    /// [`CuError::Store`].
    pub async fn results(&self, process: Id, range: &Range) -> Result<Page, CuError> {
        let _place = self.question(process)?;
        self.without_void(process).await?;
        Ok(listed::list(&self.0.unit.store, process, range).await?)
    }

    /// What a message would come to in the newest state; gives the outcome as JSON and leaves nothing behind (C3). With `to`,
    /// that message must be the newest.
    ///
    /// # Errors
    /// [`CuError`], above all [`CuError::TooMany`] for an address over its share and [`CuError::Busy`].
    pub async fn dry_run(
        &self,
        process: Id,
        dry: DryMessage,
        to: Option<Id>,
        caller: Option<IpAddr>,
    ) -> Result<String, CuError> {
        if !caller.is_none_or(|caller| self.takes_dry_run(caller)) {
            return Err(CuError::TooMany);
        }
        let dry_runs = &self.0.dry_runs;
        let _place = dry_runs
            .try_acquire()
            .map_err(|_full| CuError::Busy(process))?;
        within(process, async {
            self.wake_up(process).await?;
            let slot = self.newest(process).await?;
            if let Some(message) = to
                && self.slot_of(process, message).await? != slot
            {
                return Err(CuError::PastState(format!("message {message}")));
            }
            self.ask(process, slot, |reply| What::DryRun(Box::new(dry), reply))
                .await
        })
        .await
    }

    /// The newest state, or, with `to_ms`, the newest one if it is not later than that.
    ///
    /// # Errors
    /// [`CuError::PastState`] where an older state is asked for; else as [`Handle::at_slot`].
    pub async fn state(&self, process: Id, to_ms: Option<u64>) -> Result<State, CuError> {
        let place = Arc::clone(&self.0.states).try_acquire_owned();
        let place = place.map_err(|_full| CuError::Busy(process))?;
        let state = within(process, async {
            let slot = self.newest(process).await?;
            self.ask(process, slot, What::State).await
        })
        .await?;
        match to_ms {
            Some(to_ms) if state.position.timestamp_ms > to_ms => {
                Err(CuError::PastState(format!("time {to_ms}")))
            }
            _ => Ok(state.holding(place)),
        }
    }

    fn question(&self, process: Id) -> Result<tokio::sync::SemaphorePermit<'_>, CuError> {
        let questions = &self.0.questions;
        questions
            .try_acquire()
            .map_err(|_full| CuError::Busy(process))
    }

    fn takes_dry_run(&self, caller: IpAddr) -> bool {
        let now_ms = u64::try_from(self.0.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut rate = self.0.rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.take(caller, now_ms)
    }

    /// The slot of a message, looked for within a bound, less and less often.
    async fn slot_of(&self, process: Id, message: Id) -> Result<u64, CuError> {
        let begun = Instant::now();
        let mut pause = SLOT_PAUSE;
        loop {
            let found = self.0.unit.log.assignment(process, message).await?;
            if let Some(assignment) = found {
                return self.assigned(process, message, &assignment).await;
            }
            if begun.elapsed() >= self.0.slot_deadline {
                return Err(CuError::NoMessage { process, message });
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// The slot that the scheduler of `process` signed for the message, or for the assignment of this id.
    async fn assigned(&self, process: Id, asked: Id, assignment: &Word) -> Result<u64, CuError> {
        let spawn = self.0.unit.spawn(process).await?;
        let named = assignment.message().unwrap_or(process);
        let is_asked = named == asked || assignment.id() == asked;
        let signed = assignment.signed();
        let is_signed = signed.is_none_or(|one| *one.item().owner_address() == spawn.scheduler);
        if assignment.process() == process && is_asked && is_signed {
            return Ok(assignment.nonce());
        }
        Err(CuError::Missing {
            process,
            slot: assignment.nonce(),
            what: format!("what is served for {asked} is not its assignment by this scheduler"),
        })
    }

    async fn newest(&self, process: Id) -> Result<u64, CuError> {
        let newest = self.0.unit.log.newest(process).await?;
        newest.ok_or(CuError::NoProcess(process))
    }

    async fn evaluated(&self, process: Id, slot: u64) -> Result<Outcome, CuError> {
        self.ask(process, slot, What::Reach).await?;
        let store = &self.0.unit.store;
        let kept = outcome::at_slot(store, process, slot).await?;
        if kept.is_none()
            && let Some(first) = self.first(process).await?
            && slot < first
        {
            return Err(CuError::BeforeCheckpoint {
                process,
                slot,
                first,
            });
        }
        kept.ok_or_else(|| CuError::Missing {
            process,
            slot,
            what: "it was evaluated, but its outcome is not in the store".to_owned(),
        })
    }

    /// The first slot whose outcome there is or will be: behind an adopted state nothing may have been computed yet.
    async fn first(&self, process: Id) -> Result<Option<u64>, CuError> {
        let store = &self.0.unit.store;
        if let Some(first) = outcome::first(store, process).await? {
            return Ok(Some(first));
        }
        let adopted = crate::store::checkpoint::of_process(store, process).await?;
        let oldest = adopted.last().map(|checkpoint| checkpoint.position.slot);
        Ok(oldest.map(|slot| slot.saturating_add(1)))
    }

    async fn ask<T>(
        &self,
        process: Id,
        slot: u64,
        what: impl FnOnce(Reply<T>) -> What,
    ) -> Result<T, CuError> {
        let (reply, answer) = oneshot::channel();
        let what = what(reply);
        let unit = &self.0.unit;
        unit.residents.ask(process, Ask { slot, what }, |lines| {
            unit.shutdown
                .track(Actor::new(Arc::clone(unit), process, lines).run());
        })?;
        answer.await.unwrap_or(Err(CuError::Panicked))
    }
}

/// Bounds a question; what it started goes on.
async fn within<T>(
    process: Id,
    question: impl Future<Output = Result<T, CuError>>,
) -> Result<T, CuError> {
    let answer = timeout(ANSWER_DEADLINE, question).await;
    answer.unwrap_or(Err(CuError::StillEvaluating { process }))
}

#[cfg(test)]
mod tests;
