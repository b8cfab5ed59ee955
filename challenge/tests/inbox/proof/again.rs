//! What a proof derives again, against what the court derived of the same blocks.

use aosec_challenge::derive::Block;
use aosec_challenge::inbox::{Lease, Replay};
use aosec_wire::{Id, LogEntry, SigningKey, VerifiedItem};
use serde_json::json;

use super::{HOSTED, OVER, U, message};
use crate::forge::{
    CUT, START, enclosing, genesis, inbox, inbox_of, letter, mail, origin, over, start, user,
};
use crate::hosts::{self, PROCESS, Written, honest, host, log_of};

fn saying(number: u64, verdict: &serde_json::Value) -> VerifiedItem {
    letter(number, &[("Say", &verdict.to_string())])
}

/// A process is hosted, loses its host over two cases with a promise between, and is written to; most blocks are empty.
fn story() -> (Vec<Block>, Vec<(u64, Id)>) {
    let operator = user(5).address().clone();
    let hosted = json!({"ok": true,
        "Hosting": [{"Process": PROCESS, "State": "Hosted", "Epoch": 0, "First": 1, "Operator": operator, "From": HOSTED}],
        "Keys": [{"Operator": operator, "Key": host().address(), "From": HOSTED}]});
    let posts: Vec<_> = (10..=15).map(|number| message(PROCESS, number)).collect();
    let case = |number: u64, post: usize, state: &str| json!({"Case": number, "Kind": "Liveness", "State": state, "Process": PROCESS, "Epoch": 0, "Message": posts[post].id()});
    let opened = json!({"ok": true, "Cases": [case(1, 0, "Open"), case(2, 1, "Open")]});
    let ended = json!({"ok": true, "Cases": [case(1, 0, "Expired")],
        "Hosting": [{"Process": PROCESS, "State": "Unhosted", "Epoch": 0, "First": 1, "U": U}]});
    let log = Written::of((1..=2).map(|slot| honest(slot, HOSTED))).under(origin());
    let promised = LogEntry {
        message: posts[2].id(),
        ..honest(3, HOSTED)
    };
    let receipt = log.clone().and([promised]).receipt(3).item().clone();
    let gone = log.clone().by(SigningKey::ed25519([77; 32]), 0).item(1, 2);
    let told = |height: u64, more: Vec<_>| hosts::block(height, more);
    let blocks = vec![
        start(&[]),
        mail(HOSTED, &[saying(100, &hosted)]),
        told(
            HOSTED + 1,
            vec![
                log_of(&[gone, log.item(1, 1)]),
                inbox(&[enclosing(&[receipt], &[])]),
            ],
        ),
        told(
            HOSTED + 2,
            vec![
                inbox(&[saying(101, &opened), enclosing(&posts[..3], &[])]),
                log_of(&[log.item(1, 2)]),
            ],
        ),
        told(U - 1, vec![]),
        told(
            U,
            vec![
                inbox(&[saying(102, &ended)]),
                inbox_of(&PROCESS.to_string(), &posts[3..4]),
            ],
        ),
    ];
    let mut blocks = blocks;
    for height in U + 1..=OVER + 3 {
        let of = |some: &[VerifiedItem]| vec![inbox_of(&PROCESS.to_string(), some)];
        let posted = match height {
            _ if height == U + 2 => of(&posts[4..5]),
            _ if height == OVER + 2 => of(&posts[5..]),
            _ => vec![],
        };
        blocks.push(told(height, posted));
    }
    (blocks, vec![(1, posts[0].id()), (2, posts[1].id())])
}

#[test]
fn what_is_derived_again_is_what_the_court_derived() {
    assert_eq!(genesis().target(), Some(origin()));
    let (blocks, forced) = story();
    let mut track = over(&[]);
    let mut ordered = Vec::new();
    for block in &blocks {
        ordered.extend(track.step(block.clone()).unwrap().virtual_slots);
    }
    let messages: Vec<_> = ordered.iter().map(|slot| slot.entry.message).collect();
    let expected: Vec<_> = (10..=15)
        .map(|number| message(PROCESS, number).id())
        .collect();
    assert_eq!(messages, expected, "cases, the promise, the inbox");
    let tenures = track.soft().0.tenures(&PROCESS);
    let (epoch, tenure) = tenures[0].clone();
    assert_eq!((epoch, tenure.ended), (0, Some(U)));
    let lease = Lease {
        epoch,
        tenure,
        forced,
    };
    let wanted = blocks
        .iter()
        .filter(|block| !block.transactions.is_empty() || block.height == OVER);
    let mut replay = Replay::begin(origin(), PROCESS, CUT, vec![lease], START);
    let again: Vec<_> = wanted
        .flat_map(|block| replay.step(block).unwrap().virtual_slots)
        .collect();
    assert_eq!(again, ordered);
}
