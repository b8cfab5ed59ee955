//! Pure: the state of the devchain, and the one function that changes it: `step(state, event) -> effects`.
//!
//! 1. Events are applied in the order of their journal; the same events give the same chain, block ids included.
//! 2. A transaction is taken if its anchor is fresh, its reward covers the price and its wallet can pay for it beside everything that
//!    already waits. Mining looks again, because blocks age anchors and forks move money: what fails then is dropped with an effect.
//! 3. An item has one place: the first mined transaction that carries it; before that, the first waiting one.
//! 4. Time never goes back: a block is at least a second later than the one before.
//!
//! 5. The chain misbehaves on demand alone: [`Event::Fork`] and [`Event::Fault`].
//!
//! Not here: sockets, the file, the clock, the key that signs the devchain's own bundles.

mod assembly;
mod block;
mod event;
mod faults;
mod fork;
mod ledger;
mod mine;
mod offer;
mod pool;
mod select;
mod take;
mod wallets;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use aosec_wire::{Address, Id, VerifiedItem};

use assembly::Assemblies;
use pool::Pool;
use wallets::Wallets;

use crate::arweave::block::BlockId;
use crate::arweave::transaction::Transaction;

pub use assembly::{ChunkShape, Piece, PieceError};
pub use block::Block;
pub use event::{Effect, Event, Refusal};
pub use faults::{Fault, Faults};
pub use fork::Orphans;
pub use ledger::{Content, Entry, Ledger, Position};
pub use offer::Offer;
pub use select::{Filter, Order, Page, Selection, TagFilter, TooCostly};

/// How far under the tip a block may lie that anchors a transaction: a rule of the base layer.
pub const ANCHOR_DEPTH: u64 = 50;
/// Most transactions in a block: a rule of the base layer.
const BLOCK_TXS_MAX: usize = 1_000;
/// Longest data of one transaction, chunks included.
pub const DATA_SIZE_MAX: u64 = 64 * 1024 * 1024;
/// What a transaction costs beside its bytes, and what a byte costs, near the base layer's own prices, in winston.
const BASE_WINSTON: u128 = 50_000_000;
const BYTE_WINSTON: u128 = 10_000;

/// What it costs to store `bytes`, in winston.
#[must_use]
pub fn price_winston(bytes: u64) -> u128 {
    BASE_WINSTON + BYTE_WINSTON * u128::from(bytes)
}

/// An item that waits for a transaction of the devchain itself.
#[derive(Clone, Debug)]
struct Held {
    arrival: u32,
    item: VerifiedItem,
}

/// The devchain.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    blocks: Vec<Block>,
    heights: BTreeMap<BlockId, u64>,
    /// Transactions with data, by the number of their last byte.
    weave: BTreeMap<u64, Id>,
    wallets: Wallets,
    pool: Pool,
    held: BTreeMap<Id, Held>,
    /// Items that were held and are mined, by the number of their arrival: a fork makes them wait again.
    once_held: BTreeMap<Id, u32>,
    assemblies: Assemblies,
    ledger: Ledger,
    arrivals: u32,
    faults: Faults,
    /// Forks so far.
    branch: u32,
}

impl Chain {
    /// Applies an event.
    ///
    /// # Errors
    /// [`Refusal`]; the chain is as before then.
    pub fn step(&mut self, event: Event) -> Result<Vec<Effect>, Refusal> {
        match event {
            Event::Genesis { time_s, funds } => self.begin(time_s, funds),
            _ if self.blocks.is_empty() => Err(Refusal::NoGenesis),
            Event::Submit(offer) => self.submit(*offer),
            Event::Hold(item) => self.hold(item),
            Event::Piece(piece) => self.assemble(piece),
            Event::Mint { wallet, winston } => self.mint(&wallet, winston),
            Event::Mine { time_s } => Ok(self.mine(time_s)),
            Event::Fork {
                depth,
                orphans,
                time_s,
            } => self.fork(depth, orphans, time_s),
            Event::Fault(fault) => self.faults.set(fault),
        }
    }

    /// The blocks from the first to the newest.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The newest block.
    #[must_use]
    pub fn tip(&self) -> Option<&Block> {
        self.blocks.last()
    }

