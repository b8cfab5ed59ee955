//! `aosec proof fetch`: a node says what a slot rests on, gateways give it, schedulers give message and receipt; nothing is written that
//! does not hold.

use std::path::PathBuf;

use aosec_wire::id::{from_base64url, to_base64url};
use aosec_wire::{Id, Strictness, VerifiedItem, item};
use clap::Args;
use reqwest::Url;
use serde_json::Value;

use super::{look, told};
use crate::arweave::gateway::{Gateway, GatewayError};
use crate::cli::Output;
use crate::cli::client::join;
use crate::cli::court::{CourtClient, ReadArgs};
use crate::cli::exit::CliError;
use crate::proof::{
    self, BlockShape, CaseShape, CourtShape, EmptiedShape, FILE_BYTES_MAX, File, LeaseShape,
    Placed, VERSION,
};

/// Most cases of a process that are read: what a court shows in some hundred pages.
const CASES_MAX: usize = 10_000;

/// Flags of `aosec proof fetch`.
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// The slot, from 1.
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    slot: u64,
    /// File to write [default: proof-PROCESS-SLOT.json here].
    #[arg(long)]
    out: Option<PathBuf>,
    /// Gateway that gives the transactions; may be given several times [default: the devnet's].
    #[arg(long)]
    gateway: Vec<Url>,
    #[command(flatten)]
    read: ReadArgs,
}

pub(super) async fn run(args: FetchArgs, out: Output) -> Result<(), CliError> {
    let collector = Collector::open(&args, out)?;
    let file = collector.file(&args).await?;
    let text = serde_json::to_vec(&file).map_err(|error| CliError::failure(error.to_string()))?;
    // As `aosec proof verify` will read it.
    let read = proof::read(&text).map_err(|error| CliError::ProofInvalid(error.to_string()))?;
    let proof = look::checked(&read, out)?;
    let path = args.out.clone();
    let path = path.unwrap_or_else(|| format!("proof-{}-{}.json", args.process, args.slot).into());
    let written = std::fs::write(&path, &text);
    written.map_err(|error| CliError::failure(format!("{}: {error}", path.display())))?;
    let mut json = told::json(&proof, &read.transactions, None);
    json["file"] = path.display().to_string().into();
    let kept = format!(
        "{}: {} bytes, {} transactions",
        path.display(),
        text.len(),
        read.transactions.len()
    );
    out.result(&json, format!("{kept}\n{}", told::short(&proof, None)))
}

struct Collector {
    court: CourtClient,
    gateway: Gateway,
    schedulers: Vec<Url>,
}

impl Collector {
    fn open(args: &FetchArgs, out: Output) -> Result<Self, CliError> {
        let court = args.read.open(out)?;
        let mut gateways = args.gateway.clone();
        if gateways.is_empty() {
            gateways.extend(court.target().gateway.clone());
        }
        if gateways.is_empty() {
            return Err(CliError::Usage(
                "no devnet runs here, so name a gateway: --gateway <url>".to_owned(),
            ));
        }
        let schedulers = court.target().schedulers.clone();
        Ok(Self {
            court,
            gateway: Gateway::new(gateways).map_err(unreachable)?,
            schedulers,
        })
    }

    /// The file, with message and receipt where they can be had and hold.
    async fn file(&self, args: &FetchArgs) -> Result<File, CliError> {
        let (process, slot) = (args.process, args.slot);
        let signed = self.signed(process, slot).await;
        let basis = self
            .court
            .get(&format!("proof/{process}/{slot}"), &[])
            .await;
        let basis = match (basis, &signed) {
            (Ok(basis), _) => basis,
            // Nothing of it is on the base layer yet: the host's word is all there is.
            (Err(CliError::NotFound(_)), Some(_)) => {
                self.court.get(&format!("proof/{process}/0"), &[]).await?
            }
            (Err(error), _) => return Err(error),
        };
        let is_settled = basis["slot"].as_u64() == Some(slot);
        let blocks = match is_settled {
            true => self.blocks(&basis).await?,
            false => Vec::new(),
        };
        let spawn = self.item(process).await?;
        let court = match (spawn.tags().get("Origin"), &basis["joined"]) {
            (None, Value::Null) => None,
            _ => Some(self.rows(process, &basis).await?),
        };
        let file = File {
            version: VERSION,
            process,
            slot,
            spawn: to_base64url(spawn.bytes()),
            message: None,
            receipt: None,
            court,
            blocks,
        };
        Ok(self.completed(file, signed).await)
    }

