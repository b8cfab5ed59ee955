//! Items for the inbox: anybody may give one to any node, and it puts many into one transaction (PROTOCOL 2.6).
//!
//! What is taken is on the disk before the answer. It is posted until it has run, at most [`POSTS_MAX`] times: an item that nobody pays
//! for never runs. An item that stands on the base layer twice runs once (2.2), so a second post costs money alone.
//! The node's wallet pays for each post, so of one sender no more items wait than it has inbox fees (2.4), nothing is posted that has
//! run already, and a court that has not reached the tip since the start, which cannot tell either, takes and posts nothing.

use std::time::Duration;

use aosec_challenge::inbox::{ITEM_BYTES_MAX, Unfit, check_eligible};
use aosec_wire::{Address, Id, ItemError, Strictness, Tags, VerifiedItem, bundle, item};
use serde_json::Value;

use super::mirror::{Depth, MirrorError};
use super::orphans::ORPHAN_ITEM_BYTES_MAX;
use super::questions::Asker;
use super::{Handle, OriginError};
use crate::arweave::bundler::{
    Bundler, BundlerError, DATA_BYTES_MAX, HEADER_BYTES, ITEMS_MAX, ROW_BYTES,
};
use crate::arweave::transaction::Format;
use crate::shutdown::Shutdown;
use crate::store::inbox::{self, Batch, Enqueued, Room};
use crate::store::{Db, StoreError, court};

/// Items that wait at once: of small ones a single transaction; of the longest, three to a transaction, some 1,300 transactions and
/// 4 GB on the disk.
const WAITING_MAX: u64 = 4_000;
/// How often an item is posted at most.
const POSTS_MAX: u32 = 3;
/// Blocks after which a post that did not run is tried again, beside the settlement depth: more than a short jam takes.
const FORGOTTEN_AFTER_BLOCKS: u64 = 10;

const _: () = assert!(
    ITEM_BYTES_MAX + HEADER_BYTES + ROW_BYTES <= DATA_BYTES_MAX,
    "one item fits"
);