    /// The block at a height.
    #[must_use]
    pub fn block(&self, height: u64) -> Option<&Block> {
        usize::try_from(height)
            .ok()
            .and_then(|at| self.blocks.get(at))
    }

    /// The block with an id.
    #[must_use]
    pub fn block_with_id(&self, id: &BlockId) -> Option<&Block> {
        self.heights.get(id).and_then(|height| self.block(*height))
    }

    /// Everything that has an id.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How the chain misbehaves at present.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The block that new transactions should name as anchor: halfway down to the deepest that is good, as gateways of the base layer
    /// give it, so that it outlives shallow forks and leaves time to wait.
    #[must_use]
    pub fn anchor(&self) -> Option<&Block> {
        let tip = self.tip()?;
        self.block(tip.height.saturating_sub(ANCHOR_DEPTH / 2))
    }

    /// What a wallet owns.
    #[must_use]
    pub fn balance_winston(&self, wallet: &Address) -> u128 {
        self.wallets.balance_winston(wallet)
    }

    /// The last mined transaction of a wallet.
    #[must_use]
    pub fn last_transaction(&self, wallet: &Address) -> Option<Id> {
        self.wallets.last(wallet)
    }

    /// Transactions that wait to be mined.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pool.len()
    }

    /// The number of the last byte of a mined transaction's data, from 1 on over the whole chain.
    #[must_use]
    pub fn end_offset(&self, id: Id) -> Option<u64> {
        let height = self.ledger.get(id)?.position.height()?;
        let block = self.block(height)?;
        let before = height
            .checked_sub(1)
            .and_then(|below| self.block(below))
            .map_or(0, |block| block.weave_size);
        let ends = self.weave.range(before + 1..=block.weave_size);
        ends.into_iter()
            .find(|(_, found)| **found == id)
            .map(|(end, _)| *end)
    }

    /// The transaction whose data holds the byte with this number, and the number of its last byte.
    #[must_use]
    pub fn transaction_at(&self, offset: u64) -> Option<(Id, u64)> {
        self.weave
            .range(offset.max(1)..)
            .next()
            .map(|(end, id)| (*id, *end))
    }

    /// Held items that no waiting transaction carries, in the order of arrival.
    #[must_use]
    pub fn uncarried(&self) -> Vec<VerifiedItem> {
        let free = |id: &Id| {
            self.ledger
                .get(*id)
                .is_some_and(|entry| entry.parent.is_none())
        };
        let mut held: Vec<&Held> = self
            .held
            .iter()
            .filter(|(id, held)| free(id) && !self.faults.censors(held.item.owner_address()))
            .map(|(_, held)| held)
            .collect();
        held.sort_by_key(|held| held.arrival);
        held.into_iter().map(|held| held.item.clone()).collect()
    }

    fn begin(&mut self, time_s: u64, funds: Vec<(Address, u128)>) -> Result<Vec<Effect>, Refusal> {
        if !self.blocks.is_empty() {
            return Err(Refusal::HasGenesis);
        }
        let total = funds
            .iter()
            .try_fold(0_u128, |sum, (_, winston)| sum.checked_add(*winston));
        total.ok_or(Refusal::TooMuchMoney)?;
        for (wallet, winston) in funds {
            self.wallets.mint(&wallet, winston);
        }
        self.append(Block::after(None, self.branch, time_s, Vec::new(), 0));
        Ok(vec![
            Effect::Persist,
            Effect::Mined {
                height: 0,
                transactions: 0,
            },
        ])
    }

    fn mint(&mut self, wallet: &Address, winston: u128) -> Result<Vec<Effect>, Refusal> {
        if !self.wallets.mint(wallet, winston) {
            return Err(Refusal::TooMuchMoney);
        }
        Ok(vec![Effect::Persist])
    }

    fn put_transaction(&mut self, transaction: Transaction, position: Position) {
        self.ledger.put(Entry {
            content: Content::Transaction(transaction.into()),
            position,
            parent: None,
        });
    }

    fn append(&mut self, block: Block) {
        self.heights.insert(block.id, block.height);
        self.blocks.push(block);
    }

    fn arrive(&mut self) -> u32 {
        self.arrivals = self
            .arrivals
            .checked_add(1)
            .expect("4 billion arrivals fill any disk first");
        self.arrivals
    }
}
