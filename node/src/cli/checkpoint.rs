//! `aosec checkpoint`: the state of a process behind a slot, written for others, found, judged, and begun with. Everything is
//! done by a reader of its own, with gateways and a folder; no running node is asked.

use aosec_wire::{Id, SigningKey};
use bytes::Bytes;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Output;
use super::court::agreed;
use super::exit::CliError;
use super::reading::{ReadingArgs, evaluated, failed};
use super::target::SignerArgs;
use crate::arweave::bundler::Bundler;
use crate::arweave::gateway::Gateway;
use crate::arweave::winston::ar;
use crate::node::audit::{Audit, AuditError};
use crate::node::checkpoints::{Found, Judgement};

/// Verbs of `aosec checkpoint`.
#[derive(Debug, Subcommand)]
pub enum CheckpointCommand {
    /// Compute a process from the base layer and put the state behind its newest settled slot there, for others to begin with.
    #[command(
        after_help = "Example: aosec checkpoint write <process> --key wallet.json --yes --data ./reader --gateway http://127.0.0.1:4000"
    )]
    Write(WriteArgs),
    /// Which checkpoints of a process stand on the base layer, and what can be said of each.
    #[command(
        after_help = "Example: aosec checkpoint list <process> --gateway http://127.0.0.1:4000"
    )]
    List(ListArgs),
    /// Compute the log up to a checkpoint and compare: exit 4 where it lies.
    #[command(
        after_help = "Example: aosec checkpoint verify <checkpoint> --data ./reader --gateway http://127.0.0.1:4000"
    )]
    Verify(OneArgs),
    /// Begin with a checkpoint and compute from there to the newest settled slot. What comes of it is unverified.
    #[command(
        after_help = "Example: aosec checkpoint fetch <checkpoint> --unverified --data ./reader --gateway http://127.0.0.1:4000"
    )]
    Fetch(FetchArgs),
}

/// Flags of `aosec checkpoint write`.
#[derive(Debug, Args)]
pub struct WriteArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// Pay what the base layer asks for keeping it; without this flag the price is told and nothing is posted.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Flags of `aosec checkpoint list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Flags of `aosec checkpoint verify`.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// The checkpoint's id.
    #[arg(allow_hyphen_values = true)]
    checkpoint: Id,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Flags of `aosec checkpoint fetch`.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The checkpoint's id.
    #[arg(allow_hyphen_values = true)]
    checkpoint: Id,
    /// Begin with it although nobody here has computed the log up to it.
    #[arg(long)]
    unverified: bool,
    #[command(flatten)]
    reading: ReadingArgs,
}

pub(super) async fn run(command: CheckpointCommand, out: Output) -> Result<(), CliError> {
    match command {
        CheckpointCommand::Write(args) => {
            let read = args
                .reading
                .read(out, async |audit: &Audit| write(&args, audit, out).await);
            let (json, text) = read.await?;
            out.result(&json, text)
        }
        CheckpointCommand::List(args) => {
            let read = args.reading.read(out, async |audit: &Audit| {
                audit.checkpoints(args.process).await.map_err(failed)
            });
            list(&read.await?, out)
        }
        CheckpointCommand::Verify(args) => {
            let read = args
                .reading
                .read(out, async |audit: &Audit| verify(&args, audit, out).await);
            let (json, text) = read.await?;
            out.result(&json, text)
        }
        CheckpointCommand::Fetch(args) => {
            let read = args
                .reading
                .read(out, async |audit: &Audit| fetch(&args, audit, out).await);
            let (json, text) = read.await?;
            out.result(&json, text)
        }
    }
}

async fn write(args: &WriteArgs, audit: &Audit, out: Output) -> Result<(Value, String), CliError> {
    let wallet = wallet(args.signer.open()?)?;
    let process = args.process;
    let taken = evaluated(out, "computing the newest settled slot", async || {
        audit.take(process).await
    });
    let taken = taken.await?;
    let (slot, root) = (taken.position.slot, taken.root);
    let draft = taken.draft();
    let draft = draft.map_err(|reason| CliError::Refused(reason.to_string()))?;
    let item = draft.sign(&wallet);
    let item = item.map_err(|error| CliError::failure(error.to_string()))?;
    let gateway = Gateway::new(args.reading.gateways()?.0);
    let gateway = gateway.map_err(|error| CliError::Usage(error.to_string()))?;
    let bytes: Bytes = item.bytes().clone();
    let price = gateway.price(bytes.len() as u64).await;
    let price = price.map_err(|error| CliError::Unreachable(error.to_string()))?;
    agreed(
        args.yes,
        &format!(
            "this pays about {} AR for {} KiB that the base layer keeps for ever",
            ar(price),
            bytes.len().div_ceil(1_024)
        ),
    )?;
    let bundler = Bundler::new(gateway, wallet);
    let posted = bundler.post_data(vec![bytes], aosec_wire::Tags::new());
    let transaction = posted
        .await
        .map_err(|error| CliError::Unreachable(error.to_string()))?;
    let json = json!({
        "checkpoint": item.id(), "transaction": transaction, "process": process, "slot": slot, "root": root,
        "bytes": item.bytes().len(),
    });
    Ok((json, item.id().to_string()))
}

