//! `aosec process verify`: the log of a process from the base layer alone, its state computed here, and the two numbers that say
//! whether somebody else has the same: the log chain and the state root. Nothing is believed but signatures.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use aosec_wire::Id;
use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::Output;
use super::client::{UnitClient, join};
use super::exit::CliError;
use crate::cu::CuError;
use crate::devnet::file::DevnetFile;
use crate::follow::View;
use crate::follow::derivation::{DeriveError, Standing};
use crate::node::audit::{Audit, AuditError, AuditSettings};

/// After this a person wants to know that something is still going on, and again each time.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);
/// Pause between two looks at how far reading has come.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Blocks under the tip of Arweave that may still change (PROTOCOL 8).
const SETTLEMENT_DEPTH: u64 = 20;

/// Flags of `aosec process verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The process.
    process: Id,
    /// Gateway of the base layer; several are compared with each other [default: the devnet's].
    #[arg(long, env = "AOSEC_GATEWAY", value_delimiter = ',')]
    gateway: Vec<Url>,
    /// Folder of the devnet whose devnet.json names the gateway.
    #[arg(long, env = "AOSEC_DEVNET", default_value_os_t = crate::devnet::default_folder())]
    devnet: PathBuf,
    /// Compute unit whose root is compared with the one computed here.
    #[arg(long)]
    against: Option<Url>,
    /// Slot to compute up to [default: the newest settled one].
    #[arg(long)]
    slot: Option<u64>,
    /// Folder to keep what was read and computed, and to go on from [default: a temporary one].
    #[arg(long)]
    data: Option<PathBuf>,
    /// First block in which log records are looked for.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Blocks under the tip that may still change [default: 20, on the devnet its own].
    #[arg(long)]
    settlement_depth: Option<u64>,
    /// Seconds to wait for everything together.
    #[arg(long, default_value_t = 3_600)]
    timeout: u64,
}

pub(super) async fn run(
    args: VerifyArgs,
    client: &UnitClient,
    out: Output,
) -> Result<(), CliError> {
    let folder = Folder::of(args.data.clone(), args.process)?;
    let audit = Audit::open(settings(&args, &folder)?).await;
    let audit = audit.map_err(|error| CliError::failure(error.to_string()))?;
    let wait = Duration::from_secs(args.timeout);
    let verified = tokio::time::timeout(wait, verify(&args, &audit, client, out)).await;
    audit.close().await;
    let found = verified.map_err(|_elapsed| {
        let hint = "give --timeout more, and --data to go on from here";
        CliError::DeadlinePassed(format!("not verified within {} s; {hint}", args.timeout))
    })??;
    found.tell(&args, out)
}

fn settings(args: &VerifyArgs, folder: &Folder) -> Result<AuditSettings, CliError> {
    let (gateways, depth) = if args.gateway.is_empty() {
        let devnet = DevnetFile::read(&args.devnet).map_err(|error| {
            CliError::NotFound(format!("{error}; name a gateway with --gateway <url>"))
        })?;
        (vec![devnet.gateway], crate::devnet::SETTLEMENT_DEPTH)
    } else {
        (args.gateway.clone(), SETTLEMENT_DEPTH)
    };
    Ok(AuditSettings {
        data: folder.path.clone(),
        gateways,
        settlement_depth: args.settlement_depth.unwrap_or(depth),
        from: args.from,
    })
}

/// What was found out.
struct Found {
    standing: Standing,
    slot: u64,
    root: Id,
    theirs: Option<Value>,
}

async fn verify(
    args: &VerifyArgs,
    audit: &Audit,
    client: &UnitClient,
    out: Output,
) -> Result<Found, CliError> {
    read_blocks(audit, out).await?;
    let standing = audit.standing(args.process).await.map_err(failed)?;
    let slot = args.slot.unwrap_or(standing.firm.slot);
    if slot > standing.firm.slot {
        return Err(CliError::NotFound(format!(
            "slot {slot} of {} is not settled on the base layer yet; the newest that is, is {}",
            args.process, standing.firm.slot
        )));
    }
    let root = replay(audit, args.process, slot, out).await?;
    let theirs = match &args.against {
        None => None,
        Some(cu) => Some(client.get_json(&root_url(cu, args.process, slot)?).await?),
    };
    Ok(Found {
        standing,
        slot,
        root,
        theirs,
    })
}

