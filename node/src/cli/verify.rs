//! `aosec process verify`: the log of a process from the base layer alone, its state computed here, and the two numbers that say
//! whether somebody else has the same: the log chain and the state root. Nothing is believed but signatures.

use aosec_wire::Id;
use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::Output;
use super::client::{UnitClient, join};
use super::exit::CliError;
use super::reading::{ReadingArgs, evaluated, failed};
use crate::follow::derivation::Standing;
use crate::node::audit::Audit;

/// Flags of `aosec process verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// Compute unit whose root is compared with the one computed here.
    #[arg(long)]
    against: Option<Url>,
    /// Slot to compute up to [default: the newest settled one].
    #[arg(long)]
    slot: Option<u64>,
    #[command(flatten)]
    reading: ReadingArgs,
}

pub(super) async fn run(
    args: VerifyArgs,
    client: &UnitClient,
    out: Output,
) -> Result<(), CliError> {
    let verified = args.reading.read(out, async |audit: &Audit| {
        verify(&args, audit, client, out).await
    });
    verified.await?.tell(&args, out)
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
    let standing = audit.standing(args.process).await.map_err(failed)?;
    let slot = args.slot.unwrap_or(standing.firm.slot);
    if slot > standing.firm.slot {
        return Err(CliError::NotFound(format!(
            "slot {slot} of {} is not settled on the base layer yet; the newest that is, is {}",
            args.process, standing.firm.slot
        )));
    }
    let doing = format!("computing up to slot {slot}");
    let root = evaluated(out, &doing, async || audit.root(args.process, slot).await).await?;
    let theirs = match &args.against {
        None => None,
        Some(cu) => Some(client.get_json(&root_url(cu, args.process, slot)?).await?),
    };
    Ok(Found {
        standing,
        slot,
        root: Id::new(root),
        theirs,
    })
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
