//! `aosec proof verify` and `explain`: without network, unless a gateway is named to compare blocks with.

use std::path::PathBuf;

use aosec_challenge::proof::{Proof, check};
use clap::Args;
use reqwest::Url;

use super::told::{self, Confirmed};
use crate::arweave::block::BlockId;
use crate::arweave::gateway::Gateway;
use crate::cli::Output;
use crate::cli::exit::CliError;
use crate::proof::{self, FILE_BYTES_MAX, Read};

/// Flags of `aosec proof verify` and `explain`.
#[derive(Debug, Args)]
pub struct LookArgs {
    /// The file.
    file: PathBuf,
    /// Id of a block that you know to be the base layer's: one of the file's must have it (the id is compared, not recomputed).
    #[arg(long, allow_hyphen_values = true)]
    block_hash: Vec<BlockId>,
    /// Gateway that you trust, asked whether the blocks of the file are its own and hold the transactions in this order.
    #[arg(long)]
    gateway: Option<Url>,
}

pub(super) async fn verify(args: LookArgs, out: Output) -> Result<(), CliError> {
    let (proof, read, confirmed) = looked(&args, out).await?;
    let json = told::json(&proof, &read.transactions, confirmed.as_ref());
    out.result(&json, told::short(&proof, confirmed.as_ref()))
}

pub(super) async fn explain(args: LookArgs, out: Output) -> Result<(), CliError> {
    let (proof, read, confirmed) = looked(&args, out).await?;
    let json = told::json(&proof, &read.transactions, confirmed.as_ref());
    out.result(
        &json,
        told::long(&proof, &read.transactions, confirmed.as_ref()),
    )
}

async fn looked(
    args: &LookArgs,
    out: Output,
) -> Result<(Proof, Read, Option<Confirmed>), CliError> {
    let read =
        proof::read(&bytes(args)?).map_err(|error| CliError::ProofInvalid(error.to_string()))?;
    let proof = checked(&read, out)?;
    let by_hash = by_hash(&read, &args.block_hash)?;
    let confirmed = match &args.gateway {
        // Its blocks are all of the file's, those whose ids were given too.
        Some(gateway) => Some(by_gateway(&read, gateway).await?),
        None => by_hash,
    };
    Ok((proof, read, confirmed))
}

fn bytes(args: &LookArgs) -> Result<Vec<u8>, CliError> {
    let shown = args.file.display();
    let told = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => CliError::NotFound(format!(
            "{shown} is not there; `aosec proof fetch` makes such a file"
        )),
        _ => CliError::failure(format!("{shown}: {error}")),
    };
    let length = std::fs::metadata(&args.file).map_err(told)?.len();
    match length > FILE_BYTES_MAX as u64 {
        true => Err(CliError::ProofInvalid(format!(
            "{shown} has {length} bytes; a proof has {FILE_BYTES_MAX} at most"
        ))),
        false => std::fs::read(&args.file).map_err(told),
    }
}

/// Checks what was read; on the way down says what held before the step that does not.
pub(super) fn checked(read: &Read, out: Output) -> Result<Proof, CliError> {
    check(&read.brought).map_err(|failure| {
        told::of_steps(&failure.steps)
            .into_iter()
            .for_each(|line| out.progress(line));
        CliError::ProofInvalid(failure.to_string())
    })
}

/// Each id that was given is that of a block of the file.
fn by_hash(read: &Read, hashes: &[BlockId]) -> Result<Option<Confirmed>, CliError> {
    let mut heights = Vec::new();
    for hash in hashes {
        let block = read
            .brought
            .blocks
            .iter()
            .find(|block| block.id == *hash.as_bytes());
        let block = block.ok_or_else(|| {
            CliError::ProofInvalid(format!(
                "the step 'block' does not hold: no block of the file has the id {hash}"
            ))
        })?;
        heights.push(block.height);
    }
    let with = "the hashes that you gave";
    Ok((!heights.is_empty()).then_some(Confirmed { heights, with }))
}

/// Id, time and order of transactions of every block are those of the gateway.
async fn by_gateway(read: &Read, url: &Url) -> Result<Confirmed, CliError> {
    let unreachable =
        |error: crate::arweave::gateway::GatewayError| CliError::Unreachable(error.to_string());
    let gateway = Gateway::new(vec![url.clone()]).map_err(unreachable)?;
    let mut heights = Vec::new();
    for block in &read.brought.blocks {
        let height = block.height;
        let invalid = |what: &str| {
            CliError::ProofInvalid(format!(
                "the step 'block' does not hold: by the gateway {what} block {height}"
            ))
        };
        let head = gateway.block(height).await.map_err(unreachable)?;
        let head = head.ok_or_else(|| invalid("there is no"))?;
        if (*head.id.as_bytes(), head.time_s) != (block.id, block.time_s) {
            return Err(invalid("another id or time belongs to"));
        }
        let places = block
            .transactions
            .iter()
            .map(|one| head.txs.iter().position(|id| *id == one.id));
        let places: Option<Vec<_>> = places.collect();
        let places = places.ok_or_else(|| invalid("a transaction of the file is not in"))?;
        if !places.is_sorted() {
            return Err(invalid("the transactions stand in another order in"));
        }
        heights.push(height);
    }
    let with = "the gateway that you named";
    Ok(Confirmed { heights, with })
}
