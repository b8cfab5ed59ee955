//! Mass failure: an outage of the base layer must not burn the honest (6.7).

use super::case::Amount;
use super::house::{House, Lease};
use super::{Docket, penalty};

/// What has expired, and when slashes went back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outages {
    expired: Vec<Expired>,
    /// The height of the last trigger.
    trigger: Option<u64>,
}

/// An old lease that has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Expired {
    height: u64,
    /// Its allocation before the slash.
    allocation: Amount,
    pending: usize,
}

/// A lease, given as it was before its slash, has expired and ended; its slash waits as `pending`.
pub(super) fn expired(
    docket: &mut Docket,
    house: &mut dyn House,
    lease: &Lease,
    pending: usize,
    height: u64,
) {
    let rules = house.rules();
    let is_old = |lease: &Lease| lease.start + rules.memory <= height;
    if lease.ended.is_some() || !is_old(lease) {
        return;
    }
    docket.outages.expired.push(Expired {
        height,
        allocation: lease.allocation,
        pending,
    });
    let all = docket.outages.expired.iter().copied();
    let recent: Vec<Expired> = all
        .filter(|one| one.height + rules.mass_window > height)
        .collect();
    let lost: Amount = recent.iter().map(|one| one.allocation).sum();
    let live = house.live_leases();
    let live: Amount = live
        .iter()
        .filter(|l| is_old(l))
        .map(|l| l.allocation)
        .sum();
    let last = docket.outages.trigger;
    let may_trigger = last.is_none_or(|last| last + rules.memory <= height || last == height);
    if may_trigger && 3 * lost > lost + live {
        docket.outages.trigger = Some(height);
        for one in recent {
            penalty::restore(docket, house, one.pending);
        }
    } else if last.is_some_and(|last| height <= last + rules.mass_window) {
        penalty::restore(docket, house, pending);
    }
}
