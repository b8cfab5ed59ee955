//! What every task of the compute unit shares, and the steps that wait: waking a process, making a page ready,
//! evaluating it, keeping what came of it. [`super::actor`] puts them in order.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aosec_wire::{Address, Id, Scheduled, VerifiedItem};
use lru::LruCache;

use super::ask::Taken;
use super::authority::{self, Keys};
use super::checkpoint::{Draft, Snapshots};
use super::cron::Schedule;
use super::cut::Done;
use super::duplicate::Seen;
use super::error::CuError;
use super::input::{DryMessage, Party};
use super::lanes::{Lanes, Lost};
use super::life::{Batch, Life, Ready};
use super::machine::{Machine, WorkshopError};
use super::modules::{Module, Modules};
use super::present::Present;
use super::replay::Replay;
use super::residents::Residents;
use super::source::{Authorities, Items, Log};
use super::terms::Terms;
use crate::metrics;
use crate::shutdown::Shutdown;
use crate::store::Store;
use crate::store::checkpoint::{self, Checkpoint};
use crate::store::cron;
use crate::store::outcome;
use crate::store::pushed;

/// How long one page may hold a core before others get their turn and answers go out; a single slot may take longer.
pub(super) const TURN: Duration = Duration::from_millis(200);
/// Spawns remembered, so that a question about a foreign process does not fetch it each time.
const SPAWNS_MAX: NonZeroUsize = NonZeroUsize::new(1_024).expect("not zero");

/// The shared part of the compute unit.
#[derive(Debug)]
pub struct Unit {
    /// Outcomes and checkpoints.
    pub store: Store,
    /// The logs.
    pub log: Arc<dyn Log>,
    /// Items that logs name by reference.
    pub items: Arc<dyn Items>,
    /// What the court says of authority keys.
    pub authorities: Arc<dyn Authorities>,
    /// What time it is.
    pub present: Arc<dyn Present>,
    /// Modules, ready to run.
    pub modules: Modules,
    /// Snapshots.
    pub snapshots: Snapshots,
    /// The most that a process may ask for.
    pub most: Terms,
    /// The cores, and who waits for them.
    pub lanes: Lanes,
    /// The live processes.
    pub residents: Residents,
    /// The end of the node.
    pub shutdown: Shutdown,
    pub(super) spawns: Spawns,
    pub(super) voids: Done,
}

/// What the item that spawned a process says.
#[derive(Debug)]
pub struct Spawn {
    /// The item itself: the message of slot 0.
    pub item: VerifiedItem,
    /// The module that runs it.
    pub module: Id,
    /// Who orders its messages.
    pub scheduler: Address,
    /// The court whose operators it trusts (PROTOCOL 5.17).
    pub court: Option<Id>,
    /// When it wakes itself.
    pub schedule: Option<Arc<Schedule>>,
}

/// The spawns that were looked at lately.
#[derive(Debug)]
pub struct Spawns(Mutex<LruCache<Id, Arc<Spawn>>>);

impl Default for Spawns {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(SPAWNS_MAX)))
    }
}

impl Unit {
    /// The spawn of `process`.
    ///
    /// # Errors
    /// [`CuError`] where no scheduler has it, or it spawns nothing.
    pub async fn spawn(&self, process: Id) -> Result<Arc<Spawn>, CuError> {
        if let Some(spawn) = self.spawns.lock().get(&process) {
            return Ok(Arc::clone(spawn));
        }
        let item = self.log.spawn(process).await?;
        let item = item
            .filter(|item| item.id() == process)
            .ok_or(CuError::NoProcess(process))?;
        let spawn = Arc::new(read_spawn(item)?);
        self.spawns.lock().put(process, Arc::clone(&spawn));
        Ok(spawn)
    }

