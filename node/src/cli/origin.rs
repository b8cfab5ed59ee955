//! `aosec origin`: the court as a node computes it, and its token.

use aosec_wire::{Address, Id};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::Output;
use super::amount::Amount;
use super::court::{CourtClient, OperatorsArgs, ProcessesArgs, ReadArgs, SendArgs, lines, shown};
use super::deploy::DeployArgs;
use super::exit::CliError;
use super::joining::RegisterArgs;
use super::target::SignerArgs;
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
    Operators(OperatorsArgs),
    /// Processes under the court, with their hosts and escrows: the same as `aosec host list`.
    #[command(after_help = "Example: aosec origin processes --first 101")]
    Processes(ProcessesArgs),
    /// The free balance of an address, in tokens.
    #[command(after_help = "Example: aosec origin balance <address>")]
    Balance(BalanceArgs),
    /// What has come of a message to the court.
    #[command(after_help = "Example: aosec origin message <message>")]
    Message(MessageArgs),
    /// Bring a process that exists already under the court, from its next slot on.
    #[command(
        after_help = "Example: aosec origin register <process> --max-fee 1 --min-allocation 10 --key owner.json --yes"
    )]
    Register(RegisterArgs),
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
        OriginCommand::Operators(args) => args.list(out).await,
        OriginCommand::Processes(args) => args.list(out).await,
        OriginCommand::Balance(args) => balance(args, out).await,
        OriginCommand::Register(args) => args.run(out).await,
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
    if let Some(ran) = court.outcome(args.id).await? {
        return court.tell(&ran, out).await;
    }
    // A node without a court knows no message either.
    let origin = court.id().await?;
    let said = format!("message {} has not run in the court {origin}", args.id);
    Err(CliError::NotFound(said))
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

async fn balance(args: BalanceArgs, out: Output) -> Result<(), CliError> {
    let path = format!("balance/{}", args.address);
    let found = args.read.open(out)?.get(&path, &[]).await?;
    let balance = found["Balance"].as_str().and_then(Amount::of_units);
    let balance = balance.ok_or_else(|| CliError::failure("the node's answer names no balance"))?;
    out.result(&found, balance)
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
