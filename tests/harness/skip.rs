//! One SKIP line for each thing that a machine does not have.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

static TOLD: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Says once that `thing` is absent and what is not tested without it. The line passes the capture of the test runner, which
/// would hide it in tests that pass.
pub fn absent(thing: &'static str, untested: &str) {
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.insert(thing) {
        let _closed_stderr_hears_nothing = writeln!(
            std::io::stderr(),
            "SKIP {thing} is not installed: {untested}"
        );
    }
}
