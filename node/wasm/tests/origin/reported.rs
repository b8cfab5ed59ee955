//! Reports (6, 6.1): faults that signatures prove on the spot.

use serde_json::{Value, json};

use crate::accusers::{challenge, court, entry, receipt, record, report, send, stake, wait};
use crate::court::{Court, Item};
use crate::people::{FEE, first_bond, fund, host, id, spawn};

fn said(message: &str, chain: &str) -> Value {
    entry(message, 1_005, chain)
}

/// Two receipts of slot 4 that cannot both be right.
fn double() -> [Value; 2] {
    [
        receipt("hot-a", "p1", 0, 4, &said("m1", "c")),
        receipt("hot-a", "p1", 0, 4, &said("m2", "d")),
    ]
}

/// Slots 4 and 5, of which the second does not follow.
fn broken(follows: bool) -> [Value; 2] {
    let mut second = receipt("hot-a", "p1", 0, 5, &said("m2", "d"));
    second["Signed"]["follows"] = json!(follows);
    [receipt("hot-a", "p1", 0, 4, &said("m1", "c")), second]
}

fn balances<const N: usize>(court: &mut Court, names: [&str; N]) -> [u128; N] {
    names.map(|who| court.balance(who))
}

#[test]
fn signing_twice_costs_the_allocation_a_tenth_beside_it_and_all_leases() {
    let mut court = court(4_000, &["p1", "p2"]);
    send(&mut court, challenge("bob", "p1", &["m7"]));
    court.block();
    let (height, bob) = (court.height, court.balance("bob"));
    let told = send(&mut court, report("carol", "p1", "Double", 4, &double()));
    assert_eq!(
        told.reply(),
        json!({"ok": true, "Operator": id("op-a"), "Process": id("p1"), "Epoch": 0,
            "Slashed": "1300", "Joined": false})
    );
    let row = told.row(&id("p1")).unwrap();
    assert_eq!(
        (&row["State"], &row["U"]),
        (&json!("Unhosted"), &json!(height))
    );
    assert_eq!(court.case(1)["State"], "Moot");
    assert_eq!(
        court.balance("bob"),
        bob,
        "until it is asked for, or its deadline"
    );
    assert_eq!(stake(&mut court, "op-a"), [2_700, 1_000, 0]);
    assert_eq!(court.operator("op-a")["Tombstoned"], true);
    assert_eq!(court.wanted, [id("p2")]);
    wait(&mut court, height + 1);
    assert_eq!(court.process("p2")["State"], "Unhosted");
    let bond = Item::new("alice", "Bond").tag("Quantity", 5);
    assert_eq!(court.send(bond).code(), "4 tombstoned");
}

#[test]
fn the_bounty_is_shared_by_all_who_report_in_time_and_once() {
    let mut court = court(4_000, &["p1"]);
    let height = court.height;
    send(&mut court, report("carol", "p1", "Double", 4, &double()));
    assert_eq!(
        court
            .send(report("carol", "p1", "Double", 4, &double()))
            .code(),
        "6.1 twice"
    );
    court.block();
    // Other evidence for the same key joins as well.
    let records = ["c", "d"].map(|chain| record("hot-a", "p1", 0, &[(8, said("m1", chain))]));
    let joined = send(&mut court, report("bob", "p1", "Double", 8, &records));
    assert_eq!(
        (&joined.reply()["Joined"], &joined.reply()["Slashed"]),
        (&json!(true), &json!("1300"))
    );
    court.block();
    assert_eq!(
        court
            .send(report("dave", "p1", "Double", 4, &double()))
            .code(),
        "6.1 late"
    );
    let before = balances(&mut court, ["bob", "carol", "dave"]);
    let escrow = court.process("p1")["Escrow"]
        .as_str()
        .unwrap()
        .parse::<u64>()
        .unwrap();
    let burned = court
        .probe("return require('origin.state').burned")
        .as_u64()
        .unwrap();
    wait(&mut court, height + 8);
    assert_eq!(balances(&mut court, ["bob", "carol", "dave"]), before);
    court.block();
    let after = balances(&mut court, ["bob", "carol", "dave"]);
    // 1,300: a fifth is 260, 130 each; three tenths are 390; 650 are burned.
    assert_eq!(after, [before[0] + 130, before[1] + 130, before[2]]);
    assert_eq!(court.process("p1")["Escrow"], (escrow + 390).to_string());
    assert_eq!(
        court.probe("return require('origin.state').burned"),
        burned + 650
    );
    court.check();
}

#[test]
fn sixteen_share_and_rounding_is_burned() {
    let mut court = court(4_000, &["p1"]);
    let names: Vec<String> = (1..=17)
        .map(|number| format!("reporter-{number}"))
        .collect();
    for who in &names {
        let gift = Item::new("founder", "Transfer")
            .tag("Recipient", id(who))
            .tag("Quantity", FEE);
        send(&mut court, gift);
    }
    let height = court.height;
    for who in &names[..16] {
        send(&mut court, report(who, "p1", "Double", 4, &double()));
    }
    assert_eq!(
        court
            .send(report(&names[16], "p1", "Double", 4, &double()))
            .code(),
        "6.1 full"
    );
    wait(&mut court, height + 9);
    for who in &names[..16] {
        assert_eq!(court.balance(who), 16, "260 / 16");
    }
    assert_eq!(court.balance(&names[16]), 0);
}

