//! The rules, one family a file; each is a pure function over the tree.

pub(crate) mod dependencies;
pub(crate) mod doors;
pub(crate) mod names;
pub(crate) mod pages;
pub(crate) mod purity;
pub(crate) mod shape;
pub(crate) mod spelling;
pub(crate) mod staircase;

use crate::tree::{Tree, Violation};

/// A rule: what is untidy in this tree.
pub(crate) type Rule = fn(&Tree) -> Vec<Violation>;

/// Source folders of the crates that touch neither socket, nor disk, nor clock.
pub(crate) const PURE_ROOMS: [&str; 4] = [
    "node/wire/src/",
    "node/wasm/src/",
    "market/src/",
    "challenge/src/",
];

/// Whether a file stands in one of these rooms.
pub(crate) fn stands_in(rooms: &[&str], path: &str) -> bool {
    rooms.iter().any(|room| path.starts_with(room))
}

/// An exception to a rule: the place (a file, or how a path begins), the word, and why it is right there.
#[derive(Debug)]
pub(crate) struct Exception {
    pub(crate) place: &'static str,
    pub(crate) word: &'static str,
    pub(crate) reason: &'static str,
}

/// Whether this word may stand in this file.
pub(crate) fn excepted(list: &[Exception], path: &str, word: &str) -> bool {
    list.iter()
        .any(|e| path.starts_with(e.place) && e.word == word && !e.reason.is_empty())
}
