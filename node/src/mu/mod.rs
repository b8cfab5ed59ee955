//! The messenger unit: a durable outbox that carries messages to their processes, and what they produce further on.
//!
//! A client's message is kept, brought to the scheduler of its process within the first hop's time, and answered with its slot.
//! After that the unit works alone: it asks the compute unit for the result, signs what the result sends out, and takes each
//! piece along the same road, for ever if need be. Nothing that was taken is given up, and nothing arrives twice, because every
//! id is a function of who sent what at which slot ([`push`]).
//!
//! Read in this order: [`outbox`] (one message's life, pure), [`budget`] (pace and bounds, pure), [`push`] (what a result becomes,
//! pure), [`fees`] and [`payments`] (what it costs, and what was paid, pure), [`entry`] and `rows` (an entry and its columns), `ledger` and
//! `accounts` (the transactions), `first_hop`, `actor`, `watch`, `hostless` and `income` (the loops), `courier` (to the scheduler and back),
//! [`ports`] (what the unit needs of the others), `courted` (those that a court stands behind).
//!
//! Deliberately absent: when a process wakes (the compute unit says it), status codes, SQL.

mod accounts;
mod actor;
pub mod adapters;
pub mod budget;
mod courier;
mod courted;
pub mod entry;
pub mod fees;
mod first_hop;
mod hostless;
mod income;
mod ledger;
mod monitor;
pub mod outbox;
pub mod payments;
pub mod ports;
pub mod push;
mod rows;
#[cfg(test)]
mod tests;
mod waiting;
mod watch;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aosec_wire::error::MessageError;
use aosec_wire::{Address, Id, Scheduled, SigningKey, VerifiedItem};
use bytes::Bytes;
use tokio::sync::{Notify, Semaphore};

use self::courier::Courier;
use self::entry::Entry;
use self::fees::{Account, Bill, Charge, Terms};
use self::ledger::Moment;
pub use self::monitor::{MonitorRefusal, TAG as MONITOR_TAG};
use self::ports::{Court, Ports};
use self::push::{Assign, Cargo};
use self::waiting::Waiting;
use crate::metrics;
use crate::shutdown::Shutdown;
use crate::store::{Store, StoreError, outbox as table};

/// First hops under way at once: a thousand clients that speak at the same moment, and as many again.
const FIRST_HOPS_MAX: usize = 2_048;
/// Bytes of their items together: memory that senders can take.
const FIRST_HOPS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Children that a status names.
const CHILDREN_SHOWN_MAX: usize = budget::FAN_OUT_MAX as usize;

/// What the operator may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a client waits for its slot (D7).
    pub first_hop: Duration,
    /// What it costs; none where nothing.
    pub fees: Option<Arc<Charging>>,
}

/// A fee, and the court by which it is paid.
#[derive(Debug)]
pub struct Charging {
    /// How much, to whom, in which token.
    pub terms: Terms,
    /// Says up to where payments can be counted.
    pub court: Arc<dyn Court>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first_hop: Duration::from_secs(10),
            fees: None,
        }
    }
}

/// The messenger, for everybody else. Clones share it.
#[derive(Clone, Debug)]
pub struct Handle {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    ports: Ports,
    courier: Courier,
    authority: SigningKey,
    settings: Settings,
    waiting: Waiting,
    first_hops: Arc<Semaphore>,
    first_hops_bytes: Arc<Semaphore>,
    /// Whether fees may be set aside: they are asked, or were before the start.
    holds_fees: bool,
    /// Told whenever an entry became due.
    work: Notify,
    /// Told whenever somebody is watched, or no longer.
    watch: Notify,
}

/// A message with its slot.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The item's id; of an assignment by reference, the assignment's id.
    pub id: Id,
    /// The slot; none only for what went to a wallet.
    pub slot: Option<u64>,
    /// The receipt (D6).
    pub assignment: Option<Bytes>,
}

