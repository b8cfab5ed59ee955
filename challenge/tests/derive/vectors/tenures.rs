//! 5.6 and 5.7: whose records count, from when, until when, and the cut.

use aosec_challenge::derive::{Block, Hosting, HotKey, Tenure};
use aosec_wire::{Id, SigningKey};

use super::case::case;
use super::shape::Vector;
use crate::forge::{self, Written, block, courted, honest, log_of, tenure};

const ORIGIN: Id = Id::new([3; 32]);

pub(super) fn cases() -> Vec<Vector> {
    let mut all = keys();
    all.extend(epochs());
    all.extend(cut());
    all
}

fn mining(log: &Written, height: u64, first: u64, last: u64) -> Block {
    block(height, vec![log_of(&[log.item(first, last)])])
}

/// Empty blocks before the one that matters.
fn at(height: u64, name: &str, rule: &str) -> Vector {
    let before = forge::FIRM + 1..height;
    before.fold(case(name, rule), |case, height| {
        case.block(&block(height, vec![]))
    })
}

fn keys() -> Vec<Vector> {
    let log = Written::honest(4, 10);
    let court = log.clone().under(ORIGIN);
    let next = log.clone().by(forge::next_host(), 0);
    let solana = log.clone().by(SigningKey::solana([1; 32]), 0);
    let ethereum = log.clone().by(SigningKey::ethereum([1; 32]).unwrap(), 0);
    let hosting = courted(ORIGIN, vec![tenure(&forge::host(), 1, 0)]);
    let wallet = Hosting::without_court(ethereum.key.address().clone());
    let row = |key: SigningKey, from, until| HotKey {
        address: key.address().clone(),
        from,
        until,
    };
    let mut changed = Hosting::without_court(forge::host().address().clone());
    changed.tenures.get_mut(&0).unwrap().keys = vec![
        row(forge::host(), 0, Some(12)),
        row(forge::next_host(), 12, None),
    ];
    let mut broken = log.record(1, 1).encode().to_vec();
    *broken.last_mut().unwrap() ^= 1;
    vec![
        case("a record by another key has no effect", "5.6")
            .block(&mining(&next, 11, 1, 1))
            .ignores(11, 0, 0, "5.6 foreign-key")
            .gives(&log, &[]),
        case("a record with a broken signature has no effect", "5.5")
            .block(&block(11, vec![log_of(&[forge::carrying(broken.into())])]))
            .ignores(11, 0, 0, "5.5 signature")
            .gives(&log, &[]),
        case("a court's record carries the court in its signature", "5.5")
            .hosted(&hosting)
            .block(&mining(&log, 11, 1, 1))
            .block(&mining(&court, 12, 1, 1))
            .ignores(11, 0, 0, "5.5 signature")
            .gives(&court, &[(1, 1, 12, 0)]),
        case(
            "where there is no court, a record signed for one has no effect",
            "5.16",
        )
        .block(&mining(&court, 11, 1, 1))
        .ignores(11, 0, 0, "5.5 signature")
        .gives(&log, &[]),
        case(
            "a key of the right address and a kind that the law does not take",
            "5.6",
        )
        .block(&mining(&solana, 11, 1, 1))
        .ignores(11, 0, 0, "5.6 key-kind")
        .gives(&log, &[]),
        case("an Ethereum key may host", "5.6")
            .hosted(&wallet)
            .block(&mining(&ethereum, 11, 1, 2))
            .gives(&ethereum, &[(1, 2, 11, 0)]),
        case(
            "a key counts from its first height to its last, both included",
            "5.6",
        )
        .hosted(&changed)
        .block(&mining(&next, 11, 1, 1))
        .block(&block(12, vec![log_of(&[log.item(1, 1), next.item(2, 2)])]))
        .block(&block(13, vec![log_of(&[log.item(3, 3), next.item(3, 3)])]))
        .ignores(11, 0, 0, "5.6 key-not-valid")
        .ignores(13, 0, 0, "5.6 key-not-valid")
        .gives(&log, &[(1, 2, 12, 0), (3, 3, 13, 0)])
        .late(1),
    ]
}

