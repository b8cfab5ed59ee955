//! The local network: a supervisor with the embedded base layer, and one child process a node (DECISIONS D13, D17).
//!
//! It exists for development and tests: keys are published, blocks come from a timer, money from nowhere. It holds no rule of
//! the protocol; nodes run exactly as they would against a real gateway.

pub mod banner;
pub mod child;
pub mod court;
pub mod file;
pub mod ports;
mod setup;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aosec_wire::{ItemError, KeyError};
use reqwest::Url;

use child::NodeChild;
use file::{DevnetFile, DevnetFileError};
use ports::{Claim, Ports};
pub use setup::SETTLEMENT_DEPTH;

use crate::arweave::bundler::BundlerError;
use crate::arweave::devchain::DevchainError;
use crate::arweave::gateway::GatewayError;
use crate::config::Agent;
use crate::keys::KeysError;
use crate::shutdown::Shutdown;

/// How often children are looked after.
const WATCH_PAUSE: Duration = Duration::from_millis(200);
/// Before a node that ended is started again: one that cannot start must not spin.
const RESTART_PAUSE: Duration = Duration::from_millis(500);
/// From the start of a node to its readiness: a first start compiles the module once.
const READY_DEADLINE: Duration = Duration::from_secs(90);

/// What the caller chose.
#[derive(Clone, Debug)]
pub struct DevnetConfig {
    /// Nodes, 1 to [`crate::keys::devnet::NODES_MAX`].
    pub nodes: usize,
    /// Time between blocks.
    pub block_time: Duration,
    /// Folder of everything.
    pub data: PathBuf,
    /// Forget what the folder holds.
    pub fresh: bool,
    /// Gateway's port, 0 for free ones.
    pub base_port: u16,
    /// What its nodes do about cases by themselves.
    pub agent: Agent,
    /// Whether its nodes break the law when they are told to.
    pub chaos: bool,
}

