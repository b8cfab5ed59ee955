//! Samples of shape, names and links.

use super::{bad, must_fail, must_pass};
use crate::rules::{names, pages, shape};
use crate::tree::Tree;

#[test]
fn shapeless_files_are_found() {
    must_fail(&[
        bad(
            shape::front_pages,
            &[("node/src/a.rs", "use b;\n//! late")],
            ("node/src/a.rs", 1),
        ),
        bad(
            shape::front_pages,
            &[("contracts-lua/a.lua", "local a = {}\n")],
            ("contracts-lua/a.lua", 1),
        ),
        bad(
            shape::unfinished,
            &[("node/src/a.rs", "fn f() {\n  todo!()\n}")],
            ("node/src/a.rs", 2),
        ),
        bad(
            shape::unfinished,
            &[("docs/a.md", concat!("a\nb ", "FIX", "ME c"))],
            ("docs/a.md", 2),
        ),
        bad(
            shape::unfinished,
            &[("node/src/a.rs", concat!("// ", "XX", "X: later"))],
            ("node/src/a.rs", 1),
        ),
    ]);
    must_pass(
        shape::unfinished,
        &[&[(
            "node/src/a.rs",
            "// no todo!() here\nlet s = \"unimplemented!\";",
        )]],
    );
}

#[test]
fn long_files_and_functions_are_found() {
    let lines = |count: usize| "a();\n".repeat(count);
    let body = |count: usize| {
        format!(
            "fn long<T>(a: [u8; 2]) -> u8 where T: Copy {{\n{}}}\n",
            lines(count)
        )
    };
    let at = |path: &str, text: &str| {
        let found = shape::lengths(&Tree::of(&[(path, text)]));
        found
            .iter()
            .map(|violation| violation.line)
            .collect::<Vec<_>>()
    };
    assert_eq!(at("node/src/a.rs", &lines(401)), [401]);
    assert_eq!(at("contracts-lua/a.lua", &lines(401)), [401]);
    assert_eq!(at("node/src/a.rs", &format!("\n{}", body(71))), [2]);
    assert_eq!(
        at(
            "node/src/a.rs",
            &format!("{}// {}", body(70), "\n\n".repeat(9))
        ),
        [0_usize; 0]
    );
    assert_eq!(at("node/src/a.rs", &lines(400)), [0_usize; 0]);
}

#[test]
fn empty_names_and_machine_paths_are_found() {
    must_fail(&[
        bad(
            names::empty_names,
            &[("node/src/util.rs", "")],
            ("node/src/util.rs", 1),
        ),
        bad(
            names::empty_names,
            &[("node/src/common/mod.rs", "")],
            ("node/src/common/mod.rs", 1),
        ),
        bad(
            names::empty_names,
            &[("tests/src/test_helpers.rs", "")],
            ("tests/src/test_helpers.rs", 1),
        ),
        bad(
            names::machine_paths,
            &[("README.md", concat!("a\ncd /ro", "ot/x"))],
            ("README.md", 2),
        ),
        bad(
            names::machine_paths,
            &[("a.json", concat!("\"/ho", "me/me/x\""))],
            ("a.json", 1),
        ),
    ]);
    must_pass(
        names::empty_names,
        &[&[
            ("contracts-lua/runtime/utils.lua", ""),
            ("node/src/commonplace.rs", ""),
        ]],
    );
    must_pass(
        names::machine_paths,
        &[&[
            (
                "a.md",
                concat!("https://x.org/ho", "me/me and net", "/wo", "rk/x"),
            ),
            ("a.rs", concat!("get(\"/ro", "ot/{process}\")")),
        ]],
    );
}

#[test]
fn broken_links_are_found() {
    must_fail(&[
        bad(
            pages::links,
            &[("docs/a.md", "# A\n\nsee [b](b.md)")],
            ("docs/a.md", 3),
        ),
        bad(
            pages::links,
            &[
                ("docs/a.md", "[b](adr/b.md#no-such)"),
                ("docs/adr/b.md", "# Yes"),
            ],
            ("docs/a.md", 1),
        ),
        bad(
            pages::links,
            &[("docs/a.md", "# A\n[a](#b)")],
            ("docs/a.md", 2),
        ),
    ]);
    must_pass(
        pages::links,
        &[
            &[
                (
                    "docs/a.md",
                    "# A `b`: c\n[x](#a-b-c) [y](../README.md) [z](https://x.org/q) `[n](none.md)`",
                ),
                ("README.md", "x"),
            ],
            &[
                ("docs/a.md", "```\n[n](none.md)\n```\n[f](../node)"),
                ("node/src/lib.rs", ""),
            ],
        ],
    );
}
