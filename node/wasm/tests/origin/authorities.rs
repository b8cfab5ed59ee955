//! Authority keys (4.7): who brings one in, when it counts, and what outcomes say of it.

use serde_json::{Value, json};

use crate::accusers::{entry, receipt, report, send};
use crate::court::{Answer, Court, Item, ORIGIN};
use crate::people::{FEE, MIN_BOND, first_bond, hosting, id, signed, with_operator};

/// A key's word that it speaks for this operator's node.
fn word(by: &str, owner: &str, operator: &str) -> Value {
    let (owner, operator) = (id(owner), id(operator));
    let tags = [
        ("Action", "Origin-Authority"),
        ("Origin", ORIGIN),
        ("Owner", owner.as_str()),
        ("Operator", operator.as_str()),
    ];
    signed(by, &tags)
}

pub(crate) fn authorize(owner: &str, operator: &str, key: &str) -> Item {
    Item::new(owner, "Authorize").enclose(&[word(key, owner, operator)])
}

pub(crate) fn revoke(from: &str, key: &str) -> Item {
    Item::new(from, "Revoke").tag("Key", id(key))
}

fn row(operator: &str, key: &str, from: u64, to: Option<u64>) -> Value {
    let mut row = json!({"Operator": id(operator), "Key": id(key), "From": from});
    if let Some(to) = to {
        row["To"] = json!(to);
    }
    row
}

fn rows(answer: &Answer) -> Value {
    answer.verdict["Authorities"].clone()
}

#[test]
fn a_key_counts_from_where_it_is_authorized_to_where_it_is_revoked() {
    let mut court = with_operator(MIN_BOND);
    let start = court.height;
    let first = send(&mut court, authorize("alice", "op-a", "key-1"));
    assert_eq!(rows(&first), json!([row("op-a", "key-1", start, None)]));
    let shown = json!({"ok": true, "Operator": id("op-a"), "Authorities": [id("key-1")]});
    assert_eq!(first.reply(), shown);
    court.blocks(3);
    let second = send(&mut court, authorize("alice", "op-a", "key-2"));
    assert_eq!(
        rows(&second),
        json!([row("op-a", "key-2", start + 3, None)])
    );
    let both = json!([id("key-1"), id("key-2")]);
    assert_eq!(court.operator("op-a")["Authorities"], both);
    court.block();
    let revoked = send(&mut court, revoke("op-a", "key-1"));
    assert_eq!(
        rows(&revoked),
        json!([row("op-a", "key-1", start, Some(start + 4))])
    );
    assert_eq!(court.operator("op-a")["Authorities"], json!([id("key-2")]));
    let last = send(&mut court, revoke("alice", "key-2"));
    assert_eq!(last.reply().get("Authorities"), None, "absent if none");
    assert_eq!(court.operator("op-a").get("Authorities"), None);
    court.check();
}

#[test]
fn it_counts_while_its_record_is_bonded_and_stands_on_through_an_exit() {
    let mut court = Court::new();
    send(&mut court, first_bond("alice", "op-a", "hot-a", MIN_BOND));
    for key in ["key-1", "key-2"] {
        let waits = send(&mut court, authorize("alice", "op-a", key));
        assert_eq!(rows(&waits), Value::Null, "not before the activation");
    }
    let start = court.height + 3;
    let pair = |from, to| {
        json!([
            row("op-a", "key-1", from, to),
            row("op-a", "key-2", from, to)
        ])
    };
    court.blocks(2);
    assert_eq!(rows(&court.block()), pair(start, None));
    court.blocks(7);
    let unbond = Item::new("alice", "Unbond").tag("Quantity", MIN_BOND);
    let left = send(&mut court, unbond);
    assert_eq!(rows(&left), pair(start, Some(start + 7)));
    assert_eq!(
        court.send(authorize("alice", "op-a", "key-3")).code(),
        "4 state"
    );
    let quiet = send(&mut court, revoke("alice", "key-2"));
    assert_eq!(rows(&quiet), Value::Null, "it counted no more");
    court.blocks(241);
    send(&mut court, Item::new("alice", "Withdraw"));
    send(&mut court, first_bond("alice", "op-a", "hot-a", MIN_BOND));
    court.blocks(2);
    let again = court.block();
    let height = court.height;
    assert_eq!(rows(&again), json!([row("op-a", "key-1", height, None)]));
    assert_eq!(
        court.send(authorize("alice", "op-a", "key-2")).code(),
        "4.7 used",
        "revoked for ever"
    );
    court.check();
}

