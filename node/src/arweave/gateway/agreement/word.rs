//! Pure: where a transaction stands, how it reads and what storing costs, by the words of several gateways (rules 2 and 7 to 9 of [`super`]).

use super::quorum;
use crate::arweave::gateway::TransactionStatus;

/// One gateway's word on a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it says; none where it does not know the transaction.
    pub status: Option<TransactionStatus>,
    /// The height that it had when it was last asked for the tip.
    pub height: u64,
}

/// Rules 2 and 7. None: not enough answered to say anything.
#[must_use]
pub fn status(words: &[Word], configured: usize) -> Option<Option<TransactionStatus>> {
    if words.is_empty() {
        return None;
    }
    if let Some(mined) = mined(words) {
        return Some(Some(mined));
    }
    if words.iter().any(|word| word.status.is_some()) {
        return Some(Some(TransactionStatus::Pending));
    }
    (words.len() >= quorum(configured)).then_some(None)
}

/// The lowest height of which nobody who could know says otherwise, or two say the same.
fn mined(words: &[Word]) -> Option<TransactionStatus> {
    let at = |word: &Word| match word.status {
        Some(TransactionStatus::Mined {
            height,
            confirmations,
        }) => Some((height, confirmations)),
        Some(TransactionStatus::Pending) | None => None,
    };
    let mut heights: Vec<u64> = words
        .iter()
        .filter_map(at)
        .map(|(height, _)| height)
        .collect();
    heights.sort_unstable();
    heights.dedup();
    heights.into_iter().find_map(|height| {
        let agreeing: Vec<u64> = words
            .iter()
            .filter_map(at)
            .filter(|(claimed, _)| *claimed == height)
            .map(|(_, confirmations)| confirmations)
            .collect();
        let could_know = words.iter().filter(|word| word.height >= height);
        let alone = could_know.filter(|word| at(word).map(|(claimed, _)| claimed) != Some(height));
        let holds = agreeing.len() > 1 || alone.count() == 0;
        let confirmations = agreeing.into_iter().min()?;
        holds.then_some(TransactionStatus::Mined {
            height,
            confirmations,
        })
    })
}

/// Rule 8.
#[must_use]
pub fn price(mut offers: Vec<u128>) -> Option<u128> {
    offers.sort_unstable();
    offers.get(quorum(offers.len()) - 1).copied()
}

/// Rule 9: which of the different readings counts, of which each has so many voices.
#[must_use]
pub fn reading(voices: &[usize], configured: usize) -> Option<usize> {
    let agreed = voices.iter().position(|count| *count >= quorum(configured));
    agreed.or_else(|| (voices.len() == 1).then_some(0))
}
