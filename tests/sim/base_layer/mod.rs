//! The base layer: blocks, forks, miners who may not take a transaction, and gateways that lag behind or hide things.

use std::{collections::BTreeMap, sync::Arc};

use aosec_challenge::derive;
use aosec_node::su::ports::{Mined, Whereabouts};
use aosec_wire::Id;

use super::carried::Carried;
use crate::harness::seed::Seed;

/// A posted transaction.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) id: Id,
    pub(super) carried: Carried,
}

/// A block of the branch that counts.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// What the law reads of it.
    pub(super) law: derive::Block,
    pub(super) transactions: Vec<Arc<Transaction>>,
}

/// A door to the base layer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gateway {
    /// Blocks that it does not know yet.
    pub(super) lag: u64,
    /// It shows no transactions from this height on.
    pub(super) hides_from: Option<u64>,
    /// It answers nothing.
    pub(super) silent: bool,
}

#[derive(Debug)]
pub(super) struct BaseLayer {
    blocks: Vec<Block>,
    /// Where each transaction stands on the branch that counts.
    places: BTreeMap<Id, u64>,
    /// What waits for a block.
    pool: Vec<Arc<Transaction>>,
    pub(super) gateways: Vec<Gateway>,
    /// Nobody's transaction is taken before this moment.
    pub(super) censored_until_ms: u64,
    /// Blocks found, also those that a fork took away.
    mined: u64,
}

impl BaseLayer {
    /// Begins with two blocks.
    pub(super) fn new(gateways: usize, now_ms: u64) -> Self {
        let mut new = Self {
            blocks: Vec::new(),
            places: BTreeMap::new(),
            pool: Vec::new(),
            gateways: vec![Gateway::default(); gateways],
            censored_until_ms: 0,
            mined: 0,
        };
        new.append(now_ms, Vec::new());
        new.append(now_ms, Vec::new());
        new
    }

    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    pub(super) fn tip(&self) -> u64 {
        (self.blocks.len() as u64).saturating_sub(1)
    }

    pub(super) fn pool(&mut self, transaction: Arc<Transaction>) {
        self.pool.push(transaction);
    }

    /// A block with some of what waits.
    pub(super) fn mine(&mut self, now_ms: u64, dice: &mut Seed) {
        let open = now_ms >= self.censored_until_ms;
        let (taken, left) = std::mem::take(&mut self.pool)
            .into_iter()
            .partition(|_| open && dice.below(8) > 0);
        self.pool = left;
        self.append(now_ms, taken);
    }

    /// The last `depth` blocks never were. Their transactions wait again, or are gone: one in four.
    pub(super) fn fork(&mut self, depth: u64, now_ms: u64, dice: &mut Seed) {
        let depth = depth.min(self.tip().saturating_sub(1));
        let kept = self.blocks.len() - usize::try_from(depth).unwrap_or(0);
        for block in self.blocks.split_off(kept) {
            for transaction in block.transactions {
                self.places.remove(&transaction.id);
                if dice.below(4) > 0 {
                    self.pool.push(transaction);
                }
            }
        }
        for _ in 0..=depth {
            self.mine(now_ms, dice);
        }
    }

    fn append(&mut self, now_ms: u64, transactions: Vec<Arc<Transaction>>) {
        let height = self.blocks.len() as u64;
        let new = |transaction: &Arc<Transaction>| !self.places.contains_key(&transaction.id);
        let transactions: Vec<_> = transactions.into_iter().filter(new).collect();
        for transaction in &transactions {
            self.places.insert(transaction.id, height);
        }
        self.mined += 1;
        let id = block_id(self.mined);
        let law = derive::Block {
            height,
            id,
            previous: self.blocks.last().map_or([0; 48], |last| last.law.id),
            time_s: now_ms / 1_000,
            transactions: (transactions.iter().enumerate())
                .filter_map(|(place, one)| one.carried.law(place, one.id))
                .collect(),
        };
        self.blocks.push(Block { law, transactions });
    }

    /// The tip that a gateway knows of.
    pub(super) fn tip_at(&self, gateway: usize) -> Option<u64> {
        let gateway = self.gateways.get(gateway)?;
        (!gateway.silent).then(|| self.tip().saturating_sub(gateway.lag))
    }

    /// Up to which height a gateway shows what stands in blocks.
    pub(super) fn sees(&self, gateway: usize) -> Option<u64> {
        let tip = self.tip_at(gateway)?;
        let hidden = self.gateways.get(gateway)?.hides_from;
        Some(hidden.map_or(tip, |from| tip.min(from.saturating_sub(1))))
    }

    /// Whether a gateway shows everything.
    pub(super) fn is_well(&self, gateway: usize) -> bool {
        self.sees(gateway) == Some(self.tip())
    }

    /// Where a gateway sees a transaction.
    pub(super) fn whereabouts_at(&self, gateway: usize, tx: Id) -> Option<Whereabouts> {
        let tip = self.tip_at(gateway)?;
        let hidden = self.gateways.get(gateway)?.hides_from;
        let shown = |height: &u64| *height <= tip && hidden.is_none_or(|from| *height < from);
        let place = self.places.get(&tx).copied();
        Some(match place.filter(shown) {
            Some(height) => Whereabouts::Mined(Mined {
                height,
                confirmations: tip - height,
            }),
            None if hidden.is_some() => Whereabouts::Unknown,
            None if place.is_some() || self.is_pooled(tx) => Whereabouts::Pending,
            None => Whereabouts::Unknown,
        })
    }

    fn is_pooled(&self, tx: Id) -> bool {
        self.pool.iter().any(|transaction| transaction.id == tx)
    }

    pub(super) fn block(&self, height: u64) -> Option<&derive::Block> {
        let index = usize::try_from(height).ok()?;
        self.blocks.get(index).map(|block| &block.law)
    }

    /// Blocks on top of that of a transaction, for one who sees everything.
    pub(super) fn depth(&self, tx: Id) -> Option<u64> {
        self.places.get(&tx).map(|height| self.tip() - height)
    }
}

fn block_id(number: u64) -> derive::BlockId {
    let mut id = [0; 48];
    id[..32].copy_from_slice(Id::sha256(&number.to_be_bytes()).as_bytes());
    id
}
