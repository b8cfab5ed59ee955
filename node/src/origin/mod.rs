//! Origin in this node: the court is computed from blocks, like everywhere else, and shown to those who ask (PROTOCOL 2).
//!
//! [`crate::follow`] reads the blocks; `aosec_challenge::inbox` makes messages of them; the contract runs them in a VM of its own
//! ([`chamber`]); one task steps from block to block ([`actor`]). What is shown ([`mirror`]) is what the contract itself answers to a
//! dry-run, firm or soft (1.2). Items for the inbox are taken, kept and put on the base layer for their authors ([`client`], 2.6).
//!
//! - O1 state is a function of blocks: nothing that is kept beside them is needed to compute it. After a crash, also in the middle
//!   of a block, it is computed again from the blocks that this node has read.
//! - O2 a root that differs from one which this node came to before on the same block stops the court with an alarm.
//! - O3 a reorg deeper than `settlement_depth` stops it too (1.4); a smaller one begins again at the firm court.
//! - O4 a node that computes no court pays nothing for it, and one whose court has not begun starts no VM.
//!
//! Deliberately absent: any rule of the court, and any way to change it but an item on the base layer.
//!
//! Read in this order: [`pace`], [`chamber`], [`blocks`], [`actor`], [`mirror`], `questions`, [`client`]; [`deploy`] and [`messages`] make what is sent.

mod actor;
mod authorities;
pub mod basis;
pub mod blocks;
pub mod cases;
pub mod chamber;
mod chamber_error;
pub mod client;
mod copies;
pub mod deploy;
pub mod docket;
mod enclosed;
mod grown;
pub mod kept;
pub mod messages;
pub mod mirror;
pub mod orphans;
pub mod pace;
mod penniless;
mod questions;
pub mod supply;
mod tables;
pub mod tenures;
#[cfg(test)]
mod tests;
mod told;
mod trust;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{
    Arc, Mutex as StdMutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::Duration;

use aosec_challenge::derive::{BlockRef, RewindError};
use aosec_challenge::inbox::{Court, CourtError, Track, TrackError};
use aosec_wire::{Address, Id};
use tokio::sync::{Mutex, watch};

use self::authorities::Authorities;
use self::chamber::{Chamber, ChamberError};
use self::copies::Copies;
use self::docket::{Case, Docket, Kind};
use self::grown::Grown;
pub use self::questions::Asker;
use self::questions::Questions;
use self::tenures::{Row, Tenures};
use crate::cu::engine::Wasmtime;
use crate::follow;
use crate::shutdown::Shutdown;
use crate::store::{Store, StoreError};

/// Which court, and from where on.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Its id: that of its spawn.
    pub origin: Id,
    /// The first block that is read; its spawn stands in this one or in a later one.
    pub start: u64,
    /// Blocks under the tip that may still change; the genesis says the same (PROTOCOL 8).
    pub settlement_depth: u64,
    /// Mean time between blocks: how long a number of blocks lasts for those who ask.
    pub block_time: Duration,
}

/// Where the court stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The height of the soft court.
    pub soft: Option<u64>,
    /// The height of the firm one.
    pub firm: Option<u64>,
    /// The last slot of the soft court, once its spawn was found.
    pub slot: Option<u64>,
    /// The state root of the soft court.
    pub root: Option<Id>,
    /// SHA-256 of the contract that its spawn brought.
    pub contract: Option<Id>,
    /// Items that wait in the inbox's queue.
    pub queued: usize,
    /// Why it stands still for good.
    pub alarm: Option<Arc<str>>,
}

/// Why the court cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// The derivation.
    #[error(transparent)]
    Court(#[from] CourtError<ChamberError>),
    /// The contract's VM.
    #[error(transparent)]
    Chamber(#[from] ChamberError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The alarm of PROTOCOL 1.4.
    #[error(transparent)]
    Rewind(#[from] RewindError),
    /// O2.
    #[error(
        "Origin's root after block {height} is {now}, and this node came to {was} on the same block before: module, contract or disk differ"
    )]
    Diverged {
        /// The block.
        height: u64,
        /// The root then.
        was: Id,
        /// The root now.
        now: Id,
    },
    /// The alarm of PROTOCOL 1.4, as the reader of blocks sounded it.
    #[error("the base layer is followed no further: {0}")]
    Unread(String),
    /// A bug of this node.
    #[error("the derivation panicked")]
    Panicked,
    /// The node stops.
    #[error("the court was stopped")]
    Stopped,
}

impl From<TrackError<ChamberError>> for OriginError {
    fn from(error: TrackError<ChamberError>) -> Self {
        match error {
            TrackError::Rewind(error) => error.into(),
            TrackError::Court(error) => error.into(),
        }
    }
}

/// The door to the court. Clones share it.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    store: Store,
    /// Locked for a block or a question at a time, in the order in which they came: no stream of questions keeps a block waiting.
    track: Arc<Mutex<Track<Chamber>>>,
    questions: Questions,
    standing: watch::Sender<Standing>,
    /// Looked into before each slot of a hosted process, changed once a block.
    tenures: RwLock<Tenures>,
    /// Looked into for each slot of a process that trusts the court's operators, changed once a block.
    authorities: RwLock<Authorities>,
    /// Looked into by whoever is accused, changed once a block.
    docket: RwLock<Docket>,
    /// Looked into for each message that is wanted by its id, changed once a block.
    copies: RwLock<Copies>,
    /// What the logs of its processes have grown by, above what is settled.
    grown: StdMutex<Grown>,
    /// Whether the tip was reached, and not lost again by several blocks.
    is_caught_up: AtomicBool,
    /// How often blocks were taken back since the start.
    reorgs: AtomicU64,
}

