//! Slot 1: who may found the court, and with what (2.10, 8; Genesis in the message table).

use serde_json::{Map, Value, json};

use crate::amount::{self, Amount};
use crate::court::{Court, Title};
use crate::message::Item;
use crate::outcome::{Judged, Refusal, Reply, demand};
use crate::parameters::Parameters;
use crate::spelling;

const FIELDS: [&str; 5] = ["name", "ticker", "logo", "parameters", "balances"];

/// Judges the genesis message; the court where it is good.
pub(crate) fn found(origin: &str, spawner: &str, item: &Item) -> Result<(Court, Reply), Refusal> {
    demand(item.owner == spawner, "2.10 owner")?;
    let data = Data::read(&item.data).ok_or(Refusal("2.10 data"))?;
    let parameters = members(data.parameters).ok_or(Refusal("8 parameter"))?;
    let parameters = Parameters::read(&parameters)?;
    let balances = members(data.balances).and_then(|members| balances(&members));
    let balances = balances.ok_or(Refusal("3.1 balances"))?;
    let court = Court::new(origin, data.title, parameters, balances, item.run);
    let reply = Reply::fields(json!({"Total-Supply": court.ledger.supply().to_string()}));
    Ok((court, reply))
}

/// There is no court and never will be one (2.10).
pub(crate) fn never() -> Judged {
    Err(Refusal("2.10 genesis"))
}

struct Data {
    title: Title,
    parameters: Value,
    balances: Value,
}

/// The members of an object; one that is null is absent.
fn members(value: Value) -> Option<Map<String, Value>> {
    let Value::Object(members) = value else {
        return None;
    };
    Some(
        members
            .into_iter()
            .filter(|(_name, value)| !value.is_null())
            .collect(),
    )
}

impl Data {
    fn read(text: &str) -> Option<Self> {
        let mut fields = members(serde_json::from_str(text).ok()?)?;
        let exact = fields.len() == FIELDS.len() && FIELDS.iter().all(|n| fields.contains_key(*n));
        if !exact {
            return None;
        }
        let label = |name: &str, fewest: usize| {
            let text = fields[name].as_str()?;
            spelling::is_label(text, fewest).then(|| text.to_owned())
        };
        let title = Title {
            name: label("name", 1)?,
            ticker: label("ticker", 1)?,
            logo: label("logo", 0)?,
        };
        Some(Self {
            title,
            parameters: fields["parameters"].take(),
            balances: fields["balances"].take(),
        })
    }
}

/// At least one, each above 0, each an address, their sum an amount; by the bytes of their addresses (3.1).
fn balances(map: &Map<String, Value>) -> Option<Vec<(String, Amount)>> {
    let mut sum: Amount = 0;
    let mut read = Vec::with_capacity(map.len());
    for (address, value) in map {
        let amount = value.as_str().and_then(amount::read_positive)?;
        sum = Some(sum + amount).filter(|sum| amount::is_amount(*sum))?;
        read.push((address.clone(), amount));
    }
    read.sort();
    let good = !read.is_empty()
        && read
            .iter()
            .all(|(address, _)| spelling::is_address(address));
    good.then_some(read)
}