fn epochs() -> Vec<Vector> {
    let log = Written::of([honest(1, 10), honest(2, 10), honest(3, 17), honest(4, 17)]);
    let log = log.under(ORIGIN);
    let next = log.clone().by(forge::next_host(), 1);
    let first = Tenure {
        ended: Some(11),
        ..tenure(&forge::host(), 1, 11)
    };
    let hosting = courted(
        ORIGIN,
        vec![first.clone(), tenure(&forge::next_host(), 3, 18)],
    );
    let early = courted(ORIGIN, vec![tenure(&forge::host(), 1, 12)]);
    let unknown = courted(ORIGIN, vec![]);
    vec![
        case(
            "records count from the block after that in which Host ran",
            "5.6",
        )
        .hosted(&early)
        .block(&mining(&log, 11, 1, 1))
        .block(&mining(&log, 12, 1, 2))
        .ignores(11, 0, 0, "5.6 before-tenure")
        .gives(&log, &[(1, 2, 12, 0)]),
        case("an epoch that nobody holds", "5.6")
            .hosted(&early)
            .block(&mining(&next, 11, 1, 1))
            .ignores(11, 0, 0, "5.6 no-tenure")
            .gives(&log, &[]),
        case("a process without host", "5.6")
            .hosted(&unknown)
            .block(&mining(&log, 11, 1, 1))
            .ignores(11, 0, 0, "5.6 no-tenure")
            .gives(&log, &[]),
        at(
            18,
            "the next epoch goes on from the head, and its lateness begins anew",
            "5.6",
        )
        .hosted(&hosting)
        .with_record_at(13, &log, (1, 2))
        .block(&mining(&next, 18, 3, 4))
        .gives(&log, &[(1, 2, 13, 0), (3, 4, 18, 1)])
        .firm(2),
        at(
            18,
            "a record of the next epoch repeats no slot of the one before",
            "5.6",
        )
        .hosted(&hosting)
        .with_record_at(13, &log, (1, 2))
        .block(&mining(&next, 18, 2, 4))
        .ignores(18, 0, 0, "5.6 before-epoch")
        .gives(&log, &[(1, 2, 13, 0)])
        .late(1)
        .firm(2),
        at(18, "the key of one epoch is none of the next", "5.6")
            .hosted(&hosting)
            .with_record_at(13, &log, (1, 2))
            .block(&mining(&log.clone().by(forge::host(), 1), 18, 3, 4))
            .ignores(18, 0, 0, "5.6 foreign-key")
            .gives(&log, &[(1, 2, 13, 0)])
            .late(1)
            .firm(2),
    ]
}

/// U is 12 and `cut` 5 here, so block 17 is the last that counts.
fn cut() -> Vec<Vector> {
    let log = Written::of([honest(1, 10), honest(2, 12), honest(3, 15), honest(4, 17)]);
    let ended = Tenure {
        ended: Some(12),
        ..tenure(&forge::host(), 1, 0)
    };
    let hosting = courted(ORIGIN, vec![ended]);
    let log = log.under(ORIGIN);
    vec![
        at(
            17,
            "the host may extend up to and in the block of the cut",
            "5.7",
        )
        .hosted(&hosting)
        .block(&mining(&log, 17, 1, 2))
        .gives(&log, &[(1, 2, 17, 0)])
        .late(5),
        at(
            18,
            "a record mined after the cut is void, however old its stamps",
            "5.7",
        )
        .hosted(&hosting)
        .block(&mining(&log, 18, 1, 1))
        .ignores(18, 0, 0, "5.7 after-cut")
        .gives(&log, &[]),
        at(
            17,
            "a record with stamps after U counts whole where its position is before the cut",
            "5.7",
        )
        .hosted(&hosting)
        .block(&mining(&log, 17, 1, 4))
        .gives(&log, &[(1, 4, 17, 0)])
        .late(5),
        at(
            18,
            "a record that repeats slots before the cut adds none after it",
            "5.7",
        )
        .hosted(&hosting)
        .with_record_at(17, &log, (1, 2))
        .block(&mining(&log, 18, 1, 4))
        .ignores(18, 0, 0, "5.7 after-cut")
        .gives(&log, &[(1, 2, 17, 0)])
        .late(5),
    ]
}
