//! The scheduler unit: gives each message its slot, signs it, shows it, and puts it on the base layer.
//!
//! Read in this order: [`chain`] (what stands in the next slots), [`guard`] (the only road to a signature), [`recover`] (what
//! the start makes of store and guard), [`watch`] (whether somebody else has the key), [`standing`] (what follows),
//! [`admission`] and [`actor`] (the one owner of a log), [`reference`] (what is assigned that stands elsewhere), [`joining`] (how a
//! log comes under a court), [`registry`] (which logs are awake), [`reader`] (logs as others see them), [`outbox`], [`passage`] and [`publish`] (the way to the base layer), [`ports`] (what is
//! needed from outside, and in [`adapters`] how the node gives it).
//!
//! What is acknowledged is durable: an assignment leaves this unit only after store and guard hold it (D1). The unit calls no
//! other unit (A3). It does not judge what messages say; any valid message to a process of its own gets a slot.
//!
//! Deliberately absent: epochs above 0, which only Origin opens; rate limits, which belong to the edge.

mod actor;
pub mod adapters;
mod admission;
pub mod chain;
mod crossing;
mod force;
mod gather;
pub mod guard;
pub mod joining;
mod leave;
mod outbox;
mod passage;
pub mod ports;
mod publish;
pub mod pure;
mod reader;
mod recent;
pub mod recover;
mod reference;
pub mod refusal;
mod registry;
mod repeated;
pub mod resume;
mod rows;
mod standing;
pub mod watch;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use aosec_wire::{Address, Assignment, Id, Scheduled, VerifiedItem};
use tokio::sync::{Semaphore, oneshot};
use tokio_util::task::TaskTracker;

use self::{
    actor::Actor,
    admission::Want,
    gather::Gather,
    ports::{BaseLayer, Clock, Court, Tip},
    recent::Recent,
    recover::{Findings, examine},
    reference::Elsewhere,
    registry::{Handed, Letter, Registry, Request},
    standing::Bench,
};
pub use self::{
    guard::Guard,
    ports::SystemClock,
    publish::Publishing,
    reader::{Entry, Page},
    refusal::{Refusal, Unavailable},
    standing::Standing,
    watch::{Shown, Sources, Watch},
};
pub use crate::store::page::Span;
use crate::{
    metrics,
    store::{Store, StoreError, process},
};

/// Bytes of messages that may wait for their slots, over all processes: memory that senders can take.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What the unit is made of.
pub struct Parts {
    /// Where logs are kept.
    pub store: Store,
    /// The guard of the scheduler key.
    pub guard: Guard,
    /// The tip that is stamped.
    pub tip: Arc<dyn Tip>,
    /// Where assignments by reference are looked up, and logs published.
    pub base_layer: Arc<dyn BaseLayer>,
    /// The clock of the stamps.
    pub clock: Arc<dyn Clock>,
    /// Who is asked about processes that name a court.
    pub court: Arc<dyn Court>,
    /// What the operator may set.
    pub settings: Settings,
}

/// What the operator may set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Confirmations that an assigned transaction needs where its process says nothing: 20 on real networks.
    pub settlement_depth: u64,
    /// How logs are published.
    pub publishing: Publishing,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            settlement_depth: 20,
            publishing: Publishing::default(),
        }
    }
}

/// The scheduler. Clones share it.
#[derive(Clone, Debug)]
pub struct Handle {
    shared: Arc<Shared>,
}

pub(in crate::su) struct Shared {
    store: Store,
    guard: Guard,
    tip: Arc<dyn Tip>,
    base_layer: Arc<dyn BaseLayer>,
    clock: Arc<dyn Clock>,
    court: Arc<dyn Court>,
    settings: Settings,
    registry: Registry,
    gather: Gather,
    recent: Recent,
    elsewhere: Elsewhere,
    tasks: TaskTracker,
    room: Arc<Semaphore>,
    bench: Bench,
    publication_stalled: AtomicBool,
}

impl Handle {
    /// Compares store and guard, signs what was committed and not signed, and begins to publish.
    ///
    /// Where store and guard disagree, the unit reads and publishes, and refuses messages with the reason.
    pub async fn start(parts: Parts) -> Result<Self, StoreError> {
        Self::open(parts, Standing::Signing).await
    }

    /// The same, and asks first, and ever again, whether somebody else has the key.
    pub async fn start_watched(parts: Parts, watch: Watch) -> Result<Self, StoreError> {
        let handle = Self::open(parts, Standing::Looking).await?;
        watch::start(&handle.shared, watch);
        Ok(handle)
    }

