//! What processes without host go on with (5.7, 5.8), and slots that are no-ops (5.10).

use aosec_challenge::derive::Block;
use aosec_wire::{Id, LogEntry, VerifiedItem};
use serde_json::{Value, json};

use super::logs::{HOSTED, NEXT, hosted, log, naming, seen};
use super::orphan::{
    OVER, Story, U, at, begun, behind_two, case_row, enclosed, end, end_with, ended_row, in_child,
    post, posted, receipt_of, saying,
};
use super::shape::{Vector, item, tick};
use super::virtual_log::{At, Line};
use crate::forge::{CUT, inbox, letter, signed, user};
use crate::hosts::{self, PROCESS, honest, log_of};

pub(super) fn cases() -> Vec<Vector> {
    vec![
        inbox_since_the_end(),
        jump(),
        cut_row(),
        one_queue(),
        cases_of_the_lease(),
        expired_with_the_lease(),
        behind_the_last_record(),
        without_any_record(),
        registered(),
        hosted_again(),
        lost_again(),
        taken_back(),
        emptied(),
    ]
}

fn inbox_since_the_end() -> Vector {
    let bad = signed(
        &user(2),
        Some(Id::new([3; 32])),
        &[("Data-Protocol", "ao"), ("Type", "Message")],
        b"",
    );
    let untagged = signed(&user(2), Some(PROCESS), &[("Data-Protocol", "ao")], b"");
    let (early, later) = (
        posted(&[post(1)]),
        [post(2), bad, post(3), untagged, post(2)],
    );
    Story::begin("what stands in the inbox since U has slots from U + cut on, in order")
        .block(U - 1, vec![early])
        .block(U, vec![posted(&[post(4)]), end(), posted(&[post(5)])])
        .block(U + 1, vec![inbox(&[letter(1, &[])]), posted(&later)])
        .block(OVER, vec![posted(&[post(6)])])
        .block(OVER + 1, vec![posted(&[post(6), post(1)])])
        .gives(behind_two().slots(&[
            (post(4).id(), begun(U, 0, 0)),
            (post(5).id(), begun(U, 2, 0)),
            (post(2).id(), begun(U + 1, 1, 0)),
            (post(3).id(), begun(U + 1, 1, 2)),
            (post(6).id(), begun(OVER, 0, 0)),
            (post(1).id(), at(OVER + 1, 0, 1)),
        ]))
}

/// The host's stamps may lie ahead of the base layer's time: time goes on behind them.
fn jump() -> Vector {
    let ahead = LogEntry {
        timestamp: (hosts::time_s(OVER) + 60) * 1_000,
        ..honest(3, HOSTED)
    };
    let written = log().with(3, ahead);
    Story::begin("time goes on from the last slot where blocks lie behind it")
        .block(U, vec![end()])
        .block(
            OVER,
            vec![log_of(&[written.item(1, 3)]), posted(&[post(1), post(2)])],
        )
        .block(OVER + 1, vec![posted(&[post(3)])])
        .gives(Line::behind(&written, 3).slots(&[
            (post(1).id(), at(OVER, 1, 0)),
            (post(2).id(), at(OVER, 1, 1)),
            (post(3).id(), at(OVER + 1, 0, 0)),
        ]))
}

