//! A1: rules are functions of their arguments. Time, height, randomness and keys come from outside.

use super::{Exception, PURE_ROOMS, excepted, stands_in};
use crate::rust::{self, has_word};
use crate::tree::{Tree, Violation};

/// The pure files of the node's units, without `.rs`, because a file may grow into a folder. The first of each pair is the file whose
/// presence says that the unit is built: from then on the pure one has to stand.
const PURE_FILES: [(&str, &str); 8] = [
    ("node/src/su/actor", "node/src/su/chain"),
    ("node/src/cu/actor", "node/src/cu/replay"),
    ("node/src/cu/actor", "node/src/cu/input"),
    ("node/src/mu/actor", "node/src/mu/outbox"),
    ("node/src/mu/actor", "node/src/mu/push"),
    ("node/src/mu/actor", "node/src/mu/fees"),
    ("node/src/mu/hostless/mod", "node/src/mu/hostless/rule"),
    (
        "node/src/arweave/devchain/actor",
        "node/src/arweave/devchain/chain",
    ),
];

/// Words that make a result depend on when, where or in which order it was computed.
const BANNED: [&str; 10] = [
    "SystemTime",
    "Instant::now",
    "HashMap",
    "HashSet",
    "RandomState",
    "rand",
    "getrandom",
    "thread_rng",
    "OsRng",
    "tokio",
];

const EXCEPTIONS: [Exception; 1] = [Exception {
    place: "node/wire/src/keys",
    word: "getrandom",
    reason: "a new key is made of randomness; nothing else in the ground floor draws it",
}];

/// No clock, no randomness, no unordered map, no runtime in what is pure.
pub(crate) fn sources(tree: &Tree) -> Vec<Violation> {
    let pure = tree
        .with_ending(".rs")
        .filter(|(path, text)| is_pure(path, text));
    pure.flat_map(|(path, text)| judge(path, &rust::shipped(tree, path, text)))
        .collect()
}

fn is_pure(path: &str, text: &str) -> bool {
    stands_in(&PURE_ROOMS, path)
        || PURE_FILES.iter().any(|(_, file)| is_or_holds(file, path))
        || calls_itself_pure(text)
}

/// Whether the front page says `Pure`, or its first line `pure`: a file is held to its word.
fn calls_itself_pure(text: &str) -> bool {
    let mut page = text.lines().take_while(|line| line.starts_with("//!"));
    let opens = page
        .next()
        .is_some_and(|line| has_word(&line.to_lowercase(), "pure"));
    opens || page.any(|line| has_word(line, "Pure"))
}

fn is_or_holds(stem: &str, path: &str) -> bool {
    path.strip_prefix(stem)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn judge(path: &str, code: &str) -> Vec<Violation> {
    let words = BANNED
        .iter()
        .filter(|word| !excepted(&EXCEPTIONS, path, word));
    words
        .flat_map(|word| {
            rust::lines_with(code, word)
                .into_iter()
                .map(|line| refused(path, line, word))
        })
        .collect()
}

fn refused(path: &str, line: usize, word: &str) -> Violation {
    let advice = match word {
        "HashMap" | "HashSet" | "RandomState" => {
            "its order is not the same twice: use BTreeMap or BTreeSet"
        }
        "SystemTime" | "Instant::now" => "take the time as an argument; the node reads the clock",
        "tokio" => "decide here, act in the unit's actor",
        _ => "take randomness as an argument; the node draws it",
    };
    Violation::new(
        path,
        line,
        "A1 purity",
        format!("`{word}` in a pure file: {advice}"),
    )
}

/// The list above stays true while files move.
pub(crate) fn list_is_true(tree: &Tree) -> Vec<Violation> {
    let there = |stem: &str| tree.stands(&format!("{stem}.rs")) || tree.stands(stem);
    let lost = PURE_FILES
        .iter()
        .filter(|(unit, file)| there(unit) && !there(file));
    let advice = "the unit is built but this pure file is gone: name its new place in tests/tidy/rules/purity.rs";
    lost.map(|(_, file)| Violation::new(&format!("{file}.rs"), 1, "A1 purity", advice))
        .collect()
}
