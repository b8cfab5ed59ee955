//! `aosec challenge`: cases before the court (PROTOCOL 6), from every side.
//!
//! [`open`] asks the host, opens a case where it stays silent, and follows it; [`look`] shows cases and waits for their end;
//! [`others`] opens the other kinds, answers, and reports. Rules live in the court: what it refuses comes back with the rule.

mod cost;
mod foretold;
mod look;
mod monitor;
mod open;
mod others;
mod reading;

use clap::Subcommand;

use super::Output;
use super::exit::CliError;

/// Verbs of `aosec challenge`.
#[derive(Debug, Subcommand)]
pub enum ChallengeCommand {
    /// Ask the host of a process for a message's slot, open a case where it gives none, and follow that to its end.
    #[command(
        after_help = "Examples:\n  aosec challenge open --message <message> --dry-run     what it would cost, and by when it would end\n  aosec challenge open --message <message> --yes"
    )]
    Open(open::OpenArgs),
    /// Cases, newest page by page, or those of one process.
    #[command(after_help = "Example: aosec challenge list --process <process>")]
    List(look::ListArgs),
    /// One case.
    #[command(after_help = "Example: aosec challenge show 7")]
    Show(look::ShowArgs),
    /// Wait until a case has ended, and say how.
    #[command(after_help = "Example: aosec challenge watch 7")]
    Watch(look::WatchArgs),
    /// Answer open cases with the receipts of their messages, out of the host's log; anyone may.
    #[command(
        after_help = "Example: aosec challenge answer <process> --message <message> --su http://127.0.0.1:4003 --yes"
    )]
    Answer(others::AnswerArgs),
    /// Ask for the message of a slot that nobody serves: its host loses the whole allocation where nobody has it.
    #[command(after_help = "Example: aosec challenge data <process> 12 --yes")]
    Data(others::DataArgs),
    /// Forecast every open case and its money: what happens if nobody does anything, and if the host answers. Needs no key.
    #[command(
        after_help = "Examples:\n  aosec challenge monitor\n  aosec challenge monitor --operator <address> --follow\n  aosec challenge monitor --process <process> --json"
    )]
    Monitor(monitor::MonitorArgs),
    /// Give the message that an open data case asks for.
    #[command(after_help = "Example: aosec challenge supply <message> --yes")]
    Supply(others::SupplyArgs),
    /// Challenge a receipt that the log of its process does not show in time.
    #[command(after_help = "Example: aosec challenge publication receipt.bin --yes")]
    Publication(others::PublicationArgs),
    /// Report a fault with its evidence: two receipts or records, or one for signing without tenure.
    #[command(
        after_help = "Example: aosec challenge report double --slot 12 --evidence one.bin --evidence other.bin"
    )]
    Report(others::ReportArgs),
    /// Let what the log says of a case's message count now, not at the deadline.
    #[command(after_help = "Example: aosec challenge settle 7")]
    Settle(others::SettleArgs),
}

pub(super) async fn run(command: ChallengeCommand, out: Output) -> Result<(), CliError> {
    match command {
        ChallengeCommand::Open(args) => open::run(args, out).await,
        ChallengeCommand::List(args) => look::list(args, out).await,
        ChallengeCommand::Show(args) => look::show(args, out).await,
        ChallengeCommand::Watch(args) => look::watch(args, out).await,
        ChallengeCommand::Monitor(args) => monitor::run(args, out).await,
        ChallengeCommand::Answer(args) => others::answer(args, out).await,
        ChallengeCommand::Data(args) => others::data(args, out).await,
        ChallengeCommand::Supply(args) => others::supply(args, out).await,
        ChallengeCommand::Publication(args) => others::publication(args, out).await,
        ChallengeCommand::Report(args) => others::report(args, out).await,
        ChallengeCommand::Settle(args) => others::settle(args, out).await,
    }
}
