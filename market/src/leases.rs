//! The life of a lease: it begins, owes duties, ends, and its stake is held (4.1, 4.4, 5.2, 5.3).

use crate::amount::Amount;
use crate::court::Court;
use crate::delay::Buffer;
use crate::pay::{self, Owed};
use crate::queue::Transition;

/// Live leases that an operator may have, so that one message can shrink them all (4.1).
pub(crate) const LEASES: usize = 256;

/// One host's time with a process, and its stake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) process: usize,
    pub(crate) operator: usize,
    pub(crate) epoch: u64,
    pub(crate) rate: Amount,
    pub(crate) fee_cap: Amount,
    pub(crate) answer_cap: Amount,
    /// Live stake, or held stake once it has ended.
    pub(crate) allocation: Amount,
    pub(crate) start: u64,
    pub(crate) paid_to: u64,
    pub(crate) owed: Owed,
    pub(crate) duty: Duty,
    pub(crate) buffer: Buffer,
    /// Whether the end of an under-allocated lease is scheduled (3.5: once a lease).
    pub(crate) shrinking: bool,
    /// The height of its end.
    pub(crate) ended: Option<u64>,
    /// Whether its stake would be free but for cases that name it (4.4).
    pub(crate) overdue: bool,
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
    let row = court.processes.get_mut(process);
    row.lease = Some(number);
    row.holders.insert(lease.epoch, lease.operator);
    court.leases.insert(number, lease);
    court.touch(process);
    number
}

/// Ends a live lease at U: owed pay goes out up to `clip`, the rest of it back; the allocation is held.
pub(crate) fn end(court: &mut Court, number: u64, height: u64, shown: Shown, clip: Option<u64>) {
    pay::close(court, number, clip.unwrap_or(height).min(height));
    court.named.fall(number);
    let Some(lease) = court.leases.get_mut(&number) else {
        return;
    };
    lease.ended = Some(height);
    court.ends.insert(number, height);
    let (process, operator, allocation) = (lease.process, lease.operator, lease.allocation);
    let record = court.operators.get_mut(operator);
    record.live -= allocation;
    record.held += allocation;
    record.leases.remove(&number);
    let due = height + court.parameters.evidence_max_age + 1;
    court.queue.schedule(due, Transition::Held(number));
    court.processes.get_mut(process).end(height, shown);
    court.touch(process);
}

/// The evidence against an ended lease is too old: its stake is free, unless a case still names it (4.4).
pub(crate) fn expire(court: &mut Court, number: u64) {
    match (court.named.count(number), court.leases.get_mut(&number)) {
        (0, _) => release(court, number),
        (_, Some(lease)) => lease.overdue = true,
        (_, None) => {}
    }
}

/// Held stake is free again; nothing needs the lease any more.
pub(crate) fn release(court: &mut Court, number: u64) {
    if let Some(lease) = court.leases.remove(&number) {
        court.operators.get_mut(lease.operator).held -= lease.allocation;
    }
}
