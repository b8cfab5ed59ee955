//! Pure: which gateways are asked first. One that fails rests, longer each time; one that lied rests for a while.
//!
//! A resting gateway is asked when the others had no answer, so a rest costs nobody an answer. It only keeps the quick ones in front.

/// First rest after a failure; it doubles.
const REST_MS: u64 = 1_000;
/// Longest rest: a gateway that is back is found within half a minute.
const REST_MAX_MS: u64 = 30_000;

/// How one gateway did lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Health {
    failures: u32,
    rests_until_ms: u64,
}

impl Health {
    pub(super) const fn is_resting(&self, now_ms: u64) -> bool {
        now_ms < self.rests_until_ms
    }

    /// It answered, whatever it said.
    pub(super) const fn answered(&mut self) {
        self.failures = 0;
    }

    /// It did not answer in time or in form. `asked_for_ms` is the pause that it asked for itself.
    pub(super) fn failed(&mut self, now_ms: u64, asked_for_ms: u64) {
        let doubled = REST_MS.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.rest(now_ms, doubled.max(asked_for_ms));
    }

    /// It served what is not what it claims.
    pub(super) fn lied(&mut self, now_ms: u64) {
        self.rest(now_ms, REST_MAX_MS);
    }

    fn rest(&mut self, now_ms: u64, rest_ms: u64) {
        let until = now_ms.saturating_add(rest_ms.min(REST_MAX_MS));
        self.rests_until_ms = self.rests_until_ms.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_double_up_to_a_bound_and_end_with_an_answer() {
        let mut health = Health::default();
        assert!(!health.is_resting(0));
        let mut now_ms = 0;
        for expected in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            health.failed(now_ms, 0);
            assert!(health.is_resting(now_ms + expected - 1), "{expected}");
            assert!(!health.is_resting(now_ms + expected), "{expected}");
            now_ms += expected;
        }
        health.answered();
        health.failed(now_ms, 0);
        assert!(!health.is_resting(now_ms + 1_000));
    }

    #[test]
    fn the_pause_that_a_gateway_asks_for_is_kept_within_the_bound() {
        let mut health = Health::default();
        health.failed(0, 5_000);
        assert!(health.is_resting(4_999) && !health.is_resting(5_000));
        health.failed(5_000, u64::MAX);
        assert!(!health.is_resting(5_000 + REST_MAX_MS));
    }

    #[test]
    fn a_liar_rests_although_it_answers() {
        let mut health = Health::default();
        health.lied(7);
        health.answered();
        assert!(health.is_resting(7 + REST_MAX_MS - 1));
    }
}
