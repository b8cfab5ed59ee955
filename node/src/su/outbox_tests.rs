//! What goes into the next transaction, at the edges.

use aosec_wire::{SignatureKind, record::NO_ORIGIN};

use super::*;

fn waiting(number: i64, slots: u64, bytes: u64, stamped_height: u64) -> Waiting {
    let run = Run {
        process: Id::new([1; 32]),
        epoch: 0,
        first: 10,
        last: 9 + slots,
        bytes,
        stamped_height,
    };
    Waiting { number, run }
}

#[test]
fn runs_gather_for_a_block_or_until_full() {
    let small = [waiting(1, 5, 100, 7), waiting(2, 5, 100, 8)];
    assert_eq!(due(&[], 9), 0);
    assert_eq!(due(&small, 7), 0);
    assert_eq!(due(&small, 8), 2);
    assert_eq!(due(&[waiting(1, 1, FLUSH_BYTES, 9)], 9), 1);
    assert_eq!(due(&[waiting(1, FLUSH_SLOTS, 1, 9)], 9), 1);
    assert_eq!(
        due(&[waiting(1, FLUSH_SLOTS - 1, 1, 9), waiting(2, 2, 1, 9)], 9),
        1
    );
    assert_eq!(
        due(&[waiting(1, 1, FLUSH_BYTES - 1, 9), waiting(2, 1, 2, 9)], 9),
        1
    );
    assert_eq!(
        due(&[waiting(1, 1, 3 * FLUSH_BYTES, 9), waiting(2, 1, 2, 9)], 9),
        1
    );
}

#[test]
fn the_age_of_the_oldest_stamp_stops_new_messages() {
    assert!(!is_stalled(lag(Some(10), Some(40), 0), 30));
    assert!(is_stalled(lag(Some(10), Some(41), 0), 30));
    let unknown = [
        lag(None, Some(9), 0),
        lag(Some(9), None, 7),
        lag(Some(9), Some(5), 0),
    ];
    assert_eq!(unknown, [0; 3]);
    // Nobody tells of new blocks: they are due all the same, also for what would be stamped now.
    assert_eq!(lag(Some(10), Some(12), 29), 31);
    assert_eq!(lag(None, Some(12), 31), 31);
    let minutes = |number: u64| Duration::from_secs(60 * number);
    let due = [0, 1, 2, 61].map(|number| due_blocks(minutes(number), minutes(2)));
    assert_eq!(due, [0, 0, 1, 30]);
    assert_eq!(due_blocks(minutes(1), Duration::ZERO), 60_000);
}

/// A scheduler that signs runs.
struct Hand {
    number: i64,
    runs: Vec<Unrecorded>,
}

impl Hand {
    fn run(&mut self, process: u8, first: u64, last: u64) -> &mut Unrecorded {
        self.number += 1;
        let run = Run {
            process: Id::new([process; 32]),
            epoch: 0,
            first,
            last,
            bytes: 100,
            stamped_height: 7,
        };
        self.runs.push(Unrecorded {
            waiting: Waiting {
                number: self.number,
                run,
            },
            has_data: true,
            head: Some(HeadSignature {
                kind: SignatureKind::Ed25519,
                owner: vec![process; 32].into(),
                signature: last.to_be_bytes().to_vec().into(),
            }),
            origin: NO_ORIGIN,
        });
        self.runs.last_mut().unwrap()
    }
}

/// Process, slots and runs of each record; its signature must be that of its last slot.
fn shape(write: impl FnOnce(&mut Hand)) -> Vec<(u8, u64, u64, Vec<i64>)> {
    let mut hand = Hand {
        number: 0,
        runs: Vec::new(),
    };
    write(&mut hand);
    let planned = records(hand.runs);
    let shape = planned.into_iter().map(|one| {
        assert_eq!(&one.head.signature[..], one.last.to_be_bytes());
        (one.process.as_bytes()[0], one.first, one.last, one.runs)
    });
    shape.collect()
}

#[test]
fn runs_that_follow_one_another_are_one_record() {
    let both = shape(|hand| {
        hand.run(1, 0, 3);
        hand.run(2, 5, 5);
        hand.run(1, 4, 9);
        hand.run(2, 6, 8);
    });
    assert_eq!(both, [(1, 1, 9, vec![1, 3]), (2, 5, 8, vec![2, 4])]);
}

#[test]
fn a_record_waits_for_its_items_and_for_those_before() {
    let waits = shape(|hand| {
        hand.run(1, 1, 3);
        hand.run(1, 4, 5).has_data = false;
        hand.run(1, 6, 9);
        hand.run(2, 1, 1).has_data = false;
    });
    assert_eq!(waits, [(1, 1, 3, vec![1])]);
}

#[test]
fn a_record_ends_where_a_batch_is_signed() {
    let split = shape(|hand| {
        hand.run(1, 1, 3);
        hand.run(1, 4, 5).head = None;
        hand.run(1, 6, 9);
        hand.run(1, 10, 11).head = None;
    });
    assert_eq!(split, [(1, 1, 9, vec![1, 2, 3])]);
}

#[test]
fn a_record_is_full_and_the_next_begins() {
    let full = RECORD_ENTRIES_MAX as u64;
    let edge = shape(|hand| {
        hand.run(1, 0, full - 1);
        hand.run(1, full, full);
        hand.run(1, full + 1, full + 1);
        hand.run(1, full + 2, full + 3).waiting.run.epoch = 1;
    });
    let expected = [
        (1, 1, full, vec![1, 2]),
        (1, full + 1, full + 1, vec![3]),
        (1, full + 2, full + 3, vec![4]),
    ];
    assert_eq!(edge, expected);
}

#[test]
fn a_transaction_is_full_and_the_rest_waits() {
    let one = 2_000 * ENTRY_BYTES + RECORD_BYTES;
    let fits = FLUSH_BYTES / one;
    let full = shape(|hand| {
        for number in 0..fits + 5 {
            hand.run(1, 1 + 2_000 * number, 2_000 * (number + 1));
        }
    });
    assert_eq!(full.len() as u64, fits);
    assert!(fits * 2_000 > 80_000, "sixteen seconds of 5,000 slots each");
    let small = shape(|hand| {
        for process in 0..=u8::MAX {
            hand.run(process, 1, 1);
        }
    });
    assert_eq!(small.len(), 256);
}
