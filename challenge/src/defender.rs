//! What a defender takes up at a block: the cases that it has not answered lately (PROTOCOL 6.2, 6.9; A8).
//!
//! 1. What is answered is answered anew after [`AGAIN_BLOCKS`], where the case is still open: the answer was refused or dropped. After a
//!    reorg, which may have taken the answer back, at once.
//! 2. Cases against the own operator come first. Among the others, and among its own, those that were not looked at lately, then those
//!    that were looked at in vain, the longest ago first: cases that nobody can answer, however many are opened, keep nobody from the next one.
//! 3. All of it may be lost in a crash: the open cases are there again. Giving slots, signing and posting are the node's.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Blocks after which a case that is still open is answered anew.
pub const AGAIN_BLOCKS: u64 = 8;

/// A case that is open now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCase<K> {
    /// What names it. That is the caller's: after a reorg its number may be another case's.
    pub key: K,
    /// Whether the defender's own operator is accused.
    pub is_own: bool,
}

/// What became of a case at the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// Its answer was given to the inbox at this height.
    Given(u64),
    /// There was no answer to give at this height.
    Vain(u64),
}

/// Open cases by what became of them at the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defence<K>(BTreeMap<K, Look>);

impl<K> Default for Defence<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K> Defence<K> {
    /// Nothing was looked at yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Defence<K> {
    /// Blocks were replaced: each answer may be lost, and is given again.
    pub fn reorganized(&mut self) {
        self.0.clear();
    }

    /// Of all cases that are open at this block those to be answered now, in the order in which they are taken up, at most so many. Cases
    /// that are open no longer are forgotten.
    pub fn due(
        &mut self,
        open: impl IntoIterator<Item = OpenCase<K>>,
        now: u64,
        most: usize,
    ) -> Vec<K> {
        let before = std::mem::take(&mut self.0);
        let mut due = Vec::new();
        for OpenCase { key, is_own } in open {
            let last = match before.get(&key) {
                Some(Look::Given(at)) if at.saturating_add(AGAIN_BLOCKS) > now => {
                    self.0.insert(key, Look::Given(*at));
                    continue;
                }
                Some(Look::Vain(at)) => {
                    self.0.insert(key.clone(), Look::Vain(*at));
                    Some(*at)
                }
                Some(Look::Given(_)) | None => None,
            };
            due.push((Reverse(is_own), last, key));
        }
        due.sort();
        let due = due.into_iter().take(most);
        due.map(|(_own, _last, key)| key).collect()
    }

    /// The answer to a case was given to the inbox.
    pub fn given(&mut self, case: K, now: u64) {
        self.0.insert(case, Look::Given(now));
    }

    /// There is no answer to a case at this block: it comes up again behind the others.
    pub fn put_off(&mut self, case: K, now: u64) {
        self.0.insert(case, Look::Vain(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(own: bool, keys: impl IntoIterator<Item = u32>) -> Vec<OpenCase<u32>> {
        let case = |key| OpenCase { key, is_own: own };
        keys.into_iter().map(case).collect()
    }

    #[test]
    fn a_case_is_answered_anew_after_eight_blocks() {
        let mut defence = Defence::default();
        assert_eq!(defence.due(open(false, [1]), 100, 9), [1]);
        defence.given(1, 100);
        for now in 101..108 {
            assert_eq!(defence.due(open(false, [1, 2]), now, 9), [2], "{now}");
        }
        assert_eq!(defence.due(open(false, [1]), 108, 9), [1]);
    }

    #[test]
    fn a_case_is_answered_anew_after_a_reorg() {
        let mut defence = Defence::default();
        defence.given(1, 100);
        defence.reorganized();
        assert_eq!(defence.due(open(false, [1]), 101, 9), [1]);
    }

    /// Thousands of data cases about messages that this node lacks, opened before the one that it can answer.
    #[test]
    fn cases_that_nobody_can_answer_keep_nobody_from_the_next_one() {
        const MOST: usize = 256;
        let mut defence = Defence::default();
        let cases = || open(false, 0..2_000);
        let mut looked_at = Vec::new();
        for now in 100..108 {
            let due = defence.due(cases(), now, MOST);
            assert_eq!(due.len(), MOST);
            for case in due {
                looked_at.push(case);
                defence.put_off(case, now);
            }
        }
        looked_at.sort_unstable();
        looked_at.dedup();
        assert_eq!(looked_at.len(), 2_000, "each within eight blocks");
    }

    #[test]
    fn cases_against_the_own_operator_come_first() {
        let mut defence = Defence::default();
        let cases = [open(false, 0..1_000), open(true, [5_000, 6_000])].concat();
        defence.put_off(5_000, 99);
        let due = defence.due(cases, 100, 3);
        assert_eq!(due, [6_000, 5_000, 0], "the oldest look first");
    }

    #[test]
    fn what_is_open_no_longer_is_forgotten() {
        let mut defence = Defence::default();
        defence.given(1, 100);
        defence.due(open(false, [2]), 101, 9);
        assert_eq!(defence, Defence::default());
    }
}
