//! The loop: picks what is due, performs one effect, reports what happened, stores the step. No rule stands here.
//!
//! Work is done at desks, one for each stage, each with a bound of its own: what has failed before never takes the places of
//! what is fresh, so a thousand entries for a dead scheduler do not slow down the others. A job that panics is counted and its
//! entry is due again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use aosec_wire::Id;
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use super::Inner;
use super::entry::{Entry, cargo_of};
use super::ledger::{self, Offspring};
use super::outbox::{Effect, Event, State};
use super::ports::{Computed, NotComputed};
use super::push::{self, Cargo, Kind, Push, Sender, Turn, Unsendable};
use super::rows::stage;
use crate::arweave::bundler::{DATA_BYTES_MAX, bundled_bytes};
use crate::metrics;
use crate::shutdown::Shutdown;
use crate::store::{StoreError, item as items, outbox as table};

/// Jobs at once for each stage: a job is a request that mostly waits, and a scheduler serves far more. What has failed before
/// gets half of the places of what has not.
const DESKS: [(u8, usize); 4] = [
    (stage::RECEIVED, 64),
    (stage::SUBMITTING, 32),
    (stage::SCHEDULED, 64),
    (stage::COMPUTING, 32),
];
/// Items that go to the base layer in one transaction, whose fee is the same for one and for many.
const UPLOADS_MAX: usize = 100;
/// Their bytes in the bundle, as long as there is more than one: what a transaction carries, without the bundle's own header.
const UPLOAD_BYTES_MAX: usize = DATA_BYTES_MAX - 32;
/// A result that takes longer is asked for again later; the compute unit goes on meanwhile.
const RESULT_DEADLINE: Duration = Duration::from_secs(120);
/// The longest sleep: a clock that was set back must not stop the outbox.
const SLEEP_MAX: Duration = Duration::from_secs(30);
/// How often the pending entries are counted: counting walks over all of them.
const COUNT_EVERY: Duration = Duration::from_secs(5);
/// Pause after the store failed: whoever mends the disk needs longer, and nobody else can do anything.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Works until the node stops. What is under way then is found again at the next start.
pub(super) async fn run(inner: Arc<Inner>, shutdown: Shutdown) {
    let mut desks = Desks::default();
    let mut counted: Option<Instant> = None;
    loop {
        if counted.is_none_or(|at| at.elapsed() >= COUNT_EVERY) {
            counted = Some(Instant::now());
            count_pending(&inner).await;
        }
        let idle = match desks.fill(&inner).await {
            Ok(idle) => idle,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                STORE_PAUSE
            }
        };
        tokio::select! {
            () = shutdown.told() => break,
            () = inner.work.notified() => {}
            Some(()) = desks.finished() => {}
            () = sleep(idle) => {}
        }
    }
    desks.jobs.shutdown().await;
}

async fn count_pending(inner: &Inner) {
    match table::unfinished(&inner.store).await {
        Ok(pending) => metrics::outbox_pending().set(i64::try_from(pending).unwrap_or(i64::MAX)),
        Err(error) => tracing::error!(%error, "the outbox cannot be counted"),
    }
}

/// The jobs under way and the entries in their hands.
#[derive(Default)]
struct Desks {
    jobs: JoinSet<()>,
    busy: BTreeMap<Id, u8>,
    held: HashMap<task::Id, Vec<Id>>,
}

impl Desks {
    /// Starts jobs while there are places and due entries; says how long there is nothing to do otherwise.
    async fn fill(&mut self, inner: &Arc<Inner>) -> Result<Duration, StoreError> {
        let now_ms = inner.moment().now_ms;
        for (stage, places) in DESKS {
            for key in self.pick(inner, stage, places, now_ms).await? {
                self.start(vec![key], stage, work_on(inner.clone(), key));
            }
        }
        if !self.busy.values().any(|stage| *stage == stage::UPLOADING) {
            let batch = self
                .pick(inner, stage::UPLOADING, UPLOADS_MAX, now_ms)
                .await?;
            if !batch.is_empty() {
                self.start(
                    batch.clone(),
                    stage::UPLOADING,
                    upload(inner.clone(), batch),
                );
            }
        }
        let next = table::next_due_ms(&inner.store, now_ms).await?;
        let wait = next.map_or(SLEEP_MAX, |due_ms| {
            Duration::from_millis(due_ms.saturating_sub(now_ms))
        });
        Ok(wait.min(SLEEP_MAX))
    }

