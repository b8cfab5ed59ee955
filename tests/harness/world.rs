//! A whole local network of real processes in a temporary folder: base layer, nodes, accounts.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::descriptor::{Devnet, Node};
use super::group::{Group, tail};
use super::{binary, http};

/// From nothing to a ready network: nodes compile their module at the first start, on a busy machine one after another.
const START_DEADLINE: Duration = Duration::from_secs(120);
/// From a killed node to one that answers again.
const RESTART_DEADLINE: Duration = Duration::from_secs(60);
/// How often readiness is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Blocks come several times a second, so that publication and firmness are part of every test.
const BLOCK_TIME: &str = "500ms";
/// Nodes of the network that all stories share: a token, a payer and a payee on three different ones.
const SHARED_NODES: usize = 3;

/// A running network. It ends with its owner.
#[derive(Debug)]
pub struct World {
    folder: PathBuf,
    devnet: Devnet,
    supervisor: Group,
}

impl World {
    /// Starts a network of `nodes` nodes on free ports, and waits until it is ready.
    ///
    /// # Panics
    /// Where it does not become ready in time, with the ends of all logs.
    #[must_use]
    pub fn start(nodes: usize) -> Self {
        Self::start_with(nodes, &[])
    }

    /// As [`Self::start`], with more flags of `aosec devnet`.
    ///
    /// # Panics
    /// Where it does not become ready in time, with the ends of all logs.
    #[must_use]
    pub fn start_with(nodes: usize, flags: &[&str]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("aosec-world-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let log = folder.join("devnet.log");
        let mut command = command(&folder, nodes);
        command.args(flags);
        let mut supervisor = Group::start(command, &log, Some(&folder));
        let end = Instant::now() + START_DEADLINE;
        let devnet = loop {
            if let Some(devnet) = Devnet::read(&descriptor(&folder)) {
                break devnet;
            }
            let going = supervisor.ended().is_none() && Instant::now() < end;
            assert!(
                going,
                "no devnet within {START_DEADLINE:?}:\n{}",
                logs(&folder)
            );
            std::thread::sleep(LOOK_EVERY);
        };
        Self {
            folder,
            devnet,
            supervisor,
        }
    }

    /// The network that all tests share which break nothing; started by the first that asks, ended with the test process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<World> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(SHARED_NODES))
    }

    /// What `devnet.json` said at the start.
    #[must_use]
    pub fn devnet(&self) -> &Devnet {
        &self.devnet
    }

    /// Process id of the supervisor, which is the base layer as well.
    #[must_use]
    pub fn base_layer_pid(&self) -> u32 {
        self.supervisor.pid()
    }

    /// Node `index` as it is now: a restarted node has another process id.
    ///
    /// # Panics
    /// Where there is no such node.
    #[must_use]
    pub fn node(&self, index: usize) -> Node {
        let now = Devnet::read(&self.descriptor_path()).unwrap_or_else(|| self.devnet.clone());
        now.nodes
            .into_iter()
            .nth(index)
            .expect("a node of this number")
    }

    /// Kills node `index` as a power switch does.
    ///
    /// # Panics
    /// Where the node's process cannot be signalled.
    pub fn kill(&self, index: usize) {
        let pid = i32::try_from(self.node(index).pid)
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        let pid = pid.expect("devnet.json tells the process id of every node");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL)
            .expect("a signal to a node that we started");
    }

    /// Waits until node `index`, which the supervisor starts again, is ready under another process id than `before`.
    ///
    /// # Panics
    /// Where it is not ready in time.
    pub async fn wait_for_restart(&self, index: usize, before: u32) {
        let end = Instant::now() + RESTART_DEADLINE;
        loop {
            let node = self.node(index);
            if node.pid != before && http::is_success(&format!("{}/ready", node.web)).await {
                return;
            }
            assert!(
                Instant::now() < end,
                "{} not ready again within {RESTART_DEADLINE:?}\n{}",
                node.name,
                self.logs()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The temporary folder of everything.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where `devnet.json` lies.
    #[must_use]
    pub fn descriptor_path(&self) -> PathBuf {
        descriptor(&self.folder)
    }

    /// The ends of all logs, for a failure.
    #[must_use]
    pub fn logs(&self) -> String {
        logs(&self.folder)
    }
}

fn command(folder: &Path, nodes: usize) -> Command {
    let mut aosec = Command::new(binary::aosec());
    aosec
        .arg("devnet")
        .args(["--nodes", &nodes.to_string(), "--block-time", BLOCK_TIME]);
    // Stories tell who says what, and when: pay goes on where they say so.
    aosec.env("AOSEC_HEARTBEATS", "false");
    aosec
        .args(["--base-port", "0", "--fresh", "--json", "--data"])
        .arg(folder.join("net"));
    aosec
}

fn descriptor(folder: &Path) -> PathBuf {
    folder.join("net").join("devnet.json")
}

/// The ends of every `*.log` in the folder and two levels below.
fn logs(folder: &Path) -> String {
    let mut text = String::new();
    for path in files_below(folder, 2) {
        if path.extension().is_some_and(|extension| extension == "log") {
            text.push_str(&format!("--- {}\n{}\n", path.display(), tail(&path)));
        }
    }
    text
}

fn files_below(folder: &Path, depth: usize) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    let (folders, mut files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    if depth > 0 {
        files.extend(
            folders
                .iter()
                .flat_map(|folder| files_below(folder, depth - 1)),
        );
    }
    files
}
