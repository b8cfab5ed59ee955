//! 1.2 and 1.4: soft, firm, and the way back. `settlement_depth` is 3 here.

use super::case::case;
use super::shape::Vector;
use crate::forge::{Written, block, branched, honest, log_of};

pub(super) fn cases() -> Vec<Vector> {
    let log = Written::honest(5, 10);
    let (first, second) = (log.item(1, 3), log.item(4, 5));
    let other = Written::of([honest(3, 10)]);
    let both = block(11, vec![log_of(&[first.clone(), second.clone()])]);
    let empty = |height| block(height, vec![]);
    let side = |height, before, items: &[_]| branched(height, 1, before, vec![log_of(items)]);
    vec![
        case(
            "a branch that swaps two records makes the later one come too early",
            "5.6",
        )
        .block(&both)
        .rewind(10)
        .block(&side(11, 0, &[second, first.clone()]))
        .ignores(11, 0, 0, "5.6 gap")
        .gives(&log, &[(1, 3, 11, 0)]),
        case("what a reorg takes back may stand elsewhere", "5.4")
            .block(&both)
            .rewind(10)
            .block(&side(11, 0, &[other.item(1, 1)]))
            .gives(&other, &[(1, 1, 11, 0)]),
        case("a reorg takes back only what it reaches", "1.2")
            .block(&block(11, vec![log_of(&[first])]))
            .block(&block(12, vec![log_of(&[log.item(2, 4)])]))
            .block(&empty(13))
            .rewind(11)
            .block(&side(12, 0, &[log.item(5, 5)]))
            .block(&side(13, 1, &[log.item(4, 5)]))
            .ignores(12, 0, 0, "5.6 gap")
            .gives(&log, &[(1, 3, 11, 0), (4, 5, 13, 0)])
            .late(1),
        case(
            "a block is firm when settlement_depth blocks follow it",
            "1.2",
        )
        .block(&block(11, vec![log_of(&[log.item(1, 2)])]))
        .block(&block(12, vec![log_of(&[log.item(3, 3)])]))
        .block(&empty(13))
        .block(&empty(14))
        .gives(&log, &[(1, 2, 11, 0), (3, 3, 12, 0)])
        .firm(2),
        case("a reorg as deep as settlement_depth is followed", "1.4")
            .block(&both)
            .block(&empty(12))
            .block(&empty(13))
            .rewind(10)
            .gives(&log, &[]),
        case("a deeper reorg raises the alarm and changes nothing", "1.4")
            .block(&both)
            .block(&empty(12))
            .block(&empty(13))
            .block(&empty(14))
            .rewind(10)
            .alarm(10)
            .gives(&log, &[(1, 5, 11, 0)])
            .firm(5),
        case("what was firm stays firm on a shorter branch", "1.4")
            .block(&both)
            .block(&empty(12))
            .block(&empty(13))
            .block(&empty(14))
            .rewind(11)
            .block(&side(12, 0, &[]))
            .rewind(10)
            .alarm(10)
            .gives(&log, &[(1, 5, 11, 0)])
            .firm(5),
    ]
}
