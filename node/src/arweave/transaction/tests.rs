//! Judged by npm `arweave`: the vectors are its transactions and data roots (tests/vectors/arweave).

use aosec_wire::SigningKey;
use serde_json::Value;

use super::*;
use crate::arweave::devchain::carrier_key;
use crate::arweave::merkle::{Cut, proofs};

const VECTORS: &str = include_str!("../../../../tests/vectors/arweave/transactions.json");

fn vectors(list: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    all[list].as_array().unwrap().clone()
}

/// The data that the vectors were made from.
fn data(size: usize) -> Bytes {
    (0..size)
        .map(|at| ((7 * at + at / 256) % 256) as u8)
        .collect()
}

fn read(json: &Value) -> Result<Transaction, TransactionError> {
    UnverifiedTransaction::from_json(json.to_string().as_bytes())?.verify()
}

fn draft(format: Format) -> TransactionDraft {
    TransactionDraft::of_data(format, Anchor::Block([7; 48]), 5, data(300))
        .with_tag("Type", "Inbox")
        .with_tag("a", "b")
}

#[test]
fn roots_and_paths_are_those_of_arweave_js() {
    for vector in vectors("roots") {
        let data = data(vector["size"].as_u64().unwrap() as usize);
        assert_eq!(
            to_base64url(&merkle::data_root(&data)),
            vector["root"],
            "{vector}"
        );
        let proofs = proofs(&data, Cut::Balanced);
        let ends: Vec<_> = proofs
            .iter()
            .map(|proof| Value::from(proof.range.end))
            .collect();
        assert_eq!(Value::from(ends), vector["ends"]);
        let paths = proofs
            .iter()
            .map(|proof| proof.path.as_slice())
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(Id::sha256(&paths).to_string(), vector["paths"]);
    }
}

#[test]
fn transactions_of_arweave_js_verify_and_come_back_equal() {
    for vector in vectors("transactions") {
        let transaction = read(&vector["json"]).unwrap();
        let signed = transaction.fields.signed_bytes(transaction.data().unwrap());
        assert_eq!(Id::sha256(&signed).to_string(), vector["signed"]);
        let mut again = transaction.to_json();
        if transaction.format() == Format::One {
            again["data_root"] = vector["json"]["data_root"].clone();
        }
        again["data_tree"] = vector["json"]["data_tree"].clone();
        assert_eq!(again.as_object().unwrap().len(), 13);
        for (field, value) in vector["json"].as_object().unwrap() {
            assert_eq!(again[field], *value, "{field}");
        }
    }
}

#[test]
fn every_signed_field_is_covered() {
    let other = "a".repeat(42) + "A";
    for vector in vectors("transactions") {
        for (field, value) in [
            ("last_tx", other.as_str()),
            ("target", other.as_str()),
            ("quantity", "77"),
            ("reward", "1"),
            ("data", "AAAA"),
            ("data_size", "9"),
            ("data_root", other.as_str()),
            ("id", other.as_str()),
            ("signature", other.as_str()),
            ("owner", other.as_str()),
        ] {
            let mut forged = vector["json"].clone();
            forged[field] = value.into();
            let unsigned = forged["format"] == 1 && field.starts_with("data_");
            assert_eq!(
                read(&forged).is_ok(),
                unsigned,
                "{field} {}",
                forged["format"]
            );
        }
        let mut tagged = vector["json"].clone();
        tagged["tags"] = serde_json::json!([{"name": "eA", "value": "eQ"}]);
        assert!(read(&tagged).is_err());
    }
}

#[test]
fn text_that_is_not_canonical_is_refused() {
    let good = draft(Format::Two).sign(&carrier_key()).unwrap().to_json();
    for (field, value) in [
        ("quantity", "00"),
        ("reward", "+5"),
        ("reward", "-5"),
        ("quantity", "1e3"),
        ("data_size", "300 "),
        ("last_tx", "AAAA"),
        ("owner", "===="),
        ("target", "AA"),
    ] {
        let mut bad = good.clone();
        bad[field] = value.into();
        assert!(
            matches!(read(&bad), Err(TransactionError::Field(found)) if found == field),
            "{field}"
        );
    }
    let mut third = good;
    third["format"] = 3.into();
    assert!(matches!(read(&third), Err(TransactionError::Format(3))));
    assert!(matches!(
        UnverifiedTransaction::from_json(b"{"),
        Err(TransactionError::Json(_))
    ));
}

#[test]
fn what_we_sign_verifies_from_its_json() {
    for format in [Format::One, Format::Two] {
        let transaction = draft(format).sign(&carrier_key()).unwrap();
        assert_eq!(read(&transaction.to_json()).unwrap(), transaction);
        assert_eq!(transaction.tag("a"), Some("b"));
    }
    let empty = TransactionDraft::of_data(Format::Two, Anchor::First, 0, Bytes::new())
        .sign(&carrier_key())
        .unwrap();
    assert_eq!(read(&empty.to_json()).unwrap(), empty);
}

#[test]
fn format_two_data_may_come_later_and_is_checked() {
    let transaction = draft(Format::Two).sign(&carrier_key()).unwrap();
    let header = read(&transaction.to_json_without_data()).unwrap();
    assert_eq!(header.data(), None);
    assert!(matches!(
        header.clone().with_data(data(299)),
        Err(TransactionError::DataSize { .. })
    ));
    let other = Bytes::from(vec![0; 300]);
    assert!(matches!(
        header.clone().with_data(other),
        Err(TransactionError::DataRoot)
    ));
    assert_eq!(header.with_data(data(300)).unwrap(), transaction);
}

#[test]
fn format_one_never_comes_without_its_data() {
    let transaction = draft(Format::One).sign(&carrier_key()).unwrap();
    let header = transaction.to_json_without_data();
    assert!(matches!(read(&header), Err(TransactionError::NoData)));
    let unverified = UnverifiedTransaction::from_json(header.to_string().as_bytes()).unwrap();
    assert!(unverified.lacks_data());
    assert_eq!(
        unverified.carrying(data(300)).verify().unwrap(),
        transaction
    );
}

#[test]
fn limits_hold_at_the_edge() {
    let tagged = |bytes: usize| {
        let value = "v".repeat(bytes - 1);
        TransactionDraft::of_data(Format::Two, Anchor::First, 0, Bytes::new())
            .with_tag("n", value)
            .sign(&carrier_key())
    };
    assert!(read(&tagged(TAGS_BYTES_MAX).unwrap().to_json()).is_ok());
    assert!(matches!(
        tagged(TAGS_BYTES_MAX + 1),
        Err(TransactionError::Tags { .. })
    ));
    let long = TransactionDraft::of_data(
        Format::One,
        Anchor::First,
        0,
        vec![0; DATA_BYTES_MAX + 1].into(),
    );
    assert!(matches!(
        long.sign(&carrier_key()),
        Err(TransactionError::DataTooLong { .. })
    ));
    assert!(matches!(
        draft(Format::Two).sign(&SigningKey::ed25519([1; 32])),
        Err(TransactionError::Key(_))
    ));
}