    async fn pick(
        &self,
        inner: &Inner,
        stage: u8,
        places: usize,
        now_ms: u64,
    ) -> Result<Vec<Id>, StoreError> {
        let taken = self.busy.values().filter(|busy| **busy == stage).count();
        if taken >= places {
            return Ok(vec![]);
        }
        // Entries in hand may still stand under this stage or another: asking for that many more finds the free ones.
        let due = table::due(&inner.store, stage, now_ms, places + self.busy.len()).await?;
        let free = due.into_iter().filter(|key| !self.busy.contains_key(key));
        Ok(free.take(places - taken).collect())
    }

    fn start(
        &mut self,
        keys: Vec<Id>,
        stage: u8,
        job: impl Future<Output = Result<(), StoreError>> + Send + 'static,
    ) {
        self.busy.extend(keys.iter().map(|key| (*key, stage)));
        let id = self.jobs.spawn(patiently(job)).id();
        self.held.insert(id, keys);
    }

    /// Waits for a job to end and frees its entries, and those of all others that have ended too; none when there is no job.
    async fn finished(&mut self) -> Option<()> {
        let mut next = self.jobs.join_next_with_id().await;
        let any = next.is_some();
        while let Some(ended) = next {
            self.free(ended);
            next = self.jobs.try_join_next_with_id();
        }
        any.then_some(())
    }

    fn free(&mut self, ended: Result<(task::Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                metrics::panics().inc();
                tracing::error!(%error, "a job of the outbox panicked");
                error.id()
            }
        };
        for key in self.held.remove(&id).unwrap_or_default() {
            self.busy.remove(&key);
        }
    }
}

/// A job whose step could not be stored keeps its place for a moment: its entry is due at once, and the disk is not mended yet.
async fn patiently(job: impl Future<Output = Result<(), StoreError>>) {
    if let Err(error) = job.await {
        tracing::error!(%error, "a step of the outbox could not be stored");
        sleep(STORE_PAUSE).await;
    }
}

/// One effect of one entry, and the step that follows from it.
async fn work_on(inner: Arc<Inner>, key: Id) -> Result<(), StoreError> {
    let Some(entry) = ledger::find(&inner.store, key).await? else {
        return Ok(());
    };
    let (event, offspring) = match entry.state {
        State::Received | State::Submitting(_) => submit(&inner, &entry).await?,
        State::Scheduled(_) | State::Computing(..) => compute(&inner, &entry).await,
        _ => return Ok(()),
    };
    report(&inner, key, event, offspring).await
}

/// Stores a step, and tells those who wait.
async fn report(
    inner: &Inner,
    key: Id,
    event: Event,
    offspring: Offspring,
) -> Result<(), StoreError> {
    let assigned = matches!(event, Event::Assigned(_));
    let moment = inner.moment();
    let Some(applied) = ledger::apply(&inner.store, key, event, offspring, moment).await? else {
        return Ok(());
    };
    if applied.effects.contains(&Effect::Answer) {
        inner.waiting.tell(key);
        metrics::messages_carried().inc_by(u64::from(assigned));
    }
    if let State::Refused(refusal) = &applied.entry.state {
        tracing::warn!(message = %key, reason = %refusal.reason, "an entry ended refused");
        metrics::outbox_refused().inc();
    }
    if applied.capped > 0 {
        tracing::warn!(message = %key, pieces = applied.capped, "a cap cut off what a result sends");
        metrics::pushes_capped().inc_by(u64::from(applied.capped));
    }
    Ok(())
}

