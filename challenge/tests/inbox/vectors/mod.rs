//! The shared vectors of Origin's log, `tests/vectors/inbox`: thought out by hand here, written down for every reader of the law.
//!
//! `WRITE_VECTORS=1 cargo test -p aosec-challenge --test inbox vectors` writes the files anew; without it they must be what the
//! cases say, and the code under test must do what the files say.

mod block_shape;
mod children;
mod fallback;
mod items;
mod logs;
mod orphan;
mod places;
mod promises;
mod reorgs;
mod shape;
mod signed;
mod start;
mod transactions;
mod virtual_log;

use shape::Vector;

use crate::files::Files;

const FILES: Files<Vector> = Files {
    folder: "inbox",
    about: "Blocks, and the messages that Origin gets of them (docs/PROTOCOL.md, 2.1 to 2.10). The contract is a stand-in: \
an item's tag `Say` is its verdict, `fail` a run that ends in an error, everything else is applied. Ids and bytes are base64url; in \
`data` a number stands for so many zero bytes. `rewind` goes back to the state after that height; `discarded` lists what does not run \
by rule and word; `signed` is what each enclosure signs; `virtual_slots` are those of processes \
without host, `emptied` slots that are no-ops; where `messages` is empty nothing is said of them; `firm` is how many of the messages are firm at the end.",
    least: 60,
    cases: &[
        ("start", start::cases),
        ("transactions", transactions::cases),
        ("items", items::cases),
        ("children", children::cases),
        ("logs", logs::cases),
        ("places", places::cases),
        ("signed", signed::cases),
        ("fallback", fallback::cases),
        ("promises", promises::cases),
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
    let (found, expected) = (vector.outcome(), &vector.expect);
    let (name, rule) = (&vector.name, &vector.rule);
    (found != *expected)
        .then(|| format!("{rule} {name}:\n found    {found:?}\n expected {expected:?}"))
}
