//! Who hosts what, as the court's outcomes have said so far (PROTOCOL 2.4), for a scheduler that must know before each slot whether
//! it may still sign. Pure: rows in, rows out, and back again for a reorg.

use std::collections::BTreeMap;

use aosec_challenge::inbox::legacy_chain;
use aosec_wire::{Address, Id};
use serde::Deserialize;

use super::told;
use crate::store::court::CourtOutcome;

/// A process as the newest row shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Row {
    /// The process.
    process: Id,
    /// Its newest epoch.
    pub epoch: u64,
    /// What it is at the moment (5.2).
    #[serde(default)]
    pub state: String,
    /// The first slot of that epoch; of a registered process that of the court's part.
    #[serde(default)]
    pub first: u64,
    /// The legacy chain that `Register` named, if one did.
    #[serde(default, deserialize_with = "legacy_chain")]
    pub legacy: Option<Id>,
    /// Its host's operator; none where it has no host.
    #[serde(default)]
    pub operator: Option<Address>,
    /// The height at which its lease began.
    #[serde(default)]
    pub from: Option<u64>,
    /// The height at which its last lease ended.
    #[serde(default)]
    pub u: Option<u64>,
}

/// Rows by process, each with those that a reorg may bring back.
#[derive(Clone, Debug, Default)]
pub struct Tenures(BTreeMap<Id, Vec<(u64, Row)>>);

#[derive(Deserialize)]
struct Verdict {
    #[serde(default, rename = "Hosting")]
    hosting: Vec<Row>,
}

/// The rows that an outcome lists.
fn rows(outcome: &CourtOutcome) -> Vec<Row> {
    let verdict = told::verdict(outcome, "Hosting");
    verdict.map_or_else(Vec::new, |verdict: Verdict| verdict.hosting)
}

impl Tenures {
    /// Takes in what a block came to.
    pub fn apply(&mut self, height: u64, outcomes: &[CourtOutcome]) {
        for row in outcomes.iter().flat_map(rows) {
            self.0.entry(row.process).or_default().push((height, row));
        }
    }

    /// Goes back to the state after the block `to`.
    pub fn rewind(&mut self, to: u64) {
        for rows in self.0.values_mut() {
            rows.retain(|(height, _)| *height <= to);
        }
        self.0.retain(|_, rows| !rows.is_empty());
    }

    /// Forgets what no reorg brings back.
    pub fn settle(&mut self, firm: u64) {
        for rows in self.0.values_mut() {
            let settled = rows.iter().filter(|(height, _)| *height <= firm).count();
            rows.drain(..settled.saturating_sub(1));
        }
    }

    /// The processes that this operator hosts in their first epoch, by id.
    #[must_use]
    pub fn hosted_by(&self, operator: &Address) -> Vec<Id> {
        let rows = self
            .0
            .iter()
            .filter_map(|(id, rows)| Some((id, &rows.last()?.1)));
        let own = rows.filter(|(_, row)| row.operator.as_ref() == Some(operator) && row.epoch == 0);
        own.map(|(id, _)| *id).collect()
    }

    /// The newest row of a process.
    #[must_use]
    pub fn get(&self, process: &Id) -> Option<&Row> {
        self.at(process).map(|(_, row)| row)
    }

    /// The same, with the block that gave it.
    #[must_use]
    pub fn at(&self, process: &Id) -> Option<&(u64, Row)> {
        self.0.get(process)?.last()
    }
}

#[cfg(test)]
mod unit_tests {
    use serde_json::json;

    use super::*;

    fn outcome(process: Id, operator: Option<&str>, u: Option<u64>) -> CourtOutcome {
        let verdict = json!({ "ok": true, "Hosting": [
            { "Process": process, "State": "any", "Epoch": 0, "First": 1, "Operator": operator, "From": 4, "U": u },
        ] });
        CourtOutcome {
            message: Id::new([9; 32]),
            slot: 1,
            height: 1,
            json: json!({ "Output": { "data": verdict.to_string() }, "Messages": [] }).to_string(),
        }
    }

    #[test]
    fn a_reorg_brings_the_host_back() {
        let process = Id::new([1; 32]);
        let operator = Id::new([2; 32]).to_string();
        let mut tenures = Tenures::default();
        assert_eq!(tenures.get(&process), None);
        tenures.apply(5, &[outcome(process, Some(&operator), None)]);
        tenures.apply(8, &[outcome(process, None, Some(8))]);
        let now = |tenures: &Tenures| tenures.get(&process).map(|row| row.u);
        assert_eq!(now(&tenures), Some(Some(8)));
        tenures.settle(7);
        tenures.rewind(7);
        assert_eq!(now(&tenures), Some(None), "hosted again");
        tenures.rewind(4);
        assert_eq!(now(&tenures), None);
    }

    #[test]
    fn what_is_settled_keeps_its_newest_row() {
        let process = Id::new([1; 32]);
        let mut tenures = Tenures::default();
        for u in 1..=5 {
            tenures.apply(u, &[outcome(process, None, Some(u))]);
        }
        tenures.settle(4);
        assert_eq!(tenures.0[&process].len(), 2);
        tenures.rewind(4);
        assert_eq!(tenures.get(&process).unwrap().u, Some(4));
    }
}
