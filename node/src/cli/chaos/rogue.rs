//! A node that breaks the law on demand: contradictions, and what it keeps back.

use std::path::{Path, PathBuf};

use aosec_wire::Id;
use aosec_wire::id::from_base64url;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::Net;
use crate::chaos::contradiction::Contradiction;
use crate::cli::Output;
use crate::cli::client::{UnitClient, join};
use crate::cli::exit::CliError;

/// Flags of `aosec devnet chaos equivocate`.
#[derive(Debug, Args)]
pub(super) struct EquivocateArgs {
    /// The node, by name.
    node: String,
    /// A process that it hosts.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// The slot that is contradicted, from 1 on [default: the last one].
    #[arg(long)]
    slot: Option<u64>,
    /// How.
    #[arg(long, value_enum, default_value = "double")]
    how: Contradiction,
    /// Publish nothing: whoever is to see it gets the files.
    #[arg(long)]
    secret: bool,
    /// Folder for both receipts, as own.bin and other.bin.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Flags of `aosec devnet chaos withhold`.
#[derive(Debug, Args)]
pub(super) struct WithholdArgs {
    /// The node, by name.
    node: String,
    /// What it keeps back.
    #[arg(value_enum)]
    what: Withheld,
    /// Publish again, also what was kept back.
    #[arg(long)]
    lift: bool,
}

/// What a host owes to the base layer.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Withheld {
    /// Messages and assignments: their order is published, and nobody can read them there.
    Data,
    /// Log records: a receipt is all that a sender has.
    Records,
}

pub(super) async fn equivocate(
    net: &Net,
    args: EquivocateArgs,
    out: Output,
) -> Result<(), CliError> {
    let asked = json!({
        "process": args.process, "slot": args.slot, "how": args.how, "publish": !args.secret,
    });
    let mut said = tell(net, &args.node, "chaos/equivocate", &asked, out).await?;
    if let Some(folder) = &args.out {
        for name in ["own", "other"] {
            let path = folder.join(format!("{name}.bin"));
            write(&path, &said[name]["bytes"])?;
            said[name]["file"] = json!(path);
        }
    }
    let text = format!(
        "{} has signed slot {} as {} and slot {} as {}",
        args.node,
        said["own"]["slot"],
        said["own"]["id"],
        said["other"]["slot"],
        said["other"]["id"]
    );
    out.result(&said, text)
}

fn write(path: &Path, bytes: &Value) -> Result<(), CliError> {
    let failed = |error: &dyn std::fmt::Display| {
        CliError::failure(format!("{} cannot be written: {error}", path.display()))
    };
    let bytes = from_base64url(bytes.as_str().unwrap_or_default());
    let bytes = bytes.map_err(|error| failed(&error))?;
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    std::fs::write(path, bytes).map_err(|error| failed(&error))
}

pub(super) async fn withhold(net: &Net, args: WithholdArgs, out: Output) -> Result<(), CliError> {
    let (field, word) = match args.what {
        Withheld::Data => ("data", "messages"),
        Withheld::Records => ("records", "log records"),
    };
    let asked = json!({ field: !args.lift });
    let said = tell(net, &args.node, "chaos/withhold", &asked, out).await?;
    let verb = if args.lift { "publishes" } else { "keeps back" };
    out.result(&said, format!("{} {verb} {word}", args.node))
}

/// Tells a node of the devnet to misbehave; one that was not started for that has no such door.
async fn tell(
    net: &Net,
    name: &str,
    path: &str,
    asked: &Value,
    out: Output,
) -> Result<Value, CliError> {
    let (_, node) = net.node(name)?;
    if !net.file.chaos {
        return Err(CliError::Refused(format!(
            "{name} keeps the law: start the devnet with `aosec devnet --chaos-unsafe` for nodes that break it"
        )));
    }
    let url = join(&node.web, path)?;
    UnitClient::new(out)?.post_json(&url, asked).await
}
