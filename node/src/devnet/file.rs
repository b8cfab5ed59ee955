//! `devnet.json`: what runs where, for scripts and for the other verbs of the CLI.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use aosec_wire::{Address, Id};
use reqwest::Url;
use serde::{Deserialize, Serialize};

/// The file's name in the devnet's folder.
pub const NAME: &str = "devnet.json";

/// Everything a client of the devnet needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DevnetFile {
    /// The base layer's gateway.
    #[serde(with = "root")]
    pub gateway: Url,
    /// The court's process; none where the devnet was begun without one.
    pub origin: Option<Id>,
    /// The stake token's process: the court itself (PROTOCOL 3.1).
    pub token: Option<Id>,
    /// The module that processes on the devnet run.
    pub module: Id,
    /// Whether its nodes break the law when they are told to.
    #[serde(default)]
    pub chaos: bool,
    /// Keys that push messages: what a process names in its `Authority` tags.
    pub authorities: Vec<Address>,
    /// The nodes.
    pub nodes: Vec<NodeEntry>,
    /// Funded accounts.
    pub accounts: Vec<AccountEntry>,
}

/// One node.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeEntry {
    /// `node1`, `node2`, and so on.
    pub name: String,
    /// Status and metrics.
    #[serde(with = "root")]
    pub web: Url,
    /// Messenger unit.
    #[serde(with = "root")]
    pub mu: Url,
    /// Scheduler unit.
    #[serde(with = "root")]
    pub su: Url,
    /// Compute unit.
    #[serde(with = "root")]
    pub cu: Url,
    /// Address of the owner key: money; none in a file that a devnet wrote before it had a court.
    pub owner: Option<Address>,
    /// Address of the operator key.
    pub operator: Address,
    /// Address of the key that signs assignments.
    pub scheduler: Address,
    /// Address of the key that signs pushed messages.
    pub authority: Address,
    /// Address of the base-layer wallet.
    pub wallet: Address,
    /// The process id of the child.
    pub pid: u32,
}

/// One funded account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountEntry {
    /// What `--key` takes.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// `arweave`, `ed25519` or `ethereum`.
    pub kind: String,
    /// Path of its key file: a JWK, or 64 hex digits.
    pub wallet: String,
    /// Base-layer funds in winston.
    pub balance: String,
    /// Stake tokens at the start, in units.
    #[serde(default)]
    pub tokens: String,
}

/// A unit's root as text without the closing slash, because clients put paths behind it.
mod root {
    use reqwest::Url;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(url: &Url, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(url.as_str().trim_end_matches('/'))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Url, D::Error> {
        String::deserialize(input)?
            .parse()
            .map_err(D::Error::custom)
    }
}

/// Why there is no devnet to be found.
#[derive(Debug, thiserror::Error)]
pub enum DevnetFileError {
    /// No such file.
    #[error("no devnet runs in {0}")]
    Absent(String),
    /// The file is not what this version writes.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The reason.
        reason: String,
    },
}

impl DevnetFile {
    /// Reads the file in `folder`.
    ///
    /// # Errors
    /// Where it is absent or of another version.
    pub fn read(folder: &Path) -> Result<Self, DevnetFileError> {
        let path = folder.join(NAME);
        let unreadable = |reason: String| DevnetFileError::Unreadable {
            path: path.display().to_string(),
            reason,
        };
        let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => DevnetFileError::Absent(folder.display().to_string()),
            _ => unreadable(error.to_string()),
        })?;
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
    }

    /// Writes the file whole: readers see the old or the new one.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let part = folder.join(format!("{NAME}.part"));
        let mut out = std::fs::File::create(&part)?;
        out.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        out.sync_all()?;
        std::fs::rename(part, folder.join(NAME))
    }
}
