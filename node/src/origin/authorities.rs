//! Which authority keys count at which block, as the court's outcomes have said so far (PROTOCOL 4.7, 5.17). Pure: rows in, rows out,
//! and back again for a reorg.
//!
//! Nothing is forgotten: whoever computes an old log again must see what those saw who computed it first.

use std::collections::BTreeMap;
use std::sync::Arc;

use aosec_wire::Address;
use serde::Deserialize;

use super::told;
use crate::cu::authority::Keys;
use crate::store::court::CourtOutcome;

/// Keys that a process sees at most: those that began to count first (5.17).
const KEYS_MAX: usize = 256;

/// From when until when a key counts, both heights included.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    key: Address,
    from: u64,
    #[serde(default)]
    to: Option<u64>,
}

/// Intervals in the order in which they began, which is that of their rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Authorities {
    intervals: Vec<Row>,
    /// Where the interval stands that is not over, by key.
    open: BTreeMap<Address, usize>,
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
            None => {
                self.open.insert(row.key.clone(), self.intervals.len());
                self.intervals.push(row);
            }
            Some(_) => {
                if let Some(begun) = self.open.remove(&row.key) {
                    self.intervals[begun].to = row.to;
                }
            }
        }
    }

    /// Goes back to the state after the block `to`. A row stands in the block whose height it says, at both ends.
    pub(super) fn rewind(&mut self, to: u64) {
        let stay = self.intervals.partition_point(|row| row.from <= to);
        self.intervals.truncate(stay);
        self.open.clear();
        for (index, row) in self.intervals.iter_mut().enumerate() {
            row.to = row.to.filter(|end| *end <= to);
            if row.to.is_none() {
                self.open.insert(row.key.clone(), index);
            }
        }
    }

    /// What counts at block `height`, in ascending order of the addresses' bytes.
    #[must_use]
    pub(super) fn at(&self, height: u64) -> Keys {
        let begun = self.intervals.iter().take_while(|row| row.from <= height);
        let counting = begun.filter(|row| row.to.is_none_or(|end| height <= end));
        let mut keys: Vec<Address> = counting.take(KEYS_MAX).map(|row| row.key.clone()).collect();
        keys.sort_unstable_by(|one, other| one.as_str().as_bytes().cmp(other.as_str().as_bytes()));
        Arc::from(keys)
    }
}

#[cfg(test)]
mod unit_tests {
    use aosec_wire::Id;
    use serde_json::{Value, json};

    use super::*;

    fn key(number: u16) -> Address {
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        Id::new(bytes).to_string().parse().unwrap()
    }

    fn outcome(height: u64, rows: &[Value]) -> CourtOutcome {
        let verdict = json!({ "ok": true, "Authorities": rows });
        CourtOutcome {
            message: Id::new([9; 32]),
            slot: 1,
            height,
            json: json!({ "Output": { "data": verdict.to_string() }, "Messages": [] }).to_string(),
        }
    }

    fn from(number: u16, height: u64) -> Value {
        json!({ "Operator": key(999), "Key": key(number), "From": height })
    }

    fn until(number: u16, began: u64, end: u64) -> Value {
        json!({ "Operator": key(999), "Key": key(number), "From": began, "To": end })
    }

    fn told() -> Authorities {
        let mut told = Authorities::default();
        told.apply(&[outcome(5, &[from(2, 5), from(1, 5)])]);
        told.apply(&[outcome(8, &[until(2, 5, 8)]), outcome(8, &[from(3, 8)])]);
        told.apply(&[outcome(12, &[from(2, 12)])]);
        told
    }

    fn seen(told: &Authorities, height: u64) -> Vec<Address> {
        told.at(height).to_vec()
    }

    #[test]
    fn each_block_has_its_keys_for_ever_and_in_order() {
        let told = told();
        for (height, numbers) in [
            (0, vec![]),
            (4, vec![]),
            (5, vec![1, 2]),
            (8, vec![1, 2, 3]),
            (9, vec![1, 3]),
            (11, vec![1, 3]),
            (12, vec![1, 2, 3]),
            (99, vec![1, 2, 3]),
        ] {
            let wanted: Vec<_> = numbers.into_iter().map(key).collect();
            assert_eq!(seen(&told, height), wanted, "at {height}");
        }
    }

    #[test]
    fn a_reorg_takes_back_beginnings_and_ends() {
        let mut told = told();
        told.rewind(7);
        assert_eq!(seen(&told, 9), [key(1), key(2)], "revoked in no block now");
        told.apply(&[outcome(9, &[until(2, 5, 9)])]);
        assert_eq!(seen(&told, 9), [key(1), key(2)]);
        assert_eq!(seen(&told, 10), [key(1)]);
        told.rewind(0);
        assert_eq!(seen(&told, 10), []);
    }

    #[test]
    fn a_late_crowd_pushes_nobody_out() {
        let mut told = Authorities::default();
        let rows: Vec<_> = (0..300).map(|number| from(number, 3)).collect();
        told.apply(&[outcome(3, &rows)]);
        told.apply(&[outcome(4, &[from(999, 4)])]);
        let keys = seen(&told, 4);
        assert_eq!(keys.len(), KEYS_MAX);
        let mut wanted: Vec<_> = (0..256).map(key).collect();
        wanted.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        assert_eq!(keys, wanted);
        told.apply(&[outcome(5, &[until(0, 3, 5)])]);
        assert!(seen(&told, 6).contains(&key(256)), "the next one moves up");
    }
}
