//! A4, A5 and D29: the few places where sockets, files, status codes, SQL and unsafe code may stand.

use super::{PURE_ROOMS, stands_in};
use crate::rust;
use crate::tree::{Tree, Violation};

const STATUS_CODES: &str = "node/src/http/error.rs";
const STORE: &str = "node/src/store/";
/// Where the two files with unsafe code may stand: the wrapper around libcrypto's RSA, and the door for compiled code.
const UNSAFE_HOMES: [&str; 2] = ["node/wire/src/keys/rsa", "node/wasm/src/sealed"];

/// A4: the pure rooms open neither sockets nor files.
pub(crate) fn sockets_and_files(tree: &Tree) -> Vec<Violation> {
    let pure = tree
        .with_ending(".rs")
        .filter(|(path, _)| stands_in(&PURE_ROOMS, path));
    pure.flat_map(|(path, text)| doors(path, &rust::shipped(tree, path, text)))
        .collect()
}

fn doors(path: &str, code: &str) -> Vec<Violation> {
    let both = ["std", "tokio"].iter().flat_map(|root| {
        rust::segments_below(code, root)
            .into_iter()
            .map(move |found| (root, found))
    });
    both.filter(|(_, (_, segment))| matches!(segment.as_str(), "net" | "fs")).map(|(root, (line, segment))| {
        let advice = format!("`{root}::{segment}` outside the node: take bytes as arguments; the node opens sockets and files");
        Violation::new(path, line, "A4 doors", advice)
    })
    .collect()
}

/// A5: one file knows status codes.
pub(crate) fn status_codes(tree: &Tree) -> Vec<Violation> {
    let advice =
        "status codes stand in http/error.rs alone: return an ApiError, or ask it about a response";
    elsewhere(
        tree,
        "StatusCode",
        |path| path == STATUS_CODES,
        "A5 status codes",
        advice,
    )
}

/// A5: one folder knows SQL.
pub(crate) fn sql(tree: &Tree) -> Vec<Violation> {
    let advice = "SQL stands in store/ alone: add a typed function to the table's file there";
    elsewhere(
        tree,
        "sqlx",
        |path| path.starts_with(STORE),
        "A5 SQL",
        advice,
    )
}

fn elsewhere(
    tree: &Tree,
    word: &str,
    home: fn(&str) -> bool,
    rule: &'static str,
    advice: &str,
) -> Vec<Violation> {
    let others = tree
        .with_ending(".rs")
        .filter(|(path, _)| path.contains("src/") && !home(path));
    others
        .flat_map(|(path, text)| {
            let lines = rust::lines_with(&rust::shipped(tree, path, text), word);
            lines
                .into_iter()
                .map(move |line| Violation::new(path, line, rule, advice))
        })
        .collect()
}

/// D29: one file at each of two places may switch the ban on unsafe code off.
pub(crate) fn unsafe_code(tree: &Tree) -> Vec<Violation> {
    let advice = "unsafe code stands in the RSA wrapper of node/wire and at the door for compiled code of node/wasm alone: find a safe way, or write a record in docs/adr";
    let all = elsewhere(tree, "unsafe_code", |_| false, "D29 unsafe", advice);
    let homes: Vec<String> = UNSAFE_HOMES
        .iter()
        .filter_map(|home| all.iter().find(|found| found.file.starts_with(home)))
        .map(|found| found.file.clone())
        .collect();
    all.into_iter()
        .filter(|found| !homes.contains(&found.file))
        .collect()
}