impl Handle {
    /// Begins to compute the court from the blocks that `follow` reads, on the module of `workshop`, until `shutdown` is told.
    #[must_use]
    pub fn start(
        settings: Settings,
        follow: follow::Handle,
        store: Store,
        workshop: Arc<Wasmtime>,
        shutdown: &Shutdown,
    ) -> Self {
        let chamber = Chamber::new(workshop);
        let depth = usize::try_from(settings.settlement_depth).unwrap_or(usize::MAX);
        let court = Court::new(settings.origin, depth, actor::before(settings.start));
        let handle = Self(Arc::new(Inner {
            settings,
            store,
            track: Arc::new(Mutex::new(Track::new(depth, court, chamber))),
            questions: Questions::new(),
            standing: watch::Sender::new(Standing::default()),
            tenures: RwLock::default(),
            authorities: RwLock::default(),
            docket: RwLock::default(),
            copies: RwLock::default(),
            grown: StdMutex::default(),
            is_caught_up: AtomicBool::new(false),
            reorgs: AtomicU64::new(0),
        }));
        shutdown.track(actor::run(handle.clone(), follow, shutdown.clone()));
        handle
    }

    /// The court's id.
    #[must_use]
    pub fn id(&self) -> Id {
        self.0.settings.origin
    }

    /// Mean time between blocks.
    #[must_use]
    pub fn block_time(&self) -> Duration {
        self.0.settings.block_time
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.0.standing.borrow().clone()
    }

    /// Where it stands, for those who wait for more.
    #[must_use]
    pub fn standings(&self) -> watch::Receiver<Standing> {
        self.0.standing.subscribe()
    }

    /// Whether it has sat over every block up to the tip, still sits, and has not fallen behind by several blocks since.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.0.is_caught_up.load(Ordering::Acquire)
    }

    /// How often blocks were taken back since the start: what stood in them may be gone.
    #[must_use]
    pub fn reorgs(&self) -> u64 {
        self.0.reorgs.load(Ordering::Acquire)
    }

    /// Counts a question of `caller`; false where it is over its share.
    #[must_use]
    pub fn takes_question(&self, caller: IpAddr) -> bool {
        self.0.questions.takes(caller)
    }

    /// The newest row of a process that is, or was, hosted, or is registered.
    #[must_use]
    pub fn row(&self, process: &Id) -> Option<Row> {
        self.row_at(process).map(|(_, row)| row)
    }

    /// The same, with the block that gave it.
    #[must_use]
    pub fn row_at(&self, process: &Id) -> Option<(u64, Row)> {
        let tenures = self
            .0
            .tenures
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        tenures.at(process).cloned()
    }

    /// The processes that this operator hosts, by id.
    #[must_use]
    pub fn hosted(&self, operator: &Address) -> Vec<Id> {
        let tenures = self
            .0
            .tenures
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        tenures.hosted_by(operator)
    }

    /// The open cases of a kind, by number. No other lock is held meanwhile.
    #[must_use]
    pub fn open_cases(&self, kind: Kind) -> Vec<Case> {
        let docket = self.0.docket.read().unwrap_or_else(PoisonError::into_inner);
        docket.open(kind).cloned().collect()
    }

    /// The case that this message to the court has opened; none where it never did, or the case has ended for good.
    #[must_use]
    pub fn opened_by(&self, opener: &Id) -> Option<Case> {
        let docket = self.0.docket.read().unwrap_or_else(PoisonError::into_inner);
        docket.opened_by(opener).cloned()
    }

    fn docket(&self) -> RwLockWriteGuard<'_, Docket> {
        self.0
            .docket
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn tenures(&self) -> RwLockWriteGuard<'_, Tenures> {
        self.0
            .tenures
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn authorities(&self) -> RwLockWriteGuard<'_, Authorities> {
        self.0
            .authorities
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn copies(&self) -> RwLockReadGuard<'_, Copies> {
        self.0.copies.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn copied(&self) -> RwLockWriteGuard<'_, Copies> {
        self.0
            .copies
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn grown(&self) -> MutexGuard<'_, Grown> {
        self.0.grown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs something over the track on a thread that may block; whoever waits for the track takes none. A panic leaves a court that
    /// is spent and says so.
    async fn on_track<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Track<Chamber>) -> T + Send + 'static,
    ) -> Result<T, OriginError> {
        let mut track = Arc::clone(&self.0.track).lock_owned().await;
        let ran = tokio::task::spawn_blocking(move || job(&mut track)).await;
        ran.map_err(|lost| match lost.is_panic() {
            true => OriginError::Panicked,
            false => OriginError::Stopped,
        })
    }
}

/// The firm and the soft tip of a track.
fn tips(track: &Track<Chamber>) -> (BlockRef, BlockRef) {
    (track.firm().0.tip(), track.soft().0.tip())
}
