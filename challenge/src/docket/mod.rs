//! The docket: who is accused of what, until when, and what becomes of it (PROTOCOL 6, 5.10). Pure steps over values.
//!
//! It is written from the law and the message table, never from the contract. It does not know the house whose leases, keys and money
//! its cases are about: [`House`] is all that it asks of it. What due transitions and messages of the house itself do is the house's
//! business; [`Docket::judge`], [`Docket::settle`] and [`Docket::apply`] are called by whoever joins the two, between the house's own
//! steps: after fee and looks of a message (3.4), and after the look of an entry that is due (3.5). Nothing here verifies a signature
//! or reads a log: the deriver did ([`Signed`], [`Log`]).
//!
//! Moot cases (6.5) are found by asking whether their lease has ended; no step walks them. The other walks here (over all cases, to
//! find one) are a model's: plain to read, and no court for ten thousand users.

mod answer;
mod case;
mod challenge;
mod data;
mod deposit;
mod due;
pub mod forecast;
mod house;
mod mass;
mod paper;
mod penalty;
mod publication;
mod report;
mod settle;
mod views;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use case::{Amount, Case, Challenger, Kind, Posted, State};
pub use due::Need;
pub use house::{Fees, House, Lease, Rules};
pub use paper::{Content, Enclosed, Entry, Log, Logs, Paper, Place, Signed};
pub use penalty::Pending;
pub use report::Fault;

use due::Entry as DueEntry;
use mass::Outages;
use report::Faults;

/// Why a message is refused: rule number and word, as the message table spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub &'static str);

/// What an action comes to: the fields of its answer.
pub type Judged = Result<Value, Refused>;

/// Fails with a code unless a condition holds.
fn demand(holds: bool, code: &'static str) -> Result<(), Refused> {
    match holds {
        true => Ok(()),
        false => Err(Refused(code)),
    }
}

/// Actions of the message table that are judged here.
const ACTIONS: [&str; 7] = [
    "Challenge",
    "Answer",
    "Challenge-Publication",
    "Challenge-Data",
    "Answer-Data",
    "Report",
    "Cases",
];

/// Cases that one Tick forgets at most (6).
const FORGOTTEN: usize = 1_024;

/// All cases and what follows from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Docket {
    /// By number, from the first on that is not forgotten (6).
    cases: Vec<Case>,
    /// How many are forgotten, and of each process.
    forgotten: u64,
    forgotten_of: BTreeMap<String, u64>,
    /// What was put into the house's queue, by its own number.
    entries: BTreeMap<u64, DueEntry>,
    last_entry: u64,
    /// Slashes that wait (6.8).
    pendings: Vec<Pending>,
    faults: Faults,
    outages: Outages,
    /// (P, epoch) that were slashed for non-publication.
    unpublished: BTreeSet<(String, u64)>,
    /// (P, slot) that are no-ops (5.10).
    no_ops: BTreeSet<(String, u64)>,
    /// Cases whose rows the message at hand has made or changed.
    changed: Vec<u64>,
}

impl Docket {
    /// The action of this name, if it is judged here.
    #[must_use]
    pub fn action(name: &str) -> Option<&'static str> {
        ACTIONS.into_iter().find(|known| *known == name)
    }

    /// A message begins.
    pub fn begin(&mut self) {
        self.changed.clear();
    }

    /// Judges a message with one of the docket's actions.
    ///
    /// # Errors
    /// Why it is refused; nothing has changed then.
    pub fn judge(&mut self, house: &mut dyn House, paper: &Paper) -> Judged {
        match paper.tag("Action").unwrap_or_default() {
            "Challenge" => challenge::challenge(self, house, paper),
            "Answer" => answer::answer(self, house, paper),
            "Challenge-Publication" => publication::challenge(self, house, paper),
            "Challenge-Data" => data::challenge(self, house, paper),
            "Answer-Data" => data::answer(self, house, paper),
            "Report" => report::report(self, house, paper),
            "Cases" => views::cases(self, house, paper),
            _ => Err(Refused("2.2 action")),
        }
    }

    /// All cases by number, but those that are forgotten.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// How a case stands: a liveness case is moot once its lease has ended (6.5).
    #[must_use]
    pub fn state(&self, house: &dyn House, case: &Case) -> State {
        let falls = case.kind == Kind::Liveness && case.state.is_unfinished();
        match falls && house.end_of(case.lease).is_some() {
            true => State::Moot,
            false => case.state,
        }
    }

    /// What all cases hold.
    #[must_use]
    pub fn held(&self) -> Amount {
        self.cases.iter().map(Case::held).sum()
    }

    /// Slashes, as long as they wait and after.
    #[must_use]
    pub fn pendings(&self) -> &[Pending] {
        &self.pendings
    }

    /// Cases whose rows the message at hand has made or changed, in that order.
    #[must_use]
    pub fn changed(&self) -> Vec<&Case> {
        let numbers = self.changed.iter();
        numbers.filter_map(|number| self.case(*number)).collect()
    }

    fn case(&self, number: u64) -> Option<&Case> {
        let index = number.checked_sub(self.forgotten + 1)?;
        self.cases.get(usize::try_from(index).ok()?)
    }

    /// A Tick begins: old cases at the beginning of the docket are forgotten (6).
    pub fn forget(&mut self, house: &dyn House) {
        let (height, memory) = (house.height(), house.rules().memory);
        let is_old = |case: &&Case| case.ended.is_some_and(|ended| ended + memory < height);
        let old = self.cases.iter().take(FORGOTTEN).take_while(is_old);
        let old = old.count();
        for case in self.cases.drain(..old) {
            self.forgotten += 1;
            *self.forgotten_of.entry(case.process).or_insert(0) += 1;
        }
    }

    fn touch(&mut self, number: u64) {
        if !self.changed.contains(&number) {
            self.changed.push(number);
        }
    }

    /// Writes a case that is there; its row has changed.
    fn write(&mut self, number: u64, change: impl FnOnce(&mut Case)) {
        let case = self.cases.iter_mut().find(|case| case.number == number);
        if let Some(case) = case {
            assert!(
                case.state.is_unfinished(),
                "what is finished stays so (9, 9)"
            );
            change(case);
            self.touch(number);
        }
    }

    /// The unfinished cases.
    fn unfinished<'a>(&'a self, house: &'a dyn House) -> impl Iterator<Item = &'a Case> {
        let all = self.cases.iter();
        all.filter(move |case| self.state(house, case).is_unfinished())
    }

    /// Puts an entry into the house's queue.
    fn schedule(&mut self, house: &mut dyn House, due: u64, entry: DueEntry) {
        self.last_entry += 1;
        self.entries.insert(self.last_entry, entry);
        house.schedule(due, self.last_entry);
    }
}
