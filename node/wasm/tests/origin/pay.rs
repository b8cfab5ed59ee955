//! Pay (5.12, 5.14): proofs of life, gaps that nobody pays for, what waits for cases, and a dry escrow.

use serde_json::{Value, json};

use crate::accusers::challenge;
use crate::court::ORIGIN;
use crate::court::{Court, Item};
use crate::people::{FEE, MIN_BOND, fund, hosting, id, signed};

const RATE: u128 = 10;

fn settle(court: &mut Court, process: &str) -> Value {
    let item = Item::new("carol", "Settle").tag("Process", id(process));
    court.send(item).applied().reply()
}

fn beat(key: &str, process: &str, slot: u64, height: u64) -> Value {
    signed(
        key,
        &[
            ("Action", "Heartbeat"),
            ("Origin", ORIGIN),
            ("Process", &id(process)),
            ("Epoch", "0"),
            ("Slot", &slot.to_string()),
            ("Log-Chain", &id(&format!("chain-{slot}"))),
            ("Height", &height.to_string()),
        ],
    )
}

fn heartbeat(items: &[Value]) -> Item {
    Item::new("carol", "Heartbeat").enclose(items)
}

#[test]
fn a_record_pays_up_to_its_block_and_once() {
    let mut court = hosting(MIN_BOND, &["p1"], 500, 1_000);
    let before = court.balance("alice");
    court.blocks(4);
    court.publish("p1", 0, 9);
    court.block();
    for _ in 0..2 {
        let reply = settle(&mut court, "p1");
        assert_eq!(
            (&reply["Escrow"], &reply["Paid-To"]),
            (&json!("460"), &json!(court.height - 1))
        );
    }
    assert_eq!(court.balance("alice"), before + 4 * RATE);
    court.check();
}

#[test]
fn a_gap_beyond_publish_within_is_not_paid() {
    for (gap, paid) in [(6, 60), (7, 0)] {
        let mut court = hosting(MIN_BOND, &["p1"], 500, 1_000);
        court.blocks(gap);
        court.publish("p1", 0, 9);
        settle(&mut court, "p1");
        assert_eq!(
            court.process("p1")["Escrow"],
            (500 - paid).to_string(),
            "{gap}"
        );
        // Both ways the next gap begins here.
        court.block();
        court.publish("p1", 0, 10);
        settle(&mut court, "p1");
        assert_eq!(court.process("p1")["Escrow"], (490 - paid).to_string());
    }
}

#[test]
fn a_head_of_another_epoch_or_without_record_pays_nothing() {
    let mut court = hosting(MIN_BOND, &["p1"], 500, 1_000);
    court.block();
    court.publish("p1", 1, 9);
    settle(&mut court, "p1");
    court.logs.insert(
        id("p1"),
        json!({"epoch": 0, "slot": 0, "chain": id("chain-0"), "late": 0}),
    );
    settle(&mut court, "p1");
    assert_eq!(court.process("p1")["Escrow"], "500");
}

#[test]
fn a_heartbeat_pays_where_nothing_new_came() {
    let mut court = hosting(MIN_BOND, &["p1", "p2"], 500, 1_000 / 2);
    court.blocks(2);
    for process in ["p1", "p2"] {
        court.publish(process, 0, 3);
    }
    court.blocks(5);
    let height = court.height;
    let beats = [
        beat("hot-a", "p1", 3, height),
        beat("hot-a", "p2", 3, height - 2),
    ];
    court.send(heartbeat(&beats)).applied();
    // The look found the record first (2 blocks), then the beat (5 and 3 more).
    assert_eq!(court.process("p1")["Escrow"], "430");
    assert_eq!(court.process("p2")["Escrow"], "450");
    court.send(heartbeat(&beats)).applied();
    assert_eq!(court.process("p1")["Escrow"], "430");
    court.check();
}

