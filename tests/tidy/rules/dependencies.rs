//! A1 and the arrows of the house, as the manifests and cargo's own tree show them.

use crate::manifest;
use crate::tree::{Tree, Violation};

/// Crates that must build without any of the [`RUNTIMES`].
pub(crate) const PURE_CRATES: [&str; 4] = [
    "aosec-wire",
    "aosec-wasm",
    "aosec-market",
    "aosec-challenge",
];

/// What opens sockets, drives tasks or talks to a database.
const RUNTIMES: [&str; 8] = [
    "tokio",
    "async-std",
    "smol",
    "axum",
    "hyper",
    "reqwest",
    "sqlx",
    "rusqlite",
];

/// Each manifest, and the crates of the house that it may name, for tests too.
const ARROWS: [(&str, &[&str]); 6] = [
    ("node/wire/Cargo.toml", &[]),
    ("node/wasm/Cargo.toml", &["aosec-wire"]),
    ("market/Cargo.toml", &["aosec-wire"]),
    ("challenge/Cargo.toml", &["aosec-wire"]),
    ("node/Cargo.toml", &PURE_CRATES),
    (
        "tests/Cargo.toml",
        &[
            "aosec-wire",
            "aosec-wasm",
            "aosec-market",
            "aosec-challenge",
            "aosec-node",
        ],
    ),
];

/// How many of the [`ARROWS`], from the first, are manifests of pure crates.
const PURE_MANIFESTS: usize = 4;

/// No runtime is named by a pure crate, not even for its tests.
pub(crate) fn runtimes(tree: &Tree) -> Vec<Violation> {
    let pure = ARROWS.iter().take(PURE_MANIFESTS);
    pure.flat_map(|(path, _)| named(tree, path).into_iter().filter(|(_, name)| is_runtime(name)).map(|(line, name)| {
        let advice = format!("`{name}` in a pure crate: declare a port (a small trait) here and implement it in the node");
        Violation::new(path, line, "A1 purity", advice)
    }))
    .collect()
}

fn is_runtime(name: &str) -> bool {
    RUNTIMES
        .iter()
        .any(|runtime| name == *runtime || name.starts_with(&format!("{runtime}-")))
}

fn named(tree: &Tree, path: &str) -> Vec<(usize, String)> {
    tree.text(path)
        .map(manifest::dependencies)
        .unwrap_or_default()
}

/// Runtimes in the output of `cargo tree --prefix none`: what a pure crate would pull through others.
pub(crate) fn pulled(krate: &str, cargo_tree: &str) -> Vec<Violation> {
    let packages = cargo_tree
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    packages.filter(|name| is_runtime(name)).map(|name| {
        let advice = format!("`{krate}` pulls `{name}`: find it with `cargo tree -p {krate} -i {name}` and switch that feature off");
        Violation::new("Cargo.toml", 1, "A1 purity", advice)
    })
    .collect()
}

/// Crates name only the crates below them.
pub(crate) fn arrows(tree: &Tree) -> Vec<Violation> {
    ARROWS
        .iter()
        .flat_map(|(path, below)| {
            let ours = named(tree, path)
                .into_iter()
                .filter(|(_, name)| name.starts_with("aosec-"));
            ours.filter(|(_, name)| !below.contains(&name.as_str()))
                .map(|(line, name)| upward(path, line, &name))
        })
        .collect()
}

fn upward(path: &str, line: usize, name: &str) -> Violation {
    let advice = format!(
        "`{name}` is not below this crate: arrows point down, dev-dependencies too; move the test to tests/, or the type down"
    );
    Violation::new(path, line, "A3 arrows", advice)
}
