//! Scheduled transitions: their order, what makes them stale, which heads they need (3.5, 2.8).

use std::collections::BTreeMap;

use crate::bench::{Bench, Need};
use crate::court::Court;
use crate::leases::{Duty, Lease};

/// Transitions that a block applies, and entries that `Want` looks at.
pub(crate) const A_BLOCK: usize = 256;

/// Every scheduled transition gets the next number of one counter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Queue {
    waiting: BTreeMap<(u64, u64), Transition>,
    last: u64,
}

/// The kinds of 3.5, each with what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transition {
    /// An operator's Bonding becomes Bonded.
    Activation(usize),
    /// The stake of an ended lease is free again.
    Held(u64),
    /// A lease below its process's minimum ends.
    Shrunk(u64),
    /// A lease of a tombstoned operator ends.
    Tombstoned(u64),
    /// `Leave` comes into effect.
    Leave(u64),
    /// Arrears lasted too long.
    Arrears(u64),
    /// One of the bench's.
    Foreign(u64),
}

/// A transition in the queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) height: u64,
    pub(crate) number: u64,
    pub(crate) transition: Transition,
}

impl Queue {
    /// Schedules a transition and gives its number.
    pub(crate) fn schedule(&mut self, due: u64, transition: Transition) -> u64 {
        self.last += 1;
        self.waiting.insert((due, self.last), transition);
        self.last
    }

    /// What comes first, if it is due.
    pub(crate) fn first(&self, height: u64) -> Option<Due> {
        self.until(height).next()
    }

    pub(crate) fn remove(&mut self, due: &Due) {
        self.waiting.remove(&(due.height, due.number));
    }

    /// All that is due, in order.
    pub(crate) fn until(&self, height: u64) -> impl Iterator<Item = Due> {
        let due = self.waiting.range(..=(height, u64::MAX));
        due.map(|((height, number), transition)| Due {
            height: *height,
            number: *number,
            transition: *transition,
        })
    }
}

/// What a transition needs; none where it has lost its object.
pub(crate) fn need(court: &Court, due: &Due, bench: &dyn Bench) -> Option<Need> {
    match due.transition {
        Transition::Foreign(entry) => bench.need(court, entry),
        Transition::Activation(operator) => {
            let bonding = court.operators.get(operator);
            let lasts = bonding.bond > 0 && bonding.bonding.activation == due.number;
            lasts.then(Need::default)
        }
        Transition::Held(_) => Some(Need::default()),
        Transition::Arrears(number) => {
            let lease = live(court, number)?;
            let lasts = lease.duty == Duty::Arrears { entry: due.number };
            lasts.then(|| head(court, lease))
        }
        Transition::Shrunk(lease) | Transition::Tombstoned(lease) | Transition::Leave(lease) => {
            live(court, lease).map(|lease| head(court, lease))
        }
    }
}

fn live(court: &Court, number: u64) -> Option<&Lease> {
    court.leases.get(&number).filter(|lease| lease.is_live())
}

fn head(court: &Court, lease: &Lease) -> Need {
    Need {
        process: Some(court.processes.get(lease.process).id.clone()),
        message: None,
    }
}

/// The processes whose heads the next Tick needs, each once, and the places, each with its process (2.8).
pub(crate) fn want(court: &Court, bench: &dyn Bench) -> (Vec<String>, Vec<(String, String)>) {
    let due = court.queue.until(court.height + 1);
    let needs = due.filter_map(|due| need(court, &due, bench));
    let (mut wanted, mut sought): (Vec<String>, _) = (Vec::new(), Vec::new());
    for need in needs.take(A_BLOCK) {
        let Some(process) = need.process else {
            continue;
        };
        if !wanted.contains(&process) {
            wanted.push(process.clone());
        }
        sought.extend(need.message.map(|message| (process, message)));
    }
    (wanted, sought)
}
