//! The canonical logs of the processes that somebody asked for, as far as blocks are settled.
//!
//! A derivation goes on where it stopped: its slots stand in the store, written in the same step as the height that they were
//! derived up to, because a record is judged once, at its own position, and never again (PROTOCOL 5.6).

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use aosec_challenge::derive::{
    Entry, HostTable, Hosting, Log, LogFault, LogHead, Parameters, Start, StepError,
};
use aosec_wire::{Id, Process};
use lru::LruCache;
use tokio::sync::Mutex as AsyncMutex;

use super::steps;
use super::{Handle, View};
use crate::store::canonical::LogKey;
use crate::store::{StoreError, canonical, law};

/// Logs kept in memory; the ids of a million slots take some 50 MB, and one that was forgotten is made again of its slots.
const LOGS_MAX: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");
/// Transactions stepped over at once: at 4 MiB each, some 64 MiB.
const TRANSACTIONS_AT_ONCE: u32 = 16;
/// Slots read at once when a log is made again.
const SLOTS_AT_ONCE: u32 = 10_000;

/// Why a log cannot be derived at the moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeriveError {
    /// No settled block was read yet.
    #[error("the base layer has not been read yet{}", because(trouble.as_deref()))]
    NotRead {
        /// What is in the way.
        trouble: Option<Arc<str>>,
    },
    /// The alarm of PROTOCOL 1.4.
    #[error("the base layer is not followed any more: {0}")]
    Alarm(Arc<str>),
    /// The process stands under a court.
    #[error(
        "process {process} names the court {origin}, whose tables say who hosts it; this node does not compute that court"
    )]
    Courted {
        /// The process.
        process: Id,
        /// What its `Origin` tag says.
        origin: String,
    },
    /// The stored log is damaged.
    #[error("the derived log of process {process} is damaged: {fault}")]
    Damaged {
        /// The process.
        process: Id,
        /// What is wrong with it.
        fault: LogFault,
    },
    /// What was stored does not fit together.
    #[error(transparent)]
    Misstep(#[from] StepError),
    /// The store failed.
    #[error("{0}")]
    Store(String),
    /// The node stops.
    #[error("the derivation was stopped")]
    Stopped,
}

impl From<StoreError> for DeriveError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

fn because(trouble: Option<&str>) -> String {
    trouble.map_or_else(String::new, |trouble| format!(": {trouble}"))
}

/// Where the log of a process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its end in the settled blocks.
    pub firm: LogHead,
    /// The newest settled block that was read.
    pub firm_height: u64,
    /// Its end at the newest block that was read.
    pub soft: LogHead,
}

#[derive(Debug)]
struct Derivation {
    log: Log,
    /// The settled height up to which it was derived.
    derived: Option<u64>,
}

type Seat = Arc<AsyncMutex<Option<Derivation>>>;

/// The derivations that are in memory.
#[derive(Debug)]
pub(super) struct Derivations(Mutex<LruCache<Id, Seat>>);

impl Default for Derivations {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(LOGS_MAX)))
    }
}

impl Derivations {
    fn seat(&self, process: Id) -> Seat {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(seats.get_or_insert(process, Seat::default))
    }
}

/// What a derivation needs to know of the process.
struct Terms {
    process: Id,
    hosts: HostTable,
    parameters: Parameters,
}

impl Handle {
    /// Derives the log of the process as far as blocks are settled.
    ///
    /// # Errors
    /// [`DeriveError`].
    pub async fn derive(&self, spawn: &Process) -> Result<u64, DeriveError> {
        match self.jurisdiction(spawn).await? {
            None => self.without_court(spawn).await,
            Some(court) if court.from == 0 => Ok(self.courted(court.log).await?.unwrap_or(0)),
            Some(court) => {
                // What lies before is outside the law, and read as of a process without a court (5.15).
                let before = self.without_court(spawn).await?;
                match before.checked_add(1) >= Some(court.from) {
                    true => Ok(self.courted(court.log).await?.unwrap_or(court.from - 1)),
                    false => Ok(before),
                }
            }
        }
    }

    /// The log by records alone (5.16).
    async fn without_court(&self, spawn: &Process) -> Result<u64, DeriveError> {
        let terms = self.terms(spawn)?;
        let firm = self.firm()?;
        let seat = self.0.derivations.seat(terms.process);
        let mut seat = seat.lock().await;
        let derivation = self.settled(seat.take(), &terms, firm).await?;
        let slot = derivation
            .log
            .firm_head()
            .slot
            .max(derivation.log.head().slot);
        *seat = Some(derivation);
        Ok(slot)
    }

    /// The last settled slot that the court has derived.
    async fn courted(&self, log: LogKey) -> Result<Option<u64>, DeriveError> {
        self.firm()?;
        Ok(canonical::last(&self.0.store, log).await?)
    }

    /// Where the log of the process stands, in the settled blocks and at the tip.
    ///
    /// # Errors
    /// [`DeriveError`].
    pub async fn standing(&self, spawn: &Process) -> Result<Standing, DeriveError> {
        let terms = self.terms(spawn)?;
        let firm_height = self.firm()?;
        let seat = self.0.derivations.seat(terms.process);
        let mut seat = seat.lock().await;
        let derivation = self.settled(seat.take(), &terms, firm_height).await?;
        let firm = *derivation.log.head();
        let copy = Derivation {
            log: derivation.log.clone(),
            derived: derivation.derived,
        };
        *seat = Some(derivation);
        let soft_height = self.view().soft.unwrap_or(firm_height);
        let soft = self.advanced(copy, &terms, soft_height, false).await?;
        Ok(Standing {
            firm,
            firm_height,
            soft: *soft.log.head(),
        })
    }

