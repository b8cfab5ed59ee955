//! What there is to see: the law's transactions in blocks, and the receipts that the messenger has brought home.

use std::collections::BTreeSet;

use aosec_challenge::hunter::{Evidence, in_transaction};
use aosec_wire::{Id, Strictness, VerifiedItem, item};
use bytes::Bytes;

use super::Hitch;
use crate::store::{Store, StoreError, clock, outbox};

/// Blocks read at one pass, when much is behind: each may hold megabytes with signatures to verify.
const BLOCKS_AT_ONCE: u64 = 64;
/// Receipts read at one pass: the whole outbox is gone through in turn, some 50,000 an hour on a real network.
const RECEIPTS_AT_ONCE: u32 = 1_024;

/// How far was read.
#[derive(Debug)]
pub(super) struct Reading {
    next: u64,
    depth: u64,
    /// Transactions of the newest blocks, which a reorg may replace: those that were looked at.
    seen: BTreeSet<(u64, Id)>,
    /// The last entry of the messenger's outbox that was read.
    cursor: Option<Id>,
}

/// Bytes that nobody has looked at yet.
#[derive(Debug, Default)]
pub(super) struct Sights {
    /// Data of transactions, with the heights at which they were mined.
    transactions: Vec<(u64, Bytes)>,
    receipts: Vec<Bytes>,
}

impl Reading {
    /// From this height on, under a tip of which `depth` blocks may change.
    pub(super) const fn from(height: u64, depth: u64) -> Self {
        Self {
            next: height,
            depth,
            seen: BTreeSet::new(),
            cursor: None,
        }
    }

    /// What is new, up to this height.
    pub(super) async fn next(
        &mut self,
        store: &Store,
        origin: Id,
        soft: u64,
    ) -> Result<Sights, StoreError> {
        let mut sights = Sights::default();
        self.next = self.next.min(soft.saturating_add(1));
        let first = self.next.saturating_sub(self.depth.saturating_add(1));
        let end = self
            .next
            .saturating_add(BLOCKS_AT_ONCE)
            .min(soft.saturating_add(1));
        for height in first..end {
            for one in clock::in_block(store, height).await? {
                if self.seen.insert((height, one.id)) {
                    sights.transactions.push((height, one.data));
                }
            }
        }
        self.next = end;
        let kept = end.saturating_sub(self.depth.saturating_add(1));
        self.seen = self.seen.split_off(&(kept, Id::new([0; 32])));
        let found = outbox::unshown_receipts(store, origin, self.cursor, RECEIPTS_AT_ONCE).await?;
        let is_whole = found.len() < usize::try_from(RECEIPTS_AT_ONCE).unwrap_or(usize::MAX);
        self.cursor = found.last().map(|(key, _)| *key).filter(|_| !is_whole);
        sights.receipts = found.into_iter().map(|(_, receipt)| receipt).collect();
        tracing::trace!(%origin, first, end, transactions = sights.transactions.len(), "the hunter has read");
        Ok(sights)
    }
}

/// The evidence among all that was seen, with the height of its block where it stands in one. Signatures are arithmetic: not on the
/// threads that carry requests.
pub(super) async fn evidence(
    sights: Sights,
    heard: Vec<VerifiedItem>,
    origin: Id,
) -> Result<Vec<(Evidence, Option<u64>)>, Hitch> {
    let looking = move || {
        let mut found = Vec::new();
        for (height, data) in &sights.transactions {
            let evidence = in_transaction(data, origin).into_iter();
            found.extend(evidence.map(|one| (one, Some(*height))));
        }
        let receipts = sights.receipts.into_iter();
        let receipts =
            receipts.filter_map(|bytes| item::verify_bytes(bytes, Strictness::Entrance).ok());
        let loose = receipts.chain(heard);
        found.extend(loose.filter_map(|one| Some((Evidence::of(&one, origin)?, None))));
        found
    };
    let looked = tokio::task::spawn_blocking(looking).await;
    looked.map_err(|_stopped| Hitch::Stopped)
}
