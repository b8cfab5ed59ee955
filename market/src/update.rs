//! `Update`: url, fees, a new hot key (4, 4.3, 4.6).

use serde_json::json;

use crate::amount::{self, Amount};
use crate::court::Court;
use crate::keys;
use crate::message::Item;
use crate::operators::Standing;
use crate::outcome::{Judged, Refusal, Reply, demand};
use crate::spelling;

pub(crate) fn update(court: &mut Court, item: &Item) -> Judged {
    let index = caller(court, item).ok_or(Refusal("4 operator"))?;
    let record = court.operators.get(index);
    demand(record.standing() == Standing::Bonded, "4 state")?;
    let url = item.tag("Url");
    demand(url.is_none_or(spelling::is_url), "4 url")?;
    let fee = optional(item, "Fee")?;
    let answer_fee = optional(item, "Answer-Fee")?;
    let floor = court.parameters.answer_fee_floor;
    demand(answer_fee.is_none_or(|fee| fee >= floor), "4.6 floor")?;
    let key = match item.children() {
        [] => None,
        _ => Some(new_key(court, item, index)?),
    };
    let something = url.is_some() || fee.is_some() || answer_fee.is_some() || key.is_some();
    demand(something, "4 nothing")?;

    let rise = court.parameters.fee_rise;
    let record = court.operators.get_mut(index);
    if let Some(url) = url {
        url.clone_into(&mut record.url);
    }
    if let Some(fee) = fee {
        record.fee = record.fee.updated(fee, item.run, rise);
    }
    if let Some(fee) = answer_fee {
        record.answer_fee = record.answer_fee.updated(fee, item.run, rise);
    }
    if let Some(key) = key {
        keys::bring(court, index, &key, item.run);
    }
    Ok(answer(court, index))
}

/// As owner first, else as operator (4, callers).
fn caller(court: &Court, item: &Item) -> Option<usize> {
    let owner = court.operators.of_owner(&item.owner);
    owner.or_else(|| court.operators.of_operator(&item.owner))
}

/// An amount that need not be there.
fn optional(item: &Item, name: &str) -> Result<Option<Amount>, Refusal> {
    let read = |text| amount::read(text).ok_or(Refusal("3.1 amount"));
    item.tag(name).map(read).transpose()
}

fn new_key(court: &Court, item: &Item, index: usize) -> Result<String, Refusal> {
    let record = court.operators.get(index);
    demand(item.owner == record.owner, "4 owner")?;
    let key = keys::of_update(court, item, index)?;
    demand(key != record.owner && key != record.address, "4.3 same")?;
    demand(key != record.hot_key, "4.3 used")?;
    demand(court.operators.of_operator(&key).is_none(), "4.3 role")?;
    demand(!court.operators.hot_keys.contains_key(&key), "4.3 used")?;
    demand(!keys::is_changing(court, index, item.run), "4.3 changing")?;
    Ok(key)
}

fn answer(court: &Court, index: usize) -> Reply {
    let record = court.operators.get(index);
    Reply::fields(json!({
        "Operator": record.address, "Fee": record.fee.to_json(),
        "Answer-Fee": record.answer_fee.to_json(),
    }))
}
