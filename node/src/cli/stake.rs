//! `aosec stake`: an operator's bond, from the owner's hand (PROTOCOL 4).

use std::path::PathBuf;

use aosec_wire::{Address, SigningKey};
use clap::{Args, Subcommand};
use reqwest::Url;
use serde_json::Value;

use super::Output;
use super::amount::Amount;
use super::court::{ReadArgs, SendArgs, lines};
use super::exit::CliError;
use super::target::SignerArgs;
use crate::keys::{self, NodeKeys};
use crate::origin::deploy::{self, OperatorKeys, tokens};

/// Verbs of `aosec stake`.
#[derive(Debug, Subcommand)]
pub enum StakeCommand {
    /// Bond tokens: the first time for an operator with its keys, later more of them.
    #[command(
        after_help = "Example: aosec stake bond 200 --node-keys ./node/keys --url https://su.example --yes
         aosec stake bond 50 --key owner.json --yes"
    )]
    Bond(BondArgs),
    /// Begin to take bonded tokens out; they stay slashable until they are ripe.
    Unbond(AmountArgs),
    /// Take out everything that is ripe.
    Withdraw(WithdrawArgs),
    /// One operator's stake.
    Show(ShowArgs),
}

/// Flags of `aosec stake bond`.
#[derive(Debug, Args)]
pub struct BondArgs {
    /// How many tokens.
    amount: Amount,
    /// First bond: folder of the node's sealed keys (owner, operator, scheduler).
    #[arg(long, requires = "url")]
    node_keys: Option<PathBuf>,
    /// First bond: file whose first line opens those keys [default: `password` in their folder].
    #[arg(long)]
    node_password: Option<PathBuf>,
    /// First bond: the published keys of this devnet node, from 1.
    #[arg(long, requires = "url", conflicts_with = "node_keys")]
    devnet_node: Option<usize>,
    /// First bond: where the operator's scheduler answers.
    #[arg(long)]
    url: Option<Url>,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of verbs with an amount.
#[derive(Debug, Args)]
pub struct AmountArgs {
    /// How many tokens.
    amount: Amount,
    #[command(flatten)]
    owner: OwnerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec stake withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    #[command(flatten)]
    owner: OwnerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Whose stake it is.
#[derive(Debug, Args)]
pub struct OwnerArgs {
    /// The published owner key of this devnet node, from 1, in the place of --key.
    #[arg(long)]
    devnet_node: Option<usize>,
    #[command(flatten)]
    signer: SignerArgs,
}

/// Flags of `aosec stake show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The operator's address.
    operator: Address,
    #[command(flatten)]
    read: ReadArgs,
}

pub(super) async fn run(command: StakeCommand, out: Output) -> Result<(), CliError> {
    match command {
        StakeCommand::Bond(args) => bond(args, out).await,
        StakeCommand::Unbond(args) => unbond(args, out).await,
        StakeCommand::Withdraw(args) => withdraw(args, out).await,
        StakeCommand::Show(args) => show(args, out).await,
    }
}

async fn bond(args: BondArgs, out: Output) -> Result<(), CliError> {
    let amount = &args.amount;
    args.send.agreed(&format!(
        "this bonds {amount}: they can be slashed, all of them for signing two histories, and come back only after `stake unbond` and its waiting time"
    ))?;
    let origin = args.send.open(out)?.id().await?;
    let Some(keys) = node_keys(&args)? else {
        let draft = with_quantity(deploy::message(origin, "Bond"), amount)?;
        return args.send.send(draft, &args.signer, out).await;
    };
    let url = args.url.as_ref().map_or("", Url::as_str);
    let units = amount.units().parse().map_err(|_| too_much(amount))?;
    let keys = OperatorKeys {
        owner: &keys.owner,
        operator: &keys.operator,
        hot: &keys.scheduler,
    };
    let item = deploy::first_bond(keys, origin, units, url);
    let item = item.map_err(|error| CliError::Usage(error.to_string()))?;
    args.send.deliver(&item, out).await
}

fn too_much(amount: &Amount) -> CliError {
    CliError::Usage(format!("{amount} are more than there can be"))
}

/// The keys of a first bond; none for a later one.
fn node_keys(args: &BondArgs) -> Result<Option<NodeKeys>, CliError> {
    if let Some(number) = args.devnet_node {
        return Ok(Some(devnet(number)?));
    }
    let Some(folder) = &args.node_keys else {
        return Ok(None);
    };
    let own = folder.join("password");
    let file = args.node_password.as_ref().unwrap_or(&own);
    let password = keys::Password::from_file(file)?;
    Ok(Some(NodeKeys::open_or_make(folder, &password)?))
}

fn devnet(number: usize) -> Result<NodeKeys, CliError> {
    let index = number
        .checked_sub(1)
        .ok_or_else(|| CliError::Usage("nodes of a devnet are counted from 1".to_owned()))?;
    Ok(keys::devnet::node(index)?)
}

impl OwnerArgs {
    fn open(&self) -> Result<SigningKey, CliError> {
        match self.devnet_node {
            Some(number) => Ok(devnet(number)?.owner),
            None => self.signer.open(),
        }
    }
}

fn with_quantity(
    mut draft: aosec_wire::Draft,
    amount: &Amount,
) -> Result<aosec_wire::Draft, CliError> {
    draft.tags = draft.tags.with("Quantity", amount.units());
    draft.anchor = Some(*keys::random_secret()?);
    Ok(draft)
}

async fn unbond(args: AmountArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let blocks = court.get("params", &[]).await?["Parameters"]["unbonding"].clone();
    args.send.agreed(&format!(
        "this takes {} out of the bond: for {blocks} blocks ({}) they earn nothing and stay slashable",
        args.amount,
        time_range(&blocks)
    ))?;
    let draft = with_quantity(deploy::message(court.id().await?, "Unbond"), &args.amount)?;
    let item = draft.sign(&args.owner.open()?);
    let item = item.map_err(|error| CliError::Usage(error.to_string()))?;
    args.send.deliver(&item, out).await
}

/// How long blocks take on Arweave: 15 of them have taken 11 to 59 minutes, long runs some 2 minutes each.
fn time_range(blocks: &Value) -> String {
    let blocks = blocks.as_u64().unwrap_or(0);
    let (least, most) = (blocks * 11 / 15, blocks * 59 / 15);
    match most {
        0..=180 => format!("{least} to {most} minutes on Arweave"),
        _ => format!("{} to {} hours on Arweave", least / 60, most / 60),
    }
}

async fn withdraw(args: WithdrawArgs, out: Output) -> Result<(), CliError> {
    let origin = args.send.open(out)?.id().await?;
    let mut draft = deploy::message(origin, "Withdraw");
    draft.anchor = Some(*keys::random_secret()?);
    let item = draft.sign(&args.owner.open()?);
    let item = item.map_err(|error| CliError::Usage(error.to_string()))?;
    args.send.deliver(&item, out).await
}

async fn show(args: ShowArgs, out: Output) -> Result<(), CliError> {
    let query = ("operator", args.operator.as_str());
    let found = args.read.open(out)?.get("operators", &[query]).await?;
    let mut row = found["Rows"][0].clone();
    for field in [
        "Bond",
        "Live",
        "Reserves",
        "Held",
        "Free",
        "Pool",
        "Fee",
        "Answer-Fee",
    ] {
        if let Some(units) = row[field].as_str() {
            row[field] = format!("{} tokens", tokens(units)).into();
        }
    }
    out.result(&found, lines(&row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_shown_as_a_range_of_time() {
        let range = |blocks: u64| time_range(&Value::from(blocks));
        assert_eq!(range(15), "11 to 59 minutes on Arweave");
        assert_eq!(range(21_600), "264 to 1416 hours on Arweave");
    }
}
