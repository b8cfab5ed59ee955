//! The shared vectors of the derivation, `tests/vectors/derive`: thought out by hand here, written down for every reader of the law.
//!
//! `WRITE_VECTORS=1 cargo test -p aosec-challenge --test derive vectors` writes the files anew; without it they must be what the
//! cases say, and the code under test must do what the files say.

mod bundles;
mod case;
mod order;
mod records;
mod reorgs;
mod run;
mod shape;
mod stamps;
mod tenures;

use shape::Vector;

use crate::files::Files;

const FILES: Files<Vector> = Files {
    folder: "derive",
    about: "Blocks, a host table, and the canonical logs that must come of them (docs/PROTOCOL.md, 2.1 and 5.4 to 5.7). \
Ids, chains and bytes are base64url; in `data` a number stands for so many zero bytes. `rewind` goes back to the state after that \
height; `ignored` lists everything without effect in order, by rule and word; `late` adds up as in 2.8.",
    least: 103,
    cases: &[
        ("order", order::cases),
        ("stamps", stamps::cases),
        ("tenures", tenures::cases),
        ("bundles", bundles::cases),
        ("records", records::cases),
        ("reorgs", reorgs::cases),
    ],
};

#[test]
fn vectors_are_what_the_cases_say() {
    FILES.are_what_the_cases_say();
}

#[test]
fn vectors_hold() {
    FILES.hold(|vector| &vector.name, broken);
}

fn broken(vector: &Vector) -> Option<String> {
    let (found, expected) = (run::outcome(vector), &vector.expect);
    let (name, rule) = (&vector.name, &vector.rule);
    (found != *expected)
        .then(|| format!("{rule} {name}:\n found    {found:?}\n expected {expected:?}"))
}
