//! Commands as a person types them, on the devnet of a [`World`].

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::{World, binary, group::Group};

/// The CLI's own bound on waiting for a result is 30 s.
const COMMAND: Duration = Duration::from_secs(60);

/// The JSON of a command that succeeds.
///
/// # Panics
/// Where it does not.
#[must_use]
pub fn done(world: &World, arguments: &[&str]) -> Value {
    let (ended, said) = run(world, arguments);
    assert_eq!(ended, Some(0), "{arguments:?}: {said}\n{}", world.logs());
    serde_json::from_str(&said)
        .unwrap_or_else(|error| panic!("{arguments:?} printed no JSON line: {error}: {said}"))
}

/// Exit code, and all that was printed.
///
/// # Panics
/// Where the folder of the world takes no file.
#[must_use]
pub fn run(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let mut aosec = Command::new(binary::aosec());
    aosec
        .args(arguments)
        .arg("--json")
        .env("AOSEC_DEVNET", world.folder().join("net"));
    let name: String = arguments
        .iter()
        .take(2)
        .copied()
        .collect::<Vec<_>>()
        .join("-");
    let log = tempfile::Builder::new()
        .prefix(&name)
        .tempfile_in(world.folder())
        .expect("a file for its words");
    let mut command = Group::start(aosec, log.path(), None);
    let ended = command.wait(COMMAND).and_then(|status| status.code());
    (ended, command.log_text())
}
