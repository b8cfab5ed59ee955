//! Authority keys: who brings them, who takes them back, and when they count (4.7). No rule of the house trusts them; the modules of
//! its processes do (5.17), and learn of them from the rows.

use serde_json::{Value, json};

use crate::court::Court;
use crate::message::{Child, Item};
use crate::operators::{Operator, Standing};
use crate::outcome::{Judged, KeyRow, Refusal, Reply, demand};

/// Keys that stand in a record at most.
const KEYS: usize = 4;

/// A key that stands in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) key: String,
    /// The height from which it counts, while it does.
    from: Option<u64>,
}

/// `Authorize`: the owner brings a key that is willing.
pub(crate) fn authorize(court: &mut Court, item: &Item) -> Judged {
    let index = court.operators.of_owner(&item.owner);
    let index = index.ok_or(Refusal("4 owner"))?;
    let record = court.operators.get(index);
    demand(!record.tombstoned, "4 tombstoned")?;
    let standing = record.standing();
    let fits = matches!(standing, Standing::Bonding | Standing::Bonded);
    demand(fits, "4 state")?;
    let key = willing(court, item, record).ok_or(Refusal("4.7 items"))?;
    demand(!court.operators.authorized.contains(&key), "4.7 used")?;
    demand(record.authorities.len() < KEYS, "4.7 full")?;

    court.operators.authorized.insert(key.clone());
    let authorities = &mut court.operators.get_mut(index).authorities;
    authorities.push(Authority { key, from: None });
    refresh(court, index);
    Ok(answer(court, index))
}

/// The key of the one item, if that says what it must.
fn willing(court: &Court, item: &Item, record: &Operator) -> Option<String> {
    let says = |child: &Child| {
        child.says("Action", "Origin-Authority")
            && child.says("Origin", &court.origin)
            && child.says("Owner", &record.owner)
            && child.says("Operator", &record.address)
    };
    match item.children() {
        [child] if says(child) => Some(child.owner.clone()),
        _ => None,
    }
}

/// `Revoke`: the owner or the operator takes one back, for ever.
pub(crate) fn revoke(court: &mut Court, item: &Item) -> Judged {
    let own = court.operators.of_owner(&item.owner);
    let index = own.or_else(|| court.operators.of_operator(&item.owner));
    let index = index.ok_or(Refusal("4 operator"))?;
    let record = court.operators.get(index);
    let mut keys = record.authorities.iter();
    let at = keys.position(|one| Some(one.key.as_str()) == item.tag("Key"));
    let at = at.ok_or(Refusal("4.7 key"))?;

    let gone = court.operators.get_mut(index).authorities.remove(at);
    if let Some(from) = gone.from {
        note(court, index, &gone.key, from, Some(court.height));
    }
    Ok(answer(court, index))
}

/// After anything that changes whether a record is Bonded and not tombstoned: its keys begin to count, or cease to.
pub(crate) fn refresh(court: &mut Court, operator: usize) {
    let height = court.height;
    let record = court.operators.get_mut(operator);
    let counts = record.standing() == Standing::Bonded && !record.tombstoned;
    let mut made = Vec::new();
    for one in &mut record.authorities {
        match (counts, one.from) {
            (true, None) => {
                one.from = Some(height);
                made.push((one.key.clone(), height, None));
            }
            (false, Some(from)) => {
                one.from = None;
                made.push((one.key.clone(), from, Some(height)));
            }
            _ => {}
        }
    }
    for (key, from, to) in made {
        note(court, operator, &key, from, to);
    }
}

fn note(court: &mut Court, operator: usize, key: &str, from: u64, to: Option<u64>) {
    let row = KeyRow {
        operator: court.operators.get(operator).address.clone(),
        key: key.to_owned(),
        from,
        to,
    };
    court.changes.authorities.push(row);
}

fn answer(court: &Court, index: usize) -> Reply {
    let record = court.operators.get(index);
    let mut fields = json!({"Operator": record.address});
    if let Some(keys) = shown(record) {
        fields["Authorities"] = keys;
    }
    Reply::fields(fields)
}

/// Those that stand, in the order in which they were authorized; nothing where none does.
pub(crate) fn shown(record: &Operator) -> Option<Value> {
    let keys = record.authorities.iter();
    let keys: Vec<&str> = keys.map(|one| one.key.as_str()).collect();
    (!keys.is_empty()).then(|| json!(keys))
}
