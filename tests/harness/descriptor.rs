//! `devnet.json` as the tests read it: only what a stranger could know, with types of our own.

use std::path::Path;

use serde::Deserialize;

/// A running devnet.
#[derive(Clone, Debug, Deserialize)]
pub struct Devnet {
    /// Root of the base layer's gateway.
    pub gateway: String,
    /// The module that processes run.
    pub module: String,
    /// The court.
    pub origin: String,
    /// What a process names in its `Authority` tags.
    pub authorities: Vec<String>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Published throw-away accounts.
    pub accounts: Vec<Account>,
}

/// One node of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Node {
    /// Its name, also that of its log.
    pub name: String,
    /// Page, health and metrics.
    pub web: String,
    /// Messenger unit.
    pub mu: String,
    /// Scheduler unit.
    pub su: String,
    /// Compute unit.
    pub cu: String,
    /// Address that owns the operator's stake.
    pub owner: String,
    /// Address that holds its leases.
    pub operator: String,
    /// Address that signs assignments.
    pub scheduler: String,
    /// Address of the wallet that pays for its transactions.
    pub wallet: String,
    /// Process id of the child.
    pub pid: u32,
}

/// One account.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// `arweave`, `ed25519` or `ethereum`.
    pub kind: String,
    /// Path of its key file.
    pub wallet: String,
}

impl Devnet {
    /// Reads `devnet.json`; none while it is absent.
    ///
    /// # Panics
    /// Where it is there and not of this shape.
    #[must_use]
    pub fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        Some(
            serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}: {text}", path.display())),
        )
    }
}
