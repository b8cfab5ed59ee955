//! What the scheduler needs from outside, as small traits: the node gives it the real base layer, tests give it others.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use aosec_wire::{Id, VerifiedItem};
use bytes::Bytes;

use crate::store::joined::Seam;

/// The future of an answer from outside.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortError>> + Send + 'a>>;

/// The tip of the base layer, as far as this node follows it.
pub trait Tip: Send + Sync {
    /// The height; none before the first firm one.
    fn height(&self) -> Option<u64>;

    /// How long the height has not moved: gateways are silent, or repeat themselves, or blocks are rare.
    fn still_for(&self) -> Duration;
}

/// What the base layer holds.
pub trait BaseLayer: Send + Sync {
    /// A data item, verified; none where no gateway has it.
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>>;

    /// Where a transaction stands.
    fn whereabouts(&self, tx: Id) -> Answer<'_, Whereabouts>;

    /// Bytes of the data of a transaction that this node can fetch whole and verify; none where no gateway has it so.
    fn data_bytes(&self, tx: Id) -> Answer<'_, Option<u64>>;

    /// Posts `items` in one `Type: Data` transaction and answers its id.
    fn post_data(&self, items: Vec<VerifiedItem>) -> Answer<'_, Id>;

    /// Posts log records, in this order, in one `Type: Log` transaction of format 1 and answers its id.
    fn post_log(&self, records: Vec<Bytes>) -> Answer<'_, Id>;
}

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// No gateway knows it.
    Unknown,
    /// A gateway knows it, and no block holds it.
    Pending,
    /// It is in a block.
    Mined(Mined),
}

/// A transaction in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mined {
    /// The height of the block.
    pub height: u64,
    /// Blocks from that one to the tip.
    pub confirmations: u64,
}

/// What a court says of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenure {
    /// This scheduler may sign for it.
    Open,
    /// It may not, for this reason.
    Over(Arc<str>),
    /// Not now, for this reason.
    NotYet(Arc<str>),
}

/// What a court says of a process whose spawn names none (PROTOCOL 5.15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joining {
    /// It has not joined, as far as this node knows.
    No,
    /// Nothing at the moment, for this reason.
    Unknown(Arc<str>),
    /// Its owner has registered it, and it has no host yet.
    Registered {
        /// From where on.
        seam: Seam,
        /// Whether that stands in a settled block.
        is_settled: bool,
    },
    /// It has, or had, a host under the court.
    Hosted {
        /// From where on the court's part of the log goes.
        seam: Seam,
        /// Whether that host is this scheduler.
        tenure: Tenure,
    },
}

/// The court, as far as this node computes one.
pub trait Court: Send + Sync {
    /// Whether a spawn that names this `origin` may be taken.
    fn spawn<'a>(&'a self, origin: &'a str) -> Answer<'a, Tenure>;

    /// Whether a further slot of a process that names a court may be signed.
    fn tenure(&self, process: Id) -> Tenure;

    /// What it says of a process that names no court.
    fn joining(&self, _process: Id) -> Joining {
        Joining::No
    }
}

/// The base layer could not be asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the base layer could not be asked: {0}")]
pub struct PortError(Arc<str>);

impl PortError {
    /// From what the adapter met.
    pub fn new(cause: impl fmt::Display) -> Self {
        Self(cause.to_string().into())
    }
}

/// The clock of the stamps: milliseconds since 1970.
pub trait Clock: Send + Sync {
    /// Now.
    fn now_ms(&self) -> u64;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A clock before 1970 gives the lowest stamp; the rule of the log then refuses it.
        since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }
}
