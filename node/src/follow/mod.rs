//! Logs from the base layer alone: whoever has nothing but gateways has the log of any process (PROTOCOL 2.7, 5.6).
//!
//! One task reads blocks ([`reader`]) and keeps the law's transactions. When somebody asks for a process, its canonical log is
//! derived from them ([`derivation`]) as far as blocks are settled; its messages and assignments are found in bundles
//! ([`pantry`]), and every item is verified.
//!
//! - F1 what is served is firm: it lies `settlement_depth` blocks below the tip, and no later block changes it.
//! - F2 gateways are believed in what several of them cannot contradict (places of transactions), and in nothing that a signature
//!   covers.
//! - F3 what cannot be had is an error that names it. Nothing is skipped and nothing guessed (5.10).
//!
//! Left to others: which records extend a log (`aosec_challenge::derive`), and what the slots come to (`cu`). Hosts of processes
//! that name an `Origin` are known to that court alone: where this node computes it (`origin`), their logs are served as the court
//! has derived them, also those that nobody hosts and the base layer orders itself ([`bodies`]).
//!
//! Read in this order: [`trail`], [`accord`], [`law`], [`steps`] (pure); [`reader`], [`derivation`], [`jurisdiction`], [`pantry`], [`bodies`], [`first`].

pub mod accord;
pub mod bodies;
pub mod derivation;
pub mod first;
pub mod jurisdiction;
pub mod law;
pub mod pantry;
mod reader;
mod reading;
mod shelf;
mod start;
pub mod steps;
#[cfg(test)]
pub(crate) mod tests;
pub mod trail;

use std::sync::Arc;
use std::time::Duration;

use aosec_wire::Id;
use tokio::sync::watch;

use self::derivation::Derivations;
use self::pantry::Pantry;
use self::reader::Reader;
use crate::arweave::gateway::Gateway;
use crate::shutdown::Shutdown;
use crate::store::{Store, StoreError};

/// How blocks are read.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The first block that is read: no record stands in an earlier one.
    pub start: u64,
    /// Blocks under the tip that may still change (PROTOCOL 1.2).
    pub settlement_depth: u64,
    /// Pause between two looks at the tip: a fraction of the block time.
    pub every: Duration,
    /// The court whose inbox is read as well; then every block is kept as a point of its clock.
    pub court: Option<Id>,
}

/// How far the base layer was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The tip of the base layer at the last look.
    pub tip: Option<u64>,
    /// The height up to which everything was read.
    pub soft: Option<u64>,
    /// The height up to which everything was read and is settled.
    pub firm: Option<u64>,
    /// Why reading makes no progress at the moment.
    pub trouble: Option<Arc<str>>,
    /// True after a reorg that was too deep (1.4), or where reading began behind the court: nothing is read any more, and nothing served.
    pub alarm: bool,
}

/// The door to the base layer's logs. Clones share it.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    view: watch::Receiver<View>,
    derivations: Derivations,
    pantry: Pantry,
    settlement_depth: u64,
    /// The first block that is read.
    start: u64,
    /// The court that is computed of the same blocks: then what was derived is not forgotten.
    court: Option<Id>,
}

impl Handle {
    /// Starts to read, where the last reading in this store stopped, until `shutdown` is told.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn start(
        gateway: Gateway,
        store: Store,
        settings: Settings,
        shutdown: &Shutdown,
    ) -> Result<Self, StoreError> {
        let (sender, view) = watch::channel(View::default());
        let reader = Reader::open(gateway.clone(), store.clone(), settings, sender).await?;
        shutdown.track(reader.run(shutdown.clone()));
        Ok(Self(Arc::new(Inner {
            store,
            view,
            derivations: Derivations::default(),
            pantry: Pantry::new(gateway),
            settlement_depth: settings.settlement_depth,
            start: settings.start,
            court: settings.court,
        })))
    }

    /// How far the base layer was read.
    #[must_use]
    pub fn view(&self) -> View {
        self.0.view.borrow().clone()
    }

    /// How far the base layer was read, for those who wait for more.
    #[must_use]
    pub fn views(&self) -> watch::Receiver<View> {
        self.0.view.clone()
    }

    /// Waits until everything that was mined up to the tip of the first look is read and settled as far as it can be, or reading
    /// is in trouble.
    pub async fn caught_up(&self) -> View {
        let mut view = self.0.view.clone();
        let arrived = |view: &View| {
            view.alarm || view.trouble.is_some() || (view.tip.is_some() && view.soft >= view.tip)
        };
        let waited = view.wait_for(arrived).await;
        // The sender ends with the node: then what is known now is all there is.
        waited.map_or_else(|_ended| self.view(), |view| view.clone())
    }

    /// The settled blocks that were read; none before the first.
    #[must_use]
    pub fn settled_blocks(&self) -> Option<std::ops::RangeInclusive<u64>> {
        self.view().firm.map(|firm| self.0.start..=firm)
    }

    /// True where a settled record names the process, rightly or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_named(&self, process: Id) -> Result<bool, StoreError> {
        let firm = self.view().firm;
        match firm {
            Some(firm) => crate::store::law::is_named(&self.0.store, process, firm).await,
            None => Ok(false),
        }
    }

    /// Where bundles are opened.
    #[must_use]
    pub fn pantry(&self) -> &Pantry {
        &self.0.pantry
    }
}
