//! Scheduled transitions: their order, what makes them stale, which heads they need (3.5, 2.8).

use std::collections::BTreeMap;

use crate::court::Court;
use crate::leases::Duty;

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

/// Whether a transition has lost its object.
pub(crate) fn is_stale(court: &Court, due: &Due) -> bool {
    let duty = |number: &u64| {
        let lease = court.leases.get(number).filter(|lease| lease.is_live());
        lease.map(|lease| lease.duty)
    };
    match &due.transition {
        Transition::Activation(operator) => {
            let record = court.operators.get(*operator);
            record.bond == 0 || record.bonding.activation != due.number
        }
        Transition::Held(_) => false,
        Transition::Arrears(lease) => duty(lease) != Some(Duty::Arrears { entry: due.number }),
        Transition::Shrunk(lease) | Transition::Tombstoned(lease) | Transition::Leave(lease) => {
            duty(lease).is_none()
        }
    }
}

/// The process whose head a transition needs.
pub(crate) fn needs_head(court: &Court, transition: Transition) -> Option<&str> {
    match transition {
        Transition::Activation(_) | Transition::Held(_) => None,
        Transition::Shrunk(lease)
        | Transition::Tombstoned(lease)
        | Transition::Leave(lease)
        | Transition::Arrears(lease) => {
            let process = court.leases[&lease].process;
            Some(court.processes.get(process).id.as_str())
        }
    }
}

/// The processes whose heads the next Tick needs, each once (2.8).
pub(crate) fn want(court: &Court) -> Vec<String> {
    let live = court.queue.until(court.height + 1);
    let live = live.filter(|due| !is_stale(court, due)).take(A_BLOCK);
    let mut wanted: Vec<String> = Vec::new();
    for process in live.filter_map(|due| needs_head(court, due.transition)) {
        if !wanted.iter().any(|known| known == process) {
            wanted.push(process.to_owned());
        }
    }
    wanted
}
