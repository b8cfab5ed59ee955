//! What a host has earned: looks, proofs, pieces of pay (5.12, 5.14).

use std::collections::BTreeMap;

use crate::amount::{self, Amount};
use crate::court::Court;
use crate::delay;
use crate::leases::Duty;
use crate::message::LogHead;
use crate::queue::Transition;

/// Pay that has left the escrow and waits: for a look, or for the end of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owed(Vec<Piece>);

/// The pay of the blocks (from, to]: rate × blocks, less where the escrow was dry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    from: u64,
    to: u64,
    sum: Amount,
}

impl Piece {
    /// What of it lies up to a height: it fills from its beginning.
    fn up_to(&self, height: u64, rate: Amount) -> Amount {
        match height >= self.to {
            true => self.sum,
            false => {
                let blocks = height.saturating_sub(self.from);
                amount::times(rate, blocks).min(self.sum)
            }
        }
    }
}

impl Owed {
    pub(crate) fn sum(&self) -> Amount {
        self.0.iter().map(|piece| piece.sum).sum()
    }

    /// 13: no piece is more than the rate for its blocks, none reaches beyond these heights, and none covers a block twice.
    pub(crate) fn is_within(&self, rate: Amount, from: u64, to: u64) -> bool {
        let mut last = from;
        let mut fits = |piece: &Piece| {
            let follows = piece.from >= last && piece.to >= piece.from && piece.to <= to;
            last = piece.to;
            follows && piece.sum <= amount::times(rate, piece.to - piece.from)
        };
        self.0.iter().all(|piece| fits(piece))
    }

    fn add(&mut self, from: u64, to: u64, sum: Amount) {
        self.0.push(Piece { from, to, sum });
    }

    /// Takes out what lies up to a height.
    fn take_up_to(&mut self, height: u64, rate: Amount) -> Amount {
        let taken = self.0.iter().map(|piece| piece.up_to(height, rate)).sum();
        for piece in &mut self.0 {
            piece.sum -= piece.up_to(height, rate);
            piece.from = piece.from.max(height.min(piece.to));
        }
        self.0.retain(|piece| piece.sum > 0);
        taken
    }

    fn take(&mut self) -> Amount {
        std::mem::take(self).sum()
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
    let late = head.late;
    delay::look(court, lease, late, height);
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
    let from = std::mem::replace(&mut lease.paid_to, proven);
    let gap = proven - from;
    if gap > longest {
        return;
    }
    let due = amount::times(lease.rate, gap);
    let process = &court.processes.get(lease.process).id;
    let paid = court.ledger.draw(process, due);
    lease.owed.add(from, proven, paid);
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

/// What lies before the opening of the oldest unfinished case is the owner's.
fn pay_out(court: &mut Court, number: u64) {
    let until = court.named.oldest(number).unwrap_or(u64::MAX);
    settle(court, number, until);
}

/// At the end of a lease what lies up to a height is the owner's, and the rest goes back to the escrow.
pub(crate) fn close(court: &mut Court, number: u64, until: u64) {
    settle(court, number, until);
    if let Some(lease) = court.leases.get_mut(&number) {
        let rest = lease.owed.take();
        let process = court.processes.get(lease.process).id.clone();
        court.ledger.fund(&process, rest);
    }
}

fn settle(court: &mut Court, number: u64, until: u64) {
    if let Some(lease) = court.leases.get_mut(&number) {
        let owed = lease.owed.take_up_to(until, lease.rate);
        let owner = court.operators.get(lease.operator).owner.clone();
        court.ledger.credit(&owner, owed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_that_a_dry_escrow_cut_short_fills_from_its_beginning() {
        // (10, 20] at 5 a block, of 50 only 32 were there.
        for (opened, free) in [
            (9, 0),
            (10, 0),
            (11, 5),
            (16, 30),
            (17, 32),
            (20, 32),
            (21, 32),
        ] {
            let mut owed = Owed::default();
            owed.add(10, 20, 32);
            assert_eq!(owed.take_up_to(opened, 5), free, "{opened}");
            assert_eq!(owed.sum(), 32 - free);
            // What is left is as much as if nothing had been taken before.
            assert_eq!(owed.take_up_to(17, 5) + free, 32, "{opened}");
        }
    }
}
