//! Hosting (5.1, 5.15, 5.13): who may take a process, on which terms, and how a host goes.

use serde_json::{Value, json};

use crate::court::{Court, Item, ORIGIN};
use crate::people::{MIN_BOND, first_bond, fund, host, hosting, id, signed, spawn, with_operator};

/// The same item with another value of a tag, or without it.
fn with_tag(item: &Value, name: &str, value: Option<&str>) -> Value {
    let mut item = item.clone();
    let tags = item["Tags"].as_array_mut().expect("tags");
    tags.retain(|tag| tag["name"] != name);
    tags.extend(value.map(|value| json!({"name": name, "value": value})));
    item
}

#[test]
fn a_host_gets_a_lease_and_the_row_says_so() {
    let mut court = with_operator(2 * MIN_BOND);
    court.send(fund("bob", "p1", 500)).applied();
    let hosted = court
        .send(host("op-a", &spawn("p1", "hot-a", 1_000), 10))
        .applied();
    assert_eq!(
        hosted.verdict["Hosting"],
        json!([{
            "Process": id("p1"), "State": "Hosted", "Epoch": 0, "First": 1, "From": court.height,
            "Operator": id("op-a"),
        }])
    );
    let row = court.process("p1");
    assert_eq!(row["Period"], 10);
    assert_eq!(
        (&row["Lease"]["Allocation"], &row["Lease"]["Rate"]),
        (&json!("1000"), &json!("10"))
    );
    assert_eq!(court.operator("op-a")["Free"], (MIN_BOND).to_string());
    court.check();
}

#[test]
fn each_condition_of_host_has_its_code() {
    let good = spawn("p1", "hot-a", 1_000);
    let offer = |rate: &str, fee: &str, answer: &str| {
        Item::new("op-a", "Host")
            .tag("Rate", rate)
            .tag("Fee-Cap", fee)
            .tag("Answer-Cap", answer)
            .enclose(std::slice::from_ref(&good))
    };
    let another = id("another");
    let on = |name, value| host("op-a", &with_tag(&good, name, value), 10);
    let cases = [
        ("4 operator", host("alice", &good, 10)),
        ("4 operator", host("bob", &good, 10)),
        ("5.1 spawn", offer("10", "1", "5").enclose(&[])),
        (
            "5.1 spawn",
            offer("10", "1", "5").enclose(&[good.clone(), good.clone()]),
        ),
        ("5.1 spawn", on("Type", Some("Message"))),
        ("5.1 origin", on("Origin", None)),
        ("5.1 origin", on("Origin", Some(&another))),
        ("5.1 period", on("Challenge-Period", Some("2"))),
        ("5.1 period", on("Challenge-Period", Some("101"))),
        ("5.1 period", on("Challenge-Period", Some("3.5"))),
        ("5.1 terms", on("Min-Allocation", Some("0"))),
        ("5.1 terms", on("Max-Fee", None)),
        ("5.1 terms", on("Hosting-Deposit", Some("-5"))),
        ("5.1 rate", offer("0", "1", "5")),
        ("5.1 rate", offer("101", "1", "5")),
        ("5.1 cap", offer("100", "101", "5")),
        ("5.1 cap", offer("100", "1", "101")),
        ("4.6 floor", offer("100", "1", "4")),
        ("5.1 scheduler", on("Scheduler", Some(&another))),
        ("5.1 scheduler", on("Scheduler", None)),
        ("5.1 escrow", on("Hosting-Deposit", Some("501"))),
        ("4.4 stake", on("Min-Allocation", Some("2001"))),
    ];
    let mut court = with_operator(2 * MIN_BOND);
    court.send(fund("bob", "p1", 500)).applied();
    for (code, item) in cases {
        assert_eq!(court.send(item).code(), code);
    }
    court.send(on("Challenge-Period", None)).applied();
    assert_eq!(court.process("p1")["Period"], 6);
    assert_eq!(court.send(host("op-a", &good, 10)).code(), "5.1 known");
    court.check();
}

