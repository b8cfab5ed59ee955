//! The delay buffer (6.6): what each block of delay costs, and what a window is then.

use serde_json::json;

use crate::accusers::{challenge, court, send, settle, wait};
use crate::court::{Court, Item};
use crate::people::id;

fn look(court: &mut Court) -> u64 {
    let item = Item::new("erin", "Settle").tag("Process", id("p1"));
    send(court, item);
    court.process("p1")["Lease"]["Buffer"]
        .as_u64()
        .expect("a count")
}

#[test]
fn it_begins_full_falls_by_a_block_and_grows_by_eight_hundredths() {
    let mut court = court(3_000, &["p1"]);
    assert_eq!(look(&mut court), 1_000);
    court.blocks(5);
    court.publish("p1", 0, 2);
    assert_eq!(look(&mut court), 1_000, "capped by the period");
    court.blocks(5);
    court.publish("p1", 0, 3);
    court.logs.delay("p1", 3);
    assert_eq!(look(&mut court), 1_000 - 300 + 2 * 8);
    assert_eq!(look(&mut court), 716, "nothing new in the same block");
    // More late blocks than have passed cost those that have passed.
    court.blocks(4);
    court.publish("p1", 0, 4);
    court.logs.delay("p1", 100);
    assert_eq!(look(&mut court), 316);
    court.blocks(10);
    court.publish("p1", 0, 5);
    assert_eq!(look(&mut court), 396);
    court.blocks(5);
    court.logs.delay("p1", 4);
    assert_eq!(look(&mut court), 8, "nothing below 0, and one good block");
}

#[test]
fn a_look_that_proves_nothing_leaves_it_alone() {
    let mut court = court(3_000, &["p1"]);
    court.blocks(5);
    let idle = json!({"epoch": 0, "slot": 0, "chain": id("c"), "late": 0});
    court.logs.insert(id("p1"), idle);
    assert_eq!(look(&mut court), 1_000);
    court.publish("p1", 0, 2);
    court.logs.delay("p1", 6);
    // Six blocks since the lease began, and all of them late.
    assert_eq!(look(&mut court), 400);
}

#[test]
fn an_old_open_case_costs_each_block_and_only_the_oldest_counts() {
    let mut court = court(3_000, &["p1"]);
    look(&mut court);
    send(&mut court, challenge("bob", "p1", &["m1"]));
    let opened = court.height;
    court.blocks(2);
    assert_eq!(look(&mut court), 1_000, "late_after is 2");
    court.blocks(3);
    send(&mut court, challenge("bob", "p1", &["m2"]));
    // The look of that item came before its case: three blocks.
    assert_eq!(look(&mut court), 700);
    court.blocks(2);
    assert_eq!(look(&mut court), 500);
    // The first case closes; the second is open for two blocks.
    court.logs.put("p1", 4, "m1", 0, opened + 1);
    send(&mut court, settle("p1", 1, "m1"));
    court.blocks(2);
    assert_eq!(look(&mut court), 300);
    court.logs.put("p1", 5, "m2", 0, opened + 9);
    send(&mut court, settle("p1", 2, "m2"));
    court.blocks(2);
    assert_eq!(look(&mut court), 316);
}

#[test]
fn a_slow_host_loses_its_grace_but_for_the_floor() {
    // Late blocks, and the window that is left of ten.
    for (late, window) in [(0, 10), (1, 9), (5, 5), (6, 4), (7, 3), (8, 3)] {
        let mut court = court(3_000, &["p1"]);
        look(&mut court);
        court.blocks(8);
        court.publish("p1", 0, 2);
        court.logs.delay("p1", late);
        let opened = send(&mut court, challenge("bob", "p1", &["m1"]));
        let left = 1_000 - 100 * late + 8 * (8 - late);
        assert_eq!(court.process("p1")["Lease"]["Buffer"], left.min(1_000));
        let deadline = court.height + window;
        assert_eq!(opened.reply()["Cases"][0]["Deadline"], deadline, "{late}");
        wait(&mut court, deadline);
        assert_eq!(court.case(1)["State"], "Open");
        court.block();
        assert_eq!(court.case(1)["State"], "Expired");
    }
}
