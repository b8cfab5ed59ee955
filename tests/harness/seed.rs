//! Chance that can be played again: one seed, printed, and a generator that depends on nothing else.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// SplitMix64 (Steele, Lea and Flood 2014): eight lines, good enough to choose instants and orders.
#[derive(Clone, Debug)]
pub struct Seed(u64);

impl Seed {
    /// A seed by number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// The seed in `AOSEC_SEED`, or one from the clock; either way printed.
    ///
    /// # Panics
    /// Where `AOSEC_SEED` is no number.
    #[must_use]
    pub fn announced(test: &str) -> Self {
        let number = match std::env::var("AOSEC_SEED") {
            Ok(text) => text.parse().expect("AOSEC_SEED is a decimal number"),
            Err(_absent) => clock(),
        };
        eprintln!("{test}: AOSEC_SEED={number} plays this run again");
        Self(number)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which must not be 0. The bias is below 2^-32 for the small bounds used here.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next_u64() % bound
    }

    /// A time between the two, in whole milliseconds.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(
            millis(least) + self.below(millis(most).saturating_sub(millis(least)).max(1)),
        )
    }

    /// 32 bytes, as for a throw-away key.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes());
        }
        bytes
    }
}

fn clock() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ (now.as_secs() << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let draw = |number| {
            let mut seed = Seed::new(number);
            (seed.next_u64(), seed.below(10), seed.bytes())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn times_stay_between_their_bounds() {
        let (least, most) = (Duration::from_millis(5), Duration::from_millis(9));
        let mut seed = Seed::new(7);
        assert!(
            (0..100)
                .map(|_| seed.between(least, most))
                .all(|time| (least..most).contains(&time))
        );
    }
}
