//! Faults put into the contract on purpose, to see that the games would find them.
//!
//! Each changes one place of one file and says which rule it breaks: `list.json` for the house, `cases.json` for cases,
//! `authorities.json` for authority keys. A contract
//! that no longer loads is no test of the games, so it counts as a mistake in the list.

use serde::Deserialize;

use super::contract::{self, Contract};
use super::game::START;
use super::runner;

const HOUSE: &str = include_str!("list.json");
const CASES: &str = include_str!("cases.json");
const AUTHORITIES: &str = include_str!("authorities.json");

/// Moves within which a fault should be found in an ordinary run.
pub const FOUND_WITHIN: u64 = 20_000;

/// One fault.
#[derive(Clone, Debug, Deserialize)]
pub struct Mutation {
    /// File of the contract, by its stem.
    pub file: String,
    /// What stands there exactly once.
    pub find: String,
    /// What is put in its place.
    pub replace: String,
    /// The rule that it breaks.
    pub breaks: String,
}

/// All faults, those of the house first.
///
/// # Panics
/// Where a list is no JSON of this shape.
#[must_use]
pub fn all() -> Vec<Mutation> {
    let read = |list| serde_json::from_str(list).expect("a list of mutations is JSON");
    let lists: [Vec<Mutation>; 3] = [HOUSE, CASES, AUTHORITIES].map(read);
    lists.concat()
}

impl Mutation {
    /// The contract with this fault.
    ///
    /// # Panics
    /// Where the place is not found exactly once, or the contract does not load.
    #[must_use]
    pub fn text(&self) -> String {
        let wanted = format!("origin.{}", self.file);
        let text = contract::text(|name, text| {
            if name != wanted {
                return text.to_owned();
            }
            assert_eq!(text.matches(&self.find).count(), 1, "{self:?}");
            text.replacen(&self.find, &self.replace, 1)
        });
        let loads = Contract::spawn(&text, START);
        assert!(loads.is_ok(), "{self:?}: {:?}", loads.err());
        text
    }

    /// How many moves found it, if at most `within` of them did.
    #[must_use]
    pub fn found(&self, within: u64, jobs: usize) -> Option<u64> {
        let report = runner::run(&self.text(), 0, within, jobs);
        report.failure.map(|_| report.moves)
    }
}
