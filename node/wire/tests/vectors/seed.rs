//! Randomness that can be had again: every test that draws prints its seed, and takes it from `PROPTEST_RNG_SEED`.

use std::time::{SystemTime, UNIX_EPOCH};

use proptest::test_runner::{Config, RngSeed};

/// A seed from outside, or a new one; printed when the test fails.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("PROPTEST_RNG_SEED").ok();
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos() as u64
    };
    let seed = given.map_or_else(now, |text| text.parse().unwrap());
    println!("PROPTEST_RNG_SEED={seed}");
    seed
}

/// Property tests with this many cases; the printed seed replaces a file of failures.
pub(crate) fn config(cases: u32) -> Config {
    let rng_seed = RngSeed::Fixed(seed());
    Config {
        cases,
        rng_seed,
        failure_persistence: None,
        ..Config::default()
    }
}

/// A small generator (SplitMix64), good enough to choose what to break.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.number() % end.max(1) as u64) as usize
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }
}
