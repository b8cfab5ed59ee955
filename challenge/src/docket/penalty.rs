//! What a case that expires costs the host, and what becomes of a slash (6, order of an expiry; 6.8).

use super::case::{Amount, Case, Kind, State};
use super::due::Entry;
use super::house::{House, Lease};
use super::report::FaultKey;
use super::{Docket, deposit, mass};

/// Percent of the allocation for what was not published (6).
const UNPUBLISHED: Amount = 5;

/// A slash that waits, or waited, to be divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The process that it was about, if it was about one.
    pub process: Option<String>,
    /// Who was slashed.
    pub operator: String,
    /// How much.
    pub slashed: Amount,
    /// Who shares the bounty.
    pub(super) to: Bounty,
    pub(super) fate: Fate,
}

/// For whom a bounty is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bounty {
    /// All challengers of a case, which may be forgotten before (6).
    Case(Vec<String>),
    /// All reporters of a fault.
    Report(FaultKey),
    /// Nobody found it.
    Nobody,
}

/// What has become of a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Waits,
    Divided,
    /// Given back (6.7).
    Restored,
}

impl Pending {
    pub(super) fn new(process: &str, operator: &str, slashed: Amount, to: Bounty) -> Self {
        Self {
            process: Some(process.to_owned()),
            operator: operator.to_owned(),
            slashed,
            to,
            fate: Fate::Waits,
        }
    }

    /// What has become of it, in a word.
    #[must_use]
    pub const fn shown(&self) -> &'static str {
        match self.fate {
            Fate::Waits => "waits",
            Fate::Divided => "divided",
            Fate::Restored => "restored",
        }
    }

    /// Whether it still waits.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.fate == Fate::Waits
    }
}

/// The deadline of a case is over, and the log does not speak for the host.
pub(super) fn expire(docket: &mut Docket, house: &mut dyn House, number: u64, height: u64) {
    let Some(case) = docket.case(number).cloned() else {
        return;
    };
    let lease = house.lease(case.lease).filter(|_| !is_known(docket, &case));
    let pending = lease.as_ref().map(|lease| {
        let wanted = wanted(docket, house, &case, lease);
        let slashed = house.slash(&case.operator, Some(lease.number), wanted);
        let to = Bounty::Case(case.addresses());
        let pending = Pending::new(&case.process, &case.operator, slashed, to);
        wait(docket, house, pending, height)
    });
    if lease.as_ref().is_some_and(|lease| lease.ended.is_none()) {
        house.unhost(case.lease, height, Some(case.opened));
    }
    deposit::return_bonds(docket, house, number);
    deposit::return_fees(docket, house, number);
    deposit::finish(docket, house, number, State::Expired, height);
    if let (Some(lease), Some(pending), true) = (lease, pending, case.kind != Kind::Data) {
        mass::expired(docket, house, &lease, pending, height);
    }
}

/// One slash for each (P, epoch) that was not published.
fn is_known(docket: &Docket, case: &Case) -> bool {
    let key = (case.process.clone(), case.epoch);
    case.kind == Kind::Publication && docket.unpublished.contains(&key)
}

/// What an expiry costs, and what else follows from it: jail, the slot that is a no-op, the epoch that was slashed.
fn wanted(docket: &mut Docket, house: &mut dyn House, case: &Case, lease: &Lease) -> Amount {
    match (case.kind, case.state) {
        (Kind::Liveness, state) => {
            let least = match state {
                State::Open => 0,
                _ => UNPUBLISHED,
            };
            let percent = house.imprison(&case.operator).max(least);
            lease.allocation * percent / 100
        }
        (Kind::Publication, _) => {
            let key = (case.process.clone(), case.epoch);
            docket.unpublished.insert(key);
            lease.allocation * UNPUBLISHED / 100
        }
        (Kind::Data, _) => {
            let slots = case.slot.map(|slot| (case.process.clone(), slot));
            docket.no_ops.extend(slots);
            lease.allocation
        }
    }
}

/// A slash begins to wait, but not one of nothing; its place among all.
pub(super) fn wait(
    docket: &mut Docket,
    house: &mut dyn House,
    pending: Pending,
    height: u64,
) -> usize {
    let index = docket.pendings.len();
    if pending.slashed == 0 {
        let fate = Fate::Divided;
        docket.pendings.push(Pending { fate, ..pending });
        return index;
    }
    docket.pendings.push(pending);
    let due = height + house.rules().slash_delay + 1;
    docket.schedule(house, due, Entry::Pending(index));
    index
}

impl Docket {
    /// A slash that no case and no report leads to, put in by hand: nobody gets a bounty. How much it took.
    pub fn impose(
        &mut self,
        house: &mut dyn House,
        operator: &str,
        lease: Option<u64>,
        wanted: Amount,
    ) -> Amount {
        let about = lease.and_then(|number| house.lease(number));
        let about = about.filter(|lease| lease.operator == operator);
        let lease = about.as_ref().map(|lease| lease.number);
        let slashed = house.slash(operator, lease, wanted);
        let pending = Pending {
            process: about.map(|lease| lease.process),
            ..Pending::new("", operator, slashed, Bounty::Nobody)
        };
        let height = house.height();
        wait(self, house, pending, height);
        slashed
    }
}

/// The delay of a slash is over (6.8).
pub(super) fn divide(docket: &mut Docket, house: &mut dyn House, index: usize) {
    let Some(pending) = docket.pendings.get(index) else {
        return;
    };
    let to = match &pending.to {
        Bounty::Case(hunters) => Some(hunters.clone()),
        Bounty::Report(key) => docket.faults.reporters(key),
        Bounty::Nobody => None,
    };
    let process = pending.process.as_deref();
    house.divide(process, pending.slashed, &to.unwrap_or_default());
    docket.pendings[index].fate = Fate::Divided;
}

/// A slash is given back, unless it was already (6.7).
pub(super) fn restore(docket: &mut Docket, house: &mut dyn House, index: usize) {
    if let Some(pending) = docket.pendings.get_mut(index).filter(|one| one.waits()) {
        pending.fate = Fate::Restored;
        house.restore(&pending.operator, pending.slashed);
    }
}
