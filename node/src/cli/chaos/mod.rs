//! `aosec devnet chaos`: lets a node of the devnet fail, or break the law, as a real one may.
//!
//! [`signals`] stops a process and lets it go on; [`layer`] cuts a node off and replaces blocks; [`jam`] fills an inbox; [`rogue`] makes
//! a node sign contradictions and keep back what it owes. Everything happens to the devnet of one folder, and nowhere else.

mod jam;
mod layer;
mod rogue;
mod signals;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Output;
use super::exit::CliError;
use crate::devnet::file::{DevnetFile, NodeEntry};

/// Flags of `aosec devnet chaos`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aosec devnet chaos silence node1\n  aosec devnet chaos wake node1\n  aosec devnet chaos partition node2\n  aosec devnet chaos jam node3 --blocks 3\n  aosec devnet chaos reorg node1 --depth 1\n  aosec devnet chaos equivocate node1 <process>     on `aosec devnet --chaos-unsafe` alone\n  aosec devnet chaos withhold node1 records         likewise\n\nWake a silenced node before you end its devnet by force: a stopped process does not notice that its parent is gone."
)]
pub struct ChaosArgs {
    /// Folder of the devnet whose devnet.json names the nodes.
    #[arg(long, global = true, env = "AOSEC_DEVNET", default_value_os_t = crate::devnet::default_folder())]
    devnet: PathBuf,
    #[command(subcommand)]
    verb: ChaosVerb,
}

#[derive(Debug, Subcommand)]
enum ChaosVerb {
    /// Stop a node's process in the middle of whatever it does: it answers nobody.
    #[command(after_help = "Example: aosec devnet chaos silence node1")]
    Silence {
        /// The node, by name.
        node: String,
    },
    /// Let a silenced node go on.
    #[command(after_help = "Example: aosec devnet chaos wake node1")]
    Wake {
        /// The node, by name.
        node: String,
    },
    /// Let a node sign something that contradicts what it has signed; its operator loses the process and stake once it is reported.
    #[command(
        after_help = "Examples:\n  aosec devnet chaos equivocate node1 <process>\n  aosec devnet chaos equivocate node1 <process> --how chain --secret --out ./evidence"
    )]
    Equivocate(rogue::EquivocateArgs),
    /// Let a node keep back what it should publish: messages, or the records of their order.
    #[command(
        after_help = "Examples:\n  aosec devnet chaos withhold node1 data\n  aosec devnet chaos withhold node1 data --lift"
    )]
    Withhold(rogue::WithholdArgs),
    /// Fill an inbox for some blocks, at a node's cost: whatever else comes waits behind that.
    #[command(
        after_help = "Examples:\n  aosec devnet chaos jam node3                          the court's inbox, for three blocks\n  aosec devnet chaos jam node3 --inbox <process> --blocks 5"
    )]
    Jam(jam::JamArgs),
    /// Cut a node off from the base layer; its units go on answering whoever reaches them.
    #[command(
        after_help = "Examples:\n  aosec devnet chaos partition node2\n  aosec devnet chaos partition node2 --lift"
    )]
    Partition(layer::PartitionArgs),
    /// Replace the newest blocks by a branch that is one block longer, and does without a node's transactions.
    #[command(
        after_help = "Example: aosec devnet chaos reorg node1 --depth 1\n\nWhat the node had in those blocks waits to be mined again. `aosec devnet chain fork` replaces blocks for nobody in particular."
    )]
    Reorg(layer::ReorgArgs),
}

pub(super) async fn run(args: ChaosArgs, out: Output) -> Result<(), CliError> {
    let net = Net::open(args.devnet)?;
    match args.verb {
        ChaosVerb::Silence { node } => signals::send(&net, &node, signals::SILENCE, out),
        ChaosVerb::Wake { node } => signals::send(&net, &node, signals::WAKE, out),
        ChaosVerb::Equivocate(args) => rogue::equivocate(&net, args, out).await,
        ChaosVerb::Withhold(args) => rogue::withhold(&net, args, out).await,
        ChaosVerb::Jam(args) => jam::run(&net, args, out).await,
        ChaosVerb::Partition(args) => layer::partition(&net, args, out).await,
        ChaosVerb::Reorg(args) => layer::reorg(&net, args, out).await,
    }
}

/// The devnet of a folder.
struct Net {
    folder: PathBuf,
    file: DevnetFile,
}

impl Net {
    fn open(folder: PathBuf) -> Result<Self, CliError> {
        let file = DevnetFile::read(&folder).map_err(|error| {
            CliError::NotFound(format!("{error}; start one with `aosec devnet`"))
        })?;
        Ok(Self { folder, file })
    }

    /// A node by name, and its number.
    fn node(&self, name: &str) -> Result<(usize, &NodeEntry), CliError> {
        let mut nodes = self.file.nodes.iter().enumerate();
        let found = nodes.find(|(_, node)| node.name == name);
        found.ok_or_else(|| {
            let names = self.file.nodes.iter().map(|node| node.name.as_str());
            let names: Vec<&str> = names.collect();
            CliError::NotFound(format!(
                "the devnet has no node {name}; it has {}",
                names.join(", ")
            ))
        })
    }
}
