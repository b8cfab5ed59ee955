//! Operators: their records, states and free stake (4, 4.1, 4.4).
//!
//! Bonds, keys, fees and pools change in files of their own; here stands what they change.

use std::collections::{BTreeMap, BTreeSet};

use crate::amount::Amount;
use crate::authorities::{self, Authority};
use crate::court::Court;
use crate::fees::Fee;
use crate::keys::HotKey;
use crate::slash::Jail;
use crate::unbonding::Pool;

/// All operators in the order of their first bond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Operators {
    rows: Vec<Operator>,
    by_operator: BTreeMap<String, usize>,
    by_owner: BTreeMap<String, usize>,
    /// Every key that ever was a hot key (4.3).
    pub(crate) hot_keys: BTreeMap<String, HotKey>,
    /// Every key that ever was an authority key (4.7).
    pub(crate) authorized: BTreeSet<String>,
}

/// One record. Operator address and owner are for ever (4.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) address: String,
    pub(crate) owner: String,
    pub(crate) url: String,
    pub(crate) hot_key: String,
    pub(crate) bond: Amount,
    pub(crate) bonding: Bonding,
    /// Σ allocations of live leases.
    pub(crate) live: Amount,
    /// Σ held allocations of ended leases (4.4).
    pub(crate) held: Amount,
    /// Live leases by number.
    pub(crate) leases: BTreeSet<u64>,
    pub(crate) pool: Pool,
    pub(crate) jail: Jail,
    pub(crate) tombstoned: bool,
    pub(crate) fee: Fee,
    pub(crate) answer_fee: Fee,
    /// Those that stand, in the order in which they were authorized (4.7).
    pub(crate) authorities: Vec<Authority>,
}

/// The present Bonding, or the last one where the bond is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bonding {
    /// Run height of the first `Bond` (7.4).
    pub(crate) began: u64,
    /// Number of its activation in the queue: an earlier Bonding's is stale.
    pub(crate) activation: u64,
    pub(crate) active: bool,
}

/// The states of section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    None,
    Bonding,
    Bonded,
    Unbonding,
}

impl Standing {
    pub(crate) const fn shown(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bonding => "Bonding",
            Self::Bonded => "Bonded",
            Self::Unbonding => "Unbonding",
        }
    }
}

impl Operators {
    pub(crate) fn rows(&self) -> &[Operator] {
        &self.rows
    }

    pub(crate) fn get(&self, index: usize) -> &Operator {
        &self.rows[index]
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> &mut Operator {
        &mut self.rows[index]
    }

    pub(crate) fn of_operator(&self, address: &str) -> Option<usize> {
        self.by_operator.get(address).copied()
    }

    pub(crate) fn of_owner(&self, address: &str) -> Option<usize> {
        self.by_owner.get(address).copied()
    }

    pub(crate) fn add(&mut self, operator: Operator) -> usize {
        let index = self.rows.len();
        self.by_operator.insert(operator.address.clone(), index);
        self.by_owner.insert(operator.owner.clone(), index);
        self.rows.push(operator);
        index
    }
}

impl Operator {
    pub(crate) fn standing(&self) -> Standing {
        match (self.bond > 0, self.bonding.active, self.pool.is_empty()) {
            (true, true, _) => Standing::Bonded,
            (true, false, _) => Standing::Bonding,
            (false, _, false) => Standing::Unbonding,
            (false, _, true) => Standing::None,
        }
    }

    /// Bond that no live lease has; bids, once there are any, reserve of it.
    pub(crate) fn unallocated(&self) -> Amount {
        self.bond.saturating_sub(self.live)
    }

    /// Free stake (4.4); 0 where more is bound than there is.
    pub(crate) fn free_stake(&self) -> Amount {
        self.unallocated().saturating_sub(self.held)
    }
}

/// `activation` blocks after the `Bond` that began this Bonding.
pub(crate) fn activate(court: &mut Court, operator: usize) {
    court.operators.get_mut(operator).bonding.active = true;
    authorities::refresh(court, operator);
}