/// What the court sees: the cut stands, the head goes on; places are virtual.
fn cut_row() -> Vector {
    let ends = end_with(&json!([]));
    let slots = behind_two().slots(&[
        (post(1).id(), begun(U + 1, 0, 0)),
        (post(2).id(), at(OVER, 0, 0)),
    ]);
    let process = PROCESS.to_string();
    let message = post(2).id().to_string();
    let asks = letter(
        1,
        &[("Process", &process), ("Slot", "3"), ("Message", &message)],
    );
    let mut row = seen(2, Some(NEXT));
    let place = |slot: usize| json!({"message": slots[slot].message, "mined": OVER, "epoch": 0, "virtual": true});
    row[&process]["slot"] = json!(4);
    row[&process]["chain"] = json!(slots[1].chain);
    row[&process]["cut"] = json!({"slot": 2, "chain": log().chain(2)});
    let mut asked = row.clone();
    asked[&process]["at"]["3"] = place(0);
    asked[&process]["of"][&message] =
        json!({"slot": 4, "mined": OVER, "epoch": 0, "virtual": true});
    let last = OVER + 1;
    let vector = hosted("the cut stands, and the log goes on")
        .block(&hosts::block(NEXT, vec![log_of(&[log().item(1, 2)])]))
        .hears(tick(4, NEXT))
        .quiet(5, NEXT + 1..=U - 1)
        .block(&hosts::block(U, vec![inbox(std::slice::from_ref(&ends))]))
        .hears(tick(7, U))
        .hears(item(&ends, 8, U, U).behind(1))
        .block(&hosts::block(U + 1, vec![posted(&[post(1)])]))
        .hears(tick(9, U + 1))
        .quiet(10, U + 2..=OVER - 1)
        .block(&hosts::block(
            OVER,
            vec![posted(&[post(2)]), inbox(&[naming(7)])],
        ))
        .hears(tick(13, OVER))
        .hears(item(&naming(7), 14, OVER, OVER).behind(1).with_log(row))
        .block(&hosts::block(
            last,
            vec![inbox(std::slice::from_ref(&asks))],
        ))
        .hears(tick(15, last))
        .hears(item(&asks, 16, last, last).behind(1).with_log(asked));
    vector.firm(12).virtual_slots(slots)
}

/// (1), (2), (3), each message once.
fn one_queue() -> Vector {
    let (forced, promised, posted_last) = (post(1), post(2), post(3));
    let opens = json!({"ok": true, "Cases": [case_row(1, "Liveness", "Open", 0, forced.id())]});
    let receipt = receipt_of(promised.id(), 4);
    Story::begin("cases come before receipts, and receipts before the inbox")
        .block(
            NEXT + 1,
            vec![
                enclosed(std::slice::from_ref(&forced)),
                inbox(&[saying(9, &opens)]),
            ],
        )
        .block(
            U,
            vec![
                end(),
                posted(&[posted_last.clone(), promised.clone(), forced.clone()]),
            ],
        )
        .block(U + 1, vec![enclosed(&[receipt])])
        .block(OVER, vec![])
        .gives(behind_two().slots(&[
            (forced.id(), in_child(NEXT + 1, 0, 0, 1)),
            (promised.id(), in_child(U, 1, 1, 0)),
            (posted_last.id(), in_child(U, 1, 0, 0)),
        ]))
}

/// By number, not by time; of this lease, unfinished, about liveness.
fn cases_of_the_lease() -> Vector {
    let posts: Vec<_> = (1..=7).map(post).collect();
    let row = |number: u64, kind: &str, state: &str, epoch: u64, post: usize| {
        case_row(number, kind, state, epoch, posts[post - 1].id())
    };
    let first = json!({"ok": true, "Cases": [row(5, "Liveness", "Open", 0, 1), row(2, "Liveness", "Open", 0, 2),
        row(3, "Publication", "Open", 0, 3), row(4, "Liveness", "Open", 1, 4), row(6, "Liveness", "Open", 0, 5)]});
    let then = json!({"ok": true, "Cases": [row(6, "Liveness", "Closed", 0, 5), row(2, "Liveness", "Answered", 0, 2),
        row(7, "Data", "Open", 0, 6), row(8, "Liveness", "Open", 0, 7)]});
    Story::begin("the unfinished liveness cases of the lease, by number")
        .block(
            NEXT + 1,
            vec![
                enclosed(&posts),
                inbox(&[saying(9, &first), saying(10, &then)]),
            ],
        )
        .block(U, vec![end()])
        .block(OVER, vec![])
        .gives(behind_two().slots(&[
            (posts[1].id(), in_child(NEXT + 1, 0, 0, 2)),
            (posts[0].id(), in_child(NEXT + 1, 0, 0, 1)),
            (posts[6].id(), in_child(NEXT + 1, 0, 0, 7)),
        ]))
}

