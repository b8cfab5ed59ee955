//! Samples of A1 and of the arrows between crates.

use super::{bad, must_fail, must_pass};
use crate::rules::{dependencies, purity};

const CHAIN: &str = "node/src/su/chain.rs";

#[test]
fn impure_sources_are_found() {
    must_fail(&[
        bad(
            purity::sources,
            &[("market/src/price.rs", "//! x\nuse std::time::SystemTime;\n")],
            ("market/src/price.rs", 2),
        ),
        bad(
            purity::sources,
            &[(CHAIN, "fn f() {\n  let t = Instant::now();\n}")],
            (CHAIN, 2),
        ),
        bad(
            purity::sources,
            &[(
                "node/src/mu/push/id.rs",
                "use std::collections::{BTreeMap, HashMap};",
            )],
            ("node/src/mu/push/id.rs", 1),
        ),
        bad(
            purity::sources,
            &[("challenge/src/a.rs", "let x = rand::random();")],
            ("challenge/src/a.rs", 1),
        ),
        bad(
            purity::sources,
            &[("node/wire/src/item.rs", "getrandom::fill(&mut x)")],
            ("node/wire/src/item.rs", 1),
        ),
        bad(
            purity::sources,
            &[(
                "node/src/cu/replay.rs",
                "#[cfg(test)]\nmod tests { }\nuse tokio::sync::mpsc;",
            )],
            ("node/src/cu/replay.rs", 3),
        ),
        bad(
            purity::sources,
            &[("node/src/cu/rate.rs", "//! How many. Pure.\nuse rand::x;")],
            ("node/src/cu/rate.rs", 2),
        ),
    ]);
}

#[test]
fn purity_looks_at_code_that_is_shipped() {
    must_pass(
        purity::sources,
        &[
            &[(
                CHAIN,
                "/// No HashMap here, no `SystemTime`.\nconst A: &str = \"HashMap\"; // rand\n",
            )],
            &[(
                CHAIN,
                "#[cfg(test)]\nmod tests {\n  use std::collections::HashMap;\n  fn f(a: [u8; 2]) {}\n}\n",
            )],
            &[
                ("node/src/su/mod.rs", "#[cfg(test)]\nmod chain;"),
                (CHAIN, "use rand::random;"),
            ],
            &[("node/src/su/actor.rs", "use tokio::sync::mpsc;")],
            &[("node/wire/src/keys/mod.rs", "getrandom::fill(&mut secret)")],
            &[(
                CHAIN,
                "let operand = strand(r#\"a \" rand \"#, '\"', brand);",
            )],
        ],
    );
}

#[test]
fn a_lost_pure_file_is_found() {
    must_fail(&[bad(
        purity::list_is_true,
        &[("node/src/su/actor.rs", "")],
        (CHAIN, 1),
    )]);
    must_pass(
        purity::list_is_true,
        &[
            &[
                ("node/src/su/actor.rs", ""),
                ("node/src/su/chain/mod.rs", ""),
            ],
            &[],
        ],
    );
}

#[test]
fn runtimes_in_manifests_are_found() {
    must_fail(&[
        bad(
            dependencies::runtimes,
            &[(
                "node/wire/Cargo.toml",
                "[dependencies]\nbytes = \"1\"\ntokio = { workspace = true }\n",
            )],
            ("node/wire/Cargo.toml", 3),
        ),
        bad(
            dependencies::runtimes,
            &[(
                "market/Cargo.toml",
                "[dev-dependencies.sqlx]\nversion = \"1\"\n",
            )],
            ("market/Cargo.toml", 1),
        ),
        bad(
            dependencies::runtimes,
            &[(
                "challenge/Cargo.toml",
                "[target.'cfg(unix)'.dependencies]\nweb = { package = \"reqwest\" }\n",
            )],
            ("challenge/Cargo.toml", 2),
        ),
    ]);
    must_pass(
        dependencies::runtimes,
        &[&[(
            "node/Cargo.toml",
            "[dependencies]\ntokio.workspace = true\n",
        )]],
    );
    assert_eq!(
        dependencies::pulled(
            "aosec-wire",
            "aosec-wire v0.1.0\nbytes v1.0.0\ntokio-util v0.7.0\n"
        )
        .len(),
        1
    );
}

#[test]
fn arrows_upward_are_found() {
    must_fail(&[
        bad(
            dependencies::arrows,
            &[(
                "market/Cargo.toml",
                "[dev-dependencies]\naosec-challenge = { workspace = true }\n",
            )],
            ("market/Cargo.toml", 2),
        ),
        bad(
            dependencies::arrows,
            &[(
                "challenge/Cargo.toml",
                "[dependencies]\naosec-market.workspace = true\n",
            )],
            ("challenge/Cargo.toml", 2),
        ),
        bad(
            dependencies::arrows,
            &[(
                "node/wire/Cargo.toml",
                "[dev-dependencies]\naosec-node = { path = \"..\" }\n",
            )],
            ("node/wire/Cargo.toml", 2),
        ),
        bad(
            dependencies::arrows,
            &[(
                "node/Cargo.toml",
                "[dev-dependencies]\naosec-tests = { path = \"..\" }\n",
            )],
            ("node/Cargo.toml", 2),
        ),
    ]);
}
