//! How fast Origin's messages come out of blocks, signatures of items and enclosures verified. It prints and judges nothing.
//!
//! `cargo test -p aosec-challenge --test inbox speed -- --ignored --nocapture`; with `--release` for the figure of the product.

use std::time::Instant;

use aosec_wire::VerifiedItem;

use crate::forge::{self, START, enclosing, inbox, letter, letter_of, start, user};
use crate::hosts;

const ITEMS: usize = 12_000;

#[test]
#[ignore = "a figure, not a verdict"]
fn speed() {
    let plain: Vec<_> = (0..ITEMS as u64)
        .map(|number| letter(number, &[]))
        .collect();
    measure("plain", &plain);
    for children in [1, 3] {
        let items: Vec<_> = (0..ITEMS as u64 / 2)
            .map(|number| with_children(number, children))
            .collect();
        measure(&format!("{children} enclosed"), &items);
    }
}

fn with_children(number: u64, children: u64) -> VerifiedItem {
    let name = number.to_string();
    let child = |index: u64| letter_of(&user(2), &[("n", &name), ("i", &index.to_string())], b"");
    let children: Vec<_> = (0..children).map(child).collect();
    enclosing(&children, &[("n", &name)])
}

/// Runs the items in blocks of a thousand, each block once.
fn measure(name: &str, items: &[VerifiedItem]) {
    let mut track = forge::track();
    track.settled(&start(&[])).unwrap();
    let blocks: Vec<_> = (START + 1..)
        .zip(items.chunks(1_000))
        .map(|(height, items)| hosts::block(height, vec![inbox(items)]))
        .collect();
    let begun = Instant::now();
    for block in &blocks {
        track.settled(block).unwrap();
    }
    let took = begun.elapsed().as_secs_f64();
    println!("{name:>12}: {:>7.0} messages/s", items.len() as f64 / took);
}
