//! A file is read whole, or refused by the step that does not hold: each piece is bent once.

use aosec_challenge::proof::{Rests, check};
use aosec_wire::id::to_base64url;
use aosec_wire::record::{Head, HeadSignature, LogRecord, NO_ORIGIN};
use aosec_wire::{Draft, LogEntry, SigningKey, Tags, bundle};
use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::arweave::block::BlockId;
use crate::arweave::devchain::loopback::wallet;
use crate::arweave::transaction::{Anchor, Format, TransactionDraft};
use crate::follow::law::LOG_TAGS;

const HEIGHT: u64 = 9;

fn signed(key: &SigningKey, target: Option<Id>, tags: &[(&str, &str)]) -> VerifiedItem {
    let draft = Draft {
        target,
        tags: tags.iter().copied().collect::<Tags>(),
        data: Bytes::from_static(b"data"),
        ..Draft::default()
    };
    draft.sign(key).unwrap()
}

fn host() -> SigningKey {
    SigningKey::ed25519([1; 32])
}

/// Slot 1 of a process without a court, in a log transaction.
fn file() -> File {
    let (module, scheduler) = (Id::new([3; 32]).to_string(), host().address().to_string());
    let tags = [
        ("Data-Protocol", "ao"),
        ("Type", "Process"),
        ("Module", module.as_str()),
        ("Scheduler", scheduler.as_str()),
    ];
    let spawn = signed(&host(), None, &tags);
    let message = signed(
        &host(),
        Some(spawn.id()),
        &[("Data-Protocol", "ao"), ("Type", "Message")],
    );
    let entry = LogEntry {
        message: message.id(),
        height: HEIGHT,
        timestamp: 5,
    };
    let start = Id::sha256(spawn.id().as_bytes());
    let head = Head {
        process: spawn.id(),
        epoch: 0,
        slot: 1,
        chain: entry.chain_after(start),
    };
    let signature = HeadSignature::sign(&host(), &head, NO_ORIGIN);
    let record = LogRecord::new(spawn.id(), 0, 1, start, vec![entry], signature).unwrap();
    let carrier = Draft {
        tags: [("Data-Protocol", "ao"), ("Type", "Log-Record")]
            .into_iter()
            .collect(),
        data: record.encode(),
        ..Draft::default()
    };
    let data = bundle::build(&[carrier.sign(&host()).unwrap()]);
    let draft = TransactionDraft::of_data(Format::One, Anchor::First, 3, data);
    let draft = LOG_TAGS
        .iter()
        .fold(draft, |draft, (name, value)| draft.with_tag(*name, *value));
    let transaction = draft.sign(&wallet()).unwrap().to_json();
    File {
        version: VERSION,
        process: spawn.id(),
        slot: 1,
        spawn: to_base64url(spawn.bytes()),
        message: Some(to_base64url(message.bytes())),
        receipt: None,
        court: None,
        blocks: vec![BlockShape {
            height: HEIGHT,
            id: BlockId::new([4; 48]),
            time: 100,
            transactions: vec![Placed {
                place: 0,
                transaction,
            }],
        }],
    }
}

fn text(file: &File) -> Value {
    serde_json::to_value(file).unwrap()
}

#[test]
fn a_whole_file_is_read_and_proves_its_slot() {
    let bytes = text(&file()).to_string();
    let read = read(bytes.as_bytes()).unwrap();
    assert_eq!(read.transactions.len(), 1);
    let proof = check(&read.brought).unwrap();
    assert_eq!(
        (proof.rests, proof.entry.slot, proof.entry.mined),
        (Rests::OnRecord, 1, HEIGHT)
    );
    assert!(proof.has_message);
}

/// The text with one letter of a value changed.
fn bent(value: &Value) -> Value {
    let text = value.as_str().unwrap();
    let at = text.len() / 2;
    let letter = if &text[at..=at] == "A" { "B" } else { "A" };
    json!(format!("{}{letter}{}", &text[..at], &text[at + 1..]))
}

/// What is bent, and the step that must notice.
type Bend = (&'static str, fn(&mut Value));

fn transaction_of(file: &mut Value) -> &mut Value {
    &mut file["blocks"][0]["transactions"][0]["transaction"]
}

#[test]
fn each_bent_piece_is_named_by_its_step() {
    let bends: [Bend; 12] = [
        ("'file'", |file| file["aosec-proof"] = json!(2)),
        ("'file'", |file| file["more"] = json!(true)),
        ("'file'", |file| {
            file["blocks"] = json!(vec![file["blocks"][0].clone(); TRANSACTIONS_MAX + 1])
        }),
        ("'file'", |file| file["spawn"] = json!("no base64url!")),
        ("'spawn'", |file| file["spawn"] = bent(&file["spawn"])),
        ("'spawn'", |file| file["spawn"] = file["message"].clone()),
        ("'message'", |file| file["message"] = bent(&file["message"])),
        ("'receipt'", |file| file["receipt"] = bent(&file["message"])),
        ("'transaction'", |file| {
            transaction_of(file)["data"] = bent(&transaction_of(file)["data"])
        }),
        ("'transaction'", |file| {
            transaction_of(file)["signature"] = bent(&transaction_of(file)["signature"])
        }),
        ("'transaction'", |file| {
            transaction_of(file)["id"] = json!(Id::new([1; 32]))
        }),
        ("'transaction'", |file| {
            transaction_of(file)["tags"][0]["value"] = json!("YW8x")
        }),
    ];
    let whole = text(&file());
    for (step, bend) in bends {
        let mut file = whole.clone();
        bend(&mut file);
        let said = read(file.to_string().as_bytes()).map(drop);
        let said = said.expect_err("a piece was bent").to_string();
        assert!(said.contains(step), "{step}: {said}");
    }
}

/// What holds by itself and does not fit together is the check's to name.
#[test]
fn pieces_that_do_not_fit_are_named_by_the_check() {
    let bends: [Bend; 4] = [
        ("'slot'", |file| file["slot"] = json!(2)),
        ("'slot'", |file| file["blocks"] = json!([])),
        ("'slot'", |file| {
            file["blocks"][0]["height"] = json!(HEIGHT - 1)
        }),
        ("'message'", |file| file["message"] = file["spawn"].clone()),
    ];
    let whole = text(&file());
    for (step, bend) in bends {
        let mut file = whole.clone();
        bend(&mut file);
        let read = read(file.to_string().as_bytes()).unwrap();
        let said = check(&read.brought)
            .expect_err("they do not fit")
            .to_string();
        assert!(said.contains(step), "{step}: {said}");
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    let seed = 0x9e37_79b9_7f4a_7c15_u64;
    println!("seed {seed}");
    let (whole, mut state) = (text(&file()).to_string().into_bytes(), seed);
    for _ in 0..200 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let mut bytes = whole.clone();
        let at = usize::try_from(state >> 33).unwrap() % bytes.len();
        bytes[at] = u8::try_from(state & 0x7f).unwrap();
        if state & 0x80 == 0 {
            bytes.truncate(at);
        }
        if let Ok(read) = read(&bytes) {
            drop(check(&read.brought));
        }
    }
}
