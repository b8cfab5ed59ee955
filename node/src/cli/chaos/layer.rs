//! What the base layer of a devnet does to one node: it cannot be reached, or it takes blocks back.

use aosec_wire::Address;
use clap::Args;
use serde_json::{Value, json};

use super::Net;
use crate::cli::Output;
use crate::cli::client::{UnitClient, join};
use crate::cli::exit::CliError;
use crate::devnet::SETTLEMENT_DEPTH;

/// Flags of `aosec devnet chaos partition`.
#[derive(Debug, Args)]
pub(super) struct PartitionArgs {
    /// The node, by name.
    node: String,
    /// Let it reach the base layer again.
    #[arg(long)]
    lift: bool,
}

/// Flags of `aosec devnet chaos reorg`.
#[derive(Debug, Args)]
pub(super) struct ReorgArgs {
    /// The node whose transactions the new branch leaves out, by name.
    node: String,
    /// Blocks that are replaced.
    #[arg(long, default_value_t = SETTLEMENT_DEPTH)]
    depth: u64,
    /// Replace more blocks than settle: every node stops with an alarm, for good.
    #[arg(long)]
    beyond_settlement: bool,
}

pub(super) async fn partition(net: &Net, args: PartitionArgs, out: Output) -> Result<(), CliError> {
    let (_, node) = net.node(&args.node)?;
    let (verb, said) = match args.lift {
        true => ("join", "reaches the base layer again"),
        false => ("cut", "is cut off from the base layer"),
    };
    let faults = post(net, &format!("{verb}/{}", node.name), out).await?;
    out.result(&faults, format!("{} {said}", args.node))
}

pub(super) async fn reorg(net: &Net, args: ReorgArgs, out: Output) -> Result<(), CliError> {
    let (_, node) = net.node(&args.node)?;
    if args.depth > SETTLEMENT_DEPTH && !args.beyond_settlement {
        return Err(CliError::Usage(format!(
            "{} blocks are deeper than the devnet's settlement depth of {SETTLEMENT_DEPTH}: every node would stop with an alarm, for good; \
             add --beyond-settlement where that is what you want to see",
            args.depth
        )));
    }
    let tip = forked(net, &node.wallet, args.depth, out).await?;
    let text = format!(
        "{} blocks are replaced, without {}'s transactions; height {}",
        args.depth, args.node, tip["height"]
    );
    let shown = json!({ "node": args.node, "depth": args.depth, "height": tip["height"], "block": tip["current"] });
    out.result(&shown, text)
}

/// The new branch is mined while the node's wallet is censored; what it had there waits again.
async fn forked(net: &Net, wallet: &Address, depth: u64, out: Output) -> Result<Value, CliError> {
    let faults = UnitClient::new(out)?
        .get_json(&join(&net.file.gateway, "faults")?)
        .await?;
    let censored = faults["censored"].as_array().into_iter().flatten();
    let was_censored = censored.into_iter().any(|one| one == wallet.as_str());
    post(net, &format!("censor/{wallet}"), out).await?;
    let forked = post(net, &format!("fork/{depth}/mine"), out).await;
    if !was_censored {
        post(net, &format!("uncensor/{wallet}"), out).await?;
    }
    forked
}

async fn post(net: &Net, path: &str, out: Output) -> Result<Value, CliError> {
    let url = join(&net.file.gateway, path)?;
    UnitClient::new(out)?.post_json(&url, &json!({})).await
}
