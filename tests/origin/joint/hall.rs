//! The house as the docket sees it.

use aosec_challenge::docket::{Amount, Fees, House, Lease, Rules};
use aosec_market::counter::LeaseView;
use aosec_market::named::Name;
use aosec_market::{Court, slash};

/// The house where the docket asks for it.
#[derive(Debug)]
pub(super) struct Hall<'a>(pub(super) &'a mut Court);

impl Hall<'_> {
    fn seen(&self, lease: LeaseView) -> Lease {
        let stake = self.0.stake(&lease.operator);
        Lease {
            owner: stake.map_or_else(String::new, |stake| stake.owner),
            number: lease.number,
            process: lease.process,
            epoch: lease.epoch,
            operator: lease.operator,
            allocation: lease.allocation,
            start: lease.start,
            ended: lease.ended,
            period: lease.period,
            buffer: lease.buffer,
        }
    }
}

impl House for Hall<'_> {
    fn rules(&self) -> Rules {
        let all = self.0.parameters();
        Rules {
            window_floor: all.window_floor,
            publish_within: all.publish_within,
            public_before: all.public_before,
            evidence_max_age: all.evidence_max_age,
            slash_delay: all.slash_delay,
            memory: all.memory,
            mass_window: all.mass_window,
            bounty_window: all.bounty_window,
            inbox_fee: all.inbox_fee,
        }
    }

    fn height(&self) -> u64 {
        self.0.height()
    }

    fn begins(&self, process: &str) -> Option<u64> {
        self.0.spawned(process).map(|(begins, _)| begins)
    }

    fn scheduler(&self, process: &str) -> Option<String> {
        self.0.spawned(process).map(|(_, scheduler)| scheduler)
    }

    fn holder(&self, process: &str, epoch: u64) -> Option<String> {
        self.0.holder(process, epoch)
    }

    fn live(&self, process: &str) -> Option<u64> {
        self.0.live_lease(process)
    }

    fn lease_of(&self, process: &str, epoch: u64) -> Option<u64> {
        self.0.lease_of(process, epoch)
    }

    fn lease(&self, number: u64) -> Option<Lease> {
        self.0.lease(number).map(|lease| self.seen(lease))
    }

    fn end_of(&self, lease: u64) -> Option<u64> {
        self.0.end_of(lease)
    }

    fn live_leases(&self) -> Vec<Lease> {
        let live = self.0.live_leases().into_iter();
        live.map(|lease| self.seen(lease)).collect()
    }

    fn fees(&self, lease: u64, mined: u64) -> Fees {
        let (message, answer) = self.0.fees(lease, mined);
        Fees { message, answer }
    }

    fn signer(&self, key: &str) -> Option<String> {
        self.0.signer(key)
    }

    fn bond(&self, operator: &str) -> Amount {
        self.0.stake(operator).map_or(0, |stake| stake.bond)
    }

    fn free(&self, who: &str) -> Amount {
        self.0.ledger().free(who)
    }

    fn take(&mut self, who: &str, amount: Amount) {
        self.0.deposit(who, amount);
    }

    fn give(&mut self, who: &str, amount: Amount) {
        self.0.refund(who, amount);
    }

    fn burn(&mut self, amount: Amount) {
        self.0.forfeit(amount);
    }

    fn name(&mut self, lease: u64, case: u64, opened: u64, is_open: bool, falls: bool) {
        let name = Name {
            opened,
            is_open,
            falls,
        };
        self.0.name(lease, case, name);
    }

    fn unname(&mut self, lease: u64, case: u64) {
        self.0.unname(lease, case);
    }

    fn slash(&mut self, operator: &str, lease: Option<u64>, wanted: Amount) -> Amount {
        slash::slash(self.0, operator, lease, wanted)
    }

    fn imprison(&mut self, operator: &str) -> Amount {
        slash::imprison(self.0, operator)
    }

    fn tombstone(&mut self, operator: &str) {
        slash::tombstone(self.0, operator);
    }

    fn unhost(&mut self, lease: u64, height: u64, clip: Option<u64>) {
        self.0.unhost(lease, height, clip);
    }

    fn divide(&mut self, process: Option<&str>, slashed: Amount, to: &[String]) {
        self.0.divide(process, slashed, to);
    }

    fn restore(&mut self, operator: &str, slashed: Amount) {
        self.0.restore(operator, slashed);
    }

    fn schedule(&mut self, due: u64, entry: u64) {
        self.0.schedule(due, entry);
    }
}
