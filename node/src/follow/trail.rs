//! The blocks that were read last, what to read next, and what another chain means for them. Pure.
//!
//! - T1 a trail is contiguous and linked, and at most `settlement_depth` + 1 blocks long. Its tip is soft. Its first block is firm
//!   (PROTOCOL 1.2): it lies that deep, or was read as settled; only where reading began does a trail grow into its depth first.
//! - T2 what lies `settlement_depth` or more below the base layer's tip is read in spans, by majority and without links; from
//!   there to the tip every block links to the one before.
//! - T3 a block of the trail that another has replaced is forgotten with all that follow it. Where even the first is another, the
//!   reorg is deeper than `settlement_depth`: [`TooDeep`], which never resolves itself (1.4).
//! - T4 the law's transactions of a block only grow: one that shows late makes its block another one.

use std::ops::RangeInclusive;

use crate::arweave::block::{BlockHead, BlockId};
use crate::store::law::Seen;

/// Blocks read at once far below the tip: with the law's traffic of a full network some 1,000 transactions of 2,000 slots.
pub const SPAN_BLOCKS: u64 = 1_000;
/// The same where a court needs each block, not those alone that gateways list: a span is kept whole or not at all, and each of its
/// heads is a question that may fail.
pub const COURT_SPAN_BLOCKS: u64 = 64;

/// The blocks that were read last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trail {
    depth: u64,
    start: u64,
    span_blocks: u64,
    blocks: Vec<Seen>,
}

/// What to read next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// These heights are settled: read them as one span.
    Settled(RangeInclusive<u64>),
    /// Link from the tip down to a block of the trail; down to this height at the furthest.
    Recent {
        /// The height of the trail's first block, or where the reading begins.
        lowest: u64,
    },
}

/// A reorg deeper than `settlement_depth`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "block {height} was {was} and is {is}: the base layer was rewritten deeper than its settlement depth"
)]
pub struct TooDeep {
    /// The height of a block that was firm.
    pub height: u64,
    /// The block that was read there.
    pub was: BlockId,
    /// The one that stands there now.
    pub is: BlockId,
}

impl Trail {
    /// The trail of `blocks`, read from `start` on, in spans of at most `span_blocks`.
    #[must_use]
    pub fn new(depth: u64, start: u64, span_blocks: u64, blocks: Vec<Seen>) -> Self {
        Self {
            depth,
            start,
            span_blocks,
            blocks,
        }
    }

    /// All blocks, the oldest first.
    #[must_use]
    pub fn blocks(&self) -> &[Seen] {
        &self.blocks
    }

    /// The height up to which everything was read.
    #[must_use]
    pub fn soft(&self) -> Option<u64> {
        self.blocks.last().map(|block| block.height)
    }

    /// The height up to which everything was read and is settled.
    #[must_use]
    pub fn firm(&self) -> Option<u64> {
        let first = self.blocks.first()?.height;
        if first > self.start {
            return Some(first);
        }
        let firm = self.soft()?.checked_sub(self.depth)?;
        (firm >= self.start).then_some(firm)
    }

    /// The block at `height`, where the trail holds it.
    #[must_use]
    pub fn at(&self, height: u64) -> Option<&Seen> {
        let first = self.blocks.first()?.height;
        let index = usize::try_from(height.checked_sub(first)?).ok()?;
        self.blocks.get(index)
    }

    /// What to read while the base layer ends at `tip` (T2). Soft blocks are read again where a span follows: they may have been
    /// replaced while nobody looked.
    #[must_use]
    pub fn plan(&self, tip: u64) -> Plan {
        let settled = tip.checked_sub(self.depth);
        let next = self.soft().map_or(self.start, |soft| soft + 1);
        let from = self
            .blocks
            .first()
            .map_or(self.start, |first| first.height + 1);
        match settled {
            Some(settled) if next <= settled => {
                let last = from.saturating_add(self.span_blocks.saturating_sub(1));
                Plan::Settled(from..=settled.min(last))
            }
            _ => Plan::Recent {
                lowest: self.blocks.first().map_or(self.start, |first| first.height),
            },
        }
    }

    /// Whether `head` is the block of the trail at its height.
    #[must_use]
    pub fn knows(&self, head: &BlockHead) -> bool {
        self.at(head.height).is_some_and(|seen| seen.id == head.id)
    }

    /// Checks that the first block still stands, where the base layer has `now` at its height.
    ///
    /// # Errors
    /// [`TooDeep`].
    pub fn check_first(&self, now: BlockId) -> Result<(), TooDeep> {
        match self.blocks.first() {
            Some(first) if first.id != now => Err(TooDeep {
                height: first.height,
                was: first.id,
                is: now,
            }),
            _ => Ok(()),
        }
    }

    /// The trail behind a settled span that ends with `anchor`.
    #[must_use]
    pub fn settled_at(&self, anchor: Seen) -> Self {
        Self {
            blocks: vec![anchor],
            ..self.clone()
        }
    }

