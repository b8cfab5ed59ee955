//! A node that only reads: gateways, a disk of its own, and the compute unit over what the base layer says (PROTOCOL 0: whoever
//! has the log has the state). It has no keys, opens no port and asks no scheduler.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aosec_wire::{Id, Process, Scheduled, SigningKey};
use reqwest::Url;

use super::{StartError, compute};
use crate::arweave::gateway::Gateway;
use crate::cu::adopt::AdoptError;
use crate::cu::engine::Wasmtime;
use crate::cu::present::NoPresent;
use crate::cu::source::{Derived, Log as _, NoAuthorities, SourceError};
use crate::cu::{self, CuError};
use crate::follow::derivation::{DeriveError, Standing};
use crate::follow::{self, View};
use crate::shutdown::Shutdown;
use crate::store::Store;

/// How often the tip is looked at: a reader that somebody waits for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What to read, and where to keep it.
#[derive(Clone, Debug)]
pub struct AuditSettings {
    /// Folder of the store and the snapshots; what it holds already is not read again.
    pub data: PathBuf,
    /// Gateways, compared with each other.
    pub gateways: Vec<Url>,
    /// Blocks under the tip that may still change.
    pub settlement_depth: u64,
    /// The first block in which records are looked for.
    pub from: u64,
}

/// Why a process cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// No gateway has the spawn.
    #[error("no gateway knows process {0}")]
    Unknown(Id),
    /// The item is no spawn.
    #[error("{0} is no process")]
    NoProcess(Id),
    /// The gateways failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The log cannot be derived.
    #[error(transparent)]
    Derive(#[from] DeriveError),
    /// The log cannot be computed.
    #[error(transparent)]
    Compute(#[from] CuError),
    /// The item is no checkpoint.
    #[error("{id} is no checkpoint: {reason}")]
    NoCheckpoint {
        /// Its id.
        id: Id,
        /// Why not.
        reason: String,
    },
    /// A state can be neither taken nor begun with.
    #[error(transparent)]
    Adopt(AdoptError),
}

impl From<AdoptError> for AuditError {
    fn from(error: AdoptError) -> Self {
        match error {
            AdoptError::Compute(error) => Self::Compute(error),
            error => Self::Adopt(error),
        }
    }
}

/// A reading node.
#[derive(Debug)]
pub struct Audit {
    store: Store,
    pub(super) data: PathBuf,
    pub(super) follow: follow::Handle,
    pub(super) derived: Arc<Derived>,
    pub(super) workshop: Arc<Wasmtime>,
    pub(super) cu: cu::Handle,
    pub(super) shutdown: Shutdown,
}

impl Audit {
    /// Opens the folder and begins to read.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(settings: AuditSettings) -> Result<Self, StartError> {
        let shutdown = Shutdown::new();
        let store = Store::open(&settings.data.join("store")).await?;
        let gateway = Gateway::new(settings.gateways)?;
        let reading = follow::Settings {
            start: settings.from,
            settlement_depth: settings.settlement_depth,
            every: LOOK_EVERY,
            court: None,
        };
        let follow =
            follow::Handle::start(gateway.clone(), store.clone(), reading, &shutdown).await?;
        let derived = Arc::new(Derived::new(follow.clone(), gateway));
        let workshop = compute::workshop(true).await?;
        let parts = compute::Parts {
            store: store.clone(),
            data: settings.data.clone(),
            // It signs nothing and nobody asks it: any address will do.
            address: SigningKey::ed25519([0; 32]).address().clone(),
            log: derived.clone(),
            items: derived.clone(),
            authorities: Arc::new(NoAuthorities),
            present: Arc::new(NoPresent),
            workshop: Arc::clone(&workshop),
        };
        let cu = compute::open(parts, &shutdown).await?;
        Ok(Self {
            store,
            data: settings.data,
            follow,
            derived,
            workshop,
            cu,
            shutdown,
        })
    }

    /// How far the base layer was read.
    #[must_use]
    pub fn view(&self) -> View {
        self.follow.view()
    }

    /// Waits until everything up to the tip is read, or reading is in trouble.
    pub async fn caught_up(&self) -> View {
        self.follow.caught_up().await
    }

    /// Where the log of the process stands, by the base layer alone.
    ///
    /// # Errors
    /// [`AuditError`].
    pub async fn standing(&self, process: Id) -> Result<Standing, AuditError> {
        Ok(self.follow.standing(&self.spawn(process).await?).await?)
    }

    /// The state root behind a settled slot, computed here; what is computed stays.
    ///
    /// # Errors
    /// [`AuditError::Compute`], above all [`CuError::StillEvaluating`]: ask again.
    pub async fn root(&self, process: Id, slot: u64) -> Result<[u8; 32], AuditError> {
        Ok(self.cu.root(process, slot).await?.root)
    }

    /// Ends all tasks and gives the folder back; what was computed stands in it.
    pub async fn close(self) {
        self.shutdown.tell();
        if !self.shutdown.finished().await {
            tracing::warn!("some tasks did not stop in time; what was computed is durable");
        }
        self.store.close().await;
    }

    pub(super) async fn spawn(&self, process: Id) -> Result<Process, AuditError> {
        let item = self.derived.spawn(process).await?;
        match Scheduled::classify(item.ok_or(AuditError::Unknown(process))?) {
            Ok(Scheduled::Process(spawn)) => Ok(spawn),
            Ok(Scheduled::Message(_)) | Err(_) => Err(AuditError::NoProcess(process)),
        }
    }
}
