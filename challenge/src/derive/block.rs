//! What the law reads of a block (PROTOCOL 2.1, 2.3), and the numbers of section 8 that a derivation needs.

use aosec_wire::Id;
use bytes::Bytes;

/// The id of a block (`indep_hash`).
pub type BlockId = [u8; 48];

/// The numbers of the law that the derivation of logs uses, all in blocks (PROTOCOL 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// After how many blocks a block is final (1.2, 1.4).
    pub settlement_depth: usize,
    /// From unhosting to the block after which no record of that epoch counts (5.7).
    pub cut: u64,
    /// From a stamp to where its publication begins to be late (2.8).
    pub late_after: u64,
}

impl Parameters {
    /// The values for Arweave.
    pub const ARWEAVE: Self = Self {
        settlement_depth: 20,
        cut: 15,
        late_after: 15,
    };

    /// The values for the devnet.
    pub const DEVNET: Self = Self {
        settlement_depth: 1,
        cut: 2,
        late_after: 2,
    };
}

/// A block by height and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockRef {
    /// Its height.
    pub height: u64,
    /// Its id.
    pub id: BlockId,
}

/// A block as the law reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Its id.
    pub id: BlockId,
    /// The id of the block before.
    pub previous: BlockId,
    /// Its time in seconds, as the base layer states it.
    pub time_s: u64,
    /// Its transactions in order. Those that are no law may be left out: their places stay empty.
    pub transactions: Vec<Transaction>,
}

impl Block {
    /// The block by height and id.
    #[must_use]
    pub const fn as_ref(&self) -> BlockRef {
        BlockRef {
            height: self.height,
            id: self.id,
        }
    }
}

/// A top-level transaction. Whoever makes this value has found the transaction in the block and has verified its id and its
/// signature over exactly these fields; nothing here does it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Its place among all transactions of the block, from 0.
    pub place: usize,
    /// Its id.
    pub id: Id,
    /// Its format: the law knows 1 alone, because only there does the signature cover the data (2.1).
    pub format: u8,
    /// Its tags as they were signed; a name or value need not be UTF-8.
    pub tags: Vec<(Bytes, Bytes)>,
    /// Its data; may be left empty where the format is not 1.
    pub data: Bytes,
}

/// Where on the base layer something stands: later positions are judged after earlier ones (2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The height of the block.
    pub height: u64,
    /// The place of the transaction in the block.
    pub transaction: usize,
    /// The number of the item in the transaction, bad ones counted.
    pub item: usize,
    /// 0 for the item itself, 1 + number for an item enclosed in it.
    pub child: usize,
}
