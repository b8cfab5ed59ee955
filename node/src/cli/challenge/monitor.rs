//! `aosec challenge monitor`: every open case and its money, as they will end if nobody does anything, and if the host answers. It reads,
//! needs no key, and sends nothing.

use std::time::Duration;

use aosec_challenge::docket::forecast::{Forecast, Terms, forecast};
use aosec_wire::{Address, Id};
use clap::Args;

use super::foretold;
use super::reading::{self, LeftOut, unreadable};
use crate::cli::Output;
use crate::cli::court::{CourtClient, ReadArgs, ask};
use crate::cli::exit::CliError;

/// Pause between two looks while it follows.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Flags of `aosec challenge monitor`.
#[derive(Debug, Args)]
pub struct MonitorArgs {
    /// Cases of this process alone.
    #[arg(long, allow_hyphen_values = true)]
    process: Option<Id>,
    /// Cases against this operator alone.
    #[arg(long, allow_hyphen_values = true)]
    operator: Option<Address>,
    /// Go on, and say it again whenever it changes; Ctrl-C ends it.
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    read: ReadArgs,
}

/// What the court showed at a height, and what follows from it.
pub(super) struct Outlook {
    pub(super) height: u64,
    pub(super) block_time: Duration,
    pub(super) publish_within: u64,
    pub(super) cases: Vec<Forecast>,
    pub(super) left_out: LeftOut,
}

pub(super) async fn run(args: MonitorArgs, out: Output) -> Result<(), CliError> {
    let court = args.read.open(out)?;
    let mut last = None;
    loop {
        match look(&court, &args).await {
            Ok(outlook) if last.as_ref() != Some(&outlook.cases) => {
                out.result(&foretold::json(&outlook), foretold::text(&outlook))?;
                last = Some(outlook.cases);
            }
            Ok(_unchanged) => {}
            Err(
                CliError::Unreachable(_) | CliError::BrokenOff(_) | CliError::DeadlinePassed(_),
            ) if args.follow && last.is_some() => {}
            Err(error) => return Err(error),
        }
        if !args.follow {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = crate::shutdown::asked_by_operator() => return Ok(()),
        }
    }
}

async fn look(court: &CourtClient, args: &MonitorArgs) -> Result<Outlook, CliError> {
    let info = court.get("info", &[]).await?;
    let params = court.get("params", &[]).await?;
    let terms = Terms::read(&params["Parameters"]).ok_or_else(unreadable)?;
    // What ends a lease, or doubles a slash, may be another process's case: all are read as far as that goes, and then chosen from.
    let process = args.process.map(|process| process.to_string());
    let operator = args.operator.as_ref().map(Address::as_str);
    let (shown, left_out) = reading::shown(court, process.as_deref(), operator).await?;
    let mut cases = forecast(&terms, &shown);
    cases.retain(|one| {
        let of_process = process
            .as_ref()
            .is_none_or(|process| *process == one.case.process);
        of_process && operator.is_none_or(|operator| operator == one.case.operator)
    });
    Ok(Outlook {
        height: params["height"].as_u64().ok_or_else(unreadable)?,
        block_time: ask::block_time(&info),
        publish_within: terms.publish_within,
        cases,
        left_out,
    })
}
