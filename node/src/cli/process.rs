//! `aosec process`: spawn, send, eval, result, read; [`super::monitor`] and [`super::verify`] stand by themselves.

use std::path::PathBuf;
use std::time::Duration;

use aosec_wire::{Address, Id, SigningKey, VerifiedItem};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Output;
use super::client::{UnitClient, join};
use super::exit::CliError;
use super::fees::toll::{Parcel, TollArgs};
use super::item::{NewProcess, lua_file, message_tags, signed, unassigned};
use super::monitor::{self, MonitorArgs};
use super::outcome::{plain, print_result};
use super::target::{SignerArgs, TargetArgs};
use super::verify::{self, VerifyArgs};

/// Verbs of `aosec process`.
#[derive(Debug, Subcommand)]
pub enum ProcessCommand {
    /// Spawn a process, with Lua that it runs first.
    #[command(after_help = "Example: aosec process spawn --file counter.lua --tag Name=counter")]
    Spawn(SpawnArgs),
    /// Send a message and print its id; with --wait also its result.
    #[command(
        after_help = "Example: aosec process send <process> --action Transfer --tag Recipient=... --tag Quantity=5 --wait"
    )]
    Send(SendArgs),
    /// Evaluate Lua in your process and print what it says.
    #[command(after_help = "Example: aosec process eval <process> 'return #Inbox'")]
    Eval(EvalArgs),
    /// Print the result of a message.
    #[command(after_help = "Example: aosec process result <process> <message>")]
    Result(ResultArgs),
    /// Ask a process without a slot (dry run): nothing is written.
    #[command(
        after_help = "Example: aosec process read <process> --action Balance --tag Target=..."
    )]
    Read(ReadArgs),
    /// Have a node wake your process by its Cron-Interval tags, and push what its ticks send.
    #[command(
        after_help = "Example: aosec process spawn --file bell.lua --tag Cron-Interval=10-seconds --tag Cron-Tag-Action=Ring, then aosec process monitor <process>"
    )]
    Monitor(MonitorArgs),
    /// Have it watched no longer.
    #[command(after_help = "Example: aosec process unmonitor <process>")]
    Unmonitor(MonitorArgs),
    /// Derive a process from the base layer alone, compute it here, and compare: exit 4 where a compute unit says something else.
    #[command(
        after_help = "Example: aosec process verify <process> --gateway http://127.0.0.1:4000 --against http://127.0.0.1:4004"
    )]
    Verify(VerifyArgs),
}

