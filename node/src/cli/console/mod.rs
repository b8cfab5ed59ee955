//! `aosec console`: a conversation with a process, as the aos command line offers it, with every process that the wallet owns.
//!
//! Decisions are pure and stand apart: [`lex`] and [`grammar`] (is this Lua whole?), [`session`] (what does this line ask for?),
//! [`answer`] (what does a result say, and what of it may reach a terminal?), [`bundle`] (a file with what it requires). [`link`] talks to
//! the units, [`perform`] does the steps, [`live`] looks for news; [`terminal`] and [`script`] are the two ways of reading lines.

mod answer;
mod bundle;
mod grammar;
mod history;
mod lex;
mod link;
mod live;
mod perform;
mod script;
mod session;
mod terminal;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aosec_wire::{Address, Id};
use clap::Args;
use serde_json::Value;

use super::Output;
use super::client::UnitClient;
use super::exit::CliError;
use super::fees::toll::{Parcel, TollArgs};
use super::item::NewProcess;
use super::outcome::plain;
use super::process::tag;
use super::target::{SignerArgs, TargetArgs};
use answer::{Answer, Look};
use link::{Link, Standing};
use perform::Console;
use session::{Session, Step};

/// Flags of `aosec console`.
#[derive(Debug, Args)]
#[command(
    mut_arg("key", |key| key.visible_alias("wallet")),
    after_help = "Examples:\n  aosec console                          a new process, and a prompt\n  aosec console <process> --load token.lua\n  echo '1 + 1' | aosec console <process>  lines from a pipe; the first that fails ends it\n\n.help at the prompt tells what else there is."
)]
pub struct ConsoleArgs {
    /// The process; you must own it [default: a new one is spawned].
    #[arg(allow_hyphen_values = true)]
    process: Option<Id>,
    /// Lua file to run first, with the files that it requires; may be given many times.
    #[arg(long = "load", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Name of a new process, which stands in its prompt.
    #[arg(long, default_value = "default")]
    name: String,
    /// Module of a new process [default: the devnet's].
    #[arg(long, allow_hyphen_values = true)]
    module: Option<Id>,
    /// Scheduler address of a new process [default: the node's].
    #[arg(long, allow_hyphen_values = true)]
    scheduler: Option<Address>,
    /// Further tag of a new process, as name=value; may be given many times.
    #[arg(long = "tag", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// File that keeps typed lines [default: ~/.local/state/aosec/console-history].
    #[arg(long, value_name = "FILE", conflicts_with = "no_history")]
    history: Option<PathBuf>,
    /// Keep no typed lines.
    #[arg(long)]
    no_history: bool,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    toll: TollArgs,
    /// Seconds to wait for a result.
    #[arg(long, default_value_t = 30)]
    timeout: u64,
}

pub(super) async fn run(args: ConsoleArgs, out: Output) -> Result<(), CliError> {
    let at_terminal =
        std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !out.is_json();
    let history = match args.no_history {
        true => None,
        false => args.history.clone().or_else(history::default_file),
    };
    let first = args.files.iter().cloned().map(Step::Load).collect();
    let console = open(args, out, look(at_terminal)).await?;
    if !at_terminal {
        return script::run(console, first).await;
    }
    console.aside(&terminal::greeting(&console));
    terminal::converse(console, first, history).await
}

/// Colours only where a terminal shows them and nobody has asked for none (no-color.org).
fn look(at_terminal: bool) -> Look {
    let wants_none = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
    let cannot = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    match at_terminal {
        false => Look::Raw,
        true if wants_none || cannot => Look::Plain,
        true => Look::Coloured,
    }
}

/// Finds the process, or spawns one, and learns whose it is.
async fn open(args: ConsoleArgs, out: Output, look: Look) -> Result<Console, CliError> {
    let target = args.target.find()?;
    let key = args.signer.open()?;
    let client = UnitClient::new(out)?;
    let line = Parcel {
        what: "each line that changes the process",
        payer: key.address(),
        bytes: 0,
    };
    args.toll.agreed(&client, &target.mu, line, out).await?;
    let wait = Duration::from_secs(args.timeout);
    let mut link = Link {
        client,
        target,
        key,
        process: Id::new([0; 32]),
        wait,
        out,
    };
    let (standing, said) = match args.process {
        Some(process) => {
            link.process = process;
            met(&link, look).await?
        }
        None => {
            let mut tags = args.tags;
            tags.push(("Name".to_owned(), args.name));
            let wishes = NewProcess {
                module: args.module,
                scheduler: args.scheduler,
                tags,
                lua: None,
            };
            spawn(&mut link, wishes, look).await?
        }
    };
    let mut session = Session::new();
    session.answered(&Answer::of(&said));
    Ok(Console {
        link: Arc::new(link),
        session,
        standing,
        look,
        out,
        in_flight: None,
    })
}

/// Learns whose process it is. Where that cannot be said in time, the owner is let in: a host that has fallen silent is when one wants to
/// send, and what is not signed by the owner runs nowhere.
async fn met(link: &Link, look: Look) -> Result<(Standing, Value), CliError> {
    match link.standing().await {
        Err(CliError::DeadlinePassed(why)) => {
            let words =
                format!("nobody can say now whose process this is, nor what it prints: {why}");
            link.out.progress(look.wrong(&words));
            let standing = Standing {
                owner: None,
                mine: true,
            };
            Ok((standing, Value::Null))
        }
        met => met,
    }
}

/// Says what it does, for a process takes a name for ever.
async fn spawn(
    link: &mut Link,
    wishes: NewProcess,
    look: Look,
) -> Result<(Standing, Value), CliError> {
    let (module, scheduler) = (
        wishes.module(&link.target)?,
        wishes.scheduler(&link.target)?,
    );
    let spawn = wishes.signed(&link.key, &link.target)?;
    link.process = spawn.id();
    let words = format!(
        "no process is named: spawning {}\n  owner      {}\n  module     {module}\n  scheduler  {scheduler}",
        spawn.id(),
        link.address()
    );
    link.out.progress(look.aside(&words));
    let result = link.deliver(&spawn).await?;
    if let Some(error) = result.get("Error").filter(|error| !error.is_null()) {
        return Err(CliError::Failure(format!(
            "{} was spawned, and does not run: {}",
            spawn.id(),
            plain(error)
        )));
    }
    let owner = Some(link.address().to_owned());
    Ok((Standing { owner, mine: true }, result))
}
