//! `aosec keys`: make, show and import keys. Secrets never stand on a command line; files are sealed and private.

use std::path::{Path, PathBuf};

use aosec_wire::SigningKey;
use clap::{Args, Subcommand};
use serde_json::json;

use super::Output;
use super::exit::CliError;
use crate::keys::sealed::KeyKind;
use crate::keys::{self, Password, random_secret};

/// Verbs of `aosec keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a new key and seal it into a file.
    #[command(
        after_help = "Example: aosec keys new --kind ed25519 --out me.key --password-file me.password"
    )]
    New(NewArgs),
    /// Show kind and address of a key file.
    #[command(after_help = "Example: aosec keys show me.key --password-file me.password")]
    Show(ShowArgs),
    /// Seal an Arweave JWK, or 64 hex digits of another kind, into a file.
    #[command(
        after_help = "Example: aosec keys import wallet.json --out wallet.key --password-file me.password"
    )]
    Import(ImportArgs),
}

/// Flags of `aosec keys new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The kind of key.
    #[arg(long, default_value = "ed25519")]
    kind: KeyKind,
    /// The file to write; it must not exist.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
}

/// Flags of `aosec keys show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The key file.
    file: PathBuf,
    /// The kind, where the file holds 64 plain hex digits.
    #[arg(long)]
    kind: Option<KeyKind>,
    #[command(flatten)]
    password: PasswordArgs,
}

/// Flags of `aosec keys import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file to import: a JWK, or 64 hex digits.
    file: PathBuf,
    /// The kind, where the file holds 64 plain hex digits.
    #[arg(long)]
    kind: Option<KeyKind>,
    /// The file to write; it must not exist.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
}

/// Where the password of a sealed key comes from.
#[derive(Debug, Args)]
pub struct PasswordArgs {
    /// File whose first line is the password (mode 600).
    #[arg(long, env = "AOSEC_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// The password, where one was named.
    ///
    /// # Errors
    /// Where its file cannot be used.
    pub fn read(&self) -> Result<Option<Password>, CliError> {
        Ok(self
            .password_file
            .as_deref()
            .map(Password::from_file)
            .transpose()?)
    }

    fn needed(&self) -> Result<Password, CliError> {
        self.read()?.ok_or_else(|| {
            CliError::Usage(
                "a key rests sealed: give --password-file <file>, whose first line is the password"
                    .into(),
            )
        })
    }
}

pub(super) fn run(command: KeysCommand, out: Output) -> Result<(), CliError> {
    match command {
        KeysCommand::New(args) => {
            let password = args.password.needed()?;
            seal(&made(args.kind)?, &args.out, &password, out)
        }
        KeysCommand::Show(args) => {
            let key = keys::open(&args.file, args.kind, args.password.read()?.as_ref())?;
            show(&key, &args.file, out)
        }
        KeysCommand::Import(args) => {
            let password = args.password.needed()?;
            let key = keys::open(&args.file, args.kind, Some(&password))?;
            seal(&key, &args.out, &password, out)
        }
    }
}

fn made(kind: KeyKind) -> Result<SigningKey, CliError> {
    Ok(match kind {
        KeyKind::Arweave => SigningKey::rsa_generate()?,
        other => other.key_of(&*random_secret()?)?,
    })
}

fn seal(key: &SigningKey, path: &Path, password: &Password, out: Output) -> Result<(), CliError> {
    keys::save(path, key, password)?;
    show(key, path, out)
}

fn show(key: &SigningKey, path: &Path, out: Output) -> Result<(), CliError> {
    let kind = KeyKind::of(key);
    let json = json!({ "address": key.address(), "kind": kind, "file": path });
    out.result(
        &json,
        format_args!(
            "{}  {}  {}",
            key.address(),
            json["kind"].as_str().unwrap_or_default(),
            path.display()
        ),
    )
}
