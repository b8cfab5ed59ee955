//! Watching a process: its owner's signed wish, remembered for the cron that reads it.
//!
//! Rules. 1. The wish is an item signed by the owner of the process and aimed at it; who else may sign is nobody. 2. A wish is
//! taken once: the same item a second time changes nothing, and cannot be turned around (an old "watch" sent as "stop").
//! 3. One process has at most [`WISHES_MAX`] wishes.

use aosec_wire::{Id, VerifiedItem};

use super::Inner;
use super::ports::Unreachable;
use crate::store::monitor::{self as table, Wish};
use crate::store::{StoreError, item};

/// Changes of mind of one owner: far above what a person needs, and a bound on what an owner can make us keep.
const WISHES_MAX: u32 = 1_000;

/// Why a wish is not taken.
#[derive(Debug, thiserror::Error)]
pub enum MonitorRefusal {
    /// Path and item disagree.
    #[error("the item must have the process of the path as its target")]
    OtherTarget,
    /// Nobody knows the process.
    #[error("process {0} is not known here or on the base layer")]
    UnknownProcess(Id),
    /// Somebody else's process.
    #[error("only the owner of process {0} may have it watched")]
    NotOwner(Id),
    /// The same item was used for the contrary.
    #[error("this item has been used before: sign a new one, with another anchor or tag")]
    UsedBefore,
    /// Rule 3.
    #[error("process {0} has {WISHES_MAX} monitor wishes already")]
    TooMany(Id),
    /// The process could not be looked up now.
    #[error("the process could not be looked up: {0}")]
    Unreachable(#[from] Unreachable),
    /// The store failed.
    #[error("the wish could not be kept: {0}")]
    Store(#[from] StoreError),
}

/// Checks a wish and keeps it.
pub(super) async fn keep(
    inner: &Inner,
    process: Id,
    wish: &VerifiedItem,
    watch: bool,
) -> Result<(), MonitorRefusal> {
    if wish.target() != Some(process) {
        return Err(MonitorRefusal::OtherTarget);
    }
    let facts = inner.ports.directory.process(process).await?;
    let facts = facts.ok_or(MonitorRefusal::UnknownProcess(process))?;
    if *wish.owner_address() != facts.owner {
        return Err(MonitorRefusal::NotOwner(process));
    }
    store_wish(inner, wish.clone(), Wish { process, watch }).await
}

async fn store_wish(inner: &Inner, wish: VerifiedItem, wanted: Wish) -> Result<(), MonitorRefusal> {
    let process = wanted.process;
    let earlier = inner
        .store
        .write(async move |db| {
            if table::count(db, process).await? >= WISHES_MAX {
                return Ok(Err(MonitorRefusal::TooMany(process)));
            }
            item::insert(db, std::slice::from_ref(&wish)).await?;
            table::insert(db, wish.id(), wanted).await.map(Ok)
        })
        .await??;
    match earlier {
        Some(earlier) if earlier != wanted => Err(MonitorRefusal::UsedBefore),
        _ => Ok(()),
    }
}
