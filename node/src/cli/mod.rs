//! The command line: one file a noun, stdout for results, stderr for logs and progress, fixed exit codes ([`exit`]).
//!
//! A verb parses its flags, makes the calls, and prints one result: text for a person, or one JSON line with `--json`. Rules live
//! in the units; this is their hand.

pub mod amount;
pub mod balances;
pub mod chain;
pub mod challenge;
pub mod chaos;
pub mod checkpoint;
pub mod client;
pub mod console;
pub mod court;
pub mod deploy;
pub mod devnet;
pub mod exit;
pub mod fees;
pub mod guard;
pub mod horizon;
pub mod host;
mod item;
pub mod joining;
pub mod keys;
pub mod log;
pub mod message;
pub mod monitor;
pub mod node;
pub mod origin;
pub mod outcome;
#[cfg(test)]
mod pages;
pub mod process;
pub mod proof;
pub mod reading;
pub mod role;
pub mod stake;
pub mod status;
pub mod story;
pub mod target;
pub mod verdict;
pub mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use exit::CliError;

const EXAMPLES: &str = "Examples:
  aosec devnet                                     a local network of three nodes
  aosec console                                    a process on it, and a prompt
  aosec process spawn --file counter.lua           a process from a file
  aosec process eval <process> 'return 1 + 1'      talk to it
  aosec process result <process> <message>         what a message did

Exit codes: 0 done, 1 failure, 2 usage, 3 not found, 4 refused by a rule, 5 unreachable, 6 a proof does not hold, 7 deadline passed.";

/// What the court's nouns say below their verbs.
const OF_THE_COURT: &str = "Amounts are tokens, as 12 or 12.5, and with --json units: 10^12 are a token. \
What spends or risks money says so and wants --yes.

Exit codes: 0 done, 1 failure, 2 usage or no --yes, 3 not found or not run yet, 4 refused by the court or the node, \
5 unreachable, 6 a proof does not hold, 7 not run in time: it may still run, and the error names the message.";

/// Staking and security for the ao computer: node, local network and tools in one binary.
#[derive(Debug, Parser)]
#[command(name = "aosec", version, about, after_help = EXAMPLES, propagate_version = true)]
pub struct Cli {
    /// Print the result as one line of JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    log: log::LogArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a local network: base layer and nodes, ready for real ao clients.
    Devnet(devnet::DevnetArgs),
    /// Run one node.
    #[command(subcommand)]
    Node(node::NodeCommand),
    /// What the scheduler key has signed, and the way back where it must not sign.
    #[command(subcommand)]
    Guard(guard::GuardCommand),
    /// Make, show and import keys; they are sealed at rest.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Spawn a process, send to it, evaluate in it, read its results and state.
    #[command(subcommand)]
    Process(process::ProcessCommand),
    /// Talk to a process of yours: Lua line by line, files, its inbox, and what it prints meanwhile.
    Console(console::ConsoleArgs),
    /// States of processes on the base layer: write, find, judge and begin with them.
    #[command(subcommand)]
    Checkpoint(checkpoint::CheckpointCommand),
    /// Follow one message.
    #[command(subcommand)]
    Message(message::MessageCommand),
    /// Read the court, AO-Sec Origin, and move its token.
    #[command(subcommand, after_help = OF_THE_COURT)]
    Origin(origin::OriginCommand),
    /// Bond an operator, take stake out again, see it.
    #[command(subcommand, after_help = OF_THE_COURT)]
    Stake(stake::StakeCommand),
    /// What messengers ask for their work: see it, pay it before, give it back.
    #[command(subcommand, after_help = OF_THE_COURT)]
    Fees(fees::FeesCommand),
    /// Host processes for pay, under the court.
    #[command(subcommand, after_help = OF_THE_COURT)]
    Host(host::HostCommand),
    /// Challenge a host that is silent, late or lies; answer; see how cases end.
    #[command(subcommand, after_help = OF_THE_COURT)]
    Challenge(challenge::ChallengeCommand),
    /// Check one slot offline: fetch what it rests on into a file, verify and explain the file.
    #[command(subcommand)]
    Proof(proof::ProofCommand),
    /// What runs and how it is: every node of a devnet, or one by its url.
    Status(status::StatusArgs),
    /// Compile a module from stdin within limits: what a node starts for modules that others wrote.
    #[command(
        name = crate::cu::compiler::VERB,
        hide = true,
        after_help = "Example: none; a node starts it by itself"
    )]
    Compile,
    /// Print completions for a shell.
    #[command(
        after_help = "Example: aosec completions bash > ~/.local/share/bash-completion/completions/aosec"
    )]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Parses the command line, runs it, and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Compile) {
        return crate::cu::compiler::child();
    }
    let json = cli.json;
    log::start(&cli.log);
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(json),
    }
}

