//! What receipts promise: messages that a process without host goes on with, though its host has given them no slot (5.8).

use aosec_wire::{Id, LogEntry, SigningKey};

use super::logs::{HOSTED, NEXT, log};
use super::orphan::{
    OVER, Story, U, behind_two, enclosed, end, in_child, post, post_for, posted, receipt_of,
};
use super::shape::Vector;
use super::virtual_log::Line;
use crate::forge::signed;
use crate::hosts::{self, Written, honest, log_of, next_host};

pub(super) fn cases() -> Vec<Vector> {
    vec![
        promises(),
        promises_that_count_for_nothing(),
        bodies(),
        bodies_that_are_none(),
    ]
}

/// By the position of the first receipt; one that the log has is passed over.
fn promises() -> Vector {
    let posts: Vec<_> = (1..=4).map(post).collect();
    let receipt = |post: usize, slot| receipt_of(posts[post - 1].id(), slot);
    let stamped = LogEntry {
        message: posts[3].id(),
        ..honest(3, HOSTED)
    };
    let written = log().with(3, stamped);
    Story::begin("messages of receipts, by the receipt's position, each once")
        .block(
            NEXT + 1,
            vec![
                enclosed(&[receipt(2, 4), receipt(4, 3)]),
                enclosed(&[receipt(1, 4)]),
            ],
        )
        .block(
            U - 1,
            vec![enclosed(&[receipt(1, 3), receipt(2, 3)]), enclosed(&posts)],
        )
        .block(U, vec![end()])
        .block(
            OVER,
            vec![log_of(&[written.item(3, 3)]), enclosed(&[receipt(3, 4)])],
        )
        .gives(Line::behind(&written, 3).slots(&[
            (posts[1].id(), in_child(U - 1, 1, 0, 2)),
            (posts[0].id(), in_child(U - 1, 1, 0, 1)),
            (posts[2].id(), in_child(U - 1, 1, 0, 3)),
        ]))
}

/// By a stranger, of another epoch, of slot 0, for another process, beside a bad child, mined too late.
fn promises_that_count_for_nothing() -> Vector {
    let posts: Vec<_> = (1..=6).map(post).collect();
    let of = |written: Written, post: usize| {
        let entry = LogEntry {
            message: posts[post - 1].id(),
            ..honest(4, HOSTED)
        };
        written.with(4, entry).receipt(4).item().clone()
    };
    let mut zero = log();
    zero.first_slot = 0;
    let zero = zero.with(
        0,
        LogEntry {
            message: posts[2].id(),
            ..honest(1, HOSTED)
        },
    );
    let bad = signed(&SigningKey::solana([8; 32]), None, &[], b"");
    let none = [
        of(log().by(next_host(), 0), 1),
        of(log().by(hosts::host(), 1), 2),
        zero.receipt(0).item().clone(),
        of(log().of_process(Id::new([9; 32])), 4),
    ];
    Story::begin("receipts that count for nothing")
        .block(
            NEXT + 1,
            vec![
                enclosed(&posts),
                enclosed(&none),
                enclosed(&[of(log(), 5), bad]),
            ],
        )
        .block(U, vec![end()])
        .block(OVER + 1, vec![enclosed(&[of(log(), 6)])])
        .gives(vec![])
}

/// Enclosed before or after the receipt, or in the inbox since U.
fn bodies() -> Vector {
    let posts: Vec<_> = (1..=3).map(post).collect();
    let receipts: Vec<_> = posts.iter().map(|post| receipt_of(post.id(), 4)).collect();
    Story::begin("a message that a receipt names may stand anywhere up to U + cut")
        .block(NEXT + 1, vec![enclosed(&posts[..1]), enclosed(&receipts)])
        .block(NEXT + 2, vec![enclosed(&posts[..1])])
        .block(U, vec![end()])
        .block(OVER, vec![posted(&posts[2..]), enclosed(&posts[1..2])])
        .gives(behind_two().slots(&[
            (posts[0].id(), in_child(NEXT + 1, 0, 0, 1)),
            (posts[1].id(), in_child(OVER, 1, 0, 1)),
            (posts[2].id(), in_child(OVER, 0, 0, 0)),
        ]))
}

/// Nowhere; in the inbox before U; for another process; too late.
fn bodies_that_are_none() -> Vector {
    let other = post_for(Id::new([9; 32]), 3);
    let posts = [post(1), post(2), other, post(4)];
    let receipts: Vec<_> = posts.iter().map(|post| receipt_of(post.id(), 4)).collect();
    Story::begin("a message that stands nowhere in time has no slot")
        .block(
            NEXT + 1,
            vec![
                posted(&posts[1..2]),
                enclosed(&receipts),
                enclosed(&posts[2..3]),
            ],
        )
        .block(U, vec![end()])
        .block(OVER + 1, vec![enclosed(&posts[3..])])
        .gives(vec![])
}
