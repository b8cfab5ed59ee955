//! The ports of the messenger made of the real parts: locations, compute unit, bundler, and whoever knows a process's spawn.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use aosec_wire::{Address, Id, Outcome, Process, Scheduled, Tags, VerifiedItem};
use bytes::Bytes;
use lru::LruCache;
use reqwest::Url;

use super::courted::{Courted, NoCourt};
use super::ports::{
    Computed, Court, Directory, Hostless, Inboxes, Lost, NotComputed, NotUploaded, Pending, Places,
    Ports, ProcessFacts, Results, Ripe, Ticks, Unreachable, Uploads,
};
use crate::arweave::bundler::Bundler;
use crate::arweave::gateway::Gateway;
use crate::cu::cron::Schedule;
use crate::cu::input::Moment;
use crate::cu::source::Log;
use crate::cu::ticks::Taken;
use crate::cu::{self, CuError};
use crate::locate::{LocateError, Locations, Reach};
use crate::store::Store;
use crate::{origin, su};

/// Processes whose facts are remembered; they never change, and one takes some 200 bytes.
const FACTS_MAX: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// Ticks of a process that are pushed at once; more follow right behind them.
const RIPE_MAX: u32 = 64;

/// The parts of the node that the messenger stands on.
#[derive(Debug)]
pub struct Neighbours {
    /// Where schedulers answer.
    pub locations: Locations,
    /// The roots that the operator named: the node's own scheduler and the peers.
    pub named: Vec<Url>,
    /// Who computes.
    pub cu: cu::Handle,
    /// Logs, whose first entry is the spawn: the same as the compute unit's.
    pub log: Arc<dyn Log>,
    /// The way to the base layer.
    pub bundler: Bundler,
    /// Which processes this node orders.
    pub su: su::Handle,
    /// The court, where this node computes one.
    pub court: Option<origin::Handle>,
    /// What the court has settled.
    pub store: Store,
}

impl Court for origin::Handle {
    fn firm_above(&self, height: Option<u64>) -> Pending<'_, Option<u64>> {
        Box::pin(async move {
            let mut standings = self.standings();
            let risen = standings.wait_for(|standing| standing.firm > height).await;
            risen.ok().and_then(|standing| standing.firm)
        })
    }
}

impl Neighbours {
    /// The ports.
    #[must_use]
    pub fn into_ports(self) -> Ports {
        let directory: Arc<dyn Directory> = Arc::new(Spawns {
            log: self.log,
            gateway: self.bundler.gateway().clone(),
            facts: Mutex::new(LruCache::new(FACTS_MAX)),
        });
        let courted = self.court.map(|court| {
            Arc::new(Courted {
                court,
                su: self.su,
                cu: self.cu.clone(),
                store: self.store,
                directory: Arc::clone(&directory),
            })
        });
        let inboxes: Arc<dyn Inboxes> = match &courted {
            Some(courted) => Arc::<Courted>::clone(courted),
            None => Arc::new(NoCourt),
        };
        Ports {
            places: Arc::new(Known {
                locations: self.locations,
                named: self.named,
            }),
            ticks: Arc::new(self.cu.clone()),
            results: Arc::new(self.cu),
            uploads: Arc::new(self.bundler),
            directory,
            inboxes,
            hostless: courted.map(|courted| courted as Arc<dyn Hostless>),
        }
    }
}

struct Known {
    locations: Locations,
    named: Vec<Url>,
}

impl Places for Known {
    fn find(&self, process: Id, scheduler: Option<Address>) -> Pending<'_, Result<Url, Lost>> {
        Box::pin(async move {
            let found = self.locations.search(process, scheduler.as_ref()).await;
            found.map_err(|error| match error {
                LocateError::NoScheduler(_) => Lost::Unknown,
                other => Lost::Unreachable(other.to_string()),
            })
        })
    }

    fn is_named_by_operator(&self, url: &Url) -> bool {
        self.locations.reach() == Reach::Anywhere
            || self
                .named
                .iter()
                .any(|named| named.origin() == url.origin())
    }

    fn forget(&self, process: Id) {
        self.locations.forget_process(process);
    }
}

