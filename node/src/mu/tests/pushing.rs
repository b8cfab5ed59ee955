//! What a result becomes: tags, anchors, order, and what is left out.

use aosec_wire::{Id, Outcome, SigningKey, VerifiedItem};
use serde_json::json;

use crate::mu::push::{Cargo, Kind, Push, Sender, Turn, pushes, spawned};

const MODULE: [u8; 32] = [7; 32];

fn authority() -> SigningKey {
    SigningKey::ed25519([3; 32])
}

fn sender(slot: u64) -> Sender {
    Sender {
        process: Id::new([1; 32]),
        module: Id::new(MODULE),
        scheduler: SigningKey::ed25519([4; 32]).address().clone(),
        turn: Turn::Slot(slot),
        pushed_for: Id::new([9; 32]),
    }
}

fn outcome(value: &serde_json::Value) -> Outcome {
    Outcome::parse(value.to_string()).unwrap()
}

fn message(tags: &[(&str, &str)]) -> serde_json::Value {
    let tags: Vec<_> = tags
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({"Messages": [{"Target": Id::new([2; 32]), "Anchor": "00000000000000000000000000000042", "Tags": tags, "Data": "hi"}]})
}

fn one(value: &serde_json::Value, slot: u64) -> Push {
    let (mut pushed, left_out) = pushes(&outcome(value), &sender(slot), &authority());
    assert!(left_out.is_empty(), "{left_out:?}");
    assert_eq!(pushed.len(), 1);
    pushed.remove(0)
}

fn item(push: &Push) -> &VerifiedItem {
    match &push.cargo {
        Cargo::Message(item, _) | Cargo::Spawn(item, _) => item,
        Cargo::Assign(assign) => panic!("{assign:?}"),
    }
}

fn tags(item: &VerifiedItem) -> Vec<(&str, String)> {
    item.tags()
        .iter()
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}

fn network_tags(kind: &str) -> Vec<(&'static str, String)> {
    vec![
        ("Data-Protocol", "ao".to_owned()),
        ("Variant", "ao.TN.1".to_owned()),
        ("Type", kind.to_owned()),
        ("From-Process", Id::new([1; 32]).to_string()),
        ("From-Module", Id::new(MODULE).to_string()),
        ("Pushed-For", Id::new([9; 32]).to_string()),
    ]
}

#[test]
fn a_message_carries_its_own_tags_and_the_networks() {
    let push = one(
        &message(&[
            ("Data-Protocol", "ao"),
            ("Variant", "ao.TN.1"),
            ("Type", "Message"),
            ("Reference", "42"),
            ("Action", "Hello"),
        ]),
        5,
    );
    let own = vec![
        ("Reference", "42".to_owned()),
        ("Action", "Hello".to_owned()),
    ];
    assert_eq!(tags(item(&push)), [own, network_tags("Message")].concat());
    assert_eq!(item(&push).target(), Some(Id::new([2; 32])));
    assert_eq!(item(&push).data().as_ref(), b"hi");
    assert_eq!(item(&push).owner_address(), authority().address());
    assert_eq!((push.kind, push.index), (Kind::Message, 0));
}

#[test]
fn nobody_speaks_for_another_process() {
    let forged = message(&[
        ("From-Process", "someone"),
        ("from-process", "someone"),
        ("From-Module", "x"),
        ("Pushed-For", "y"),
        ("type", "Process"),
        ("Assignments", "[]"),
    ]);
    let push = one(&forged, 5);
    let own = vec![("Reference", "00000000000000000000000000000042".to_owned())];
    assert_eq!(tags(item(&push)), [own, network_tags("Message")].concat());
}

#[test]
fn a_tag_without_a_value_does_not_cost_the_message() {
    let push = one(&message(&[("Reference", "1"), ("Note", "")]), 5);
    assert_eq!(item(&push).tags().get("Note"), None);
}

#[test]
fn empty_data_becomes_a_blank() {
    let value = json!({"Messages": [{"Target": Id::new([2; 32]), "Tags": []}]});
    assert_eq!(item(&one(&value, 1)).data().as_ref(), b" ");
}

#[test]
fn pushing_again_gives_the_same_id_and_another_slot_another() {
    let value = message(&[("Action", "Hello")]);
    assert_eq!(item(&one(&value, 5)).bytes(), item(&one(&value, 5)).bytes());
    assert_ne!(item(&one(&value, 5)).id(), item(&one(&value, 6)).id());
    let twice = json!({"Messages": [value["Messages"][0], value["Messages"][0]]});
    let (pushed, _) = pushes(&outcome(&twice), &sender(5), &authority());
    assert_ne!(item(&pushed[0]).id(), item(&pushed[1]).id());
    assert_ne!(item(&pushed[0]).anchor(), item(&pushed[1]).anchor());
}

