//! ArLocal from npm: a base layer and gateway that others wrote, on loopback. A second opinion of our transactions, and of how we read.
//!
//! It judges signatures of transactions, and nothing else: neither items nor order, and it forks never.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aosec_wire::Address;
use reqwest::Url;
use serde_json::Value;
use tempfile::TempDir;

use super::group::Group;
use super::{http, npm, skip};

/// From its start to its port: it loads some 400 packages.
const START_DEADLINE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Its database is compiled where no binary of it can be had.
const STEPS: [&[&str]; 2] = [&npm::CI, &["rebuild", "sqlite3", "--loglevel=error"]];
const UNTESTED: &str = "our gateway client was not tried against ArLocal";

/// A running ArLocal. It ends with its owner.
#[derive(Debug)]
pub struct ArLocal {
    /// Its gateway.
    pub url: Url,
    _group: Group,
    _folder: TempDir,
}

impl ArLocal {
    /// Starts one, or says why there is none.
    ///
    /// # Panics
    /// Where it is installed and does not start.
    pub async fn start() -> Option<Self> {
        let installed = tokio::task::spawn_blocking(installed).await;
        let package = installed.expect("the installation")?;
        let folder = tempfile::tempdir().expect("a folder");
        let mut node = Command::new("node");
        node.arg(package.join("start.cjs"))
            .arg(folder.path().join("db"))
            .current_dir(folder.path());
        let group = Group::start(node, &folder.path().join("arlocal.log"), None);
        let port = port(&group).await;
        Some(Self {
            url: format!("http://127.0.0.1:{port}")
                .parse()
                .expect("a port makes a url"),
            _group: group,
            _folder: folder,
        })
    }

    /// Gives `winston` to a wallet.
    pub async fn mint(&self, wallet: &Address, winston: u128) {
        self.ask(&format!("mint/{wallet}/{winston}")).await;
    }

    /// Mines one block; gives its height.
    pub async fn mine(&self) -> u64 {
        let info: Value = serde_json::from_str(&self.ask("mine").await).expect("its overview");
        info["height"].as_u64().expect("its height")
    }

    /// # Panics
    /// Where it does not answer, or not with 200.
    async fn ask(&self, path: &str) -> String {
        let url = self.url.join(path).expect("a path");
        let answer = http::get(url.as_str()).await.expect("an answer of ArLocal");
        assert!(answer.is_success(), "{path}: {answer:?}");
        answer.text
    }
}

/// The folder of the package; none where it cannot be had.
fn installed() -> Option<PathBuf> {
    static READY: OnceLock<Option<PathBuf>> = OnceLock::new();
    let prepare = || {
        npm::has_tools(UNTESTED).then_some(())?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/arlocal");
        match npm::install(&folder, &STEPS) {
            Ok(()) => Some(folder),
            Err(reason) => {
                skip::absent("arlocal", &format!("{UNTESTED}: {reason}"));
                None
            }
        }
    };
    READY.get_or_init(prepare).clone()
}

async fn port(group: &Group) -> u64 {
    let end = Instant::now() + START_DEADLINE;
    loop {
        let log = group.log_text();
        let told = log.lines().find(|line| line.starts_with('{'));
        if let Some(port) = told.and_then(|line| serde_json::from_str::<Value>(line).ok()) {
            return port["port"].as_u64().expect("a port");
        }
        assert!(Instant::now() < end, "ArLocal does not start: {log}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