    /// Brings a process to life: from its newest checkpoint that holds, else from the beginning.
    ///
    /// # Errors
    /// [`CuError`] where spawn, module or limits do not allow it.
    pub async fn wake(&self, process: Id) -> Result<Box<Life>, CuError> {
        let spawn = self.spawn(process).await?;
        let party = Party::of(&spawn.item);
        let module = self.modules.get(spawn.module, &party.owner).await?;
        let terms = Terms::agree(&party.tags, &module.party.tags, self.most)
            .map_err(|reason| CuError::Terms { process, reason })?;
        let (machine, position) = match self.restore(&party, &module, terms).await? {
            Some((machine, kept)) => (machine, Some(kept.position)),
            None => (self.boot(&party, &module, terms).await?, None),
        };
        let replay = Replay::new(process, spawn.scheduler.clone(), position);
        let engine = self.modules.engine().to_owned();
        let keys = match replay.position() {
            Some(at) if at.slot > 0 => self.keys(&spawn, at.height, true).await?,
            Some(_) | None => spawn.court.map(|_| Keys::default()),
        };
        let clock = self.clock(&spawn, replay.position()).await?;
        let life = Life::new(party, module, terms, engine, replay, machine);
        let mut life = life.with_clock(clock);
        life.listen_to(keys.as_ref());
        Ok(Box::new(life))
    }

    /// The instance of the newest checkpoint whose snapshot is whole and gives the root that was noted.
    async fn restore(
        &self,
        party: &Party,
        module: &Arc<Module>,
        terms: Terms,
    ) -> Result<Option<(Box<dyn Machine>, Checkpoint)>, CuError> {
        let process = party.id;
        for kept in checkpoint::of_process(&self.store, process).await? {
            if kept.module != module.party.id || kept.engine != self.modules.engine() {
                continue;
            }
            let slot = kept.position.slot;
            let Some(bytes) = self.snapshots.read(process, slot, kept.snapshot).await else {
                continue;
            };
            let program = Arc::clone(&module.program);
            let restored = self
                .lanes
                .run(&party.owner, move || program.restore(&bytes, terms));
            match restored.await? {
                Ok(machine) if machine.root() == kept.root => return Ok(Some((machine, kept))),
                Ok(_other) => {
                    tracing::warn!(%process, slot, "a snapshot has another root than noted; passed over")
                }
                Err(reason) => {
                    tracing::warn!(%process, slot, %reason, "a snapshot cannot be restored; passed over")
                }
            }
        }
        Ok(None)
    }

    /// A new instance. What the module itself does before its first message is refused by every machine alike.
    async fn boot(
        &self,
        party: &Party,
        module: &Arc<Module>,
        terms: Terms,
    ) -> Result<Box<dyn Machine>, CuError> {
        let program = Arc::clone(&module.program);
        let booted = self
            .lanes
            .run(&party.owner, move || program.boot(terms))
            .await?;
        booted.map_err(|reason| match reason {
            WorkshopError::Module(_) => CuError::Module {
                module: module.party.id,
                reason,
            },
            reason => CuError::Instance {
                process: party.id,
                reason,
            },
        })
    }

    /// Evaluates entries for one turn on a core; gives back what the turn had no time for. The life is lost where the thread was.
    ///
    /// # Errors
    /// [`CuError`] where nothing could be evaluated.
    pub async fn turn(
        &self,
        mut life: Box<Life>,
        mut ready: Vec<Ready>,
        seen: Seen,
    ) -> Result<(Box<Life>, Batch, Vec<Ready>), CuError> {
        let owner = life.owner().to_owned();
        let turn = self.lanes.run(&owner, move || {
            let begun = Instant::now();
            let batch = life.evaluate(&ready, seen, || begun.elapsed() < TURN);
            let rest = ready.split_off(batch.outcomes.len());
            (life, batch, rest)
        });
        let (life, batch, rest) = turn.await?;
        metrics::evaluations().inc_by(batch.outcomes.len() as u64);
        Ok((life, batch, rest))
    }

    /// Which of these marks stand in slots before `slot`, as far as the store knows.
    ///
    /// # Errors
    /// [`CuError::Store`].
    pub async fn seen(&self, process: Id, slot: u64, ready: &[Ready]) -> Result<Seen, CuError> {
        let marks = ready.iter().map(|ready| ready.mark).collect::<Vec<_>>();
        let seen = outcome::seen(&self.store, process, slot, &marks).await?;
        let pushes: Vec<Id> = marks.iter().filter_map(|mark| mark.push).collect();
        let before = pushed::before(&self.store, process, slot, &pushes).await?;
        Ok(Seen::new(seen.into_iter().chain(before)))
    }