#[test]
fn who_is_not_able_may_not_host() {
    let good = spawn("p1", "hot-a", 1_000);
    let mut court = Court::new();
    court.send(fund("bob", "p1", 500)).applied();
    court
        .send(first_bond("alice", "op-a", "hot-a", MIN_BOND))
        .applied();
    assert_eq!(court.send(host("op-a", &good, 10)).code(), "4 state");
    court.blocks(3);
    let jail = format!(
        "local op = require('origin.operators').at('{}')
         require('origin.slash').jail(op, {}) return true",
        id("op-a"),
        court.height + 1
    );
    court.probe(&jail);
    court.block();
    assert_eq!(court.send(host("op-a", &good, 10)).code(), "4 jailed");
    court.block();
    let slash = format!(
        "local op = require('origin.operators').at('{}')
         require('origin.slash').take(op, nil, 1) return true",
        id("op-a")
    );
    court.probe(&slash);
    assert_eq!(court.send(host("op-a", &good, 10)).code(), "4 min-bond");
    court
        .send(Item::new("alice", "Bond").tag("Quantity", 1))
        .applied();
    court.send(host("op-a", &good, 10)).applied();
    court.check();
}

#[test]
fn stake_is_never_used_twice() {
    let mut court = with_operator(2_500);
    for process in ["p1", "p2", "p3"] {
        court.send(fund("bob", process, 500)).applied();
    }
    court
        .send(host("op-a", &spawn("p1", "hot-a", 1_000), 10))
        .applied();
    court
        .send(host("op-a", &spawn("p2", "hot-a", 1_500), 10))
        .applied();
    assert_eq!(
        court
            .send(host("op-a", &spawn("p3", "hot-a", 1), 10))
            .code(),
        "4.4 stake"
    );
    let unbond = Item::new("alice", "Unbond").tag("Quantity", 1);
    assert_eq!(court.send(unbond).code(), "4 allocated");
    court.check();
}

#[test]
fn an_operator_has_256_leases_and_no_more() {
    let mut court = with_operator(100_000);
    for index in 0..256 {
        let name = format!("p{index}");
        court.send(fund("bob", &name, 500)).applied();
        court
            .send(host("op-a", &spawn(&name, "hot-a", 1), 10))
            .applied();
    }
    court.send(fund("bob", "one-more", 500)).applied();
    let more = court.send(host("op-a", &spawn("one-more", "hot-a", 1), 10));
    assert_eq!(more.code(), "4.1 leases");
    court.check();
}

fn legacy_spawn(process: &str) -> Value {
    let mut item = signed(
        "developer",
        &[
            ("Data-Protocol", "ao"),
            ("Type", "Process"),
            ("Scheduler", &id("hot-a")),
        ],
    );
    item["Id"] = json!(id(process));
    item
}

fn register(from: &str, spawn: &Value) -> Item {
    named(Item::new(from, "Register")).enclose(std::slice::from_ref(spawn))
}

/// The tags of a `Register`, which a `Host` repeats.
fn named(item: Item) -> Item {
    item.tag("First-Slot", 77)
        .tag("Legacy-Chain", id("legacy"))
        .tag("Min-Allocation", 1_000)
        .tag("Max-Fee", 100)
        .tag("Hosting-Deposit", 500)
}

#[test]
fn a_process_that_exists_joins_by_its_owners_word() {
    let mut court = with_operator(MIN_BOND);
    court
        .send(
            Item::new("alice", "Transfer")
                .tag("Recipient", id("developer"))
                .tag("Quantity", 1_000),
        )
        .applied();
    let old = legacy_spawn("old");
    let opted_in = with_tag(&old, "Origin", Some(ORIGIN));
    let mut twice = opted_in.clone();
    twice["Tags"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "Origin", "value": "x"}));
    assert_eq!(court.send(register("bob", &old)).code(), "5.15 owner");
    assert_eq!(
        court.send(register("developer", &opted_in)).code(),
        "5.15 origin"
    );
    assert_eq!(
        court.send(register("developer", &twice)).code(),
        "5.15 origin"
    );
    assert_eq!(court.send(host("op-a", &old, 10)).code(), "5.1 origin");
    let registered = court.send(register("developer", &old)).applied();
    let row = json!([{"Process": id("old"), "State": "Registered", "Epoch": 0, "First": 77, "Legacy": id("legacy")}]);
    assert_eq!(registered.verdict["Hosting"], row);
    court.send(register("developer", &old)).applied();
    court.send(fund("bob", "old", 500)).applied();
    let hosted = court.send(named(host("op-a", &old, 10))).applied();
    let row = hosted.row(&id("old")).unwrap();
    assert_eq!(
        (&row["First"], &row["State"]),
        (&json!(77), &json!("Hosted"))
    );
    assert_eq!(court.send(register("developer", &old)).code(), "5.1 known");
    court.check();
}

