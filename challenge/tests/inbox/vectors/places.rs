//! Where slots and messages stand (2.8: `at`, `of`).

use aosec_challenge::derive::Transaction;
use aosec_wire::{Id, LogEntry, VerifiedItem};
use serde_json::{Value, json};

use super::logs::{HOSTED, NEXT, hosted, log, seen};
use super::shape::{Vector, item, tick};
use crate::forge::{DEPTH, enclosing, inbox, letter, letter_of, user};
use crate::hosts::{self, PROCESS, honest, log_of};

pub(super) fn cases() -> Vec<Vector> {
    let slots = [
        (
            "a slot is seen where Slot names it",
            vec!["2"],
            Some((2, at(2))),
        ),
        (
            "slot 0 is in no record and has no place",
            vec!["0"],
            Some((0, json!(false))),
        ),
        (
            "a slot behind the head has no place",
            vec!["3"],
            Some((3, json!(false))),
        ),
        (
            "of two tags Slot the first counts",
            vec!["1", "2"],
            Some((1, at(1))),
        ),
        ("a leading zero makes no count", vec!["01"], None),
        (
            "a count has at most 15 digits",
            vec!["1000000000000000"],
            None,
        ),
        ("a sign makes no count", vec!["+1"], None),
    ];
    let mut cases: Vec<_> = slots.into_iter().map(slot).collect();
    cases.extend([
        slot_without_process(),
        settled(),
        message(),
        child_in_the_log(),
        sought(),
    ]);
    cases
}

/// The log with slots 1 and 2, mined in [`NEXT`].
fn known(name: &str) -> Vector {
    hosted(name)
        .block(&hosts::block(NEXT, vec![log_of(&[log().item(1, 2)])]))
        .hears(tick(4, NEXT))
}

/// A known log, an item in the block behind it, and what that sees.
pub(super) fn sees(
    name: &str,
    one: &VerifiedItem,
    log: Value,
    signed: Option<Vec<Value>>,
) -> Vector {
    let height = NEXT + 1;
    let mut heard = item(one, 6, height, height).behind(1);
    if let Ok(children) = aosec_wire::bundle::parse(one.data()) {
        let ids: Vec<_> = children.iter().map(|(id, _)| json!(id)).collect();
        heard = heard.with_items(json!(ids));
    }
    heard = match signed {
        Some(signed) => heard.with_signed(json!(signed)),
        None => heard,
    };
    heard = match log.is_null() {
        true => heard,
        false => heard.with_log(log),
    };
    known(name)
        .block(&hosts::block(
            height,
            vec![inbox(std::slice::from_ref(one))],
        ))
        .hears(tick(5, height))
        .hears(heard)
        .firm(2)
}

fn at(slot: u64) -> Value {
    let message = honest(slot, HOSTED).message;
    json!({"message": message, "mined": NEXT, "epoch": 0, "virtual": false})
}

pub(super) fn of(slot: u64, mined: u64) -> Value {
    json!({"slot": slot, "mined": mined, "epoch": 0, "virtual": false})
}

pub(super) fn row_with(field: &str, key: &str, value: Value) -> Value {
    let mut log = seen(2, Some(NEXT));
    log[PROCESS.to_string()][field][key] = value;
    log
}

fn slot((name, slots, place): (&str, Vec<&str>, Option<(u64, Value)>)) -> Vector {
    let process = PROCESS.to_string();
    let mut tags = vec![("Process", process.as_str())];
    tags.extend(slots.iter().map(|slot| ("Slot", *slot)));
    let log = match place {
        Some((slot, place)) => row_with("at", &slot.to_string(), place),
        None => seen(2, Some(NEXT)),
    };
    sees(name, &letter(1, &tags), log, None)
}

/// A child names the process: its slot is nobody's.
fn slot_without_process() -> Vector {
    let process = PROCESS.to_string();
    let child = letter_of(&user(3), &[("Process", &process)], b"");
    let one = enclosing(&[child], &[("Slot", "1")]);
    let name = "a slot is asked of the process that the item itself names";
    sees(name, &one, seen(2, Some(NEXT)), None)
}

