//! Which leases are named by unfinished cases: all that money and stake must know of them (4.4, 5.2, 5.12, 6.6).
//!
//! Whether a case is right is none of the house's business. A name that falls with the lease (of a liveness case, 6.5) is gone at
//! the lease's end, without anybody saying so.

use std::collections::BTreeMap;

use crate::court::Court;
use crate::leases;

/// An unfinished case, as the lease that it names sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// The run height of its opening.
    pub opened: u64,
    /// Whether it waits for an answer (`Open`), or has one.
    pub is_open: bool,
    /// Whether the end of the lease ends it.
    pub falls: bool,
}

/// The names of all leases, by case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names(BTreeMap<u64, BTreeMap<u64, Name>>);

impl Names {
    fn of(&self, lease: u64) -> impl Iterator<Item = &Name> {
        self.0.get(&lease).into_iter().flat_map(BTreeMap::values)
    }

    /// How many unfinished cases name a lease.
    pub(crate) fn count(&self, lease: u64) -> usize {
        self.of(lease).count()
    }

    /// The opening of its oldest unfinished case.
    pub(crate) fn oldest(&self, lease: u64) -> Option<u64> {
        self.of(lease).map(|name| name.opened).min()
    }

    /// The opening of its oldest case that nobody has answered.
    pub(crate) fn oldest_open(&self, lease: u64) -> Option<u64> {
        let open = self.of(lease).filter(|name| name.is_open);
        open.map(|name| name.opened).min()
    }

    /// The lease has ended.
    pub(crate) fn fall(&mut self, lease: u64) {
        if let Some(names) = self.0.get_mut(&lease) {
            names.retain(|_case, name| !name.falls);
        }
    }
}

impl Court {
    /// How many unfinished cases name a lease.
    #[must_use]
    pub fn names(&self, lease: u64) -> usize {
        self.named.count(lease)
    }

    /// A case names a lease from now on, or names it otherwise.
    pub fn name(&mut self, lease: u64, case: u64, name: Name) {
        let before = self.named.count(lease);
        self.named.0.entry(lease).or_default().insert(case, name);
        self.show_challenge(lease, before);
    }

    /// A case is finished. Stake that only it still held is free (4.4).
    pub fn unname(&mut self, lease: u64, case: u64) {
        let before = self.named.count(lease);
        if let Some(names) = self.named.0.get_mut(&lease) {
            names.remove(&case);
        }
        self.show_challenge(lease, before);
        let overdue = self.leases.get(&lease).is_some_and(|lease| lease.overdue);
        if overdue && self.named.count(lease) == 0 {
            leases::release(self, lease);
        }
    }

    /// Between none and one, the shown state of a process that is plainly hosted changes (5.2).
    fn show_challenge(&mut self, lease: u64, before: usize) {
        let after = self.named.count(lease);
        let live = self.leases.get(&lease).filter(|lease| lease.is_live());
        let plain = live.filter(|lease| lease.duty == leases::Duty::Plain);
        if let (Some(lease), true) = (plain, (before == 0) != (after == 0)) {
            self.touch(lease.process);
        }
    }

    /// How many unfinished cases name an operator.
    pub(crate) fn cases_of(&self, operator: usize) -> usize {
        let leases = self.leases.iter();
        let own = leases.filter(|(_number, lease)| lease.operator == operator);
        own.map(|(number, _lease)| self.named.count(*number)).sum()
    }
}
