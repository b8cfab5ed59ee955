//! Garbage, forgeries and replays: each is refused by a rule, in bounded time, and moves nothing but the fee.

use serde_json::{Value, json};

use crate::court::{Court, Item};
use crate::people::{FEE, RICHES, fund, hosting, id, signed};

const ACTIONS: [&str; 26] = [
    "Info",
    "Balance",
    "Balances",
    "Total-Supply",
    "Transfer",
    "Params",
    "Operators",
    "Processes",
    "Bond",
    "Update",
    "Authorize",
    "Revoke",
    "Unbond",
    "Withdraw",
    "Host",
    "Register",
    "Leave",
    "Fund",
    "Settle",
    "Challenge",
    "Answer",
    "Challenge-Publication",
    "Challenge-Data",
    "Answer-Data",
    "Report",
    "Cases",
];

const TAGS: [&str; 21] = [
    "Quantity",
    "Recipient",
    "Process",
    "Operator",
    "Url",
    "Fee",
    "Answer-Fee",
    "Rate",
    "Fee-Cap",
    "Answer-Cap",
    "First",
    "First-Slot",
    "Legacy-Chain",
    "Reply-To",
    "X-Reference",
    "Content-Type",
    "Slot",
    "Fault",
    "Case",
    "Message",
    "Key",
];

fn values() -> Vec<String> {
    let long = "9".repeat(3_000);
    let plain = [
        "",
        " ",
        "-1",
        "0",
        "1",
        "00",
        "1e99",
        "0x1",
        "nil",
        "NaN",
        "99999999999999999999999999999999",
        "9223372036854775808",
        "application/json",
        "\u{0}",
        "%s%d",
        "[=====[",
        "\"}{",
    ];
    let mut all: Vec<String> = plain.iter().map(|value| (*value).to_owned()).collect();
    all.extend([long, id("alice"), id("op-a"), id("p1"), "€".repeat(20)]);
    all
}

#[test]
fn every_action_with_every_odd_tag_gives_a_verdict_and_keeps_the_books() {
    let mut court = hosting(5_000, &["p1"], 5_000, 1_000);
    court.publish("p1", 0, 4);
    for action in ACTIONS.into_iter().chain(["Heartbeat", "Tick", "Eval", ""]) {
        for tag in TAGS {
            for value in values() {
                let item = Item::new("dave", action).tag(tag, &value);
                let answer = court.send(item.enclose(&[signed("x", &[(tag, &value)])]));
                assert!(
                    answer.verdict["ok"].is_boolean() && answer.fuel < 3_000_000,
                    "{answer:?}"
                );
            }
        }
    }
    court.check();
    assert_eq!(court.operator("op-a")["Bond"], "5000");
}

#[test]
fn a_bad_child_costs_the_fee_and_does_nothing() {
    let mut court = Court::new();
    let answer = court.send(fund("bob", "p1", 5).bad_child());
    assert_eq!(answer.code(), "2.5 child");
    assert_eq!(court.balance("bob"), RICHES - FEE);
    court.check();
}

#[test]
fn more_than_64_names_are_refused_before_anything_is_looked_at() {
    let mut court = hosting(5_000, &["p1"], 5_000, 1_000);
    court.block();
    court.publish("p1", 0, 1);
    let item = |count: usize| {
        let named: Vec<Value> = (0..count)
            .map(|index| signed("x", &[("Process", &id(&format!("q{index}")))]))
            .collect();
        Item::new("bob", "Settle")
            .tag("Process", id("p1"))
            .enclose(&named)
    };
    assert_eq!(court.send(item(64)).code(), "2.8 names");
    assert_eq!(court.process("p1")["Escrow"], "5000");
    court.send(item(63)).applied();
    assert_eq!(court.process("p1")["Escrow"], "4990");
}

#[test]
fn a_replayed_item_would_move_money_twice_so_only_the_deriver_may_hold_it_back() {
    // 2.2: an id runs once. The court keeps no ids; this shows why the deriver must.
    let mut court = Court::new();
    let item = fund("bob", "p1", 5);
    court.send(item.clone()).applied();
    court.send(item).applied();
    assert_eq!(court.process_escrow("p1"), json!(10));
}

#[test]
fn a_refused_message_still_looks() {
    let mut court = hosting(5_000, &["p1"], 5_000, 1_000);
    court.blocks(2);
    court.publish("p1", 0, 1);
    let item = Item::new("bob", "Leave").tag("Process", id("p1"));
    assert_eq!(court.send(item).code(), "5.13 host");
    assert_eq!(court.process("p1")["Escrow"], "4980");
    court.check();
}
