//! The base layer: blocks, forks, miners who may not take a transaction, and gateways that lag behind or hide things.

use std::{collections::BTreeMap, sync::Arc};

use aosec_node::su::ports::Mined;
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

/// What a gateway says about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoAnswer;

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
}

impl BaseLayer {
    /// Begins with two blocks.
    pub(super) fn new(gateways: usize) -> Self {
        let mut new = Self {
            blocks: Vec::new(),
            places: BTreeMap::new(),
            pool: Vec::new(),
            gateways: vec![Gateway::default(); gateways],
            censored_until_ms: 0,
        };
        new.append(Vec::new());
        new.append(Vec::new());
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
        self.append(taken);
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

    fn append(&mut self, transactions: Vec<Arc<Transaction>>) {
        let height = self.blocks.len() as u64;
        let new = |transaction: &Arc<Transaction>| !self.places.contains_key(&transaction.id);
        let transactions: Vec<_> = transactions.into_iter().filter(new).collect();
        for transaction in &transactions {
            self.places.insert(transaction.id, height);
        }
        self.blocks.push(Block { transactions });
    }

    /// The tip that a gateway knows of.
    pub(super) fn tip_at(&self, gateway: usize) -> Option<u64> {
        let gateway = self.gateways.get(gateway)?;
        (!gateway.silent).then(|| self.tip().saturating_sub(gateway.lag))
    }

    /// Where a gateway sees a transaction.
    pub(super) fn mined_at(&self, gateway: usize, tx: Id) -> Result<Option<Mined>, NoAnswer> {
        let tip = self.tip_at(gateway).ok_or(NoAnswer)?;
        let hidden = self
            .gateways
            .get(gateway)
            .and_then(|gateway| gateway.hides_from);
        let seen = self.places.get(&tx).copied();
        let seen = seen.filter(|height| *height <= tip && hidden.is_none_or(|from| *height < from));
        Ok(seen.map(|height| Mined {
            height,
            confirmations: tip - height,
        }))
    }

    /// Blocks on top of that of a transaction, for one who sees everything.
    pub(super) fn depth(&self, tx: Id) -> Option<u64> {
        self.places.get(&tx).map(|height| self.tip() - height)
    }
}