async fn read_blocks(audit: &Audit, out: Output) -> Result<View, CliError> {
    let (begun, mut told) = (Instant::now(), 0);
    loop {
        let view = tokio::time::timeout(LOOK_EVERY, audit.caught_up()).await;
        match view {
            Ok(view) if view.alarm => {
                return Err(CliError::Refused(
                    view.trouble.unwrap_or_default().to_string(),
                ));
            }
            Ok(View {
                trouble: Some(trouble),
                ..
            }) => return Err(CliError::Unreachable(trouble.to_string())),
            Ok(view) => return Ok(view),
            Err(_not_yet) => {}
        }
        let now = audit.view();
        let (soft, tip) = (now.soft.unwrap_or(0), now.tip.unwrap_or(0));
        tell(out, begun, &mut told, || {
            format!("read up to block {soft} of {tip} ...")
        });
    }
}

/// Asks again as long as the evaluation goes on.
async fn replay(audit: &Audit, process: Id, slot: u64, out: Output) -> Result<Id, CliError> {
    let (begun, mut told) = (Instant::now(), 0);
    let mut asked = Box::pin(audit.root(process, slot));
    loop {
        match tokio::time::timeout(LOOK_EVERY, &mut asked).await {
            Ok(Ok(root)) => return Ok(Id::new(root)),
            Ok(Err(AuditError::Compute(CuError::StillEvaluating { .. }))) => {
                asked = Box::pin(audit.root(process, slot));
            }
            Ok(Err(error)) => return Err(failed(error)),
            Err(_not_yet) => {}
        }
        tell(out, begun, &mut told, || {
            format!("computing up to slot {slot} ...")
        });
    }
}

fn tell(out: Output, begun: Instant, told: &mut u64, line: impl Fn() -> String) {
    let due = begun.elapsed().as_secs() / PROGRESS_EVERY.as_secs();
    if due > *told {
        *told = due;
        out.progress(line());
    }
}

fn failed(error: AuditError) -> CliError {
    let text = error.to_string();
    match error {
        AuditError::Unknown(_) => CliError::NotFound(text),
        AuditError::NoProcess(_) | AuditError::Derive(DeriveError::Courted { .. }) => {
            CliError::Refused(text)
        }
        AuditError::Source(_) | AuditError::Derive(DeriveError::NotRead { .. }) => {
            CliError::Unreachable(text)
        }
        AuditError::Compute(error) if error.is_final() => CliError::Refused(text),
        AuditError::Compute(
            CuError::Missing { .. } | CuError::Source(_) | CuError::NoModule(_),
        ) => CliError::NotFound(text),
        AuditError::Derive(_) | AuditError::Compute(_) => CliError::Failure(text),
    }
}

fn root_url(cu: &Url, process: Id, slot: u64) -> Result<Url, CliError> {
    let mut url = join(cu, &format!("root/{process}"))?;
    url.query_pairs_mut().append_pair("slot", &slot.to_string());
    Ok(url)
}

impl Found {
    fn tell(&self, args: &VerifyArgs, out: Output) -> Result<(), CliError> {
        let theirs = self.theirs.as_ref().map(|theirs| theirs["root"].clone());
        let equal = theirs.as_ref().map(|theirs| *theirs == json!(self.root));
        if equal == Some(false) {
            let (cu, theirs) = (
                args.against.as_ref().map_or("", Url::as_str),
                theirs.unwrap_or_default(),
            );
            return Err(CliError::Refused(format!(
                "slot {} of {}: the base layer gives root {}, and {cu} says {theirs}",
                self.slot, args.process, self.root
            )));
        }
        let Standing {
            firm,
            soft,
            firm_height,
        } = &self.standing;
        let json = json!({
            "process": args.process, "slots": firm.slot + 1, "head": firm.slot, "chain": firm.chain,
            "soft_head": soft.slot, "soft_chain": soft.chain, "height": firm_height,
            "slot": self.slot, "root": self.root, "equal": equal,
        });
        let verdict = match equal {
            Some(true) => "\nequal: the compute unit has the same",
            _ => "",
        };
        out.result(
            &json,
            format_args!(
                "slots  {} settled at block {firm_height}, {} at the tip\nchain  {}\nroot   {} behind slot {}{verdict}",
                firm.slot + 1, soft.slot + 1, firm.chain, self.root, self.slot
            ),
        )
    }
}

/// A folder that goes with its owner, unless it was named.
struct Folder {
    path: PathBuf,
    is_temporary: bool,
}

impl Folder {
    fn of(named: Option<PathBuf>, process: Id) -> Result<Self, CliError> {
        if let Some(path) = named {
            return Ok(Self {
                path,
                is_temporary: false,
            });
        }
        let name = format!("aosec-verify-{}-{process}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // What another process with our number left behind is nobody's.
        if path.exists() {
            std::fs::remove_dir_all(&path)
                .map_err(|error| CliError::failure(format!("{}: {error}", path.display())))?;
        }
        Ok(Self {
            path,
            is_temporary: true,
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::debug!(%error, path = %self.path.display(), "a temporary folder stays behind");
        }
    }
}
