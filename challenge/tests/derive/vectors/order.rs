//! 5.6: what extends a log, in which order, and what has no effect.

use aosec_challenge::derive::{Hosting, Position};
use aosec_wire::{Assignment, Id};

use super::case::case;
use super::shape::Vector;
use crate::forge::{self, Written, block, carrying, honest, log_of};

pub(super) fn cases() -> Vec<Vector> {
    let mut all = in_order();
    all.extend(overlapping());
    all.extend(messages());
    all.extend(receipts());
    all
}

fn in_order() -> Vec<Vector> {
    let log = Written::honest(6, 10);
    let second = Written::honest(2, 10).of_process(Id::new([8; 32]));
    let hosting = Hosting::without_court(forge::host().address().clone());
    vec![
        case("a record extends the log", "5.6")
            .block(&block(11, vec![log_of(&[log.item(1, 3)])]))
            .gives(&log, &[(1, 3, 11, 0)]),
        case(
            "records count in the order of items, transactions and blocks",
            "2.3",
        )
        .block(&block(
            11,
            vec![
                log_of(&[log.item(1, 1), log.item(2, 3)]),
                log_of(&[log.item(4, 4)]),
            ],
        ))
        .block(&block(12, vec![log_of(&[log.item(5, 6)])]))
        .gives(&log, &[(1, 4, 11, 0), (5, 6, 12, 0)]),
        case("a record after a gap has no effect", "5.6")
            .block(&block(11, vec![log_of(&[log.item(2, 3)])]))
            .ignores(11, 0, 0, "5.6 gap")
            .gives(&log, &[]),
        case(
            "a record is never judged again when the gap before it fills",
            "5.6",
        )
        .block(&block(11, vec![log_of(&[log.item(4, 5), log.item(1, 3)])]))
        .block(&block(12, vec![]))
        .block(&block(13, vec![log_of(&[log.item(4, 4)])]))
        .ignores(11, 0, 0, "5.6 gap")
        .gives(&log, &[(1, 3, 11, 0), (4, 4, 13, 0)])
        .late(1),
        case(
            "two processes in one bundle do not disturb one another",
            "5.5",
        )
        .and_following(second.process, &hosting)
        .block(&block(
            11,
            vec![log_of(&[log.item(1, 2), second.item(1, 2), log.item(3, 3)])],
        ))
        .gives(&log, &[(1, 3, 11, 0)])
        .gives(&second, &[(1, 2, 11, 0)]),
        case(
            "a record of a process that nobody follows is passed over",
            "5.6",
        )
        .block(&block(
            11,
            vec![log_of(&[second.item(1, 2), log.item(1, 1)])],
        ))
        .gives(&log, &[(1, 1, 11, 0)]),
    ]
}

fn overlapping() -> Vec<Vector> {
    let log = Written::honest(6, 10);
    let other = log.clone().with(2, honest(99, 10));
    let with_2 = |item| block(12, vec![log_of(&[item])]);
    let begun = |name: &str| case(name, "5.6").block(&block(11, vec![log_of(&[log.item(1, 3)])]));
    vec![
        begun("a record that repeats slots and agrees extends by the rest")
            .block(&with_2(log.item(2, 5)))
            .gives(&log, &[(1, 3, 11, 0), (4, 5, 12, 0)]),
        begun("a record that repeats all slots and agrees extends by the rest")
            .block(&with_2(log.item(1, 6)))
            .gives(&log, &[(1, 3, 11, 0), (4, 6, 12, 0)]),
        begun("a record that repeats a slot with another message has no effect")
            .block(&with_2(other.item(2, 4)))
            .ignores(12, 0, 0, "5.6 disagrees")
            .gives(&log, &[(1, 3, 11, 0)]),
        begun("a record that repeats equal slots after another history has no effect")
            .block(&with_2(other.item(3, 4)))
            .ignores(12, 0, 0, "5.6 disagrees")
            .gives(&log, &[(1, 3, 11, 0)]),
        begun("a record that goes on from another history has no effect")
            .block(&with_2(other.item(4, 5)))
            .ignores(12, 0, 0, "5.5 previous-chain")
            .gives(&log, &[(1, 3, 11, 0)]),
        begun("the same record again has no effect")
            .block(&with_2(log.item(1, 3)))
            .ignores(12, 0, 0, "5.6 nothing-new")
            .gives(&log, &[(1, 3, 11, 0)]),
        begun("a record that ends before the head has no effect, whatever it says")
            .block(&with_2(other.item(1, 2)))
            .ignores(12, 0, 0, "5.6 nothing-new")
            .gives(&log, &[(1, 3, 11, 0)]),
    ]
}

