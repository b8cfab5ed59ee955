//! Names that say nothing, and texts that name one machine.

use super::{Exception, excepted};
use crate::tree::{Tree, Violation};

/// Words that tell a reader nothing about what stands behind them.
const EMPTY: [&str; 9] = [
    "util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "stuff",
];

const EXCEPTIONS: [Exception; 1] = [Exception {
    place: "contracts-lua/",
    word: "utils",
    reason: "processes written for aos require `.utils` by this name",
}];

/// Folders of single machines, put together here so that this file does not name them.
const MACHINE_FOLDERS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
];

/// No file or folder is named by an empty word, nor by one among others.
pub(crate) fn empty_names(tree: &Tree) -> Vec<Violation> {
    let advice = |word: &str| {
        format!("`{word}` says nothing: name it by what it does, in the words of docs/GLOSSARY.md")
    };
    tree.files()
        .filter_map(|(path, _)| {
            empty_word(path).map(|word| Violation::new(path, 1, "names", advice(word)))
        })
        .collect()
}

fn empty_word(path: &str) -> Option<&str> {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| EMPTY.contains(&word.to_ascii_lowercase().as_str()))
        .find(|word| !excepted(&EXCEPTIONS, path, word))
}

/// No text carries an absolute path of the machine it was written on.
pub(crate) fn machine_paths(tree: &Tree) -> Vec<Violation> {
    let advice = "a path of one machine: use one relative to the project, or a temporary folder";
    tree.files()
        .flat_map(|(path, text)| {
            text.lines()
                .enumerate()
                .map(move |(index, line)| (path, index + 1, line))
        })
        .filter(|(_, _, line)| {
            MACHINE_FOLDERS
                .iter()
                .any(|folder| begins_a_path(line, folder))
        })
        .map(|(path, line, _)| Violation::new(path, line, "machine path", advice))
        .collect()
}

/// Whether the folder begins a path, not inside a longer one, and a plain name follows: a route with `{process}` next is none.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + folder.len()..].chars().next();
        let inside = |c: char| c.is_alphanumeric() || "._-+/~}".contains(c);
        let starts = !before.is_some_and(inside) || line[..at].ends_with("file://");
        starts && after.is_some_and(|c| c.is_alphanumeric() || "._".contains(c))
    })
}
