//! What must hold of house and docket together (9): money of cases, slashes that wait, who is named.

use std::collections::BTreeMap;

use aosec_challenge::docket::{Docket, State};
use aosec_market::invariants;

use super::Model;
use super::hall::Hall;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// One of the house's own.
    #[error(transparent)]
    House(#[from] invariants::Broken),
    /// 1: bonds and fees of cases are not what the house holds for them.
    #[error("cases hold {cases}, the house has {house} for them")]
    Deposits {
        /// Of the docket.
        cases: u128,
        /// Of the house.
        house: u128,
    },
    /// 1: slashes that wait are not what the house holds for them.
    #[error("slashes of {waiting} wait, {there} are there")]
    Pending {
        /// Of the docket.
        waiting: u128,
        /// Of the house.
        there: u128,
    },
    /// 12, 4.4: a lease is not named by just its unfinished cases.
    #[error("lease {0}: its cases and the names that it knows are not as many")]
    Names(u64),
    /// 9: a case that was finished is something else now.
    #[error("case {0}: finished, and changed")]
    Terminal(u64),
}

/// How finished cases ended, to see that they stay so.
#[derive(Clone, Debug, Default)]
pub struct Ends(BTreeMap<u64, State>);

impl Ends {
    /// Checks a court after a message.
    ///
    /// # Errors
    /// The first invariant that does not hold.
    pub fn check(&mut self, model: &mut Model) -> Result<(), Broken> {
        let Some(court) = model.state.court_mut() else {
            return Ok(());
        };
        invariants::check(court)?;
        let (cases, house) = (model.docket.held(), court.ledger().deposits());
        if cases != house {
            return Err(Broken::Deposits { cases, house });
        }
        let waiting = model.docket.pendings().iter().filter(|one| one.waits());
        let waiting = waiting.map(|one| one.slashed).sum();
        let there = court.ledger().pending();
        if waiting != there {
            return Err(Broken::Pending { waiting, there });
        }
        let hall = Hall(court);
        names(&hall, &model.docket)?;
        self.terminal(&hall, &model.docket)
    }

    fn terminal(&mut self, hall: &Hall<'_>, docket: &Docket) -> Result<(), Broken> {
        for case in docket.cases() {
            let state = docket.state(hall, case);
            let before = self.0.get(&case.number);
            if before.is_some_and(|before| *before != state) {
                return Err(Broken::Terminal(case.number));
            }
            if !state.is_unfinished() {
                self.0.insert(case.number, state);
            }
        }
        Ok(())
    }
}

fn names(hall: &Hall<'_>, docket: &Docket) -> Result<(), Broken> {
    let mut named: BTreeMap<u64, usize> = BTreeMap::new();
    for case in docket.cases() {
        let unfinished = docket.state(hall, case).is_unfinished();
        *named.entry(case.lease).or_insert(0) += usize::from(unfinished);
    }
    for (lease, count) in named {
        if hall.0.names(lease) != count {
            return Err(Broken::Names(lease));
        }
    }
    Ok(())
}