fn expired_with_the_lease() -> Vector {
    let (one, other) = (post(1), post(2));
    let row =
        |number, state, post: &VerifiedItem| case_row(number, "Liveness", state, 0, post.id());
    let opens = json!({"ok": true, "Cases": [row(1, "Open", &one), row(2, "Open", &other)]});
    let ends = end_with(&json!([row(1, "Moot", &one), row(2, "Expired", &other)]));
    Story::begin("the case that expires with the lease is among them")
        .block(
            NEXT + 1,
            vec![
                enclosed(&[one.clone(), other.clone()]),
                inbox(&[saying(9, &opens)]),
            ],
        )
        .block(U, vec![inbox(&[ends])])
        .block(OVER, vec![])
        .gives(behind_two().slots(&[
            (one.id(), in_child(NEXT + 1, 0, 0, 1)),
            (other.id(), in_child(NEXT + 1, 0, 0, 2)),
        ]))
}

/// 5.7: the host may extend up to and in block U + cut, and what it puts into a slot is passed over.
fn behind_the_last_record() -> Vector {
    let stamped = LogEntry {
        message: post(1).id(),
        ..honest(3, HOSTED)
    };
    let written = log().with(3, stamped);
    Story::begin("the queue begins behind the records of block U + cut")
        .block(U, vec![end(), posted(&[post(1), post(2)])])
        .block(OVER, vec![log_of(&[written.item(3, 3)])])
        .block(
            OVER + 1,
            vec![log_of(&[written.item(4, 4)]), posted(&[post(3)])],
        )
        .gives(Line::behind(&written, 3).slots(&[
            (post(2).id(), begun(U, 1, 1)),
            (post(3).id(), at(OVER + 1, 1, 0)),
        ]))
}

/// The slot before the first one holds the process's own id, at height and time 0.
fn without_any_record() -> Vector {
    let vector = hosted("a log without any record goes on from its spawn").silently();
    Story { vector, next: NEXT }
        .block(U, vec![end(), posted(&[post(1), post(2)])])
        .block(OVER, vec![])
        .gives(
            Line::at_start(PROCESS, 0, Id::sha256(PROCESS.as_bytes())).slots(&[
                (post(1).id(), begun(U, 1, 0)),
                (post(2).id(), begun(U, 1, 1)),
            ]),
        )
}

fn registered() -> Vector {
    let (legacy, operator) = (Id::new([5; 32]), user(5));
    let row = json!({"Process": PROCESS, "State": "Hosted", "Epoch": 0, "First": 10, "Legacy": legacy,
        "Operator": operator.address(), "From": HOSTED});
    let begins = saying(100, &json!({"ok": true, "Hosting": [row]}));
    let ends = saying(200, &json!({"ok": true, "Hosting": [ended_row(10)]}));
    let chain = Id::sha256(&[PROCESS.as_bytes(), &legacy.as_bytes()[..]].concat());
    let vector = super::shape::case(
        "5.15",
        "so does one of a registered process, from the slot before its first",
    )
    .silently();
    Story {
        vector,
        next: HOSTED,
    }
    .block(HOSTED, vec![inbox(&[begins])])
    .block(U, vec![inbox(&[ends]), posted(&[post(1)])])
    .block(OVER, vec![])
    .gives(Line::at_start(PROCESS, 9, chain).slots(&[(post(1).id(), begun(U, 1, 0))]))
}

