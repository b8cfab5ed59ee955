//! Which authority keys count at which block, as the court's outcomes have said so far, and which of them a process sees (PROTOCOL 4.7,
//! 5.17). Rows in, keys out, and back again for a reorg; no effects, but for a memory of the last answers, which changes none of them.
//!
//! A slot of each process that trusts its court asks once. Most ask about the same few blocks, and most blocks bring no row: then the
//! answer is a search in the rows and one look. Otherwise it is work in the keys that count there, whatever lies before.

mod history;
mod rank;
#[cfg(test)]
mod unit_tests;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aosec_wire::Address;
use serde::Deserialize;

use self::history::{History, View};
use super::told;
use crate::cu::authority::Keys;
use crate::store::court::CourtOutcome;

/// Keys that a process sees at most (5.17).
const KEYS_MAX: usize = 256;

/// Answers that are remembered: more blocks than processes that catch up at once are at. One takes up to 16 KiB.
const REMEMBERED: usize = 32;

/// From when until when a key counts, both heights included.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    operator: Address,
    key: Address,
    from: u64,
    #[serde(default)]
    to: Option<u64>,
}

/// All keys that ever counted.
#[derive(Debug, Default)]
pub(super) struct Authorities {
    history: History,
    /// The newest answer is the last one.
    answers: Mutex<VecDeque<(View, Keys)>>,
}

#[derive(Deserialize)]
struct Verdict {
    #[serde(default, rename = "Authorities")]
    rows: Vec<Row>,
}

impl Authorities {
    /// Takes in what a block came to.
    pub(super) fn apply(&mut self, outcomes: &[CourtOutcome]) {
        for outcome in outcomes {
            let verdict = told::verdict(outcome, "Authorities");
            let rows = verdict.map_or_else(Vec::new, |verdict: Verdict| verdict.rows);
            rows.into_iter().for_each(|row| self.note(row));
        }
    }

    fn note(&mut self, row: Row) {
        match row.to {
            None => self.history.begin(row.operator, row.key, row.from),
            Some(to) => self.history.end(&row.key, to),
        }
    }

    /// Goes back to the state after the block `to`.
    pub(super) fn rewind(&mut self, to: u64) {
        self.history.rewind(to);
        // The same number of rows says something else from now on.
        self.answers().clear();
    }

    /// What a process sees at block `height`, in ascending order of the addresses' bytes.
    #[must_use]
    pub(super) fn at(&self, height: u64) -> Keys {
        let view = self.history.view(height);
        let known = self.answers();
        if let Some((_, keys)) = known.iter().rev().find(|(of, _)| *of == view) {
            return keys.clone();
        }
        drop(known);
        let keys = rank::seen(&self.history.counting(view), KEYS_MAX);
        let mut answers = self.answers();
        answers.push_back((view, keys.clone()));
        if answers.len() > REMEMBERED {
            answers.pop_front();
        }
        keys
    }

    /// No answer is half written.
    fn answers(&self) -> MutexGuard<'_, VecDeque<(View, Keys)>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