#[test]
fn an_owner_who_registers_again_binds_no_host_that_is_on_its_way() {
    let mut court = with_operator(2 * MIN_BOND);
    let funds = Item::new("alice", "Transfer")
        .tag("Recipient", id("developer"))
        .tag("Quantity", 1_000);
    court.send(funds).applied();
    court.send(fund("bob", "old", 500)).applied();
    let old = legacy_spawn("old");
    let mut register = |name: &str, value: &str| {
        // Of two tags of a name the first one counts.
        let changed = named(Item::new("developer", "Register").tag(name, value));
        court
            .send(changed.enclose(std::slice::from_ref(&old)))
            .applied();
        let agreed = named(host("op-a", &old, 10));
        court.send(agreed)
    };
    let other = id("another");
    for (name, value) in [
        ("First-Slot", "7"),
        ("Legacy-Chain", other.as_str()),
        ("Challenge-Period", "3"),
        ("Min-Allocation", "2000"),
        ("Max-Fee", "101"),
        ("Hosting-Deposit", "499"),
    ] {
        assert_eq!(register(name, value).code(), "5.15 terms", "{name}");
    }
    // Without the tag it is the default.
    register("Challenge-Period", "6").applied();
    court.check();
}

#[test]
fn bad_registrations_are_refused() {
    let mut court = with_operator(MIN_BOND);
    court
        .send(
            Item::new("alice", "Transfer")
                .tag("Recipient", id("developer"))
                .tag("Quantity", 1_000),
        )
        .applied();
    let old = legacy_spawn("old");
    let bare = || Item::new("developer", "Register").enclose(std::slice::from_ref(&old));
    let cases = [
        ("5.15 slot", bare()),
        (
            "5.15 slot",
            bare().tag("First-Slot", 0).tag("Legacy-Chain", id("c")),
        ),
        (
            "5.15 slot",
            bare().tag("First-Slot", 1).tag("Legacy-Chain", "c"),
        ),
        (
            "5.1 terms",
            bare().tag("First-Slot", 1).tag("Legacy-Chain", id("c")),
        ),
        (
            "5.1 period",
            bare()
                .tag("First-Slot", 1)
                .tag("Legacy-Chain", id("c"))
                .tag("Challenge-Period", 1),
        ),
        (
            "5.1 scheduler",
            register("developer", &with_tag(&old, "Scheduler", None)),
        ),
    ];
    for (code, item) in cases {
        assert_eq!(court.send(item).code(), code);
    }
}

#[test]
fn a_host_leaves_after_its_notice_and_is_paid_to_the_end() {
    let mut court = hosting(MIN_BOND, &["p1"], 500, 1_000);
    let leave = |from: &str| Item::new(from, "Leave").tag("Process", id("p1"));
    assert_eq!(court.send(leave("alice")).code(), "5.13 host");
    let left = court.send(leave("op-a")).applied();
    let start = court.height;
    assert_eq!(left.row(&id("p1")).unwrap()["State"], "Notice");
    assert_eq!(court.send(leave("op-a")).code(), "5.13 notice");
    court.blocks(5);
    court.publish("p1", 0, 1);
    let before = court.balance("alice");
    court.block();
    assert_eq!(court.wanted, [id("p1")]);
    let end = court.block();
    assert_eq!(court.height, start + 7);
    let row = end.row(&id("p1")).unwrap();
    assert_eq!(
        (&row["State"], &row["U"]),
        (&json!("Unhosted"), &json!(start + 7))
    );
    assert_eq!(row.get("Operator"), None);
    assert_eq!(court.balance("alice"), before + 50);
    assert_eq!(court.send(leave("op-a")).code(), "5.13 hosted");
    assert_eq!(court.process("p1")["Escrow"], "450");
    court.check();
}