/// The base layer takes RSA signatures alone.
fn wallet(key: SigningKey) -> Result<SigningKey, CliError> {
    match key.kind() {
        aosec_wire::SignatureKind::Arweave => Ok(key),
        _ => Err(CliError::Usage(
            "a checkpoint is paid by a wallet of the base layer: give --key the file of an RSA key"
                .to_owned(),
        )),
    }
}

fn list(found: &[Found], out: Output) -> Result<(), CliError> {
    let json: Vec<Value> = found.iter().map(as_json).collect();
    let lines: Vec<String> = found.iter().map(as_line).collect();
    let text = match lines.is_empty() {
        true => "no checkpoint stands on the base layer".to_owned(),
        false => lines.join("\n"),
    };
    out.result(&json!({ "checkpoints": json }), text)
}

fn as_json(found: &Found) -> Value {
    json!({
        "checkpoint": found.id, "writer": found.writer, "process": found.published.process,
        "slot": found.published.position.slot, "root": found.published.root,
        "verified": found.judgement == Judgement::Verified, "judgement": found.judgement.to_string(),
    })
}

fn as_line(found: &Found) -> String {
    let (slot, root) = (found.published.position.slot, found.published.root);
    format!(
        "{}  slot {slot}  root {root}  by {}: {}",
        found.id, found.writer, found.judgement
    )
}

async fn verify(args: &OneArgs, audit: &Audit, out: Output) -> Result<(Value, String), CliError> {
    let found = one(audit, args.checkpoint).await?;
    let (process, slot) = (found.published.process, found.published.position.slot);
    let doing = format!("computing up to slot {slot}");
    let root = evaluated(out, &doing, async || audit.root(process, slot).await).await?;
    let (computed, named) = (Id::new(root), found.published.root);
    if computed != named {
        return Err(CliError::Refused(format!(
            "{} lies: behind slot {slot} it names root {named}, and the log gives {computed}",
            found.id
        )));
    }
    let json = json!({ "checkpoint": found.id, "process": process, "slot": slot, "root": named, "verified": true });
    Ok((json, format!("verified: root {named} behind slot {slot}")))
}

/// The checkpoint, if its position is that of the log.
async fn one(audit: &Audit, id: Id) -> Result<Found, CliError> {
    let found = audit.checkpoint(id).await.map_err(failed)?;
    match &found.judgement {
        Judgement::Refused(reason) => Err(CliError::Refused(format!("{id}: {reason}"))),
        Judgement::Lies { computed } => Err(CliError::Refused(format!(
            "{id} lies: the log gives root {computed}"
        ))),
        Judgement::Verified | Judgement::Unverified => Ok(found),
    }
}

async fn fetch(args: &FetchArgs, audit: &Audit, out: Output) -> Result<(Value, String), CliError> {
    let found = one(audit, args.checkpoint).await?;
    let verified = found.judgement == Judgement::Verified;
    if !verified && !args.unverified {
        return Err(CliError::Refused(format!(
            "{}: nobody here has computed the log up to slot {}; begin with it all the same with --unverified, or compute it with `aosec checkpoint verify`",
            found.id, found.published.position.slot
        )));
    }
    let (id, process, from) = (
        found.id,
        found.published.process,
        found.published.position.slot,
    );
    let head = audit.standing(process).await.map_err(failed)?.firm.slot;
    let begun = audit.begin(found).await.map_err(failed)?;
    let begun_in_ms = u64::try_from(begun.took.as_millis()).unwrap_or(u64::MAX);
    let doing = format!("computing from slot {from} to {head}");
    let root = evaluated::<_, AuditError>(out, &doing, async || {
        Ok(begun.cu.root(process, head).await?.root)
    });
    let root = root.await;
    begun.close().await;
    let root = Id::new(root?);
    let json = json!({
        "checkpoint": id, "process": process, "from": from, "slot": head, "root": root, "verified": verified,
        "begun_in_ms": begun_in_ms,
    });
    let label = if verified { "verified" } else { "UNVERIFIED" };
    Ok((
        json,
        format!("{label}: root {root} behind slot {head}, begun at {from}"),
    ))
}
