//! What a host has earned: looks, proofs, pieces of pay (5.12, 5.14).

use std::collections::BTreeMap;

use crate::amount::{self, Amount};
use crate::court::Court;
use crate::leases::Duty;
use crate::message::LogHead;
use crate::queue::Transition;

/// Pay that has left the escrow and waits for a look: without cases nothing holds it back longer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owed(Amount);

impl Owed {
    pub(crate) fn sum(&self) -> Amount {
        self.0
    }

    pub(crate) fn take(&mut self) -> Amount {
        std::mem::take(&mut self.0)
    }
}

/// A look at a process, at run height `height`; nothing without host, head of this epoch, or record.
pub(crate) fn look_at(
    court: &mut Court,
    process: &str,
    logs: &BTreeMap<String, LogHead>,
    height: u64,
) {
    let Some(index) = court.processes.find(process) else {
        return;
    };
    let row = court.processes.get(index);
    let (Some(lease), Some(head)) = (row.lease, logs.get(process)) else {
        return;
    };
    let Some(mined) = head.mined.filter(|_| head.epoch == row.epoch) else {
        return;
    };
    prove(court, lease, mined, height);
}

/// Proves that the host was at work at `proven`, and pays him; run at `height`.
pub(crate) fn prove(court: &mut Court, number: u64, proven: u64, height: u64) {
    earn(court, number, proven, height);
    pay_out(court, number);
}

fn earn(court: &mut Court, number: u64, proven: u64, height: u64) {
    let longest = court.parameters.publish_within;
    let Some(lease) = court.leases.get_mut(&number) else {
        return;
    };
    if proven <= lease.paid_to {
        return;
    }
    let gap = proven - lease.paid_to;
    lease.paid_to = proven;
    if gap > longest {
        return;
    }
    let due = amount::times(lease.rate, gap);
    let process = &court.processes.get(lease.process).id;
    let paid = court.ledger.draw(process, due);
    lease.owed.0 += paid;
    if paid < due && lease.duty == Duty::Plain {
        begin_arrears(court, number, height);
    }
}

fn begin_arrears(court: &mut Court, number: u64, height: u64) {
    let due = height + court.parameters.arrears + 1;
    let entry = court.queue.schedule(due, Transition::Arrears(number));
    if let Some(lease) = court.leases.get_mut(&number) {
        lease.duty = Duty::Arrears { entry };
        let process = lease.process;
        court.touch(process);
    }
}

/// What lies before the oldest open case is the owner's; there are no cases yet, so all of it.
fn pay_out(court: &mut Court, number: u64) {
    if let Some(lease) = court.leases.get_mut(&number) {
        let owed = lease.owed.take();
        let owner = court.operators.get(lease.operator).owner.clone();
        court.ledger.credit(&owner, owed);
    }
}