async fn submit(inner: &Inner, entry: &Entry) -> Result<(Event, Offspring), StoreError> {
    let item = items::find(&inner.store, entry.message).await?;
    let Some(cargo) = cargo_of(entry, item) else {
        return Err(StoreError::Damaged {
            what: format!("the item of outbox entry {}", entry.key),
        });
    };
    let event = inner.courier.submit(&cargo).await;
    let offspring = match (&event, &cargo) {
        (Event::Assigned(_), Cargo::Spawn(..)) => notice(inner, entry, &cargo),
        _ => Offspring::default(),
    };
    Ok((event, offspring))
}

/// What the parent of a pushed spawn is told.
fn notice(inner: &Inner, entry: &Entry, spawn: &Cargo) -> Offspring {
    let (Some(origin), Cargo::Spawn(item, _)) = (entry.origin, spawn) else {
        return Offspring::default();
    };
    let index = origin.index;
    match push::spawned(item, origin.slot, index, &inner.authority) {
        Ok(cargo) => {
            let push = Push {
                kind: Kind::Spawned,
                index,
                cargo,
            };
            let child = Entry::pushed(entry, &push, origin.process, origin.slot);
            Offspring {
                pushes: vec![(push, child)],
                unsendable: vec![],
            }
        }
        Err(reason) => {
            let unsendable = vec![Unsendable {
                kind: Kind::Spawned,
                index,
                reason,
            }];
            Offspring {
                pushes: vec![],
                unsendable,
            }
        }
    }
}

async fn compute(inner: &Inner, entry: &Entry) -> (Event, Offspring) {
    let asked = inner.ports.results.result(entry.process, entry.message);
    let Computed { slot, outcome } = match timeout(RESULT_DEADLINE, asked).await {
        Ok(Ok(computed)) => computed,
        Ok(Err(NotComputed::Never(words))) => {
            return (Event::Declined(words), Offspring::default());
        }
        Ok(Err(NotComputed::Later(words))) => return not_yet(entry, &words),
        Err(_elapsed) => return not_yet(entry, "it takes longer than a request may"),
    };
    let sends = [
        outcome.messages.len(),
        outcome.spawns.len(),
        outcome.assignments.len(),
    ];
    if sends == [0; 3] {
        return (Event::Pushed, Offspring::default());
    }
    let facts = match inner.ports.directory.process(entry.process).await {
        Ok(Some(facts)) => facts,
        Ok(None) => return not_yet(entry, "its process's spawn is not to be had"),
        Err(unreachable) => return not_yet(entry, &unreachable.0),
    };
    let sender = Sender {
        process: entry.process,
        module: facts.module,
        scheduler: facts.scheduler,
        turn: Turn::Slot(slot),
        pushed_for: entry.family.pushed_for,
    };
    let (pushes, unsendable) = push::pushes(&outcome, &sender, &inner.authority);
    let adopt = |push: Push| {
        let child = Entry::pushed(entry, &push, sender.process, slot);
        (push, child)
    };
    (
        Event::Pushed,
        Offspring {
            pushes: pushes.into_iter().map(adopt).collect(),
            unsendable,
        },
    )
}

fn not_yet(entry: &Entry, why: &str) -> (Event, Offspring) {
    tracing::info!(message = %entry.message, process = %entry.process, why, "no result yet");
    (Event::Hitch, Offspring::default())
}

/// Takes a batch to the base layer. What does not fit in one transaction waits for the next.
async fn upload(inner: Arc<Inner>, keys: Vec<Id>) -> Result<(), StoreError> {
    let (mut batch, mut items, mut bytes) = (vec![], vec![], 0_usize);
    for key in keys {
        let Some(item) = items::bytes(&inner.store, key).await? else {
            tracing::error!(message = %key, "the item of an outbox entry is missing");
            continue;
        };
        bytes = bytes.saturating_add(bundled_bytes(&item));
        if bytes > UPLOAD_BYTES_MAX && !batch.is_empty() {
            break;
        }
        batch.push(key);
        items.push(item);
    }
    let event = match inner.ports.uploads.upload(items).await {
        Ok(()) => Event::Uploaded,
        Err(cause) => {
            tracing::warn!(%cause, items = batch.len(), "messages to wallets wait for the base layer");
            Event::Hitch
        }
    };
    for key in batch {
        report(&inner, key, event.clone(), Offspring::default()).await?;
    }
    Ok(())
}
