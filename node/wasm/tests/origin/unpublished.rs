//! Non-publication (6): a receipt that was signed and does not come to stand in the log.

use serde_json::{Value, json};

use crate::accusers::{
    BOND, challenge, court, entry, receipt, send, settle, stake, unpublished, wait,
};
use crate::court::{Court, Item};
use crate::people::{FEE, id, spawn};

/// Blocks in which a host publishes.
const WITHIN: u64 = 6;

/// A receipt of slot 2 with m1, stamped at a height.
fn stamped(height: u64) -> Value {
    receipt("hot-a", "p1", 0, 2, &entry("m1", height, "c"))
}

/// A case about a receipt that was stamped at the height which is given.
fn accused() -> (Court, u64) {
    let mut court = court(3_000, &["p1"]);
    let stamp = court.height;
    court.blocks(WITHIN + 1);
    court.publish("p1", 0, 1);
    send(&mut court, unpublished("bob", "p1", &stamped(stamp)));
    (court, stamp)
}

#[test]
fn a_case_opens_once_publication_is_overdue() {
    for (after, opens) in [(WITHIN - 1, false), (WITHIN, false), (WITHIN + 1, true)] {
        let mut court = court(3_000, &["p1"]);
        let (stamp, before) = (court.height, court.balance("bob"));
        court.blocks(after);
        let sent = court.send(unpublished("bob", "p1", &stamped(stamp)));
        court.check();
        if !opens {
            assert_eq!(sent.code(), "6 early", "{after}");
            continue;
        }
        let sent = sent.applied();
        assert_eq!(
            sent.reply()["Cases"],
            json!([{"Case": 1, "Message": id("m1"), "Deadline": court.height + 10, "Joined": false}])
        );
        assert_eq!(court.balance("bob"), before - FEE - BOND, "the bond alone");
        assert_eq!(sent.row(&id("p1")).unwrap()["State"], "Challenged");
        let row = court.case(1);
        assert_eq!(
            (&row["Kind"], &row["Slot"]),
            (&json!("Publication"), &json!(2))
        );
        assert_eq!((row.get("Fee"), row.get("Answer-Fee")), (None, None));
    }
}

#[test]
fn it_closes_where_slot_and_message_stand_in_the_log_in_time() {
    let worlds = [(2, 9, true), (2, 10, true), (2, 11, false), (3, 5, false)];
    for (slot, mined, right) in worlds {
        let (mut court, _) = accused();
        let (opened, bob) = (court.height, court.balance("bob"));
        court.logs.put("p1", slot, "m1", 0, opened + mined);
        wait(&mut court, opened + 10);
        assert_eq!(court.sought, [(id("p1"), id("m1"))]);
        court.block();
        court.check();
        assert_eq!(
            court.case(1)["State"],
            if right { "Closed" } else { "Expired" }
        );
        assert_eq!(court.balance("bob"), bob + BOND, "back both ways");
        let (status, bond) = if right {
            ("Hosted", 3_000)
        } else {
            ("Unhosted", 2_950)
        };
        assert_eq!(court.process("p1")["State"], status, "slot {slot}, {mined}");
        assert_eq!(stake(&mut court, "op-a")[0], bond);
        assert_eq!(court.operator("op-a").get("Jailed-Until"), None);
    }
}

#[test]
fn a_settle_closes_it_early_and_joiners_share() {
    let (mut court, stamp) = accused();
    let joined = send(&mut court, unpublished("carol", "p1", &stamped(stamp)));
    assert_eq!(joined.reply()["Cases"][0]["Joined"], true);
    let before = [court.balance("bob"), court.balance("carol")];
    court.logs.put("p1", 2, "m1", 0, court.height);
    court.block();
    assert_eq!(
        send(&mut court, settle("p1", 1, "m1")).reply()["State"],
        "Closed"
    );
    assert_eq!(
        [court.balance("bob"), court.balance("carol")],
        before.map(|sum| sum + BOND)
    );
}

#[test]
fn an_epoch_pays_once_and_later_expiries_only_return_bonds() {
    let (mut court, stamp) = accused();
    let other = receipt("hot-a", "p1", 0, 3, &entry("m2", stamp, "d"));
    court.block();
    send(&mut court, unpublished("carol", "p1", &other));
    let (opened, carol) = (court.height - 1, court.balance("carol"));
    wait(&mut court, opened + 11);
    assert_eq!(stake(&mut court, "op-a"), [2_950, 0, 950]);
    assert_eq!(
        court.case(2)["State"],
        "Open",
        "it runs on against what is held"
    );
    assert_eq!(court.operator("op-a")["Cases"], 1);
    let third = receipt("hot-a", "p1", 0, 4, &entry("m3", stamp, "e"));
    assert_eq!(
        court.send(unpublished("dave", "p1", &third)).code(),
        "6 slashed"
    );
    wait(&mut court, opened + 12);
    assert_eq!(court.case(2)["State"], "Expired");
    assert_eq!(stake(&mut court, "op-a"), [2_950, 0, 950]);
    assert_eq!(court.balance("carol"), carol + BOND);
    assert_eq!(court.process("p1")["U"], opened + 11);
    wait(&mut court, opened + 21);
    assert_eq!(court.balance("carol"), carol + BOND, "no bounty");
}

