//! Jail and its doubling (6, liveness), shares (6.8), and mass failure (6.7).

use serde_json::json;

use crate::accusers::{
    challenge, court, entry, number, receipt, report, send, stake, unpublished, wait,
};
use crate::court::{Court, Item};
use crate::people::{first_bond, fund, host, hosting, id, spawn};

/// One case against each of these processes at the height at hand; gives the height of its expiry.
fn stall(court: &mut Court, who: &str, processes: &[&str]) -> u64 {
    for process in processes {
        court.publish(process, 0, 1);
        send(court, challenge(who, process, &[&format!("m-{process}")]));
    }
    court.height + 11
}

#[test]
fn each_episode_in_memory_doubles_slash_and_jail_up_to_their_bounds() {
    // Each process expires so many blocks after the first, one block after the jail before is over; percent of 1,000, and the last
    // height of jail. The last one falls into the fifth jail: the same percentage, no longer jail.
    let plan = [
        (0, 2, 4),
        (5, 4, 13),
        (14, 8, 30),
        (31, 16, 63),
        (64, 16, 96),
        (70, 16, 96),
    ];
    let names = ["p1", "p2", "p3", "p4", "p5", "p6"];
    let mut court = court(9_000, &names);
    let (first, mut bond) = (court.height + 11, 9_000);
    for after in 0..=81 {
        if let Some(opened) = plan.iter().position(|(due, ..)| *due == after) {
            stall(&mut court, "bob", &names[opened..=opened]);
        }
        court.block();
        court.check();
        let ended = plan.iter().find(|(due, ..)| first + due == court.height);
        let Some((_, percent, jail)) = ended else {
            continue;
        };
        bond -= 10 * percent;
        assert_eq!(stake(&mut court, "op-a")[0], bond, "{after}");
        assert_eq!(court.operator("op-a")["Jailed-Until"], first + jail);
    }
    assert_eq!(bond, 9_000 - 620);
}

#[test]
fn an_expiry_at_the_last_block_of_a_jail_belongs_to_it_and_the_next_block_begins_another() {
    for (late, bond) in [(0, 1_960), (1, 1_940)] {
        let mut court = court(2_000, &["p1", "p2"]);
        let due = stall(&mut court, "bob", &["p1"]);
        court.blocks(4 + late);
        stall(&mut court, "bob", &["p2"]);
        wait(&mut court, due + 4 + late);
        // 2 % twice within the first jail (through due + 4), else 2 % and 4 %.
        assert_eq!(stake(&mut court, "op-a")[0], bond, "{late}");
    }
}

#[test]
fn episodes_are_forgotten_when_memory_is_over() {
    for (after, percent) in [(119, 4), (120, 2), (121, 2)] {
        let mut court = court(3_000, &["p1", "p2"]);
        let due = stall(&mut court, "bob", &["p1"]);
        wait(&mut court, due);
        court.blocks_to(due + after - 11);
        // p2 is an old lease by then: the mass rule gives its slash back, the percentage is what counts here.
        stall(&mut court, "bob", &["p2"]);
        court.probe("require('origin.state').mass_at = require('origin.state').height return true");
        court.probe("require('origin.state').params.mass_window = 1 return true");
        wait(&mut court, due + after);
        assert_eq!(
            stake(&mut court, "op-a")[0],
            2_980 - 10 * percent,
            "{after}"
        );
    }
}

#[test]
fn a_bounty_is_shared_by_all_challengers_and_rounding_is_burned() {
    let mut court = court(3_000, &["p1"]);
    let due = stall(&mut court, "bob", &["p1"]);
    for who in ["carol", "dave"] {
        send(&mut court, challenge(who, "p1", &["m-p1"]));
    }
    wait(&mut court, due + 8);
    let names = ["bob", "carol", "dave"];
    let before = names.map(|who| court.balance(who));
    let burned = court
        .probe("return require('origin.state').burned")
        .as_u64()
        .unwrap();
    court.block();
    court.check();
    // 20: a fifth is 4, one each; 6 for the escrow; 1 + 10 burned.
    assert_eq!(
        names.map(|who| court.balance(who)),
        before.map(|sum| sum + 1)
    );
    assert_eq!(
        court.probe("return require('origin.state').burned"),
        burned + 11
    );
}

