//! In which message to the court a message of one of its processes is enclosed: the challenge that brought it (PROTOCOL 6.3), or the
//! answer that gave what nobody could have (5.10). Pure: rows in, and back again for a reorg.
//!
//! Nothing is forgotten with a case: whoever computes the log a year later may find the message nowhere else. Each line has cost somebody
//! five inbox fees, or half a bond, and takes some 200 bytes.

use std::collections::BTreeMap;

use aosec_wire::Id;

use super::docket::{self, Kind, State};
use crate::store::court::CourtOutcome;

/// Where a copy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Copied {
    /// The message to the court that encloses it.
    pub(super) by: Id,
    /// The height at which that ran.
    pub(super) ran: u64,
}

/// The copies that the court has accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Copies {
    /// By message, the oldest first.
    known: BTreeMap<Id, Vec<Copied>>,
    /// Heights and messages in the order in which copies came.
    order: Vec<(u64, Id)>,
}

impl Copies {
    /// Takes in what a block came to.
    pub(super) fn apply(&mut self, height: u64, outcomes: &[CourtOutcome]) {
        for outcome in outcomes {
            for row in docket::rows(outcome) {
                // A row about liveness stands in the outcome of whoever opens or joins the case, one that closes a case about data in
                // that of the answer: each encloses the message.
                let is_copy = matches!(
                    (row.kind, row.state),
                    (Kind::Liveness, State::Open) | (Kind::Data, State::Closed)
                );
                if is_copy {
                    let by = outcome.message;
                    let copies = self.known.entry(row.message).or_default();
                    copies.push(Copied { by, ran: height });
                    self.order.push((height, row.message));
                }
            }
        }
    }

    /// Goes back to the state after the block `to`.
    pub(super) fn rewind(&mut self, to: u64) {
        while let Some((_, message)) = self.order.pop_if(|(height, _)| *height > to) {
            if let Some(copies) = self.known.get_mut(&message) {
                copies.pop();
                if copies.is_empty() {
                    self.known.remove(&message);
                }
            }
        }
    }

    /// The newest copy of a message.
    pub(super) fn of(&self, message: &Id) -> Option<Copied> {
        self.known.get(message)?.last().copied()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(by: u8, kind: &str, state: &str, message: u8) -> CourtOutcome {
        let verdict = json!({ "ok": true, "Cases": [{
            "Case": 1, "Kind": kind, "State": state, "Process": Id::new([1; 32]), "Epoch": 0, "Message": Id::new([message; 32]),
        }] });
        CourtOutcome {
            message: Id::new([by; 32]),
            slot: 1,
            height: 1,
            json: json!({ "Output": { "data": verdict.to_string() }, "Messages": [] }).to_string(),
        }
    }

    #[test]
    fn challenges_and_answers_about_data_are_copies_and_nothing_else_is() {
        let mut copies = Copies::default();
        let of = |copies: &Copies, message: u8| {
            let copy = copies.of(&Id::new([message; 32]))?;
            Some((copy.by.as_bytes()[0], copy.ran))
        };
        copies.apply(5, &[outcome(7, "Liveness", "Open", 2)]);
        for (height, kind, state) in [
            (6, "Liveness", "Answered"),
            (7, "Liveness", "Expired"),
            (7, "Publication", "Open"),
            (8, "Data", "Open"),
            (9, "Data", "Expired"),
        ] {
            copies.apply(height, &[outcome(8, kind, state, 3)]);
        }
        assert_eq!((of(&copies, 2), of(&copies, 3)), (Some((7, 5)), None));
        copies.apply(
            9,
            &[
                outcome(9, "Data", "Closed", 3),
                outcome(9, "Data", "Closed", 2),
            ],
        );
        assert_eq!(
            (of(&copies, 2), of(&copies, 3)),
            (Some((9, 9)), Some((9, 9)))
        );
        copies.rewind(8);
        assert_eq!((of(&copies, 2), of(&copies, 3)), (Some((7, 5)), None));
        copies.rewind(4);
        assert_eq!(copies, Copies::default());
    }
}
