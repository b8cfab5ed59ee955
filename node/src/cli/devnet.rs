//! `aosec devnet`: a base layer and nodes on loopback, ready for real ao clients.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::exit::CliError;
use super::{Output, chain};
use crate::config::Agent;
use crate::devnet::{self, Devnet, DevnetConfig, banner};
use crate::shutdown::asked_by_operator;

/// Flags of `aosec devnet`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  aosec devnet --nodes 2 --block-time 500ms --data ./my-devnet --fresh\n  aosec devnet chain fork --depth 1"
)]
pub struct DevnetArgs {
    #[command(subcommand)]
    command: Option<chain::DevnetCommand>,
    /// Nodes, each a process of its own.
    #[arg(long, default_value_t = 3)]
    nodes: usize,
    /// Time between blocks, as 500ms, 1s or 2m.
    #[arg(long, default_value = "1s", value_parser = duration)]
    block_time: Duration,
    /// Folder to keep everything in, and to go on from.
    #[arg(long, env = "AOSEC_DEVNET", default_value_os_t = devnet::default_folder())]
    data: PathBuf,
    /// Forget what the folder holds and start anew.
    #[arg(long)]
    fresh: bool,
    /// Port of the gateway; node i (from 0) takes base + 100 i + 1 to + 4. 0 takes free ports.
    #[arg(long, env = "AOSEC_BASE_PORT", default_value_t = 4000)]
    base_port: u16,
    /// What the nodes do about cases by themselves: watch, defend, or hunt.
    #[arg(long, value_enum, default_value_t)]
    agent: Agent,
    /// Let nodes break the law when `aosec devnet chaos` tells them to; their operators lose stake for it.
    #[arg(long)]
    chaos_unsafe: bool,
}

/// Reads 500ms, 1s, 2m.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits
        .parse()
        .map_err(|_bad| "a time is a number and a unit, as 500ms, 1s or 2m".to_owned())?;
    let millis = match text.get(digits.len()..) {
        Some("ms") => 1,
        Some("s") | Some("") => 1_000,
        Some("m") => 60_000,
        _ => return Err("the unit of a time is ms, s or m".into()),
    };
    Ok(Duration::from_millis(number.saturating_mul(millis)))
}

pub(super) async fn run(args: DevnetArgs, out: Output) -> Result<(), CliError> {
    if let Some(command) = args.command {
        return chain::run(command, out).await;
    }
    let config = DevnetConfig {
        nodes: args.nodes,
        block_time: args.block_time,
        data: args.data,
        fresh: args.fresh,
        base_port: args.base_port,
        agent: args.agent,
        chaos: args.chaos_unsafe,
    };
    out.progress("starting the base layer and the nodes ...");
    let mut devnet = Devnet::start(config)
        .await
        .map_err(|error| CliError::failure(error.to_string()))?;
    let file = devnet.file();
    out.result(
        &serde_json::json!(file),
        banner::text(&file, devnet.folder()),
    )?;
    let ended = tokio::select! {
        () = asked_by_operator() => Ok(()),
        ended = devnet.watch() => ended,
    };
    out.progress("stopping ...");
    devnet.stop().await;
    ended.map_err(|error| CliError::failure(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        assert!(duration("1h").is_err());
        assert!(duration("fast").is_err());
    }
}