#[test]
fn a_restitution_ends_no_arrears() {
    let mut court = hosting(3_000, &["p1"], 500, 1_000);
    send(&mut court, first_bond("carol", "op-c", "hot-c", 3_000));
    let look = |court: &mut Court, blocks: u64| {
        court.blocks(blocks);
        court.publish("p1", 0, 1);
        let settle = Item::new("erin", "Settle").tag("Process", id("p1"));
        send(court, settle);
    };
    (0..8).for_each(|_| look(&mut court, 6));
    let reported = court.height;
    let forged = receipt("hot-c", "p1", 0, 4, &entry("m1", reported, "c"));
    send(&mut court, report("bob", "p1", "Tenure", 0, &[forged]));
    look(&mut court, 3);
    assert_eq!(court.process("p1")["State"], "Arrears");
    // 90 come in, more than six blocks cost; only `Fund` would end it.
    wait(&mut court, reported + 9);
    let row = court.process("p1");
    assert_eq!(
        (&row["State"], number(&row, "Escrow")),
        (&json!("Arrears"), 90)
    );
    court.block();
    assert_eq!(court.process("p1")["State"], "Dormant");
}

/// Operators op-a (three processes) and op-c (four) with old leases, 1,000 each.
fn old() -> Court {
    let mut court = hosting(4_000, &["p1", "p2", "p3"], 5_000, 1_000);
    send(&mut court, first_bond("carol", "op-c", "hot-c", 9_000));
    court.blocks(3);
    for process in ["q1", "q2", "q3", "q4"] {
        send(&mut court, fund("bob", process, 5_000));
        send(
            &mut court,
            host("op-c", &spawn(process, "hot-c", 1_000), 10),
        );
    }
    court.blocks(119);
    court
}

#[test]
fn a_third_of_the_old_stake_is_no_mass_failure_and_more_is() {
    let mut court = old();
    court.block();
    // Seven old leases of 1,000: two are less than a third, three are more.
    let due = stall(&mut court, "bob", &["p1", "p2"]);
    court.blocks(3);
    stall(&mut court, "bob", &["q1"]);
    wait(&mut court, due);
    assert_eq!(stake(&mut court, "op-a"), [3_960, 1_000, 1_960]);
    wait(&mut court, due + 3);
    // All three slashes are back; the allocations are not, nor is the jail undone.
    assert_eq!(stake(&mut court, "op-a"), [4_000, 1_000, 1_960]);
    assert_eq!(stake(&mut court, "op-c"), [9_000, 3_000, 980]);
    assert_eq!(court.operator("op-a")["Jailed-Until"], due + 4);
    assert_eq!(court.process("p1")["State"], "Unhosted");
    let bob = court.balance("bob");
    wait(&mut court, due + 15);
    assert_eq!(court.balance("bob"), bob, "no bounty of what went back");
}

#[test]
fn young_leases_neither_count_nor_are_spared() {
    let mut court = hosting(4_000, &["p1", "p2", "p3"], 5_000, 1_000);
    court.block();
    let due = stall(&mut court, "bob", &["p1", "p2", "p3"]);
    wait(&mut court, due);
    assert_eq!(stake(&mut court, "op-a")[0], 3_940);
    // An old one that fails beside a large young one is all of the old stake.
    let mut court = hosting(9_000, &["p1"], 5_000, 1_000);
    court.blocks(115);
    send(&mut court, fund("bob", "p2", 500));
    send(&mut court, host("op-a", &spawn("p2", "hot-a", 7_000), 10));
    let due = stall(&mut court, "bob", &["p1", "p2"]);
    wait(&mut court, due);
    assert_eq!(stake(&mut court, "op-a")[0], 9_000 - 140);
}

#[test]
fn a_lease_is_old_from_its_height_on() {
    // Expiries one block before, at, and after the height at which the only lease is old.
    for (late, bond) in [(0, 3_980), (1, 4_000), (2, 4_000)] {
        let mut court = hosting(4_000, &["p1"], 5_000, 1_000);
        let start = court.height;
        court.blocks_to(start + 119 - 11 + late);
        let due = stall(&mut court, "bob", &["p1"]);
        assert_eq!(due, start + 119 + late);
        wait(&mut court, due);
        assert_eq!(stake(&mut court, "op-a")[0], bond, "{late}");
    }
}

