//! The tidy test: what a machine can see of the invariants in docs/ARCHITECTURE.md and the habits in docs/STYLE.md.
//!
//! Each rule is a pure function from a [`Tree`] of texts to a list of [`Violation`]s; a violation names file, line, rule and what
//! to do. The tests here judge the real tree; `samples.rs` judges the rules themselves on small bad trees. What needs a reader's
//! judgement (A6 to A10, whether a name is good) is left to readers.

mod lua;
mod manifest;
mod markdown;
mod rules;
mod rust;
mod samples;
mod tree;

use std::process::Command;

use rules::{Rule, dependencies, doors, names, pages, purity, shape, spelling, staircase};
use tree::{Tree, Violation};

fn judge(rule: Rule) {
    let found = rule(&Tree::of_the_project());
    assert!(found.is_empty(), "{}", report(&found));
}

fn report(found: &[Violation]) -> String {
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    format!("\n{} untidy places:\n{}\n", found.len(), lines.join("\n"))
}

#[test]
fn the_tree_is_really_read() {
    let tree = Tree::of_the_project();
    for path in ["Cargo.toml", "node/src/lib.rs", "docs/PROTOCOL.md"] {
        assert!(tree.text(path).is_some(), "{path} is not in the tree");
    }
}

#[test]
fn a1_pure_rooms_read_no_clock_and_draw_no_randomness() {
    judge(purity::sources);
}

#[test]
fn a1_pure_files_of_the_units_are_listed_and_there() {
    judge(purity::list_is_true);
}

#[test]
fn a1_pure_rooms_name_no_runtime_in_their_manifests() {
    judge(dependencies::runtimes);
}

#[test]
fn a1_pure_rooms_pull_no_runtime_through_others() {
    let found: Vec<Violation> = dependencies::PURE_CRATES
        .iter()
        .flat_map(|krate| dependencies::pulled(krate, &cargo_tree(krate)))
        .collect();
    assert!(found.is_empty(), "{}", report(&found));
}

/// The packages that a crate pulls when it is built, one a line.
fn cargo_tree(krate: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--offline",
            "--package",
            krate,
        ])
        .current_dir(tree::root())
        .output()
        .expect("cargo runs this test, so it is there");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo tree of {krate} failed: {errors}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn arrows_between_crates_point_down() {
    judge(dependencies::arrows);
}

#[test]
fn a2_only_the_guard_signs_with_the_scheduler_key() {
    judge(staircase::guard_alone_signs);
}

#[test]
fn a3_units_climb_no_stairs() {
    judge(staircase::imports);
}

#[test]
fn a4_only_the_node_opens_sockets_and_files() {
    judge(doors::sockets_and_files);
}

#[test]
fn the_courts_messages_are_told_whole() {
    judge(spelling::contract);
}

#[test]
fn a5_status_codes_stand_in_one_file() {
    judge(doors::status_codes);
}

#[test]
fn a5_sql_stands_in_the_store() {
    judge(doors::sql);
}

#[test]
fn unsafe_code_stands_in_one_file() {
    judge(doors::unsafe_code);
}

#[test]
fn every_source_file_has_a_front_page() {
    judge(shape::front_pages);
}

#[test]
fn files_and_functions_are_short() {
    judge(shape::lengths);
}

#[test]
fn nothing_is_left_unfinished() {
    judge(shape::unfinished);
}

#[test]
fn names_say_something() {
    judge(names::empty_names);
}

#[test]
fn no_text_names_a_place_on_one_machine() {
    judge(names::machine_paths);
}

#[test]
fn links_of_the_pages_lead_somewhere() {
    judge(pages::links);
}
