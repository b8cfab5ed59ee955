//! Checkpoints as a reader of the base layer sees them: found there, judged by the log that it derived, and begun with apart.
//!
//! A checkpoint is *verified* only where this reader has computed the log up to its slot, and found the same root. Everything that
//! comes of another one is unverified: it is computed in a folder of its own, beside what this reader has computed, and never
//! mixed with it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aosec_wire::{Address, Id, SigningKey, VerifiedItem};

use super::audit::{Audit, AuditError};
use super::compute;
use crate::cu::adopt::AdoptError;
use crate::cu::present::NoPresent;
use crate::cu::published::{Published, TYPE};
use crate::cu::source::{Log as _, NoAuthorities, SourceError};
use crate::cu::{self, CuError};
use crate::shutdown::Shutdown;
use crate::store::Store;

/// Checkpoints shown of one question, the newest first.
const SHOWN_MAX: usize = 16;
/// Items opened for one question: whoever writes many that are none, or stand at a place that is not the log's, hides the others only
/// by so many, and pays for each. Most are some hundred kilobytes.
const OPENED_MAX: usize = 256;
/// Folder of the states that were begun with, in the reader's own.
const FOLDER: &str = "unverified";

/// A checkpoint that stands on the base layer.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its id.
    pub id: Id,
    /// Who signed it.
    pub writer: Address,
    /// What it says.
    pub published: Published,
    /// What this reader says of it.
    pub judgement: Judgement,
}

/// What can be said of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// This reader has computed the log up to it, with the same root.
    Verified,
    /// Its position is the log's; the log up to it was not computed here.
    Unverified,
    /// This reader has computed another root.
    Lies {
        /// The right one.
        computed: Id,
    },
    /// Its position is not that of the log.
    Refused(String),
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified => f.write_str("verified"),
            Self::Unverified => f.write_str("unverified: the log up to it was not computed here"),
            Self::Lies { computed } => write!(f, "it lies: the log gives root {computed}"),
            Self::Refused(reason) => write!(f, "refused: {reason}"),
        }
    }
}

/// A process that was begun with somebody's state, apart from everything that was computed here.
#[derive(Debug)]
pub struct Begun {
    /// Computes it.
    pub cu: cu::Handle,
    /// From the state to a process that goes on; the engine was compiled before.
    pub took: Duration,
    store: Store,
    shutdown: Shutdown,
}

impl Begun {
    /// Ends all tasks and gives the folder back; what was computed stands in it.
    pub async fn close(self) {
        self.shutdown.tell();
        if !self.shutdown.finished().await {
            tracing::warn!("some tasks did not stop in time; what was computed is durable");
        }
        self.store.close().await;
    }
}

impl Audit {
    /// The state behind the newest settled slot, computed here, for others.
    ///
    /// # Errors
    /// [`AuditError`], above all [`CuError::StillEvaluating`]: ask again.
    pub async fn take(&self, process: Id) -> Result<Published, AuditError> {
        Ok(self.cu.take(process).await?)
    }

    /// The newest checkpoints of the process on the base layer, judged, the newest slot first. What is refused is not among them: it
    /// costs its writer next to nothing. An item that cannot be had or judged is passed by with a warning.
    ///
    /// # Errors
    /// [`AuditError`], where nothing is known of the process or of what stands there.
    pub async fn checkpoints(&self, process: Id) -> Result<Vec<Found>, AuditError> {
        self.spawn(process).await?;
        let heights = self.follow.settled_blocks().unwrap_or(0..=0);
        let (text, pantry) = (process.to_string(), self.follow.pantry());
        let tags = [
            ("Data-Protocol", "ao"),
            ("Type", TYPE),
            ("Process", text.as_str()),
        ];
        let ids = pantry.listed_items(&tags, heights).await;
        let ids = ids.map_err(|error| SourceError::Gateway(error.to_string()))?;
        let (mut found, mut left) = (Vec::new(), ids.len());
        for id in ids.into_iter().rev().take(OPENED_MAX) {
            left -= 1;
            match self.opened(id, process).await {
                Ok(Some(one)) => found.push(one),
                Ok(None) => {
                    tracing::debug!(%id, "no checkpoint of this process at a place of its log")
                }
                Err(error) => {
                    tracing::warn!(%id, %error, "an item that calls itself a checkpoint was not opened");
                }
            }
            if found.len() >= SHOWN_MAX {
                break;
            }
        }
        if left > 0 {
            tracing::warn!(
                left,
                %process,
                "more items call themselves checkpoints of this process; older ones were not looked at"
            );
        }
        found.sort_by_key(|one| std::cmp::Reverse(one.published.position.slot));
        Ok(found)
    }

