//! Pure: what counts as true when gateways disagree: absence, the tip, a price, where a transaction stands.
//!
//! 1. A *quorum* is more than half of the gateways that are configured. Where one is configured its word is all there is: the operator
//!    chose to trust it.
//! 2. A thing is absent if nobody has it and a quorum says so.
//! 3. The tip is the highest height that a quorum has reached. So a minority, ahead or behind, moves nothing.
//! 4. Without a quorum (some are down, or stand still) a lone answer counts as far as blocks can have come: from [`SLACK_BLOCKS`] under
//!    the last agreed height to as many above the pace of the base layer. So a liar whose honest neighbours are down can neither
//!    rush nor reset the clock, and one that stands still stalls it for [`SLACK_BLOCKS`] block times at most.
//! 5. Where nothing was agreed yet, a lone answer waits [`PATIENCE_MS`] for a second one.
//! 6. A quorum that went back further than any reorg is believed: what follows from it is the reader's alarm (PROTOCOL 1.4).
//! 7. A transaction is mined where two say so of the same height, or where nobody who could know answers otherwise.
//! 8. A price is the lowest that a quorum of those who answered takes, of those within the cap.
//! 9. A format 1 transaction reads as a quorum serves it, or as all serve it who do. Where they contradict each other without a
//!    quorum it does not read at all.

mod word;

use crate::arweave::block::Tip;

pub use word::{Word, price, reading, status};

/// What honest answers may differ by without a quorum: blocks come in bursts, and ten in a row without one are rarer than a
/// gateway that is down.
pub const SLACK_BLOCKS: u64 = 10;
/// A second gateway has a minute to start.
pub const PATIENCE_MS: u64 = 60_000;

/// More than half of `configured`.
#[must_use]
pub const fn quorum(configured: usize) -> usize {
    configured / 2 + 1
}

/// What is remembered of the tips so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TipMemory {
    agreed: Option<Agreed>,
    /// When somebody answered for the first time.
    first_heard_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Agreed {
    tip: Tip,
    at_ms: u64,
}

/// What the rule of the tip is asked with.
#[derive(Clone, Copy, Debug)]
pub struct TipQuestion<'a> {
    /// The answers, in the order of the configuration.
    pub answers: &'a [Tip],
    /// Gateways that are configured.
    pub configured: usize,
    /// A clock that never goes back.
    pub now_ms: u64,
    /// The pace of the base layer.
    pub block_time_ms: u64,
}

impl TipMemory {
    /// Rules 3 to 6: the tip, if there is one, and what to remember of it.
    #[must_use]
    pub fn decide(mut self, question: TipQuestion<'_>) -> (Self, Option<Tip>) {
        let TipQuestion {
            answers,
            configured,
            now_ms,
            ..
        } = question;
        if answers.is_empty() {
            return (self, None);
        }
        let first_heard_ms = *self.first_heard_ms.get_or_insert(now_ms);
        if let Some(height) = self.agreed_height(question) {
            let tip = self.choose(answers, height);
            self.remember(tip, now_ms);
            return (self, tip);
        }
        let lone = match self.agreed {
            Some(agreed) => agreed.plausible(question),
            None if now_ms.saturating_sub(first_heard_ms) >= PATIENCE_MS || configured == 1 => {
                answers.iter().map(|tip| tip.height).min()
            }
            None => None,
        };
        let tip = lone.and_then(|height| self.choose(answers, height));
        (self, tip)
    }

    /// Rule 3, where the quorum's word can be the newest.
    fn agreed_height(&self, question: TipQuestion<'_>) -> Option<u64> {
        let need = quorum(question.configured);
        let mut heights: Vec<u64> = question.answers.iter().map(|tip| tip.height).collect();
        heights.sort_unstable_by(|a, b| b.cmp(a));
        let reached = *heights.get(need - 1)?;
        let Some(agreed) = self.agreed else {
            return Some(reached);
        };
        let low = agreed.lowest();
        let stale = agreed.is_overdue(question) && reached <= agreed.tip.height;
        let fell = heights.iter().filter(|height| **height < low).count();
        (question.configured == 1 || fell >= need || (reached >= low && !stale)).then_some(reached)
    }

    /// One of the answers at `height`: of the block that was the tip before, else of the one that most name, else of the first.
    fn choose(&self, answers: &[Tip], height: u64) -> Option<Tip> {
        let at: Vec<Tip> = answers
            .iter()
            .copied()
            .filter(|tip| tip.height == height)
            .collect();
        let before = self.agreed.map(|agreed| agreed.tip.block_id);
        let votes = |tip: &Tip| {
            let same = at.iter().filter(|other| other.block_id == tip.block_id);
            (Some(tip.block_id) == before, same.count())
        };
        // The last of equals wins in `max_by_key`, so the first in the configuration comes last.
        at.iter().rev().copied().max_by_key(votes)
    }

    /// The pace is measured from the last time that the height moved.
    fn remember(&mut self, tip: Option<Tip>, now_ms: u64) {
        let Some(tip) = tip else { return };
        let moved = self
            .agreed
            .is_none_or(|agreed| agreed.tip.height != tip.height);
        let at_ms = self
            .agreed
            .filter(|_| !moved)
            .map_or(now_ms, |agreed| agreed.at_ms);
        self.agreed = Some(Agreed { tip, at_ms });
    }
}

impl Agreed {
    fn lowest(&self) -> u64 {
        self.tip.height.saturating_sub(SLACK_BLOCKS)
    }

    /// Blocks that the pace allows since.
    fn due(&self, question: TipQuestion<'_>) -> u64 {
        question.now_ms.saturating_sub(self.at_ms) / question.block_time_ms.max(1)
    }

    fn is_overdue(&self, question: TipQuestion<'_>) -> bool {
        self.due(question) >= SLACK_BLOCKS
    }

    /// Rule 4: the highest answer that can be true.
    fn plausible(&self, question: TipQuestion<'_>) -> Option<u64> {
        let highest = self
            .tip
            .height
            .saturating_add(self.due(question))
            .saturating_add(SLACK_BLOCKS);
        let heights = question.answers.iter().map(|tip| tip.height);
        heights
            .filter(|height| (self.lowest()..=highest).contains(height))
            .max()
    }
}

#[cfg(test)]
mod tests;