    async fn open(parts: Parts, first: Standing) -> Result<Self, StoreError> {
        if let Some(torn) = parts.guard.torn() {
            tracing::warn!(
                at = torn.at,
                bytes = torn.bytes,
                "the guard file ended in a write that was cut off"
            );
        }
        let found = examine(
            &process::reaches(&parts.store).await?,
            parts.guard.recorded(),
        );
        let handle = Self {
            shared: Arc::new(Shared::new(parts, found, first)),
        };
        if handle.standing() == Standing::Signing {
            handle.shared.sign_unsigned().await;
        }
        publish::start(&handle.shared).await?;
        Ok(handle)
    }

    /// The address of the scheduler key: what a spawn names in its `Scheduler` tag.
    pub fn address(&self) -> &Address {
        self.shared.guard.address()
    }

    /// The tip that would be stamped now.
    pub fn tip_height(&self) -> Option<u64> {
        self.shared.tip.height()
    }

    /// The clock that would be stamped now.
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms()
    }

    /// Gives a message or a spawn its slot. The assignment is durable when this returns.
    pub async fn submit(&self, item: VerifiedItem) -> Result<Assignment, Refusal> {
        counted(self.schedule(item).await)
    }

    /// Gives an item or a transaction that stands elsewhere a slot of `process`.
    pub async fn assign(
        &self,
        process: Id,
        id: Id,
        base_layer: bool,
        exclude: Vec<String>,
    ) -> Result<Assignment, Refusal> {
        counted(self.reference(process, id, base_layer, exclude).await)
    }

    /// Takes nothing new and returns when all that was taken is answered and kept.
    pub async fn close(&self) {
        self.shared.registry.close();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    async fn schedule(&self, item: VerifiedItem) -> Result<Assignment, Refusal> {
        match Scheduled::classify(item)? {
            Scheduled::Process(spawn) if spawn.scheduler == *self.address() => {
                self.may_open(&spawn.item).await?;
                self.enter(spawn.item.id(), Want::Spawn(spawn.item)).await
            }
            Scheduled::Process(spawn) => Err(Refusal::OtherScheduler {
                process: spawn.item.id(),
                scheduler: spawn.scheduler,
                own: self.address().clone(),
            }),
            Scheduled::Message(message) => {
                self.enter(message.process, Want::Message(message.item))
                    .await
            }
        }
    }

    /// Hands a message to the owner of its log and waits for its slot.
    async fn enter(&self, process: Id, want: Want) -> Result<Assignment, Refusal> {
        if let Some(reason) = self.unavailable_for(process) {
            return Err(reason.into());
        }
        let is_spawn = matches!(want, Want::Spawn(_));
        let (reply, answer) = oneshot::channel();
        let letter = Letter::Item(Request {
            _room: self.room(&want)?,
            want,
            reply,
            since: Instant::now(),
        });
        if let Handed::Asleep(letter) = self.shared.registry.hand(process, letter)? {
            if !is_spawn && !process::exists(&self.shared.store, process).await? {
                return Err(Refusal::UnknownProcess(process));
            }
            self.wake(process)?;
            if let Handed::Asleep(_) = self.shared.registry.hand(process, *letter)? {
                return Err(Unavailable::Full.into());
            }
        }
        answer.await.unwrap_or(Err(Unavailable::Stopping.into()))
    }

    fn room(&self, want: &Want) -> Result<tokio::sync::OwnedSemaphorePermit, Unavailable> {
        let bytes = want.item().map_or(0, |item| item.bytes().len());
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.shared
            .room
            .clone()
            .try_acquire_many_owned(permits)
            .map_err(|_| Unavailable::Full)
    }

    fn wake(&self, process: Id) -> Result<(), Unavailable> {
        let shared = self.shared.clone();
        self.shared.registry.wake(process, |mailbox, tail| {
            let actor = Actor::new(process, shared, mailbox, tail);
            self.shared.tasks.spawn(actor.run());
        })
    }
}

impl Shared {
    fn new(parts: Parts, found: Findings, first: Standing) -> Self {
        let halted = parts.guard.look(|book| book.halt().map(str::to_owned));
        let Parts {
            store,
            guard,
            tip,
            base_layer,
            clock,
            court,
            settings,
        } = parts;
        Self {
            gather: Gather::start(store.clone()),
            store,
            guard,
            tip,
            base_layer,
            clock,
            court,
            settings,
            registry: Registry::default(),
            recent: Recent::default(),
            elsewhere: Elsewhere::default(),
            tasks: TaskTracker::new(),
            room: Arc::new(Semaphore::new(WAITING_BYTES_MAX)),
            bench: Bench::new(found, halted, first),
            publication_stalled: AtomicBool::new(false),
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("scheduler", self.guard.address())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

fn counted(answer: Result<Assignment, Refusal>) -> Result<Assignment, Refusal> {
    if answer.is_err() {
        metrics::refusals().with_label_values(&["su"]).inc();
    }
    answer
}

#[cfg(test)]
pub(crate) mod tests;
