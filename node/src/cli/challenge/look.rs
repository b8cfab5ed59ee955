//! Cases as the court shows them, and the wait for their end.

use std::time::{Duration, Instant};

use aosec_wire::Id;
use clap::Args;
use serde_json::Value;

use crate::cli::Output;
use crate::cli::court::{CourtClient, ReadArgs, lines, lists, shown, timed};
use crate::cli::exit::CliError;

/// Pause between two looks at a case.
const POLL_PAUSE: Duration = Duration::from_millis(500);

/// Flags of `aosec challenge list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Those of this process alone.
    #[arg(long, allow_hyphen_values = true)]
    process: Option<Id>,
    /// Number of the first row, from 1; a page has 100.
    #[arg(long, default_value_t = 1)]
    first: u64,
    #[command(flatten)]
    read: ReadArgs,
}

/// Flags of `aosec challenge show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The number of the case.
    case: u64,
    #[command(flatten)]
    read: ReadArgs,
}

/// Flags of `aosec challenge watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The number of the case.
    case: u64,
    /// Seconds to wait for its end.
    #[arg(long, default_value_t = 86_400)]
    wait: u64,
    #[command(flatten)]
    read: ReadArgs,
}

pub(super) async fn list(args: ListArgs, out: Output) -> Result<(), CliError> {
    let first = args.first.to_string();
    let process = args.process.map(|process| process.to_string());
    let mut query = vec![("first", first.as_str())];
    query.extend(process.as_deref().map(|process| ("process", process)));
    lists::page(&args.read, "cases", &query, out).await
}

pub(super) async fn show(args: ShowArgs, out: Output) -> Result<(), CliError> {
    let court = args.read.open(out)?;
    let case = case(&court, args.case).await?;
    let info = court.get("info", &[]).await?;
    out.result(&timed(&case, &info), lines(&shown(&case, &info)))
}

pub(super) async fn watch(args: WatchArgs, out: Output) -> Result<(), CliError> {
    let court = args.read.open(out)?;
    let ended = ended(&court, args.case, Duration::from_secs(args.wait), out).await?;
    out.result(&ended, told(&ended))
}

/// One case's row.
async fn case(court: &CourtClient, number: u64) -> Result<Value, CliError> {
    let name = number.to_string();
    let mut found = court.get("cases", &[("case", &name)]).await?;
    Ok(found["Rows"][0].take())
}

/// The case once it has ended; says on the way what it waits for. A node that restarts meanwhile is asked again.
pub(super) async fn ended(
    court: &CourtClient,
    number: u64,
    wait: Duration,
    out: Output,
) -> Result<Value, CliError> {
    let (begun, mut state) = (Instant::now(), String::new());
    loop {
        match case(court, number).await {
            Ok(case) if is_over(&case) => return Ok(case),
            Ok(case) => {
                let now = standing(&case);
                if now != state {
                    out.progress(format_args!("case {number}: {now}"));
                    state = now;
                }
            }
            Err(
                CliError::Unreachable(_) | CliError::BrokenOff(_) | CliError::DeadlinePassed(_),
            ) => {}
            Err(error) => return Err(error),
        }
        if begun.elapsed() >= wait {
            return Err(CliError::DeadlinePassed(format!(
                "case {number} has not ended within {} s; `aosec challenge watch {number}` waits on",
                wait.as_secs()
            )));
        }
        tokio::time::sleep(POLL_PAUSE).await;
    }
}

fn is_over(case: &Value) -> bool {
    matches!(case["State"].as_str(), Some("Closed" | "Expired" | "Moot"))
}

fn standing(case: &Value) -> String {
    match case["State"].as_str() {
        Some("Answered") => format!(
            "answered with slot {}, which must be on Arweave by block {}",
            case["Slot"], case["Publish-By"]
        ),
        _ => format!("open until block {}", case["Deadline"]),
    }
}

/// The end of a case in a sentence.
pub(super) fn told(case: &Value) -> String {
    let text = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
    let (number, kind) = (&case["Case"], text("Kind"));
    match (text("State").as_str(), kind.as_str()) {
        ("Closed", "Liveness") => format!(
            "case {number} is closed: the host gave the message slot {}, and it stands in the log",
            case["Slot"]
        ),
        ("Closed", "Publication") => format!(
            "case {number} is closed: slot {} stands in the log",
            case["Slot"]
        ),
        ("Closed", _) => format!("case {number} is closed: the message was given"),
        ("Expired", "Data") => format!(
            "case {number} expired: nobody has the message of slot {}; the slot does nothing for ever, and its host is slashed",
            case["Slot"]
        ),
        ("Expired", _) => format!(
            "case {number} expired: the host {} is slashed and loses the process, and your money is back; Arweave orders the process now, this message first",
            text("Operator")
        ),
        _ => format!(
            "case {number} is moot: the host lost the process meanwhile, and your money comes back; Arweave orders the process now"
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_end_of_a_case_has_words() {
        let case = |kind: &str, state: &str| json!({ "Case": 7, "Kind": kind, "State": state, "Slot": 3, "Operator": "o" });
        for (kind, state, word) in [
            ("Liveness", "Closed", "slot 3"),
            ("Liveness", "Expired", "slashed"),
            ("Liveness", "Moot", "moot"),
            ("Publication", "Closed", "stands in the log"),
            ("Data", "Closed", "given"),
            ("Data", "Expired", "slot 3 does nothing"),
        ] {
            let case = case(kind, state);
            assert!(is_over(&case));
            let said = told(&case).replace("slot 3; the slot does", "slot 3 does");
            assert!(said.contains(word), "{said}");
        }
        assert!(!is_over(&case("Liveness", "Open")));
    }
}
