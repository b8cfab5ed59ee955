//! When a host has to say something, so that it is paid for work that nobody looks at (PROTOCOL 5.12). Pure.
//!
//! - B1 a lease is spoken for at half of `publish_within` behind what is paid: a gap longer than that whole is lost.
//! - B2 where the court knows all that the scheduler has signed, by a heartbeat; else by `Settle`, whose look pays for what is published,
//!   since a heartbeat has to name the newest canonical slot.
//! - B3 no message costs more than it brings.

use aosec_wire::Id;

/// What the court shows of a lease, and what the scheduler knows of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    /// The process.
    pub process: Id,
    /// Up to which block it is paid.
    pub paid_to: u64,
    /// Units of the token a block.
    pub rate: u128,
    /// What is there to pay from.
    pub escrow: u128,
    /// The newest canonical slot.
    pub canonical: u64,
    /// The newest slot that the scheduler has given.
    pub newest: u64,
}

/// What the court's parameters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    /// Blocks after which silence is not paid.
    pub publish_within: u64,
    /// What each message costs.
    pub inbox_fee: u128,
}

/// What is said for a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Nothing new has come.
    Heartbeat,
    /// Look at what is published.
    Settle,
}

impl Terms {
    /// Blocks between two words for one lease (B1).
    #[must_use]
    pub(super) fn pause(&self) -> u64 {
        (self.publish_within / 2).max(1)
    }

    /// Blocks after a word until it is said again, where the court has not counted it: it was lost, or the log had moved on.
    #[must_use]
    pub(super) fn retry(&self) -> u64 {
        (self.pause() / 3).max(2)
    }

    /// B1, B2.
    #[must_use]
    pub(super) fn due(&self, lease: &Lease, now: u64) -> Option<Word> {
        if now < lease.paid_to.saturating_add(self.pause()) {
            return None;
        }
        match lease.canonical >= lease.newest {
            true => Some(Word::Heartbeat),
            false => Some(Word::Settle),
        }
    }

    /// B3: what these leases bring together, against one fee.
    #[must_use]
    pub(super) fn pays(&self, leases: &[Lease], now: u64) -> bool {
        let worth = leases.iter().map(|lease| {
            let gap = now.saturating_sub(lease.paid_to).min(self.publish_within);
            lease.rate.saturating_mul(gap.into()).min(lease.escrow)
        });
        worth.fold(0, u128::saturating_add) > self.inbox_fee
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms {
        publish_within: 60,
        inbox_fee: 100,
    };

    const LEASE: Lease = Lease {
        process: Id::new([1; 32]),
        paid_to: 1_000,
        rate: 10,
        escrow: 1_000_000,
        canonical: 7,
        newest: 7,
    };

    #[test]
    fn an_idle_lease_is_spoken_for_in_time_and_not_before() {
        assert_eq!(TERMS.due(&LEASE, 1_029), None);
        for now in [1_030, 1_060, 9_999] {
            assert_eq!(TERMS.due(&LEASE, now), Some(Word::Heartbeat), "{now}");
        }
        let short = Terms {
            publish_within: 1,
            ..TERMS
        };
        assert_eq!(short.due(&LEASE, 1_000), None);
        assert_eq!(short.due(&LEASE, 1_001), Some(Word::Heartbeat));
    }

    #[test]
    fn what_is_not_canonical_yet_makes_a_look_of_it() {
        let busy = Lease { newest: 8, ..LEASE };
        assert_eq!(TERMS.due(&busy, 1_030), Some(Word::Settle));
        assert_eq!(TERMS.due(&busy, 1_029), None);
    }

    #[test]
    fn nothing_is_said_that_costs_more_than_it_brings() {
        let poor = |rate, escrow| Lease {
            rate,
            escrow,
            ..LEASE
        };
        for (lease, now, pays) in [
            (poor(10, 1_000_000), 1_010, false),
            (poor(10, 1_000_000), 1_011, true),
            (poor(10, 100), 1_030, false),
            (poor(10, 101), 1_030, true),
            (poor(1, 1_000_000), 9_999, false),
            (poor(2, 1_000_000), 9_999, true),
            (poor(u128::MAX, u128::MAX), 9_999, true),
        ] {
            assert_eq!(TERMS.pays(&[lease], now), pays, "{lease:?} {now}");
        }
        let together = [poor(1, 1_000_000); 2];
        assert!(TERMS.pays(&together, 9_999), "one message for both");
    }
}
