//! `aosec challenge open`: from a message without a slot to the end of its case, in one call (PROTOCOL 6, 6.9).

use std::path::PathBuf;
use std::time::Duration;

use aosec_wire::{Id, Strictness, VerifiedItem, item};
use clap::Args;
use serde_json::{Value, json};

use super::cost::{Price, tokens};
use super::look;
use crate::cli::Output;
use crate::cli::client::join;
use crate::cli::court::{CourtClient, SendArgs};
use crate::cli::exit::CliError;
use crate::cli::fees::toll::{Parcel, TollArgs};
use crate::cli::target::SignerArgs;
use crate::origin::cases::{self, Fees};

/// Flags of `aosec challenge open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    /// A message that this node's MU was given; several at once are for one process.
    #[arg(long = "message", allow_hyphen_values = true)]
    messages: Vec<Id>,
    /// File with a signed message, in the place of an id.
    #[arg(long = "file")]
    files: Vec<PathBuf>,
    /// Say what it would cost, what may be lost and when it would end, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask the host once more before the case is opened.
    #[arg(long)]
    at_once: bool,
    /// Seconds to follow the case; 0 opens it and does not.
    #[arg(long, default_value_t = 86_400)]
    follow: u64,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

pub(super) async fn run(args: OpenArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let messages = messages(&args, &court).await?;
    let process = one_process(&messages)?;
    let price = Price::of(&court, process).await?;
    let (words, planned) = plan(&court, process, messages.len(), price).await?;
    if args.dry_run {
        return out.result(&planned, words);
    }
    let left = match args.at_once {
        true => messages,
        false => ask_host(&court, messages, args.send.toll(), out).await?,
    };
    if left.is_empty() {
        let said = "the host has given every message its slot: no case is needed";
        return out.result(&json!({ "cases": [], "assigned": true }), said);
    }
    args.send.agreed(&words)?;
    open(&args, &court, process, price, &left, out).await
}

/// Opens the case and follows each of its messages to the end.
async fn open(
    args: &OpenArgs,
    court: &CourtClient,
    process: Id,
    price: Price,
    messages: &[VerifiedItem],
    out: Output,
) -> Result<(), CliError> {
    let (message, answer) = (price.message.to_string(), price.answer.to_string());
    let fees = Fees {
        message: &message,
        answer: &answer,
    };
    let draft = cases::challenge(court.id().await?, process, messages, fees);
    let key = args.signer.open()?;
    let opened = args.send.answered(court, draft, &key, out).await?;
    let numbers: Vec<u64> = rows(&opened)
        .filter_map(|row| row["Case"].as_u64())
        .collect();
    if args.follow == 0 {
        return out.result(&opened, told(&opened));
    }
    out.progress(told(&opened));
    let mut ended = Vec::new();
    for number in numbers {
        ended.push(look::ended(court, number, Duration::from_secs(args.follow), out).await?);
    }
    let words: Vec<String> = ended.iter().map(look::told).collect();
    out.result(
        &json!({ "opened": opened, "cases": ended }),
        words.join("\n"),
    )
}

fn rows(opened: &Value) -> impl Iterator<Item = &Value> {
    opened["Cases"].as_array().into_iter().flatten()
}

fn told(opened: &Value) -> String {
    let rows = rows(opened).map(|row| {
        let verb = if row["Joined"] == json!(true) {
            "joined"
        } else {
            "opened"
        };
        format!(
            "case {} is {verb}: the host has until block {}",
            row["Case"], row["Deadline"]
        )
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// The messages' bytes: from files, and from the MU that was given them.
async fn messages(args: &OpenArgs, court: &CourtClient) -> Result<Vec<VerifiedItem>, CliError> {
    let mut found = Vec::new();
    for id in &args.messages {
        let url = join(&court.target().mu, &format!("raw/{id}"))?;
        let bytes = court.http().get_bytes(&url).await?;
        found.push(verified(bytes.into(), &id.to_string())?);
    }
    for path in &args.files {
        let name = path.display().to_string();
        let bytes =
            std::fs::read(path).map_err(|error| CliError::NotFound(format!("{name}: {error}")))?;
        found.push(verified(bytes.into(), &name)?);
    }
    match found.is_empty() {
        true => Err(CliError::Usage(
            "name a message with --message <id>, or its file with --file <path>".to_owned(),
        )),
        false => Ok(found),
    }
}

pub(super) fn verified(bytes: bytes::Bytes, name: &str) -> Result<VerifiedItem, CliError> {
    item::verify_bytes(bytes, Strictness::Entrance)
        .map_err(|error| CliError::Usage(format!("{name} is no signed item: {error}")))
}

fn one_process(messages: &[VerifiedItem]) -> Result<Id, CliError> {
    let mut targets = messages.iter().map(VerifiedItem::target);
    let first = targets.next().flatten();
    let first = first.ok_or_else(|| CliError::Usage("the message has no Target".to_owned()))?;
    match targets.all(|target| target == Some(first)) {
        true => Ok(first),
        false => Err(CliError::Usage(
            "the messages are for several processes: challenge one process at a time".to_owned(),
        )),
    }
}

/// Asks the host once more, by the node's MU (6.9); gives what has no slot after that.
async fn ask_host(
    court: &CourtClient,
    messages: Vec<VerifiedItem>,
    toll: TollArgs,
    out: Output,
) -> Result<Vec<VerifiedItem>, CliError> {
    let mut left = Vec::new();
    for message in messages {
        let parcel = Parcel {
            what: "asking the host by this messenger",
            payer: message.owner_address(),
            bytes: message.bytes().len(),
        };
        toll.agreed(court.http(), &court.target().mu, parcel, out)
            .await?;
        out.progress(format_args!("asking the host for {} ...", message.id()));
        match court.http().post_item(&court.target().mu, &message).await {
            Ok(_taken) => {}
            Err(error) => {
                out.progress(format_args!("no slot: {error}"));
                left.push(message);
            }
        }
    }
    Ok(left)
}

/// What it costs, what may be lost, and when it ends.
async fn plan(
    court: &CourtClient,
    process: Id,
    messages: usize,
    price: Price,
) -> Result<(String, Value), CliError> {
    let lasts = court.lasts(price.window).await?;
    let posted = price.posted(messages);
    let words = format!(
        "this posts {} for {messages} message(s) of {process}: a bond of {} each (each eighth of yours on the process doubles it), {} for the message and {} for the answer; {} more are burned for each. Where the host stays silent for {lasts}, all that is posted comes back, with a share of what it is slashed; where it answers, the fees are its, and half of the bond is lost only if the message stood on Arweave before",
        tokens(posted),
        tokens(price.bond()),
        tokens(price.message),
        tokens(price.answer),
        tokens(price.burned),
    );
    let planned = json!({
        "process": process, "messages": messages, "posted": posted.to_string(), "bond": price.bond().to_string(),
        "fee": price.message.to_string(), "answer_fee": price.answer.to_string(),
        "burned": price.burned.saturating_mul(u128::try_from(messages).unwrap_or(u128::MAX)).to_string(), "window": price.window,
    });
    Ok((words, planned))
}