impl Results for cu::Handle {
    fn result(&self, process: Id, message: Id) -> Pending<'_, Result<Computed, NotComputed>> {
        Box::pin(async move {
            let kept = Self::result(self, process, message)
                .await
                .map_err(not_computed)?;
            let outcome = Outcome::parse(kept.json);
            let outcome = outcome.map_err(|error| NotComputed::Never(error.to_string()))?;
            Ok(Computed {
                slot: kept.slot,
                outcome,
            })
        })
    }
}

impl Ticks for cu::Handle {
    fn now(&self) -> Option<Moment> {
        Self::now(self)
    }

    fn is_prompt(&self, process: Id) -> Pending<'_, Result<bool, NotComputed>> {
        Box::pin(async move { Self::is_prompt(self, process).await.map_err(not_computed) })
    }

    fn ripe(&self, process: Id, taken: Taken) -> Pending<'_, Result<Ripe, NotComputed>> {
        Box::pin(async move {
            let found = self.ripe_ticks(process, &taken, RIPE_MAX).await;
            let (ticks, pause) = found.map_err(not_computed)?;
            let ticks = ticks.into_iter().map(|mut ticked| {
                let outcome = Outcome::parse(std::mem::take(&mut ticked.json));
                let outcome = outcome.map_err(|error| NotComputed::Never(error.to_string()))?;
                Ok((ticked, outcome))
            });
            Ok(Ripe {
                ticks: ticks.collect::<Result<_, NotComputed>>()?,
                pause,
            })
        })
    }
}

/// What asking again cannot change, as far as this program goes; all else may pass.
pub(super) fn not_computed(error: CuError) -> NotComputed {
    match error {
        CuError::NotAProcess { .. }
        | CuError::Format { .. }
        | CuError::ModuleTooLarge { .. }
        | CuError::Cron { .. }
        | CuError::Terms { .. } => NotComputed::Never(error.to_string()),
        other => NotComputed::Later(other.to_string()),
    }
}

impl Uploads for Bundler {
    fn upload(&self, items: Vec<Bytes>) -> Pending<'_, Result<(), NotUploaded>> {
        Box::pin(async move {
            let posted = self.post_data(items, Tags::new()).await;
            posted
                .map(drop)
                .map_err(|error| NotUploaded(error.to_string()))
        })
    }
}

/// Spawns as logs have them, else as the base layer has them.
struct Spawns {
    log: Arc<dyn Log>,
    gateway: Gateway,
    facts: Mutex<LruCache<Id, ProcessFacts>>,
}

impl Directory for Spawns {
    fn process(&self, process: Id) -> Pending<'_, Result<Option<ProcessFacts>, Unreachable>> {
        Box::pin(async move {
            if let Some(known) = self.remembered(process) {
                return Ok(Some(known));
            }
            let Some(spawn) = self.spawn(process).await? else {
                return Ok(None);
            };
            // An item that spawns nothing is no process, whoever asks.
            let Ok(Scheduled::Process(Process {
                item,
                module,
                scheduler,
            })) = Scheduled::classify(spawn)
            else {
                return Ok(None);
            };
            let facts = ProcessFacts {
                owner: item.owner_address().clone(),
                module,
                scheduler,
                wakes: Schedule::read(item.tags()).map(|schedule| schedule.is_some()),
            };
            self.remember(process, facts.clone());
            Ok(Some(facts))
        })
    }
}

impl Spawns {
    /// The base layer is asked also where no scheduler answers: a process outlives its host.
    async fn spawn(&self, process: Id) -> Result<Option<VerifiedItem>, Unreachable> {
        if let Ok(Some(spawn)) = self.log.spawn(process).await {
            return Ok(Some(spawn));
        }
        let found = self.gateway.item(process).await;
        found.map_err(|error| Unreachable(error.to_string()))
    }

    fn remembered(&self, process: Id) -> Option<ProcessFacts> {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.get(&process).cloned()
    }

    fn remember(&self, process: Id, known: ProcessFacts) {
        let mut facts = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.put(process, known);
    }
}