/// R is the height at which the new lease begins: what is mined in it has its slot in step (a) before.
fn hosted_again() -> Vector {
    let again = OVER + 2;
    let row = json!({"Process": PROCESS, "State": "Hosted", "Epoch": 1, "First": 5,
        "Operator": user(5).address(), "From": again});
    let resumes = saying(300, &json!({"ok": true, "Hosting": [row]}));
    Story::begin("from the block behind Resume the inbox has no effect")
        .block(U, vec![end(), posted(&[post(1)])])
        .block(again, vec![inbox(&[resumes]), posted(&[post(2)])])
        .block(again + 1, vec![posted(&[post(3)])])
        .gives(behind_two().slots(&[
            (post(1).id(), begun(U, 1, 0)),
            (post(2).id(), at(again, 1, 0)),
        ]))
}

/// A second host that publishes nothing: its epoch's slots stand behind those of the first.
fn lost_again() -> Vector {
    let (again, over) = (OVER + 1, OVER + 3 + CUT);
    let hosted = json!({"Process": PROCESS, "State": "Hosted", "Epoch": 1, "First": 4,
        "Operator": user(5).address(), "From": again});
    let lost =
        json!({"Process": PROCESS, "State": "Unhosted", "Epoch": 1, "First": 4, "U": OVER + 3});
    let says = |number, row: Value| saying(number, &json!({"ok": true, "Hosting": [row]}));
    let first = [(post(1).id(), begun(U, 1, 0))];
    let run = |found| At { run: over, found };
    let second = [
        (post(3).id(), run((OVER + 3, 1, 0, 0))),
        (post(4).id(), run((over, 0, 0, 0))),
    ];
    let mut line = behind_two();
    let slots = [line.next_slots(&first), line.in_epoch(1).slots(&second)].concat();
    Story::begin("each lease that ends has its own queue, in its own epoch")
        .block(U, vec![end(), posted(&[post(1)])])
        .block(again, vec![inbox(&[says(300, hosted)])])
        .block(OVER + 2, vec![posted(&[post(2)])])
        .block(
            OVER + 3,
            vec![inbox(&[says(301, lost)]), posted(&[post(3)])],
        )
        .block(over, vec![posted(&[post(4)])])
        .gives(slots)
}

/// A reorg takes back the slots, and then the end of the lease itself.
fn taken_back() -> Vector {
    let branch = |height: u64, before: u8, transactions| -> Block {
        hosts::branched(height, 1, before, transactions)
    };
    let story = Story::begin("a reorg takes slots back")
        .block(U, vec![end(), posted(&[post(1)])])
        .block(OVER, vec![posted(&[post(2)])])
        .block(OVER + 1, vec![posted(&[post(3)])]);
    let slots = behind_two().slots(&[
        (post(1).id(), begun(U, 1, 0)),
        (post(3).id(), at(OVER, 0, 0)),
        (post(2).id(), at(OVER + 1, 0, 0)),
    ]);
    let vector = story.vector.rewind(OVER - 1);
    let vector = vector.block(&branch(OVER, 0, vec![posted(&[post(3)])]));
    let vector = vector.block(&branch(OVER + 1, 1, vec![posted(&[post(2)])]));
    vector.virtual_slots(slots)
}

/// 5.10: once, from behind the block in which the case expires.
fn emptied() -> Vector {
    let mut row = case_row(1, "Data", "Open", 0, honest(2, HOSTED).message);
    row["Slot"] = json!(2);
    let mut over = row.clone();
    over["State"] = json!("Expired");
    let mut other = row.clone();
    (other["Case"], other["State"], other["Slot"]) = (json!(2), json!("Closed"), json!(1));
    let says = |number, row: &Value| inbox(&[saying(number, &json!({"ok": true, "Cases": [row]}))]);
    let story = Story::begin("the slot of an expired case about data is a no-op for ever")
        .block(NEXT + 1, vec![says(9, &row), says(10, &other)])
        .block(NEXT + 2, vec![says(11, &over)])
        .block(NEXT + 3, vec![says(12, &over)]);
    story.vector.empties(NEXT + 2, PROCESS, 2)
}
