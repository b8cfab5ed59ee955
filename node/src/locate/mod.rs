//! Where the scheduler of a process answers (D11).
//!
//! Asked in this order: the node's own table → peers named in the configuration → the gateway (the process's `Scheduler` tag, then the
//! Scheduler-Location which that scheduler signed). What the gateway finds is kept for its time to live, within bounds, and is refused
//! where it points into a private network ([`reach`]). What the operator configured is believed.
//!
//! Redirects (307) are followed by whoever sends the request, with [`Reach::check`] at each step.

mod peers;
pub mod reach;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aosec_wire::{Address, Id};
use lru::LruCache;
use reqwest::{Client, Url};
use thiserror::Error;
use tokio::time::Instant;

use crate::arweave::gateway::{Gateway, GatewayError};
use crate::arweave::location::Location;
pub use reach::{Reach, Unreachable};

/// Processes whose scheduler is remembered: at some 150 bytes each, under 3 MiB.
const PROCESSES_MAX: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");
/// Schedulers whose location is remembered: more than there are operators.
const SCHEDULERS_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");
/// A location is believed at least so long: a time to live of 0 would make every message ask the gateway.
const TTL_MIN: Duration = Duration::from_secs(1);
/// And at most so long, whatever it says: the house itself publishes one hour (D11).
const TTL_MAX: Duration = Duration::from_secs(3_600);

/// What [`OwnTable::find`] gives.
pub type OwnAnswer<'a> = Pin<Box<dyn Future<Output = Option<Url>> + Send + 'a>>;

/// The processes that this node hosts itself.
pub trait OwnTable: Send + Sync + 'static {
    /// Where this node answers for `process`; none if it does not host it.
    fn find(&self, process: Id) -> OwnAnswer<'_>;
}

/// A node that hosts nothing.
#[derive(Clone, Copy, Debug)]
pub struct NoTable;

impl OwnTable for NoTable {
    fn find(&self, _process: Id) -> OwnAnswer<'_> {
        Box::pin(std::future::ready(None))
    }
}

/// Finds schedulers. Cloning it shares what it remembers.
#[derive(Clone)]
pub struct Locations(Arc<Inner>);

struct Inner {
    own: Box<dyn OwnTable>,
    peers: BTreeMap<Address, Url>,
    client: Option<Client>,
    gateway: Gateway,
    reach: Reach,
    memory: Mutex<Memory>,
}

/// Never held over a wait; a panic inside leaves it whole, because each step is one call into a cache.
struct Memory {
    schedulers: LruCache<Id, Address>,
    locations: LruCache<Address, (Url, Instant)>,
}

impl Locations {
    /// Finds schedulers by this node's own table, then among `peers`, then through `gateway`, and lets the last lead no further than
    /// `reach`.
    #[must_use]
    pub fn new(
        own: impl OwnTable,
        peers: BTreeMap<Address, Url>,
        gateway: Gateway,
        reach: Reach,
    ) -> Self {
        let memory = Memory {
            schedulers: LruCache::new(PROCESSES_MAX),
            locations: LruCache::new(SCHEDULERS_MAX),
        };
        Self(Arc::new(Inner {
            own: Box::new(own),
            client: peers::client(),
            peers,
            gateway,
            reach,
            memory: Mutex::new(memory),
        }))
    }

    /// The root of the origin where the scheduler of `process` answers. `scheduler` is its address, where the caller knows it.
    ///
    /// # Errors
    /// [`LocateError`]; nothing is remembered then.
    pub async fn find(&self, process: Id, scheduler: Option<&Address>) -> Result<Url, LocateError> {
        if let Some(url) = self.0.own.find(process).await {
            return Ok(url);
        }
        let scheduler = match scheduler {
            Some(scheduler) => scheduler.clone(),
            None => self.scheduler_of(process).await?,
        };
        if let Some(url) = self.0.peers.get(&scheduler) {
            return Ok(url.clone());
        }
        self.location_of(&scheduler).await
    }

    /// As [`Self::find`], but asks the peers as well where no gateway knows the process: it may be younger than a block.
    ///
    /// # Errors
    /// [`LocateError`]; nothing is remembered then.
    pub async fn search(
        &self,
        process: Id,
        scheduler: Option<&Address>,
    ) -> Result<Url, LocateError> {
        let lost = match self.find(process, scheduler).await {
            Err(lost @ (LocateError::NoScheduler(_) | LocateError::Gateway(_))) => lost,
            other => return other,
        };
        let Some(client) = &self.0.client else {
            return Err(lost);
        };
        let scheduler = peers::scheduler(client, &self.0.peers, process)
            .await
            .ok_or(lost)?;
        self.remembering(|memory| memory.schedulers.put(process, scheduler.clone()));
        self.find(process, Some(&scheduler)).await
    }

    /// Forgets where a scheduler answers: it did not, and the next call asks again.
    pub fn forget(&self, scheduler: &Address) {
        self.remembering(|memory| memory.locations.pop(scheduler));
    }

    /// Forgets where the scheduler of `process` answers, for who knows the process alone.
    pub fn forget_process(&self, process: Id) {
        self.remembering(|memory| {
            if let Some(scheduler) = memory.schedulers.peek(&process).cloned() {
                memory.locations.pop(&scheduler);
            }
        });
    }

    /// How far a request of this node may go.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.0.reach
    }

    async fn scheduler_of(&self, process: Id) -> Result<Address, LocateError> {
        if let Some(known) = self.remembering(|memory| memory.schedulers.get(&process).cloned()) {
            return Ok(known);
        }
        let found = self.0.gateway.process_scheduler(process).await?;
        let scheduler = found.ok_or(LocateError::NoScheduler(process))?;
        self.remembering(|memory| memory.schedulers.put(process, scheduler.clone()));
        Ok(scheduler)
    }

    async fn location_of(&self, scheduler: &Address) -> Result<Url, LocateError> {
        let known = self.remembering(|memory| memory.locations.get(scheduler).cloned());
        if let Some((url, until)) = known
            && Instant::now() < until
        {
            return Ok(url);
        }
        let found = self.0.gateway.scheduler_location(scheduler).await?;
        let location = found.ok_or_else(|| LocateError::NoLocation(scheduler.clone()))?;
        self.0.reach.check(&location.url).await?;
        let until = Instant::now() + time_to_live(&location);
        self.remembering(|memory| {
            memory
                .locations
                .put(scheduler.clone(), (location.url.clone(), until))
        });
        Ok(location.url)
    }

    fn remembering<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        act(&mut self.0.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Locations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locations")
            .field("peers", &self.0.peers)
            .field("reach", &self.0.reach)
            .finish_non_exhaustive()
    }
}

fn time_to_live(location: &Location) -> Duration {
    Duration::from_millis(location.ttl_ms).clamp(TTL_MIN, TTL_MAX)
}

/// Why it is not known where a scheduler answers.
#[derive(Debug, Error)]
pub enum LocateError {
    /// No gateway has the process, or its spawn names no scheduler.
    #[error("no gateway knows the process {0} and its Scheduler tag")]
    NoScheduler(Id),
    /// The scheduler never said where it answers.
    #[error("the scheduler {0} has published no Scheduler-Location")]
    NoLocation(Address),
    /// It says a place where this node does not go.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The gateways failed.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
}

#[cfg(test)]
mod tests;
