//! What enclosed receipts and log records sign (2.8: `Signed`).

use aosec_wire::{Address, Id, LogEntry, VerifiedItem, record::NO_ORIGIN};
use serde_json::{Value, json};

use super::logs::{HOSTED, NEXT, log};
use super::places::{of, row_with, sees};
use super::shape::Vector;
use crate::forge::{enclosing, letter_of, user};
use crate::hosts::{PROCESS, Written, carrying, honest, host, next_host};

pub(super) fn cases() -> Vec<Vector> {
    vec![
        receipts(),
        receipts_of_other_content(),
        receipt_with_a_foreign_chain(),
        record(),
        record_and_receipt(),
        strangers_record(),
        broken_chain(),
        three_signed(),
        nothing_known(),
    ]
}

fn entry(written: &Written, slot: u64) -> Value {
    let entry = written.entries[usize::try_from(slot - 1).unwrap()];
    let (message, height, timestamp) = (entry.message, entry.height, entry.timestamp);
    json!({"message": message, "height": height, "timestamp": timestamp, "chain": written.chain(slot)})
}

fn signed(
    signer: &Address,
    written: &Written,
    slots: (u64, u64),
    record: bool,
    shown: &[u64],
) -> Value {
    let entries: Vec<_> = shown
        .iter()
        .map(|slot| (slot.to_string(), entry(written, *slot)))
        .collect();
    let entries: serde_json::Map<_, _> = entries.into_iter().collect();
    json!({"process": written.process, "epoch": written.epoch, "signer": signer, "first": slots.0, "last": slots.1,
        "record": record, "entries": entries})
}

fn of_receipt(written: &Written, slot: u64, mined: Option<u64>) -> Value {
    let mut signed = signed(host().address(), written, (slot, slot), false, &[slot]);
    signed["canonical"] = json!(mined.is_some());
    if let Some(mined) = mined {
        signed["mined"] = json!(mined);
    }
    signed
}

/// What a canonical receipt of the honest log signs.
pub(super) fn canonical(slot: u64, mined: u64) -> Value {
    of_receipt(&log(), slot, Some(mined))
}

/// The second of exactly two says whether it follows the first.
pub(super) fn follows(mut signed: Vec<Value>, follows: bool) -> Vec<Value> {
    if let [_, second] = &mut signed[..] {
        second["follows"] = json!(follows);
    }
    signed
}

fn enclosing_of(written: &Written, slots: &[u64], more: &[(&str, &str)]) -> VerifiedItem {
    let receipts: Vec<_> = slots
        .iter()
        .map(|slot| written.receipt(*slot).item().clone())
        .collect();
    enclosing(&receipts, more)
}

/// One receipt is canonical, the next is not yet; and they follow.
fn receipts() -> Vector {
    let one = enclosing_of(&log(), &[2, 4], &[("Slot", "3")]);
    let mut row = row_with("of", &honest(2, HOSTED).message.to_string(), of(2, NEXT));
    row[PROCESS.to_string()]["of"][honest(4, HOSTED).message.to_string()] = json!(false);
    let expected = follows(vec![canonical(2, NEXT), of_receipt(&log(), 4, None)], false);
    sees(
        "a receipt says whether it is canonical, and since when",
        &one,
        row,
        Some(expected),
    )
}

/// The chain of the log beside stamps that do not lead to it.
fn receipt_with_a_foreign_chain() -> Vector {
    let entry = honest(2, HOSTED);
    let stamped = LogEntry {
        timestamp: entry.timestamp + 1,
        ..entry
    };
    let receipt = log().receipt_saying(2, stamped, log().chain(2));
    let one = enclosing(&[receipt.item().clone()], &[]);
    let row = row_with("of", &entry.message.to_string(), of(2, NEXT));
    let mut expected = of_receipt(&log(), 2, None);
    expected["entries"]["2"]["timestamp"] = json!(stamped.timestamp);
    let name = "a receipt whose stamps do not lead to its chain is not canonical";
    sees(name, &one, row, Some(vec![expected]))
}