fn run(cli: Cli) -> Result<(), CliError> {
    let out = Output { json: cli.json };
    match cli.command {
        Command::Devnet(args) => block_on(devnet::run(args, out)),
        Command::Node(command) => block_on(node::run(command, out)),
        Command::Guard(command) => block_on(guard::run(command, out)),
        Command::Keys(command) => keys::run(command, out),
        Command::Process(command) => block_on(process::run(command, out)),
        Command::Console(args) => block_on(console::run(args, out)),
        Command::Checkpoint(command) => block_on(checkpoint::run(command, out)),
        Command::Message(command) => block_on(message::run(command, out)),
        Command::Origin(command) => block_on(origin::run(command, out)),
        Command::Stake(command) => block_on(stake::run(command, out)),
        Command::Fees(command) => block_on(fees::run(command, out)),
        Command::Host(command) => block_on(host::run(command, out)),
        Command::Challenge(command) => block_on(challenge::run(command, out)),
        Command::Proof(command) => block_on(proof::run(command, out)),
        Command::Status(args) => block_on(status::run(args, out)),
        // It has gone its own way before any log was opened.
        Command::Compile => Ok(()),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "aosec", &mut std::io::stdout());
            Ok(())
        }
    }
}

fn block_on<F: Future<Output = Result<(), CliError>>>(verb: F) -> Result<(), CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failure(format!("no runtime: {error}")))?
        .block_on(verb)
}

/// How results leave: text for a person, or one JSON line.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    json: bool,
}

impl Output {
    /// True where the caller asked for JSON.
    #[must_use]
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Prints the one result of a verb on stdout.
    ///
    /// # Errors
    /// Where stdout is closed or full.
    pub fn result(
        self,
        json: &serde_json::Value,
        text: impl std::fmt::Display,
    ) -> Result<(), CliError> {
        use std::io::Write as _;
        let mut stdout = std::io::stdout().lock();
        let written = if self.json {
            writeln!(stdout, "{json}")
        } else {
            writeln!(stdout, "{text}")
        };
        written
            .and_then(|()| stdout.flush())
            .map_err(|error| CliError::failure(format!("stdout: {error}")))
    }

    /// Prints a line of progress on stderr, for a person only.
    pub fn progress(self, line: impl std::fmt::Display) {
        use std::io::Write as _;
        if !self.json {
            let _closed_stderr_is_no_reason_to_stop = writeln!(std::io::stderr(), "{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    /// One id in 64 does.
    #[test]
    fn an_id_may_begin_with_a_hyphen() {
        const ID: &str = "-o6KQ5iiMYrAdKZq1ByZlhwZsjpkNSCd9RerBYleDXE";
        let typed: [&[&str]; 6] = [
            &["process", "send", ID, "--action", "Count", "--wait"],
            &["process", "send", "--action", "Count", ID, "--json"],
            &["origin", "transfer", ID, "1.5", "--yes"],
            &["host", "fund", ID, "1", "--json"],
            &["stake", "show", "--firm", ID],
            &[
                "node",
                "run",
                "--data",
                "d",
                "--gateway",
                "http://g",
                "--origin",
                ID,
            ],
        ];
        for words in typed {
            let parsed = Cli::try_parse_from(["aosec"].iter().chain(words));
            assert!(parsed.is_ok(), "{words:?}: {parsed:?}");
        }
    }

    #[test]
    fn every_flag_has_a_sentence() {
        fn check(command: &clap::Command) {
            for argument in command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
            {
                let help = argument
                    .get_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(
                    !help.is_empty(),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn every_verb_has_an_example() {
        fn check(command: &clap::Command, above: &str) {
            let below = command.get_after_help().map(ToString::to_string);
            let below = below.unwrap_or_default() + above;
            if command.get_subcommands().next().is_none() {
                let (name, about) = (command.get_name(), command.get_about());
                assert!(below.contains("Example"), "{name} has no example");
                assert!(about.is_some(), "{name} has no sentence");
            }
            for verb in command.get_subcommands() {
                // The examples of the whole program are no help with one verb.
                let above = if above.is_empty() { " " } else { &below };
                check(verb, above);
            }
        }
        check(&Cli::command(), "");
    }

    #[test]
    fn every_exit_code_is_told() {
        let text = String::new;
        let all = [
            CliError::Failure(text()),
            CliError::Usage(text()),
            CliError::NotFound(text()),
            CliError::Refused(text()),
            CliError::Unreachable(text()),
            CliError::BrokenOff(text()),
            CliError::ProofInvalid(text()),
            CliError::DeadlinePassed(text()),
        ];
        for told in [EXAMPLES, OF_THE_COURT] {
            let (_, codes) = told.split_once("Exit codes:").unwrap();
            let names = |code: u8| {
                codes
                    .split([',', ' ', '\n'])
                    .any(|word| word == code.to_string())
            };
            assert!(names(0) && all.iter().all(|error| names(error.code())));
        }
    }
}
