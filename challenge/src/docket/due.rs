//! Entries of the docket in the house's queue: what makes them stale, what they need, what they do (3.5).

use super::case::{Kind, State};
use super::house::House;
use super::paper::Logs;
use super::{Docket, penalty, settle};

/// The kinds of 3.5 that are the docket's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// The deadline of a case.
    Deadline(u64),
    /// The last height at which an answered case may become canonical.
    Published(u64),
    /// A slash is divided.
    Pending(usize),
}

/// What an entry needs before it can be applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// The process whose head it needs.
    pub process: Option<String>,
    /// The message whose place it needs.
    pub message: Option<String>,
}

impl Docket {
    /// What an entry needs; none where it is stale. A moot case whose money is still here is not.
    #[must_use]
    pub fn need(&self, entry: u64) -> Option<Need> {
        match *self.entries.get(&entry)? {
            Entry::Deadline(number) => self.needs(number, State::Open),
            Entry::Published(number) => self.needs(number, State::Answered),
            Entry::Pending(index) => {
                let pending = self.pendings.get(index)?;
                pending.waits().then(Need::default)
            }
        }
    }

    fn needs(&self, number: u64, state: State) -> Option<Need> {
        let case = self.case(number).filter(|case| case.state == state)?;
        let placed = case.kind != Kind::Data;
        Some(Need {
            process: Some(case.process.clone()),
            message: placed.then(|| case.message.clone()),
        })
    }

    /// Applies an entry that is due and not stale, at the house's height, after the look.
    pub fn apply(&mut self, house: &mut dyn House, logs: &Logs, entry: u64) {
        let height = house.height();
        match self.entries.remove(&entry) {
            Some(Entry::Deadline(number) | Entry::Published(number)) => {
                self.conclude(house, logs, number, height);
            }
            Some(Entry::Pending(index)) => penalty::divide(self, house, index),
            None => {}
        }
    }

    fn conclude(&mut self, house: &mut dyn House, logs: &Logs, number: u64, height: u64) {
        if !settle::weigh(self, house, logs, number, height) {
            penalty::expire(self, house, number, height);
        }
    }
}
