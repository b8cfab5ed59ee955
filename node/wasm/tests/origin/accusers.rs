//! What accusers and hosts send about cases (6): messages, receipts and records with what the deriver read in them, and the items around.

use serde_json::{Value, json};

use crate::court::{Answer, Court, Item};
use crate::people::{hosting, id, signed};

/// The bond of a first case in the stories: ten answer fees of the floor.
pub(crate) const BOND: u128 = 50;

/// The answer fee in force in the stories.
pub(crate) const ANSWER_FEE: u128 = 5;

/// A user's message for a process.
pub(crate) fn message(process: &str, name: &str) -> Value {
    let mut item = signed("user", &[("Data-Protocol", "ao"), ("Type", "Message")]);
    item["Id"] = json!(id(name));
    item["Target"] = json!(id(process));
    item["Size"] = json!(300);
    item
}

/// One slot as a receipt or record says it.
pub(crate) fn entry(message: &str, height: u64, chain: &str) -> Value {
    json!({"message": id(message), "height": height, "timestamp": 1000 * height, "chain": id(chain)})
}

/// A receipt by a hot key: of one slot, not canonical.
pub(crate) fn receipt(by: &str, process: &str, epoch: u64, slot: u64, entry: &Value) -> Value {
    let mut item = signed(by, &[("Process", &id(process))]);
    item["Id"] = json!(id(&format!("receipt-{epoch}-{slot}")));
    item["Size"] = json!(900);
    item["Signed"] = json!({
        "process": id(process), "epoch": epoch, "signer": id(by), "first": slot, "last": slot,
        "record": false, "entries": {slot.to_string(): entry}, "canonical": false,
    });
    item
}

/// A record by a hot key, with the two slots that were asked for, as far as it has them.
pub(crate) fn record(by: &str, process: &str, epoch: u64, entries: &[(u64, Value)]) -> Value {
    let mut item = signed(by, &[("Data-Protocol", "ao"), ("Type", "Log-Record")]);
    let slots = |slot: &(u64, Value)| (slot.0.to_string(), slot.1.clone());
    let entries: serde_json::Map<String, Value> = entries.iter().map(slots).collect();
    item["Size"] = json!(9_000);
    item["Signed"] = json!({
        "process": id(process), "epoch": epoch, "signer": id(by), "first": 1, "last": 90,
        "record": true, "entries": entries,
    });
    item
}

/// A `Challenge` that names more than enough.
pub(crate) fn challenge(from: &str, process: &str, messages: &[&str]) -> Item {
    let enclosed: Vec<Value> = messages.iter().map(|name| message(process, name)).collect();
    Item::new(from, "Challenge")
        .tag("Process", id(process))
        .tag("Fee", 20)
        .tag("Answer-Fee", 50)
        .enclose(&enclosed)
}

/// A `Challenge-Publication` of one receipt.
pub(crate) fn unpublished(from: &str, process: &str, receipt: &Value) -> Item {
    Item::new(from, "Challenge-Publication")
        .tag("Process", id(process))
        .tag("Answer-Fee", 50)
        .enclose(std::slice::from_ref(receipt))
}

/// A `Challenge-Data` of one slot.
pub(crate) fn withheld(from: &str, process: &str, slot: impl ToString) -> Item {
    Item::new(from, "Challenge-Data")
        .tag("Process", id(process))
        .tag("Slot", slot)
        .tag("Answer-Fee", 50)
}

/// An `Answer-Data` with these messages.
pub(crate) fn body(from: &str, process: &str, messages: &[&str]) -> Item {
    let enclosed: Vec<Value> = messages.iter().map(|name| message(process, name)).collect();
    Item::new(from, "Answer-Data")
        .tag("Process", id(process))
        .enclose(&enclosed)
}

/// An `Answer` with these receipts.
pub(crate) fn answer(receipts: &[Value]) -> Item {
    Item::new("op-a", "Answer").enclose(receipts)
}

/// A `Report` of a fault at a slot.
pub(crate) fn report(
    from: &str,
    process: &str,
    fault: &str,
    slot: u64,
    evidence: &[Value],
) -> Item {
    Item::new(from, "Report")
        .tag("Process", id(process))
        .tag("Fault", fault)
        .tag("Slot", slot)
        .enclose(evidence)
}

/// A `Settle` of one case.
pub(crate) fn settle(process: &str, case: u64, message: &str) -> Item {
    Item::new("erin", "Settle")
        .tag("Process", id(process))
        .tag("Case", case)
        .tag("Message", id(message))
}

/// A court in which op-a hosts these processes with a full escrow and an allocation of 1,000 each, one block later.
pub(crate) fn court(bond: u128, processes: &[&str]) -> Court {
    let mut court = hosting(bond, processes, 5_000, 1_000);
    court.block();
    for process in processes {
        court.publish(process, 0, 1);
    }
    court
}

/// Sends what must be applied, and asks for the books.
pub(crate) fn send(court: &mut Court, item: Item) -> Answer {
    let answer = court.send(item).applied();
    court.check();
    answer
}

/// Blocks up to a height, the books asked for after each; gives the last Tick's answer.
pub(crate) fn wait(court: &mut Court, height: u64) -> Answer {
    assert!(court.height < height, "{height} is over");
    loop {
        let answer = court.block();
        court.check();
        if court.height == height {
            return answer;
        }
    }
}

/// The number of a field that is text.
pub(crate) fn number(row: &Value, field: &str) -> u128 {
    let text = row[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} of {row}"));
    text.parse().expect("a number")
}

/// What an operator has: bond, live, held.
pub(crate) fn stake(court: &mut Court, operator: &str) -> [u128; 3] {
    let row = court.operator(operator);
    ["Bond", "Live", "Held"].map(|field| number(&row, field))
}
