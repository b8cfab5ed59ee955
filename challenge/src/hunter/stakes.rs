//! What a hunter risks in bonds (PROTOCOL 5.10, 6.4): a bond is bound from the filing of a charge until its case has ended, and half of
//! it is lost where the host has the message after all.
//!
//! 1. At most [`BONDS_MAX`] are bound at once, and [`BONDS_OF_ONE_MAX`] against one operator: so few that none doubles (6.4).
//! 2. One data case a lease is enough: it ends the lease, or shows that its host has what it withholds.
//! 3. Against an operator to whom a bond was lost none is posted for [`REST_BLOCKS`]: who answers only when he is asked before the court
//!    earns by it what he can earn in a day.
//! 4. No bond takes more than half of what lies on the address ([`is_affordable`]), however dear the lease's answers are.

use std::collections::BTreeMap;

use aosec_wire::{Address, Id};

/// Bonds bound at once.
const BONDS_MAX: usize = 16;
/// Bonds bound against one operator: below the eight open cases of one sender on one process from which on bonds double (6.4).
const BONDS_OF_ONE_MAX: usize = 4;
/// Blocks without a bond against an operator to whom one was lost: a day.
const REST_BLOCKS: u64 = 720;
/// A bond is so many answer fees (6.4).
const BOND_FEES: u128 = 10;
/// No bond takes more than this part of what lies free.
const PART: u128 = 2;

/// What a bond is posted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A receipt that the log does not show.
    Publication,
    /// A message that cannot be had.
    Data,
}

/// A bond, and against whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bond {
    /// What for.
    pub purpose: Purpose,
    /// The process.
    pub process: Id,
    /// The epoch of the lease.
    pub epoch: u64,
    /// Who holds, or held, it.
    pub operator: Address,
}

/// Why no bond is posted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tight {
    /// Rule 1.
    #[error("{BONDS_MAX} bonds are bound already")]
    All,
    /// Rule 1.
    #[error("{BONDS_OF_ONE_MAX} bonds are bound against this operator already")]
    Operator,
    /// Rule 2.
    #[error("a data case against this lease is under way already")]
    Lease,
    /// Rule 3.
    #[error(
        "this operator had the last message that was asked for before the court; none is posted against him up to block {0}"
    )]
    Rests(u64),
}

/// How a case has ended for its bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The bond is back, or was never taken.
    Back,
    /// Half of it is somebody else's.
    Lost,
}

/// Bonds that are bound, by what the caller calls them.
#[derive(Clone, Debug, Default)]
pub struct Stakes {
    bound: BTreeMap<Id, Bond>,
    rests: BTreeMap<Address, u64>,
}

impl Stakes {
    /// Binds a bond; one that is bound under this key already stays as it is.
    ///
    /// # Errors
    /// [`Tight`]: it is not bound then.
    pub fn bind(&mut self, key: Id, bond: Bond, now: u64) -> Result<(), Tight> {
        if self.bound.contains_key(&key) {
            return Ok(());
        }
        self.rests.retain(|_, until| *until > now);
        if let Some(until) = self.rests.get(&bond.operator) {
            return Err(Tight::Rests(*until));
        }
        let is_second = |other: &Bond| {
            let lease = (other.process, other.epoch) == (bond.process, bond.epoch);
            lease && other.purpose == Purpose::Data && bond.purpose == Purpose::Data
        };
        if self.bound.values().any(is_second) {
            return Err(Tight::Lease);
        }
        let of_one = |other: &&Bond| other.operator == bond.operator;
        if self.bound.values().filter(of_one).count() >= BONDS_OF_ONE_MAX {
            return Err(Tight::Operator);
        }
        if self.bound.len() >= BONDS_MAX {
            return Err(Tight::All);
        }
        self.bound.insert(key, bond);
        Ok(())
    }

    /// One that is bound, whatever the rules say: it was posted before.
    pub fn remember(&mut self, key: Id, bond: Bond) {
        self.bound.insert(key, bond);
    }

    /// A bond is bound no longer.
    pub fn free(&mut self, key: &Id, end: End, now: u64) {
        let freed = self.bound.remove(key);
        if let Some(bond) = freed.filter(|_| end == End::Lost) {
            self.rests
                .insert(bond.operator, now.saturating_add(REST_BLOCKS));
        }
    }
}

/// Whether a bond may be posted that is counted from this answer fee (6.4), where so much lies on the address.
#[must_use]
pub const fn is_affordable(answer_fee: u128, free: u128) -> bool {
    answer_fee.saturating_mul(BOND_FEES * PART) <= free
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bond(purpose: Purpose, operator: u8, process: u8) -> Bond {
        let key = aosec_wire::SigningKey::ed25519([operator; 32]);
        Bond {
            purpose,
            process: Id::new([process; 32]),
            epoch: 0,
            operator: key.address().clone(),
        }
    }

    fn key(number: u8) -> Id {
        Id::new([number; 32])
    }

    /// A host keeps sixty messages back, and has them all.
    #[test]
    fn a_host_that_answers_before_the_court_alone_earns_one_bond_a_day() {
        let mut stakes = Stakes::default();
        let mut posted = 0;
        for now in 0..2 * REST_BLOCKS {
            let one = key(u8::try_from(now % 60).unwrap());
            if stakes.bind(one, bond(Purpose::Data, 1, 1), now).is_ok() {
                posted += 1;
                stakes.free(&one, End::Lost, now);
            }
        }
        assert_eq!(posted, 2, "in two days");
    }

    #[test]
    fn bonds_are_bound_until_their_cases_end_and_few_against_one() {
        use Purpose::{Data, Publication};
        let mut stakes = Stakes::default();
        let mut bind = |number, one| stakes.bind(key(number), one, 9);
        assert_eq!(bind(1, bond(Data, 1, 1)), Ok(()));
        assert_eq!(bind(1, bond(Data, 1, 1)), Ok(()), "the same");
        assert_eq!(bind(2, bond(Data, 1, 1)), Err(Tight::Lease));
        assert_eq!(bind(2, bond(Publication, 1, 1)), Ok(()));
        assert_eq!(bind(3, bond(Data, 1, 2)), Ok(()));
        assert_eq!(bind(4, bond(Data, 1, 3)), Ok(()));
        assert_eq!(bind(5, bond(Data, 1, 4)), Err(Tight::Operator));
        for number in 0..12 {
            let other = bond(Data, 10 + number / 4, 10 + number);
            assert_eq!(bind(10 + number, other), Ok(()), "{number}");
        }
        assert_eq!(bind(50, bond(Data, 50, 50)), Err(Tight::All));
        stakes.free(&key(3), End::Back, 9);
        assert_eq!(stakes.bind(key(5), bond(Data, 1, 4), 9), Ok(()));
    }

    #[test]
    fn no_bond_takes_more_than_half_of_what_lies_there() {
        for (fee, free, may) in [
            (1, 20, true),
            (1, 19, false),
            (0, 0, true),
            (u128::MAX, 1_000, false),
        ] {
            assert_eq!(is_affordable(fee, free), may, "{fee} {free}");
        }
    }
}
