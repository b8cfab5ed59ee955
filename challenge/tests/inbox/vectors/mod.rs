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

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use shape::{File, Vector};

const ABOUT: &str = "Blocks, and the messages that Origin gets of them (docs/PROTOCOL.md, 2.1 to 2.10). The contract is a stand-in: \
an item's tag `Say` is its verdict, `fail` a run that ends in an error, everything else is applied. Ids and bytes are base64url; in \
`data` a number stands for so many zero bytes. `rewind` goes back to the state after that height; `discarded` lists what does not run \
by rule and word; `signed` is what each enclosure signs; `virtual_slots` are those of processes \
without host, `emptied` slots that are no-ops; where `messages` is empty nothing is said of them; `firm` is how many of the messages are firm at the end.";

/// The fewest cases that the files together may have.
const CASES_MIN: usize = 60;

type Cases = fn() -> Vec<Vector>;

const FILES: [(&str, Cases); 10] = [
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
];

fn path(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../tests/vectors/inbox")
        .join(format!("{name}.json"))
}

fn made(cases: Cases) -> File {
    File {
        about: ABOUT.to_owned(),
        vectors: cases(),
    }
}

fn read(name: &str) -> File {
    let text = fs::read_to_string(path(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn vectors_are_what_the_cases_say() {
    for (name, cases) in FILES {
        if std::env::var_os("WRITE_VECTORS").is_some() {
            let text = serde_json::to_string_pretty(&made(cases)).unwrap();
            fs::write(path(name), text + "\n").unwrap();
        }
        assert!(
            read(name) == made(cases),
            "{name}.json is not what its cases say"
        );
    }
}

#[test]
fn vectors_hold() {
    let files = FILES.into_iter().map(|(name, _)| read(name));
    let vectors: Vec<Vector> = files.flat_map(|file| file.vectors).collect();
    let broken: Vec<String> = vectors.iter().filter_map(broken).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let names: BTreeSet<&str> = vectors.iter().map(|vector| vector.name.as_str()).collect();
    assert_eq!(names.len(), vectors.len(), "two vectors have one name");
    assert!(names.len() >= CASES_MIN, "{} vectors", names.len());
}

fn broken(vector: &Vector) -> Option<String> {
    let (found, expected) = (vector.outcome(), &vector.expect);
    let (name, rule) = (&vector.name, &vector.rule);
    (found != *expected)
        .then(|| format!("{rule} {name}:\n found    {found:?}\n expected {expected:?}"))
}
