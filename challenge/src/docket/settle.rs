//! What the log says of a case, when somebody asks or its time has come (6.2, 6.5; non-publication).

use super::case::{Kind, State};
use super::house::House;
use super::paper::{self, Logs, Paper};
use super::{Docket, Refused, answer, deposit};

impl Docket {
    /// `Settle` with a case: its state afterwards.
    ///
    /// # Errors
    /// `6.5 case`, where it is no unfinished, or moot and unpaid, case of this process with this message.
    pub fn settle(
        &mut self,
        house: &mut dyn House,
        paper: &Paper,
    ) -> Result<&'static str, Refused> {
        let number = named(self, paper).ok_or(Refused("6.5 case"))?;
        weigh(self, house, &paper.logs, number, paper.run);
        let case = self.case(number).ok_or(Refused("6.5 case"))?;
        Ok(self.state(house, case).shown())
    }
}

/// The case that the item names. One that is moot is still written as unfinished until its money went back.
fn named(docket: &Docket, paper: &Paper) -> Option<u64> {
    let case = docket.case(paper.count("Case")?)?;
    let own = Some(case.process.as_str()) == paper.process();
    let message = Some(case.message.as_str()) == paper.tag("Message");
    let found = own && message && case.state.is_unfinished();
    found.then_some(case.number)
}

/// Settles what can be settled by what the log says; whether the case is finished or answered now.
pub(super) fn weigh(
    docket: &mut Docket,
    house: &mut dyn House,
    logs: &Logs,
    number: u64,
    height: u64,
) -> bool {
    let Some(case) = docket.case(number) else {
        return true;
    };
    if docket.state(house, case) == State::Moot {
        pay_back(docket, house, number);
        return true;
    }
    let Some(place) = paper::place(logs, &case.process, &case.message) else {
        return false;
    };
    let until = case.publish_by.unwrap_or(case.deadline);
    let known = case.slot.is_none_or(|slot| slot == place.slot);
    let (kind, state) = (case.kind, case.state);
    match (kind, state, known && place.mined <= until) {
        (Kind::Data, _, _) | (_, _, false) => return false,
        // What the base layer has ordered is no work of the host (6, non-publication).
        (Kind::Publication, _, true) if place.is_virtual => return false,
        (Kind::Publication, _, true) => {
            deposit::return_bonds(docket, house, number);
            deposit::finish(docket, house, number, State::Closed, height);
        }
        (Kind::Liveness, State::Answered, true) => answer::close(docket, house, number, height),
        (Kind::Liveness, _, true) => {
            answer::settle(docket, house, number, place.slot, Some(place), height);
        }
    }
    true
}

/// A moot case gives back what it still holds (6.5).
fn pay_back(docket: &mut Docket, house: &mut dyn House, number: u64) {
    let ended = docket
        .case(number)
        .and_then(|case| house.end_of(case.lease));
    deposit::return_bonds(docket, house, number);
    deposit::return_fees(docket, house, number);
    deposit::finish(docket, house, number, State::Moot, ended.unwrap_or(0));
}