#[test]
fn a_broken_chain_costs_the_allocation_alone() {
    let mut court = court(4_000, &["p1"]);
    let told = send(
        &mut court,
        report("carol", "p1", "Chain", 4, &broken(false)),
    );
    assert_eq!(told.reply()["Slashed"], "1000");
    assert_eq!(stake(&mut court, "op-a"), [3_000, 0, 0]);
    let row = court.operator("op-a");
    assert_eq!(
        (&row["Tombstoned"], row.get("Jailed-Until")),
        (&json!(false), None)
    );
    // Another kind is another fault, even where it finds nothing.
    let twice = send(&mut court, report("carol", "p1", "Double", 4, &double()));
    assert_eq!(twice.reply()["Slashed"], "300");
    assert_eq!(court.operator("op-a")["Tombstoned"], true);
}

#[test]
fn signing_for_an_epoch_that_one_never_held_costs_a_tenth_once() {
    let mut court = court(4_000, &["p1"]);
    send(&mut court, first_bond("carol", "op-c", "hot-c", 2_005));
    let forged = |by: &str, epoch: u64| [receipt(by, "p1", epoch, 4, &said("m1", "c"))];
    let own = report("bob", "p1", "Tenure", 0, &forged("hot-a", 0));
    assert_eq!(court.send(own).code(), "6 evidence");
    let (height, escrow) = (court.height, court.process("p1")["Escrow"].clone());
    let told = send(
        &mut court,
        report("bob", "p1", "Tenure", 0, &forged("hot-c", 0)),
    );
    assert_eq!(told.reply()["Slashed"], "200");
    assert_eq!(told.reply()["Operator"], id("op-c"));
    assert_eq!(court.process("p1")["State"], "Hosted");
    assert_eq!(court.operator("op-c")["Bond"], "1805");
    // A later epoch is another fault, also the host's own.
    let ahead = send(
        &mut court,
        report("bob", "p1", "Tenure", 0, &forged("hot-a", 1)),
    );
    assert_eq!(ahead.reply()["Slashed"], "400");
    assert_eq!(stake(&mut court, "op-a"), [3_600, 1_000, 0]);
    court.blocks(2);
    assert_eq!(
        court
            .send(report("dave", "p1", "Tenure", 0, &forged("hot-c", 0)))
            .code(),
        "6.1 late"
    );
    wait(&mut court, height + 9);
    let grown = court.process("p1")["Escrow"]
        .as_str()
        .unwrap()
        .parse::<u64>()
        .unwrap()
        - escrow.as_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(grown, 60 + 120, "restitution is P's");
}

#[test]
fn before_host_has_run_the_scheduler_signs_epoch_0_and_nobody_else() {
    let mut court = crate::people::with_operator(4_000);
    let mut item = spawn("p1", "hot-a", 1_000);
    item["Tags"]
        .as_array_mut()
        .unwrap()
        .retain(|tag| tag["name"] != "Origin");
    let gift = Item::new("founder", "Transfer")
        .tag("Recipient", id("developer"))
        .tag("Quantity", 100);
    send(&mut court, gift);
    let register = Item::new("developer", "Register")
        .tag("First-Slot", 1)
        .tag("Legacy-Chain", id("legacy"))
        .tag("Max-Fee", 100)
        .tag("Min-Allocation", 1_000)
        .tag("Hosting-Deposit", 0)
        .enclose(std::slice::from_ref(&item));
    send(&mut court, register);
    let signs = |epoch: u64| [receipt("hot-a", "p1", epoch, 4, &said("m1", "c"))];
    assert_eq!(
        court
            .send(report("bob", "p1", "Tenure", 0, &signs(0)))
            .code(),
        "6 evidence"
    );
    send(&mut court, report("bob", "p1", "Tenure", 0, &signs(1)));
}

#[test]
fn who_held_an_epoch_is_known_for_ever_and_its_stake_for_a_time() {
    let mut court = court(4_000, &["p1"]);
    let leave = Item::new("op-a", "Leave").tag("Process", id("p1"));
    send(&mut court, leave);
    court.blocks(7);
    let ended = court.height;
    court.blocks_to(ended + 40);
    let held = send(&mut court, report("bob", "p1", "Chain", 4, &broken(false)));
    assert_eq!(held.reply()["Slashed"], "1000");
    assert_eq!(stake(&mut court, "op-a"), [3_000, 0, 0]);
    assert_eq!(court.process("p1")["U"], ended);
    court.block();
    assert_eq!(
        court
            .send(report("bob", "p1", "Double", 4, &double()))
            .code(),
        "6 epoch"
    );
    let own = [receipt("hot-a", "p1", 0, 4, &said("m1", "c"))];
    assert_eq!(
        court.send(report("bob", "p1", "Tenure", 0, &own)).code(),
        "6 evidence"
    );
}

