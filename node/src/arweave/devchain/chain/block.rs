//! Pure: a block of the devchain and its id.

use aosec_wire::Id;
use serde::Serialize;
use sha2::{Digest, Sha384};

use crate::arweave::block::{BlockId, Tip};

/// Opens the bytes that a block id hashes, so that no other hash of this house can be one.
const DOMAIN: &[u8] = b"aosec-devchain-block-1";

/// A mined block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Its id.
    #[serde(rename = "indep_hash")]
    pub id: BlockId,
    /// The block before; none for the first.
    #[serde(rename = "previous_block", serialize_with = "none_is_empty")]
    pub previous: Option<BlockId>,
    /// Seconds, later than those of the block before.
    #[serde(rename = "timestamp")]
    pub time_s: u64,
    /// Its transactions in order.
    pub txs: Vec<Id>,
    /// Bytes of data from the first block to this one.
    pub weave_size: u64,
    /// The forks before it: blocks of two branches differ even where they say the same.
    #[serde(skip)]
    pub branch: u32,
}

impl Block {
    /// The block with these contents after `previous`, stamped `time_s` or one second after its predecessor, whichever is later.
    #[must_use]
    pub(super) fn after(
        previous: Option<&Self>,
        branch: u32,
        time_s: u64,
        txs: Vec<Id>,
        data_bytes: u64,
    ) -> Self {
        let height = previous.map_or(0, |block| block.height + 1);
        let time_s = previous.map_or(time_s, |block| time_s.max(block.time_s + 1));
        let weave_size = previous.map_or(0, |block| block.weave_size) + data_bytes;
        let previous = previous.map(|block| block.id);
        let id = block_id(height, previous, branch, time_s, &txs);
        Self {
            height,
            id,
            previous,
            time_s,
            txs,
            weave_size,
            branch,
        }
    }

    /// The block as a clock.
    #[must_use]
    pub const fn tip(&self) -> Tip {
        Tip {
            height: self.height,
            block_id: self.id,
            time_s: self.time_s,
        }
    }
}

fn block_id(
    height: u64,
    previous: Option<BlockId>,
    branch: u32,
    time_s: u64,
    txs: &[Id],
) -> BlockId {
    let mut hash = Sha384::new_with_prefix(DOMAIN);
    hash.update(height.to_be_bytes());
    hash.update(previous.map_or([0; BlockId::BYTES], |id| *id.as_bytes()));
    hash.update(time_s.to_be_bytes());
    txs.iter().for_each(|id| hash.update(id.as_bytes()));
    // Whole transactions end before this, so it is not mistaken for one.
    if branch > 0 {
        hash.update(branch.to_be_bytes());
    }
    BlockId::new(hash.finalize().into())
}

/// Gateways write an empty text where there is no predecessor.
fn none_is_empty<S: serde::Serializer>(
    previous: &Option<BlockId>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match previous {
        Some(id) => serializer.collect_str(id),
        None => serializer.serialize_str(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_forward_whatever_the_clock_says() {
        let first = Block::after(None, 0, 100, vec![], 0);
        let second = Block::after(Some(&first), 0, 50, vec![], 7);
        let third = Block::after(Some(&second), 0, 500, vec![], 3);
        assert_eq!([first.time_s, second.time_s, third.time_s], [100, 101, 500]);
        assert_eq!(
            (third.height, third.previous, third.weave_size),
            (2, Some(second.id), 10)
        );
    }

    #[test]
    fn the_id_covers_what_the_block_says() {
        let base = Block::after(None, 0, 1, vec![], 0);
        let on = |branch, time_s, txs: &[Id]| {
            Block::after(Some(&base), branch, time_s, txs.to_vec(), 0).id
        };
        let of = |time_s, txs: &[Id]| on(0, time_s, txs);
        let (a, b) = (Id::new([1; 32]), Id::new([2; 32]));
        let ids = [
            of(5, &[]),
            of(6, &[]),
            of(5, &[a]),
            of(5, &[a, b]),
            of(5, &[b, a]),
            on(1, 5, &[]),
            on(2, 5, &[]),
            on(1, 5, &[a]),
            base.id,
        ];
        let different: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(different.len(), ids.len());
    }
}