#[test]
fn the_window_and_the_memory_of_mass_failure_are_exact() {
    // q1 expires so many blocks after p1 and p2: within the window of 6 (h - 6 is out) all goes back.
    for (apart, back) in [(5, true), (6, false)] {
        let mut court = old();
        court.block();
        let due = stall(&mut court, "bob", &["p1", "p2"]);
        court.blocks(apart);
        stall(&mut court, "bob", &["q1"]);
        wait(&mut court, due + apart);
        let bonds = [stake(&mut court, "op-a")[0], stake(&mut court, "op-c")[0]];
        assert_eq!(
            bonds,
            if back { [4_000, 9_000] } else { [3_960, 8_980] },
            "{apart}"
        );
    }
    // After a trigger, what expires up to mass_window later goes back too, and then nothing for `memory`.
    for (apart, back) in [(6, true), (7, false)] {
        let mut court = old();
        court.block();
        let due = stall(&mut court, "bob", &["p1", "p2", "p3"]);
        court.blocks(apart);
        stall(&mut court, "bob", &["q1", "q2", "q3"]);
        wait(&mut court, due);
        assert_eq!(stake(&mut court, "op-a")[0], 4_000);
        wait(&mut court, due + apart);
        assert_eq!(
            stake(&mut court, "op-c")[0],
            if back { 9_000 } else { 8_940 },
            "{apart}"
        );
    }
}

#[test]
fn it_comes_once_in_memory() {
    for (apart, back) in [(119, false), (120, true), (121, true)] {
        let mut court = old();
        court.block();
        let due = stall(&mut court, "bob", &["p1", "p2", "p3"]);
        wait(&mut court, due);
        assert_eq!(stake(&mut court, "op-a")[0], 4_000);
        court.blocks(apart - 11);
        stall(&mut court, "bob", &["q1", "q2"]);
        wait(&mut court, due + apart);
        let bond = if back { 9_000 } else { 8_960 };
        assert_eq!(stake(&mut court, "op-c")[0], bond, "{apart}");
    }
}

#[test]
fn what_goes_back_to_an_empty_bond_goes_to_its_owner() {
    let mut court = hosting(1_000, &["p1"], 5_000, 1_000);
    send(&mut court, first_bond("carol", "op-c", "hot-c", 9_000));
    court.blocks(3);
    for process in ["q1", "q2", "q3", "q4"] {
        send(&mut court, fund("bob", process, 5_000));
        send(
            &mut court,
            host("op-c", &spawn(process, "hot-c", 1_000), 10),
        );
    }
    court.blocks(120);
    let due = stall(&mut court, "bob", &["p1"]);
    court.blocks(3);
    stall(&mut court, "bob", &["q1"]);
    wait(&mut court, due);
    send(
        &mut court,
        Item::new("alice", "Unbond").tag("Quantity", 980),
    );
    assert_eq!(court.operator("op-a")["State"], "Unbonding");
    let owner = court.balance("alice");
    wait(&mut court, due + 3);
    assert_eq!(court.balance("alice"), owner + 20);
    assert_eq!(stake(&mut court, "op-c")[0], 9_000);
}

#[test]
fn what_expires_against_a_lease_that_ended_is_no_mass_failure() {
    let mut court = hosting(4_000, &["p1"], 5_000, 1_000);
    court.blocks(121);
    let stamp = court.height;
    let leave = Item::new("op-a", "Leave").tag("Process", id("p1"));
    send(&mut court, leave);
    court.publish("p1", 0, 1);
    court.blocks(7);
    let unpublished_one = receipt("hot-a", "p1", 0, 2, &entry("m1", stamp - 1, "c"));
    send(&mut court, unpublished("bob", "p1", &unpublished_one));
    let due = court.height + 4;
    wait(&mut court, due);
    assert_eq!(stake(&mut court, "op-a"), [3_950, 0, 950]);
}
