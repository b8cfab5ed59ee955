//! What an operator hangs on the wall: alerts and dashboard of docs/operate, played and asked by Prometheus' own programs where
//! the machine has them, and by name in any case.

mod names;
mod prometheus;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aosec_tests::harness::skip;
use serde_json::Value;

/// A file of the operator's folder.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/operate")
        .join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(file(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the panels of the dashboard ask.
fn expressions() -> Vec<String> {
    let dashboard: Value =
        serde_json::from_str(&text("dashboard.json")).expect("a dashboard in JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array());
    targets
        .flatten()
        .map(|target| target["expr"].as_str().expect("an expression").to_owned())
        .collect()
}

/// Whether the machine has `program`; says once what is `untested` without it.
fn has(program: &'static str, untested: &str) -> bool {
    let answer = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_there = answer.is_ok_and(|status| status.success());
    if !is_there {
        skip::absent(program, untested);
    }
    is_there
}

/// Every alert begins when it should, says what it should, and falls silent again.
#[test]
fn alerts_begin_and_end() {
    if !has("promtool", "the alerts of docs/operate were not played") {
        return;
    }
    let played = Command::new("promtool")
        .args(["test", "rules"])
        .arg(file("aosec.rules.test.yml"))
        .output()
        .expect("promtool runs");
    let said = String::from_utf8_lossy(&played.stderr);
    assert!(
        played.status.success(),
        "{}{said}",
        String::from_utf8_lossy(&played.stdout)
    );
}