/// Why a message was not taken to its slot.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no message and no process.
    #[error("{0}")]
    Message(#[from] MessageError),
    /// The scheduler, or everybody who might know its process, said no.
    #[error("{reason}")]
    Declined {
        /// The message.
        id: Id,
        /// Who, and in which words.
        reason: outbox::Reason,
    },
    /// The first hop's time is over. The message is kept.
    #[error(
        "no slot within {waited_s} s: the message is kept as unassigned; send the same bytes again, or open a challenge with them"
    )]
    Unassigned {
        /// The message.
        id: Id,
        /// Seconds waited.
        waited_s: u64,
    },
    /// The sender's credit is too small. Nothing was kept.
    #[error("{0}")]
    Unpaid(Box<Bill>),
    /// Nobody has signed it, so nobody's credit can be charged.
    #[error(
        "this messenger asks a fee, and an assignment by reference has no signer who could pay it: give it to the scheduler of the process itself"
    )]
    Unsigned,
    /// Too many first hops at once.
    #[error("too many messages wait for their slot already: try again in a moment")]
    Busy,
    /// The store failed.
    #[error("the outbox could not be written: {0}")]
    Store(#[from] StoreError),
    /// The unit is stopping.
    #[error("the node is stopping")]
    Stopping,
}

/// Everything about one entry, for people.
#[derive(Clone, Debug)]
pub struct Status {
    /// The entry.
    pub entry: Entry,
    /// What came of it, in the order of sending.
    pub children: Vec<Entry>,
}

/// Opens the outbox and begins to work on what is unfinished.
///
/// # Errors
/// [`StartError`] where the store cannot be used or no client can be made.
pub async fn start(
    store: Store,
    ports: Ports,
    authority: SigningKey,
    settings: Settings,
    shutdown: Shutdown,
) -> Result<Handle, StartError> {
    let holds_fees = settings.fees.is_some() || crate::store::fee::holds_any(&store).await?;
    let inner = Arc::new(Inner {
        holds_fees,
        courier: Courier::new(ports.places.clone(), ports.inboxes.clone())?,
        store,
        ports,
        authority,
        settings,
        waiting: Waiting::default(),
        first_hops: Arc::new(Semaphore::new(FIRST_HOPS_MAX)),
        first_hops_bytes: Arc::new(Semaphore::new(FIRST_HOPS_BYTES_MAX)),
        work: Notify::new(),
        watch: Notify::new(),
    });
    inner.store.write(table::end_pauses).await?;
    for key in table::orphaned_first_hops(&inner.store).await? {
        tokio::spawn(first_hop::resume(inner.clone(), key));
    }
    shutdown.track(actor::run(inner.clone(), shutdown.clone()));
    shutdown.track(watch::run(inner.clone(), shutdown.clone()));
    if let Some(charging) = inner.settings.fees.clone() {
        shutdown.track(income::run(inner.clone(), charging, shutdown.clone()));
    }
    if let Some(senders) = inner.ports.hostless.clone() {
        shutdown.track(hostless::run(inner.clone(), senders, shutdown.clone()));
    }
    Ok(Handle { inner })
}