#[test]
fn false_heartbeats_are_refused_and_one_spoils_the_message() {
    let mut court = hosting(MIN_BOND, &["p1", "p2"], 500, 500);
    court.block();
    for process in ["p1", "p2"] {
        court.publish(process, 0, 3);
    }
    court.blocks(7);
    let height = court.height;
    let good = beat("hot-a", "p1", 3, height);
    let mut no_chain = good.clone();
    no_chain["Tags"].as_array_mut().unwrap().remove(5);
    let mut twice = good.clone();
    twice["Tags"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "Height", "value": "1"}));
    let cases = [
        ("5.12 items", vec![]),
        ("5.12 items", vec![no_chain]),
        ("5.12 items", vec![twice]),
        ("5.12 twice", vec![good.clone(), good.clone()]),
        (
            "5.12 hosted",
            vec![good.clone(), beat("hot-a", "p9", 3, height)],
        ),
        (
            "5.12 key",
            vec![good.clone(), beat("mallory", "p2", 3, height)],
        ),
        (
            "5.12 head",
            vec![good.clone(), beat("hot-a", "p2", 2, height)],
        ),
        (
            "5.12 head",
            vec![good.clone(), beat("hot-a", "p2", 4, height)],
        ),
        (
            "5.12 height",
            vec![good.clone(), beat("hot-a", "p2", 3, height + 1)],
        ),
        (
            "5.12 height",
            vec![good.clone(), beat("hot-a", "p2", 3, height - 7)],
        ),
    ];
    for (code, items) in cases {
        assert_eq!(court.send(heartbeat(&items)).code(), code);
    }
    // Nothing but the looks has paid: one block each.
    assert_eq!(court.process("p1")["Escrow"], "490");
    court.send(heartbeat(&[good])).applied();
    court.check();
}

#[test]
fn what_lies_behind_an_open_case_waits() {
    let mut court = hosting(MIN_BOND, &["p1"], 500, 1_000);
    let opened = court.height + 3;
    court.blocks(3);
    court.send(challenge("bob", "p1", &["m1"])).applied();
    court.blocks(2);
    court.publish("p1", 0, 1);
    let before = court.balance("alice");
    let reply = settle(&mut court, "p1");
    assert_eq!(
        (&reply["Owed"], &reply["Escrow"]),
        (&json!("20"), &json!("450"))
    );
    assert_eq!(court.balance("alice"), before + 30);
    court.blocks(6);
    court.publish("p1", 0, 2);
    assert_eq!(settle(&mut court, "p1")["Owed"], "80");
    court.check();
    // The case expires: what lies past its opening goes back to the escrow.
    court.blocks_to(opened + 11);
    assert_eq!(court.process("p1")["State"], "Unhosted");
    assert_eq!(court.balance("alice"), before + 30);
    assert_eq!(court.process("p1")["Escrow"], "470");
    court.check();
}

#[test]
fn a_dry_escrow_means_arrears_and_then_the_end() {
    let mut court = hosting(MIN_BOND, &["p1"], 500, 1_000);
    for step in 1..=10 {
        court.blocks(5);
        court.publish("p1", 0, step);
        settle(&mut court, "p1");
    }
    assert_eq!(court.process("p1")["State"], "Hosted");
    assert_eq!(court.process("p1")["Escrow"], "0");
    court.block();
    court.publish("p1", 0, 11);
    settle(&mut court, "p1");
    let begin = court.height;
    assert_eq!(court.process("p1")["State"], "Arrears");
    let leave = Item::new("op-a", "Leave").tag("Process", id("p1"));
    assert_eq!(court.send(leave).code(), "5.14 arrears");
    court.send(fund("bob", "p1", 59)).applied();
    assert_eq!(court.process("p1")["State"], "Arrears");
    let eased = court.send(fund("bob", "p1", 1)).applied();
    assert_eq!(eased.row(&id("p1")).unwrap()["State"], "Hosted");
    court.blocks_to(begin + 7);
    assert_eq!(court.process("p1")["State"], "Hosted");
    // Dry again, and this time nobody pays.
    for step in 12..=14 {
        court.publish("p1", 0, step);
        settle(&mut court, "p1");
        court.blocks(5);
    }
    assert_eq!(court.process("p1")["State"], "Arrears");
    let end = court.blocks(7);
    assert_eq!(court.process("p1")["State"], "Dormant", "{end:?}");
    court.check();
}

#[test]
fn any_process_id_can_be_funded_and_nothing_else() {
    let mut court = Court::new();
    let before = court.balance("bob");
    court.send(fund("bob", "unknown", 5)).applied();
    court.send(fund("bob", "unknown", 7)).applied();
    assert_eq!(court.balance("bob"), before - 12 - 2 * FEE);
    let cases = [
        ("5.12 process", Item::new("bob", "Fund").tag("Quantity", 1)),
        (
            "5.12 process",
            Item::new("bob", "Fund")
                .tag("Quantity", 1)
                .tag("Process", "x"),
        ),
        (
            "3.1 amount",
            Item::new("bob", "Fund")
                .tag("Process", id("p"))
                .tag("Quantity", 0),
        ),
        ("3.1 balance", fund("bob", "p", 10_000_000)),
        (
            "5.12 process",
            Item::new("bob", "Settle").tag("Process", id("p")),
        ),
    ];
    for (code, item) in cases {
        assert_eq!(court.send(item).code(), code);
    }
    court.check();
}