    /// Makes outcomes durable, all or none of them.
    ///
    /// # Errors
    /// [`CuError::Diverged`] where they contradict what is stored.
    pub async fn keep(&self, process: Id, batch: Batch) -> Result<(), CuError> {
        let Batch {
            outcomes,
            ticks,
            closed,
            ..
        } = batch;
        metrics::ticks().inc_by(ticks.len() as u64);
        let kept = self
            .store
            .write(async move |db| {
                if let Err(divergence) = cron::check(db, process, &ticks).await? {
                    return Ok(Err(divergence));
                }
                let inserted = outcome::insert(db, process, &outcomes).await?;
                if inserted.is_ok() {
                    cron::keep(db, process, &ticks, &closed).await?;
                }
                Ok(inserted)
            })
            .await?;
        kept.map_err(|divergence| {
            tracing::error!(%process, %divergence, "the same log gave another result than before");
            CuError::Diverged {
                process,
                divergence,
            }
        })
    }

    /// Takes a checkpoint. The life is lost where the thread was.
    pub async fn checkpoint(&self, process: Id, life: Box<Life>) -> Option<Box<Life>> {
        let (life, draft) = self.draft(life).await?;
        if let Some(draft) = draft {
            self.write_down(process, draft).await;
        }
        Some(life)
    }

    /// The first half of it: what has to be done while the process stands still.
    pub async fn draft(&self, mut life: Box<Life>) -> Option<(Box<Life>, Option<Draft>)> {
        let taken = tokio::task::spawn_blocking(move || {
            let draft = life.draft();
            (life, draft)
        });
        taken.await.ok()
    }

    /// The second half. A failure costs time at the next start and nothing else, so it is told to the operator alone.
    pub async fn write_down(&self, process: Id, draft: Draft) {
        let slot = draft.position.slot;
        match self.snapshots.write(process, slot, &draft.bytes).await {
            Ok(hash) => self.note(process, draft.row(hash)).await,
            Err(error) => tracing::warn!(%process, slot, %error, "a snapshot could not be written"),
        }
    }

    /// The present state for another unit; none before the first slot.
    pub async fn taken(
        &self,
        life: Box<Life>,
    ) -> (Option<Box<Life>>, Result<Option<Taken>, CuError>) {
        let taken = tokio::task::spawn_blocking(move || {
            let root = life.root();
            let taken = life.snapshot().map(|(position, bytes)| Taken {
                position,
                root,
                snapshot: bytes.into(),
            });
            (life, taken)
        });
        match taken.await {
            Ok((life, taken)) => (Some(life), Ok(taken)),
            Err(_panicked) => (None, Err(CuError::Panicked)),
        }
    }

    async fn note(&self, process: Id, row: Checkpoint) {
        let noted = self
            .store
            .write(async move |db| checkpoint::insert(db, process, &row).await)
            .await;
        match noted {
            Ok(forgotten) => self.snapshots.forget(process, &forgotten).await,
            Err(error) => tracing::warn!(%process, %error, "a checkpoint could not be noted"),
        }
    }

    /// A run that changes nothing, on a core.
    pub async fn dry_run(
        &self,
        mut life: Box<Life>,
        dry: Box<DryMessage>,
    ) -> (Option<Box<Life>>, Result<String, CuError>) {
        let strangers = life.strangers();
        let ran = self.lanes.run(&strangers, move || {
            let verdict = life.dry_run(&dry);
            (life, verdict)
        });
        match ran.await {
            Ok((life, verdict)) => (Some(life), verdict.map(|verdict| verdict.json)),
            Err(Lost) => (None, Err(CuError::Panicked)),
        }
    }
}

impl Spawns {
    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<Id, Arc<Spawn>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_spawn(item: VerifiedItem) -> Result<Spawn, CuError> {
    let process = item.id();
    let reason = match Scheduled::classify(item) {
        Ok(Scheduled::Process(spawn)) => {
            let schedule = Schedule::read(spawn.item.tags());
            let schedule = schedule.map_err(|reason| CuError::Cron { process, reason })?;
            return Ok(Spawn {
                schedule: schedule.map(Arc::new),
                court: authority::court_of(spawn.item.tags()),
                item: spawn.item,
                module: spawn.module,
                scheduler: spawn.scheduler,
            });
        }
        Ok(Scheduled::Message(_message)) => "it is a message".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(CuError::NotAProcess { process, reason })
}