/// Flags of `aosec process spawn`.
#[derive(Debug, Args)]
pub struct SpawnArgs {
    /// Lua file that the process evaluates at its first slot.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Further tag, as name=value; may be given many times.
    #[arg(long = "tag", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// Module [default: the devnet's].
    #[arg(long, allow_hyphen_values = true)]
    module: Option<Id>,
    /// Scheduler address [default: the node's].
    #[arg(long, allow_hyphen_values = true)]
    scheduler: Option<Address>,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    toll: TollArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Flags of `aosec process send`.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    #[command(flatten)]
    content: ContentArgs,
    /// Wait for the result and print it.
    #[arg(long = "wait")]
    waits: bool,
    /// Give it a slot and no more: what it sends is not carried on by the node.
    #[arg(long)]
    cast: bool,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    toll: TollArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Flags of `aosec process eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The process; you must own it.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// Lua text.
    #[arg(required_unless_present = "file")]
    code: Option<String>,
    /// Lua file instead of text.
    #[arg(long, conflicts_with = "code")]
    file: Option<PathBuf>,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    toll: TollArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Flags of `aosec process result`.
#[derive(Debug, Args)]
pub struct ResultArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    /// The message, or the process itself for its spawn.
    #[arg(allow_hyphen_values = true)]
    message: Id,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    wait: WaitArgs,
}

/// Flags of `aosec process read`.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// The process.
    #[arg(allow_hyphen_values = true)]
    process: Id,
    #[command(flatten)]
    content: ContentArgs,
    /// Address to ask as.
    #[arg(long = "as")]
    owner: Option<String>,
    #[command(flatten)]
    target: TargetArgs,
}

/// What a message says.
#[derive(Debug, Args)]
struct ContentArgs {
    /// The Action tag.
    #[arg(long)]
    action: Option<String>,
    /// The data.
    #[arg(long, default_value = " ")]
    data: String,
    /// Further tag, as name=value; may be given many times.
    #[arg(long = "tag", value_parser = tag)]
    tags: Vec<(String, String)>,
}

/// How long to wait.
#[derive(Debug, Args)]
struct WaitArgs {
    /// Seconds to wait for a result.
    #[arg(long, default_value_t = 30)]
    timeout: u64,
}

/// Reads name=value.
pub(super) fn tag(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a tag is name=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(super) async fn run(command: ProcessCommand, out: Output) -> Result<(), CliError> {
    let client = UnitClient::new(out)?;
    match command {
        ProcessCommand::Spawn(args) => spawn(args, &client, out).await,
        ProcessCommand::Send(args) => send(args, &client, out).await,
        ProcessCommand::Eval(args) => eval(args, &client, out).await,
        ProcessCommand::Result(args) => {
            let target = args.target.find()?;
            let wait = Duration::from_secs(args.wait.timeout);
            let result = client
                .result(&target.cu, args.process, args.message, wait)
                .await?;
            print_result(&result, json!({}), out)
        }
        ProcessCommand::Monitor(args) => monitor::run(args, true, &client, out).await,
        ProcessCommand::Unmonitor(args) => monitor::run(args, false, &client, out).await,
        ProcessCommand::Read(args) => read(args, &client, out).await,
        ProcessCommand::Verify(args) => verify::run(args, &client, out).await,
    }
}

async fn spawn(args: SpawnArgs, client: &UnitClient, out: Output) -> Result<(), CliError> {
    let target = args.target.find()?;
    let lua = args.file.as_deref().map(lua_file).transpose()?;
    let wishes = NewProcess {
        module: args.module,
        scheduler: args.scheduler,
        tags: args.tags,
        lua,
    };
    let item = wishes.signed(&args.signer.open()?, &target)?;
    let parcel = parcel("this spawn", &item);
    args.toll.agreed(client, &target.mu, parcel, out).await?;
    let posted = client.post_item(&target.mu, &item).await?;
    let wait = Duration::from_secs(args.wait.timeout);
    let result = client
        .result(&target.cu, item.id(), item.id(), wait)
        .await?;
    if let Some(error) = result.get("Error").filter(|error| !error.is_null()) {
        return Err(CliError::Failure(format!(
            "{} was spawned, and its Lua failed: {}",
            item.id(),
            plain(error)
        )));
    }
    let json = json!({ "process": item.id(), "posted": posted, "result": result });
    out.result(&json, item.id())
}

async fn send(args: SendArgs, client: &UnitClient, out: Output) -> Result<(), CliError> {
    let target = args.target.find()?;
    let item = message(&args.signer.open()?, args.process, &args.content)?;
    let mut mu = target.mu.clone();
    let parcel = parcel("this message", &item);
    args.toll.agreed(client, &mu, parcel, out).await?;
    if args.cast {
        mu.set_query(Some("cast"));
    }
    let posted = client.post_item(&mu, &item).await;
    let posted = posted.map_err(|error| unassigned(item.id(), error))?;
    if args.waits {
        out.progress(format_args!("message {}", item.id()));
    }
    if !args.waits {
        return out.result(
            &json!({ "message": item.id(), "posted": posted }),
            item.id(),
        );
    }
    let wait = Duration::from_secs(args.wait.timeout);
    let result = client
        .result(&target.cu, args.process, item.id(), wait)
        .await?;
    print_result(&result, json!({ "message": item.id() }), out)
}

async fn eval(args: EvalArgs, client: &UnitClient, out: Output) -> Result<(), CliError> {
    let code = match (&args.code, &args.file) {
        (Some(code), _) => code.clone(),
        (None, Some(file)) => lua_file(file)?,
        (None, None) => return Err(CliError::Usage("give Lua text or --file".into())),
    };
    let target = args.target.find()?;
    let content = ContentArgs {
        action: Some("Eval".into()),
        data: code,
        tags: Vec::new(),
    };
    let item = message(&args.signer.open()?, args.process, &content)?;
    let parcel = parcel("this message", &item);
    args.toll.agreed(client, &target.mu, parcel, out).await?;
    let posted = client.post_item(&target.mu, &item).await;
    posted.map_err(|error| unassigned(item.id(), error))?;
    out.progress(format_args!("message {}", item.id()));
    let wait = Duration::from_secs(args.wait.timeout);
    let result = client
        .result(&target.cu, args.process, item.id(), wait)
        .await?;
    print_result(&result, json!({ "message": item.id() }), out)
}

fn parcel<'a>(what: &'a str, item: &'a VerifiedItem) -> Parcel<'a> {
    Parcel {
        what,
        payer: item.owner_address(),
        bytes: item.bytes().len(),
    }
}

fn message(key: &SigningKey, process: Id, content: &ContentArgs) -> Result<VerifiedItem, CliError> {
    let tags = message_tags(content.action.as_deref(), &content.tags);
    signed(key, Some(process), tags, content.data.clone().into())
}

async fn read(args: ReadArgs, client: &UnitClient, out: Output) -> Result<(), CliError> {
    let target = args.target.find()?;
    let mut url = join(&target.cu, "dry-run")?;
    url.query_pairs_mut()
        .append_pair("process-id", &args.process.to_string());
    let owner = args.owner.unwrap_or_else(|| "1234".into());
    let tags: Vec<Value> = message_tags(args.content.action.as_deref(), &args.content.tags)
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let body = json!({
        "Id": "1234", "Target": args.process, "Owner": owner, "Anchor": "0",
        "Data": args.content.data, "Tags": tags,
    });
    let result = client.post_json(&url, &body).await?;
    print_result(&result, json!({}), out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_split_at_the_first_equals_sign() {
        assert_eq!(tag("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(tag("novalue").is_err());
    }
}
