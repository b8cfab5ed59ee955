//! `aosec guard status`.

use std::path::{Path, PathBuf};

use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::super::client::{UnitClient, join};
use super::super::{Output, exit::CliError};
use super::{absent, places, seen};
use crate::store::{Store, StoreError, process};
use crate::su::guard::Book;
use crate::su::recover::{Findings, examine};

pub(super) const HELP: &str = "States: ready (it would sign), observer (it serves what it has and signs nothing, and the reason says what to do), running (a node \
has the folder: ask its page); of a running node also looking and waiting, before its first signature. Processes for which alone \
nothing is signed are listed as blocked.

Examples:
  aosec guard status --data ./node
  aosec guard status --url http://127.0.0.1:4001 --json

Exit codes: 0 told, 1 the store does not open, 3 no guard file there, 4 the guard file is damaged, 5 the page does not answer.";

/// Flags of `aosec guard status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Folder of the node.
    #[arg(long, env = "AOSEC_DATA", required_unless_present = "url")]
    data: Option<PathBuf>,
    /// Page of a running node, which is asked instead.
    #[arg(long, conflicts_with = "data")]
    url: Option<Url>,
}

pub(super) async fn run(args: StatusArgs, out: Output) -> Result<(), CliError> {
    match (args.url, args.data) {
        (Some(url), _) => of_page(&url, out).await,
        (None, data) => of_folder(&data.unwrap_or_default(), out).await,
    }
}

async fn of_page(url: &Url, out: Output) -> Result<(), CliError> {
    let status = UnitClient::new(out)?
        .get_json(&join(url, "status")?)
        .await?;
    let guard = &status["guard"];
    if guard.is_null() {
        return Err(CliError::NotFound(format!(
            "no scheduler runs at {url}: ask the page of a node with the role su"
        )));
    }
    let mut lines = vec![guard["state"].as_str().unwrap_or_default().to_owned()];
    lines.extend(guard["reason"].as_str().map(str::to_owned));
    for why in guard["blocked"].as_array().into_iter().flatten() {
        let why = why["reason"].as_str().unwrap_or_default();
        lines.push(format!("blocked  {why}"));
    }
    out.result(guard, lines.join("\n"))
}

async fn of_folder(data: &Path, out: Output) -> Result<(), CliError> {
    let seen = seen(data)?.ok_or_else(|| absent(data))?;
    let (state, reason, blocked) = match findings(data, &seen.book).await? {
        None => ("running", Some(RUNNING.to_owned()), Vec::new()),
        Some(found) => state(&seen.book, found),
    };
    let json = json!({
        "state": state, "reason": reason, "blocked": blocked, "scheduler": seen.scheduler,
        "network": seen.book.network().map(ToString::to_string), "signs_from": seen.book.signs_from(),
        "bytes": seen.bytes, "processes": places(&seen.book),
    });
    out.result(&json, lines(&json))
}

const RUNNING: &str =
    "a node runs with this folder: ask it with `aosec guard status --url <its page>`";

/// What a start would make of guard and store; what the base layer says comes on top of it.
fn state(book: &Book, found: Findings) -> (&'static str, Option<String>, Vec<Value>) {
    let blocked = found.blocked.iter();
    let blocked = blocked
        .map(|(process, why)| json!({ "process": process, "reason": why.to_string() }))
        .collect();
    let reason = book
        .halt()
        .map(str::to_owned)
        .or(found.observer.map(|why| why.to_string()));
    let state = if reason.is_some() {
        "observer"
    } else {
        "ready"
    };
    (state, reason, blocked)
}

/// None where a node holds the folder.
async fn findings(data: &Path, book: &Book) -> Result<Option<Findings>, CliError> {
    if !Store::is_in(data) {
        return Ok(Some(examine(&[], book.heads())));
    }
    let store = match Store::open(data).await {
        Err(StoreError::InUse { .. }) => return Ok(None),
        other => other.map_err(|error| CliError::failure(error.to_string()))?,
    };
    let reaches = process::reaches(&store).await;
    store.close().await;
    let reaches = reaches.map_err(|error| CliError::failure(error.to_string()))?;
    Ok(Some(examine(&reaches, book.heads())))
}

fn lines(json: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = vec![format!(
        "{}  scheduler {}",
        word(&json["state"]),
        word(&json["scheduler"])
    )];
    lines.extend(json["reason"].as_str().map(str::to_owned));
    for why in json["blocked"].as_array().into_iter().flatten() {
        lines.push(format!("blocked  {}", word(&why["reason"])));
    }
    for place in json["processes"].as_array().into_iter().flatten() {
        lines.push(format!(
            "{}  epoch {}  slot {}  chain {}",
            word(&place["process"]),
            place["epoch"],
            place["slot"],
            word(&place["log_chain"])
        ));
    }
    lines.join("\n")
}
