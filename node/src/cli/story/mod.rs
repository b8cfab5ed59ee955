//! `aosec devnet story`: a host falls silent and Arweave goes on, played with real commands against a real devnet, and told as it happens.
//!
//! It types what a person would type, and shows each line; it reads nothing but what these commands say. Nothing is asserted about time:
//! it waits for blocks, and has patience.

mod acts;
mod looks;
mod sequel;
mod stage;
mod teller;
mod typist;

use std::path::PathBuf;

use clap::Args;

use super::Output;
use super::exit::CliError;
use acts::Story;
use stage::Stage;

/// Flags of `aosec devnet story`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  aosec devnet story                     on the devnet that runs, or on one of its own that ends with it\n  aosec devnet story --json              one line a step\n  aosec devnet story --sender 'node greet.mjs'   an ao client of yours sends the message that gets no slot"
)]
pub struct StoryArgs {
    /// Folder of the devnet to play on; where none runs there, one with three nodes is started in a temporary folder.
    #[arg(long, env = "AOSEC_DEVNET", default_value_os_t = crate::devnet::default_folder())]
    devnet: PathBuf,
    /// Program that sends the message that gets no slot, in the place of this one: it finds AOSEC_DEVNET (a devnet.json), AOSEC_PROCESS
    /// and AOSEC_MU in its environment, and prints the message's id as its last word.
    #[arg(long)]
    sender: Option<String>,
}

pub(super) async fn run(args: StoryArgs, out: Output) -> Result<(), CliError> {
    let stage = Stage::open(&args.devnet, out).await?;
    let played = play(&stage, &args, out).await;
    stage.close().await;
    played
}

/// Plays while the stage's own devnet, if there is one, is looked after.
async fn play(stage: &Stage, args: &StoryArgs, out: Output) -> Result<(), CliError> {
    let mut story = Story::begin(stage, args.sender.clone(), out)?;
    let told = story.told().await;
    // Whatever happened, the devnet is left as it was found: nobody silent, nobody censored.
    story.tidy_up().await;
    told
}