    /// The trail with `fresh` blocks, contiguous from the first of them on, in the place of what stood there (T3, T4), and the
    /// lowest height that is another one now; none where nothing is.
    #[must_use]
    pub fn with(&self, fresh: Vec<Seen>) -> (Self, Option<u64>) {
        let first_fresh = fresh.first().map(|block| block.height);
        let changed = fresh
            .iter()
            .find(|block| self.at(block.height) != Some(*block))
            .map(|block| block.height);
        let kept = self
            .blocks
            .iter()
            .filter(|block| first_fresh.is_none_or(|first| block.height < first));
        let mut blocks: Vec<Seen> = kept.cloned().chain(fresh).collect();
        let longest = usize::try_from(self.depth + 1).unwrap_or(usize::MAX);
        blocks.drain(..blocks.len().saturating_sub(longest));
        let trail = Self {
            blocks,
            ..self.clone()
        };
        (trail, changed)
    }
}

#[cfg(test)]
mod tests {
    use aosec_wire::Id;

    use super::*;

    const DEPTH: u64 = 3;

    fn seen(height: u64, branch: u8) -> Seen {
        let mut id = [branch; 48];
        id[0] = u8::try_from(height).unwrap();
        Seen {
            height,
            id: BlockId::new(id),
            time_s: height,
            law: Vec::new(),
        }
    }

    fn trail(heights: RangeInclusive<u64>) -> Trail {
        let blocks = heights.map(|height| seen(height, 0)).collect();
        Trail::new(DEPTH, 0, SPAN_BLOCKS, blocks)
    }

    #[test]
    fn far_below_the_tip_blocks_are_read_in_spans_and_near_it_by_links() {
        let empty = Trail::new(DEPTH, 5, SPAN_BLOCKS, Vec::new());
        assert_eq!(empty.plan(7), Plan::Recent { lowest: 5 });
        assert_eq!(empty.plan(8), Plan::Settled(5..=5));
        assert_eq!(empty.plan(5_000), Plan::Settled(5..=1_004));
        let of_court = Trail::new(DEPTH, 5, COURT_SPAN_BLOCKS, Vec::new());
        assert_eq!(of_court.plan(5_000), Plan::Settled(5..=68));
        let known = trail(10..=13);
        assert_eq!(known.plan(13), Plan::Recent { lowest: 10 });
        assert_eq!(known.plan(16), Plan::Recent { lowest: 10 });
        assert_eq!(
            known.plan(17),
            Plan::Settled(11..=14),
            "soft blocks are read again"
        );
        assert_eq!(
            known.plan(3),
            Plan::Recent { lowest: 10 },
            "a gateway that lags"
        );
    }

    #[test]
    fn a_trail_is_firm_below_its_settlement_depth_and_never_less_so() {
        assert_eq!((trail(0..=2).soft(), trail(0..=2).firm()), (Some(2), None));
        assert_eq!(trail(0..=3).firm(), Some(0));
        assert_eq!(Trail::new(DEPTH, 0, SPAN_BLOCKS, Vec::new()).firm(), None);
        let (longer, _changed) = trail(0..=3).with(vec![seen(4, 0)]);
        assert_eq!(longer.firm(), Some(1));
        assert_eq!(longer.settled_at(seen(9, 0)).firm(), Some(9));
        let (shorter, _changed) = longer.with(vec![seen(2, 1)]);
        assert_eq!((shorter.soft(), shorter.firm()), (Some(2), Some(1)));
    }

    #[test]
    fn new_blocks_come_behind_and_old_ones_are_forgotten() {
        let (next, changed) = trail(0..=3).with(vec![seen(4, 0), seen(5, 0)]);
        assert_eq!(changed, Some(4));
        assert_eq!((next.blocks()[0].height, next.soft()), (2, Some(5)));
        let (same, changed) = next.with(vec![seen(5, 0)]);
        assert_eq!((same, changed), (next, None));
    }

    #[test]
    fn a_reorg_replaces_what_it_touches_at_every_depth() {
        for fork in 1..=DEPTH + 1 {
            let branch: Vec<Seen> = (fork..=5).map(|height| seen(height, 1)).collect();
            let (next, changed) = trail(0..=3).with(branch);
            assert_eq!((changed, next.soft()), (Some(fork), Some(5)));
            assert_eq!(next.at(5), Some(&seen(5, 1)));
            assert_eq!(next.blocks().len(), 4);
        }
        let shorter = trail(0..=3).with(vec![seen(2, 1)]);
        assert_eq!((shorter.1, shorter.0.soft()), (Some(2), Some(2)));
    }

    #[test]
    fn the_first_block_never_changes() {
        let trail = trail(4..=7);
        assert_eq!(trail.check_first(seen(4, 0).id), Ok(()));
        let deep = trail.check_first(seen(4, 1).id).unwrap_err();
        assert_eq!((deep.height, deep.was), (4, seen(4, 0).id));
    }

    #[test]
    fn a_transaction_that_shows_late_makes_another_block() {
        let mut late = seen(2, 0);
        late.law.push(Id::new([1; 32]));
        let (_next, changed) = trail(0..=3).with(vec![seen(1, 0), late, seen(3, 0)]);
        assert_eq!(changed, Some(2));
    }
}
