//! Single nodes under the test's own hand: no supervisor starts them again, so that their folders can be looked at and damaged
//! between, and so that each has the gateways, the units and the source of logs that the test gives it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{binary, group::Group, http};

/// From the start to its urls, or to its refusal.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// From its urls to a firm height.
const READY_DEADLINE: Duration = Duration::from_secs(30);
/// In a page's words: a state that lasts until the operator acts.
const BY_HAND: &str = "only observes";
const LOOK_EVERY: Duration = Duration::from_millis(30);
/// A file that may not grow any more is an error to the node and not its end: as on a disk that fails.
const WITH_FAILING_DISK: &str = r#"trap '' XFSZ; exec "$0" "$@""#;

/// A running node. It is killed with its owner.
#[derive(Debug)]
pub struct LoneNode {
    group: Group,
    /// Root of its SU.
    pub su: String,
    /// Root of its page.
    pub web: String,
    /// Root of its MU.
    pub mu: String,
    /// Root of its CU.
    pub cu: String,
}

/// What a node is started with.
#[derive(Clone, Debug)]
pub struct Flags {
    /// The devnet's node whose keys it has; none makes its own, and is no part of a devnet.
    pub keys: Option<usize>,
    /// Its units.
    pub roles: &'static str,
    /// Its gateways.
    pub gateways: Vec<String>,
    /// Between blocks, in milliseconds.
    pub block_time_ms: u64,
    /// Blocks above a block that settle it.
    pub settlement_depth: u64,
    /// Other flags.
    pub more: Vec<String>,
}

/// A node on its way up.
#[derive(Debug)]
pub struct Launched(Group);

/// A node that would not start.
#[derive(Debug)]
pub struct Refused {
    /// Everything it wrote.
    pub log: String,
}

impl Flags {
    /// A scheduler with the keys of the devnet's first node, that waits so many blocks between its start and its first signature.
    #[must_use]
    pub fn scheduler(gateway: &str, wait_blocks: u64) -> Self {
        Self {
            keys: Some(0),
            roles: "su",
            gateways: vec![gateway.to_owned()],
            block_time_ms: 500,
            settlement_depth: 1,
            more: vec!["--doppelganger-wait".to_owned(), wait_blocks.to_string()],
        }
    }

    /// Starts a node with these flags on the folder `data`, and waits for nothing.
    #[must_use]
    pub fn launch(&self, data: &Path, log: &Path) -> Launched {
        Launched(Group::start(command(self, data), log, None))
    }
}

impl Launched {
    /// Kills it as a power switch does, wherever it is.
    pub fn kill(mut self) {
        self.0.end();
    }

    /// Waits until it tells its urls.
    ///
    /// # Errors
    /// What it said, where it ended instead.
    ///
    /// # Panics
    /// Where it neither starts nor ends.
    pub async fn up(self) -> Result<LoneNode, Refused> {
        let mut group = self.0;
        let end = Instant::now() + START_DEADLINE;
        let urls = loop {
            if let Some(urls) = urls(&group.log_text()) {
                break urls;
            }
            if group.ended().is_some() {
                return Err(Refused {
                    log: group.log_text(),
                });
            }
            assert!(
                Instant::now() < end,
                "neither started nor refused: {}",
                group.tail()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        };
        let root = |name: &str| {
            urls[name]
                .as_str()
                .unwrap_or_default()
                .trim_end_matches('/')
                .to_owned()
        };
        Ok(LoneNode {
            su: root("su"),
            web: root("web"),
            mu: root("mu"),
            cu: root("cu"),
            group,
        })
    }
}

impl LoneNode {
    /// Starts a scheduler with the keys of the devnet's first node on the folder `data`.
    ///
    /// # Errors
    /// What it said, where it ended instead.
    pub async fn start(data: &Path, gateway: &str, log: &Path) -> Result<Self, Refused> {
        Self::start_with(&Flags::scheduler(gateway, 0), data, log).await
    }

    /// Starts a node with these flags on the folder `data`.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(flags: &Flags, data: &Path, log: &Path) -> Result<Self, Refused> {
        flags.launch(data, log).up().await
    }

    /// Waits until it has a firm height, or gives what its page says instead: at once where only its operator can change that.
    pub async fn ready(&self) -> Result<(), String> {
        let end = Instant::now() + READY_DEADLINE;
        loop {
            let said = match http::get(&format!("{}/ready", self.web)).await {
                Ok(answer) if answer.is_success() => return Ok(()),
                Ok(answer) => answer.text,
                Err(error) => error.to_string(),
            };
            if Instant::now() > end || said.contains(BY_HAND) {
                return Err(said);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Kills it as a power switch does, and waits until it is gone.
    pub fn kill(&mut self) {
        self.group.end();
    }

    /// Asks it to stop, as its operator does, and does not wait.
    ///
    /// # Panics
    /// Where it cannot be signalled.
    pub fn ask_to_stop(&self) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), Signal::TERM)
            .expect("a process that we started and have not waited for");
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.group.pid()
    }

    /// Everything it wrote so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.group.log_text()
    }

    /// The end of it.
    #[must_use]
    pub fn tail(&self) -> String {
        self.group.tail()
    }
}

fn command(flags: &Flags, data: &Path) -> Command {
    let depth = flags.settlement_depth.to_string();
    let mut command = Command::new("sh");
    command
        .args(["-c", WITH_FAILING_DISK])
        .arg(binary::aosec())
        .args(["node", "run", "--json", "--base-port", "0"])
        .args(["--log-level", "info"])
        .args(["--block-time-ms", &flags.block_time_ms.to_string()])
        .args(["--roles", flags.roles, "--settlement-depth", &depth])
        .args(["--gateway", &flags.gateways.join(",")])
        .args(&flags.more)
        .arg("--data")
        .arg(data);
    if let Some(keys) = flags.keys {
        command.args(["--devnet-node", &keys.to_string()]);
    }
    command
}

/// The line in which a started node tells its urls.
fn urls(log: &str) -> Option<Value> {
    let mut lines = log.lines().filter(|line| line.starts_with('{'));
    lines.find_map(|line| {
        let told: Value = serde_json::from_str(line).ok()?;
        told.get("su").is_some().then_some(told)
    })
}