/// Equal message and slot, other stamps.
fn receipts_of_other_content() -> Vector {
    let entry = honest(2, HOSTED);
    let other = log().with(
        2,
        LogEntry {
            timestamp: entry.timestamp + 1,
            ..entry
        },
    );
    let one = enclosing_of(&other, &[1, 2], &[("Slot", "1")]);
    let mut row = row_with("of", &honest(1, HOSTED).message.to_string(), of(1, NEXT));
    row[PROCESS.to_string()]["of"][entry.message.to_string()] = of(2, NEXT);
    let expected = follows(vec![canonical(1, NEXT), of_receipt(&other, 2, None)], true);
    sees(
        "a receipt with other stamps is not canonical",
        &one,
        row,
        Some(expected),
    )
}

fn of_record(written: &Written, slots: (u64, u64), shown: &[u64]) -> Value {
    signed(written.key.address(), written, slots, true, shown)
}

fn record() -> Vector {
    let process = PROCESS.to_string();
    let one = enclosing(&[log().item(1, 4)], &[("Process", &process), ("Slot", "4")]);
    let child = log().item(1, 4).id();
    let mut row = row_with("at", "4", json!(false));
    row[PROCESS.to_string()]["of"] = json!({child.to_string(): false});
    let expected = vec![of_record(&log(), (1, 4), &[4])];
    sees(
        "a record shows the slot that is named and the next, as far as it has them",
        &one,
        row,
        Some(expected),
    )
}

fn record_and_receipt() -> Vector {
    let children = [log().item(1, 3), log().receipt(4).item().clone()];
    let one = enclosing(&children, &[("Slot", "3")]);
    let row = row_with("of", &honest(4, HOSTED).message.to_string(), json!(false));
    let expected = vec![of_record(&log(), (1, 3), &[3]), of_receipt(&log(), 4, None)];
    sees(
        "a receipt follows a record",
        &one,
        row,
        Some(follows(expected, true)),
    )
}

/// Whose key it is, is no matter here; that it signed for this court is.
fn strangers_record() -> Vector {
    let strangers = log().by(next_host(), 5);
    let foreign = log().under(NO_ORIGIN);
    let children = [
        foreign.item(1, 2),
        strangers.item(2, 4),
        carrying(vec![1; 200].into()),
    ];
    let one = enclosing(&children, &[("Slot", "2")]);
    let expected = vec![
        Value::Null,
        of_record(&strangers, (2, 4), &[2, 3]),
        Value::Null,
    ];
    let name = "a record signs for this court whoever signed it, and for another it signs nothing";
    sees(name, &one, Value::Null, Some(expected))
}

fn broken_chain() -> Vector {
    let entry = honest(2, HOSTED);
    let other = log().with(
        2,
        LogEntry {
            timestamp: entry.timestamp + 1,
            ..entry
        },
    );
    let children = [log().item(1, 2), other.item(3, 4)];
    let one = enclosing(&children, &[("Slot", "2")]);
    let expected = vec![
        of_record(&log(), (1, 2), &[2]),
        of_record(&other, (3, 4), &[3]),
    ];
    let name = "a chain that does not follow is seen";
    sees(name, &one, Value::Null, Some(follows(expected, false)))
}

fn three_signed() -> Vector {
    let other = letter_of(&user(3), &[], b"");
    let slots = [1, 2, 3];
    let mut children: Vec<_> = slots.iter().map(|slot| log().item(*slot, *slot)).collect();
    children.push(other);
    let one = enclosing(&children, &[("Slot", "1")]);
    let shown: [&[u64]; 3] = [&[1], &[2], &[]];
    let mut expected: Vec<_> = slots
        .iter()
        .zip(shown)
        .map(|(slot, shown)| of_record(&log(), (*slot, *slot), shown))
        .collect();
    expected.push(Value::Null);
    let name = "of three nobody says what follows";
    sees(name, &one, Value::Null, Some(expected))
}

/// A receipt of a process that nobody hosts.
fn nothing_known() -> Vector {
    let unknown = Written::honest(2, HOSTED).of_process(Id::new([9; 32]));
    let one = enclosing_of(&unknown, &[1], &[]);
    let expected = vec![of_receipt(&unknown, 1, None)];
    sees(
        "a receipt of an unknown process is not canonical",
        &one,
        Value::Null,
        Some(expected),
    )
}
