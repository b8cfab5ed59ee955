//! A house of nothing but what the docket asks for: one operator with two keys, another one with one, and leases as given.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Amount, Fees, House, Lease, Rules};
use super::named;

pub(super) struct Fake {
    pub(super) height: u64,
    pub(super) free: BTreeMap<String, Amount>,
    pub(super) deposits: Amount,
    pub(super) pending: Amount,
    pub(super) burned: Amount,
    pub(super) escrow: Amount,
    pub(super) restored: Amount,
    pub(super) leases: BTreeMap<u64, Lease>,
    pub(super) names: BTreeMap<(u64, u64), (u64, bool, bool)>,
    pub(super) clips: Vec<Option<u64>>,
    pub(super) jailed: u32,
    pub(super) tombstoned: bool,
    queue: BTreeSet<(u64, u64)>,
}

impl Fake {
    pub(super) fn new() -> Self {
        let people = ["alice", "bob", "poor", "anyone"];
        let sums = [1_000_000, 1_000_000, 0, 0];
        let people = people.into_iter().map(str::to_owned).zip(sums);
        let mut fake = Self {
            height: 1_000,
            free: people.collect(),
            deposits: 0,
            pending: 0,
            burned: 0,
            escrow: 0,
            restored: 0,
            leases: BTreeMap::new(),
            names: BTreeMap::new(),
            clips: Vec::new(),
            jailed: 0,
            tombstoned: false,
            queue: BTreeSet::new(),
        };
        fake.host(1, "P", 10_000, 1_000);
        fake
    }

    pub(super) fn host(&mut self, number: u64, process: &str, allocation: Amount, start: u64) {
        let lease = Lease {
            number,
            process: named(process),
            epoch: 0,
            operator: "op".to_owned(),
            owner: "owner".to_owned(),
            allocation,
            start,
            ended: None,
            period: 360,
            buffer: 360,
        };
        self.leases.insert(number, lease);
    }

    pub(super) fn end(&mut self, number: u64, height: u64) {
        let lease = self.leases.get_mut(&number).expect("a lease");
        lease.ended = Some(height);
    }

    /// The next entry that is due.
    pub(super) fn due(&mut self) -> Option<u64> {
        let first = self.queue.first().copied();
        let due = first.filter(|(due, _)| *due <= self.height)?;
        self.queue.remove(&due);
        Some(due.1)
    }

    pub(super) fn has(&self, who: &str) -> Amount {
        self.free(who)
    }
}

impl House for Fake {
    fn rules(&self) -> Rules {
        Rules {
            window_floor: 35,
            publish_within: 60,
            public_before: 5,
            evidence_max_age: 14_400,
            slash_delay: 220,
            memory: 21_600,
            mass_window: 30,
            bounty_window: 5,
            inbox_fee: 0,
        }
    }

    fn height(&self) -> u64 {
        self.height
    }

    fn begins(&self, process: &str) -> Option<u64> {
        self.live_or_held(process).map(|_| 3)
    }

    fn scheduler(&self, process: &str) -> Option<String> {
        self.live_or_held(process).map(|_| "hot".to_owned())
    }

    fn holder(&self, process: &str, epoch: u64) -> Option<String> {
        let lease = self.live_or_held(process)?;
        (lease.epoch == epoch).then(|| lease.operator.clone())
    }

    fn live(&self, process: &str) -> Option<u64> {
        let lease = self.live_or_held(process)?;
        lease.ended.is_none().then_some(lease.number)
    }

    fn lease_of(&self, process: &str, epoch: u64) -> Option<u64> {
        let lease = self.live_or_held(process)?;
        (lease.epoch == epoch).then_some(lease.number)
    }

    fn lease(&self, number: u64) -> Option<Lease> {
        self.leases.get(&number).cloned()
    }

    fn end_of(&self, lease: u64) -> Option<u64> {
        self.leases.get(&lease)?.ended
    }

    fn live_leases(&self) -> Vec<Lease> {
        let all = self.leases.values();
        all.filter(|lease| lease.ended.is_none()).cloned().collect()
    }

    fn fees(&self, _lease: u64, _mined: u64) -> Fees {
        Fees {
            message: 7,
            answer: 20,
        }
    }

    fn signer(&self, key: &str) -> Option<String> {
        let operator = match key {
            "hot" | "old" => "op",
            "other-hot" => "other",
            _ => return None,
        };
        Some(operator.to_owned())
    }

    fn bond(&self, _operator: &str) -> Amount {
        30_009
    }

    fn free(&self, who: &str) -> Amount {
        self.free.get(who).copied().unwrap_or(0)
    }

    fn take(&mut self, who: &str, amount: Amount) {
        *self.free.entry(who.to_owned()).or_insert(0) -= amount;
        self.deposits += amount;
    }

    fn give(&mut self, who: &str, amount: Amount) {
        self.deposits -= amount;
        *self.free.entry(who.to_owned()).or_insert(0) += amount;
    }

    fn burn(&mut self, amount: Amount) {
        self.deposits -= amount;
        self.burned += amount;
    }

    fn name(&mut self, lease: u64, case: u64, opened: u64, is_open: bool, falls: bool) {
        self.names.insert((lease, case), (opened, is_open, falls));
    }

    fn unname(&mut self, lease: u64, case: u64) {
        self.names.remove(&(lease, case));
    }

    fn slash(&mut self, _operator: &str, lease: Option<u64>, wanted: Amount) -> Amount {
        if let Some(lease) = lease.and_then(|number| self.leases.get_mut(&number)) {
            lease.allocation = lease.allocation.saturating_sub(wanted);
        }
        self.pending += wanted;
        wanted
    }

    fn imprison(&mut self, _operator: &str) -> Amount {
        self.jailed += 1;
        2
    }

    fn tombstone(&mut self, _operator: &str) {
        self.tombstoned = true;
    }

    fn unhost(&mut self, lease: u64, height: u64, clip: Option<u64>) {
        self.clips.push(clip);
        self.end(lease, height);
    }

    fn divide(&mut self, _process: Option<&str>, slashed: Amount, to: &[String]) {
        self.pending -= slashed;
        let heads = Amount::try_from(to.len()).expect("a few");
        for who in to {
            *self.free.entry(who.clone()).or_insert(0) += slashed / 5 / heads;
        }
        self.escrow += slashed * 3 / 10;
    }

    fn restore(&mut self, _operator: &str, slashed: Amount) {
        self.pending -= slashed;
        self.restored += slashed;
    }

    fn schedule(&mut self, due: u64, entry: u64) {
        self.queue.insert((due, entry));
    }
}

impl Fake {
    fn live_or_held(&self, process: &str) -> Option<&Lease> {
        let mut all = self.leases.values().rev();
        all.find(|lease| lease.process == process)
    }
}
