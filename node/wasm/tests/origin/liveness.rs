//! Liveness (6, 6.2 to 6.5): a challenge, what answers it, and what comes of it if nothing does.

use serde_json::{Value, json};

use crate::accusers::{
    ANSWER_FEE, BOND, answer, challenge, court, entry, receipt, send, settle, stake, wait,
};
use crate::court::{Court, Item};
use crate::people::{FEE, hosting, id};

/// Blocks that the host has: the period of the stories.
pub(crate) const WINDOW: u64 = 10;

/// op-a serves p1 for a message fee of 3.
pub(crate) fn served() -> Court {
    let mut court = court(3_000, &["p1"]);
    send(&mut court, Item::new("op-a", "Update").tag("Fee", 3));
    court.blocks(3);
    court
}

/// The same with a case about m1 by bob.
pub(crate) fn challenged() -> Court {
    let mut court = served();
    send(&mut court, challenge("bob", "p1", &["m1"]));
    court
}

pub(crate) fn assigned(slot: u64, height: u64) -> Value {
    receipt("hot-a", "p1", 0, slot, &entry("m1", height, "c"))
}

#[test]
fn a_challenge_posts_bond_and_fees_and_shows_everywhere() {
    let mut court = served();
    let before = court.balance("bob");
    let opened = court.height;
    let answer = send(&mut court, challenge("bob", "p1", &["m1", "m2"]));
    assert_eq!(
        court.balance("bob"),
        before - FEE - 2 * (BOND + 3 + ANSWER_FEE + 5 * FEE)
    );
    assert_eq!(
        answer.reply(),
        json!({"ok": true, "Process": id("p1"), "Posted": "116", "Cases": [
            {"Case": 1, "Message": id("m1"), "Deadline": opened + WINDOW, "Joined": false},
            {"Case": 2, "Message": id("m2"), "Deadline": opened + WINDOW, "Joined": false},
        ]})
    );
    assert_eq!(answer.row(&id("p1")).unwrap()["State"], "Challenged");
    let row = |number: u64, message: &str| {
        json!({"Case": number, "Kind": "Liveness", "State": "Open", "Process": id("p1"), "Epoch": 0,
            "Message": id(message)})
    };
    assert_eq!(answer.verdict["Cases"], json!([row(1, "m1"), row(2, "m2")]));
    let mut view = row(1, "m1");
    for (field, value) in [
        ("Operator", json!(id("op-a"))),
        ("Opened", json!(opened)),
        ("Deadline", json!(opened + WINDOW)),
        ("Fee", json!("3")),
        ("Answer-Fee", json!("5")),
        ("Challengers", json!([{"Address": id("bob"), "Bond": "50"}])),
    ] {
        view[field] = value;
    }
    assert_eq!(court.case(1), view);
    assert_eq!(court.operator("op-a")["Cases"], 2);
    assert_eq!(court.process("p1")["Lease"]["Cases"], 2);
    // A second case leaves the shown state as it was: no row.
    let more = send(&mut court, challenge("carol", "p1", &["m3"]));
    assert_eq!(more.row(&id("p1")), None);
}

#[test]
fn what_nobody_answers_expires_at_the_block_after_the_deadline() {
    let mut court = challenged();
    let opened = court.height;
    let (bob, alice) = (court.balance("bob"), court.balance("alice"));
    court.publish("p1", 0, 1);
    wait(&mut court, opened + WINDOW);
    assert_eq!(court.case(1)["State"], "Open");
    let (wanted, sought) = (court.wanted.clone(), court.sought.clone());
    assert_eq!(
        (wanted, sought),
        (vec![id("p1")], vec![(id("p1"), id("m1"))])
    );
    let tick = court.block();
    let expired = court.height;
    assert_eq!(expired, opened + WINDOW + 1);
    assert_eq!(tick.verdict["Cases"][0]["State"], "Expired");
    let row = tick.row(&id("p1")).unwrap();
    assert_eq!(
        (&row["State"], &row["U"]),
        (&json!("Unhosted"), &json!(expired))
    );
    // 2 % of 1,000; the rest of the allocation is held; all that was posted is back.
    assert_eq!(stake(&mut court, "op-a"), [2_980, 0, 980]);
    assert_eq!(court.balance("bob"), bob + BOND + 3 + ANSWER_FEE);
    assert_eq!(court.operator("op-a")["Jailed-Until"], expired + 4);
    // What the record of the opening proved is paid; nothing past the opening.
    assert_eq!(court.balance("alice"), alice + 30);
    assert_eq!(court.process("p1")["Escrow"], "4960");
    // Pending, then a fifth to bob, three tenths to the escrow.
    wait(&mut court, expired + 8);
    assert_eq!(court.balance("bob"), bob + BOND + 3 + ANSWER_FEE);
    court.block();
    assert_eq!(court.balance("bob"), bob + BOND + 3 + ANSWER_FEE + 4);
    assert_eq!(court.process("p1")["Escrow"], "4966");
    court.check();
}

