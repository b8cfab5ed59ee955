//! One node of the devnet as a child process, so that `kill -9` of a node is a real one.
//!
//! A child ends when its stdin closes, and the supervisor holds the other end: however the supervisor dies, its children follow.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

/// How long a child may take to stop by itself before it is killed: over a node's own bound.
const STOP_DEADLINE: Duration = Duration::from_secs(12);

/// What one child is started with, again and again if need be.
#[derive(Clone, Debug)]
pub struct ChildPlan {
    /// `node1`, `node2`, and so on.
    pub name: String,
    /// Arguments of `aosec`.
    pub args: Vec<String>,
    /// Where its log goes.
    pub log: PathBuf,
}

/// A running child.
#[derive(Debug)]
pub struct NodeChild {
    plan: ChildPlan,
    child: Child,
}

impl NodeChild {
    /// Starts the same binary as the supervisor with the plan's arguments.
    ///
    /// # Errors
    /// Where the binary or the log file cannot be used.
    pub fn start(plan: ChildPlan) -> io::Result<Self> {
        let log = File::options().create(true).append(true).open(&plan.log)?;
        let child = Command::new(std::env::current_exe()?)
            .args(&plan.args)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self { plan, child })
    }

    /// The plan it was started with.
    #[must_use]
    pub fn plan(&self) -> &ChildPlan {
        &self.plan
    }

    /// Its process id; 0 once it has ended.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or(0)
    }

    /// True where it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Closes its stdin, waits, and kills it where it does not end in time.
    pub async fn stop(mut self) {
        drop(self.child.stdin.take());
        if tokio::time::timeout(STOP_DEADLINE, self.child.wait())
            .await
            .is_err()
        {
            tracing::warn!(node = %self.plan.name, "a node did not stop in time and is killed; nothing acknowledged is lost");
            if let Err(error) = self.child.kill().await {
                tracing::error!(node = %self.plan.name, %error, "a node could not be killed");
            }
        }
    }
}
