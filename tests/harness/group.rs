//! A child process with its own process group, its log in a file, and an end.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::will::Will;

/// Bytes at the end of a log that a failure shows: enough for a stack of messages, short enough to be read.
const TAIL_BYTES: usize = 6_000;
/// How often a waited-for child is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A child that this test started. Dropping it ends it and all that it started in its group.
#[derive(Debug)]
pub struct Group {
    child: Child,
    log: PathBuf,
    _will: Will,
}

impl Group {
    /// Starts `command` with stdout and stderr in `log`.
    ///
    /// # Panics
    /// Where the command or the log cannot be used.
    #[must_use]
    pub fn start(mut command: Command, log: &Path, folder: Option<&Path>) -> Self {
        let file = File::create(log).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        let twin = file.try_clone().expect("a second handle on the log");
        command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(twin)
            .process_group(0);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let will = Will::over(child.id(), folder);
        Self {
            child,
            log: log.to_owned(),
            _will: will,
        }
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, where it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits for its end; none where the deadline passed first.
    pub fn wait(&mut self, deadline: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + deadline;
        while Instant::now() < end {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        None
    }

    /// The end of its log.
    #[must_use]
    pub fn tail(&self) -> String {
        tail(&self.log)
    }

    /// All of its log.
    #[must_use]
    pub fn log_text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Group {
    /// Kills the child and waits until it is gone.
    pub fn end(&mut self) {
        if self.ended().is_none()
            && let Err(error) = self.child.kill()
        {
            eprintln!("process {} could not be killed: {error}", self.child.id());
        }
        let _already_reaped = self.child.wait();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// The end of a text file, for a person.
#[must_use]
pub fn tail(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    let from = bytes.len().saturating_sub(TAIL_BYTES);
    String::from_utf8_lossy(bytes.get(from..).unwrap_or_default()).into_owned()
}
