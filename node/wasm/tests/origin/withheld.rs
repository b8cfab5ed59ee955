//! Missing data (5.10): a slot whose message nobody has, and who brings it.

use serde_json::json;

use crate::accusers::{BOND, body, court, send, settle, stake, wait, withheld};
use crate::court::{Court, Item};
use crate::people::{FEE, id};

/// A court in which m1 to m3 stand in slots 1 to 3 of p1.
fn logged() -> Court {
    let mut court = court(3_000, &["p1"]);
    for slot in 1..=3 {
        court.logs.put("p1", slot, &format!("m{slot}"), 0, 1_000);
    }
    court
}

#[test]
fn who_brings_the_message_gets_half_of_the_bond() {
    let mut court = logged();
    let (bob, carol) = (court.balance("bob"), court.balance("carol"));
    let opened = send(&mut court, withheld("bob", "p1", 2));
    assert_eq!(
        opened.verdict["Cases"],
        json!([{"Case": 1, "Kind": "Data", "State": "Open", "Process": id("p1"), "Epoch": 0,
            "Message": id("m2"), "Slot": 2}])
    );
    assert_eq!(opened.row(&id("p1")).unwrap()["State"], "Challenged");
    assert_eq!(court.balance("bob"), bob - FEE - BOND);
    assert_eq!(court.send(withheld("carol", "p1", 2)).code(), "5.10 open");
    assert_eq!(
        court.send(body("carol", "p1", &["m1", "m9"])).code(),
        "5.10 case"
    );
    // A look or a Settle closes nothing: it stands in the log, that is the point.
    let open = send(&mut court, settle("p1", 1, "m2"));
    assert_eq!(open.reply()["State"], "Open");
    let closed = send(&mut court, body("carol", "p1", &["m1", "m2"]));
    assert_eq!(
        (&closed.reply()["Answered"], &closed.reply()["Paid"]),
        (
            &json!([{"Case": 1, "Slot": 2, "State": "Closed"}]),
            &json!("25")
        )
    );
    assert_eq!(court.balance("carol"), carol - 3 * FEE + 25);
    assert_eq!(court.balance("bob"), bob - FEE - BOND);
    assert_eq!(court.process("p1")["State"], "Hosted");
    // It may be lost again: another case opens.
    send(&mut court, withheld("bob", "p1", 2));
}

#[test]
fn it_counts_up_to_the_deadline() {
    for (mined, right) in [(9, true), (10, true), (11, false)] {
        let mut court = logged();
        send(&mut court, withheld("bob", "p1", 2));
        let opened = court.height;
        court.queued = Some(opened + 10);
        court.blocks_to(opened + 12);
        let sent = court.send(body("carol", "p1", &["m2"]).mined(opened + mined));
        assert_eq!(sent.verdict["ok"], right, "{mined}");
        court.check();
    }
}

#[test]
fn what_nobody_has_is_a_no_op_for_ever_and_costs_the_whole_allocation() {
    let mut court = logged();
    send(&mut court, withheld("bob", "p1", 2));
    send(&mut court, withheld("bob", "p1", 3));
    let (opened, bob) = (court.height, court.balance("bob"));
    wait(&mut court, opened + 10);
    assert_eq!(court.wanted, [id("p1")]);
    assert_eq!(court.sought, [], "what stands there is not asked");
    let tick = court.block();
    court.check();
    assert_eq!(tick.verdict["Cases"].as_array().unwrap().len(), 2);
    assert_eq!(court.case(1)["State"], "Expired");
    assert_eq!(tick.row(&id("p1")).unwrap()["State"], "Unhosted");
    // The second case finds nothing left of the allocation: a fault all the same.
    assert_eq!(stake(&mut court, "op-a"), [2_000, 0, 0]);
    assert_eq!(court.operator("op-a").get("Jailed-Until"), None);
    assert_eq!(court.balance("bob"), bob + 2 * BOND);
    assert_eq!(court.send(withheld("carol", "p1", 2)).code(), "5.10 done");
    wait(&mut court, opened + 20);
    assert_eq!(court.balance("bob"), bob + 2 * BOND + 200);
}

#[test]
fn after_the_end_held_stake_answers_for_it_within_the_floor() {
    let mut court = logged();
    let leave = Item::new("op-a", "Leave").tag("Process", id("p1"));
    send(&mut court, leave);
    court.blocks(7);
    let ended = court.height;
    let opened = send(&mut court, withheld("bob", "p1", 2));
    assert_eq!(opened.reply()["Cases"][0]["Deadline"], ended + 3);
    wait(&mut court, ended + 4);
    assert_eq!(stake(&mut court, "op-a"), [2_000, 0, 0]);
    assert_eq!(court.process("p1")["U"], ended);
    court.blocks(37);
    assert_eq!(court.send(withheld("bob", "p1", 3)).code(), "5.10 epoch");
}

#[test]
fn only_slots_that_a_host_signed_are_asked_for() {
    let mut court = logged();
    court.logs.put("p1", 4, "m4", 0, 1_000);
    court.logs.make_virtual("p1", 4);
    court.logs.put("p1", 0, "spawn", 0, 1_000);
    court.logs.put("p1", 5, "m5", 1, 1_000);
    for slot in ["4", "0", "9", "02", "x", ""] {
        assert_eq!(
            court.send(withheld("bob", "p1", slot)).code(),
            "5.10 slot",
            "{slot}"
        );
    }
    assert_eq!(court.send(withheld("bob", "p9", 1)).code(), "5.10 slot");
    assert_eq!(court.send(withheld("bob", "p1", 5)).code(), "5.10 epoch");
    court.check();
}
