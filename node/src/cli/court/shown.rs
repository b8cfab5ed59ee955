//! What the court says, for a person: amounts in tokens, heights to come as blocks and time, and no JSON.

use serde_json::Value;

use super::ask::block_time;
use crate::cli::amount::Amount;
use crate::cli::horizon;

/// Fields of the court's answers that are amounts, in units of the token.
const AMOUNTS: [&str; 32] = [
    "Allocation",
    "Amount",
    "Answer-Cap",
    "Answer-Fee",
    "Balance",
    "Bond",
    "Burned",
    "Escrow",
    "Fee",
    "Fee-Cap",
    "Free",
    "Held",
    "Hosting-Deposit",
    "Live",
    "Max-Fee",
    "Min-Allocation",
    "Next",
    "Now",
    "Owed",
    "Paid",
    "Pool",
    "Posted",
    "Quantity",
    "Rate",
    "Reserves",
    "Slashed",
    "Supply",
    "Total-Supply",
    "Worth",
    "answer_fee_floor",
    "min_bond",
    "inbox_fee",
];

/// Fields that are heights still to come.
const DEADLINES: [&str; 6] = [
    "Ripe",
    "Due",
    "From",
    "Jailed-Until",
    "Deadline",
    "Publish-By",
];

/// An answer for a person: amounts in tokens, heights to come as blocks and time. `info` says where the court stands.
#[must_use]
pub fn shown(value: &Value, info: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| (name.clone(), field(name, value, info)));
            Value::Object(fields.collect())
        }
        Value::Array(rows) => rows.iter().map(|row| shown(row, info)).collect(),
        other => other.clone(),
    }
}

fn field(name: &str, value: &Value, info: &Value) -> Value {
    let now = info["soft"].as_u64().unwrap_or(0);
    match (value.as_str(), value.as_u64()) {
        (Some(units), _) if AMOUNTS.contains(&name) => match Amount::of_units(units) {
            Some(amount) => amount.to_string().into(),
            None => value.clone(),
        },
        (_, Some(height)) if DEADLINES.contains(&name) && height > now => format!(
            "block {height}, in {}",
            horizon::blocks(height - now, block_time(info))
        )
        .into(),
        _ => shown(value, info),
    }
}

/// The same answer for a program: beside each height to come, under its name with `-In`, the blocks until then and how long they last.
#[must_use]
pub fn timed(value: &Value, info: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let now = info["soft"].as_u64().unwrap_or(0);
            let ahead = |(name, value): (&String, &Value)| {
                let left = value
                    .as_u64()
                    .filter(|_| DEADLINES.contains(&name.as_str()));
                let left = left?.checked_sub(now).filter(|left| *left > 0)?;
                let lasts = horizon::blocks(left, block_time(info));
                Some((format!("{name}-In"), Value::from(lasts)))
            };
            let inner = |(name, value): (&String, &Value)| (name.clone(), timed(value, info));
            fields
                .iter()
                .map(inner)
                .chain(fields.iter().filter_map(ahead))
                .collect()
        }
        Value::Array(rows) => rows.iter().map(|row| timed(row, info)).collect(),
        other => other.clone(),
    }
}

/// A JSON object as lines of a name and a value each; what is empty is left out.
#[must_use]
pub fn lines(value: &Value) -> String {
    let fields = value.as_object().into_iter().flatten();
    let shown = fields.map(|(name, value)| (name, plain(value)));
    let lines = shown
        .filter(|(_name, text)| !text.is_empty())
        .map(|(name, text)| format!("{name:>18}  {text}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// A value without JSON's signs. What holds now needs no name, and what comes later has one.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(rows) => rows.iter().map(plain).collect::<Vec<_>>().join("; "),
        Value::Object(fields) => {
            let named = fields.iter().map(|(name, value)| match name.as_str() {
                "Now" => plain(value),
                _ => format!("{name} {}", plain(value)),
            });
            named.collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_person_reads_no_json() {
        let row = json!({
            "Cases": 0, "Fee": { "Now": "1 tokens" }, "Gone": null, "Unbonding": [],
            "Wait": [{ "Ripe": "block 7", "Sum": "2 tokens" }, "9"],
        });
        let text = "             Cases  0\n               Fee  1 tokens\n              Wait  Ripe block 7, Sum 2 tokens; 9";
        assert_eq!(lines(&row), text);
    }

    #[test]
    fn a_person_sees_tokens_and_times() {
        let info = json!({ "soft": 100, "block_time_ms": 120_000 });
        let row = json!({
            "Bond": "1500000000000", "Jailed-Until": 90, "Lease": { "Rate": "1" }, "Escrow": "éééééééé",
            "Fee": { "Now": "0", "Next": "2000000000000", "From": 115 },
            "Unbonding": [{ "Amount": "1000000000000", "Ripe": 115 }],
        });
        let expected = json!({
            "Bond": "1.5 tokens", "Jailed-Until": 90, "Lease": { "Rate": "0.000000000001 tokens" }, "Escrow": "éééééééé",
            "Fee": { "Now": "0 tokens", "Next": "2 tokens", "From": "block 115, in 15 blocks (11 to 60 minutes)" },
            "Unbonding": [{ "Amount": "1 tokens", "Ripe": "block 115, in 15 blocks (11 to 60 minutes)" }],
        });
        assert_eq!(shown(&row, &info), expected);
    }
}