    /// With message and receipt, each only if the file still holds with it.
    async fn completed(&self, file: File, signed: Option<Signed>) -> File {
        let mut file = file;
        if let Some(receipt) = signed.as_ref().map(|signed| signed.receipt.clone()) {
            let with = File {
                receipt: Some(receipt),
                ..file.clone()
            };
            file = if holds(&with).is_some() { with } else { file };
        }
        let Some(proof) = holds(&file) else {
            return file;
        };
        let mined = proof.entry.mined;
        file.blocks.retain(|block| block.height <= mined);
        let message = match signed.and_then(|signed| signed.message) {
            Some(message) => Some(message),
            None => {
                let id = proof.entry.message;
                let enclosed = within(&file, id);
                let found = match enclosed {
                    Some(found) => Some(found),
                    None => self.item(id).await.ok(),
                };
                found.map(|item| to_base64url(item.bytes()))
            }
        };
        let with = File {
            message,
            ..file.clone()
        };
        if holds(&with).is_some() { with } else { file }
    }

    /// What a scheduler has signed for the slot: any that has it.
    async fn signed(&self, process: Id, slot: u64) -> Option<Signed> {
        let (after, to) = (slot.saturating_sub(1).to_string(), slot.to_string());
        for scheduler in &self.schedulers {
            let Ok(mut url) = join(scheduler, &process.to_string()) else {
                continue;
            };
            let query = [
                ("from-nonce", after.as_str()),
                ("to-nonce", to.as_str()),
                ("raw", "1"),
            ];
            url.query_pairs_mut().extend_pairs(query);
            let Ok(page) = self.court.http().get_json(&url).await else {
                continue;
            };
            let node = &page["edges"][0]["node"];
            let bytes = |part: &str| node[part]["bytes"].as_str().map(str::to_owned);
            if let Some(receipt) = bytes("assignment") {
                let message = bytes("message");
                return Some(Signed { receipt, message });
            }
        }
        None
    }

    /// An item by its id: from a scheduler that keeps it, or from a gateway.
    async fn item(&self, id: Id) -> Result<VerifiedItem, CliError> {
        for scheduler in &self.schedulers {
            let url = join(scheduler, &format!("raw/{id}"))?;
            let Ok(bytes) = self.court.http().get_bytes(&url).await else {
                continue;
            };
            let item = item::verify_bytes(bytes, Strictness::Settled);
            if let Some(item) = item.ok().filter(|item| item.id() == id) {
                return Ok(item);
            }
        }
        let found = self.gateway.item(id).await.map_err(unreachable)?;
        found.ok_or_else(|| CliError::NotFound(format!("nobody who was asked has the item {id}")))
    }

    /// The blocks with their transactions, as gateways give them.
    async fn blocks(&self, basis: &Value) -> Result<Vec<BlockShape>, CliError> {
        let (mut blocks, mut length) = (Vec::new(), 0);
        for block in basis["blocks"].as_array().into_iter().flatten() {
            let mut transactions = Vec::new();
            for named in block["transactions"].as_array().into_iter().flatten() {
                let place = named["place"].as_u64().ok_or_else(unreadable)?;
                let id: Id = named["id"]
                    .as_str()
                    .and_then(|id| id.parse().ok())
                    .ok_or_else(unreadable)?;
                let found = self.gateway.transaction(id).await.map_err(unreachable)?;
                let found = found.ok_or_else(|| {
                    CliError::NotFound(format!("no gateway has the transaction {id}"))
                })?;
                let transaction = found.to_json();
                length += transaction["data"].as_str().map_or(0, str::len);
                if length > FILE_BYTES_MAX {
                    return Err(CliError::Refused(format!(
                        "the transactions that this slot rests on are longer than a proof may be ({FILE_BYTES_MAX} bytes): compute the process from blocks with `aosec process verify`"
                    )));
                }
                transactions.push(Placed { place, transaction });
            }
            blocks.push(BlockShape {
                height: block["height"].as_u64().ok_or_else(unreadable)?,
                id: block["id"]
                    .as_str()
                    .and_then(|id| id.parse().ok())
                    .ok_or_else(unreadable)?,
                time: block["time"].as_u64().ok_or_else(unreadable)?,
                transactions,
            });
        }
        Ok(blocks)
    }

