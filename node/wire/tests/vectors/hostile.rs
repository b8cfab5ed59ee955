//! Valid things, broken: nothing panics, and nothing that is not exactly what was signed gets in.

use aosec_wire::Strictness;
use aosec_wire::item::verify_bytes;
use bytes::Bytes;

use crate::corpus::{self, Vector};
use crate::seed::{Draw, seed};
use crate::{checks, corpus::valid_items};

/// Items up to this length have every bit flipped, longer ones one bit of each of their first bytes.
const SHORT_ITEM_BYTES: usize = 300;
const LONG_ITEM_FLIPS: usize = 1_200;

/// Broken copies that each kind of reader sees.
const BROKEN_COPIES: usize = 4_000;

#[test]
fn no_flipped_bit_passes() {
    let mut draw = Draw(seed());
    for vector in valid_items() {
        let bytes = vector.bytes();
        for bit in bits_to_flip(&bytes, &mut draw) {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let judged = verify_bytes(flipped.into(), Strictness::Settled);
            assert!(judged.is_err(), "{} with bit {bit} flipped", vector.name());
        }
    }
}

#[test]
fn no_cut_or_lengthened_item_passes() {
    for vector in valid_items()
        .iter()
        .filter(|vector| vector.bytes().len() < SHORT_ITEM_BYTES)
    {
        let bytes = vector.bytes();
        for length in 0..bytes.len() {
            let judged = verify_bytes(bytes.slice(..length), Strictness::Settled);
            assert!(judged.is_err(), "{} cut to {length}", vector.name());
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(
            verify_bytes(longer.into(), Strictness::Settled).is_err(),
            "{}",
            vector.name()
        );
    }
}

#[test]
fn broken_items_are_judged_calmly() {
    let corpus: Vec<_> = corpus::items().iter().map(Vector::bytes).collect();
    for_broken_copies(&corpus, checks::item);
}

#[test]
fn broken_bundles_are_judged_calmly() {
    let corpus: Vec<_> = corpus::bundles().iter().map(Vector::bytes).collect();
    for_broken_copies(&corpus, checks::bundle);
}

#[test]
fn broken_tags_are_judged_calmly() {
    let raw = |vector: &Vector| {
        let item = verify_bytes(vector.bytes(), Strictness::Settled).unwrap();
        let count = u8::try_from(item.tags().len()).unwrap();
        Bytes::from([&[count], item.raw_tags()].concat())
    };
    for_broken_copies(
        &valid_items().iter().map(raw).collect::<Vec<_>>(),
        checks::tags,
    );
}

#[test]
fn broken_results_are_judged_calmly() {
    let whole = r#"{"Messages":[{"Target":"T","Anchor":"0","Tags":[{"name":"A","value":"1"}],"Data":"d"}],
        "Spawns":[],"Assignments":[{"Message":"m","Processes":["p"]}],"Output":{"data":"2"},"Error":"e","GasUsed":7}"#;
    for_broken_copies(&[whole.into()], checks::outcome);
}

fn bits_to_flip(bytes: &Bytes, draw: &mut Draw) -> Vec<usize> {
    match bytes.len() {
        short if short < SHORT_ITEM_BYTES => (0..short * 8).collect(),
        long => (0..long.min(LONG_ITEM_FLIPS))
            .map(|byte| byte * 8 + draw.below(8))
            .collect(),
    }
}

fn for_broken_copies(corpus: &[Bytes], check: fn(&[u8])) {
    corpus.iter().for_each(|whole| check(whole));
    let mut draw = Draw(seed());
    for _ in 0..BROKEN_COPIES {
        let mut bytes = corpus[draw.below(corpus.len())].to_vec();
        for _ in 0..=draw.below(4) {
            break_once(&mut bytes, corpus, &mut draw);
        }
        check(&bytes);
    }
}

fn break_once(bytes: &mut Vec<u8>, corpus: &[Bytes], draw: &mut Draw) {
    let at = draw.below(bytes.len() + 1);
    let end = (at + 1 + draw.below(16)).min(bytes.len());
    match draw.below(6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << draw.below(8),
        1 if at < bytes.len() => bytes[at] = draw.byte(),
        2 => bytes.truncate(at),
        3 => drop(bytes.splice(at..at, extreme_number(draw))),
        4 => drop(bytes.splice(at..end, extreme_number(draw))),
        _ => {
            let other = &corpus[draw.below(corpus.len())];
            bytes.splice(at.., other[draw.below(other.len() + 1)..].iter().copied());
        }
    }
}

/// Numbers at which lengths go wrong, in the width of the item's own.
fn extreme_number(draw: &mut Draw) -> [u8; 8] {
    let numbers = [
        0,
        1,
        127,
        128,
        129,
        4_096,
        4_097,
        1 << 31,
        1 << 40,
        1 << 63,
        u64::MAX,
    ];
    numbers[draw.below(numbers.len())].to_le_bytes()
}
