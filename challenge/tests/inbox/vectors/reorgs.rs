//! Reorgs (1.2, 1.4).

use aosec_challenge::derive::Block;

use super::shape::{Vector, branch_tick, case, item, tick};
use crate::forge::{DEPTH, START, inbox, letter, mail};
use crate::hosts;

const NEXT: u64 = START + 1;

pub(super) fn cases() -> Vec<Vector> {
    vec![
        replaced(),
        moved(),
        unfunded_again(),
        deepest(),
        too_deep(),
        to_the_tip(),
    ]
}

/// A block of branch 1 behind one of branch 0 or 1.
fn branch(height: u64, before: u8, numbers: &[u64]) -> Block {
    let letters: Vec<_> = numbers.iter().map(|number| letter(*number, &[])).collect();
    hosts::branched(height, 1, before, vec![inbox(&letters)])
}

fn replaced() -> Vector {
    case(
        "1.2",
        "what a reorg takes back has not run, and may run again",
    )
    .block(&mail(NEXT, &[letter(1, &[]), letter(2, &[])]))
    .rewind(START)
    .block(&branch(NEXT, 0, &[2]))
    .hears(branch_tick(2, NEXT, 1))
    .hears(item(&letter(2, &[]), 3, NEXT, NEXT).behind(1))
}

fn moved() -> Vector {
    case("1.2", "an item that moves to a later block is mined there")
        .block(&mail(NEXT, &[letter(1, &[])]))
        .rewind(START)
        .block(&branch(NEXT, 0, &[]))
        .hears(branch_tick(2, NEXT, 1))
        .block(&branch(NEXT + 1, 1, &[1]))
        .hears(branch_tick(3, NEXT + 1, 1))
        .hears(item(&letter(1, &[]), 4, NEXT + 1, NEXT + 1).behind(1))
}

fn unfunded_again() -> Vector {
    case("1.2", "two reorgs of one height leave one history")
        .block(&mail(NEXT, &[letter(1, &[])]))
        .rewind(START)
        .block(&branch(NEXT, 0, &[3]))
        .rewind(START)
        .block(&mail(NEXT, &[letter(1, &[])]))
        .hears(tick(2, NEXT))
        .hears(item(&letter(1, &[]), 3, NEXT, NEXT).behind(1))
}

fn deepest() -> Vector {
    let depth = u64::try_from(DEPTH).unwrap();
    let mut vector = case("1.4", "a reorg of settlement_depth is followed");
    for height in NEXT..NEXT + depth {
        vector = vector.block(&mail(height, &[letter(height, &[])]));
    }
    vector = vector.rewind(START);
    for (slot, height) in (2..).zip(NEXT..NEXT + depth) {
        let before = u8::from(height > NEXT);
        vector = vector
            .block(&branch(height, before, &[]))
            .hears(branch_tick(slot, height, 1));
    }
    vector.firm(2)
}

fn too_deep() -> Vector {
    let depth = u64::try_from(DEPTH).unwrap();
    case("1.4", "a deeper one is the alarm, and changes nothing")
        .quiet(2, NEXT..=NEXT + depth)
        .rewind(START)
        .alarm(START)
        .firm(3)
}

fn to_the_tip() -> Vector {
    case("1.2", "going back to the tip changes nothing")
        .quiet(2, NEXT..=NEXT + 1)
        .rewind(NEXT + 1)
        .quiet(4, NEXT + 2..=NEXT + 2)
        .firm(2)
}
