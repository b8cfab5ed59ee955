//! Real ao clients from npm: installed once into `tests/clients`, run one story at a time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::group::Group;
use super::{World, skip};

/// Installing some 500 small packages over a slow line, or compiling a database on a busy machine.
const INSTALL_DEADLINE: Duration = Duration::from_secs(900);
/// The longest story on a busy machine; most take seconds.
const STORY_DEADLINE: Duration = Duration::from_secs(150);
/// Names the lock file that `node_modules` was installed from.
const STAMP: &str = "node_modules/.installed-from";

/// Runs `stories/<name>.mjs` against `world`, and fails with its report where one of its checks fails. Without Node it says
/// once that it is skipped.
///
/// # Panics
/// Where the story fails or does not end in time.
pub fn play(world: &World, name: &str) {
    play_with(world, name, &[]);
}

/// As [`play`], with more environment for the story.
///
/// # Panics
/// As [`play`].
pub fn play_with(world: &World, name: &str, environment: &[(&str, &Path)]) {
    let Some(folder) = clients() else { return };
    let mut node = Command::new("node");
    node.current_dir(folder).arg(format!("stories/{name}.mjs"));
    node.env("AOSEC_DEVNET", world.descriptor_path())
        .envs(environment.iter().copied());
    let log = world.folder().join(format!("story-{name}.log"));
    let mut story = Group::start(node, &log, None);
    let ended = story.wait(STORY_DEADLINE);
    let report = story.log_text();
    let good = ended.is_some_and(|status| status.success());
    assert!(
        good,
        "story {name} ({}):\n{report}\n{}",
        outcome(ended.is_some()),
        world.logs()
    );
    print!("{report}");
}

fn outcome(ended: bool) -> String {
    if ended {
        "failed".into()
    } else {
        format!("not done within {STORY_DEADLINE:?}")
    }
}

/// The folder of the client tests with its packages installed; none where Node or npm is absent.
#[must_use]
pub fn clients() -> Option<&'static Path> {
    static READY: OnceLock<Option<PathBuf>> = OnceLock::new();
    READY.get_or_init(prepare).as_deref()
}

fn prepare() -> Option<PathBuf> {
    has_tools("real ao clients were not tried against the nodes").then_some(())?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    let installed = install(&folder, &[&CI]);
    assert!(installed.is_ok(), "{}", installed.unwrap_err());
    Some(folder)
}

/// Whether Node and npm answer; says once what is `untested` without them.
#[must_use]
pub fn has_tools(untested: &str) -> bool {
    let missing = ["node", "npm"].into_iter().find(|tool| !answers(tool));
    if let Some(tool) = missing {
        skip::absent(tool, untested);
    }
    missing.is_none()
}

fn answers(tool: &str) -> bool {
    let quiet = Command::new(tool)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet.is_ok_and(|status| status.success())
}

/// The words that install what a lock file names, and run nothing of it.
pub const CI: [&str; 5] = [
    "ci",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--loglevel=error",
];

/// Runs npm in `folder` once for each of `steps`, unless that was done for this lock file.
///
/// # Errors
/// What npm said, where it failed.
///
/// # Panics
/// Where there is no lock file, or no room for a stamp.
pub fn install(folder: &Path, steps: &[&[&str]]) -> Result<(), String> {
    let lock = fs::read(folder.join("package-lock.json")).expect("the lock file is committed");
    let wanted: String = Sha256::digest(&lock)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    for step in steps {
        npm(folder, step)?;
    }
    fs::write(folder.join(STAMP), wanted).expect("a stamp beside the packages");
    Ok(())
}

fn npm(folder: &Path, step: &[&str]) -> Result<(), String> {
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(step);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let log = std::env::temp_dir().join(format!("aosec-npm-{name}-{}.log", std::process::id()));
    let mut npm = Group::start(npm, &log, None);
    let done = npm
        .wait(INSTALL_DEADLINE)
        .is_some_and(|status| status.success());
    let (said, place) = (npm.tail(), folder.display());
    fs::remove_file(log).expect("our own log");
    done.then_some(()).ok_or_else(|| {
        let step = step.first().unwrap_or(&"");
        format!("`npm {step}` in {place} failed; is the package registry within reach?\n{said}")
    })
}
