//! The other messages about cases: answers, other challenges, reports.

use std::path::PathBuf;

use aosec_wire::id::from_base64url;
use aosec_wire::{Id, VerifiedItem};
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::cost::{Price, bond_on, tokens};
use super::open::verified;
use crate::cli::Output;
use crate::cli::client::join;
use crate::cli::court::{CourtClient, SendArgs};
use crate::cli::exit::CliError;
use crate::cli::target::SignerArgs;
use crate::origin::cases::{self, Fault};

/// Flags of `aosec challenge answer`.
#[derive(Debug, Args)]
pub struct AnswerArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// A message of an open case, which has a slot in the scheduler's log; may be given many times.
    #[arg(long = "message", required = true, allow_hyphen_values = true)]
    messages: Vec<Id>,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec challenge data`.
#[derive(Debug, Args)]
pub struct DataArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// The slot whose message cannot be had.
    slot: u64,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec challenge supply`.
#[derive(Debug, Args)]
pub struct SupplyArgs {
    /// The message, as the node's MU or SU keeps it.
    #[arg(allow_hyphen_values = true, required_unless_present = "file")]
    message: Option<Id>,
    /// File with the signed message, in the place of an id.
    #[arg(long, conflicts_with = "message")]
    file: Option<PathBuf>,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec challenge publication`.
#[derive(Debug, Args)]
pub struct PublicationArgs {
    /// File with the receipt: the signed assignment.
    receipt: PathBuf,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec challenge report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// What the evidence shows.
    fault: FaultName,
    /// File with a signed receipt or log record; twice, or once for `tenure`.
    #[arg(long, required = true)]
    evidence: Vec<PathBuf>,
    /// The process.
    #[arg(long, allow_hyphen_values = true)]
    process: Id,
    /// The slot with two contents, or the first of the two that do not follow.
    #[arg(long)]
    slot: Option<u64>,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec challenge settle`.
#[derive(Debug, Args)]
pub struct SettleArgs {
    /// The number of the case.
    case: u64,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Faults by name.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FaultName {
    /// Two contents for one slot.
    Double,
    /// Two slots in a row whose chain does not follow.
    Chain,
    /// A signature for an epoch that its operator never held.
    Tenure,
}

impl From<FaultName> for Fault {
    fn from(name: FaultName) -> Self {
        match name {
            FaultName::Double => Self::Double,
            FaultName::Chain => Self::Chain,
            FaultName::Tenure => Self::Tenure,
        }
    }
}

pub(super) async fn answer(args: AnswerArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let mut receipts = Vec::new();
    for message in &args.messages {
        receipts.push(receipt(&court, args.process, *message).await?);
    }
    let draft = cases::answer(court.id().await?, &receipts);
    args.send
        .send(&court, draft, &args.signer.open()?, out)
        .await
}

/// The assignment of a message, from the scheduler that signed it.
async fn receipt(court: &CourtClient, process: Id, message: Id) -> Result<VerifiedItem, CliError> {
    let su = court.target().su.as_ref().ok_or_else(|| {
        CliError::Usage("name the process's scheduler with --su <url>".to_owned())
    })?;
    let mut url = join(su, &message.to_string())?;
    url.query_pairs_mut()
        .append_pair("process-id", &process.to_string())
        .append_pair("raw", "true");
    let found = court.http().get_json(&url).await?;
    let bytes = found["assignment"]["bytes"].as_str().unwrap_or_default();
    let bytes = from_base64url(bytes).map_err(|error| {
        CliError::failure(format!("{su} serves no receipt of {message}: {error}"))
    })?;
    verified(bytes.into(), &format!("the receipt of {message}"))
}

pub(super) async fn data(args: DataArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let most = Price::most(&court, args.process).await?;
    args.send.agreed(&format!(
        "this posts a bond of at most {}, ten times the answer fee in force: it comes back where nobody has the message of slot {}, and is lost where somebody gives it",
        tokens(bond_on(most)),
        args.slot
    ))?;
    let fee = most.to_string();
    let draft = cases::challenge_data(court.id().await?, args.process, args.slot, &fee);
    args.send
        .send(&court, draft, &args.signer.open()?, out)
        .await
}

pub(super) async fn supply(args: SupplyArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let message = match (&args.message, &args.file) {
        (_, Some(path)) => from_file(path)?,
        (Some(id), None) => {
            let url = join(&court.target().mu, &format!("raw/{id}"))?;
            let bytes = court.http().get_bytes(&url).await?;
            verified(bytes.into(), &id.to_string())?
        }
        (None, None) => return Err(CliError::Usage("name the message, or its file".to_owned())),
    };
    let process = message.target();
    let process = process.ok_or_else(|| CliError::Usage("the message has no Target".to_owned()))?;
    let draft = cases::answer_data(court.id().await?, process, &[message]);
    args.send
        .send(&court, draft, &args.signer.open()?, out)
        .await
}

pub(super) async fn publication(args: PublicationArgs, out: Output) -> Result<(), CliError> {
    let receipt = from_file(&args.receipt)?;
    let process = receipt.tags().get("Process").and_then(|id| id.parse().ok());
    let process: Id = process
        .ok_or_else(|| CliError::Usage(format!("{} is no receipt", args.receipt.display())))?;
    let court = args.send.open(out)?;
    let most = Price::most(&court, process).await?;
    args.send.agreed(&format!(
        "this posts a bond of at most {}, ten times the answer fee in force, which comes back at the end of the case",
        tokens(bond_on(most))
    ))?;
    let fee = most.to_string();
    let draft = cases::challenge_publication(court.id().await?, process, &receipt, &fee);
    args.send
        .send(&court, draft, &args.signer.open()?, out)
        .await
}

pub(super) async fn report(args: ReportArgs, out: Output) -> Result<(), CliError> {
    let evidence: Result<Vec<_>, _> = args.evidence.iter().map(from_file).collect();
    let evidence = evidence?;
    let court = args.send.open(out)?;
    let origin = court.id().await?;
    let draft = cases::report(
        origin,
        args.process,
        args.fault.into(),
        args.slot,
        &evidence,
    );
    args.send
        .send(&court, draft, &args.signer.open()?, out)
        .await
}

pub(super) async fn settle(args: SettleArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let number = args.case.to_string();
    let found = court.get("cases", &[("case", &number)]).await?;
    let row = &found["Rows"][0];
    let id = |value: &Value| value.as_str().and_then(|id| id.parse().ok());
    let named = id(&row["Process"]).zip(id(&row["Message"]));
    let (process, message) =
        named.ok_or_else(|| CliError::failure("the node's answer names no message of the case"))?;
    let draft = cases::settle(court.id().await?, process, args.case, message);
    args.send
        .send(&court, draft, &args.signer.open()?, out)
        .await
}

fn from_file(path: impl AsRef<std::path::Path>) -> Result<VerifiedItem, CliError> {
    let path = path.as_ref();
    let name = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|error| CliError::NotFound(format!("{name}: {error}")))?;
    verified(bytes.into(), &name)
}
