//! `aosec node run`: one node, by flags alone.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use aosec_wire::Id;
use clap::{Args, Subcommand};
use reqwest::Url;
use serde_json::json;

use super::Output;
use super::exit::CliError;
use crate::config::{Agent, LogSource, NodeConfig, Peer, Roles};
use crate::keys::{self, NodeKeys, Password};
use crate::mu::fees::Policy;
use crate::node::Node;
use crate::shutdown::{Shutdown, asked_by_operator};

/// Verbs of `aosec node`.
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// Run SU, CU and MU against a base layer.
    #[command(
        after_help = "Example: aosec node run --data ./node --gateway http://127.0.0.1:4000 --base-port 4100
         aosec node run --data ./reader --gateway http://127.0.0.1:4000 --base-port 4200 --roles cu --log-source base-layer"
    )]
    Run(RunArgs),
}

/// Flags of `aosec node run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Folder of keys, store and guard; made at the first start.
    #[arg(long, env = "AOSEC_DATA")]
    data: PathBuf,
    /// Gateway of the base layer; several are asked in turn.
    #[arg(long, env = "AOSEC_GATEWAY", value_delimiter = ',', required = true)]
    gateway: Vec<Url>,
    /// Interface of SU, CU and MU; the page stays on loopback.
    #[arg(long, env = "AOSEC_HOST", default_value = "127.0.0.1")]
    host: IpAddr,
    /// First port: page + 1, MU + 2, SU + 3, CU + 4; 0 takes free ones.
    #[arg(long, env = "AOSEC_BASE_PORT", default_value_t = 4000)]
    base_port: u16,
    /// Units to run, of su, cu, mu.
    #[arg(long, env = "AOSEC_ROLES", default_value = "su,cu,mu")]
    roles: Roles,
    /// Another node's SU, as scheduler=url; may be given many times.
    #[arg(long = "peer", env = "AOSEC_PEERS", value_delimiter = ',')]
    peers: Vec<Peer>,
    /// Url under which clients reach this node's SU, where it is not the one that it listens on.
    #[arg(long, env = "AOSEC_PUBLIC_URL")]
    public_url: Option<Url>,
    /// Mean time between blocks of the base layer, in milliseconds.
    #[arg(long, env = "AOSEC_BLOCK_TIME_MS", default_value_t = 120_000)]
    block_time_ms: u64,
    /// Confirmations before a base-layer transaction may be assigned.
    #[arg(long, env = "AOSEC_SETTLEMENT_DEPTH", default_value_t = 20)]
    settlement_depth: u64,
    /// Seconds that a published location stays valid.
    #[arg(long, env = "AOSEC_LOCATION_TTL", default_value_t = 3600)]
    location_ttl: u64,
    /// Where the CU reads logs: from their schedulers, or settled ones from the base layer alone, trusting nobody.
    #[arg(long, env = "AOSEC_LOG_SOURCE", value_enum, default_value_t)]
    log_source: LogSource,
    /// First block in which log records and the court's spawn are looked for.
    #[arg(long, env = "AOSEC_FOLLOW_FROM", default_value_t = 0)]
    follow_from: u64,
    /// Id of the court to compute, from the block of --follow-from on; /origin on the CU's port shows it.
    #[arg(long, env = "AOSEC_ORIGIN", allow_hyphen_values = true)]
    origin: Option<Id>,
    /// Whether the node says by itself, with the operator's key and for its inbox fees, what keeps the pay of its leases going.
    #[arg(long, env = "AOSEC_HEARTBEATS", default_value_t = true, action = clap::ArgAction::Set)]
    heartbeats: bool,
    /// What the node does about cases by itself: watch only says what it sees, defend answers for its operator, hunt reports others too.
    #[arg(long, env = "AOSEC_AGENT", value_enum, default_value_t)]
    agent: Agent,
    /// What this messenger asks for an item, of credit that its signer has paid before: free, fixed:<tokens>, or kib:<tokens> for each KiB.
    #[arg(long, env = "AOSEC_MU_FEE", default_value = "free", value_parser = super::fees::policy)]
    mu_fee: Policy,
    /// Blocks between a start and its first signature, in which another node with the same key would be seen; 4 by default.
    #[arg(long, env = "AOSEC_DOPPELGANGER_WAIT")]
    doppelganger_wait: Option<u64>,
    /// File whose first line seals the node's keys; one is made in the data folder where none is named.
    #[arg(long, env = "AOSEC_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
    /// Use the published keys of this devnet node and allow private addresses.
    #[arg(long, hide = true)]
    devnet_node: Option<usize>,
    /// Break the law when told to; only with the published keys of a devnet node.
    #[arg(long, hide = true, requires = "devnet_node")]
    chaos_unsafe: bool,
    /// Stop when stdin closes: the supervisor's way to take its children along.
    #[arg(long, hide = true)]
    stop_with_stdin: bool,
}