fn messages() -> Vec<Vector> {
    let log = Written::honest(4, 10);
    let again = |slot, message| {
        let mut entry = honest(slot, 10);
        entry.message = message;
        log.clone().with(slot, entry)
    };
    let begun = |name: &str| case(name, "5.4").block(&block(11, vec![log_of(&[log.item(1, 2)])]));
    let legacy = Id::new([5; 32]);
    let start = Id::sha256(&[*forge::PROCESS.as_bytes(), *legacy.as_bytes()].concat());
    let mut registered = Written::of([honest(5, 10), honest(6, 10)]);
    registered.entries[1].message = forge::PROCESS;
    (registered.first_slot, registered.start) = (5, start);
    let mut hosting = Hosting::without_court(forge::host().address().clone());
    hosting.tenures.get_mut(&0).unwrap().first_slot = 5;
    vec![
        begun("a message with an earlier slot spoils the whole record")
            .block(&block(
                12,
                vec![log_of(&[again(4, honest(1, 10).message).item(3, 4)])],
            ))
            .ignores(12, 0, 0, "5.4 known-message")
            .gives(&log, &[(1, 2, 11, 0)]),
        begun("a message that stands twice in a record spoils it")
            .block(&block(
                12,
                vec![log_of(&[again(4, honest(3, 10).message).item(3, 4)])],
            ))
            .ignores(12, 0, 0, "5.4 known-message")
            .gives(&log, &[(1, 2, 11, 0)]),
        begun("the spawn holds slot 0 and no other")
            .block(&block(
                12,
                vec![log_of(&[again(3, forge::PROCESS).item(3, 3)])],
            ))
            .ignores(12, 0, 0, "5.4 known-message")
            .gives(&log, &[(1, 2, 11, 0)]),
        case("slot 0 is in no record", "5.4")
            .block(&block(
                11,
                vec![log_of(&[carrying(
                    log.record_of(0, vec![honest(0, 10)]).encode(),
                )])],
            ))
            .ignores(11, 0, 0, "5.6 before-epoch")
            .gives(&log, &[]),
        case(
            "a registered log begins at its first slot, and ids before do not count",
            "5.15",
        )
        .registered(5, legacy)
        .hosted(&hosting)
        .block(&block(11, vec![log_of(&[log.item(1, 2), log.item(4, 4)])]))
        .block(&block(12, vec![log_of(&[registered.item(5, 6)])]))
        .ignores(11, 0, 0, "5.6 before-epoch")
        .ignores(11, 0, 1, "5.6 before-epoch")
        .gives(&registered, &[(5, 6, 12, 0)]),
    ]
}

fn receipts() -> Vec<Vector> {
    let log = Written::honest(5, 10);
    let other = log.clone().with(2, honest(99, 10));
    let at = |transaction, item, child| Position {
        height: 11,
        transaction,
        item,
        child,
    };
    let with = |name: &str, records, receipts: &[(Position, Assignment)]| {
        case(name, "5.6").block_with_receipts(&block(11, records), receipts)
    };
    let record = || log_of(&[log.item(1, 2)]);
    vec![
        with(
            "receipts in items for Origin extend the log one slot each",
            vec![],
            &[(at(3, 0, 1), log.receipt(1)), (at(3, 0, 2), log.receipt(2))],
        )
        .gives(&log, &[(1, 2, 11, 0)]),
        with(
            "receipts count by position, among records",
            vec![record(), log_of(&[log.item(4, 5)])],
            &[(at(2, 0, 1), log.receipt(4)), (at(0, 5, 1), log.receipt(3))],
        )
        .ignores(11, 2, 0, "5.6 nothing-new")
        .gives(&log, &[(1, 5, 11, 0)]),
        with(
            "a receipt after a gap has no effect",
            vec![record()],
            &[(at(1, 0, 1), log.receipt(4))],
        )
        .ignores(11, 1, 0, "5.6 gap")
        .gives(&log, &[(1, 2, 11, 0)]),
        with(
            "a receipt of another history has no effect",
            vec![record()],
            &[(at(1, 0, 1), other.receipt(3))],
        )
        .ignores(11, 1, 0, "5.4 chain")
        .gives(&log, &[(1, 2, 11, 0)]),
        with(
            "a receipt by another key has no effect",
            vec![],
            &[(
                at(1, 0, 1),
                log.clone().by(forge::next_host(), 0).receipt(1),
            )],
        )
        .ignores(11, 1, 0, "5.6 foreign-key")
        .gives(&log, &[]),
    ]
}
