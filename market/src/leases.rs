//! The life of a lease: it begins, owes duties, ends, and its stake is held (4.1, 4.4, 5.2, 5.3).

use crate::amount::Amount;
use crate::court::Court;
use crate::pay::Owed;
use crate::queue::Transition;

/// Live leases that an operator may have, so that one message can shrink them all (4.1).
pub(crate) const LEASES: usize = 256;

/// One host's time with a process, and its stake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) process: usize,
    pub(crate) operator: usize,
    pub(crate) rate: Amount,
    pub(crate) fee_cap: Amount,
    pub(crate) answer_cap: Amount,
    /// Live stake, or held stake once it has ended.
    pub(crate) allocation: Amount,
    pub(crate) start: u64,
    pub(crate) paid_to: u64,
    pub(crate) owed: Owed,
    pub(crate) duty: Duty,
    /// Whether the end of an under-allocated lease is scheduled (3.5: once a lease).
    pub(crate) shrinking: bool,
    /// The height of its end.
    pub(crate) ended: Option<u64>,
}

/// How a live lease stands (5.2, 5.13, 5.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    Plain,
    Notice,
    /// With the number of the transition that ends it.
    Arrears {
        entry: u64,
    },
}

/// What a process is when its lease has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Unhosted,
    Dormant,
}

impl Lease {
    pub(crate) fn is_live(&self) -> bool {
        self.ended.is_none()
    }
}

/// Puts a new lease under the next number and gives it.
pub(crate) fn begin(court: &mut Court, lease: Lease) -> u64 {
    court.last_lease += 1;
    let number = court.last_lease;
    let operator = court.operators.get_mut(lease.operator);
    operator.live += lease.allocation;
    operator.leases.insert(number);
    let process = lease.process;
    court.processes.get_mut(process).lease = Some(number);
    court.leases.insert(number, lease);
    court.touch(process);
    number
}

/// Ends a live lease at U: owed pay goes out, the allocation is held.
pub(crate) fn end(court: &mut Court, number: u64, height: u64, shown: Shown) {
    let Some(lease) = court.leases.get_mut(&number) else {
        return;
    };
    lease.ended = Some(height);
    let (process, operator, allocation) = (lease.process, lease.operator, lease.allocation);
    let owed = lease.owed.take();
    let record = court.operators.get_mut(operator);
    record.live -= allocation;
    record.held += allocation;
    record.leases.remove(&number);
    let owner = record.owner.clone();
    court.ledger.credit(&owner, owed);
    let due = height + court.parameters.evidence_max_age + 1;
    court.queue.schedule(due, Transition::Held(number));
    court.processes.get_mut(process).end(height, shown);
    court.touch(process);
}

/// Held stake is free again (4.4); nothing needs the lease any more.
pub(crate) fn release(court: &mut Court, number: u64) {
    if let Some(lease) = court.leases.remove(&number) {
        court.operators.get_mut(lease.operator).held -= lease.allocation;
    }
}