    /// At most `limit` settled slots that were derived, from `from` on; of a process that has joined a court later, those of the court
    /// or those before, never both.
    ///
    /// # Errors
    /// [`DeriveError::Store`].
    pub async fn slots(
        &self,
        spawn: &Process,
        from: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, DeriveError> {
        let court = self.jurisdiction(spawn).await?;
        let own = LogKey::without_court(spawn.item.id());
        let log = court.map_or(own, |court| match from < court.from {
            true => own,
            false => court.log,
        });
        let mut slots = canonical::from(&self.0.store, log, from, limit).await?;
        if let Some(court) = court.filter(|court| court.log != log) {
            slots.retain(|entry| entry.slot < court.from);
        }
        Ok(slots)
    }

    /// The settled slot of a message, as far as slots were derived.
    ///
    /// # Errors
    /// [`DeriveError::Store`].
    pub async fn slot_of(
        &self,
        spawn: &Process,
        message: Id,
    ) -> Result<Option<Entry>, DeriveError> {
        let (store, court) = (&self.0.store, self.jurisdiction(spawn).await?);
        if let Some(court) = &court {
            let found = canonical::of_message(store, court.log, message).await?;
            if found.is_some() || court.from == 0 {
                return Ok(found);
            }
        }
        let own = LogKey::without_court(spawn.item.id());
        let found = canonical::of_message(store, own, message).await?;
        let counts = |entry: &Entry| court.is_none_or(|court| entry.slot < court.from);
        Ok(found.filter(counts))
    }

    fn firm(&self) -> Result<u64, DeriveError> {
        let View {
            firm,
            trouble,
            alarm,
            ..
        } = self.view();
        match (alarm, firm) {
            (true, _) => Err(DeriveError::Alarm(trouble.unwrap_or_default())),
            (false, Some(firm)) => Ok(firm),
            (false, None) => Err(DeriveError::NotRead { trouble }),
        }
    }

    fn terms(&self, spawn: &Process) -> Result<Terms, DeriveError> {
        let process = spawn.item.id();
        let hosting = Hosting::of_spawn(spawn).ok_or_else(|| DeriveError::Courted {
            process,
            origin: spawn
                .item
                .tags()
                .get("Origin")
                .unwrap_or_default()
                .to_owned(),
        })?;
        let mut hosts = HostTable::new();
        hosts.insert(process, hosting);
        let settlement_depth = usize::try_from(self.0.settlement_depth).unwrap_or(usize::MAX);
        Ok(Terms {
            process,
            hosts,
            parameters: Parameters {
                settlement_depth,
                ..Parameters::ARWEAVE
            },
        })
    }

    async fn settled(
        &self,
        kept: Option<Derivation>,
        terms: &Terms,
        firm: u64,
    ) -> Result<Derivation, DeriveError> {
        let derivation = match kept {
            Some(derivation) => derivation,
            None => self.restored(terms).await?,
        };
        self.advanced(derivation, terms, firm, true).await
    }

    /// The derivation as the store keeps it.
    async fn restored(&self, terms: &Terms) -> Result<Derivation, DeriveError> {
        let process = terms.process;
        let own = LogKey::without_court(process);
        let derived = canonical::derived(&self.0.store, own).await?;
        let mut entries: Vec<Entry> = Vec::new();
        while derived.is_some() {
            let next = entries.last().map_or(0, |last| last.slot + 1);
            let more = canonical::from(&self.0.store, own, next, SLOTS_AT_ONCE).await?;
            if more.is_empty() {
                break;
            }
            entries.extend(more);
        }
        let (start, firm) = (Start::of_spawn(process), derived.unwrap_or(0));
        let log = Log::restore(process, start, entries, firm, &terms.parameters);
        Ok(Derivation {
            log: log.map_err(|fault| DeriveError::Damaged { process, fault })?,
            derived,
        })
    }

    /// Steps over the blocks up to `to`; `keeps` says whether they are settled, and their slots written down.
    async fn advanced(
        &self,
        mut derivation: Derivation,
        terms: &Terms,
        to: u64,
        keeps: bool,
    ) -> Result<Derivation, DeriveError> {
        let process = terms.process;
        loop {
            let after = derivation.derived;
            if after.is_some_and(|after| after >= to) {
                return Ok(derivation);
            }
            let found =
                law::mentioning(&self.0.store, process, after, to, TRANSACTIONS_AT_ONCE).await?;
            let Some(last) = found.last().map(|last| last.height) else {
                derivation.derived = Some(to);
                return Ok(derivation);
            };
            let (hosts, parameters) = (terms.hosts.clone(), terms.parameters);
            let log = derivation.log;
            let stepped =
                tokio::task::spawn_blocking(move || steps::over(log, &hosts, &parameters, found));
            let (mut log, entries) = stepped.await.map_err(|_lost| DeriveError::Stopped)??;
            if keeps {
                log.settle(last);
                let forgets = self.0.court.is_none();
                let own = LogKey::without_court(process);
                let extend = async move |db: &mut crate::store::Db| {
                    canonical::extend(db, own, &entries, last).await?;
                    match forgets {
                        true => law::prune(db, process, after, last).await,
                        false => Ok(()),
                    }
                };
                self.0.store.write(extend).await?;
            }
            derivation = Derivation {
                log,
                derived: Some(last),
            };
        }
    }
}
