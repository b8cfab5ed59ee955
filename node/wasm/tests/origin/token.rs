//! The stake token (3.1): what wallets read, exact transfers, and the inbox fee (2.4).

use serde_json::{Value, json};

use crate::court::{Court, Item};
use crate::people::{FEE, RICHES, genesis_data, id};

fn tag<'a>(message: &'a Value, name: &str) -> Option<&'a str> {
    let tags = message["Tags"].as_array().expect("tags");
    tags.iter().find(|tag| tag["name"] == name)?["value"].as_str()
}

fn transfer(from: &str, to: &str, quantity: impl ToString) -> Item {
    Item::new(from, "Transfer")
        .tag("Recipient", id(to))
        .tag("Quantity", quantity)
}

#[test]
fn a_transfer_tells_both_sides_and_burns_the_fee() {
    let mut court = Court::new();
    let sent = court
        .send(
            transfer("alice", "newcomer", 300)
                .tag("X-Memo", "rent")
                .tag("Reference", "7"),
        )
        .applied();
    let [debit, credit] = [&sent.messages[0], &sent.messages[1]];
    assert_eq!(
        (&debit["Target"], &credit["Target"]),
        (&json!(id("alice")), &json!(id("newcomer")))
    );
    assert_eq!(
        (tag(debit, "Action"), tag(credit, "Action")),
        (Some("Debit-Notice"), Some("Credit-Notice"))
    );
    assert_eq!(
        (tag(debit, "X-Reference"), tag(credit, "X-Memo")),
        (Some("7"), Some("rent"))
    );
    assert_eq!(
        (tag(credit, "Sender"), tag(credit, "Quantity")),
        (Some(&*id("alice")), Some("300"))
    );
    assert_eq!(court.balance("alice"), RICHES - 300 - FEE);
    assert_eq!(court.balance("newcomer"), 300);
    let supply = court.ask(Item::new("x", "Total-Supply"));
    assert_eq!(supply.messages[0]["Data"], (9 * RICHES - FEE).to_string());
    let silent = court
        .send(transfer("alice", "bob", 1).tag("Cast", "true"))
        .applied();
    assert!(silent.messages.is_empty());
    court.check();
}

#[test]
fn amounts_are_exact_far_beyond_63_bits() {
    let huge = "500000000000000000000000000001";
    let mut court = Court::unborn();
    let data = genesis_data(&json!({id("alice"): huge, id("bob"): "1000000000000000000"}));
    court
        .send(Item::new("founder", "Genesis").data(&data.to_string()))
        .applied();
    let part = "99999999999999999999999999999";
    court.send(transfer("alice", "bob", part)).applied();
    assert_eq!(
        court.balance("alice"),
        500_000_000_000_000_000_000_000_000_001 - 99_999_999_999_999_999_999_999_999_999 - FEE
    );
    assert_eq!(
        court.balance("bob"),
        100_000_000_000_999_999_999_999_999_999
    );
    court
        .send(transfer("bob", "alice", "100000000000999999999999999989"))
        .applied();
    assert_eq!(court.balance("bob"), 0);
    court.check();
}

#[test]
fn bad_quantities_and_recipients_are_refused_and_cost_the_fee() {
    let mut court = Court::new();
    let bad = [
        "0",
        "-1",
        "1.5",
        "",
        "1e3",
        "01",
        "+1",
        " 1",
        "0x10",
        "½",
        &"9".repeat(31),
        &"9".repeat(100_000),
    ];
    for quantity in bad {
        let answer = court.send(transfer("alice", "bob", quantity));
        assert_eq!(answer.code(), "3.1 amount", "{quantity}");
        assert_eq!(tag(&answer.messages[0], "Action"), Some("Transfer-Error"));
        assert_eq!(answer.reply(), json!({"ok": false, "code": "3.1 amount"}));
    }
    assert_eq!(court.balance("alice"), RICHES - 12 * FEE);
    for recipient in [
        "",
        "bob",
        &"x".repeat(44),
        "0x12",
        &format!("0x{}", "g".repeat(40)),
    ] {
        let item = Item::new("alice", "Transfer")
            .tag("Recipient", recipient)
            .tag("Quantity", 1);
        assert_eq!(court.send(item).code(), "3.1 recipient");
    }
    let ethereum =
        Item::new("alice", "Transfer").tag("Recipient", format!("0x{}", "aB".repeat(20)));
    court.send(ethereum.tag("Quantity", 1)).applied();
    let beyond = court.send(transfer("bob", "alice", RICHES - FEE + 1));
    assert_eq!(beyond.code(), "3.1 balance");
    court
        .send(transfer("bob", "alice", RICHES - 2 * FEE))
        .applied();
    assert_eq!(court.balance("bob"), 0);
    court.check();
}

#[test]
fn who_cannot_pay_the_fee_has_sent_nothing() {
    let mut court = Court::new();
    court.send(transfer("alice", "poor", FEE - 1)).applied();
    let root = court.instance.root();
    let dropped = court.send(transfer("poor", "bob", 1));
    assert_eq!(
        dropped.verdict,
        json!({"ok": false, "code": "2.4 unfunded", "Unfunded": true})
    );
    assert!(dropped.messages.is_empty());
    assert_eq!(court.instance.commit(), root);
    court.send(transfer("alice", "poor", 1)).applied();
    assert_eq!(court.send(transfer("poor", "bob", 1)).code(), "3.1 balance");
    assert_eq!(court.balance("poor"), 0);
}

#[test]
fn to_oneself_is_no_gain() {
    let mut court = Court::new();
    court.send(transfer("alice", "alice", 500)).applied();
    assert_eq!(court.balance("alice"), RICHES - FEE);
    court.check();
}

#[test]
fn wallets_read_what_they_expect() {
    let mut court = Court::new();
    let info = court.ask(Item::new("bob", "Info"));
    let read = |name| tag(&info.messages[0], name).map(str::to_owned);
    assert_eq!(
        (read("Name"), read("Ticker"), read("Denomination")),
        (
            Some("Origin Token".into()),
            Some("AOSEC".into()),
            Some("12".into())
        )
    );
    let own = court.ask(Item::new("bob", "Balance"));
    assert_eq!(tag(&own.messages[0], "Balance"), Some("1000000"));
    assert_eq!(tag(&own.messages[0], "Account"), Some(&*id("bob")));
    let page = court.ask(Item::new("bob", "Balances")).messages[0]["Data"].clone();
    let page: Value = serde_json::from_str(page.as_str().unwrap()).unwrap();
    assert_eq!(page.as_object().map(|map| map.len()), Some(9));
    let beyond = court.ask(Item::new("bob", "Balances").tag("First", 10));
    assert_eq!(beyond.messages[0]["Data"], "{}");
    let second = court.ask(Item::new("bob", "Balances").tag("First", 9));
    assert!(
        second.messages[0]["Data"]
            .as_str()
            .unwrap()
            .contains("1000000")
    );
}
