//! Blocks as the court steps over them, out of what was read; and where they are others than before. Pure but for the reads.

use std::collections::BTreeMap;

use aosec_challenge::derive::{Block, BlockId};
use aosec_wire::Id;

use crate::follow::law;
use crate::store::clock::CourtBlock;
use crate::store::law::LawTransaction;

/// What a block was: its id, and its transactions that are law. A transaction that shows late makes it another block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its id.
    pub id: [u8; 48],
    /// The law's transactions in it, in order.
    pub law: Vec<Id>,
}

/// The marks of blocks that a reorg may still take back, by height.
pub type Marks = BTreeMap<u64, Mark>;

/// The marks that the store shows now.
#[must_use]
pub fn marks(clock: &[CourtBlock], law: &[(u64, Id)]) -> Marks {
    let blocks = clock.iter().map(|block| {
        let mark = Mark {
            id: *block.id.as_bytes(),
            law: Vec::new(),
        };
        (block.height, mark)
    });
    let mut marks: Marks = blocks.collect();
    for (height, id) in law {
        if let Some(mark) = marks.get_mut(height) {
            mark.law.push(*id);
        }
    }
    marks
}

/// The height to go back to, where a block that was stepped over is another one now, or is gone.
#[must_use]
pub fn fork(stepped: &Marks, now: &Marks) -> Option<u64> {
    let changed = stepped
        .iter()
        .find(|(height, mark)| now.get(height) != Some(mark));
    changed.map(|(height, _)| height.saturating_sub(1))
}

/// The block, if its transactions were read with it and not with one that has replaced it.
#[must_use]
pub fn assemble(
    block: &CourtBlock,
    previous: BlockId,
    transactions: Vec<LawTransaction>,
) -> Option<Block> {
    let torn = |one: &LawTransaction| one.block != block.id;
    if transactions.iter().any(torn) {
        return None;
    }
    let transactions = transactions.into_iter().map(law::as_read);
    Some(Block {
        height: block.height,
        id: *block.id.as_bytes(),
        previous,
        time_s: block.time_s,
        transactions: transactions.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arweave::block::BlockId as ReadId;

    fn block(height: u64, id: u8) -> CourtBlock {
        CourtBlock {
            height,
            id: ReadId::new([id; 48]),
            time_s: height,
        }
    }

    #[test]
    fn the_first_block_that_differs_decides_how_far_back() {
        let law = [(6, Id::new([1; 32]))];
        let before = marks(&[block(5, 5), block(6, 6), block(7, 7)], &law);
        assert_eq!(fork(&before, &before), None);
        let replaced = marks(&[block(5, 5), block(6, 6), block(7, 9), block(8, 8)], &law);
        assert_eq!(fork(&before, &replaced), Some(6));
        let shorter = marks(&[block(5, 5), block(6, 6)], &law);
        assert_eq!(fork(&before, &shorter), Some(6));
        let late = [(6, Id::new([1; 32])), (6, Id::new([2; 32]))];
        let grown = marks(&[block(5, 5), block(6, 6), block(7, 7)], &late);
        assert_eq!(
            fork(&before, &grown),
            Some(5),
            "a transaction that shows late"
        );
    }

    #[test]
    fn a_block_with_another_blocks_transactions_is_none() {
        let one = |id: u8| LawTransaction {
            height: 5,
            place: 0,
            id: Id::new([1; 32]),
            block: ReadId::new([id; 48]),
            time_s: 5,
            tags: Vec::new(),
            data: bytes::Bytes::new(),
        };
        assert!(assemble(&block(5, 5), [4; 48], vec![one(5)]).is_some());
        assert_eq!(assemble(&block(5, 5), [4; 48], vec![one(6)]), None);
    }
}