#[test]
fn an_operator_who_loses_all_or_signs_twice_speaks_for_nobody() {
    let mut court = hosting(4_000, &["p1"], 500, 1_000);
    let start = court.height;
    send(&mut court, authorize("alice", "op-a", "key-1"));
    court.block();
    let double =
        ["m1", "m2"].map(|message| receipt("hot-a", "p1", 0, 4, &entry(message, 1_005, message)));
    let told = send(&mut court, report("carol", "p1", "Double", 4, &double));
    let over = json!([row("op-a", "key-1", start, Some(start + 1))]);
    assert_eq!(rows(&told), over);
    assert_eq!(
        court.send(authorize("alice", "op-a", "key-2")).code(),
        "4 tombstoned"
    );
    court.check();

    let mut court = hosting(1_000, &["p1"], 500, 1_000);
    let start = court.height;
    send(&mut court, authorize("alice", "op-a", "key-1"));
    let told = send(&mut court, report("carol", "p1", "Double", 4, &double));
    let over = json!([row("op-a", "key-1", start, Some(start))]);
    assert_eq!(rows(&told), over, "bond gone and tombstoned: once");
    court.check();
}

#[test]
fn nobody_registers_a_key_that_does_not_say_so_itself() {
    let mut court = with_operator(MIN_BOND);
    send(&mut court, first_bond("bob", "op-b", "hot-b", MIN_BOND));
    let of = |item: Value| Item::new("alice", "Authorize").enclose(&[item]);
    let good = word("key-1", "alice", "op-a");
    let mut twice = good.clone();
    let again = twice["Tags"][2].clone();
    twice["Tags"].as_array_mut().unwrap().push(again);
    let mut elsewhere = good.clone();
    elsewhere["Tags"][1]["value"] = json!(id("another"));
    let mut as_hot_key = good.clone();
    as_hot_key["Tags"][0]["value"] = json!("Origin-Key");
    let cases = [
        ("4 owner", authorize("op-a", "op-a", "key-1")),
        ("4 owner", authorize("carol", "op-a", "key-1")),
        ("4.7 items", Item::new("alice", "Authorize")),
        ("4.7 items", Item::new("alice", "Authorize").enclose(&[])),
        (
            "4.7 items",
            Item::new("alice", "Authorize").enclose(&[good.clone(), good.clone()]),
        ),
        ("4.7 items", of(twice)),
        ("4.7 items", of(elsewhere)),
        ("4.7 items", of(as_hot_key)),
        ("4.7 items", of(word("key-1", "bob", "op-a"))),
        ("4.7 items", of(word("key-1", "alice", "op-b"))),
        ("2.5 child", authorize("alice", "op-a", "key-1").bad_child()),
    ];
    let before = court.balance("alice");
    let mut fees = 0;
    for (code, item) in cases {
        fees += u128::from(item.from == id("alice")) * FEE;
        let answer = court.send(item);
        assert_eq!((answer.code(), rows(&answer)), (code, Value::Null));
    }
    assert_eq!(court.balance("alice"), before - fees, "the fees alone");
    // A pending item of alice's is worth nothing to bob; hers then goes through, and his own of the same key does not.
    let mut grabbed = authorize("alice", "op-a", "key-1");
    grabbed.from = id("bob");
    assert_eq!(court.send(grabbed).code(), "4.7 items");
    send(&mut court, authorize("alice", "op-a", "key-1"));
    for thief in [
        authorize("bob", "op-b", "key-1"),
        authorize("alice", "op-a", "key-1"),
    ] {
        assert_eq!(court.send(thief).code(), "4.7 used");
    }
    // Any other role is no hindrance.
    send(&mut court, authorize("alice", "op-a", "hot-a"));
    send(&mut court, authorize("alice", "op-a", "op-b"));
    send(&mut court, authorize("alice", "op-a", "alice"));
    assert_eq!(
        court.send(authorize("alice", "op-a", "key-5")).code(),
        "4.7 full"
    );
    court.check();
}

#[test]
fn only_the_owner_or_the_operator_takes_a_key_back() {
    let mut court = with_operator(MIN_BOND);
    send(&mut court, first_bond("bob", "op-b", "hot-b", MIN_BOND));
    send(&mut court, authorize("alice", "op-a", "key-1"));
    let cases = [
        ("4 operator", revoke("carol", "key-1")),
        ("4 operator", revoke("dave", "key-1")),
        ("4.7 key", revoke("bob", "key-1")),
        ("4.7 key", revoke("alice", "key-2")),
        ("4.7 key", revoke("alice", "hot-a")),
        ("4.7 key", Item::new("alice", "Revoke")),
    ];
    for (code, item) in cases {
        assert_eq!(court.send(item).code(), code);
    }
    send(&mut court, revoke("op-a", "key-1"));
    assert_eq!(court.send(revoke("alice", "key-1")).code(), "4.7 key");
    let dry = court.ask(authorize("alice", "op-a", "key-2")).applied();
    assert_eq!(dry.reply()["Authorities"], json!([id("key-2")]));
    assert_eq!(court.operator("op-a").get("Authorities"), None);
    court.check();
}
