//! What there is to see: the law's transactions in blocks, and the receipts that the messenger has brought home.
//!
//! New blocks are read first, whatever is left of the old ones: a fault of today must be reported within the bounty's window, one of last
//! week within the age of evidence. A pass ends at a sum of bytes, and its caller passes until nothing is left.

use std::collections::BTreeSet;
use std::ops::Range;

use aosec_challenge::hunter::{Evidence, in_transaction};
use aosec_wire::{Id, VerifiedItem};
use bytes::Bytes;

use super::Hitch;
use crate::store::{Store, StoreError, clock, court_log, outbox};

/// Blocks read at one pass, when much is behind.
const BLOCKS_AT_ONCE: u64 = 64;
/// Bytes of transactions after which a pass ends, behind the block that passes them: four of the longest transactions, each with
/// signatures to verify.
const BYTES_AT_ONCE: usize = 16 * 1_024 * 1_024;
/// Receipts read at one pass.
const RECEIPTS_AT_ONCE: u32 = 1_024;
/// Blocks after which the messenger's receipts are gone through anew: what no tenure was known for at the first time may have one by now.
const ANEW_BLOCKS: u64 = 720;

/// How far was read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// The first block above all that were read.
    next: u64,
    /// The first block that was new at the beginning: what lies below is among the older ones.
    floor: u64,
    /// Older blocks, of which the highest is read first.
    older: Range<u64>,
    depth: u64,
    /// Transactions of the newest blocks, which a reorg may replace: those that were looked at.
    seen: BTreeSet<(u64, Id)>,
    /// The last of the messenger's receipts that was read, by their order of arrival.
    cursor: u64,
    /// Whether more of them wait.
    has_receipts: bool,
    /// When they are gone through anew.
    anew: u64,
}

/// Bytes that nobody has looked at yet.
#[derive(Debug, Default)]
pub(super) struct Sights {
    /// Data of transactions, with the heights at which they were mined.
    transactions: Vec<(u64, Bytes)>,
    bytes: usize,
    receipts: Vec<Bytes>,
}

impl Reading {
    /// From block `soft` back to the block `oldest`, under a tip of which `depth` blocks may change.
    pub(super) fn from(oldest: u64, soft: u64, depth: u64) -> Self {
        let newest = soft.saturating_sub(depth);
        Self {
            next: newest,
            floor: newest,
            older: oldest.min(newest)..newest,
            depth,
            seen: BTreeSet::new(),
            cursor: 0,
            has_receipts: true,
            anew: soft.saturating_add(ANEW_BLOCKS),
        }
    }

    /// Whether something is left to be read below this height.
    pub(super) fn is_behind(&self, soft: u64) -> bool {
        self.next <= soft || !self.older.is_empty() || self.has_receipts
    }

    /// What is new, up to this height, and how far is read then.
    pub(super) async fn next(
        &self,
        store: &Store,
        origin: Id,
        soft: u64,
    ) -> Result<(Sights, Self), StoreError> {
        let (mut sights, mut read) = (Sights::default(), self.clone());
        read.newest(&mut sights, store, soft).await?;
        read.oldest(&mut sights, store).await?;
        read.receipts(&mut sights, store, origin, soft).await?;
        let transactions = sights.transactions.len();
        tracing::trace!(%origin, next = read.next, older = ?read.older, transactions, "the hunter has read");
        Ok((sights, read))
    }

    /// New blocks, and once more those that a reorg may have replaced.
    async fn newest(
        &mut self,
        sights: &mut Sights,
        store: &Store,
        soft: u64,
    ) -> Result<(), StoreError> {
        let end = soft.saturating_add(1);
        self.next = self.next.min(end);
        let first = self.next.saturating_sub(self.depth.saturating_add(1));
        let first = first.max(self.floor);
        let end = self.next.saturating_add(BLOCKS_AT_ONCE).min(end);
        for height in first..end {
            if height >= self.next && sights.are_many() {
                break;
            }
            for (_, id) in clock::ids_in(store, height..=height).await? {
                if self.seen.insert((height, id)) {
                    sights.take(store, height, id).await?;
                }
            }
            self.next = self.next.max(height.saturating_add(1));
        }
        let kept = self.next.saturating_sub(self.depth.saturating_add(1));
        self.seen = self.seen.split_off(&(kept, Id::new([0; 32])));
        Ok(())
    }

    /// Older blocks, as far as the pass has room for them.
    async fn oldest(&mut self, sights: &mut Sights, store: &Store) -> Result<(), StoreError> {
        let down_to = self.older.end.saturating_sub(BLOCKS_AT_ONCE);
        for height in (self.older.start.max(down_to)..self.older.end).rev() {
            if sights.are_many() {
                return Ok(());
            }
            for (_, id) in clock::ids_in(store, height..=height).await? {
                sights.take(store, height, id).await?;
            }
            self.older.end = height;
        }
        Ok(())
    }

