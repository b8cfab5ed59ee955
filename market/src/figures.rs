//! What stands where, in numbers, for those who test the court or watch it: no rule reads these.

use crate::amount::Amount;
use crate::court::Court;
use crate::message::Tag;
use crate::processes;

/// An operator's stake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stake {
    /// The owner's address.
    pub owner: String,
    /// The present hot key.
    pub hot_key: String,
    /// The authority keys that stand (4.7).
    pub authorities: Vec<String>,
    /// State of section 4.
    pub standing: &'static str,
    /// What is bonded.
    pub bond: Amount,
    /// Σ live allocations.
    pub live: Amount,
    /// Free stake (4.4).
    pub free: Amount,
    /// What the unbonding pool holds.
    pub pool: Amount,
}

/// A process and its money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosting {
    /// Shown state (5.2).
    pub state: &'static str,
    /// The escrow.
    pub escrow: Amount,
    /// The live lease, or the one whose stake is held: its number.
    pub lease: Option<u64>,
    /// The host's address, while there is one.
    pub operator: Option<String>,
    /// What a block costs, while there is a host.
    pub rate: Amount,
    /// Whether it has or had a lease, so that messages that name it carry its head (2.8).
    pub was_hosted: bool,
}

/// A hot key of an operator, present or past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFigure {
    /// Its address.
    pub address: String,
    /// First height at which it counts.
    pub from: u64,
    /// Last height; none where it counts on.
    pub until: Option<u64>,
}

impl Court {
    /// All hot keys that an operator ever had, the oldest first.
    #[must_use]
    pub fn keys_of(&self, operator: &str) -> Vec<KeyFigure> {
        let index = self.operators.of_operator(operator);
        let all = self.operators.hot_keys.iter();
        let own = all.filter(|(_, hot)| Some(hot.operator) == index);
        let mut keys: Vec<KeyFigure> = own
            .map(|(address, hot)| KeyFigure {
                address: address.clone(),
                from: hot.from,
                until: hot.until,
            })
            .collect();
        keys.sort_by_key(|key| key.from);
        keys
    }

    /// The stake of an operator.
    #[must_use]
    pub fn stake(&self, operator: &str) -> Option<Stake> {
        let row = self.operators.get(self.operators.of_operator(operator)?);
        Some(Stake {
            owner: row.owner.clone(),
            hot_key: row.hot_key.clone(),
            authorities: row.authorities.iter().map(|one| one.key.clone()).collect(),
            standing: row.standing().shown(),
            bond: row.bond,
            live: row.live,
            free: row.free_stake(),
            pool: row.pool.sum(),
        })
    }

    /// The tags by which a `Host` names what is registered, of a process that waits for its first host (5.15).
    #[must_use]
    pub fn registration(&self, process: &str) -> Option<Vec<Tag>> {
        let row = self.processes.get(self.processes.find(process)?);
        let legacy = row.legacy.clone().filter(|_| row.is_registered())?;
        let terms = &row.terms;
        let tags = [
            ("First-Slot", row.first.to_string()),
            ("Legacy-Chain", legacy),
            ("Challenge-Period", terms.period.to_string()),
            ("Max-Fee", terms.max_fee.to_string()),
            ("Min-Allocation", terms.min_allocation.to_string()),
            ("Hosting-Deposit", terms.deposit.to_string()),
        ];
        Some(tags.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// How a known process stands.
    #[must_use]
    pub fn hosting(&self, process: &str) -> Option<Hosting> {
        let index = self.processes.find(process)?;
        let row = self.processes.get(index);
        let mut all = self.leases.iter().rev();
        let newest = all.find(|(_, lease)| lease.process == index);
        let live = newest.map(|(_, lease)| lease).filter(|l| l.is_live());
        Some(Hosting {
            state: processes::shown(self, row),
            escrow: self.ledger.escrow(process),
            lease: newest.map(|(number, _)| *number),
            operator: live.map(|lease| self.operators.get(lease.operator).address.clone()),
            rate: live.map_or(0, |lease| lease.rate),
            was_hosted: !row.is_registered(),
        })
    }
}
