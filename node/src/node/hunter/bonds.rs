//! What the docket says of the cases that this hunter has opened: which are there after a start, and which have ended, for better or worse
//! (PROTOCOL 6.2, 6.4).

use aosec_challenge::hunter::{Bond, End, Purpose, Tenures};
use aosec_wire::Id;
use serde_json::Value;

use super::{Hitch, Hunt};
use crate::origin::docket::{Case, Kind, State};
use crate::store::StoreError;

/// Open cases that are looked through at a start for those of this operator: a look into the store each. What was opened last is
/// looked at first.
const LOOKS_MAX: usize = 4_096;

/// The cases with a bond that this operator has opened and that are open still, with their openers.
pub(super) async fn open(hunt: &Hunt) -> Result<Vec<(Id, Bond)>, Hitch> {
    let mut cases = Vec::new();
    for kind in [Kind::Data, Kind::Publication] {
        for case in hunt
            .court
            .open_cases(kind)
            .into_iter()
            .rev()
            .take(LOOKS_MAX)
        {
            if is_own(hunt, &case).await? {
                cases.push(case);
            }
        }
    }
    let held = hunt.court.look(move |court| {
        let tenures = court.holders();
        let bond = |case: Case| {
            let operator = tenures?.holder(&case.row.process, case.row.epoch)?;
            let bond = Bond {
                purpose: purpose(case.row.kind)?,
                process: case.row.process,
                epoch: case.row.epoch,
                operator,
            };
            Some((case.opener, bond))
        };
        cases.into_iter().filter_map(bond).collect()
    });
    Ok(held.await?)
}

const fn purpose(kind: Kind) -> Option<Purpose> {
    match kind {
        Kind::Liveness => None,
        Kind::Publication => Some(Purpose::Publication),
        Kind::Data => Some(Purpose::Data),
    }
}

/// Whether the court has answered this operator when the case was opened: it answers the sender.
async fn is_own(hunt: &Hunt, case: &Case) -> Result<bool, StoreError> {
    let outcome = hunt.court.outcome(case.opener).await?;
    let own = hunt.operator.address().as_str();
    Ok(outcome.is_some_and(|outcome| names(&outcome.json, own)))
}

/// Whether one of an outcome's messages goes to this address.
fn names(json: &str, address: &str) -> bool {
    let outcome: Value = serde_json::from_str(json).unwrap_or_default();
    let mut messages = outcome["Messages"].as_array().into_iter().flatten();
    messages.any(|message| message["Target"] == address)
}

/// How the case that this message has opened has ended for its bond; none while it lasts.
pub(super) async fn end(
    hunt: &Hunt,
    purpose: Purpose,
    opener: Id,
) -> Result<Option<End>, StoreError> {
    let state = hunt.court.opened_by(&opener).map(|case| case.row.state);
    if state.is_some() {
        return Ok(ended(purpose, state, false));
    }
    let outcome = hunt.court.outcome(opener).await?;
    let firm = hunt.court.standing().firm;
    let is_firm = outcome.is_some_and(|outcome| Some(outcome.height) <= firm);
    Ok(ended(purpose, None, is_firm))
}

/// The docket forgets a case that has ended for good; one whose opener is not settled may have been taken back by a reorg, and runs
/// again.
fn ended(purpose: Purpose, state: Option<State>, is_firm: bool) -> Option<End> {
    match state {
        Some(State::Open | State::Answered) => None,
        Some(State::Expired | State::Moot) => Some(End::Back),
        // A log that shows the receipt gives the bond back (6); a message that is here costs half of it (5.10).
        Some(State::Closed) => Some(closed(purpose)),
        // How it ended is not known any more.
        None => is_firm.then(|| closed(purpose)),
    }
}

const fn closed(purpose: Purpose) -> End {
    match purpose {
        Purpose::Publication => End::Back,
        Purpose::Data => End::Lost,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bond_is_bound_while_its_case_lasts_and_lost_where_the_message_was_there() {
        use Purpose::{Data, Publication};
        for (purpose, state, is_firm, end) in [
            (Data, Some(State::Open), false, None),
            (Data, Some(State::Expired), false, Some(End::Back)),
            (Data, Some(State::Closed), false, Some(End::Lost)),
            (Publication, Some(State::Closed), false, Some(End::Back)),
            (Publication, Some(State::Moot), false, Some(End::Back)),
            (Data, None, false, None),
            (Data, None, true, Some(End::Lost)),
        ] {
            assert_eq!(ended(purpose, state, is_firm), end, "{purpose:?} {state:?}");
        }
    }

    #[test]
    fn the_court_answers_the_one_who_opened_a_case() {
        let outcome = json!({ "Messages": [{ "Target": "me" }], "Output": {} }).to_string();
        assert!(names(&outcome, "me"));
        assert!(!names(&outcome, "you"));
        assert!(!names("no JSON", "me"));
    }
}