/// Why the unit cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store.
    #[error("the outbox cannot be opened: {0}")]
    Store(#[from] StoreError),
    /// The HTTP client.
    #[error("no HTTP client can be made: {0}")]
    Client(#[from] reqwest::Error),
}

impl Handle {
    /// Takes a client's item to its scheduler and answers with the slot.
    ///
    /// # Errors
    /// [`Refusal`]; only [`Refusal::Unassigned`] keeps the item.
    pub async fn accept(&self, item: VerifiedItem) -> Result<Accepted, Refusal> {
        counted(self.take(item, false).await)
    }

    /// The same, and no further: what the message comes to is computed by whoever asks, and what it sends is not pushed from here. Of the
    /// same bytes the first word counts.
    ///
    /// # Errors
    /// [`Refusal`], as for [`Handle::accept`].
    pub async fn cast(&self, item: VerifiedItem) -> Result<Accepted, Refusal> {
        counted(self.take(item, true).await)
    }

    /// Gives a message that stands elsewhere a slot of one more process.
    ///
    /// # Errors
    /// [`Refusal`], as for [`Handle::accept`].
    pub async fn assign(&self, assign: Assign) -> Result<Accepted, Refusal> {
        counted(first_hop::carry(self.inner.clone(), Cargo::Assign(assign), false).await)
    }

    async fn take(&self, item: VerifiedItem, is_cast: bool) -> Result<Accepted, Refusal> {
        let cargo = Cargo::from(Scheduled::classify(item)?);
        first_hop::carry(self.inner.clone(), cargo, is_cast).await
    }

    /// How far `id` has come; none where this node never carried it.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    pub async fn status(&self, id: Id) -> Result<Option<Status>, StoreError> {
        let store = &self.inner.store;
        let Some(entry) = ledger::find(store, id).await? else {
            return Ok(None);
        };
        let rows = table::children(store, id, CHILDREN_SHOWN_MAX).await?;
        let children = rows
            .into_iter()
            .map(Entry::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Some(Status { entry, children }))
    }

    /// The bytes of an item that this node keeps, with a slot or without.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    pub async fn raw(&self, id: Id) -> Result<Option<Bytes>, StoreError> {
        let item = crate::store::item::find(&self.inner.store, id).await?;
        Ok(item.map(|item| item.bytes().clone()))
    }

    /// Remembers that `process` is to be watched, or no longer, by the word of its owner; says of a watched one whether it is woken as soon
    /// as its ticks are due, or once the slot behind them shows.
    ///
    /// # Errors
    /// [`MonitorRefusal`].
    pub async fn monitor(
        &self,
        process: Id,
        wish: &VerifiedItem,
        watch: bool,
    ) -> Result<bool, MonitorRefusal> {
        monitor::keep(&self.inner, process, wish, watch).await
    }

    /// What this messenger asks; none where nothing.
    #[must_use]
    pub fn terms(&self) -> Option<&Terms> {
        let charging = self.inner.settings.fees.as_deref();
        charging.map(|charging| &charging.terms)
    }

    /// What an address has paid here, and what became of it; none where it never paid, or nothing is asked.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    pub async fn account(&self, address: &Address) -> Result<Option<Account>, StoreError> {
        match self.terms() {
            Some(terms) => accounts::find(&self.inner.store, terms.court, address).await,
            None => Ok(None),
        }
    }

    /// Up to `limit` accounts behind `after`, in the order of their addresses.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    pub async fn accounts(
        &self,
        after: &str,
        limit: u32,
    ) -> Result<Vec<(String, Account)>, StoreError> {
        let Some(terms) = self.terms() else {
            return Ok(Vec::new());
        };
        let rows = crate::store::fee::page(&self.inner.store, terms.court, after, limit).await?;
        let rows = rows.into_iter();
        Ok(rows
            .map(|(address, sums)| (address, accounts::account(sums)))
            .collect())
    }

    /// Whether `process` is watched.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    pub async fn is_watched(&self, process: Id) -> Result<bool, StoreError> {
        crate::store::monitor::is_watched(&self.inner.store, process).await
    }
}

fn counted(answer: Result<Accepted, Refusal>) -> Result<Accepted, Refusal> {
    match &answer {
        Err(Refusal::Message(_) | Refusal::Declined { .. }) => {
            metrics::refusals().with_label_values(&["mu"]).inc();
        }
        Err(Refusal::Unpaid(_) | Refusal::Unsigned) => metrics::fees_unpaid().inc(),
        _ => {}
    }
    answer
}

impl Inner {
    /// What an item of so many bytes costs its signer; none where nothing.
    fn charge(&self, payer: &Address, bytes: usize) -> Option<Charge> {
        let terms = self.settings.fees.as_deref()?.terms.clone();
        Some(Charge {
            payer: payer.clone(),
            price: terms.policy.price(bytes as u64),
            terms,
        })
    }

    /// The clock and the dice, in the one place that has them.
    fn moment(&self) -> Moment {
        let now_ms = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            });
        // Without a random number the pauses are only less spread.
        Moment {
            now_ms,
            jitter: getrandom::u64().unwrap_or(now_ms),
        }
    }
}
