//! The caps of a process without host: its own, whatever other processes run (PROTOCOL 2.3, 5.8).

use aosec_challenge::inbox::{BLOCK_BYTES_MAX, BLOCK_ITEMS_MAX, ITEM_BYTES_MAX};
use aosec_wire::{Id, VerifiedItem};
use serde_json::{Value, json};

use crate::forge::{self, CUT, START, inbox, inbox_of, letter, signed, user};
use crate::hosts;

const OTHER: Id = Id::new([6; 32]);
const U: u64 = START + 2;

fn post(process: Id, number: u64, bytes: usize) -> VerifiedItem {
    let number = format!("{number:08}");
    let tags = [
        ("Data-Protocol", "ao"),
        ("Type", "Message"),
        ("n", number.as_str()),
    ];
    let item = |data: usize| signed(&user(2), Some(process), &tags, &vec![0; data]);
    let around = item(0).bytes().len();
    item(bytes.saturating_sub(around))
}

fn row(process: Id, ended: bool) -> Value {
    match ended {
        true => {
            json!({"Process": process, "State": "Unhosted", "Epoch": 0, "First": 1, "U": U})
        }
        false => json!({"Process": process, "State": "Hosted", "Epoch": 0, "First": 1,
            "Operator": user(5).address(), "From": START + 1}),
    }
}

fn saying(number: u64, ended: bool) -> VerifiedItem {
    let rows = [hosts::PROCESS, OTHER].map(|process| row(process, ended));
    let says = json!({"ok": true, "Hosting": rows}).to_string();
    letter(number, &[("Say", &says)])
}

/// The messages that each of these blocks from U + cut on gives slots to, of two processes that have lost their hosts.
fn ran(posts: &[(Id, Vec<VerifiedItem>)], blocks: u64) -> Vec<Vec<(Id, Id)>> {
    let mut track = forge::track();
    let mut step = |block| track.settled(&block).unwrap().virtual_slots;
    step(forge::start(&[]));
    step(forge::mail(START + 1, &[saying(1, false)]));
    step(forge::mail(U, &[saying(2, true)]));
    let mail = posts.iter().flat_map(|(process, posts)| {
        let name = process.to_string();
        let chunks = posts.chunks(chunk(posts));
        chunks
            .map(move |posts| inbox_of(&name, posts))
            .collect::<Vec<_>>()
    });
    step(hosts::block(U + 1, mail.chain([inbox(&[])]).collect()));
    for height in U + 2..U + CUT {
        assert!(step(hosts::block(height, vec![])).is_empty());
    }
    let heights = U + CUT..U + CUT + blocks;
    let slots = heights.map(|height| step(hosts::block(height, vec![])));
    slots
        .map(|slots| {
            let slots = slots.iter();
            slots
                .map(|slot| (slot.process, slot.entry.message))
                .collect()
        })
        .collect()
}

/// As many as fit into one transaction.
fn chunk(posts: &[VerifiedItem]) -> usize {
    match posts.first() {
        Some(post) if post.bytes().len() > 10_000 => 3,
        _ => 8_000,
    }
}

fn of(process: Id, posts: &[VerifiedItem]) -> Vec<(Id, Id)> {
    posts.iter().map(|post| (process, post.id())).collect()
}

#[test]
fn each_process_has_a_block_of_its_own() {
    let many: Vec<_> = (0..=BLOCK_ITEMS_MAX as u64)
        .map(|number| post(hosts::PROCESS, number, 0))
        .collect();
    let mut twice = many.clone();
    // What is passed over does not count.
    twice.insert(1, many[0].clone());
    let few: Vec<_> = (0..3).map(|number| post(OTHER, number, 0)).collect();
    let found = ran(&[(hosts::PROCESS, twice), (OTHER, few.clone())], 2);
    let expected = [
        of(OTHER, &few),
        of(hosts::PROCESS, &many[..BLOCK_ITEMS_MAX]),
    ]
    .concat();
    assert!(found[0] == expected);
    assert!(found[1] == of(hosts::PROCESS, &many[BLOCK_ITEMS_MAX..]));
}

#[test]
fn bytes_are_counted_and_nothing_overtakes() {
    let mut posts: Vec<_> = (0..9)
        .map(|number| post(hosts::PROCESS, number, ITEM_BYTES_MAX))
        .collect();
    let left = BLOCK_BYTES_MAX - 9 * ITEM_BYTES_MAX;
    posts.push(post(hosts::PROCESS, 10, left - 600));
    posts.push(post(hosts::PROCESS, 11, 601));
    posts.push(post(hosts::PROCESS, 12, 0));
    assert_eq!(posts[10].bytes().len(), 601);
    let found = ran(&[(hosts::PROCESS, posts.clone())], 3);
    assert!(found[0] == of(hosts::PROCESS, &posts[..10]));
    assert!(found[1] == of(hosts::PROCESS, &posts[10..]));
    assert!(found[2].is_empty());
}