    /// One checkpoint, judged.
    ///
    /// # Errors
    /// [`AuditError::NoCheckpoint`] where no gateway has it, or it is none.
    pub async fn checkpoint(&self, id: Id) -> Result<Found, AuditError> {
        let none = |reason: &str| AuditError::NoCheckpoint {
            id,
            reason: reason.to_owned(),
        };
        let item = self.item(id).await?;
        let item = item.ok_or_else(|| none("no gateway has it"))?;
        let published = Published::read(&item).map_err(|error| none(&error.to_string()))?;
        self.judged(&item, published).await
    }

    /// Begins the process of a checkpoint with its state, in a folder of its own.
    ///
    /// # Errors
    /// [`AuditError`]; above all where its pages do not give its root.
    pub async fn begin(&self, found: Found) -> Result<Begun, AuditError> {
        let workshop = Arc::clone(&self.workshop);
        // Compiled since this reader opened; what is wrong with it is told by the unit below.
        drop(tokio::task::spawn_blocking(move || workshop.module().is_ok()).await);
        let clock = Instant::now();
        let folder: PathBuf = self.data.join(FOLDER).join(found.id.to_string());
        let failed = |error: String| AuditError::Compute(CuError::Store(error));
        let made = tokio::fs::create_dir_all(&folder).await;
        made.map_err(|error| failed(error.to_string()))?;
        let store = Store::open(&folder.join("store")).await;
        let store = store.map_err(|error| failed(error.to_string()))?;
        let parts = compute::Parts {
            store: store.clone(),
            data: folder,
            address: SigningKey::ed25519([0; 32]).address().clone(),
            log: Arc::clone(&self.derived) as _,
            items: Arc::clone(&self.derived) as _,
            authorities: Arc::new(NoAuthorities),
            present: Arc::new(NoPresent),
            workshop: Arc::clone(&self.workshop),
        };
        let shutdown = Shutdown::new();
        let cu = compute::open(parts, &shutdown).await;
        let cu = cu.map_err(|error| failed(error.to_string()))?;
        let adopted = cu.adopt(found.published).await;
        let begun = Begun {
            cu,
            took: clock.elapsed(),
            store,
            shutdown,
        };
        match adopted {
            // It was begun with the same item before.
            Ok(()) | Err(AdoptError::Begun(_)) => Ok(begun),
            Err(error) => {
                begun.close().await;
                Err(error.into())
            }
        }
    }

    /// The checkpoint with this id; none where it is none of this process, or stands at no place of its log.
    async fn opened(&self, id: Id, process: Id) -> Result<Option<Found>, AuditError> {
        let Some(item) = self.item(id).await? else {
            return Ok(None);
        };
        match Published::read(&item) {
            Ok(published) if published.process == process => {
                let found = self.judged(&item, published).await?;
                let is_refused = matches!(found.judgement, Judgement::Refused(_));
                Ok((!is_refused).then_some(found))
            }
            _ => Ok(None),
        }
    }

    async fn item(&self, id: Id) -> Result<Option<VerifiedItem>, AuditError> {
        let item = self.follow.pantry().item(id).await;
        Ok(item.map_err(|error| SourceError::Gateway(error.to_string()))?)
    }

    async fn judged(&self, item: &VerifiedItem, published: Published) -> Result<Found, AuditError> {
        Ok(Found {
            id: item.id(),
            writer: item.owner_address().clone(),
            judgement: self.judgement(&published).await?,
            published,
        })
    }

    async fn judgement(&self, published: &Published) -> Result<Judgement, AuditError> {
        if let Some(reason) = self.misplaced(published).await? {
            return Ok(Judgement::Refused(reason));
        }
        let slot = published.position.slot;
        let computed = self.cu.computed(published.process, slot).await?;
        Ok(match computed.map(Id::new) {
            None => Judgement::Unverified,
            Some(root) if root == published.root => Judgement::Verified,
            Some(computed) => Judgement::Lies { computed },
        })
    }

    /// Why the position is not that of the derived log.
    async fn misplaced(&self, published: &Published) -> Result<Option<String>, AuditError> {
        let (process, at) = (published.process, &published.position);
        let spawn = self.spawn(process).await?;
        if spawn.module != published.module {
            return Ok(Some(format!("the process runs module {}", spawn.module)));
        }
        let served = self.derived.entries(process, at.slot, at.slot).await?;
        let Some(entry) = served.into_iter().next() else {
            let slot = at.slot;
            return Ok(Some(format!(
                "slot {slot} is not settled on the base layer"
            )));
        };
        let own = &entry.assignment;
        let fields = [
            ("Assignment", own.id() == at.assignment),
            ("Hash-Chain", own.hash_chain() == at.hash_chain),
            ("Log-Chain", own.log_chain() == at.log_chain),
            ("Block-Height", own.height() == at.height),
            ("Timestamp", own.timestamp() == at.timestamp_ms),
        ];
        let other = fields.into_iter().find(|(_name, is_equal)| !is_equal);
        Ok(other.map(|(name, _)| {
            let slot = at.slot;
            format!("the log has another {name} at slot {slot}")
        }))
    }
}
