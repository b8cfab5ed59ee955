//! One node under the test's own hand: no supervisor starts it again, so that its folder can be looked at and damaged between.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{binary, group::Group, http};

/// From the start to its urls, or to its refusal.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// From its urls to a firm height.
const READY_DEADLINE: Duration = Duration::from_secs(30);
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
}

/// A node that would not start.
#[derive(Debug)]
pub struct Refused {
    /// Everything it wrote.
    pub log: String,
}

impl LoneNode {
    /// Starts a scheduler with the keys of the devnet's first node on the folder `data`.
    ///
    /// # Errors
    /// What it said, where it ended instead.
    ///
    /// # Panics
    /// Where it neither starts nor ends.
    pub async fn start(data: &Path, gateway: &str, log: &Path) -> Result<Self, Refused> {
        let mut group = Group::start(command(data, gateway), log, None);
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
        Ok(Self {
            su: root("su"),
            web: root("web"),
            group,
        })
    }

    /// Waits until it has a firm height, or gives what its page says instead.
    pub async fn ready(&self) -> Result<(), String> {
        let end = Instant::now() + READY_DEADLINE;
        loop {
            let said = match http::get(&format!("{}/ready", self.web)).await {
                Ok(answer) if answer.is_success() => return Ok(()),
                Ok(answer) => answer.text,
                Err(error) => error.to_string(),
            };
            if Instant::now() > end {
                return Err(said);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Kills it as a power switch does, and waits until it is gone.
    pub fn kill(&mut self) {
        self.group.end();
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

fn command(data: &Path, gateway: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", WITH_FAILING_DISK])
        .arg(binary::aosec())
        .args(["node", "run", "--json", "--roles", "su", "--base-port", "0"])
        .args(["--devnet-node", "0", "--block-time-ms", "500"])
        .args(["--settlement-depth", "1", "--log-level", "info"])
        .args(["--gateway", gateway, "--data"])
        .arg(data);
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