#[test]
fn a_host_that_publishes_in_time_needs_no_answer() {
    // At the case's own Tick: in time up to the deadline, by the height at which it became canonical.
    for (mined, right) in [(WINDOW - 1, true), (WINDOW, true), (WINDOW + 1, false)] {
        let mut court = challenged();
        let opened = court.height;
        let alice = court.balance("alice");
        court.logs.put("p1", 7, "m1", 0, opened + mined);
        wait(&mut court, opened + WINDOW + 1);
        let row = court.case(1);
        assert_eq!(
            row["State"],
            if right { "Closed" } else { "Expired" },
            "{mined}"
        );
        if right {
            assert_eq!((&row["Slot"], row.get("Publish-By")), (&json!(7), None));
            let earned = court.balance("alice") - alice;
            assert_eq!(earned, ANSWER_FEE + 3, "both fees");
            assert_eq!(court.process("p1")["State"], "Hosted");
        }
    }
}

#[test]
fn a_settle_closes_what_the_log_has_and_nothing_else() {
    let mut court = challenged();
    court.blocks(2);
    let open = send(&mut court, settle("p1", 1, "m1"));
    assert_eq!(open.reply()["State"], "Open");
    assert_eq!(open.verdict.get("Cases"), None);
    court.logs.put("p1", 4, "m1", 0, court.height);
    court.block();
    let closed = send(&mut court, settle("p1", 1, "m1"));
    assert_eq!(
        (&closed.reply()["State"], court.case(1)["Slot"].as_u64()),
        (&json!("Closed"), Some(4))
    );
    assert_eq!(closed.verdict["Cases"][0]["Slot"], 4);
    // Closed by the log, so the same message opens no other case: it stands there.
    assert_eq!(
        court.send(challenge("bob", "p1", &["m1"])).code(),
        "6.3 logged"
    );
}

#[test]
fn a_jam_expires_nothing() {
    let mut court = challenged();
    let opened = court.height;
    court.queued = Some(opened + WINDOW);
    wait(&mut court, opened + 30);
    assert_eq!(court.case(1)["State"], "Open");
    court.queued = Some(opened + WINDOW + 1);
    court.block();
    assert_eq!(court.case(1)["State"], "Expired");
    court.check();
}

#[test]
fn a_case_waits_for_the_place_of_its_message() {
    let mut court = challenged();
    let opened = court.height;
    court.blocks_to(opened + WINDOW);
    // Head given, place not: false is a place, nothing is none.
    court.sought.clear();
    court.block();
    assert_eq!(court.case(1)["State"], "Open");
    assert_eq!(court.sought, [(id("p1"), id("m1"))]);
    court.block();
    assert_eq!(court.case(1)["State"], "Expired");
}