    async fn receipts(
        &mut self,
        sights: &mut Sights,
        store: &Store,
        origin: Id,
        soft: u64,
    ) -> Result<(), StoreError> {
        if soft >= self.anew {
            (self.cursor, self.anew) = (0, soft.saturating_add(ANEW_BLOCKS));
        }
        let page = outbox::receipts(store, origin, self.cursor, RECEIPTS_AT_ONCE).await?;
        (self.cursor, self.has_receipts) = (page.last, page.has_more);
        sights.receipts = page.unshown;
        Ok(())
    }
}

impl Sights {
    const fn are_many(&self) -> bool {
        self.bytes >= BYTES_AT_ONCE
    }

    async fn take(&mut self, store: &Store, height: u64, id: Id) -> Result<(), StoreError> {
        if let Some(data) = court_log::carried(store, height, id).await? {
            self.bytes += data.len();
            self.transactions.push((height, data));
        }
        Ok(())
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
        let mut transactions = sights.transactions;
        transactions.sort_by_key(|(height, _)| *height);
        for (height, data) in transactions {
            let evidence = in_transaction(&data, origin).into_iter();
            found.extend(evidence.map(|one| (one, Some(height))));
        }
        let receipts = sights.receipts.into_iter();
        let receipts = receipts.filter_map(|bytes| Evidence::in_bytes(&bytes, origin));
        let heard = heard.iter().filter_map(|one| Evidence::of(one, origin));
        found.extend(receipts.chain(heard).map(|one| (one, None)));
        found
    };
    let looked = tokio::task::spawn_blocking(looking).await;
    looked.map_err(|_stopped| Hitch::Stopped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arweave::block::BlockId;
    use crate::store::Db;
    use crate::store::law::{LawTransaction, Read, Seen};

    const ORIGIN: Id = Id::new([1; 32]);
    const DEPTH: u64 = 5;

    fn block(height: u64) -> Seen {
        Seen {
            height,
            id: BlockId::new([7; 48]),
            time_s: height,
            law: Vec::new(),
        }
    }

    /// One transaction of this block.
    fn law(height: u64, bytes: usize) -> Read {
        let transaction = LawTransaction {
            height,
            place: 0,
            id: Id::sha256(&height.to_be_bytes()),
            block: BlockId::new([7; 48]),
            time_s: height,
            tags: Vec::new(),
            data: vec![0; bytes].into(),
        };
        Read {
            transaction,
            mentions: Vec::new(),
        }
    }

    /// Blocks with a transaction each.
    async fn mined(store: &Store, heights: Range<u64>, bytes: usize) {
        let from = heights.start;
        let blocks: Vec<Seen> = heights.clone().map(block).collect();
        let read: Vec<Read> = heights.map(|height| law(height, bytes)).collect();
        let job = async move |db: &mut Db| clock::rewrite(db, from, &blocks, &read, &blocks).await;
        store.write(job).await.unwrap();
    }

    async fn opened() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        (folder, store)
    }

    fn heights(sights: &Sights) -> Vec<u64> {
        sights.transactions.iter().map(|(at, _)| *at).collect()
    }

    #[tokio::test]
    async fn new_blocks_are_read_before_old_ones_and_each_transaction_once() {
        let (_folder, store) = opened().await;
        mined(&store, 100..300, 1).await;
        let mut reading = Reading::from(100, 299, DEPTH);
        let (mut passes, mut seen) = (0, Vec::new());
        let mut tip = 299;
        while reading.is_behind(tip) {
            let (sights, read) = reading.next(&store, ORIGIN, tip).await.unwrap();
            if passes == 1 {
                assert!(heights(&sights).contains(&300), "today's fault");
            }
            seen.extend(heights(&sights));
            (reading, passes) = (read, passes + 1);
            if passes == 1 {
                assert_eq!(seen[..6], [294, 295, 296, 297, 298, 299]);
                mined(&store, 300..301, 1).await;
                tip = 300;
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, (100..=300).collect::<Vec<_>>(), "each once");
        assert_eq!(passes, 4, "64 old blocks at a pass");
        let (sights, _) = reading.next(&store, ORIGIN, 300).await.unwrap();
        assert!(heights(&sights).is_empty(), "nothing is left");
    }

    #[tokio::test]
    async fn a_pass_that_comes_to_nothing_is_made_again() {
        let (_folder, store) = opened().await;
        mined(&store, 100..110, 1).await;
        let reading = Reading::from(100, 109, DEPTH);
        let lost = reading.next(&store, ORIGIN, 109).await.unwrap();
        let again = reading.next(&store, ORIGIN, 109).await.unwrap();
        assert_eq!(heights(&lost.0), heights(&again.0));
    }

    #[tokio::test]
    async fn a_pass_ends_at_a_sum_of_bytes() {
        let (_folder, store) = opened().await;
        const BYTES: usize = BYTES_AT_ONCE / 8;
        mined(&store, 100..140, BYTES).await;
        let mut reading = Reading::from(100, 139, DEPTH);
        let mut seen = 0;
        while reading.is_behind(139) {
            let (sights, read) = reading.next(&store, ORIGIN, 139).await.unwrap();
            assert!(sights.bytes <= BYTES_AT_ONCE, "{}", sights.bytes);
            assert_ne!(sights.bytes, 0, "it goes on");
            seen += sights.transactions.len();
            reading = read;
        }
        assert_eq!(seen, 40);
    }
}
