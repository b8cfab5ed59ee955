//! What a slash takes and from where (4.1, 4.4, 4.5), through the internal entry that cases will use.

use serde_json::{Value, json};

use crate::court::{Court, Item};
use crate::people::{FEE, MIN_BOND, hosting, id, with_operator};

/// Slashes op-a by a sum, for a lease of the process if one is named; gives what was taken.
fn slash(court: &mut Court, process: Option<&str>, sum: u128) -> u128 {
    let lease = process.map_or("nil".to_owned(), |name| {
        format!(
            "require('origin.state').processes['{}'].leases[0]",
            id(name)
        )
    });
    let taken = court.probe(&format!(
        "local operator = require('origin.operators').at('{}')
         local taken = require('origin.slash').take(operator, {lease}, {sum})
         return require('origin.amount').text(taken.sum)",
        id("op-a"),
    ));
    court.check();
    taken.as_str().expect("text").parse().expect("a number")
}

fn numbers(row: &Value, names: &[&str]) -> Vec<u128> {
    names
        .iter()
        .map(|name| {
            row[*name]
                .as_str()
                .expect("text")
                .parse()
                .expect("a number")
        })
        .collect()
}

fn state(court: &mut Court) -> Vec<u128> {
    numbers(&court.operator("op-a"), &["Bond", "Live", "Held", "Pool"])
}

#[test]
fn the_leases_own_allocation_goes_first_then_what_is_free() {
    let mut court = hosting(3_000, &["p1", "p2"], 500, 1_000);
    assert_eq!(state(&mut court), [3_000, 2_000, 0, 0]);
    assert_eq!(slash(&mut court, Some("p1"), 300), 300);
    assert_eq!(state(&mut court), [2_700, 1_700, 0, 0]);
    assert_eq!(slash(&mut court, Some("p1"), 1_200), 1_200);
    // 700 of its own, 500 of the free stake; the other lease is untouched.
    assert_eq!(state(&mut court), [1_500, 1_000, 0, 0]);
    assert_eq!(court.process("p2")["Lease"]["Allocation"], "1000");
}

#[test]
fn then_the_pool_then_the_newest_leases() {
    let mut court = hosting(4_000, &["p1", "p2"], 500, 1_000);
    court
        .send(Item::new("alice", "Unbond").tag("Quantity", 2_000))
        .applied();
    assert_eq!(state(&mut court), [2_000, 2_000, 0, 2_000]);
    assert_eq!(slash(&mut court, None, 500), 500);
    assert_eq!(court.operator("op-a")["Unbonding"][0]["Worth"], "1500");
    assert_eq!(slash(&mut court, None, 1_800), 1_800);
    assert_eq!(state(&mut court), [1_700, 1_700, 0, 0]);
    assert_eq!(court.operator("op-a")["Unbonding"], json!([]));
    assert_eq!(court.process("p2")["Lease"]["Allocation"], "700");
    assert_eq!(court.process("p1")["Lease"]["Allocation"], "1000");
    // Under its process's minimum: unhosted in the next Tick, and held (4.1, 4.4).
    assert_eq!(court.wanted, Vec::<String>::new());
    court.send(Item::new("bob", "Info")).applied();
    assert_eq!(court.wanted, [id("p2")]);
    court.publish("p2", 0, 1);
    let tick = court.block();
    let row = tick.row(&id("p2")).expect("a row").clone();
    assert_eq!(
        (&row["State"], &row["U"]),
        (&json!("Unhosted"), &json!(court.height))
    );
    assert_eq!(state(&mut court), [1_700, 1_000, 700, 0]);
    court.check();
}

#[test]
fn what_is_not_there_is_not_owed() {
    let mut court = hosting(2_000, &["p1"], 500, 1_000);
    assert_eq!(slash(&mut court, Some("p1"), 1_000_000), 2_000);
    assert_eq!(state(&mut court), [0, 0, 0, 0]);
    assert_eq!(court.operator("op-a")["State"], "None");
    assert_eq!(slash(&mut court, Some("p1"), 5), 0);
    court.publish("p1", 0, 1);
    court.send(Item::new("bob", "Info")).applied();
    court.block();
    assert_eq!(court.process("p1")["State"], "Unhosted");
    court.check();
}

#[test]
fn rounding_never_makes_money() {
    let mut court = with_operator(3 * MIN_BOND);
    for sum in [333, 1, 666] {
        court
            .send(Item::new("alice", "Unbond").tag("Quantity", sum))
            .applied();
    }
    // The free bond goes first: 2,000 of it, then 7 of the pool's 1,000.
    assert_eq!(slash(&mut court, None, 2_007), 2_007);
    let worth: Vec<u128> = court.operator("op-a")["Unbonding"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["Worth"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(worth, [330, 0, 661]);
    let before = court.balance("alice");
    court.blocks(241);
    let paid = court.send(Item::new("alice", "Withdraw")).applied();
    assert_eq!(paid.reply()["Paid"], "991");
    // What rounding left of the 993 is burned with the last entry.
    assert_eq!(court.balance("alice"), before + 991 - FEE);
    assert_eq!(state(&mut court), [0, 0, 0, 0]);
    court.check();
}

#[test]
fn held_stake_backs_nothing_but_may_unbond_and_is_slashed() {
    let mut court = hosting(2_500, &["p1"], 500, 1_000);
    court.probe(&format!(
        "local process = require('origin.state').processes['{}']
         require('origin.leases').finish(process, 'Unhosted') return true",
        id("p1")
    ));
    let ended = court.height;
    assert_eq!(state(&mut court), [2_500, 0, 1_000, 0]);
    assert_eq!(court.operator("op-a")["Free"], "1500");
    court
        .send(Item::new("alice", "Unbond").tag("Quantity", 1_500))
        .applied();
    assert_eq!(court.operator("op-a")["Free"], "0");
    // The bond's rest bears it, and the held sum is lowered by it.
    assert_eq!(slash(&mut court, Some("p1"), 400), 400);
    assert_eq!(state(&mut court), [600, 0, 600, 1_500]);
    court.blocks_to(ended + 40);
    assert_eq!(state(&mut court), [600, 0, 600, 1_500]);
    court.block();
    assert_eq!(state(&mut court), [600, 0, 0, 1_500]);
    court.check();
}

#[test]
fn a_tombstoned_operator_loses_its_leases_in_ticks_and_may_exit() {
    let mut court = hosting(3_000, &["p1", "p2"], 500, 1_000);
    court.probe(&format!(
        "require('origin.slash').tombstone(require('origin.operators').at('{}')) return true",
        id("op-a")
    ));
    court.send(Item::new("bob", "Info")).applied();
    assert_eq!(court.wanted, [id("p2"), id("p1")]);
    for process in ["p1", "p2"] {
        court.publish(process, 0, 1);
    }
    court.block();
    assert_eq!(court.process("p1")["State"], "Unhosted");
    assert_eq!(state(&mut court), [3_000, 0, 2_000, 0]);
    assert_eq!(
        court
            .send(Item::new("alice", "Bond").tag("Quantity", 1))
            .code(),
        "4 tombstoned"
    );
    court
        .send(Item::new("alice", "Unbond").tag("Quantity", 3_000))
        .applied();
    court.blocks(241);
    court.send(Item::new("alice", "Withdraw")).applied();
    assert_eq!(court.operator("op-a")["Tombstoned"], true);
    court.check();
}
