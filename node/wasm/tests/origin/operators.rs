//! Operators and bonds (4, 4.3, 4.5, 4.6): how one becomes bonded, changes keys and fees, and leaves with the money.

use serde_json::json;

use crate::court::{Court, Item};
use crate::people::{
    FEE, FLOOR, MIN_BOND, RICHES, first_bond, id, origin_key, signed, with_operator,
};

fn bond_more(owner: &str, sum: u128) -> Item {
    Item::new(owner, "Bond").tag("Quantity", sum)
}

fn unbond(owner: &str, sum: u128) -> Item {
    Item::new(owner, "Unbond").tag("Quantity", sum)
}

fn withdraw(owner: &str) -> Item {
    Item::new(owner, "Withdraw")
}

#[test]
fn a_bond_is_active_after_the_window_and_not_a_block_before() {
    let mut court = Court::new();
    let bonded = court
        .send(first_bond("alice", "op-a", "hot-a", MIN_BOND))
        .applied();
    let row = json!([{"Operator": id("op-a"), "Key": id("hot-a"), "From": court.height}]);
    assert_eq!(bonded.verdict["Keys"], row);
    court.blocks(2);
    assert_eq!(court.operator("op-a")["State"], "Bonding");
    court.send(bond_more("alice", 1)).applied();
    court.block();
    assert_eq!(court.operator("op-a")["State"], "Bonded");
    assert_eq!(court.operator("op-a")["Bond"], (MIN_BOND + 1).to_string());
    assert_eq!(court.balance("alice"), RICHES - MIN_BOND - 1 - 2 * FEE);
    court.check();
}

#[test]
fn a_first_bond_needs_the_word_of_every_key() {
    let good = || first_bond("alice", "op-a", "hot-a", MIN_BOND);
    let keys = |items: &[serde_json::Value]| good().enclose(items);
    let hot = origin_key("hot-a", "alice", "op-a");
    let own = origin_key("op-a", "alice", "op-a");
    let mut twice = hot.clone();
    let again = twice["Tags"][3].clone();
    twice["Tags"].as_array_mut().unwrap().push(again);
    let other_court = signed(
        "hot-a",
        &[
            ("Action", "Origin-Key"),
            ("Origin", &id("another")),
            ("Owner", &id("alice")),
            ("Operator", &id("op-a")),
        ],
    );
    let cases = [
        (
            "4 min-bond",
            first_bond("alice", "op-a", "hot-a", MIN_BOND - 1),
        ),
        ("3.1 balance", first_bond("alice", "op-a", "hot-a", RICHES)),
        (
            "4 url",
            Item::new("alice", "Bond")
                .tag("Quantity", MIN_BOND)
                .tag("Url", "ftp://x"),
        ),
        (
            "4 url",
            Item::new("alice", "Bond").tag("Quantity", MIN_BOND),
        ),
        ("4.3 items", keys(&[])),
        ("4.3 items", keys(std::slice::from_ref(&hot))),
        ("4.3 items", keys(&[own.clone(), hot.clone(), own.clone()])),
        (
            "4.3 items",
            keys(&[hot.clone(), origin_key("mallory", "alice", "op-a")]),
        ),
        (
            "4.3 items",
            keys(&[hot.clone(), origin_key("op-a", "mallory", "op-a")]),
        ),
        ("4.3 items", keys(&[twice, own.clone()])),
        ("4.3 items", keys(&[other_court, own.clone()])),
        (
            "4.3 same",
            keys(&[origin_key("op-a", "alice", "op-a"), own.clone()]),
        ),
        (
            "4.3 same",
            keys(&[origin_key("alice", "alice", "op-a"), own]),
        ),
    ];
    for (code, item) in cases {
        assert_eq!(Court::new().send(item).code(), code);
    }
}

#[test]
fn nobody_takes_a_pending_bond_or_a_key_that_is_anothers() {
    let mut court = Court::new();
    // Mallory copies the items of alice's pending bond into one of his own.
    let mut grabbed = first_bond("alice", "op-a", "hot-a", MIN_BOND);
    grabbed.from = id("bob");
    assert_eq!(court.send(grabbed).code(), "4.3 items");
    court
        .send(first_bond("alice", "op-a", "hot-a", MIN_BOND))
        .applied();
    let cases = [
        ("4.3 role", first_bond("bob", "op-a", "hot-b", MIN_BOND)),
        ("4.3 used", first_bond("bob", "op-b", "hot-a", MIN_BOND)),
        ("4.3 role", first_bond("bob", "hot-a", "hot-b", MIN_BOND)),
        ("4.3 role", first_bond("bob", "op-b", "op-a", MIN_BOND)),
        ("4.3 role", first_bond("bob", "alice", "hot-b", MIN_BOND)),
        ("4.3 role", first_bond("op-a", "op-b", "hot-b", MIN_BOND)),
    ];
    for (code, item) in cases {
        assert_eq!(court.send(item).code(), code);
    }
    court
        .send(first_bond("bob", "bob", "hot-b", MIN_BOND))
        .applied();
    court.check();
}

