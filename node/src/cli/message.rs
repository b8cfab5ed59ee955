//! `aosec message`: follow one message from the outbox of its MU.

use aosec_wire::Id;
use clap::{Args, Subcommand};

use super::Output;
use super::client::{UnitClient, join};
use super::exit::CliError;
use super::target::TargetArgs;

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
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(command: MessageCommand, out: Output) -> Result<(), CliError> {
    let MessageCommand::Status(args) = command;
    let target = args.target.find()?;
    let status = UnitClient::new(out)?
        .get_json(&join(&target.mu, &format!("status/{}", args.message))?)
        .await?;
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
