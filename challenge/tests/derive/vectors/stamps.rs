//! 5.4: stamps of new slots, and what lateness they add up to (2.8).

use aosec_wire::LogEntry;

use super::case::case;
use super::shape::Vector;
use crate::forge::{Written, block, honest, log_of, time_s};

/// An hour in milliseconds.
const HOUR_MS: u64 = 3_600_000;

pub(super) fn cases() -> Vec<Vector> {
    let mut all = one_slot();
    all.extend(next_slot());
    all.extend(lateness());
    all
}

fn stamped(slot: u64, height: u64, timestamp: u64) -> LogEntry {
    LogEntry {
        height,
        timestamp,
        ..honest(slot, 10)
    }
}

/// Stamps against the block that mines them, block 12.
fn one_slot() -> Vec<Vector> {
    let now = time_s(12) * 1_000;
    let mined = |name: &str, log: &Written| {
        case(name, "5.4")
            .block(&block(11, vec![]))
            .block(&block(12, vec![log_of(&[log.item(1, 1)])]))
    };
    let good = |name: &str, height, timestamp| {
        let log = Written::of([stamped(1, height, timestamp)]);
        mined(name, &log).gives(&log, &[(1, 1, 12, 0)])
    };
    let bad = |name: &str, height, timestamp, code| {
        let log = Written::of([stamped(1, height, timestamp)]);
        mined(name, &log).ignores(12, 0, 0, code).gives(&log, &[])
    };
    vec![
        good(
            "a stamp may have the height of the block that mines it",
            12,
            now,
        ),
        bad(
            "a stamp above the block that mines it is not valid",
            13,
            now,
            "5.4 height-ahead",
        ),
        good(
            "a stamp may lie an hour after the block that mines it",
            12,
            now + HOUR_MS,
        ),
        bad(
            "a stamp may lie no millisecond more after it",
            12,
            now + HOUR_MS + 1,
            "5.4 time-ahead",
        ),
        bad(
            "the largest time of the law is no stamp",
            12,
            i64::MAX as u64,
            "5.4 time-ahead",
        ),
        bad("the first stamp is after time 0", 12, 0, "5.4 time-back"),
        good(
            "the first stamp may be as early as time 1 and height 10",
            10,
            1,
        ),
    ]
}

/// Stamps against the slot before, which was stamped with height 11 and time 5,000.
fn next_slot() -> Vec<Vector> {
    let begun = Written::of([stamped(1, 11, 5_000)]);
    let mined = |name: &str, log: &Written| {
        case(name, "5.4")
            .block(&block(11, vec![log_of(&[log.item(1, 1)])]))
            .block(&block(12, vec![log_of(&[log.item(2, 2)])]))
    };
    let good = |name: &str, height, timestamp| {
        let log = begun.clone().and([stamped(2, height, timestamp)]);
        mined(name, &log).gives(&log, &[(1, 1, 11, 0), (2, 2, 12, 0)])
    };
    let bad = |name: &str, height, timestamp, code| {
        let log = begun.clone().and([stamped(2, height, timestamp)]);
        mined(name, &log)
            .ignores(12, 0, 0, code)
            .gives(&log, &[(1, 1, 11, 0)])
    };
    let in_one = begun
        .clone()
        .and([stamped(2, 11, 5_001), stamped(3, 11, 5_001)]);
    vec![
        good("the height may stay and the time grow by one", 11, 5_001),
        bad("equal times are not valid", 11, 5_000, "5.4 time-back"),
        bad(
            "a time that goes back is not valid",
            11,
            4_999,
            "5.4 time-back",
        ),
        bad(
            "a height that goes back is not valid",
            10,
            5_001,
            "5.4 height-back",
        ),
        case("one bad stamp at the end spoils the whole record", "5.6")
            .block(&block(11, vec![log_of(&[in_one.item(1, 3)])]))
            .ignores(11, 0, 0, "5.4 time-back")
            .gives(&in_one, &[]),
    ]
}

/// `late_after` is 2 here.
fn lateness() -> Vec<Vector> {
    let log = Written::of([honest(1, 10), honest(2, 10), honest(3, 12), honest(4, 12)]);
    let upto = |name: &str, heights: std::ops::Range<u64>| {
        heights.fold(case(name, "2.8"), |case, height| {
            case.block(&block(height, vec![]))
        })
    };
    let mining = |height, first, last| block(height, vec![log_of(&[log.item(first, last)])]);
    vec![
        upto(
            "a record within late_after of its first stamp is not late",
            11..12,
        )
        .block(&mining(12, 1, 2))
        .gives(&log, &[(1, 2, 12, 0)]),
        upto(
            "an old stamp is canonical all the same, and late by what is over",
            11..15,
        )
        .block(&mining(15, 1, 4))
        .gives(&log, &[(1, 4, 15, 0)])
        .late(3),
        upto(
            "lateness counts from the extension before, so that no block counts twice",
            11..14,
        )
        .block(&mining(14, 1, 1))
        .block(&block(15, vec![]))
        .block(&mining(16, 2, 2))
        .block(&mining(17, 3, 4))
        .gives(&log, &[(1, 1, 14, 0), (2, 2, 16, 0), (3, 4, 17, 0)])
        .late(2 + 2 + 1)
        .firm(1),
        upto("a second record in one block adds no lateness", 11..14)
            .block(&block(14, vec![log_of(&[log.item(1, 1), log.item(2, 3)])]))
            .gives(&log, &[(1, 3, 14, 0)])
            .late(2),
    ]
}
