//! What a defender takes up at a block: the cases that it has not answered lately (PROTOCOL 6.2, 6.9; A8).
//!
//! It remembers what it has answered, and at which height, and forgets it after [`AGAIN_BLOCKS`]: then a case that is still open is
//! answered anew, because the answer was refused or dropped. After a reorg, which may have taken the answer back, it is answered anew at
//! once. All of it may be lost in a crash: the open cases are there again. Giving slots, signing and posting are the node's.

use std::collections::BTreeMap;

/// Blocks after which a case that is still open is answered anew.
pub const AGAIN_BLOCKS: u64 = 8;

/// Cases whose answer is on its way, with the height at which it was given. What names a case is the caller's: after a reorg its
/// number may be another case's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defence<K>(BTreeMap<K, u64>);

impl<K: Ord> Defence<K> {
    /// Nothing is answered yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// A block has come: what was answered long ago may be answered again.
    pub fn begin(&mut self, now: u64) {
        self.0.retain(|_, at| *at + AGAIN_BLOCKS > now);
    }

    /// Blocks were replaced: each answer may be lost, and is given again.
    pub fn reorganized(&mut self) {
        self.0.clear();
    }

    /// Whether an open case is to be answered now.
    #[must_use]
    pub fn is_due(&self, case: &K) -> bool {
        !self.0.contains_key(case)
    }

    /// The answer to a case was given to the inbox.
    pub fn given(&mut self, case: K, now: u64) {
        self.0.insert(case, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_answered_anew_after_eight_blocks() {
        let mut defence = Defence::new();
        assert!(defence.is_due(&1));
        defence.given(1, 100);
        for now in 101..108 {
            defence.begin(now);
            assert!(!defence.is_due(&1) && defence.is_due(&2), "{now}");
        }
        defence.begin(108);
        assert!(defence.is_due(&1));
    }

    #[test]
    fn a_case_is_answered_anew_after_a_reorg() {
        let mut defence = Defence::new();
        defence.given(1, 100);
        defence.reorganized();
        assert!(defence.is_due(&1));
    }
}
