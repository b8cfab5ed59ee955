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

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use shape::{File, Vector};

const ABOUT: &str = "Blocks, a host table, and the canonical logs that must come of them (docs/PROTOCOL.md, 2.1 and 5.4 to 5.7). \
Ids, chains and bytes are base64url; in `data` a number stands for so many zero bytes. `rewind` goes back to the state after that \
height; `ignored` lists everything without effect in order, by rule and word; `late` adds up as in 2.8.";

/// The fewest cases that the files together may have.
const CASES_MIN: usize = 103;

type Cases = fn() -> Vec<Vector>;

const FILES: [(&str, Cases); 6] = [
    ("order", order::cases),
    ("stamps", stamps::cases),
    ("tenures", tenures::cases),
    ("bundles", bundles::cases),
    ("records", records::cases),
    ("reorgs", reorgs::cases),
];

fn path(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../tests/vectors/derive")
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
    let (found, expected) = (run::outcome(vector), &vector.expect);
    let (name, rule) = (&vector.name, &vector.rule);
    (found != *expected)
        .then(|| format!("{rule} {name}:\n found    {found:?}\n expected {expected:?}"))
}