#[test]
fn after_the_end_only_old_stamps_count_and_held_stake_pays() {
    let mut court = court(3_000, &["p1"]);
    court.blocks(8);
    let leave = Item::new("op-a", "Leave").tag("Process", id("p1"));
    send(&mut court, leave);
    court.publish("p1", 0, 1);
    court.blocks(7);
    let ended = court.height;
    assert_eq!(court.process("p1")["U"], ended);
    court.blocks(WITHIN + 1);
    for (stamp, code) in [(ended - WITHIN + 1, "6 stamp"), (ended, "6 stamp")] {
        assert_eq!(
            court.send(unpublished("bob", "p1", &stamped(stamp))).code(),
            code
        );
    }
    let opened = send(
        &mut court,
        unpublished("bob", "p1", &stamped(ended - WITHIN)),
    );
    let deadline = court.height + 3;
    assert_eq!(
        opened.reply()["Cases"][0]["Deadline"],
        deadline,
        "the floor"
    );
    assert_eq!(opened.row(&id("p1")), None);
    let (bond, escrow) = (
        stake(&mut court, "op-a"),
        court.process("p1")["Escrow"].clone(),
    );
    assert_eq!(bond, [3_000, 0, 1_000]);
    wait(&mut court, deadline + 1);
    assert_eq!(stake(&mut court, "op-a"), [2_950, 0, 950]);
    assert_eq!(court.process("p1")["U"], ended, "not unhosted twice");
    assert_eq!(court.process("p1")["Escrow"], escrow);
}

#[test]
fn evidence_is_in_time_up_to_its_age_and_a_case_holds_the_stake_longer() {
    for (after, right) in [(39, true), (40, true), (41, false)] {
        let mut court = court(3_000, &["p1"]);
        let stamp = court.height;
        court.blocks(WITHIN + 1);
        let leave = Item::new("op-a", "Leave").tag("Process", id("p1"));
        send(&mut court, leave);
        court.publish("p1", 0, 1);
        court.blocks(7);
        let ended = court.height;
        // The items of that time are still queued when the held stake would be due.
        court.blocks(38);
        court.queued = Some(ended + 40);
        court.blocks_to(ended + 43);
        let sent = court.send(unpublished("bob", "p1", &stamped(stamp)).mined(ended + after));
        court.check();
        court.queued = None;
        if !right {
            assert_eq!(sent.code(), "6 epoch");
            continue;
        }
        sent.applied();
        court.block();
        assert_eq!(
            stake(&mut court, "op-a")[2],
            1_000,
            "held while the case names it"
        );
        let (opened, carol) = (court.height - 1, court.balance("bob"));
        wait(&mut court, opened + 4);
        assert_eq!(court.case(1)["State"], "Expired");
        assert_eq!(
            stake(&mut court, "op-a"),
            [2_950, 0, 0],
            "slashed, and free with the last case"
        );
        assert_eq!(court.balance("bob"), carol + BOND);
    }
}

#[test]
fn what_lies_before_a_registered_process_came_is_outside_the_law() {
    let mut court = crate::people::with_operator(3_000);
    let mut item = spawn("p1", "hot-a", 1_000);
    let tags = item["Tags"].as_array_mut().unwrap();
    tags.retain(|tag| tag["name"] != "Origin");
    let named = |item: Item| {
        item.tag("First-Slot", 50)
            .tag("Legacy-Chain", id("legacy"))
            .tag("Challenge-Period", 10)
            .tag("Max-Fee", 100)
            .tag("Min-Allocation", 1_000)
            .tag("Hosting-Deposit", 0)
    };
    let register = named(Item::new("developer", "Register")).enclose(std::slice::from_ref(&item));
    let gift = Item::new("founder", "Transfer")
        .tag("Recipient", id("developer"))
        .tag("Quantity", 100);
    send(&mut court, gift);
    send(&mut court, register);
    send(&mut court, crate::people::fund("bob", "p1", 500));
    send(&mut court, named(crate::people::host("op-a", &item, 10)));
    court.block();
    court.publish("p1", 0, 50);
    send(&mut court, challenge("bob", "p1", &["m1"]));
    court.blocks(8);
    let (old, new) = (court.height - 8, court.height);
    let at = |slot: u64, height: u64| receipt("hot-a", "p1", 0, slot, &entry("m1", height, "c"));
    // Whoever has an old receipt cannot answer with it what could never become canonical.
    assert_eq!(
        court.send(crate::accusers::answer(&[at(49, new)])).code(),
        "6.2 case"
    );
    assert_eq!(
        court.send(unpublished("bob", "p1", &at(49, old))).code(),
        "6 receipt"
    );
    send(&mut court, unpublished("bob", "p1", &at(50, old)));
    send(&mut court, crate::accusers::answer(&[at(50, new)]));
}
