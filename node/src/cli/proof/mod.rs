//! `aosec proof`: one slot checked offline, out of one file, each hash shown. `fetch` makes the file, `verify` says whether it holds,
//! `explain` tells how.

mod fetch;
mod look;
mod told;

use clap::Subcommand;

use super::Output;
use super::exit::CliError;

/// Verbs of `aosec proof`.
#[derive(Debug, Subcommand)]
pub enum ProofCommand {
    /// Collect everything that a slot rests on into one file.
    #[command(
        after_help = "Examples:\n  aosec proof fetch <process> 12\n  aosec proof fetch <process> 12 --out slot12.json --gateway https://arweave.net --cu http://127.0.0.1:4004 --mu http://127.0.0.1:4002"
    )]
    Fetch(fetch::FetchArgs),
    /// Check a file without network: every signature, every chain, the order; names the first step that does not hold.
    #[command(
        after_help = "Examples:\n  aosec proof verify slot12.json\n  aosec proof verify slot12.json --block-hash <id of one of its blocks>\n  aosec proof verify slot12.json --gateway https://arweave.net   asks it for the blocks"
    )]
    Verify(look::LookArgs),
    /// Tell step by step how a file is checked, with each hash, and what it leaves open.
    #[command(after_help = "Example: aosec proof explain slot12.json")]
    Explain(look::LookArgs),
}

pub(super) async fn run(command: ProofCommand, out: Output) -> Result<(), CliError> {
    match command {
        ProofCommand::Fetch(args) => fetch::run(args, out).await,
        ProofCommand::Verify(args) => look::verify(args, out).await,
        ProofCommand::Explain(args) => look::explain(args, out).await,
    }
}