/// Places do not fade where no reorg reaches.
fn settled() -> Vector {
    let process = PROCESS.to_string();
    let message = honest(2, HOSTED).message;
    let (id, slot) = (message.to_string(), "1");
    let one = letter(
        1,
        &[("Process", &process), ("Slot", slot), ("Message", &id)],
    );
    let later = NEXT + u64::try_from(DEPTH).unwrap() + 3;
    let mut log = row_with("at", slot, at(1));
    log[PROCESS.to_string()]["of"][id] = of(2, NEXT);
    let quiet = later - NEXT - 1;
    known("places are known below the firm block too")
        .quiet(5, NEXT + 1..=later - 1)
        .block(&hosts::block(
            later,
            vec![inbox(std::slice::from_ref(&one))],
        ))
        .hears(tick(5 + quiet, later))
        .hears(item(&one, 6 + quiet, later, later).behind(1).with_log(log))
        .firm(8)
}

fn message() -> Vector {
    let (process, first, other) = (
        PROCESS.to_string(),
        honest(1, HOSTED).message,
        Id::new([9; 32]),
    );
    let tags = [
        ("Process", process.as_str()),
        ("Message", &first.to_string()),
        ("Message", &other.to_string()),
    ];
    let log = row_with("of", &first.to_string(), of(1, NEXT));
    sees(
        "a message is seen where Message names it",
        &letter(1, &tags),
        log,
        None,
    )
}

/// A child that stands in the log, one that does not, and an unknown message: false is a place.
fn child_in_the_log() -> Vector {
    let process = PROCESS.to_string();
    let (ours, other) = (
        letter_of(&user(3), &[("n", "1")], b""),
        letter_of(&user(3), &[("n", "2")], b""),
    );
    let stamped = LogEntry {
        message: ours.id(),
        ..honest(3, HOSTED)
    };
    let written = log().with(3, stamped);
    let unknown = Id::new([9; 32]).to_string();
    let one = enclosing(
        &[ours.clone(), other.clone()],
        &[("Process", &process), ("Message", &unknown)],
    );
    let height = NEXT + 1;
    let mut row = json!({"epoch": 0, "slot": 3, "chain": written.chain(3), "mined": height, "late": 0, "at": {}});
    row["of"] = json!({ours.id().to_string(): of(3, height), other.id().to_string(): false, unknown: false});
    let transactions: Vec<Transaction> = vec![
        inbox(std::slice::from_ref(&one)),
        log_of(&[written.item(1, 3)]),
    ];
    known("children are looked for in the log of the process that the item names")
        .block(&hosts::block(height, transactions))
        .hears(tick(5, height))
        .hears(
            item(&one, 6, height, height)
                .behind(1)
                .with_items(json!([ours.id(), other.id()]))
                .with_log(json!({process: row})),
        )
        .firm(2)
}

fn sought() -> Vector {
    let (first, other) = (honest(1, HOSTED).message, Id::new([9; 32]));
    let sought = json!([
        [PROCESS, first],
        [PROCESS, other],
        [Id::new([8; 32]), other]
    ]);
    let says = json!({"ok": true, "Want": [PROCESS], "Sought": sought}).to_string();
    let asks = letter(5, &[("Say", &says)]);
    let height = NEXT + 1;
    let mut log = row_with("of", &first.to_string(), of(1, NEXT));
    log[PROCESS.to_string()]["of"][other.to_string()] = json!(false);
    known("a Tick sees the places that the last outcome sought")
        .block(&hosts::block(
            height,
            vec![inbox(std::slice::from_ref(&asks))],
        ))
        .hears(tick(5, height))
        .hears(item(&asks, 6, height, height).behind(1))
        .block(&hosts::block(height + 1, vec![]))
        .hears(tick(7, height + 1).with_log(log))
        .quiet(8, height + 2..=height + 2)
        .firm(5)
}
