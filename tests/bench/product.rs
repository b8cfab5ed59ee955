//! Builds the binary that is measured, with the profile of the benchmark itself.

use std::process::Command;

/// Builds `aosec-under-test` beside this program; fresh builds take no time.
pub(crate) fn build() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args([
        "build",
        "--quiet",
        "--package",
        "aosec-tests",
        "--bin",
        "aosec-under-test",
    ]);
    if cfg!(debug_assertions) {
        eprintln!("this is a dev build: its figures say nothing; use `cargo run --release`");
    } else {
        build.arg("--release");
    }
    let status = build.status().expect("cargo, which started this program");
    assert!(status.success(), "the product does not build");
}