/// Why an item is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The law would pass it by.
    #[error("the inbox would pass this item by: {0}")]
    Unfit(#[from] Unfit),
    /// Its sender cannot pay for it beside those that wait already.
    #[error(
        "2.4 unfunded: {owner} has {balance} units of the token free, the inbox takes {fee} for each item, and {waiting} of its items wait already"
    )]
    Unfunded {
        /// The sender.
        owner: Address,
        /// What it has.
        balance: u128,
        /// What it takes.
        fee: u128,
        /// Its items that wait.
        waiting: u64,
    },
    /// The court does not say what its sender has.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// Too long for a node to pay for.
    #[error(
        "{bytes} bytes are more than the {ORPHAN_ITEM_BYTES_MAX} that a node posts for others; post it to the process's inbox yourself"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Nobody can tell yet what has run, nor what its sender has left.
    #[error(
        "this node has not computed the court up to the tip since its start; try again in some seconds"
    )]
    Behind,
    /// Too many wait.
    #[error(
        "as many items as this node takes wait for the inbox already; try again in some blocks"
    )]
    Full,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a batch was not posted.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Bundler(#[from] BundlerError),
    #[error(transparent)]
    Origin(#[from] OriginError),
}

/// What its sender can pay for.
#[derive(Clone, Copy, Debug)]
struct Means {
    balance: u128,
    fee: u128,
}

impl Means {
    fn items(self) -> u64 {
        let fees = self.balance.checked_div(self.fee).unwrap_or(u128::MAX);
        u64::try_from(fees).unwrap_or(u64::MAX)
    }
}

impl Handle {
    /// Takes an item for the inbox, verified as at the entrance; it is on the disk when this returns. One that has run for good is
    /// told so by its outcome, and waits for nothing.
    ///
    /// # Errors
    /// [`TakeError`].
    pub async fn take(&self, item: &VerifiedItem) -> Result<Id, TakeError> {
        self.take_as(Asker::Stranger, item).await
    }

    /// The same for what this node says itself: it waits behind no stranger's question.
    ///
    /// # Errors
    /// [`TakeError`].
    pub async fn take_own(&self, item: &VerifiedItem) -> Result<Id, TakeError> {
        self.take_as(Asker::Own, item).await
    }

    async fn take_as(&self, asker: Asker, item: &VerifiedItem) -> Result<Id, TakeError> {
        check_eligible(item, self.id())?;
        let (id, owner) = (item.id(), item.owner_address().clone());
        let means = self.means(asker, &owner).await?;
        if !self.is_caught_up() {
            return Err(TakeError::Behind);
        }
        if self.has_run(id).await? {
            return Ok(id);
        }
        let room = Room {
            process: None,
            of_owner: means.items(),
            of_all: WAITING_MAX,
        };
        let (payer, bytes) = (owner.clone(), item.bytes().clone());
        let kept = async move |db: &mut _| inbox::enqueue(db, id, &payer, &bytes, room).await;
        match self.0.store.write(kept).await? {
            Enqueued::Waits => Ok(id),
            Enqueued::Full => Err(TakeError::Full),
            Enqueued::OwnerFull(waiting) => Err(TakeError::Unfunded {
                owner,
                balance: means.balance,
                fee: means.fee,
                waiting,
            }),
        }
    }

    /// Whether a message has run in a block that no reorg takes back.
    async fn has_run(&self, message: Id) -> Result<bool, StoreError> {
        let outcome = court::outcome(&self.0.store, message).await?;
        let firm = self.standing().firm;
        Ok(outcome.is_some_and(|outcome| Some(outcome.height) <= firm))
    }

    async fn means(&self, asker: Asker, owner: &Address) -> Result<Means, MirrorError> {
        let params = self.ask_as(asker, Depth::Soft, "Params", &[]).await?;
        let params = params.shown();
        let fee = units(&params["Parameters"]["inbox_fee"])?;
        let asked = [("Recipient", owner.as_str())];
        let found = self.ask_as(asker, Depth::Soft, "Balance", &asked).await?;
        let found = found.shown();
        let balance = units(&found["Balance"])?;
        Ok(Means { balance, fee })
    }

    /// Posts what waits, once an interval, until `shutdown` is told.
    pub async fn post(self, bundler: Bundler, every: Duration, shutdown: Shutdown) {
        loop {
            tokio::select! {
                () = shutdown.told() => return,
                () = tokio::time::sleep(every) => {}
            }
            if let Err(error) = self.post_some(&bundler).await {
                tracing::warn!(%error, "items for the inbox wait");
            }
        }
    }

    /// Posts one transaction of what waits, where anything does.
    pub(super) async fn post_some(&self, bundler: &Bundler) -> Result<(), PostError> {
        let (standing, store) = (self.standing(), &self.0.store);
        let (Some(soft), Some(firm)) = (standing.soft, standing.firm) else {
            return Ok(());
        };
        if !self.is_caught_up() || inbox::queued(store).await? == 0 {
            return Ok(());
        }
        let patience = self
            .0
            .settings
            .settlement_depth
            .saturating_add(FORGOTTEN_AFTER_BLOCKS);
        let forgotten_at = soft.checked_sub(patience);
        let tidy = async move |db: &mut _| inbox::tidy(db, firm, forgotten_at, POSTS_MAX).await;
        store.write(tidy).await?;
        let items = self.next_items(forgotten_at).await?;
        let items = self.of_one_process(items).await?;
        let Some(process) = items.first().and_then(VerifiedItem::target) else {
            return Ok(());
        };
        let tags = Tags::new().with("Process", process.to_string());
        let data = bundle::build(&items);
        let posted = bundler.post(Format::One, "Inbox", tags, data).await?;
        let ids: Vec<Id> = items.iter().map(VerifiedItem::id).collect();
        let kept = async move |db: &mut _| inbox::posted(db, &ids, posted, soft).await;
        Ok(store.write(kept).await?)
    }

    /// The first item and those behind it that are for the same process; what an orphan's log has already is forgotten.
    async fn of_one_process(
        &self,
        mut items: Vec<VerifiedItem>,
    ) -> Result<Vec<VerifiedItem>, PostError> {
        let origin = self.id();
        let for_orphans = items.iter().filter_map(|item| {
            let process = item.target().filter(|process| *process != origin)?;
            Some((process, item.id()))
        });
        let for_orphans: Vec<_> = for_orphans.collect();
        if !for_orphans.is_empty() {
            let (soft, firm) = self.ordered(for_orphans).await?;
            items.retain(|item| !soft.contains(&item.id()));
            let now = self.standing().soft.unwrap_or(0);
            let noted = async move |db: &mut Db| {
                // What others have posted makes way for what waits behind it.
                inbox::passed(&mut *db, &soft, now).await?;
                inbox::forget(db, &firm).await
            };
            self.0.store.write(noted).await?;
        }
        let first = items.first().and_then(VerifiedItem::target);
        items.retain(|item| item.target() == first);
        Ok(items)
    }

    /// As many items, in order, as one transaction takes. One that the disk has damaged is forgotten with a word: it would keep all
    /// behind it waiting, and nobody can run it.
    async fn next_items(&self, forgotten_at: Option<u64>) -> Result<Vec<VerifiedItem>, StoreError> {
        let batch = Batch {
            forgotten_at,
            posts_max: POSTS_MAX,
            items_max: u32::try_from(ITEMS_MAX).unwrap_or(u32::MAX),
            bytes_max: (DATA_BYTES_MAX - HEADER_BYTES) as u64,
            row_bytes: ROW_BYTES as u64,
        };
        let (mut items, mut damaged) = (Vec::new(), Vec::new());
        for waiting in inbox::to_post(&self.0.store, batch).await? {
            let id = waiting.id;
            match verified(waiting) {
                Ok(item) => items.push(item),
                Err(error) => {
                    tracing::error!(%id, %error, "an item for the inbox was damaged on the disk and is forgotten: its sender must give it again");
                    damaged.push(id);
                }
            }
        }
        if !damaged.is_empty() {
            let forgotten = async move |db: &mut _| inbox::forget(db, &damaged).await;
            self.0.store.write(forgotten).await?;
        }
        Ok(items)
    }
}

/// An amount of 30 digits at most fits.
fn units(amount: &Value) -> Result<u128, MirrorError> {
    let units = amount.as_str().and_then(|text| text.parse().ok());
    units.ok_or_else(|| MirrorError::Answer(format!("{amount} is no amount")))
}

fn verified(waiting: inbox::Waiting) -> Result<VerifiedItem, ItemError> {
    let item = item::verify_bytes(waiting.item, Strictness::Entrance)?;
    let (named, found) = (waiting.id, item.id());
    match named == found {
        true => Ok(item),
        false => Err(ItemError::OtherId { named, found }),
    }
}
