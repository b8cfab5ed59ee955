//! Items for the inbox: anybody may give one to any node, and it puts many into one transaction (PROTOCOL 2.6).
//!
//! What is taken is on the disk before the answer. It is posted until it has run in a firm block, at most [`POSTS_MAX`] times: an item
//! that nobody pays for never runs. An item that stands on the base layer twice runs once (2.2), so a second post costs money alone.
//! The node's wallet pays for each post, so an item is taken only while its sender has the inbox fee (2.4).

use std::time::Duration;

use aosec_challenge::inbox::{ITEM_BYTES_MAX, Unfit, eligible};
use aosec_wire::{Address, Id, ItemError, Strictness, Tags, VerifiedItem, bundle, item};
use bytes::Bytes;
use serde_json::Value;

use super::mirror::{Depth, MirrorError};
use super::{Handle, OriginError};
use crate::arweave::bundler::{Bundler, BundlerError, DATA_BYTES_MAX, ITEMS_MAX, bundled_bytes};
use crate::arweave::transaction::Format;
use crate::shutdown::Shutdown;
use crate::store::{self, StoreError, court};

/// Items that wait at once: at the longest a hundred transactions.
const WAITING_MAX: u64 = 4_000;
/// How often an item is posted at most.
const POSTS_MAX: u32 = 3;
/// Blocks after which a post that did not run is tried again, beside the settlement depth: more than a short jam takes.
const FORGOTTEN_AFTER_BLOCKS: u64 = 10;
/// The bundle's header beside the rows.
const HEADER_BYTES: usize = 32;

const _: () = assert!(
    ITEM_BYTES_MAX + HEADER_BYTES + 64 <= DATA_BYTES_MAX,
    "one item fits"
);

/// Why an item is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The law would pass it by.
    #[error("the inbox would pass this item by: {0}")]
    Unfit(#[from] Unfit),
    /// Its sender cannot pay.
    #[error(
        "2.4 unfunded: {owner} has {balance} units of the token free, and the inbox takes {fee} for each item"
    )]
    Unfunded {
        /// The sender.
        owner: Address,
        /// What it has.
        balance: u128,
        /// What it takes.
        fee: u128,
    },
    /// The court does not say what its sender has.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// Too many wait.
    #[error("{WAITING_MAX} items wait for the inbox already; try again in some blocks")]
    Full,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a batch was not posted.
#[derive(Debug, thiserror::Error)]
enum PostError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Bundler(#[from] BundlerError),
    #[error("a kept item does not verify: {0}")]
    Item(#[from] ItemError),
    #[error(transparent)]
    Origin(#[from] OriginError),
}

impl Handle {
    /// Takes an item for the inbox; it is on the disk when this returns.
    ///
    /// # Errors
    /// [`TakeError`].
    pub async fn take(&self, bytes: Bytes) -> Result<Id, TakeError> {
        let item = eligible(bytes, self.id())?;
        self.can_pay(item.owner_address()).await?;
        let store = &self.0.store;
        if court::queued(store).await? >= WAITING_MAX {
            return Err(TakeError::Full);
        }
        let (id, bytes) = (item.id(), item.bytes().clone());
        let kept = store.write(async move |db| court::enqueue(db, id, &bytes).await);
        kept.await?;
        Ok(id)
    }

    async fn can_pay(&self, owner: &Address) -> Result<(), TakeError> {
        let params = self.ask(Depth::Soft, "Params", &[]).await?.shown();
        let fee = units(&params["Parameters"]["inbox_fee"])?;
        if fee == 0 {
            return Ok(());
        }
        let asked = [("Recipient", owner.as_str())];
        let found = self.ask(Depth::Soft, "Balance", &asked).await?.shown();
        let balance = units(&found["Balance"])?;
        match balance < fee {
            true => Err(TakeError::Unfunded {
                owner: owner.clone(),
                balance,
                fee,
            }),
            false => Ok(()),
        }
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

    async fn post_some(&self, bundler: &Bundler) -> Result<(), PostError> {
        let standing = self.standing();
        let (Some(soft), Some(firm)) = (standing.soft, standing.firm) else {
            return Ok(());
        };
        let patience = self.0.settings.settlement_depth + FORGOTTEN_AFTER_BLOCKS;
        let forgotten_at = soft.checked_sub(patience);
        let store = &self.0.store;
        let limit = u32::try_from(ITEMS_MAX).unwrap_or(u32::MAX);
        let waiting = court::to_post(store, forgotten_at, POSTS_MAX, limit).await?;
        let tidied = forgotten_at.unwrap_or(0);
        let tidy = store.write(async move |db| court::tidy(db, firm, tidied, POSTS_MAX).await);
        tidy.await?;
        let items = verified(waiting)?;
        if items.is_empty() {
            return Ok(());
        }
        let tags = Tags::new().with("Process", self.id().to_string());
        let data = bundle::build(&items);
        let posted = bundler.post(Format::One, "Inbox", tags, data).await?;
        let ids: Vec<Id> = items.iter().map(VerifiedItem::id).collect();
        let kept = store.write(async move |db| store::court::posted(db, &ids, posted, soft).await);
        Ok(kept.await?)
    }
}

/// An amount of 30 digits at most fits.
fn units(amount: &Value) -> Result<u128, MirrorError> {
    let units = amount.as_str().and_then(|text| text.parse().ok());
    units.ok_or_else(|| MirrorError::Answer(format!("{amount} is no amount")))
}

/// As many of the items, in order, as one transaction takes.
fn verified(waiting: Vec<court::Waiting>) -> Result<Vec<VerifiedItem>, ItemError> {
    let mut bytes = HEADER_BYTES;
    let fits = waiting.into_iter().take_while(|one| {
        bytes += bundled_bytes(&one.item);
        bytes <= DATA_BYTES_MAX
    });
    fits.map(|one| item::verify_bytes(one.item, Strictness::Entrance))
        .collect()
}