#[test]
fn held_stake_beyond_the_bond_leaves_no_tenth() {
    let mut court = court(2_000, &["p1"]);
    let leave = Item::new("op-a", "Leave").tag("Process", id("p1"));
    send(&mut court, leave);
    court.blocks(7);
    send(
        &mut court,
        Item::new("alice", "Unbond").tag("Quantity", 2_000),
    );
    let told = send(&mut court, report("bob", "p1", "Double", 4, &double()));
    assert_eq!(told.reply()["Slashed"], "1000", "out of the pool");
    assert_eq!(court.operator("op-a")["Pool"], "1000");
}

#[test]
fn evidence_that_shows_no_fault_is_refused() {
    let mut court = court(4_000, &["p1"]);
    send(&mut court, first_bond("carol", "op-c", "hot-c", 2_000));
    court.blocks(3);
    send(&mut court, fund("bob", "p2", 500));
    send(&mut court, host("op-c", &spawn("p2", "hot-c", 1_000), 10));
    let [one, other] = double();
    let (same, by_c) = (one.clone(), receipt("hot-c", "p1", 0, 4, &said("m2", "d")));
    let of_p2 = receipt("hot-a", "p2", 0, 4, &said("m2", "d"));
    let later = receipt("hot-a", "p1", 1, 4, &said("m2", "d"));
    let mut unsigned = other.clone();
    unsigned.as_object_mut().unwrap().remove("Signed");
    let nobody = receipt("nobody", "p1", 0, 4, &said("m2", "d"));
    let refused: [(&str, &str, &str, u64, Vec<Value>); 13] = [
        ("6 fault", "p1", "double", 4, double().to_vec()),
        ("5.12 process", "p9", "Double", 4, double().to_vec()),
        ("6 items", "p1", "Double", 4, vec![one.clone()]),
        ("6 items", "p1", "Tenure", 4, double().to_vec()),
        ("6 items", "p1", "Double", 4, vec![one.clone(), unsigned]),
        (
            "6 items",
            "p1",
            "Double",
            4,
            vec![one.clone(), of_p2.clone()],
        ),
        ("6 signer", "p1", "Double", 4, vec![one.clone(), by_c]),
        ("6 signer", "p1", "Tenure", 4, vec![nobody]),
        ("6 epoch", "p1", "Double", 4, vec![one.clone(), later]),
        ("6 epoch", "p2", "Double", 4, vec![of_p2.clone(), of_p2]),
        ("6 evidence", "p1", "Double", 4, vec![one.clone(), same]),
        ("6 evidence", "p1", "Double", 5, double().to_vec()),
        ("6 evidence", "p1", "Chain", 4, broken(true).to_vec()),
    ];
    for (code, process, fault, slot, evidence) in refused {
        let sent = court.send(report("bob", process, fault, slot, &evidence));
        assert_eq!(sent.code(), code, "{fault} {slot}");
    }
    // Slot 0 is the spawn, and no receipt for it counts (5.4).
    let spawns = ["c", "d"].map(|chain| receipt("hot-a", "p1", 0, 0, &said("m1", chain)));
    assert_eq!(
        court.send(report("bob", "p1", "Double", 0, &spawns)).code(),
        "6 evidence"
    );
    let mut no_slot = report("bob", "p1", "Double", 4, &double());
    no_slot.tags.retain(|tag| tag.0 != "Slot");
    assert_eq!(court.send(no_slot).code(), "6 slot");
    // What leads from a slot that is not there, or to one, shows nothing.
    let [first, second] = broken(false);
    for evidence in [[first.clone(), first], [second.clone(), second]] {
        assert_eq!(
            court
                .send(report("bob", "p1", "Chain", 4, &evidence))
                .code(),
            "6 evidence"
        );
    }
    assert_eq!(stake(&mut court, "op-a"), [4_000, 1_000, 0]);
    court.check();
}

#[test]
fn any_of_the_four_that_differs_is_a_fault_and_two_signatures_are_none() {
    let one = json!({"message": id("m"), "chain": id("c"), "height": 1_005, "timestamp": 7});
    let others = [
        ("message", json!(id("n"))),
        ("chain", json!(id("d"))),
        ("height", json!(1_006)),
        ("timestamp", json!(8)),
    ];
    for (field, value) in others {
        let mut court = court(4_000, &["p1"]);
        let first = receipt("hot-a", "p1", 0, 4, &one);
        let mut again = first.clone();
        again["Id"] = json!(id("another signature"));
        let same = report("bob", "p1", "Double", 4, &[first.clone(), again]);
        assert_eq!(court.send(same).code(), "6 evidence");
        let mut other = one.clone();
        other[field] = value;
        let evidence = [first, record("hot-a", "p1", 0, &[(4, other)])];
        let told = send(&mut court, report("bob", "p1", "Double", 4, &evidence));
        assert_eq!(told.reply()["Slashed"], "1300", "{field}");
    }
}
