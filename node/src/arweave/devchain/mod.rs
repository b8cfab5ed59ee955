//! The embedded base layer of devnets and tests: a chain of blocks with a gateway's HTTP API.
//!
//! [`chain`] is the pure state; [`actor`] owns it and its [`journal`]; [`genesis`] says what it begins with; [`server`] is the gateway.
//! It survives a kill: what was taken was synced first. Accepted but unmined transactions and items are kept too, and are shown with
//! `block: null` (D13, D14).
//!
//! It is a judge of signatures, anchors, funds and data roots, but no network: anybody can have blocks mined, replaced and money made.
//! It misbehaves on demand: forks of any depth, delays, censored senders, data that nobody serves ([`chain::Event`]). Everything stays
//! in memory beside the journal.

mod actor;
pub mod chain;
pub mod genesis;
mod journal;
#[cfg(test)]
pub(crate) mod loopback;
mod record;
pub mod server;

use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use aosec_wire::{Address, ItemError, SigningKey, VerifiedItem};
use thiserror::Error;
use tokio::sync::{OwnedRwLockReadGuard, RwLock, mpsc, oneshot};

use super::transaction::{Transaction, TransactionError};
use actor::{Actor, Ask};
use chain::{Chain, Effect, Event, Fault, Offer, Orphans, Piece, Refusal};

pub use actor::MINE_MAX;
pub use genesis::Genesis;
pub use journal::JournalError;
pub use record::RecordError;
use server::Doors;
pub use server::start;

/// The published, throw-away key that signs the devchain's own bundles.
const CARRIER_JWK: &str = include_str!("carrier.jwk.json");

/// The devchain's own key.
#[must_use]
pub fn carrier_key() -> SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
        SigningKey::rsa_from_jwk(CARRIER_JWK)
            .expect("the key file is part of the source and a test reads it")
    });
    KEY.clone()
}

/// A view on a running devchain and a road to it. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Devchain {
    chain: Arc<RwLock<Chain>>,
    asks: mpsc::Sender<Ask>,
    doors: Doors,
}

impl Devchain {
    /// Opens the chain in `dir`, or begins one with `genesis`.
    ///
    /// # Errors
    /// Where the journal cannot be used or does not replay.
    pub async fn open(dir: &Path, genesis: Genesis) -> Result<Self, DevchainError> {
        let dir = dir.to_owned();
        let opened =
            tokio::task::spawn_blocking(move || actor::restore(&dir, genesis, carrier_key())).await;
        let actor = opened.map_err(|_stopped| DevchainError::Stopped)??;
        let chain = Arc::clone(&actor.chain);
        let (asks, inbox) = mpsc::channel(actor::INBOX_MAX);
        std::thread::Builder::new()
            .name("devchain".into())
            .spawn(move || Actor::run(actor, inbox))
            .map_err(DevchainError::Thread)?;
        Ok(Self {
            chain,
            asks,
            doors: Doors::default(),
        })
    }

    /// The chain as it is on the disk.
    ///
    /// # Errors
    /// [`DevchainError::Stopped`] after the disk failed.
    pub async fn read(&self) -> Result<OwnedRwLockReadGuard<Chain>, DevchainError> {
        let chain = Arc::clone(&self.chain).read_owned().await;
        if chain.tip().is_none() {
            Err(DevchainError::Stopped)
        } else {
            Ok(chain)
        }
    }

    /// Takes a transaction; one that is known already is taken again.
    ///
    /// # Errors
    /// [`DevchainError::Refused`] with the reason.
    pub async fn submit(&self, transaction: Transaction) -> Result<(), DevchainError> {
        let unpacked = tokio::task::spawn_blocking(move || Offer::new(transaction)).await;
        let offer = unpacked.map_err(|_stopped| DevchainError::Stopped)?;
        self.event(Event::Submit(Box::new(offer))).await.map(drop)
    }

