//! The whole court as one value, and the door to its rules (2.10, 3.4).

use std::collections::BTreeMap;

use crate::amount::Amount;
use crate::bench::{Bench, Empty};
use crate::genesis;
use crate::leases::Lease;
use crate::ledger::Ledger;
use crate::message::{Item, Message};
use crate::named::Names;
use crate::operators::Operators;
use crate::outcome::{Judged, KeyRow, Outcome, Refusal};
use crate::parameters::Parameters;
use crate::processes::Processes;
use crate::queue::Queue;
use crate::{dispatch, tick};

/// Origin as after some slot of its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Slot 0 has run: the next item is the genesis message.
    Spawned {
        /// Origin's own id.
        origin: String,
        /// The address of the spawn's owner.
        spawner: String,
    },
    /// The genesis message was refused: there is never a court.
    Refused,
    /// There is a court.
    Open(Box<Court>),
}

/// What the court remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Court {
    pub(crate) origin: String,
    pub(crate) title: Title,
    pub(crate) parameters: Parameters,
    /// Height of the last Tick, before the first one that of the start block.
    pub(crate) height: u64,
    pub(crate) ledger: Ledger,
    pub(crate) operators: Operators,
    pub(crate) processes: Processes,
    /// Live ones, and ended ones whose stake is held (4.4), by number (4.1).
    pub(crate) leases: BTreeMap<u64, Lease>,
    pub(crate) last_lease: u64,
    /// The height at which each lease ended, for ever.
    pub(crate) ends: BTreeMap<u64, u64>,
    pub(crate) named: Names,
    pub(crate) queue: Queue,
    pub(crate) changes: Changes,
}

/// The token's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Title {
    pub(crate) name: String,
    pub(crate) ticker: String,
    pub(crate) logo: String,
}

/// Which rows the message at hand has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Indices of processes, each once, in the order of the first change.
    pub(crate) hosting: Vec<usize>,
    pub(crate) keys: Vec<KeyRow>,
    pub(crate) authorities: Vec<KeyRow>,
}

impl State {
    /// The state after slot 0.
    #[must_use]
    pub fn new(origin: &str, spawner: &str) -> Self {
        Self::Spawned {
            origin: origin.to_owned(),
            spawner: spawner.to_owned(),
        }
    }

    /// Runs one message of the log, with nobody on the bench.
    pub fn step(&mut self, message: &Message) -> Outcome {
        self.step_with(message, &mut Empty)
    }

    /// Runs one message of the log.
    pub fn step_with(&mut self, message: &Message, bench: &mut dyn Bench) -> Outcome {
        bench.begin();
        match (&mut *self, message) {
            (Self::Open(court), Message::Item(item)) => dispatch::run(court, item, bench),
            (Self::Open(court), Message::Tick(tick)) => tick::run(court, tick, bench),
            (Self::Spawned { .. }, Message::Item(item)) => self.found(item),
            (Self::Refused, Message::Item(item)) => {
                let action = dispatch::action(item, bench);
                dispatch::conclude(None, item, action.map(|a| a.name()), genesis::never())
            }
            (Self::Spawned { .. } | Self::Refused, Message::Tick(_)) => {
                dispatch::silent(Err(Refusal("2.10 genesis")))
            }
        }
    }

    /// Answers a dry-run, with nobody on the bench.
    #[must_use]
    pub fn read(&self, item: &Item) -> Outcome {
        self.read_with(item, &mut Empty)
    }

    /// Answers a dry-run: no fee, no looks, at the height of the last Tick, and nothing is kept (3.4). The bench is a copy as well.
    #[must_use]
    pub fn read_with(&self, item: &Item, bench: &mut dyn Bench) -> Outcome {
        let mut copy = self.clone();
        match &mut copy {
            Self::Open(court) => dispatch::read(court, item, bench),
            Self::Spawned { .. } | Self::Refused => {
                copy.step_with(&Message::Item(item.clone()), bench)
            }
        }
    }

    /// The court, if there is one.
    #[must_use]
    pub fn court(&self) -> Option<&Court> {
        match self {
            Self::Open(court) => Some(court),
            Self::Spawned { .. } | Self::Refused => None,
        }
    }

    /// The court, for faults that are put in by hand.
    pub fn court_mut(&mut self) -> Option<&mut Court> {
        match self {
            Self::Open(court) => Some(court),
            Self::Spawned { .. } | Self::Refused => None,
        }
    }

    fn found(&mut self, item: &Item) -> Outcome {
        let Self::Spawned { origin, spawner } = &*self else {
            return dispatch::conclude(None, item, Some("Genesis"), genesis::never());
        };
        let founded = genesis::found(origin, spawner, item);
        let judged: Judged = match founded {
            Ok((court, reply)) => {
                *self = Self::Open(Box::new(court));
                Ok(reply)
            }
            Err(refusal) => {
                *self = Self::Refused;
                Err(refusal)
            }
        };
        dispatch::conclude(None, item, Some("Genesis"), judged)
    }
}

impl Court {
    pub(crate) fn new(
        origin: &str,
        title: Title,
        parameters: Parameters,
        balances: Vec<(String, Amount)>,
        height: u64,
    ) -> Self {
        Self {
            origin: origin.to_owned(),
            title,
            parameters,
            height,
            ledger: Ledger::new(balances),
            operators: Operators::default(),
            processes: Processes::default(),
            leases: BTreeMap::new(),
            last_lease: 0,
            ends: BTreeMap::new(),
            named: Names::default(),
            queue: Queue::default(),
            changes: Changes::default(),
        }
    }

    /// Its parameters.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Balances, escrows, what is burned.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Height of the last Tick.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Notes that the hosting row of a process changed.
    pub(crate) fn touch(&mut self, process: usize) {
        if !self.changes.hosting.contains(&process) {
            self.changes.hosting.push(process);
        }
    }
}
