//! `aosec guard resume`.

use std::path::PathBuf;

use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::super::{Output, exit::CliError};
use super::{absent, offline, owner, seen, taken};
use crate::arweave::gateway::Gateway;
use crate::store::{Store, StoreError};
use crate::su::resume::{self, COOL_DOWN_BLOCKS, Plan, ResumeError};

pub(super) const HELP: &str = "Without --yes the guard file stays as it is, and you see how far this key has signed, as far as guard, store, imports and gateways \
know.

What may be lost: a slot that none of them knows, because it was signed and answered by a node whose files are gone and was never \
published, is signed a second time with another content. That is a fault; it costs the allocation, and whoever holds the old receipt \
can prove it. So, where it is possible, bring back the files that were last in use instead, and take in every export first.

Example: aosec guard resume --data ./node --gateway https://arweave.net --yes

Exit codes: 0 resumed, 1 a file cannot be read or written, 3 no guard and no key there, 4 not confirmed, two contents for one slot, or \
a node runs there, 5 no gateway answers.";

const RISK: &str = "What may be lost: slots above these ends that were answered and are known to nobody here. They would be signed a second time \
                    with another content, which is a fault and costs the allocation.";

/// Flags of `aosec guard resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// Folder of the stopped node.
    #[arg(long, env = "AOSEC_DATA")]
    data: PathBuf,
    /// Gateway of the base layer; several are asked, and the highest slot that any shows counts.
    #[arg(long, env = "AOSEC_GATEWAY", value_delimiter = ',', required = true)]
    gateway: Vec<Url>,
    /// Blocks until the first signature: fewer than `publish_within` may be too few to see another node's last slots.
    #[arg(long, default_value_t = COOL_DOWN_BLOCKS)]
    cool_down: u64,
    /// Write it: your word that no other node has this key, and that you take the risk that --help tells.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(args: ResumeArgs, out: Output) -> Result<(), CliError> {
    let seen = seen(&args.data)?;
    let owner = owner(&args.data, seen.as_ref())?.ok_or_else(|| absent(&args.data))?;
    let mut guard = match seen.is_some() || args.yes {
        true => Some(taken(&args.data, &owner)?),
        false => None,
    };
    let book = guard.as_ref().map(|guard| guard.book().clone());
    let gateway = Gateway::new(args.gateway).map_err(|error| CliError::Usage(error.to_string()))?;
    let unreachable = |error: &dyn std::fmt::Display| CliError::Unreachable(error.to_string());
    let tip = gateway.tip().await.map_err(|error| unreachable(&error))?;
    let store = Store::open(&args.data).await.map_err(store)?;
    let planned = resume::plan(book.unwrap_or_default(), &owner, &store, &gateway).await;
    store.close().await;
    let plan = planned.map_err(|error| match error {
        ResumeError::Sources(error) => unreachable(&error),
        other => CliError::Refused(other.to_string()),
    })?;
    let from = tip.height.saturating_add(args.cool_down);
    let Some(guard) = guard.as_mut().filter(|_| args.yes) else {
        out.result(&json(&plan, from, false), text(&plan, from))?;
        return Err(CliError::Refused(format!(
            "nothing was changed. {RISK} Where no other node has this key, give --yes"
        )));
    };
    resume::resume(guard, &plan, from).map_err(offline)?;
    out.result(&json(&plan, from, true), text(&plan, from))
}

fn store(error: StoreError) -> CliError {
    match error {
        StoreError::InUse { .. } => CliError::Refused(format!("{error}; stop that node first")),
        other => CliError::failure(other.to_string()),
    }
}

fn json(plan: &Plan, from: u64, written: bool) -> Value {
    let lacking: Value = plan
        .lacking
        .iter()
        .map(|lack| json!({ "process": lack.process, "signed": lack.signed, "kept": lack.kept }))
        .collect();
    let heads = plan.heads.iter();
    let heads: Value = heads
        .map(|((process, epoch), head)| json!({ "process": process, "epoch": epoch, "slot": head.slot }))
        .collect();
    json!({
        "written": written, "signs_from": from, "processes": heads, "tokens": plan.tokens.len(), "lacking": lacking,
    })
}

fn text(plan: &Plan, from: u64) -> String {
    let mut lines = vec![format!(
        "{} logs, nothing at or below their ends; signing from height {from} on",
        plan.heads.len()
    )];
    for lack in &plan.lacking {
        lines.push(format!(
            "{} was signed up to slot {}, the store ends at {}: nothing is signed for it until the store holds these slots",
            lack.process,
            lack.signed,
            lack.kept.map_or("nothing".to_owned(), |slot| format!("slot {slot}"))
        ));
    }
    lines.join("\n")
}