    /// What the court says of the process.
    async fn rows(&self, process: Id, basis: &Value) -> Result<CourtShape, CliError> {
        let params = self.court.get("params", &[]).await?;
        let mut leases: Vec<LeaseShape> =
            serde_json::from_value(basis["leases"].clone()).map_err(|_bad| unreadable())?;
        let (liveness, data) = self.cases(process).await?;
        for case in liveness {
            let epoch = case["Epoch"].as_u64();
            let lease = leases.iter_mut().find(|lease| Some(lease.epoch) == epoch);
            let message = case["Message"].as_str().and_then(|id| id.parse().ok());
            if let (Some(lease), Some(case), Some(message)) =
                (lease, case["Case"].as_u64(), message)
            {
                lease.cases.push(CaseShape { case, message });
            }
        }
        Ok(CourtShape {
            origin: self.court.id().await?,
            cut: params["Parameters"]["cut"]
                .as_u64()
                .ok_or_else(unreadable)?,
            leases,
            joined: serde_json::from_value(basis["joined"].clone()).map_err(|_bad| unreadable())?,
            emptied: data.iter().filter_map(emptied).collect(),
        })
    }

    /// The liveness cases of the process that no answer has closed: those that a lease ended with, once it has. Then those about data.
    async fn cases(&self, process: Id) -> Result<(Vec<Value>, Vec<Value>), CliError> {
        let (name, mut first, mut read) = (process.to_string(), Some(1), 0);
        let mut cases: Vec<Value> = Vec::new();
        while let Some(from) = first {
            let from = from.to_string();
            let mut page = self
                .court
                .get("cases", &[("process", &name), ("first", &from)])
                .await?;
            first = page["Next"].as_u64();
            let rows = page["Rows"]
                .as_array_mut()
                .map(std::mem::take)
                .unwrap_or_default();
            read += rows.len();
            if read > CASES_MAX {
                return Err(CliError::Refused(format!(
                    "{process} has had more than {CASES_MAX} cases: compute it from blocks with `aosec process verify`"
                )));
            }
            let unanswered = rows.into_iter().filter(|row| row["State"] != "Closed");
            cases.extend(unanswered);
        }
        let of = |kind: &str| {
            let own = cases.iter().filter(|row| row["Kind"] == kind);
            own.cloned().collect()
        };
        Ok((of("Liveness"), of("Data")))
    }
}

/// The slot that an expired case about data has emptied.
fn emptied(row: &Value) -> Option<EmptiedShape> {
    let expired = row["State"] == "Expired";
    let (case, slot) = (row["Case"].as_u64()?, row["Slot"].as_u64()?);
    expired.then_some(EmptiedShape { case, slot })
}

/// What a scheduler gave, as text.
struct Signed {
    receipt: String,
    message: Option<String>,
}

fn holds(file: &File) -> Option<aosec_challenge::proof::Proof> {
    let read = proof::of(file).ok()?;
    aosec_challenge::proof::check(&read.brought).ok()
}

/// An item that stands in a transaction of the file, or is enclosed in one that does.
fn within(file: &File, id: Id) -> Option<VerifiedItem> {
    let data = file.blocks.iter().flat_map(|block| &block.transactions);
    let mut data =
        data.filter_map(|placed| from_base64url(placed.transaction["data"].as_str()?).ok());
    data.find_map(|data| in_bundle(data.into(), id, 1))
}

/// An item in a bundle, or in a bundle in it, so many levels down.
fn in_bundle(data: bytes::Bytes, id: Id, levels: u8) -> Option<VerifiedItem> {
    let items = aosec_wire::bundle::parse(data).ok()?;
    items.into_iter().find_map(|(named, bytes)| {
        let item = item::verify_bytes(bytes, Strictness::Settled).ok()?;
        match (named == id && item.id() == id, levels) {
            (true, _) => Some(item),
            (false, 0) => None,
            (false, levels) => in_bundle(item.data(), id, levels - 1),
        }
    })
}

fn unreachable(error: GatewayError) -> CliError {
    CliError::Unreachable(error.to_string())
}

fn unreadable() -> CliError {
    CliError::failure("the node's answer does not read: it is of another version than this program")
}
