//! `aosec origin`: the court as a node computes it, and its token.

use std::time::Duration;

use aosec_wire::{Address, Id};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::Output;
use super::amount::Amount;
use super::court::{CourtClient, ReadArgs, SendArgs, lines, shown};
use super::deploy::DeployArgs;
use super::exit::CliError;
use super::host::rows;
use super::target::SignerArgs;
use crate::origin::deploy::tokens;
use crate::origin::messages;

/// Verbs of `aosec origin`.
#[derive(Debug, Subcommand)]
pub enum OriginCommand {
    /// Make a court: post its spawn and its genesis, and print its id.
    #[command(
        after_help = "Example: aosec origin deploy --gateway https://arweave.net --network arweave --balances balances.json --wallet wallet.json --key founder.json --yes"
    )]
    Deploy(DeployArgs),
    /// Where the court stands: height, slot, state root, supply, and which contract runs.
    #[command(after_help = "Example: aosec origin info --firm")]
    Info(ReadArgs),
    /// Slot and state root after a block: equal in every node.
    #[command(after_help = "Example: aosec origin root 120")]
    Root(RootArgs),
    /// The parameters of the genesis.
    #[command(after_help = "Example: aosec origin params")]
    Params(ReadArgs),
    /// Operators with their stake.
    #[command(after_help = "Example: aosec origin operators --first 101")]
    Operators(ListArgs),
    /// Processes under the court, with hosts and escrows.
    #[command(after_help = "Example: aosec origin processes --first 101")]
    Processes(ListArgs),
    /// The free balance of an address, in tokens.
    #[command(after_help = "Example: aosec origin balance <address>")]
    Balance(BalanceArgs),
    /// What has come of a message to the court.
    #[command(after_help = "Example: aosec origin message <message>")]
    Message(MessageArgs),
    /// Send tokens.
    #[command(after_help = "Example: aosec origin transfer <address> 12.5 --yes")]
    Transfer(TransferArgs),
}

/// Flags of `aosec origin root`.
#[derive(Debug, Args)]
pub struct RootArgs {
    /// The block; the newest where none is named.
    height: Option<u64>,
    #[command(flatten)]
    read: ReadArgs,
}

/// Flags of the lists.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// One operator or process alone.
    #[arg(allow_hyphen_values = true)]
    one: Option<String>,
    /// Number of the first row, from 1.
    #[arg(long, default_value_t = 1)]
    first: u64,
    #[command(flatten)]
    read: ReadArgs,
}

/// Flags of `aosec origin balance`.
#[derive(Debug, Args)]
pub struct BalanceArgs {
    /// Whose.
    #[arg(allow_hyphen_values = true)]
    address: Address,
    #[command(flatten)]
    read: ReadArgs,
}

/// Flags of `aosec origin message`.
#[derive(Debug, Args)]
pub struct MessageArgs {
    /// Its id.
    #[arg(allow_hyphen_values = true)]
    id: Id,
    #[command(flatten)]
    read: ReadArgs,
}

/// Flags of `aosec origin transfer`.
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// To whom.
    #[arg(allow_hyphen_values = true)]
    recipient: Address,
    /// How many tokens, as 12 or 12.5.
    amount: Amount,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

pub(super) async fn run(command: OriginCommand, out: Output) -> Result<(), CliError> {
    match command {
        OriginCommand::Deploy(args) => super::deploy::run(args, out).await,
        OriginCommand::Info(read) => info(&read.open(out)?, out).await,
        OriginCommand::Params(read) => params(&read.open(out)?, out).await,
        OriginCommand::Message(args) => message(args, out).await,
        OriginCommand::Root(args) => root(args, out).await,
        OriginCommand::Operators(args) => list(args, "operators", "operator", out).await,
        OriginCommand::Processes(args) => list(args, "processes", "process", out).await,
        OriginCommand::Balance(args) => balance(args, out).await,
        OriginCommand::Transfer(args) => transfer(args, out).await,
    }
}

async fn info(court: &CourtClient, out: Output) -> Result<(), CliError> {
    let info = court.get("info", &[]).await?;
    let mut text = info.clone();
    if let (Some(fields), Value::Object(of_contract)) = (text.as_object_mut(), &info["info"]) {
        fields.remove("info");
        fields.extend(of_contract.clone());
    }
    out.result(&info, lines(&shown(&text, &info)))
}

async fn params(court: &CourtClient, out: Output) -> Result<(), CliError> {
    let (found, info) = (
        court.get("params", &[]).await?,
        court.get("info", &[]).await?,
    );
    out.result(&found, lines(&shown(&found["Parameters"], &info)))
}

async fn message(args: MessageArgs, out: Output) -> Result<(), CliError> {
    let court = args.read.open(out)?;
    let ran = court.outcome(args.id, Duration::ZERO).await;
    let ran = ran.map_err(|error| match error {
        CliError::DeadlinePassed(_) => CliError::NotFound(format!("{} has not run yet", args.id)),
        error => error,
    })?;
    court.tell(&ran, out).await
}

async fn root(args: RootArgs, out: Output) -> Result<(), CliError> {
    let court = args.read.open(out)?;
    let height = args.height.map(|height| height.to_string());
    let query: Vec<_> = height
        .iter()
        .map(|height| ("height", height.as_str()))
        .collect();
    let found = court.get("root", &query).await?;
    out.result(&found, lines(&found))
}

async fn list(args: ListArgs, path: &str, name: &'static str, out: Output) -> Result<(), CliError> {
    let first = args.first.to_string();
    let query = match &args.one {
        Some(one) => (name, one.as_str()),
        None => ("first", first.as_str()),
    };
    let court = args.read.open(out)?;
    let found = court.get(path, &[query]).await?;
    let info = court.get("info", &[]).await?;
    out.result(&found, rows(&found, &info))
}

async fn balance(args: BalanceArgs, out: Output) -> Result<(), CliError> {
    let path = format!("balance/{}", args.address);
    let found = args.read.open(out)?.get(&path, &[]).await?;
    let units = found["Balance"].as_str().unwrap_or("0");
    out.result(&found, format_args!("{} tokens", tokens(units)))
}

async fn transfer(args: TransferArgs, out: Output) -> Result<(), CliError> {
    let TransferArgs {
        recipient,
        amount,
        signer,
        send,
    } = args;
    send.agreed(&format!(
        "this sends {amount} to {recipient}, which nobody can take back"
    ))?;
    let court = send.open(out)?;
    let mut draft = messages::message(court.id().await?, "Transfer");
    draft.tags = draft
        .tags
        .with("Recipient", recipient.as_str())
        .with("Quantity", amount.units());
    send.send(&court, draft, &signer.open()?, out).await
}
