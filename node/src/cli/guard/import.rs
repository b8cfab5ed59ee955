//! `aosec guard import`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::super::{Output, exit::CliError};
use super::{absent, offline, owner, places, refused, seen, taken};
use crate::su::guard::interchange::{Interchange, InterchangeError, TEXT_BYTES_MAX};

pub(super) const HELP: &str = "For each log the higher end of the two stays, so order and repetition do not matter. An import closes doors and opens none: it \
ends no halt, and makes no observer sign that base layer or store speak against.

Example: aosec guard import guard.json --data ./node

Exit codes: 0 taken in, 1 a file cannot be read or written, 3 no such file or folder, 4 another key, another network, damaged, two \
contents for one slot, or a node runs there; nothing was changed then.";

/// Flags of `aosec guard import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The export.
    file: PathBuf,
    /// Folder of the stopped node.
    #[arg(long, env = "AOSEC_DATA")]
    data: PathBuf,
}

pub(super) fn run(args: &ImportArgs, out: Output) -> Result<(), CliError> {
    let told = |error: InterchangeError| {
        CliError::Refused(format!(
            "{}: {error}; nothing was changed",
            args.file.display()
        ))
    };
    let text = Interchange::parse(&bytes(&args.file)?).map_err(told)?;
    if !args.data.is_dir() {
        return Err(absent(&args.data));
    }
    let seen = seen(&args.data)?;
    // A devnet's node has no key file: there a lost file is made anew for the key that the export speaks of, and a node with
    // another key refuses that file.
    let owner = owner(&args.data, seen.as_ref())?.unwrap_or_else(|| text.scheduler.clone());
    text.verify_key(&owner).map_err(refused)?;
    let mut guard = taken(&args.data, &owner)?;
    let learned = guard.import(&text).map_err(offline)?;
    let json = json!({ "learned": learned, "processes": places(guard.book()) });
    out.result(
        &json,
        format_args!(
            "{learned} of {} logs were not known that far; nothing at or below their ends is signed any more",
            text.processes.len()
        ),
    )
}

fn bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    let failed = |error: std::io::Error| {
        let text = format!("{}: {error}", path.display());
        match error.kind() {
            std::io::ErrorKind::NotFound => CliError::NotFound(text),
            _ => CliError::Failure(text),
        }
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(TEXT_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}
