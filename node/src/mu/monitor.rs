//! Watching a process that wakes itself: its owner's signed wish. What its ticks send is pushed by [`super::watch`].
//!
//! Rules. 1. The wish is an item signed by the owner of the process and aimed at it; who else may sign is nobody. 2. A wish is
//! taken once: the same item a second time changes nothing, and cannot be turned around (an old "watch" sent as "stop").
//! 3. One process has at most [`WISHES_MAX`] wishes, and one node watches at most [`WATCHED_MAX`] processes: each is computed and carried at
//! the node's cost for as long as its owner likes.

use aosec_wire::{Id, VerifiedItem};

use super::Inner;
use super::ports::Unreachable;
use crate::store::monitor::{self as table, Wish};
use crate::store::watched::{self, Watched};
use crate::store::{StoreError, item};

/// Changes of mind of one owner: far above what a person needs, and a bound on what an owner can make us keep.
const WISHES_MAX: u32 = 1_000;

/// Processes watched at once: each is looked at every second at most, and woken by this node's own compute unit.
const WATCHED_MAX: u32 = 1_000;

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
    /// The same item was used before, and the contrary has been said since, or with it.
    #[error("this item has been used before: sign a new one, with another anchor or tag")]
    UsedBefore,
    /// Rule 3.
    #[error("process {0} has {WISHES_MAX} monitor wishes already")]
    TooMany(Id),
    /// Rule 3.
    #[error("this node watches {WATCHED_MAX} processes already: ask another one")]
    Full,
    /// The base layer's height is not known yet.
    #[error("this node does not know the time of the base layer yet: try again in a moment")]
    NotReady,
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
    let now = inner.ports.ticks.now().ok_or(MonitorRefusal::NotReady)?;
    let from = Watched {
        process,
        time_ms: now.timestamp_ms,
        height: now.height,
    };
    store_wish(inner, wish.clone(), from, watch).await?;
    inner.watch.notify_one();
    Ok(())
}

async fn store_wish(
    inner: &Inner,
    wish: VerifiedItem,
    from: Watched,
    watch: bool,
) -> Result<(), MonitorRefusal> {
    let process = from.process;
    let wanted = Wish { process, watch };
    inner
        .store
        .write(async move |db| {
            if table::count(db, process).await? >= WISHES_MAX {
                return Ok(Err(MonitorRefusal::TooMany(process)));
            }
            if watch
                && !watched::is_watched(db, process).await?
                && watched::count(db).await? >= WATCHED_MAX
            {
                return Ok(Err(MonitorRefusal::Full));
            }
            item::insert(db, std::slice::from_ref(&wish)).await?;
            match (table::insert(db, wish.id(), wanted).await?, watch) {
                (None, true) => watched::begin(db, from).await?,
                (None, false) => watched::end(db, process).await?,
                // A repeated wish changes nothing, and says so where it would have to.
                (Some(earlier), _) => {
                    let stands =
                        earlier == wanted && watched::is_watched(db, process).await? == watch;
                    return Ok(stands.then_some(()).ok_or(MonitorRefusal::UsedBefore));
                }
            }
            Ok(Ok(()))
        })
        .await?
}
