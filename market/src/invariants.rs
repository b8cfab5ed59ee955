//! What holds after every message, by a walk over everything (9).
//!
//! Built are the invariants that money, stake and leases can break: 1, 2 (amounts are unsigned: a negative one stops the step
//! itself), 3, 4, 11, 13, 14 and 20. The others belong to logs and cases.

use crate::amount::Amount;
use crate::court::Court;
use crate::operators::Operator;
use crate::queue::Transition;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// 3.2: the genesis sum is not where it should be.
    #[error("conservation: {found} of {supply} units are there")]
    Conservation {
        /// The genesis sum.
        supply: Amount,
        /// What was found.
        found: Amount,
    },
    /// 3, 4.1, 4.4: live or held stake is not that of the leases, or more is live than bonded.
    #[error("operator {0}: allocations and bond disagree")]
    Allocations(String),
    /// 14: the pool owes more than it has.
    #[error("operator {0}: the unbonding pool owes more than it has")]
    Pool(String),
    /// 4: a process and its lease disagree about the host.
    #[error("process {0}: host and lease disagree")]
    Host(String),
    /// 13: a lease is owed more than its rate, or for blocks that are not its own.
    #[error("lease {0}: owed more than the rate for its blocks")]
    Pay(u64),
    /// 11: a tombstoned operator has a lease without an end.
    #[error("operator {0}: tombstoned, with a lease that nothing ends")]
    Tombstone(String),
}

/// Checks a court.
///
/// # Errors
/// The first invariant that does not hold.
pub fn check(court: &Court) -> Result<(), Broken> {
    conservation(court)?;
    for (index, operator) in court.operators.rows().iter().enumerate() {
        allocations(court, index, operator)?;
        pool(operator)?;
        tombstone(court, operator)?;
    }
    pay(court)?;
    hosts(court)
}

fn pay(court: &Court) -> Result<(), Broken> {
    let mut leases = court.leases.iter();
    let broken = leases.find(|(_, lease)| {
        let owed = &lease.owed;
        !owed.is_within(lease.rate, lease.start, lease.paid_to)
    });
    broken.map_or(Ok(()), |(number, _)| Err(Broken::Pay(*number)))
}

fn conservation(court: &Court) -> Result<(), Broken> {
    let ledger = &court.ledger;
    let free: Amount = ledger.accounts().iter().map(|account| account.free).sum();
    let operators = court.operators.rows().iter();
    let staked: Amount = operators.map(|row| row.bond + row.pool.sum()).sum();
    let owed: Amount = court.leases.values().map(|lease| lease.owed.sum()).sum();
    let waiting = ledger.pending() + ledger.deposits();
    let found = free + staked + ledger.escrows() + owed + waiting + ledger.burned();
    let supply = ledger.genesis();
    match found == supply {
        true => Ok(()),
        false => Err(Broken::Conservation { supply, found }),
    }
}

fn allocations(court: &Court, index: usize, operator: &Operator) -> Result<(), Broken> {
    let sum = |live: bool| -> Amount {
        let leases = court.leases.values();
        let leases = leases.filter(|lease| lease.operator == index && lease.is_live() == live);
        leases.map(|lease| lease.allocation).sum()
    };
    let agree = sum(true) == operator.live && sum(false) == operator.held;
    match agree && operator.live <= operator.bond {
        true => Ok(()),
        false => Err(Broken::Allocations(operator.address.clone())),
    }
}

fn pool(operator: &Operator) -> Result<(), Broken> {
    let entries = operator.pool.entries().iter();
    let owed: Amount = entries.map(|entry| operator.pool.worth(entry)).sum();
    let nobody = operator.pool.is_empty() && operator.pool.sum() > 0;
    match owed <= operator.pool.sum() && !nobody {
        true => Ok(()),
        false => Err(Broken::Pool(operator.address.clone())),
    }
}

fn tombstone(court: &Court, operator: &Operator) -> Result<(), Broken> {
    let ends = |number: &u64| {
        let mut due = court.queue.until(u64::MAX);
        due.any(|due| due.transition == Transition::Tombstoned(*number))
    };
    match !operator.tombstoned || operator.leases.iter().all(ends) {
        true => Ok(()),
        false => Err(Broken::Tombstone(operator.address.clone())),
    }
}

fn hosts(court: &Court) -> Result<(), Broken> {
    let mut hosted = 0;
    for (index, process) in court.processes.rows().iter().enumerate() {
        let lease = process.lease.map(|number| court.leases.get(&number));
        let agrees = lease.is_none_or(|lease| {
            lease.is_some_and(|lease| lease.process == index && lease.is_live())
        });
        hosted += usize::from(lease.is_some());
        if !agrees {
            return Err(Broken::Host(process.id.clone()));
        }
    }
    let live = court.leases.values().filter(|lease| lease.is_live());
    match live.count() == hosted {
        true => Ok(()),
        false => Err(Broken::Host("of some live lease".to_owned())),
    }
}