impl RunArgs {
    fn config(&self) -> NodeConfig {
        NodeConfig {
            host: self.host,
            base_port: self.base_port,
            roles: self.roles,
            peers: self.peers.clone(),
            public_url: self.public_url.clone(),
            devnet: self.devnet_node,
            block_time: Duration::from_millis(self.block_time_ms),
            settlement_depth: self.settlement_depth,
            location_ttl: Duration::from_secs(self.location_ttl),
            log_source: self.log_source,
            follow_from: self.follow_from,
            heartbeats: self.heartbeats,
            origin: self.origin,
            agent: self.agent,
            mu_fee: self.mu_fee,
            chaos: self.chaos_unsafe,
            doppelganger_wait: self.doppelganger_wait,
            ..NodeConfig::new(self.data.clone(), self.gateway.clone())
        }
    }

    fn keys(&self, out: Output) -> Result<NodeKeys, CliError> {
        if let Some(index) = self.devnet_node {
            return Ok(keys::devnet::node(index)?);
        }
        let folder = self.data.join(keys::FOLDER);
        let own = folder.join("password");
        let (password, made) = match &self.password_file {
            Some(file) => (Password::from_file(file)?, false),
            None => Password::from_file_or_made(&own)?,
        };
        if made {
            out.progress(format_args!(
                "made a password for the node's keys in {}; keep a copy elsewhere, and name it with --password-file",
                own.display()
            ));
        }
        Ok(NodeKeys::open_or_make(&folder, &password)?)
    }
}

pub(super) async fn run(command: NodeCommand, out: Output) -> Result<(), CliError> {
    let NodeCommand::Run(args) = command;
    let config = args.config();
    config.check()?;
    let keys = args.keys(out)?;
    let shutdown = Shutdown::new();
    let node = Node::start(config, keys, shutdown.clone())
        .await
        .map_err(|error| CliError::failure(error.to_string()))?;
    let urls = node.urls();
    let json = json!({ "web": urls.web.as_str(), "mu": urls.mu.as_str(), "su": urls.su.as_str(), "cu": urls.cu.as_str() });
    out.result(
        &json,
        format_args!(
            "page {}\nMU   {}\nSU   {}\nCU   {}",
            urls.web, urls.mu, urls.su, urls.cu
        ),
    )?;
    tokio::select! {
        () = asked_by_operator() => {}
        () = stdin_closed(), if args.stop_with_stdin => {}
    }
    shutdown.tell();
    let stopped = shutdown.finished().await;
    node.close().await;
    if !stopped {
        return Err(CliError::failure(
            "some tasks did not stop in time; what was acknowledged is durable",
        ));
    }
    Ok(())
}

async fn stdin_closed() {
    use tokio::io::AsyncReadExt as _;
    let mut byte = [0_u8; 64];
    let mut stdin = tokio::io::stdin();
    while matches!(stdin.read(&mut byte).await, Ok(read) if read > 0) {}
}
