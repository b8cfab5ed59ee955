//! Hot keys: how one is brought, when it counts, and what it may not be (4.3).

use crate::court::Court;
use crate::message::{Child, Item};
use crate::outcome::{KeyRow, Refusal, demand};

/// A key that is or was the hot key of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HotKey {
    pub(crate) operator: usize,
    pub(crate) from: u64,
    pub(crate) until: Option<u64>,
}

impl HotKey {
    fn counts_at(&self, height: u64) -> bool {
        self.from <= height && self.until.is_none_or(|until| height <= until)
    }
}

/// What the two items of a first `Bond` say.
pub(crate) struct Brought {
    pub(crate) hot_key: String,
    pub(crate) operator: String,
}

/// Whether the key counts for the operator at a mined height (4.3).
pub(crate) fn counts(court: &Court, operator: usize, key: &str, mined: u64) -> bool {
    let hot = court.operators.hot_keys.get(key);
    hot.is_some_and(|hot| hot.operator == operator && hot.counts_at(mined))
}

/// The hot key's item, then the operator's where he is not the owner.
pub(crate) fn of_first_bond(court: &Court, item: &Item) -> Result<Brought, Refusal> {
    let children = item.children();
    let first = children.first().ok_or(Refusal("4.3 items"))?;
    let operator = first.tag("Operator").ok_or(Refusal("4.3 items"))?;
    let asked = if operator == item.owner { 1 } else { 2 };
    let all = children
        .iter()
        .all(|child| is_origin_key(court, child, &item.owner, operator));
    let second = children
        .get(1)
        .is_none_or(|second| second.owner == operator);
    demand(children.len() == asked && all && second, "4.3 items")?;
    Ok(Brought {
        hot_key: first.owner.clone(),
        operator: operator.to_owned(),
    })
}

/// The one item of a new key.
pub(crate) fn of_update(court: &Court, item: &Item, operator: usize) -> Result<String, Refusal> {
    let record = court.operators.get(operator);
    match item.children() {
        [child] if is_origin_key(court, child, &record.owner, &record.address) => {
            Ok(child.owner.clone())
        }
        _ => Err(Refusal("4.3 items")),
    }
}

fn is_origin_key(court: &Court, child: &Child, owner: &str, operator: &str) -> bool {
    child.says("Action", "Origin-Key")
        && child.says("Origin", &court.origin)
        && child.says("Owner", owner)
        && child.says("Operator", operator)
}

/// Takes a key into use from `height` on; the one before fades.
pub(crate) fn bring(court: &mut Court, operator: usize, key: &str, height: u64) {
    let fading = height + court.parameters.publish_within;
    let record = court.operators.get_mut(operator);
    let address = record.address.clone();
    let before = std::mem::replace(&mut record.hot_key, key.to_owned());
    if let Some(old) = court.operators.hot_keys.get_mut(&before) {
        old.until = Some(fading);
        let row = row(&address, &before, old);
        court.changes.keys.push(row);
    }
    let hot = HotKey {
        operator,
        from: height,
        until: None,
    };
    court.changes.keys.push(row(&address, key, &hot));
    court.operators.hot_keys.insert(key.to_owned(), hot);
}

fn row(operator: &str, key: &str, hot: &HotKey) -> KeyRow {
    KeyRow {
        operator: operator.to_owned(),
        key: key.to_owned(),
        from: hot.from,
        to: hot.until,
    }
}

/// Whether an older key of the operator still counts at a height.
pub(crate) fn is_changing(court: &Court, operator: usize, height: u64) -> bool {
    let mut keys = court.operators.hot_keys.values();
    keys.any(|hot| hot.operator == operator && hot.until.is_some_and(|until| until >= height))
}
