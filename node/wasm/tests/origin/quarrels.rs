//! The moves of accusers and hosts in the random games: anything may be said of any slot.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::accusers::{
    answer, body, challenge, entry, receipt, record, report, settle, unpublished, withheld,
};
use crate::court::{Answer, Court, Item};
use crate::random::Dice;

/// Messages that a process gets.
pub(crate) const MESSAGES: u64 = 12;

const ACCUSERS: [&str; 4] = ["dave", "erin", "founder", "bob"];

/// What each run has to come to.
pub(crate) const STATES: [&str; 11] = [
    "Liveness Open",
    "Liveness Answered",
    "Liveness Closed",
    "Liveness Expired",
    "Liveness Moot",
    "Publication Open",
    "Publication Closed",
    "Publication Expired",
    "Data Open",
    "Data Closed",
    "Data Expired",
];

/// How often a case came to each state, by kind.
pub(crate) type Told = BTreeMap<String, u64>;

/// Counts the rows of a verdict.
pub(crate) fn note(told: &mut Told, answer: &Answer) {
    for row in answer.verdict["Cases"].as_array().into_iter().flatten() {
        let text = |field: &str| row[field].as_str().expect("text").to_owned();
        *told
            .entry(format!("{} {}", text("Kind"), text("State")))
            .or_default() += 1;
    }
}

/// A message of a process.
pub(crate) fn name(process: &str, number: u64) -> String {
    format!("m{number}-of-{process}")
}

fn stamped(court: &Court, dice: &mut Dice, process: &str) -> Value {
    let height = court.height - dice.below(20);
    entry(
        &name(process, dice.below(MESSAGES)),
        height,
        dice.of(&["x", "y"]),
    )
}

fn signed(court: &Court, dice: &mut Dice, process: &str, hot: &str) -> Value {
    let (epoch, slot) = (u64::from(dice.below(9) == 0), 1 + dice.below(8));
    let entries = [
        (slot, stamped(court, dice, process)),
        (slot + 1, stamped(court, dice, process)),
    ];
    if dice.below(3) == 0 {
        let mut item = record(hot, process, epoch, &entries);
        item["Signed"]["follows"] = Value::Bool(dice.below(2) == 0);
        return item;
    }
    let mut item = receipt(hot, process, epoch, slot, &entries[0].1);
    item["Signed"]["follows"] = Value::Bool(dice.below(2) == 0);
    item
}

/// The newest cases in a state.
fn cases(court: &mut Court, state: &str) -> Vec<Value> {
    let answer = court.ask(Item::new("founder", "Cases"));
    let rows = answer.applied().reply()["Rows"].clone();
    let rows = rows.as_array().expect("rows").iter();
    rows.filter(|row| row["State"] == state && row["Kind"] != "Data")
        .cloned()
        .collect()
}

/// Hosts publish some of what they answered, and some of what they were accused of.
pub(crate) fn publish(court: &mut Court, dice: &mut Dice) {
    let mut rows = cases(court, "Answered");
    rows.extend(cases(court, "Open"));
    for row in rows {
        let (process, message) = (row["Process"].as_str(), row["Message"].as_str());
        let (process, message) = (process.expect("an id"), message.expect("an id"));
        let slot = row["Slot"].as_u64().unwrap_or(20 + dice.below(1_000));
        if dice.below(4) == 0 {
            let height = court.height;
            court.logs.put_once(process, slot, message, height);
        }
    }
}

/// A receipt by the host for an open case, where there is one.
fn answering(court: &mut Court, dice: &mut Dice) -> Option<Value> {
    let open = cases(court, "Open");
    let row = open.get(usize::try_from(dice.below(open.len().max(1) as u64)).ok()?)?;
    let hot = row["Operator"].as_str()?.replace("op-", "hot-");
    let (process, message) = (row["Process"].as_str()?, row["Message"].as_str()?);
    let entry = entry(message, court.height, "z");
    Some(receipt(
        &hot[..5],
        process,
        0,
        20 + dice.below(1_000),
        &entry,
    ))
}

/// One of the messages of section 6.
pub(crate) fn item(court: &mut Court, dice: &mut Dice, process: &str, hot: &str) -> Item {
    let accuser = dice.of(&ACCUSERS);
    let names: Vec<String> = (0..1 + dice.below(3))
        .map(|_| name(process, dice.below(MESSAGES)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let item = match dice.below(14) {
        0..=3 => challenge(accuser, process, &names),
        4..=6 => {
            let given = answering(court, dice);
            answer(&[given.unwrap_or_else(|| signed(court, dice, process, hot))])
        }
        7..=8 => unpublished(accuser, process, &signed(court, dice, process, hot)),
        9 => withheld(accuser, process, 1 + dice.below(9)),
        10 => {
            let all: Vec<String> = (0..MESSAGES).map(|number| name(process, number)).collect();
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            body(accuser, process, &all)
        }
        11 => settle(process, 1 + dice.below(30), names[0]),
        _ if dice.below(5) > 0 => Item::new(accuser, "Cases"),
        _ => {
            let fault = dice.of(&["Double", "Chain", "Tenure"]);
            let count = if fault == "Tenure" { 1 } else { 2 };
            let evidence: Vec<Value> = (0..count)
                .map(|_| signed(court, dice, process, hot))
                .collect();
            report(accuser, process, fault, 1 + dice.below(8), &evidence)
        }
    };
    item.mined(court.height - dice.below(2))
}
