//! Pure: what may happen to the chain, what follows from it, and what it refuses.

use aosec_wire::{Address, Id, VerifiedItem};
use thiserror::Error;

use super::assembly::Piece;
use super::faults::Fault;
use super::fork::Orphans;
use super::offer::Offer;

/// What somebody wants of the chain. Times and money come from outside; the chain itself reads no clock.
#[derive(Clone, Debug)]
pub enum Event {
    /// The first block, with money out of nothing.
    Genesis {
        /// Its time in seconds.
        time_s: u64,
        /// Who owns what.
        funds: Vec<(Address, u128)>,
    },
    /// A transaction asks to be mined.
    Submit(Box<Offer>),
    /// An item asks to be carried by a transaction of the devchain itself.
    Hold(VerifiedItem),
    /// A chunk of some transaction's data.
    Piece(Piece),
    /// Money out of nothing, for development.
    Mint {
        /// Who gets it.
        wallet: Address,
        /// How much.
        winston: u128,
    },
    /// The next block.
    Mine {
        /// The time in seconds.
        time_s: u64,
    },
    /// Another branch, one block longer, takes the place of the newest blocks.
    Fork {
        /// Blocks that are replaced.
        depth: u64,
        /// What becomes of their transactions.
        orphans: Orphans,
        /// The time in seconds.
        time_s: u64,
    },
    /// The chain is made to misbehave, or to behave again.
    Fault(Fault),
}

/// What follows from an event. No effects: nothing changed, because all of it was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The event has to be on the disk before anybody hears of it.
    Persist,
    /// A block was mined.
    Mined {
        /// Its height.
        height: u64,
        /// Transactions in it.
        transactions: usize,
    },
    /// A transaction is forgotten: its anchor or its money is gone, or a fork dropped it.
    Dropped(Id),
    /// A branch took the place of blocks.
    Forked {
        /// Height of the first replaced block.
        first: u64,
        /// How many were replaced.
        depth: u64,
    },
    /// The data of a transaction is complete.
    Completed(Id),
}

/// Why the chain does not do it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Genesis comes first, and once.
    #[error("the chain has its first block already")]
    HasGenesis,
    /// Nothing comes before genesis.
    #[error("the chain has no first block yet")]
    NoGenesis,
    /// The reward is under the price.
    #[error("the reward of {offered} winston is under the price of {price}")]
    Price {
        /// The reward.
        offered: u128,
        /// The price now.
        price: u128,
    },
    /// The wallet cannot pay.
    #[error("the wallet {wallet} has {available} winston free; the transaction takes {cost}")]
    Funds {
        /// Who pays.
        wallet: Address,
        /// Balance without what waiting transactions take.
        available: u128,
        /// Reward and quantity.
        cost: u128,
    },
    /// The anchor is neither the wallet's last transaction nor a recent block.
    #[error("the anchor is neither the wallet's last transaction nor one of the last {depth} blocks; ask /tx_anchor", depth = super::ANCHOR_DEPTH)]
    Anchor,
    /// More waits than the chain takes.
    #[error("too much waits to be mined; try again after the next block")]
    Full,
    /// The data is longer than the chain keeps.
    #[error("the transaction declares {0} bytes of data; at most {max} are kept", max = super::DATA_SIZE_MAX)]
    DataSize(u64),
    /// No transaction asks for this data.
    #[error("data_root_not_found")]
    UnknownRoot,
    /// More blocks than there are above the first, or none.
    #[error("a fork replaces 1 to {deepest} blocks here, not {depth}: the first block stays")]
    ForkDepth {
        /// Blocks asked for.
        depth: u64,
        /// Most blocks that can be replaced now.
        deepest: u64,
    },
    /// A list of faults is full.
    #[error("at most {max} senders are censored and {max} ids hidden at a time", max = super::faults::LIST_MAX)]
    FaultsFull,
    /// More money than numbers hold.
    #[error("that is more money than there can be")]
    TooMuchMoney,
}
