//! `aosec message`: follow one message from the outbox of its MU; where its process has lost its host, to the slot that Arweave gave it.

use aosec_wire::Id;
use clap::{Args, Subcommand};
use reqwest::Url;
use serde_json::{Value, json};

use super::Output;
use super::client::{UnitClient, join};
use super::exit::CliError;
use super::target::{Target, TargetArgs};

/// Verbs of `aosec message`.
#[derive(Debug, Subcommand)]
pub enum MessageCommand {
    /// Slot, receipt and state of a message that was sent through this node.
    #[command(after_help = "Example: aosec message status <message>")]
    Status(StatusArgs),
}

/// Flags of `aosec message status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The message.
    #[arg(allow_hyphen_values = true)]
    message: Id,
    /// The process that it is for, where it was not sent through this node.
    #[arg(long, allow_hyphen_values = true)]
    process: Option<Id>,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(command: MessageCommand, out: Output) -> Result<(), CliError> {
    let MessageCommand::Status(args) = command;
    let target = args.target.find()?;
    let client = UnitClient::new(out)?;
    let url = join(&target.mu, &format!("status/{}", args.message))?;
    let mut status = match (client.get_json(&url).await, args.process) {
        // Who knows the process can ask about messages that others have sent.
        (Err(CliError::NotFound(_)), Some(process)) => {
            json!({ "id": args.message, "process": process })
        }
        (asked, _) => asked?,
    };
    let process = status["process"]
        .as_str()
        .and_then(|process| process.parse().ok());
    let found = match process.or(args.process) {
        Some(process) => ordered(&client, &target, process, args.message).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(ordered)) => {
            status["state"] = "ordered by Arweave".into();
            merge(&mut status, ordered);
        }
        found if status["state"].is_null() => return Err(unknown(args.message, found.err())),
        Ok(None) => {}
        Err(error) => out.progress(format_args!(
            "whether Arweave has ordered it meanwhile is not known: {error}"
        )),
    }
    let mut lines = String::new();
    for (name, value) in status
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_name, value)| !value.is_null())
    {
        lines.push_str(&format!(
            "{name:>10}  {}\n",
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        ));
    }
    out.result(&status, lines.trim_end())
}

/// A message of which this node knows nothing: it has none, or who was asked did not say.
fn unknown(message: Id, trouble: Option<CliError>) -> CliError {
    trouble.unwrap_or_else(|| {
        CliError::NotFound(format!(
            "{message} has no slot that Arweave has ordered, and was not sent through this node"
        ))
    })
}

/// The slot that the base layer has given a message, and what it has done; none where a host ordered it, or nobody has yet. What is shown is
/// settled.
async fn ordered(
    client: &UnitClient,
    target: &Target,
    process: Id,
    message: Id,
) -> Result<Option<Value>, CliError> {
    let query = |root: &Url, path: String| {
        let mut url = join(root, &path)?;
        url.query_pairs_mut()
            .append_pair("process-id", &process.to_string());
        Ok::<_, CliError>(url)
    };
    let Some(su) = target.su.as_ref() else {
        return Ok(None);
    };
    let shown = match client.get_json(&query(su, message.to_string())?).await {
        Err(CliError::NotFound(_) | CliError::Refused(_)) => return Ok(None),
        shown => shown?,
    };
    let Some(mut slot) = virtual_slot(&shown["assignment"]) else {
        return Ok(None);
    };
    let result = query(&target.cu, format!("result/{message}"))?;
    match client.get_json(&result).await {
        Ok(result) => slot["result"] = result,
        Err(error) => slot["result-pending"] = error.to_string().into(),
    }
    Ok(Some(slot))
}

/// What an assignment says that Arweave made; none where a host signed it.
fn virtual_slot(assignment: &Value) -> Option<Value> {
    let tags = assignment["tags"].as_array()?;
    let tag = |name: &str| tags.iter().find(|tag| tag["name"] == name)?["value"].as_str();
    tag("Ordered-By").filter(|by| *by == "Arweave")?;
    let number = |name: &str| tag(name)?.parse::<u64>().ok();
    Some(json!({
        "slot": number("Nonce")?, "epoch": number("Epoch")?, "block": number("Block-Height")?, "firm": true,
        "assignment": assignment["id"], "chain": tag("Log-Chain")?,
    }))
}

fn merge(status: &mut Value, more: Value) {
    if let (Value::Object(status), Value::Object(more)) = (status, more) {
        status.extend(more);
    }
}
