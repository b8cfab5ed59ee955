//! Cases, as the court's outcomes have said so far (PROTOCOL 2.4, 6), for those who must answer them. Pure: rows in, rows out, and
//! back again for a reorg.
//!
//! Deadlines and money are the court's to tell ([`super::mirror`]); here stands only what is open, and which message opened it.

use std::collections::BTreeMap;

use aosec_wire::Id;
use serde::Deserialize;

use super::told;
use crate::store::court::CourtOutcome;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Kind {
    /// A message without a slot.
    Liveness,
    /// A receipt that the log does not show.
    Publication,
    /// A message that cannot be had.
    Data,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum State {
    /// It waits for an answer.
    Open,
    /// It waits for the log.
    Answered,
    /// The host was right.
    Closed,
    /// The host was silent, late or lacked the data.
    Expired,
    /// The lease has ended meanwhile.
    Moot,
}

/// A case as the newest row shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Row {
    /// Its number.
    pub case: u64,
    /// What it is about.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// The process.
    pub process: Id,
    /// The epoch of the lease that it names.
    pub epoch: u64,
    /// The message that it asks for.
    pub message: Id,
}

/// A case, and what opened it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its newest row.
    pub row: Row,
    /// The message to the court that opened it; it encloses what is asked for.
    pub opener: Id,
    /// The height at which that ran.
    pub opened: u64,
}

/// Cases by number, each with the rows that a reorg may bring back.
#[derive(Clone, Debug, Default)]
pub struct Docket(BTreeMap<u64, Vec<(u64, Case)>>);

#[derive(Deserialize)]
struct Verdict {
    #[serde(default, rename = "Cases")]
    cases: Vec<Row>,
}

/// The rows that an outcome lists.
pub(super) fn rows(outcome: &CourtOutcome) -> Vec<Row> {
    let verdict = told::verdict(outcome, "Cases");
    verdict.map_or_else(Vec::new, |verdict: Verdict| verdict.cases)
}

impl Docket {
    /// Takes in what a block came to.
    pub fn apply(&mut self, height: u64, outcomes: &[CourtOutcome]) {
        for outcome in outcomes {
            for row in rows(outcome) {
                let known = self.0.entry(row.case).or_default();
                let first = known.first().map(|(_, case)| (case.opener, case.opened));
                let (opener, opened) = first.unwrap_or((outcome.message, height));
                let case = Case {
                    row,
                    opener,
                    opened,
                };
                known.push((height, case));
            }
        }
    }

    /// Goes back to the state after the block `to`.
    pub fn rewind(&mut self, to: u64) {
        for rows in self.0.values_mut() {
            rows.retain(|(height, _)| *height <= to);
        }
        self.0.retain(|_, rows| !rows.is_empty());
    }

    /// Forgets what no reorg brings back: old rows, and cases that have ended for good.
    pub fn settle(&mut self, firm: u64) {
        for rows in self.0.values_mut() {
            let settled = rows.iter().filter(|(height, _)| *height <= firm).count();
            rows.drain(..settled.saturating_sub(1));
        }
        self.0.retain(|_, rows| {
            let is_over = |(height, case): &(u64, Case)| {
                *height <= firm && !matches!(case.row.state, State::Open | State::Answered)
            };
            !rows.last().is_some_and(is_over)
        });
    }

    /// The case that this message to the court has opened; none where it never did, or the case has ended for good.
    #[must_use]
    pub fn opened_by(&self, opener: &Id) -> Option<&Case> {
        let newest = self.0.values().filter_map(|rows| rows.last());
        let mut cases = newest.map(|(_, case)| case);
        cases.find(|case| case.opener == *opener)
    }

    /// The open cases of a kind, by number.
    pub fn open(&self, kind: Kind) -> impl Iterator<Item = &Case> {
        let newest = self.0.values().filter_map(|rows| rows.last());
        let cases = newest.map(|(_, case)| case);
        cases.filter(move |case| case.row.kind == kind && case.row.state == State::Open)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outcome(message: u8, case: u64, state: &str) -> CourtOutcome {
        let verdict = json!({ "ok": true, "Cases": [{
            "Case": case, "Kind": "Liveness", "State": state, "Process": Id::new([1; 32]), "Epoch": 0,
            "Message": Id::new([2; 32]),
        }] });
        CourtOutcome {
            message: Id::new([message; 32]),
            slot: 1,
            height: 1,
            json: json!({ "Output": { "data": verdict.to_string() }, "Messages": [] }).to_string(),
        }
    }

    fn open(docket: &Docket) -> Vec<(u64, Id, u64)> {
        let open = docket.open(Kind::Liveness);
        open.map(|case| (case.row.case, case.opener, case.opened))
            .collect()
    }

    #[test]
    fn an_open_case_says_what_opened_it_and_an_ended_one_is_forgotten() {
        let mut docket = Docket::default();
        docket.apply(5, &[outcome(7, 1, "Open")]);
        docket.apply(6, &[outcome(8, 2, "Open"), outcome(9, 1, "Open")]);
        let (seven, eight) = (Id::new([7; 32]), Id::new([8; 32]));
        assert_eq!(open(&docket), [(1, seven, 5), (2, eight, 6)]);
        docket.apply(8, &[outcome(9, 1, "Closed")]);
        assert_eq!(open(&docket), [(2, eight, 6)]);
        docket.settle(7);
        docket.rewind(7);
        assert_eq!(open(&docket), [(1, seven, 5), (2, eight, 6)], "open again");
        docket.apply(8, &[outcome(9, 1, "Closed")]);
        docket.settle(8);
        docket.rewind(7);
        assert_eq!(open(&docket), [(2, eight, 6)], "settled is settled");
    }

    #[test]
    fn a_reorg_takes_back_an_opening() {
        let mut docket = Docket::default();
        docket.apply(5, &[outcome(7, 1, "Open")]);
        docket.rewind(4);
        assert_eq!(open(&docket), []);
    }
}
