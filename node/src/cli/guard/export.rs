//! `aosec guard export`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::super::{Output, exit::CliError};
use super::{absent, refused, seen};
use crate::su::guard::interchange;

pub(super) const HELP: &str = "An export of a running node is as old as the moment in which it was written. Keep the newest one elsewhere: after a loss it \
says where the logs stood at least.

Example: aosec guard export --data ./node --out guard.json

Exit codes: 0 written, 1 the file cannot be written, 3 no guard file there, 4 it is damaged, or has signed nothing yet.";

/// Flags of `aosec guard export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Folder of the node, which may be running.
    #[arg(long, env = "AOSEC_DATA")]
    data: PathBuf,
    /// File to write, which must not be there yet; stdout where none is named.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &ExportArgs, out: Output) -> Result<(), CliError> {
    let seen = seen(&args.data)?.ok_or_else(|| absent(&args.data))?;
    let text = interchange::export(&seen.book, &seen.scheduler).map_err(refused)?;
    let json = serde_json::to_value(&text).map_err(|error| CliError::failure(error.to_string()))?;
    let Some(path) = &args.out else {
        return out.result(&json, &json);
    };
    if path.exists() {
        return Err(CliError::Refused(format!(
            "{} is there already: an export is never overwritten; choose another --out or move it away",
            path.display()
        )));
    }
    crate::keys::write_private(path, json.to_string().as_bytes())?;
    let answer = json!({ "file": path, "processes": text.processes.len() });
    out.result(
        &answer,
        format_args!("{} logs in {}", text.processes.len(), path.display()),
    )
}
