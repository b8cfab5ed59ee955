//! `aosec host`: leases, from the operator's hand, and the escrows that pay for them (PROTOCOL 5).

use aosec_wire::{Id, VerifiedItem};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::Output;
use super::amount::Amount;
use super::court::{ProcessesArgs, SendArgs};
use super::exit::CliError;
use super::joining::{self, Registered};
use super::role::RoleArgs;
use super::target::SignerArgs;
use super::verdict;
use crate::origin::messages::{self, Beat, Bid};

/// Verbs of `aosec host`.
#[derive(Debug, Subcommand)]
pub enum HostCommand {
    /// Take a process whose spawn names this operator's scheduler, and the court, unless its owner has registered it.
    #[command(
        after_help = "Example: aosec host take <process> --rate 0.01 --fee-cap 0 --answer-cap 0.1 --node-keys ./node/keys --yes"
    )]
    Take(TakeArgs),
    /// Processes under the court, with their hosts and escrows.
    #[command(after_help = "Example: aosec host list <process>")]
    List(ProcessesArgs),
    /// Pay into the escrow of a process; anybody may, and nobody gets it back.
    #[command(after_help = "Example: aosec host fund <process> 25 --key alice --yes")]
    Fund(FundArgs),
    /// Say that nothing new has come, so that pay goes on.
    #[command(after_help = "Example: aosec host heartbeat <process> --node-keys ./node/keys")]
    Heartbeat(HeartbeatArgs),
    /// End a lease after the notice period.
    #[command(after_help = "Example: aosec host leave <process> --node-keys ./node/keys --yes")]
    Leave(LeaveArgs),
}

/// Flags of `aosec host take`.
#[derive(Debug, Args)]
pub struct TakeArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// Tokens a block, at most the process's Max-Fee.
    #[arg(long)]
    rate: Amount,
    /// Most that a message will ever cost, in tokens.
    #[arg(long, default_value = "0")]
    fee_cap: Amount,
    /// Most that an answer to a challenge will ever cost, in tokens.
    #[arg(long)]
    answer_cap: Amount,
    #[command(flatten)]
    role: RoleArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec host fund`.
#[derive(Debug, Args)]
pub struct FundArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// How many tokens.
    amount: Amount,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec host heartbeat`.
#[derive(Debug, Args)]
pub struct HeartbeatArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    #[command(flatten)]
    role: RoleArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec host leave`.
#[derive(Debug, Args)]
pub struct LeaveArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    #[command(flatten)]
    role: RoleArgs,
    #[command(flatten)]
    send: SendArgs,
}

pub(super) async fn run(command: HostCommand, out: Output) -> Result<(), CliError> {
    match command {
        HostCommand::Take(args) => take(args, out).await,
        HostCommand::List(args) => args.list(out).await,
        HostCommand::Fund(args) => fund(args, out).await,
        HostCommand::Heartbeat(args) => heartbeat(args, out).await,
        HostCommand::Leave(args) => leave(args, out).await,
    }
}

async fn take(args: TakeArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let spawn = joining::spawn(&court, args.process).await?;
    let registered = Registered::of(&court, &spawn).await?;
    let stake = match &registered {
        Some(registered) => registered.stake()?,
        None => stake(&spawn)?,
    };
    args.send.agreed(&format!(
        "this puts {stake} of the operator's bond behind {}, which can be slashed for each fault as its host until the lease has ended and evidence is out of time, for {} a block",
        args.process, args.rate
    ))?;
    let bid = Bid {
        rate: args.rate.units(),
        fee_cap: args.fee_cap.units(),
        answer_cap: args.answer_cap.units(),
    };
    let origin = court.id().await?;
    let draft = match &registered {
        None => messages::host(origin, &spawn, bid),
        Some(registered) => {
            let held = registered.hold(&court).await?;
            messages::host_registered(origin, &spawn, bid, &held)
        }
    };
    args.send
        .send(&court, draft, &args.role.operator()?, out)
        .await
}

/// What a host puts up for the process; a stranger has written it.
fn stake(spawn: &VerifiedItem) -> Result<Amount, CliError> {
    let named = spawn.tags().get("Min-Allocation");
    let stake = named.and_then(Amount::of_units);
    stake.ok_or_else(|| CliError::Refused(verdict::refused("5.1 terms")))
}

async fn fund(args: FundArgs, out: Output) -> Result<(), CliError> {
    args.send.agreed(&format!(
        "this pays {} into the escrow of {}: they go to its hosts, and nobody gets them back",
        args.amount, args.process
    ))?;
    let court = args.send.open(out)?;
    let mut draft = messages::message(court.id().await?, "Fund");
    draft.tags = draft
        .tags
        .with("Process", args.process.to_string())
        .with("Quantity", args.amount.units());
    args.send
        .send(&court, draft, &args.signer.open()?, out)
        .await
}

async fn heartbeat(args: HeartbeatArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let keys = args.role.node()?.ok_or_else(|| {
        CliError::Usage(
            "a heartbeat is signed by the hot key: name the node's keys with --node-keys <folder>"
                .to_owned(),
        )
    })?;
    let head = court.get(&format!("head/{}", args.process), &[]).await?;
    let beat = beat(args.process, &head)
        .ok_or_else(|| CliError::failure("the node's answer names no head of the log"))?;
    let draft = messages::heartbeat(&keys.scheduler, court.id().await?, beat);
    let draft = draft.map_err(|error| CliError::failure(error.to_string()))?;
    args.send.send(&court, draft, &keys.operator, out).await
}

fn beat(process: Id, head: &Value) -> Option<Beat> {
    Some(Beat {
        process,
        epoch: head["epoch"].as_u64()?,
        slot: head["slot"].as_u64()?,
        chain: head["chain"].as_str()?.parse().ok()?,
        height: head["height"].as_u64()?,
    })
}

async fn leave(args: LeaveArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let params = court.get("params", &[]).await?;
    let notice = params["Parameters"]["notice"].as_u64().unwrap_or(0);
    let (notice, process) = (court.lasts(notice).await?, args.process);
    args.send.agreed(&format!(
        "this ends the lease of {process} after {notice}: duties and pay last as long, and its stake is held for evidence after that"
    ))?;
    let mut draft = messages::message(court.id().await?, "Leave");
    draft.tags = draft.tags.with("Process", process.to_string());
    args.send
        .send(&court, draft, &args.role.operator()?, out)
        .await
}

#[cfg(test)]
mod tests {
    use aosec_wire::{Draft, SigningKey, Tags};

    use super::*;

    #[test]
    fn what_a_stranger_wrote_into_a_spawn_is_an_amount_or_refused() {
        let spawn = |tags: Tags| {
            let draft = Draft {
                tags,
                ..Draft::default()
            };
            draft.sign(&SigningKey::ed25519([1; 32])).unwrap()
        };
        let with = |text: &str| spawn(Tags::new().with("Min-Allocation", text));
        let good = stake(&with("1500000000000")).unwrap();
        assert_eq!(good.to_string(), "1.5 tokens");
        let bad = ["éééééééé", "-1", "a million"].map(with);
        for bad in bad.iter().chain([&spawn(Tags::new())]) {
            let refused = stake(bad).unwrap_err().to_string();
            assert!(refused.contains("rule 5.1 (terms)"), "{refused}");
        }
    }
}