    /// Takes an item and carries it in the next block.
    ///
    /// # Errors
    /// [`DevchainError::Refused`] with the reason.
    pub async fn hold(&self, item: VerifiedItem) -> Result<(), DevchainError> {
        self.event(Event::Hold(item)).await.map(drop)
    }

    /// Takes a chunk.
    ///
    /// # Errors
    /// [`DevchainError::Refused`] with the reason.
    pub async fn piece(&self, piece: Piece) -> Result<(), DevchainError> {
        self.event(Event::Piece(piece)).await.map(drop)
    }

    /// Makes money.
    ///
    /// # Errors
    /// [`DevchainError::Refused`] with the reason.
    pub async fn mint(&self, wallet: Address, winston: u128) -> Result<(), DevchainError> {
        self.event(Event::Mint { wallet, winston }).await.map(drop)
    }

    /// Mines `blocks` blocks, at most [`MINE_MAX`].
    ///
    /// # Errors
    /// [`DevchainError::Stopped`] after the disk failed.
    pub async fn mine(&self, blocks: u32) -> Result<Vec<Effect>, DevchainError> {
        let (to, answer) = oneshot::channel();
        self.ask(Ask::Mine(blocks, to), answer).await
    }

    /// Lets another branch, one block longer, take the place of the newest `depth` blocks; `orphans` says what becomes of their
    /// transactions. Every view shows it at once: blocks, heights, states, places, balances and anchors.
    ///
    /// # Errors
    /// [`DevchainError::Refused`] where there are not so many blocks above the first.
    pub async fn fork(&self, depth: u64, orphans: Orphans) -> Result<Vec<Effect>, DevchainError> {
        let (to, answer) = oneshot::channel();
        self.ask(Ask::Fork(depth, orphans, to), answer).await
    }

    /// Makes the chain misbehave, or behave again, until it is told otherwise.
    ///
    /// # Errors
    /// [`DevchainError::Refused`] where a list is full.
    pub async fn fault(&self, fault: Fault) -> Result<(), DevchainError> {
        self.event(Event::Fault(fault)).await.map(drop)
    }

    /// Mines a block each `every`, until the chain stops or nobody else holds it.
    pub fn mine_every(&self, every: Duration) -> impl Future<Output = ()> + Send + 'static {
        let (chain, doors) = (Arc::clone(&self.chain), self.doors.clone());
        let asks = self.asks.downgrade();
        async move {
            let mut ticks = tokio::time::interval(every);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            ticks.tick().await;
            loop {
                ticks.tick().await;
                let Some(asks) = asks.upgrade() else { return };
                if let Err(error) = (Self {
                    chain: Arc::clone(&chain),
                    asks,
                    doors: doors.clone(),
                })
                .mine(1)
                .await
                {
                    tracing::error!(%error, "no more blocks are mined");
                    return;
                }
            }
        }
    }

    async fn event(&self, event: Event) -> Result<Vec<Effect>, DevchainError> {
        let (to, answer) = oneshot::channel();
        self.ask(Ask::Event(Box::new(event), to), answer).await
    }

    async fn ask(&self, ask: Ask, answer: oneshot::Receiver<actor::Answer>) -> actor::Answer {
        self.asks
            .send(ask)
            .await
            .map_err(|_closed| DevchainError::Stopped)?;
        answer.await.map_err(|_dropped| DevchainError::Stopped)?
    }
}

/// The clock of the devchain.
fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Why the devchain does not do it.
#[derive(Debug, Error)]
pub enum DevchainError {
    /// A rule of the chain.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record of the journal.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A transaction of its own.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// An item of its genesis.
    #[error(transparent)]
    Item(#[from] ItemError),
    /// The thread could not be started.
    #[error("the devchain's thread could not be started: {0}")]
    Thread(std::io::Error),
    /// The port is taken.
    #[error("the devchain's gateway cannot listen on port {port}: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The disk failed, or the process is ending.
    #[error("the devchain has stopped; its log says why")]
    Stopped,
}