#[test]
fn unbonding_waits_its_window_and_pays_all_that_is_ripe() {
    let mut court = with_operator(5 * MIN_BOND);
    let start = court.height;
    court.send(unbond("alice", MIN_BOND)).applied();
    assert_eq!(
        court.send(unbond("alice", 4 * MIN_BOND - 1)).code(),
        "4 min-bond"
    );
    assert_eq!(
        court.send(unbond("alice", 4 * MIN_BOND + 1)).code(),
        "4 allocated"
    );
    assert_eq!(court.send(unbond("bob", 1)).code(), "4 owner");
    assert_eq!(court.send(unbond("op-a", 1)).code(), "4 owner");
    court.block();
    court.send(unbond("alice", MIN_BOND)).applied();
    court.blocks_to(start + 240);
    assert_eq!(court.send(withdraw("alice")).code(), "4 unripe");
    court.block();
    // It is the mined height that counts: an item from before that waited in a jam is too early.
    assert_eq!(
        court.send(withdraw("alice").mined(start + 240)).code(),
        "4 unripe"
    );
    let before = court.balance("alice");
    court.send(withdraw("alice")).applied();
    assert_eq!(court.balance("alice"), before + MIN_BOND - FEE);
    court.block();
    court.send(withdraw("alice")).applied();
    assert_eq!(court.operator("op-a")["Bond"], (3 * MIN_BOND).to_string());
    court.check();
}

#[test]
fn after_an_exit_the_same_owner_begins_again() {
    let mut court = with_operator(2 * MIN_BOND);
    court.send(unbond("alice", 2 * MIN_BOND)).applied();
    assert_eq!(court.operator("op-a")["State"], "Unbonding");
    assert_eq!(
        court.send(bond_more("alice", MIN_BOND)).code(),
        "4 unbonding"
    );
    assert_eq!(court.send(unbond("alice", 1)).code(), "4 state");
    court.blocks(241);
    court.send(withdraw("alice")).applied();
    assert_eq!(court.operator("op-a")["State"], "None");
    assert_eq!(court.send(bond_more("alice", MIN_BOND)).code(), "4 url");
    assert_eq!(
        court
            .send(first_bond("alice", "op-x", "hot-x", MIN_BOND))
            .code(),
        "4.3 role"
    );
    assert_eq!(
        court
            .send(first_bond("bob", "op-a", "hot-b", MIN_BOND))
            .code(),
        "4.3 role"
    );
    court
        .send(first_bond("alice", "op-a", "hot-a", MIN_BOND))
        .applied();
    assert_eq!(court.operator("op-a")["State"], "Bonding");
    court.blocks(3);
    assert_eq!(court.operator("op-a")["State"], "Bonded");
    court.check();
}

#[test]
fn thirty_two_entries_and_no_more() {
    let mut court = with_operator(5 * MIN_BOND);
    for _ in 0..32 {
        court.send(unbond("alice", 1)).applied();
    }
    assert_eq!(court.send(unbond("alice", 1)).code(), "4 entries");
    court.check();
}

#[test]
fn a_fee_rises_late_and_falls_at_once() {
    let mut court = with_operator(MIN_BOND);
    let update = |fee: u128| Item::new("op-a", "Update").tag("Fee", fee);
    let fee = |court: &mut Court| court.operator("op-a")["Fee"].clone();
    let start = court.height;
    court.send(update(9)).applied();
    assert_eq!(
        fee(&mut court),
        json!({"Now": "0", "Next": "9", "From": start + 3})
    );
    court.blocks(2);
    court.send(update(7)).applied();
    assert_eq!(
        fee(&mut court),
        json!({"Now": "0", "Next": "7", "From": start + 5})
    );
    court.blocks(3);
    court.send(update(8)).applied();
    assert_eq!(
        fee(&mut court),
        json!({"Now": "7", "Next": "8", "From": start + 8})
    );
    court.send(update(3)).applied();
    assert_eq!(fee(&mut court), json!({"Now": "3"}));
    let answer = |fee: u128| Item::new("alice", "Update").tag("Answer-Fee", fee);
    assert_eq!(court.send(answer(FLOOR - 1)).code(), "4.6 floor");
    court.send(answer(FLOOR)).applied();
    let cases = [
        ("4 operator", Item::new("bob", "Update").tag("Fee", 1)),
        ("4 nothing", Item::new("alice", "Update")),
        ("3.1 amount", Item::new("alice", "Update").tag("Fee", "-1")),
        (
            "4 url",
            Item::new("alice", "Update").tag("Url", "https://a b"),
        ),
    ];
    for (code, item) in cases {
        assert_eq!(court.send(item).code(), code);
    }
    court.check();
}

#[test]
fn a_new_hot_key_takes_over_and_the_old_one_fades() {
    let mut court = with_operator(MIN_BOND);
    let change = |from: &str, key: &str| {
        Item::new(from, "Update").enclose(&[origin_key(key, "alice", "op-a")])
    };
    assert_eq!(court.send(change("op-a", "hot-2")).code(), "4 owner");
    for (code, key) in [
        ("4.3 same", "op-a"),
        ("4.3 same", "alice"),
        ("4.3 used", "hot-a"),
    ] {
        assert_eq!(court.send(change("alice", key)).code(), code);
    }
    let foreign = Item::new("alice", "Update").enclose(&[origin_key("hot-2", "bob", "op-a")]);
    assert_eq!(court.send(foreign).code(), "4.3 items");
    let start = court.height;
    let changed = court.send(change("alice", "hot-2")).applied();
    let rows = json!([
        {"Operator": id("op-a"), "Key": id("hot-a"), "From": start - 3, "To": start + 6},
        {"Operator": id("op-a"), "Key": id("hot-2"), "From": start},
    ]);
    assert_eq!(changed.verdict["Keys"], rows);
    assert_eq!(court.send(change("alice", "hot-3")).code(), "4.3 changing");
    court.blocks(7);
    assert_eq!(court.send(change("alice", "hot-a")).code(), "4.3 used");
    court.send(change("alice", "hot-3")).applied();
    assert_eq!(court.operator("op-a")["Hot-Key"], id("hot-3"));
}
