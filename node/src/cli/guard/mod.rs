//! `aosec guard`: the guard file of a node in the hands of its operator. docs/GUARD.md says when to use what.
//!
//! All of it works on the data folder, without the node and without the key's password. What changes the file ([`import`],
//! [`resume`]) is refused while a node has it; what only looks ([`status`], [`export`]) is not. Rules live in
//! [`crate::su::guard`] and [`crate::su::resume`].

mod export;
mod import;
mod resume;
mod status;

use std::path::{Path, PathBuf};

use aosec_wire::{Address, Id};
use clap::Subcommand;
use serde_json::{Value, json};

use super::Output;
use super::exit::CliError;
use crate::keys;
use crate::node::GUARD;
use crate::su::guard::interchange::InterchangeError;
use crate::su::guard::offline::{Glimpse, OfflineError, glimpse};
use crate::su::guard::{Book, GuardFileError, Head, OfflineGuard};

/// Verbs of `aosec guard`.
#[derive(Debug, Subcommand)]
pub enum GuardCommand {
    /// Whether a node would sign, why not, what to do, and how far each log was signed.
    #[command(after_help = status::HELP)]
    Status(status::StatusArgs),
    /// Write how far each log was signed, for another guard file of the same key.
    #[command(after_help = export::HELP)]
    Export(export::ExportArgs),
    /// Take in an export: never sign at or below what it knows. Nothing is ever taken away.
    #[command(after_help = import::HELP)]
    Import(import::ImportArgs),
    /// Sign again after a lost or restored guard, or after another node with the key was seen.
    #[command(after_help = resume::HELP)]
    Resume(resume::ResumeArgs),
}

pub(super) async fn run(command: GuardCommand, out: Output) -> Result<(), CliError> {
    match command {
        GuardCommand::Status(args) => status::run(args, out).await,
        GuardCommand::Export(args) => export::run(&args, out),
        GuardCommand::Import(args) => import::run(&args, out),
        GuardCommand::Resume(args) => resume::run(args, out).await,
    }
}

fn path(data: &Path) -> PathBuf {
    data.join(GUARD)
}

/// What the file says at this moment; none where there is none.
fn seen(data: &Path) -> Result<Option<Glimpse>, CliError> {
    glimpse(&path(data)).map_err(file)
}

/// The address of the folder's scheduler key: that of its key file, or of its guard file where it has no key file.
fn owner(data: &Path, seen: Option<&Glimpse>) -> Result<Option<Address>, CliError> {
    let key = keys::scheduler_address(&data.join(keys::FOLDER))?;
    Ok(key.or_else(|| seen.map(|seen| seen.scheduler.clone())))
}

/// The file, for nobody else, made where it is lost.
fn taken(data: &Path, owner: &Address) -> Result<OfflineGuard, CliError> {
    OfflineGuard::open(&path(data), owner).map_err(file)
}

fn absent(data: &Path) -> CliError {
    CliError::NotFound(format!(
        "{} is not there: no node has signed in this folder, or the guard file is lost. Where it is lost, take in an export \
         of it with `aosec guard import`, then `aosec guard resume --help`",
        path(data).display()
    ))
}

fn places(book: &Book) -> Value {
    let place = |((process, epoch), head): (&(Id, u64), &Head)| json!({ "process": process, "epoch": epoch, "slot": head.slot, "log_chain": head.log_chain });
    book.heads().iter().map(place).collect()
}

fn file(error: GuardFileError) -> CliError {
    match error {
        GuardFileError::Io { .. } => CliError::failure(error.to_string()),
        GuardFileError::InUse(path) => CliError::Refused(format!(
            "{} is in use by a running node: stop it first (ctrl-c, or its service), then run this again",
            path.display()
        )),
        other => CliError::Refused(other.to_string()),
    }
}

fn refused(error: InterchangeError) -> CliError {
    CliError::Refused(error.to_string())
}

fn offline(error: OfflineError) -> CliError {
    match error {
        OfflineError::File(error) => file(error),
        other => CliError::Refused(other.to_string()),
    }
}
