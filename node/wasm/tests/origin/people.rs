//! Who plays in the stories, and the messages that they send: names become addresses, and a key signs by standing as an item's owner.

use serde_json::{Value, json};

use crate::court::{Court, Item, ORIGIN};

/// Length of an id and of an address.
const ID_LENGTH: usize = 43;

/// The inbox fee of the stories.
pub(crate) const FEE: u128 = 10;

/// The least bond of the stories.
pub(crate) const MIN_BOND: u128 = 1_000;

/// The answer fee floor of the stories.
pub(crate) const FLOOR: u128 = 5;

/// What each of the people has at genesis.
pub(crate) const RICHES: u128 = 1_000_000;

/// A name as an id or an address.
pub(crate) fn id(name: &str) -> String {
    if name.len() == ID_LENGTH || name.starts_with("0x") {
        return name.to_owned();
    }
    assert!(name.len() < ID_LENGTH, "{name} is too long");
    format!("{name}{}", "-".repeat(ID_LENGTH - name.len()))
}

/// The devnet's parameters, with small amounts and a fee.
pub(crate) fn parameters() -> Value {
    json!({
        "settlement_depth": 1, "activation": 2, "unbonding": 240, "evidence_max_age": 40,
        "slash_delay": 8, "period_default": 6, "period_min": 3, "period_max": 100,
        "window_floor": 3, "late_after": 2, "publish_within": 6, "public_before": 1, "cut": 2,
        "commit": 3, "reveal": 2, "beacon_blocks": 2, "handover": 6, "notice": 6, "jail_min": 4,
        "jail_max": 32, "memory": 120, "mass_window": 6, "bounty_window": 1, "arrears": 6,
        "fee_rise": 3, "reopening_factor": 20, "min_bond": MIN_BOND.to_string(),
        "inbox_fee": FEE.to_string(), "answer_fee_floor": FLOOR.to_string(),
    })
}

/// The data of the genesis message with these balances.
pub(crate) fn genesis_data(balances: &Value) -> Value {
    json!({
        "name": "Origin Token", "ticker": "AOSEC", "logo": "", "parameters": parameters(),
        "balances": balances,
    })
}

/// The genesis of the stories.
pub(crate) fn genesis() -> Item {
    let people = [
        "founder", "alice", "bob", "carol", "op-a", "op-b", "op-c", "dave", "erin",
    ];
    let balances: serde_json::Map<String, Value> = people
        .iter()
        .map(|name| (id(name), json!(RICHES.to_string())))
        .collect();
    Item::new("founder", "Genesis").data(&genesis_data(&Value::Object(balances)).to_string())
}

/// A signed item as the deriver hands it over: a key's name, and tags.
pub(crate) fn signed(by: &str, tags: &[(&str, &str)]) -> Value {
    let tags: Vec<Value> = tags
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({"Id": id(&format!("i-{by}")), "Owner": id(by), "Target": "", "Tags": tags, "Data": ""})
}

/// A key's word that it is willing to serve this owner under this operator.
pub(crate) fn origin_key(by: &str, owner: &str, operator: &str) -> Value {
    signed(
        by,
        &[
            ("Action", "Origin-Key"),
            ("Origin", ORIGIN),
            ("Owner", &id(owner)),
            ("Operator", &id(operator)),
        ],
    )
}

/// The first bond of an owner, with all that it needs.
pub(crate) fn first_bond(owner: &str, operator: &str, hot: &str, sum: u128) -> Item {
    let mut items = vec![origin_key(hot, owner, operator)];
    if owner != operator {
        items.push(origin_key(operator, owner, operator));
    }
    Item::new(owner, "Bond")
        .tag("Quantity", sum)
        .tag("Url", "https://node.example")
        .enclose(&items)
}

/// The spawn of a process that opts in (5.1).
pub(crate) fn spawn(process: &str, scheduler: &str, min_allocation: u128) -> Value {
    let mut item = signed(
        "developer",
        &[
            ("Data-Protocol", "ao"),
            ("Type", "Process"),
            ("Scheduler", &id(scheduler)),
            ("Origin", ORIGIN),
            ("Challenge-Period", "10"),
            ("Min-Allocation", &min_allocation.to_string()),
            ("Max-Fee", "100"),
            ("Hosting-Deposit", "500"),
        ],
    );
    item["Id"] = json!(id(process));
    item
}

/// A `Host` that fits [`spawn`].
pub(crate) fn host(operator: &str, spawn: &Value, rate: u128) -> Item {
    Item::new(operator, "Host")
        .tag("Rate", rate)
        .tag("Fee-Cap", 20)
        .tag("Answer-Cap", 50)
        .enclose(std::slice::from_ref(spawn))
}

pub(crate) fn fund(from: &str, process: &str, sum: u128) -> Item {
    Item::new(from, "Fund")
        .tag("Process", id(process))
        .tag("Quantity", sum)
}

/// A court in which alice's operator op-a is bonded with this sum, its hot key being hot-a.
pub(crate) fn with_operator(bond: u128) -> Court {
    let mut court = Court::new();
    court
        .send(first_bond("alice", "op-a", "hot-a", bond))
        .applied();
    court.blocks(3);
    court
}

/// The same, and op-a hosts these processes, each with an escrow and an allocation.
pub(crate) fn hosting(bond: u128, processes: &[&str], escrow: u128, allocation: u128) -> Court {
    let mut court = with_operator(bond);
    for process in processes {
        court.send(fund("bob", process, escrow)).applied();
        court
            .send(host("op-a", &spawn(process, "hot-a", allocation), 10))
            .applied();
    }
    court
}
