//! The record by hand, and everything that is none.

use super::*;

fn key() -> SigningKey {
    SigningKey::ed25519([7; 32])
}

fn entries(count: u64) -> Vec<LogEntry> {
    let entry = |slot: u64| LogEntry {
        message: Id::sha256(&slot.to_be_bytes()),
        height: 100 + slot / 3,
        timestamp: 1_000 + slot,
    };
    (0..count).map(entry).collect()
}

fn record(first_slot: u64, count: u64) -> LogRecord {
    let (process, previous) = (Id::new([1; 32]), Id::new([2; 32]));
    let entries = entries(count);
    let head = Head {
        process,
        epoch: 3,
        slot: first_slot + count - 1,
        chain: chain_through(previous, &entries),
    };
    let signature = HeadSignature::sign(&key(), &head, NO_ORIGIN);
    LogRecord::new(process, 3, first_slot, previous, entries, signature).unwrap()
}

#[test]
fn a_record_survives_its_bytes() {
    for count in [1, 2, limits::RECORD_ENTRIES_MAX as u64] {
        let record = record(5, count);
        let again = LogRecord::decode(&record.encode()).unwrap();
        assert_eq!(again, record);
        assert_eq!((again.first_slot(), again.last_slot()), (5, 4 + count));
        assert_eq!(again.signature().signer(), *key().address());
        again.verify(NO_ORIGIN).unwrap();
    }
}

#[test]
fn the_bytes_are_those_of_the_law() {
    let record = record(5, 2);
    let mut by_hand = vec![1; 32];
    by_hand.extend([0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 2]);
    by_hand.extend([2; 32]);
    for entry in entries(2) {
        by_hand.extend(entry.message.as_bytes());
        by_hand.extend(entry.height.to_be_bytes());
        by_hand.extend(entry.timestamp.to_be_bytes());
    }
    by_hand.extend(record.head_chain().as_bytes());
    by_hand.extend([0, 2, 0, 32]);
    by_hand.extend(key().owner());
    by_hand.extend([0, 64]);
    by_hand.extend(&record.signature().signature);
    assert_eq!(record.encode(), by_hand);
}

#[test]
fn the_signed_text_is_that_of_the_law() {
    let record = record(0, 1);
    let head = record.head();
    let mut text = vec![0, 0, 0, 0, 0, 0, 0, 9];
    text.extend(b"aosec-log");
    text.extend([4; 32]);
    text.extend([1; 32]);
    text.extend([0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0]);
    text.extend(head.chain.as_bytes());
    assert_eq!(head.hash(Id::new([4; 32])), Id::sha256(&text));
}

#[test]
fn a_signature_holds_for_one_head_and_one_origin() {
    let record = record(5, 3);
    assert!(record.verify(Id::new([4; 32])).is_err());
    let signature = record.signature();
    let head = record.head();
    signature.verify(&head, NO_ORIGIN).unwrap();
    for other in [
        Head { epoch: 4, ..head },
        Head { slot: 8, ..head },
        Head {
            process: head.chain,
            ..head
        },
        Head {
            chain: head.process,
            ..head
        },
    ] {
        assert!(signature.verify(&other, NO_ORIGIN).is_err());
    }
}

#[test]
fn no_cut_no_tail_and_no_changed_byte_passes() {
    let bytes = record(5, 2).encode();
    for end in 0..bytes.len() {
        assert!(LogRecord::decode(&bytes[..end]).is_err(), "cut at {end}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(LogRecord::decode(&longer), Err(RecordError::Trailing));
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        let held = LogRecord::decode(&changed).map(|record| record.verify(NO_ORIGIN));
        assert!(!matches!(held, Ok(Ok(()))), "byte {at}");
    }
}

#[test]
fn slots_and_numbers_have_bounds() {
    let signature = record(0, 1).signature().clone();
    let of = |first, count| {
        let entries = entries(count);
        LogRecord::new(
            Id::new([1; 32]),
            0,
            first,
            Id::new([2; 32]),
            entries,
            signature.clone(),
        )
        .map(|_| ())
    };
    assert_eq!(of(1, 0), Err(RecordError::Entries(0)));
    assert_eq!(of(1, 2_001), Err(RecordError::Entries(2_001)));
    assert_eq!(of(limits::NUMBER_MAX, 1), Err(RecordError::Number));
    assert_eq!(of(limits::NUMBER_MAX - 1, 1), Ok(()));
    let mut bytes = record(0, 1).encode().to_vec();
    bytes[32] = 0x80;
    assert_eq!(LogRecord::decode(&bytes), Err(RecordError::Number));
    bytes[32] = 0;
    bytes[48..52].fill(0xff);
    assert_eq!(
        LogRecord::decode(&bytes),
        Err(RecordError::Entries(u32::MAX as usize))
    );
}

#[test]
fn a_spawn_names_its_court_or_none() {
    let court = Id::new([5; 32]);
    let named = Tags::new().with(ORIGIN_TAG, court.to_string());
    let twice = Tags::new()
        .with(ORIGIN_TAG, "no id")
        .with(ORIGIN_TAG, court.to_string());
    let other_case = Tags::new().with("origin", court.to_string());
    let cases = [
        (named, court),
        (Tags::new(), NO_ORIGIN),
        (twice, NO_ORIGIN),
        (other_case, NO_ORIGIN),
    ];
    for (tags, expected) in cases {
        assert_eq!(origin_of(&tags), expected, "{tags:?}");
    }
}
