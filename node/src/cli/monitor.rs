//! `aosec process monitor` and `unmonitor`: the owner's signed wish that a node wakes a process, and pushes what its ticks send.

use aosec_wire::{Id, Tags};
use clap::Args;
use serde_json::json;

use super::Output;
use super::client::{UnitClient, join};
use super::exit::CliError;
use super::fees::toll::{Parcel, TollArgs};
use super::item::signed;
use super::target::{SignerArgs, TargetArgs};
use crate::mu::MONITOR_TAG;

/// Flags of both verbs.
#[derive(Debug, Args)]
pub struct MonitorArgs {
    /// The process; you must own it.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    toll: TollArgs,
}

/// Says to a node that the process is to be watched, or no longer.
pub(super) async fn run(
    args: MonitorArgs,
    watch: bool,
    client: &UnitClient,
    out: Output,
) -> Result<(), CliError> {
    let target = args.target.find()?;
    let data = bytes::Bytes::from_static(b" ");
    let tags = Tags::new().with(MONITOR_TAG, if watch { "watch" } else { "stop" });
    let wish = signed(&args.signer.open()?, Some(args.process), tags, data)?;
    if watch {
        let tick = Parcel {
            what: "each tick that sends something",
            payer: wish.owner_address(),
            bytes: 0,
        };
        args.toll.agreed(client, &target.mu, tick, out).await?;
    }
    let url = join(&target.mu, &format!("monitor/{}", args.process))?;
    let told = match watch {
        true => client.post_item(&url, &wish).await?,
        false => client.delete_item(&url, &wish).await?,
    };
    let json = json!({ "process": args.process, "monitored": watch });
    out.result(&json, told.as_str().unwrap_or_default().trim_end())
}
