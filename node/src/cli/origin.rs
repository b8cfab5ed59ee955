//! `aosec origin`: the court as a node computes it, and its token.

use aosec_wire::Address;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::Output;
use super::amount::Amount;
use super::court::{ReadArgs, SendArgs, lines};
use super::exit::CliError;
use super::target::SignerArgs;
use crate::origin::deploy::{self, tokens};

/// Verbs of `aosec origin`.
#[derive(Debug, Subcommand)]
pub enum OriginCommand {
    /// Where the court stands: height, slot, state root, supply, and which contract runs.
    Info(ReadArgs),
    /// Slot and state root after a block: equal in every node.
    #[command(after_help = "Example: aosec origin root 120")]
    Root(RootArgs),
    /// The parameters of the genesis.
    Params(ReadArgs),
    /// Operators with their stake.
    #[command(after_help = "Example: aosec origin operators --first 101")]
    Operators(ListArgs),
    /// Processes under the court, with hosts and escrows.
    Processes(ListArgs),
    /// The free balance of an address, in tokens.
    Balance(BalanceArgs),
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
    address: Address,
    #[command(flatten)]
    read: ReadArgs,
}

/// Flags of `aosec origin transfer`.
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// To whom.
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
        OriginCommand::Info(read) => show(&read.open(out)?.get("info", &[]).await?, out),
        OriginCommand::Params(read) => show(&read.open(out)?.get("params", &[]).await?, out),
        OriginCommand::Root(args) => root(args, out).await,
        OriginCommand::Operators(args) => list(args, "operators", "operator", out).await,
        OriginCommand::Processes(args) => list(args, "processes", "process", out).await,
        OriginCommand::Balance(args) => balance(args, out).await,
        OriginCommand::Transfer(args) => transfer(args, out).await,
    }
}

fn show(value: &Value, out: Output) -> Result<(), CliError> {
    out.result(value, lines(value))
}

async fn root(args: RootArgs, out: Output) -> Result<(), CliError> {
    let court = args.read.open(out)?;
    let height = args.height.map(|height| height.to_string());
    let query: Vec<_> = height
        .iter()
        .map(|height| ("height", height.as_str()))
        .collect();
    show(&court.get("root", &query).await?, out)
}

async fn list(args: ListArgs, path: &str, name: &'static str, out: Output) -> Result<(), CliError> {
    let first = args.first.to_string();
    let query = match &args.one {
        Some(one) => (name, one.as_str()),
        None => ("first", first.as_str()),
    };
    let found = args.read.open(out)?.get(path, &[query]).await?;
    let rows = found["Rows"].as_array().into_iter().flatten();
    let text: Vec<String> = rows.map(lines).collect();
    out.result(&found, text.join("\n\n"))
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
    let origin = send.open(out)?.id().await?;
    let mut draft = deploy::message(origin, "Transfer");
    draft.tags = draft
        .tags
        .with("Recipient", recipient.as_str())
        .with("Quantity", amount.units());
    draft.anchor = Some(*crate::keys::random_secret()?);
    send.send(draft, &signer, out).await
}
