//! Watching a process that wakes itself: its owner's signed wish. What its ticks send is pushed by [`super::watch`].
//!
//! Rules. 1. The wish is an item signed by the owner of the process and aimed at it; who else may sign is nobody. It is nothing else: what has
//! a tag `Data-Protocol` or `Type` was signed for another end, and is public. Which of the two wishes it is, a tag `Monitor` says under the
//! signature (`watch` or `stop`); clients that set none are believed by the verb of their request. 2. A wish is
//! taken once: the same item a second time changes nothing, and cannot be turned around (an old "watch" sent as "stop").
//! 3. Where a fee is asked, the owner needs credit for one tick at least; each that sends something is charged when it does.
//! 4. One process has at most [`WISHES_MAX`] wishes, and one node watches at most [`WATCHED_MAX`] processes: each is computed and carried at
//! the node's cost for as long as its owner likes. Nobody has more than [`OWNED_MAX`] of these places, and no process that never wakes has one.

use aosec_wire::{Address, Id, VerifiedItem};

use super::fees::Bill;
use super::ports::Unreachable;
use super::{Inner, accounts};
use crate::cu::cron::CronError;
use crate::metrics;
use crate::store::monitor::{self as table, Wish};
use crate::store::watched::{self, WISH_BYTES_MAX, Watched};
use crate::store::{StoreError, item};

/// Changes of mind of one owner: far above what a person needs, and a bound on what an owner can make us keep.
const WISHES_MAX: u32 = 1_000;

/// The tag that says under the signature which wish it is.
pub const TAG: &str = "Monitor";

/// Processes of one owner among them.
const OWNED_MAX: usize = 50;
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
    /// Rule 1.
    #[error(
        "the item is no wish: it must have no tag Data-Protocol or Type, at most {WISH_BYTES_MAX} bytes, and if it has a tag {TAG} its value must be {0}"
    )]
    NoWish(&'static str),
    /// Rule 4.
    #[error("process {0} has no tag Cron-Interval: it never wakes, and there is nothing to watch")]
    NeverWakes(Id),
    /// Rule 4.
    #[error("process {0} cannot be woken: {1}")]
    Schedule(Id, CronError),
    /// Somebody else's process.
    #[error("only the owner of process {0} may have it watched")]
    NotOwner(Id),
    /// The same item was used before, and the contrary has been said since, or with it.
    #[error("this item has been used before: sign a new one, with another anchor or tag")]
    UsedBefore,
    /// Rule 3.
    #[error("{0}")]
    Unpaid(Box<Bill>),
    /// Rule 4.
    #[error("process {0} has {WISHES_MAX} monitor wishes already")]
    TooMany(Id),
    /// Rule 4.
    #[error("this node watches {WATCHED_MAX} processes already: ask another one")]
    Full,
    /// Rule 4.
    #[error(
        "this node watches {OWNED_MAX} processes of this owner already: stop one of them, or ask another node"
    )]
    Share,
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

/// Checks a wish and keeps it; says whether the process is woken as soon as its ticks are due, or once the slot behind them shows.
pub(super) async fn keep(
    inner: &Inner,
    process: Id,
    wish: &VerifiedItem,
    watch: bool,
) -> Result<bool, MonitorRefusal> {
    if wish.target() != Some(process) {
        return Err(MonitorRefusal::OtherTarget);
    }
    let word = if watch { "watch" } else { "stop" };
    if !is_wish(wish, word) {
        return Err(MonitorRefusal::NoWish(word));
    }
    let facts = inner.ports.directory.process(process).await?;
    let facts = facts.ok_or(MonitorRefusal::UnknownProcess(process))?;
    if *wish.owner_address() != facts.owner {
        return Err(MonitorRefusal::NotOwner(process));
    }
    let is_prompt = watch && can_wake(inner, process, wish, facts.wakes).await?;
    if watch {
        has_credit(inner, &facts.owner).await?;
    }
    let now = inner.ports.ticks.now().ok_or(MonitorRefusal::NotReady)?;
    let from = Watched {
        process,
        time_ms: now.timestamp_ms,
        height: now.height,
    };
    store_wish(inner, wish.clone(), from, watch).await?;
    inner.watch.notify_one();
    Ok(is_prompt)
}

/// Rule 1.
fn is_wish(item: &VerifiedItem, word: &str) -> bool {
    let is_foreign = |name: &str| matches!(name, "Data-Protocol" | "Type" | "type");
    let mut tags = item.tags().iter();
    item.bytes().len() <= WISH_BYTES_MAX
        && tags.all(|(name, value)| !is_foreign(name) && (name != TAG || value == word))
}

/// Rule 4; says whether it is woken as soon as its ticks are due. Two wishes at one moment may pass the share by one.
async fn can_wake(
    inner: &Inner,
    process: Id,
    wish: &VerifiedItem,
    wakes: Result<bool, CronError>,
) -> Result<bool, MonitorRefusal> {
    match wakes {
        Ok(true) => {}
        Ok(false) => return Err(MonitorRefusal::NeverWakes(process)),
        Err(reason) => return Err(MonitorRefusal::Schedule(process, reason)),
    }
    let owner = Some(watched::owner(wish.owner()));
    let all = watched::all(&inner.store).await?;
    let others = all
        .iter()
        .filter(|(one, of)| *of == owner && one.process != process);
    if others.count() >= OWNED_MAX {
        return Err(MonitorRefusal::Share);
    }
    let is_prompt = inner.ports.ticks.is_prompt(process).await;
    is_prompt.map_err(|reason| Unreachable(reason.to_string()).into())
}

async fn has_credit(inner: &Inner, owner: &Address) -> Result<(), MonitorRefusal> {
    let Some(charge) = inner.charge(owner, 0) else {
        return Ok(());
    };
    let account = accounts::find(&inner.store, charge.terms.court, owner).await?;
    let credit = account.unwrap_or_default().credit();
    if credit >= charge.price {
        return Ok(());
    }
    metrics::fees_unpaid().inc();
    Err(MonitorRefusal::Unpaid(charge.bill(credit)))
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
