//! `aosec devnet chain`: makes the devnet's base layer do what a real one may do some day, on demand.

use aosec_wire::{Address, Id};
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Url;
use serde_json::{Value, json};

use super::client::{UnitClient, join};
use super::exit::CliError;
use super::{Output, chaos, story};
use crate::devnet::file::DevnetFile;

/// Verbs of `aosec devnet`.
#[derive(Debug, Subcommand)]
pub enum DevnetCommand {
    /// Mine, fork, delay, censor and hide on the base layer of a running devnet.
    Chain(ChainArgs),
    /// Let a node of a running devnet fail, and come back.
    Chaos(chaos::ChaosArgs),
    /// Play how a host falls silent and Arweave goes on, step by step, on a running devnet or on one of its own.
    Story(story::StoryArgs),
}

/// Flags of `aosec devnet chain`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aosec devnet chain fork --depth 1\n  aosec devnet chain censor <address>"
)]
pub struct ChainArgs {
    /// Folder of the devnet whose devnet.json names the gateway.
    #[arg(long, global = true, env = "AOSEC_DEVNET", default_value_os_t = crate::devnet::default_folder())]
    devnet: std::path::PathBuf,
    /// Gateway of a devchain, instead of the devnet's.
    #[arg(long, global = true)]
    gateway: Option<Url>,
    #[command(subcommand)]
    verb: ChainVerb,
}

#[derive(Debug, Subcommand)]
enum ChainVerb {
    /// Mine blocks now.
    Mine {
        /// How many.
        #[arg(long, default_value_t = 1)]
        blocks: u64,
    },
    /// Replace the newest blocks by a branch that is one block longer.
    Fork {
        /// Blocks that are replaced; more than 1 is deeper than a devnet's settlement depth, and stops its court for good.
        #[arg(long)]
        depth: u64,
        /// What becomes of their transactions.
        #[arg(long, value_enum, default_value_t = Orphans::Wait)]
        orphans: Orphans,
    },
    /// Mine every transaction later than it could be.
    Delay {
        /// By so many blocks; 0 lifts it.
        #[arg(long)]
        blocks: u64,
    },
    /// Take a sender's transactions and never mine them.
    Censor {
        /// Address of the sender.
        #[arg(allow_hyphen_values = true)]
        sender: Address,
        /// Mine them again.
        #[arg(long)]
        lift: bool,
    },
    /// Serve no data under an id, while its header is served.
    Hide {
        /// Id of a transaction or item.
        #[arg(allow_hyphen_values = true)]
        id: Id,
        /// Serve it again.
        #[arg(long)]
        lift: bool,
    },
    /// The faults that stand.
    Faults,
}

/// What becomes of the transactions in replaced blocks.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Orphans {
    /// They wait to be mined again.
    Wait,
    /// The new branch mines them.
    Mine,
    /// They are forgotten.
    Drop,
}

pub(super) async fn run(command: DevnetCommand, out: Output) -> Result<(), CliError> {
    match command {
        DevnetCommand::Chain(args) => on_chain(args, out).await,
        DevnetCommand::Chaos(args) => chaos::run(args, out).await,
        DevnetCommand::Story(args) => Box::pin(story::run(args, out)).await,
    }
}

async fn on_chain(args: ChainArgs, out: Output) -> Result<(), CliError> {
    let ChainArgs {
        devnet,
        gateway,
        verb,
    } = args;
    let gateway = match gateway {
        Some(url) => url,
        None => gateway_of(&devnet)?,
    };
    let client = UnitClient::new(out)?;
    let url = join(&gateway, &path(&verb))?;
    let answer = match verb {
        ChainVerb::Faults => client.get_json(&url).await?,
        _ => client.post_json(&url, &json!({})).await?,
    };
    out.result(&answer, line(&answer))
}

fn gateway_of(folder: &std::path::Path) -> Result<Url, CliError> {
    let file = DevnetFile::read(folder).map_err(|error| {
        CliError::NotFound(format!(
            "{error}; start one with `aosec devnet`, or give --gateway"
        ))
    })?;
    Ok(file.gateway)
}

fn path(verb: &ChainVerb) -> String {
    match verb {
        ChainVerb::Mine { blocks } => format!("mine/{blocks}"),
        ChainVerb::Fork { depth, orphans } => {
            let orphans = match orphans {
                Orphans::Wait => "wait",
                Orphans::Mine => "mine",
                Orphans::Drop => "drop",
            };
            format!("fork/{depth}/{orphans}")
        }
        ChainVerb::Delay { blocks } => format!("delay/{blocks}"),
        ChainVerb::Censor { sender, lift } => {
            format!("{}/{sender}", if *lift { "uncensor" } else { "censor" })
        }
        ChainVerb::Hide { id, lift } => format!("{}/{id}", if *lift { "show" } else { "hide" }),
        ChainVerb::Faults => "faults".into(),
    }
}

/// The tip after a change of blocks, else the faults that stand.
fn line(answer: &Value) -> String {
    if answer.get("height").is_some() {
        let block = answer["current"].as_str().unwrap_or_default();
        return format!("height {} block {block}", answer["height"]);
    }
    let listed = |name: &str| {
        let list = answer[name].as_array().map_or(&[][..], Vec::as_slice);
        let list: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
        if list.is_empty() {
            "nothing".to_owned()
        } else {
            list.join(", ")
        }
    };
    format!(
        "delayed by {} blocks; censored: {}; hidden: {}",
        answer["delay_blocks"],
        listed("censored"),
        listed("hidden")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_one_line() {
        let tip = json!({ "height": 7, "current": "abc", "blocks": 8 });
        assert_eq!(line(&tip), "height 7 block abc");
        let faults = json!({ "delay_blocks": 2, "censored": ["a", "b"], "hidden": [] });
        assert_eq!(
            line(&faults),
            "delayed by 2 blocks; censored: a, b; hidden: nothing"
        );
    }

    #[test]
    fn lifting_takes_the_other_path() {
        let id = Id::new([0; 32]);
        let hide = |lift| path(&ChainVerb::Hide { id, lift });
        assert_eq!(hide(false), format!("hide/{id}"));
        assert_eq!(hide(true), format!("show/{id}"));
    }
}
