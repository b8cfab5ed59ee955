//! Front pages, lengths, and nothing left for later.

use crate::tree::{Tree, Violation};
use crate::{lua, rust};

/// A file that is longer has more than one subject.
const FILE_LINES_MAX: usize = 400;
/// A function that is longer does not fit on a screen; the same number stands in clippy.toml.
const FUNCTION_LINES_MAX: usize = 70;

/// Marks of unfinished work, put together here so that this file does not carry them.
const MARKS: [&str; 3] = [
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("TO", "DO"),
];
/// Texts that people write; data files may contain anything.
const WRITTEN: [&str; 12] = [
    ".rs", ".lua", ".toml", ".md", ".sql", ".c", ".h", ".mjs", ".js", ".sh", ".yml", ".py",
];

/// Every Rust file opens with `//!`, every Lua file with a comment.
pub(crate) fn front_pages(tree: &Tree) -> Vec<Violation> {
    let rust = tree
        .with_ending(".rs")
        .filter(|(_, text)| !text.starts_with("//!"));
    let lua = lua::files(tree).filter(|(_, text)| !lua::has_front_page(text));
    let advice =
        "open the file with what it is for, which rule it keeps, and what it leaves to others";
    rust.chain(lua)
        .map(|(path, _)| Violation::new(path, 1, "front page", advice))
        .collect()
}

/// Files up to 400 lines, functions up to 70.
pub(crate) fn lengths(tree: &Tree) -> Vec<Violation> {
    let files = tree.with_ending(".rs").chain(lua::files(tree));
    let long_files = files.filter_map(|(path, text)| long_file(path, text));
    let functions = tree
        .with_ending(".rs")
        .flat_map(|(path, text)| long_functions(path, text));
    long_files.chain(functions).collect()
}

fn long_file(path: &str, text: &str) -> Option<Violation> {
    let lines = text.lines().count();
    let advice = format!("{lines} lines, at most {FILE_LINES_MAX}: split where the meaning splits");
    (lines > FILE_LINES_MAX)
        .then(|| Violation::new(path, FILE_LINES_MAX + 1, "file length", advice))
}

fn long_functions(path: &str, text: &str) -> Vec<Violation> {
    let functions = rust::functions(&rust::code(text)).into_iter();
    functions.filter(|(_, _, length)| *length > FUNCTION_LINES_MAX).map(|(line, name, length)| {
        let advice = format!("`{name}` has {length} lines, at most {FUNCTION_LINES_MAX}: let it tell the steps and put each step below");
        Violation::new(path, line, "function length", advice)
    })
    .collect()
}

/// No unfinished macros in code, no marks for later in any text.
pub(crate) fn unfinished(tree: &Tree) -> Vec<Violation> {
    let macros = tree.with_ending(".rs").flat_map(|(path, text)| {
        let code = rust::code(text);
        ["todo!", "unimplemented!"]
            .into_iter()
            .flat_map(move |word| left(path, &code, word))
    });
    let written = tree
        .files()
        .filter(|(path, _)| WRITTEN.iter().any(|ending| path.ends_with(ending)));
    let marks =
        written.flat_map(|(path, text)| MARKS.iter().flat_map(move |mark| left(path, text, mark)));
    macros.chain(marks).collect()
}

fn left(path: &str, text: &str, word: &str) -> Vec<Violation> {
    let advice = format!(
        "`{word}`: finish it, or leave it out and say so in docs/ARCHITECTURE.md under what is planned"
    );
    let lines = rust::lines_with(text, word).into_iter();
    lines
        .map(|line| Violation::new(path, line, "unfinished", advice.clone()))
        .collect()
}