#[test]
fn at_the_end_of_a_lease_its_cases_are_moot_and_nobody_loses() {
    let mut court = served();
    send(&mut court, challenge("bob", "p1", &["m1", "m2", "m3"]));
    let opened = court.height;
    let bob = court.balance("bob");
    court.block();
    let leave = Item::new("op-a", "Leave").tag("Process", id("p1"));
    send(&mut court, leave);
    let item = answer(&[receipt(
        "hot-a",
        "p1",
        0,
        2,
        &entry("m2", court.height, "c"),
    )]);
    send(&mut court, item);
    let answered = court.height;
    assert_eq!(court.operator("op-a")["Cases"], 3);
    wait(&mut court, answered + 7);
    let end = court.height;
    assert_eq!(court.process("p1")["State"], "Unhosted");
    // Due in one Tick, the end of the lease comes first: it was scheduled first. The answered case is paid back in it.
    assert_eq!(court.operator("op-a")["Cases"], 0);
    for number in 1..=3 {
        let row = court.case(number);
        assert_eq!(
            (&row["State"], &row["Ended"]),
            (&json!("Moot"), &json!(end)),
            "{number}"
        );
    }
    assert_eq!(court.balance("bob"), bob + BOND + 3);
    assert!(
        court.case(2).get("Challengers").is_none() && court.case(1).get("Challengers").is_some()
    );
    // Of the others one by a Settle, one in the Tick of its deadline.
    let paid = send(&mut court, settle("p1", 1, "m1"));
    assert_eq!(paid.verdict["Cases"][0]["State"], "Moot");
    assert_eq!(court.balance("bob"), bob + BOND + 3 + BOND + 3 + ANSWER_FEE);
    assert_eq!(court.send(settle("p1", 1, "m1")).code(), "6.5 case");
    wait(&mut court, opened + WINDOW + 1);
    assert_eq!(court.balance("bob"), bob + 3 * (BOND + 3) + 2 * ANSWER_FEE);
    assert_eq!(court.case(3)["Ended"], end);
    assert_eq!(court.operator("op-a")["Bond"], "3000");
}

#[test]
fn who_is_named_withdraws_nothing() {
    let mut court = served();
    send(
        &mut court,
        Item::new("alice", "Unbond").tag("Quantity", 1_000),
    );
    let ripe = court.height + 241;
    court.blocks_to(ripe - 5);
    court.publish("p1", 0, 2);
    send(&mut court, challenge("bob", "p1", &["m1"]));
    court.blocks_to(ripe);
    assert_eq!(court.send(Item::new("alice", "Withdraw")).code(), "4 named");
    court.logs.put("p1", 7, "m1", 0, court.height);
    send(&mut court, settle("p1", 1, "m1"));
    assert_eq!(
        send(&mut court, Item::new("alice", "Withdraw")).reply()["Paid"],
        "1000"
    );
}

#[test]
fn who_hosts_can_be_challenged_from_its_first_block_to_its_last() {
    // In the block of `Host` nothing is known of the log yet; in Notice and in Arrears duties stand.
    let mut court = hosting(3_000, &["p1"], 500, 1_000);
    let first = send(&mut court, challenge("bob", "p1", &["m1"]));
    assert_eq!(first.row(&id("p1")).unwrap()["State"], "Challenged");
    court.publish("p1", 0, 1);
    let leave = Item::new("op-a", "Leave").tag("Process", id("p1"));
    send(&mut court, leave);
    let notice = send(&mut court, challenge("bob", "p1", &["m2"]));
    assert_eq!(notice.row(&id("p1")), None, "it shows Notice");
    assert_eq!(court.process("p1")["State"], "Notice");
    wait(&mut court, crate::court::START + 3 + 7);
    assert_eq!(court.process("p1")["State"], "Unhosted");
    assert_eq!(
        court.send(challenge("bob", "p1", &["m3"])).code(),
        "6.3 hosted"
    );

    let mut court = hosting(3_000, &["p1"], 500, 1_000);
    for step in 1..=9 {
        court.blocks(6);
        court.publish("p1", 0, step);
        let look = Item::new("erin", "Settle").tag("Process", id("p1"));
        send(&mut court, look);
    }
    assert_eq!(court.process("p1")["State"], "Arrears");
    send(&mut court, challenge("bob", "p1", &["m1"]));
    let last = court.height + 7;
    wait(&mut court, last);
    assert_eq!(court.process("p1")["State"], "Dormant");
    assert_eq!(court.case(1)["State"], "Moot");
}
