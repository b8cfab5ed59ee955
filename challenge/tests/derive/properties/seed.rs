//! Randomness that can be had again: every test that draws prints its seed, and takes it from `PROPTEST_RNG_SEED`.

use std::time::{SystemTime, UNIX_EPOCH};

/// A small generator (SplitMix64), good enough to choose what happens.
pub(super) struct Draw(u64);

impl Draw {
    /// A seed from outside, or a new one; printed when the test fails.
    pub(super) fn new() -> Self {
        let given = std::env::var("PROPTEST_RNG_SEED").ok();
        let now = || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            u64::from(now.unwrap().subsec_nanos())
        };
        let seed = given.map_or_else(now, |text| text.parse().unwrap());
        println!("PROPTEST_RNG_SEED={seed}");
        Self(seed)
    }

    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `first` to `last`, both included.
    pub(super) fn from(&mut self, first: u64, last: u64) -> u64 {
        first + self.number() % (last - first + 1)
    }

    pub(super) fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.number() % length as u64).unwrap()
    }

    pub(super) fn in_a_hundred(&mut self, chance: u64) -> bool {
        self.number() % 100 < chance
    }
}
