//! What the house does for those who judge cases: looks up leases, keys and fees; takes, gives, burns and divides money; ends
//! leases (4.4 to 4.6, 5.12, 6.8).
//!
//! Here is no rule of section 6 but how a slash is divided: who is at fault, and how much it costs, is the [`crate::Bench`]'s.

use crate::amount::{self, Amount};
use crate::court::Court;
use crate::leases::{self, Lease, Shown};
use crate::queue::Transition;

/// A lease, live or held, as a judge must know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseView {
    /// Its number.
    pub number: u64,
    /// Its process.
    pub process: String,
    /// Its epoch.
    pub epoch: u64,
    /// The operator's address.
    pub operator: String,
    /// Its allocation, or what is held of it.
    pub allocation: Amount,
    /// The height at which it began.
    pub start: u64,
    /// The height of its end.
    pub ended: Option<u64>,
    /// The process's period, in blocks.
    pub period: u64,
    /// ⌊the delay buffer in blocks⌋, as of the last look.
    pub buffer: u64,
}

impl Court {
    /// The number of the live lease of a process.
    #[must_use]
    pub fn live_lease(&self, process: &str) -> Option<u64> {
        let index = self.processes.find(process)?;
        self.processes.get(index).lease
    }

    /// The lease of an epoch while it is live or held.
    #[must_use]
    pub fn lease_of(&self, process: &str, epoch: u64) -> Option<u64> {
        let index = self.processes.find(process)?;
        let mut all = self.leases.iter();
        let found = all.find(|(_, lease)| lease.process == index && lease.epoch == epoch);
        found.map(|(number, _)| *number)
    }

    /// A lease while it is live or held.
    #[must_use]
    pub fn lease(&self, number: u64) -> Option<LeaseView> {
        let lease = self.leases.get(&number)?;
        Some(self.view(number, lease))
    }

    /// All live leases, in the order in which they began.
    #[must_use]
    pub fn live_leases(&self) -> Vec<LeaseView> {
        let live = self.leases.iter().filter(|(_, lease)| lease.is_live());
        live.map(|(number, lease)| self.view(*number, lease))
            .collect()
    }

    fn view(&self, number: u64, lease: &Lease) -> LeaseView {
        let process = self.processes.get(lease.process);
        LeaseView {
            number,
            process: process.id.clone(),
            epoch: lease.epoch,
            operator: self.operators.get(lease.operator).address.clone(),
            allocation: lease.allocation,
            start: lease.start,
            ended: lease.ended,
            period: process.terms.period,
            buffer: lease.buffer.blocks(),
        }
    }

    /// When a lease ended, for ever.
    #[must_use]
    pub fn end_of(&self, lease: u64) -> Option<u64> {
        self.ends.get(&lease).copied()
    }

    /// The first slot under the law of a known process (5.15), and its spawn's `Scheduler`.
    #[must_use]
    pub fn spawned(&self, process: &str) -> Option<(u64, String)> {
        let row = self.processes.get(self.processes.find(process)?);
        Some((row.begins, row.scheduler.clone()))
    }

    /// Who holds or held an epoch of a process, for ever (6, signing without tenure).
    #[must_use]
    pub fn holder(&self, process: &str, epoch: u64) -> Option<String> {
        let row = self.processes.get(self.processes.find(process)?);
        let operator = row.holders.get(&epoch)?;
        Some(self.operators.get(*operator).address.clone())
    }

    /// Message fee and answer fee of a lease in force at a mined height (4.6).
    #[must_use]
    pub fn fees(&self, lease: u64, mined: u64) -> (Amount, Amount) {
        let Some(lease) = self.leases.get(&lease) else {
            return (0, 0);
        };
        let operator = self.operators.get(lease.operator);
        let message = operator.fee.at(mined).min(lease.fee_cap);
        let answer = operator.answer_fee.at(mined).min(lease.answer_cap);
        (message, answer)
    }

    /// The operator whose hot key this is or was.
    #[must_use]
    pub fn signer(&self, key: &str) -> Option<String> {
        let hot = self.operators.hot_keys.get(key)?;
        Some(self.operators.get(hot.operator).address.clone())
    }

    /// Moves money from a free balance to the deposits of cases.
    pub fn deposit(&mut self, who: &str, amount: Amount) {
        self.ledger.debit(who, amount);
        self.ledger.deposits += amount;
    }

    /// Moves money from the deposits of cases to a free balance.
    pub fn refund(&mut self, who: &str, amount: Amount) {
        self.ledger.deposits -= amount;
        self.ledger.credit(who, amount);
    }

    /// Burns deposits of cases.
    pub fn forfeit(&mut self, amount: Amount) {
        self.ledger.deposits -= amount;
        self.ledger.burn(amount);
    }

    /// Puts a transition of the bench into the queue.
    pub fn schedule(&mut self, due: u64, entry: u64) {
        self.queue.schedule(due, Transition::Foreign(entry));
    }

    /// Ends a live lease at the height at hand; pay stops at the opening of the case that expired, if one did.
    pub fn unhost(&mut self, lease: u64, height: u64, clip: Option<u64>) {
        leases::end(self, lease, height, Shown::Unhosted, clip);
    }

    /// Divides a slash that has waited (6.8): ⌊S/5⌋ in equal shares, ⌊3S/10⌋ to the escrow, the rest burned.
    pub fn divide(&mut self, process: Option<&str>, slashed: Amount, to: &[String]) {
        let heads = Amount::try_from(to.len()).expect("a few").max(1);
        let share = slashed / 5 / heads;
        let bounty = share * Amount::try_from(to.len()).expect("a few");
        let restitution = process.map_or(0, |_| amount::scaled(slashed, 3, 10));
        assert!(bounty * 5 <= slashed, "a bounty is at most a fifth (9, 10)");
        self.ledger.pending -= slashed;
        for address in to {
            self.ledger.credit(address, share);
        }
        if let Some(process) = process {
            self.ledger.fund(process, restitution);
        }
        self.ledger.burn(slashed - bounty - restitution);
    }

    /// Gives a slash that has waited back: to the bond, or to the owner where the bond is 0 (6.7).
    pub fn restore(&mut self, operator: &str, slashed: Amount) {
        let Some(index) = self.operators.of_operator(operator) else {
            return;
        };
        self.ledger.pending -= slashed;
        let record = self.operators.get_mut(index);
        match record.bond {
            0 => {
                let owner = record.owner.clone();
                self.ledger.credit(&owner, slashed);
            }
            _ => record.bond += slashed,
        }
    }
}
