//! Which of the keys that count a process sees where they are too many (PROTOCOL 5.17). Pure.

use std::collections::BTreeMap;

use super::history::Interval;
use crate::cu::authority::Keys;

/// The first `most` of these intervals by rank: everybody's first key before anybody's second, and in each round whose span began first.
/// They stand in the order of their rows; the keys come back in ascending order of the addresses' bytes.
pub(super) fn seen(counting: &[&Interval], most: usize) -> Keys {
    let mut rounds: BTreeMap<usize, u64> = BTreeMap::new();
    let ranked = counting.iter().map(|interval| {
        let round = rounds.entry(interval.span).or_insert(0);
        *round += 1;
        (*round, interval.span, &interval.key)
    });
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_unstable_by_key(|(round, span, _)| (*round, *span));
    ranked.truncate(most);
    let mut keys: Vec<_> = ranked.into_iter().map(|(.., key)| key.clone()).collect();
    keys.sort_unstable_by(|one, other| one.as_str().as_bytes().cmp(other.as_str().as_bytes()));
    keys.into()
}