#[test]
fn the_anchor_is_the_hash_of_who_when_and_which() {
    let mut hashed = [1_u8; 32].to_vec();
    hashed.extend(5_u64.to_be_bytes());
    hashed.extend(7_u64.to_be_bytes());
    hashed.extend(b"message");
    hashed.extend(0_u64.to_be_bytes());
    let push = one(&message(&[]), 5);
    assert_eq!(
        item(&push).anchor(),
        Some(Id::sha256(&hashed).as_bytes().as_slice())
    );
}

fn spawn(tags: &serde_json::Value) -> serde_json::Value {
    json!({"Spawns": [{"Anchor": "00000000000000000000000000000008", "Tags": tags, "Data": "code"}]})
}

#[test]
fn a_spawn_takes_its_parents_scheduler_and_the_parent_hears_of_it() {
    let value = spawn(
        &json!([{"name": "Module", "value": Id::new(MODULE)}, {"name": "Reference", "value": "8"}, {"name": "Action", "value": "Mine"}, {"name": "Name", "value": "kid"}]),
    );
    let push = one(&value, 5);
    let child = item(&push);
    assert_eq!(
        child.tags().get("Scheduler"),
        Some(sender(5).scheduler.as_str())
    );
    assert_eq!(child.tags().get("Type"), Some("Process"));
    let Cargo::Message(notice, to) = spawned(child, 5, push.index, &authority()).unwrap() else {
        panic!()
    };
    assert_eq!(to, Id::new([1; 32]));
    assert_eq!(notice.tags().get("Action"), Some("Spawned"));
    assert_eq!(
        notice.tags().get("Process"),
        Some(child.id().to_string().as_str())
    );
    assert_eq!(notice.tags().get("Reference"), Some("8"));
    assert_eq!(notice.tags().get("Name"), Some("kid"));
    assert_eq!(
        notice.tags().get("From-Process"),
        Some(Id::new([1; 32]).to_string().as_str())
    );
    assert_eq!(notice.tags().all("Action").count(), 1);
}

#[test]
fn a_spawn_with_tags_to_the_brim_is_still_announced() {
    let filler = "x".repeat(3_000);
    let value = spawn(
        &json!([{"name": "Module", "value": Id::new(MODULE)}, {"name": "Reference", "value": "8"}, {"name": "A", "value": filler}, {"name": "B", "value": "y".repeat(600)}]),
    );
    let push = one(&value, 5);
    let Cargo::Message(notice, _) = spawned(item(&push), 5, 0, &authority()).unwrap() else {
        panic!()
    };
    assert_eq!(notice.tags().get("Reference"), Some("8"));
    assert_eq!(
        notice.tags().get("Process"),
        Some(item(&push).id().to_string().as_str())
    );
}

#[test]
fn what_cannot_be_sent_is_named_and_does_not_stop_the_rest() {
    let value = json!({
        "Messages": [
            {"Target": "0xabc", "Tags": []},
            {"Target": Id::new([2; 32]), "Tags": [{"name": "Body+link", "value": "x"}]},
            {"Target": Id::new([2; 32]), "Tags": [{"name": "Ok", "value": "1"}]},
            {"Target": Id::new([2; 32]), "Tags": [{"name": "Long", "value": "z".repeat(4_000)}]},
        ],
        "Spawns": [{"Tags": []}],
        "Assignments": [{"Message": "nothing", "Processes": [Id::new([5; 32])]}, {"Message": Id::new([6; 32]), "Processes": [Id::new([5; 32]), Id::new([8; 32])], "Exclude": ["Data"]}],
    });
    let (pushed, left_out) = pushes(&outcome(&value), &sender(5), &authority());
    let sent: Vec<_> = pushed.iter().map(|push| (push.kind, push.index)).collect();
    assert_eq!(
        sent,
        [
            (Kind::Message, 2),
            (Kind::Assignment, 1),
            (Kind::Assignment, 2)
        ]
    );
    let not_sent: Vec<_> = left_out
        .iter()
        .map(|piece| (piece.kind, piece.index))
        .collect();
    let expected = [
        (Kind::Message, 0),
        (Kind::Message, 1),
        (Kind::Message, 3),
        (Kind::Spawn, 0),
        (Kind::Assignment, 0),
    ];
    assert_eq!(not_sent, expected);
}

#[test]
fn a_result_with_an_error_sends_nothing() {
    let mut value = message(&[]);
    value["Error"] = json!("boom");
    let (pushed, left_out) = pushes(&outcome(&value), &sender(5), &authority());
    assert!(pushed.is_empty() && left_out.is_empty());
}
