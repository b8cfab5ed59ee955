//! What the messenger needs from the rest of the house, as small traits: the actor and its tests know nothing else.
//!
//! [`super::adapters`] makes them of the real parts. Each answer distinguishes "not now" from "never": only the second may end
//! an entry's life.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aosec_wire::{Address, Id, Outcome, VerifiedItem};
use bytes::Bytes;
use reqwest::Url;

use crate::cu;
use crate::cu::cron::CronError;
use crate::cu::ticks;
use crate::store::StoreError;
use crate::store::cron::Ticked;

/// A boxed future: the traits stand behind `dyn`.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Finds where a scheduler answers (D11).
pub trait Places: Send + Sync {
    /// The scheduler unit of `process`. `scheduler` is its address where the process is too new to be known.
    fn find(&self, process: Id, scheduler: Option<Address>) -> Pending<'_, Result<Url, Lost>>;

    /// Whether the operator's own settings name the origin of `url`: then any address is good, else only public ones.
    fn is_named_by_operator(&self, url: &Url) -> bool;

    /// The scheduler of `process` did not answer where it was found: it may have moved.
    fn forget(&self, process: Id);
}

/// Why no place was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// Every source answered, and none knows the process.
    #[error("no source knows the process")]
    Unknown,
    /// Some source could not be asked.
    #[error("{0}")]
    Unreachable(String),
}

/// Computes results.
pub trait Results: Send + Sync {
    /// The result of `message` in `process`.
    fn result(&self, process: Id, message: Id) -> Pending<'_, Result<Computed, NotComputed>>;
}

/// A result and where it stands.
#[derive(Clone, Debug)]
pub struct Computed {
    /// The slot that was evaluated: part of the identity of all that is pushed.
    pub slot: u64,
    /// What it came to.
    pub outcome: Outcome,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotComputed {
    /// The log or the machine is not ready.
    #[error("{0}")]
    Later(String),
    /// This process cannot be computed here, whatever happens.
    #[error("{0}")]
    Never(String),
}

/// Wakes processes.
pub trait Ticks: Send + Sync {
    /// The present; none where this node does not know it yet.
    fn now(&self) -> Option<cu::input::Moment>;

    /// Whether `process` is woken here as soon as its ticks are due; else they run once the slot behind them shows.
    fn is_prompt(&self, process: Id) -> Pending<'_, Result<bool, NotComputed>>;

    /// What has come of the ticks of `process` behind those that were `taken`, as far as it may be relied on.
    fn ripe(&self, process: Id, taken: ticks::Taken) -> Pending<'_, Result<Ripe, NotComputed>>;
}

/// Ticks whose messages may leave.
#[derive(Clone, Debug)]
pub struct Ripe {
    /// In order, each with what it came to: its text has gone into that.
    pub ticks: Vec<(Ticked, Outcome)>,
    /// How long nothing new is to be expected.
    pub pause: Duration,
}

/// Puts items on the base layer.
pub trait Uploads: Send + Sync {
    /// Posts all of them; answers once they are as safe as the base layer makes them.
    fn upload(&self, items: Vec<Bytes>) -> Pending<'_, Result<(), NotUploaded>>;
}

/// The base layer took nothing; the same may succeed later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotUploaded(pub String);

/// What is known of a process from its spawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessFacts {
    /// Who spawned it.
    pub owner: Address,
    /// What computes it.
    pub module: Id,
    /// Who was to order it.
    pub scheduler: Address,
    /// Whether it wakes itself, or why nobody can say when.
    pub wakes: Result<bool, CronError>,
}

/// Knows processes by their spawn items.
pub trait Directory: Send + Sync {
    /// The facts of `process`; none where no source has its spawn.
    fn process(&self, process: Id) -> Pending<'_, Result<Option<ProcessFacts>, Unreachable>>;
}

/// A source could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// The court in whose token fees are paid.
pub trait Court: Send + Sync {
    /// The height up to which it is firm, once that is above `height`: all that it came to up to there stands in the store. None where it
    /// is computed no further.
    fn firm_above(&self, height: Option<u64>) -> Pending<'_, Option<u64>>;
}

/// Brings messages to processes that no scheduler orders (PROTOCOL 5.8).
pub trait Inboxes: Send + Sync {
    /// Takes a message for the inbox of `process`, or says how far it has come there; none where a scheduler orders the process. What is no
    /// item of its own (an assignment by reference) comes without.
    fn take<'a>(
        &'a self,
        process: Id,
        item: Option<&'a VerifiedItem>,
    ) -> Pending<'a, Option<Taken>>;
}

/// What an inbox says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It stands in the log of its process.
    Ordered,
    /// It waits, or cannot be taken now; the words say for what.
    Later(String),
    /// It is none that an inbox takes.
    Never(String),
}

/// What the copies of a sender's messages say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderFacts {
    /// What computes it.
    pub module: Id,
    /// Who was to order it: the default of what it spawns.
    pub scheduler: Address,
}

/// Senders that no scheduler orders: orphans, and the court (D10).
pub trait Hostless: Send + Sync {
    /// The court that this node computes, while what it says is known up to the tip; and the height up to which it is settled.
    fn court(&self) -> Option<(Id, u64)>;

    /// What a settled slot of an orphan came to.
    fn outcome(&self, process: Id, slot: u64) -> Pending<'_, Result<Outcome, NotComputed>>;

    /// What is known of a sender; none where no source has its spawn.
    fn facts(&self, process: Id) -> Pending<'_, Result<Option<SenderFacts>, Unreachable>>;

    /// Whether this node's scheduler orders `process`.
    fn hosts(&self, process: Id) -> Pending<'_, Result<bool, StoreError>>;

    /// The address of this node's scheduler.
    fn scheduler(&self) -> &Address;
}

/// All ports together.
#[derive(Clone)]
pub struct Ports {
    /// Where schedulers answer.
    pub places: Arc<dyn Places>,
    /// Who computes.
    pub results: Arc<dyn Results>,
    /// Who wakes processes.
    pub ticks: Arc<dyn Ticks>,
    /// Who uploads.
    pub uploads: Arc<dyn Uploads>,
    /// Who knows processes.
    pub directory: Arc<dyn Directory>,
    /// The way to processes that nobody hosts.
    pub inboxes: Arc<dyn Inboxes>,
    /// What senders without a host have sent; none where no court is computed.
    pub hostless: Option<Arc<dyn Hostless>>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}

impl std::fmt::Debug for dyn Court {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Court")
    }
}
