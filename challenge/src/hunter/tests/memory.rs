//! What is remembered, how much of it, and what makes way.

use super::super::promises::{PROMISES_SHARE_MAX, Promises};
use super::*;

#[test]
fn a_promise_is_asked_about_when_its_time_is_over_and_the_log_settled() {
    let mut hunter = hunter();
    for item in [receipt(1, 0, 3, 3), receipt(1, 0, 3, 3), record(1, 2)] {
        hunter.see(evidence(&item), &ROWS);
    }
    let due = 10 + PUBLISH_WITHIN + DEPTH + 1;
    assert_eq!(hunter.overdue(due - 1, 9).len(), 0);
    let overdue = hunter.overdue(due, 9);
    let places: Vec<_> = overdue.iter().map(|one| (one.slot, one.message)).collect();
    assert_eq!(places, [(3, Id::new([3; 32]))]);
    assert_eq!(hunter.overdue(due, 9).len(), 1, "until it is asked about");
    hunter.asked(&overdue[0]);
    assert_eq!(hunter.overdue(due, 9).len(), 0, "once");
    for item in [receipt(1, 0, 5, 5), receipt(1, 0, 5, 9)] {
        hunter.see(evidence(&item), &ROWS);
    }
    assert_eq!(
        hunter.overdue(due, 9).len(),
        0,
        "two contents cost all there is"
    );
}

/// Receipts of one operator that are stamped far ahead, or for very many slots, cost another operator's promise no place.
#[test]
fn promises_of_one_operator_leave_room_for_those_of_others() {
    let mut promises = Promises::new(PUBLISH_WITHIN);
    for slot in 1..=PROMISES_SHARE_MAX as u64 + 3 {
        let mut far = entry(1, slot);
        far.height = 999_999_999_999 - slot;
        promises.take(&evidence(&receipt_of(1, 0, slot, far)), operator(1));
    }
    assert_eq!(promises.dropped(), 3);
    promises.take(&evidence(&receipt(1, 0, 3, 3)), operator(1));
    promises.take(&evidence(&receipt(2, 1, 4, 4)), operator(2));
    let due: Vec<_> = promises.overdue(1_000).map(|one| one.slot).collect();
    assert_eq!(due.len(), 2, "{due:?}");
}

#[test]
fn memory_is_bounded_and_the_oldest_goes_first() {
    let mut book = Book::default();
    let lane = Lane {
        operator: operator(1),
        process: PROCESS,
        epoch: 0,
    };
    // Records of the greatest length, far apart, until more was shown than is kept.
    let long = |number: u64| {
        let messages: Vec<u8> = vec![1; 2_000];
        record_on(1, 1 + 3_000 * number, &messages, chain(0), ORIGIN)
    };
    let first = evidence(&long(0));
    let shown = SLOTS_MAX as u64 / 2_000 + 3;
    for number in 0..shown {
        let clash = book.take(lane.clone(), evidence(&long(number)), 1);
        assert!(clash.is_none());
        let (slots, bytes) = book.size();
        assert!(slots <= SLOTS_MAX && bytes <= BYTES_MAX);
    }
    assert_eq!(book.size().0, SLOTS_MAX / 2_000 * 2_000);
    let other = receipt_on(1, 0, first.slots()[5].0, 9, chain(0));
    assert!(
        book.take(lane.clone(), evidence(&other), 1).is_none(),
        "forgotten"
    );
    let kept = long(shown - 1);
    let other = receipt_on(1, 0, evidence(&kept).slots()[5].0, 9, chain(0));
    let clash = book.take(lane, evidence(&other), 1).expect("still known");
    assert_eq!(clash.fault, Fault::Double);
}
