//! How often, how deep, how many: the pace of retries, and what one root message may set in motion.
//!
//! Retries have no end, because a message that was taken is not given up; they slow down to [`BACKOFF_CAP_MS`]. What has an
//! end is growth: a message that makes processes answer one another for ever stops at [`DEPTH_MAX`] and [`FAN_OUT_MAX`], and
//! the stop is recorded on the entry where it happened.

use super::outbox::Entrance;

/// The first pause after a failed attempt: a scheduler that restarts is missed once or twice.
pub const BACKOFF_BASE_MS: u64 = 250;
/// The longest pause. A scheduler that comes back after a day is found again within a minute, and until then costs each waiting
/// entry one small request a minute.
pub const BACKOFF_CAP_MS: u64 = 60_000;

/// Generations below a root message: real chains of calls have a few; a loop between two processes has no end.
pub const DEPTH_MAX: u32 = 100;
/// Entries that one root message may set in motion, all generations together: each costs a signature, a slot and an evaluation.
pub const FAN_OUT_MAX: u32 = 1_000;

/// Plain noes before a pushed entry believes them (its target is a wallet then, or its scheduler does refuse): with the pauses
/// above 16 to 32 s, three times what a spawn on another node needs to show.
const NOES_PUSHED: u32 = 8;
/// The same for a client's own message, inside the first hop's ten seconds: 2 to 4 s.
const NOES_FIRST_HOP: u32 = 5;

/// The pause before attempt number `failed + 1`: doubling, capped, and between half and all of it by `jitter`, so that the
/// entries that wait for one scheduler do not all return in the same moment.
#[must_use]
pub fn backoff_ms(failed: u32, jitter: u64) -> u64 {
    let doublings = failed.saturating_sub(1).min(u64::BITS - 1);
    let whole = BACKOFF_BASE_MS
        .saturating_mul(1_u64 << doublings)
        .min(BACKOFF_CAP_MS);
    let half = whole / 2;
    half + jitter % (whole - half + 1)
}

/// How often the answer may be no before it is believed.
#[must_use]
pub fn noes_max(entrance: Entrance) -> u32 {
    match entrance {
        Entrance::FirstHop => NOES_FIRST_HOP,
        Entrance::Pushed => NOES_PUSHED,
    }
}

/// A bound that a root message ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cap {
    /// Too many generations.
    #[error("the chain of messages is over {DEPTH_MAX} deep")]
    Depth,
    /// Too many entries.
    #[error("one message set over {FAN_OUT_MAX} others in motion")]
    FanOut,
}

/// How many more entries a root may set in motion, and the bound that it runs into beyond that.
#[must_use]
pub fn room(depth: u32, spent: u32) -> (u32, Cap) {
    if depth > DEPTH_MAX {
        (0, Cap::Depth)
    } else {
        (FAN_OUT_MAX.saturating_sub(spent), Cap::FanOut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_the_cap_and_stay_there() {
        assert_eq!(backoff_ms(1, 0), BACKOFF_BASE_MS / 2);
        assert_eq!(backoff_ms(2, 0), BACKOFF_BASE_MS);
        for failed in [20, 63, 64, 65, u32::MAX] {
            assert_eq!(backoff_ms(failed, 0), BACKOFF_CAP_MS / 2);
        }
        for jitter in [0, 1, 17, u64::MAX] {
            let pause = backoff_ms(40, jitter);
            assert!((BACKOFF_CAP_MS / 2..=BACKOFF_CAP_MS).contains(&pause));
        }
    }

    #[test]
    fn a_first_hop_hears_of_an_unknown_process_before_its_time_is_over() {
        let longest: u64 = (1..NOES_FIRST_HOP)
            .filter_map(|failed| {
                (0..BACKOFF_CAP_MS)
                    .map(|jitter| backoff_ms(failed, jitter))
                    .max()
            })
            .sum();
        assert!(longest < 5_000, "{longest} ms");
    }

    #[test]
    fn caps_are_exact() {
        assert_eq!(room(DEPTH_MAX, 0), (FAN_OUT_MAX, Cap::FanOut));
        assert_eq!(room(DEPTH_MAX + 1, 0), (0, Cap::Depth));
        assert_eq!(room(1, FAN_OUT_MAX - 1), (1, Cap::FanOut));
        assert_eq!(room(1, FAN_OUT_MAX), (0, Cap::FanOut));
        assert_eq!(room(1, u32::MAX), (0, Cap::FanOut));
    }
}