/// Why the devnet does not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum DevnetError {
    /// More nodes than committed wallets, or none.
    #[error(
        "--nodes takes 1 to {}: each node has a published wallet",
        crate::keys::devnet::NODES_MAX
    )]
    Nodes,
    /// A port is taken.
    #[error(
        "port {0} is taken; does a devnet run already? stop it, or choose --base-port <port> or --base-port 0"
    )]
    PortTaken(u16),
    /// No ports.
    #[error("no stretch of free ports found; choose --base-port")]
    NoPorts,
    /// Another devnet uses the folder.
    #[error("another devnet uses {0}; stop it, or choose another --data")]
    FolderTaken(PathBuf),
    /// `--fresh` on a folder that no devnet made.
    #[error(
        "{0} holds files and no devnet.json: --fresh does not delete what a devnet did not make"
    )]
    NotOurs(PathBuf),
    /// What an earlier start noted cannot be read: beginning anew beside what it made would be another network in its folder.
    #[error(
        "{0}; put the file back as it was, or add --fresh, which forgets all that the folder holds"
    )]
    Noted(#[from] DevnetFileError),
    /// A folder was made by another number of nodes than its ports allow, or the like.
    #[error("{path}: {source}")]
    File {
        /// The path in question.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A key could not be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key file could not be written.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The base layer.
    #[error(transparent)]
    Chain(#[from] DevchainError),
    /// Its gateway.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The court's items.
    #[error("the court cannot be made: {0}")]
    Court(#[from] ItemError),
    /// They were not taken.
    #[error("the court was not posted: {0}")]
    Posting(#[from] BundlerError),
    /// A node did not become ready.
    #[error("{name} was not ready within {} s; its log is {log}", READY_DEADLINE.as_secs())]
    NotReady {
        /// The node.
        name: String,
        /// Its log.
        log: PathBuf,
    },
}

/// The folder used where none is named: `~/.aosec/devnet`.
#[must_use]
pub fn default_folder() -> PathBuf {
    std::env::home_dir()
        .unwrap_or_else(|| PathBuf::from("."))
        .join(".aosec")
        .join("devnet")
}

/// A running devnet.
#[derive(Debug)]
pub struct Devnet {
    folder: PathBuf,
    /// Held for its lock.
    _lock: File,
    /// Held for the ports, where they were searched for.
    _claim: Option<Claim>,
    file: DevnetFile,
    children: Vec<NodeChild>,
    shutdown: Shutdown,
}

impl Devnet {
    /// Starts the base layer, then the nodes, waits for all of them, and writes `devnet.json`.
    ///
    /// # Errors
    /// The first thing that stands in the way, by name.
    pub async fn start(config: DevnetConfig) -> Result<Self, DevnetError> {
        if config.nodes == 0 || config.nodes > crate::keys::devnet::NODES_MAX {
            return Err(DevnetError::Nodes);
        }
        let lock = setup::folder(&config)?;
        let noted = setup::noted(&config.data)?;
        let (ports, claim) = choose_ports(&config)?;
        let accounts = setup::accounts(&config.data)?;
        let shutdown = Shutdown::new();
        let (module, chain) = setup::base_layer(&config, &ports, &shutdown).await?;
        let (origin, is_new) = setup::origin(noted, module)?;
        let founded = match is_new {
            true => court::found(&chain, &ports, module).await?,
            false => 0,
        };
        setup::doors(&ports, &chain, &shutdown).await?;
        let children = setup::plans(&config, &ports, origin)?
            .into_iter()
            .map(|plan| {
                NodeChild::start(plan.clone()).map_err(|source| DevnetError::File {
                    path: plan.log,
                    source,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let file = setup::file(&ports, (module, origin), &children, accounts, config.chaos)?;
        let mut devnet = Self {
            folder: config.data,
            _lock: lock,
            _claim: claim,
            file,
            children,
            shutdown,
        };
        devnet.wait_until_ready(founded).await?;
        devnet.write_file()?;
        Ok(devnet)
    }

    /// What clients need to know.
    #[must_use]
    pub fn file(&self) -> DevnetFile {
        self.file.clone()
    }

    /// Where everything lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks after the children: one that ended is started again, and `devnet.json` gets its new process id.
    ///
    /// # Errors
    /// Where a child cannot be started again.
    pub async fn watch(&mut self) -> Result<(), DevnetError> {
        loop {
            tokio::time::sleep(WATCH_PAUSE).await;
            for index in 0..self.children.len() {
                if self.children[index].has_ended() {
                    tokio::time::sleep(RESTART_PAUSE).await;
                    self.restart(index)?;
                }
            }
        }
    }

    /// Stops the children, then the base layer.
    pub async fn stop(self) {
        for child in self.children {
            child.stop().await;
        }
        self.shutdown.tell();
        if !self.shutdown.finished().await {
            tracing::warn!("the base layer did not stop in time; its blocks are durable");
        }
    }

    fn restart(&mut self, index: usize) -> Result<(), DevnetError> {
        let plan = self.children[index].plan().clone();
        tracing::warn!(node = %plan.name, "a node ended and is started again");
        let log = plan.log.clone();
        let child =
            NodeChild::start(plan).map_err(|source| DevnetError::File { path: log, source })?;
        self.file.nodes[index].pid = child.pid();
        self.children[index] = child;
        self.write_file()
    }

    fn write_file(&self) -> Result<(), DevnetError> {
        self.file
            .write(&self.folder)
            .map_err(|source| DevnetError::File {
                path: self.folder.join(file::NAME),
                source,
            })
    }

    /// Waits until every node answers, and has computed the court up to the block in which the first operators are bonded.
    async fn wait_until_ready(&mut self, founded: u64) -> Result<(), DevnetError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(WATCH_PAUSE * 10)
            .build()
            .unwrap_or_default();
        let deadline = tokio::time::Instant::now() + READY_DEADLINE;
        for index in 0..self.children.len() {
            let (url, cu) = (
                self.file.nodes[index].web.clone(),
                self.file.nodes[index].cu.clone(),
            );
            let has_court = self.file.origin.is_some();
            loop {
                let ready =
                    is_ready(&http, &url).await && (!has_court || sits(&http, &cu, founded).await);
                let late = tokio::time::Instant::now() >= deadline;
                let ended = self.children[index].has_ended();
                if ready && !ended {
                    break;
                }
                if late || ended {
                    let plan = self.children[index].plan();
                    return Err(DevnetError::NotReady {
                        name: plan.name.clone(),
                        log: plan.log.clone(),
                    });
                }
                tokio::time::sleep(WATCH_PAUSE / 4).await;
            }
        }
        Ok(())
    }
}

async fn is_ready(http: &reqwest::Client, web: &Url) -> bool {
    let Ok(url) = web.join("ready") else {
        return false;
    };
    matches!(http.get(url).send().await, Ok(response) if crate::http::error::is_success(response.status().as_u16()))
}

/// Whether a node has found the court's spawn and computed it up to a block, or says why it never will.
async fn sits(http: &reqwest::Client, cu: &Url, height: u64) -> bool {
    let Ok(url) = cu.join("origin/info") else {
        return false;
    };
    let Ok(response) = http.get(url).send().await else {
        return false;
    };
    let info: serde_json::Value = response.json().await.unwrap_or_default();
    let has_begun = info["slot"].is_u64() && info["soft"].as_u64() >= Some(height);
    has_begun || info["alarm"].is_string()
}

fn choose_ports(config: &DevnetConfig) -> Result<(Ports, Option<Claim>), DevnetError> {
    if config.base_port == 0 {
        let found = Ports::free(config.nodes, std::process::id()).ok_or(DevnetError::NoPorts)?;
        return Ok((found.0, Some(found.1)));
    }
    let ports = Ports::from_base(config.base_port, config.nodes).ok_or(DevnetError::NoPorts)?;
    match ports.taken() {
        Some(port) => Err(DevnetError::PortTaken(port)),
        None => Ok((ports, None)),
    }
}
