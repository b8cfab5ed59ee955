//! What a fault takes: stake in its order, jail, tombstone (4.1, 4.5; 6, liveness; 6.8).
//!
//! Who is at fault, and how much it costs, is judged elsewhere ([`crate::Bench`]). Taken stake waits in `pending` until it is divided
//! or given back ([`crate::counter`]).

use crate::amount::Amount;
use crate::authorities;
use crate::court::Court;
use crate::queue::Transition;

/// Jail of an operator: through which height, and when its episodes began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Jail {
    until: Option<u64>,
    episodes: Vec<u64>,
}

impl Jail {
    pub(crate) fn until(&self) -> Option<u64> {
        self.until
    }

    /// Jailed *through* the height.
    pub(crate) fn holds_at(&self, height: u64) -> bool {
        self.until.is_some_and(|until| height <= until)
    }

    fn recent(&self, height: u64, memory: u64) -> u32 {
        let recent = self.episodes.iter();
        let recent = recent.filter(|begun| **begun < height && **begun + memory > height);
        u32::try_from(recent.count()).unwrap_or(u32::MAX)
    }
}

/// Slashes an operator by `wanted`, for a lease of his if one is at fault, and gives what it took: the lease's own live allocation,
/// bond that no live lease has, the unbonding pool, the rest of the bond (4.5). What is not there is not owed.
pub fn slash(court: &mut Court, operator: &str, lease: Option<u64>, wanted: Amount) -> Amount {
    let Some(index) = court.operators.of_operator(operator) else {
        return 0;
    };
    let lease = lease.filter(|number| {
        court
            .leases
            .get(number)
            .is_some_and(|l| l.operator == index)
    });
    let live = lease.filter(|number| court.leases[number].is_live());
    let own = live.map_or(0, |number| from_lease(court, number, wanted));

    let record = court.operators.get_mut(index);
    let idle = record.unallocated().min(wanted - own);
    record.bond -= idle;
    let (pooled, burned) = record.pool.slash(wanted - own - idle);
    let rest = record.bond.min(wanted - own - idle - pooled);
    record.bond -= rest;

    let taken = own + idle + pooled + rest;
    court.ledger.suspend(taken);
    court.ledger.burn(burned);
    if let (Some(number), None) = (lease, live) {
        lower_held(court, number, taken);
    }
    shrink(court, index);
    authorities::refresh(court, index);
    taken
}

/// What a live lease's own allocation bears.
fn from_lease(court: &mut Court, number: u64, wanted: Amount) -> Amount {
    let Some(lease) = court.leases.get_mut(&number) else {
        return 0;
    };
    let own = lease.allocation.min(wanted);
    lease.allocation -= own;
    let record = court.operators.get_mut(lease.operator);
    record.bond -= own;
    record.live -= own;
    end_if_too_small(court, number);
    own
}

/// A slash on held stake lowers it (4.4).
fn lower_held(court: &mut Court, number: u64, taken: Amount) {
    if let Some(lease) = court.leases.get_mut(&number) {
        let lowered = lease.allocation.min(taken);
        lease.allocation -= lowered;
        court.operators.get_mut(lease.operator).held -= lowered;
    }
}

/// Σ live allocations ≤ bond: the newest leases are shrunk first (4.1).
fn shrink(court: &mut Court, operator: usize) {
    let newest: Vec<u64> = court
        .operators
        .get(operator)
        .leases
        .iter()
        .rev()
        .copied()
        .collect();
    for number in newest {
        let record = court.operators.get_mut(operator);
        let excess = record.live.saturating_sub(record.bond);
        let Some(lease) = court.leases.get_mut(&number).filter(|_| excess > 0) else {
            return;
        };
        let cut = lease.allocation.min(excess);
        lease.allocation -= cut;
        record.live -= cut;
        end_if_too_small(court, number);
    }
}

/// A live lease under its process's minimum is unhosted in the next Tick; scheduled once a lease (3.5).
fn end_if_too_small(court: &mut Court, number: u64) {
    let due = court.height + 1;
    let Some(lease) = court.leases.get_mut(&number) else {
        return;
    };
    let least = court.processes.get(lease.process).terms.min_allocation;
    if lease.allocation < least && !lease.shrinking {
        lease.shrinking = true;
        court.queue.schedule(due, Transition::Shrunk(number));
    }
}

/// Bars an operator for ever: all live leases are lost in Ticks, the newest first (3.5). The same again changes nothing.
pub fn tombstone(court: &mut Court, operator: &str) {
    let Some(index) = court.operators.of_operator(operator) else {
        return;
    };
    let record = court.operators.get_mut(index);
    if std::mem::replace(&mut record.tombstoned, true) {
        return;
    }
    for number in record.leases.iter().rev() {
        let lost = Transition::Tombstoned(*number);
        court.queue.schedule(court.height + 1, lost);
    }
    authorities::refresh(court, index);
}

/// Begins an episode of jail unless one lasts, and gives the percentage of the episode: 2, doubling with each one in `memory`, 16 at
/// most (6, liveness).
pub fn imprison(court: &mut Court, operator: &str) -> Amount {
    let Some(operator) = court.operators.of_operator(operator) else {
        return 0;
    };
    let height = court.height;
    let parameters = &court.parameters;
    let (memory, most, least) = (parameters.memory, parameters.jail_max, parameters.jail_min);
    let jail = &mut court.operators.get_mut(operator).jail;
    let jailed = jail.holds_at(height);
    let last = jail.episodes.last().copied().unwrap_or(height);
    let episodes = jail
        .recent(if jailed { last } else { height }, memory)
        .min(32);
    if !jailed {
        jail.episodes.push(height);
        jail.until = Some(height + most.min(least << episodes));
    }
    (2 << episodes).min(16)
}
