//! `aosec fees`: what a messenger asks, credit that is paid before, and what its operator gives back.
//!
//! [`toll`] shows a fee before it is spent, for every verb that gives a messenger something. Rules are the messenger's (ADR 0045).

mod list;
mod refund;
pub mod toll;

use aosec_wire::{Address, Id};
use clap::{Args, Subcommand};
use serde_json::Value;

use super::Output;
use super::amount::{Amount, NoAmount};
use super::client::{UnitClient, join};
use super::court::{CourtClient, SendArgs};
use super::exit::CliError;
use super::horizon;
use super::target::{SignerArgs, TargetArgs};
use crate::mu::fees::Policy;
use crate::mu::payments::CREDIT_TAG;
use crate::origin::messages;

/// Verbs of `aosec fees`.
#[derive(Debug, Subcommand)]
pub enum FeesCommand {
    /// What a messenger asks, and the credit of an address there.
    #[command(after_help = "Example: aosec fees show --mu http://127.0.0.1:4002 --bytes 2000")]
    Show(ShowArgs),
    /// Pay a messenger before you send: its operator gets tokens, and the address gets credit once that is settled.
    #[command(after_help = "Example: aosec fees pay 5 --mu http://127.0.0.1:4002 --yes")]
    Pay(PayArgs),
    /// The operator's books: who has paid, and what is left.
    #[command(after_help = "Example: aosec fees list --page http://127.0.0.1:4001")]
    List(list::ListArgs),
    /// As the operator, send credit back to its address.
    #[command(
        after_help = "Example: aosec fees refund <address> --mu http://127.0.0.1:4002 --node-keys ./node/keys --yes"
    )]
    Refund(refund::RefundArgs),
}

/// Flags of `aosec fees show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Whose credit [default: that of the key].
    #[arg(allow_hyphen_values = true)]
    address: Option<Address>,
    /// Size of an item whose price is to be told.
    #[arg(long)]
    bytes: Option<u64>,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    target: TargetArgs,
}

/// Flags of `aosec fees pay`.
#[derive(Debug, Args)]
pub struct PayArgs {
    /// How many tokens, as 12 or 12.5.
    amount: Amount,
    /// Who may spend the credit [default: who pays].
    #[arg(long = "for", value_name = "ADDRESS", allow_hyphen_values = true)]
    account: Option<Address>,
    #[command(flatten)]
    signer: SignerArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Why a flag names no fee.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPolicy {
    /// Neither word.
    #[error(
        "'{0}' is no fee: write free, fixed:0.001 (tokens a message) or kib:0.001 (tokens a KiB)"
    )]
    Word(String),
    /// The amount.
    #[error(transparent)]
    Amount(#[from] NoAmount),
    /// A fee of nothing.
    #[error("a fee of 0 tokens is written as free")]
    Nothing,
}

/// Reads `--mu-fee`.
///
/// # Errors
/// [`NoPolicy`].
pub fn policy(text: &str) -> Result<Policy, NoPolicy> {
    let unknown = || NoPolicy::Word(text.to_owned());
    let (word, amount) = match text.split_once(':') {
        None if text == "free" => return Ok(Policy::Free),
        None => return Err(unknown()),
        Some(parts) => parts,
    };
    let of: fn(u128) -> Policy = match word {
        "fixed" => Policy::Fixed,
        "kib" => Policy::PerKib,
        _ => return Err(unknown()),
    };
    let amount: Amount = amount.parse()?;
    match amount.units().parse() {
        Ok(0) => Err(NoPolicy::Nothing),
        Ok(units) => Ok(of(units)),
        // An amount has at most 30 digits, which always fit.
        Err(_long) => Err(unknown()),
    }
}

pub(super) async fn run(command: FeesCommand, out: Output) -> Result<(), CliError> {
    match command {
        FeesCommand::Show(args) => show(args, out).await,
        FeesCommand::Pay(args) => pay(args, out).await,
        FeesCommand::List(args) => list::run(args, out).await,
        FeesCommand::Refund(args) => refund::run(args, out).await,
    }
}

async fn show(args: ShowArgs, out: Output) -> Result<(), CliError> {
    let address = match args.address {
        Some(address) => address,
        None => args.signer.open()?.address().clone(),
    };
    let mu = args.target.mu()?;
    let mut url = join(&mu, &format!("fees/{address}"))?;
    if let Some(bytes) = args.bytes {
        url.query_pairs_mut()
            .append_pair("bytes", &bytes.to_string());
    }
    let told = UnitClient::new(out)?.get_json(&url).await?;
    out.result(&told, said(&told))
}

/// What a messenger tells, for a person.
fn said(told: &Value) -> String {
    let text = |name: &str| told[name].as_str().unwrap_or_default();
    let tokens = |name: &str| amount(told, name).map_or_else(String::new, |sum| sum.to_string());
    if text("policy") == "free" {
        return "free: this messenger asks nothing".to_owned();
    }
    let each = match text("policy") {
        "kib" => "for each begun KiB",
        _ => "a message",
    };
    let mut lines = vec![
        format!("{:>14}  {} {each}", "fee", tokens("fee")),
        format!("{:>14}  {}", "pay to", text("pay_to")),
        format!(
            "{:>14}  {} at least",
            "first payment",
            tokens("least_first_payment")
        ),
        format!("{:>14}  {}", "address", text("address")),
    ];
    for name in ["price", "credit", "paid", "spent", "refunded"] {
        if told[name].is_string() {
            lines.push(format!("{name:>14}  {}", tokens(name)));
        }
    }
    lines.join("\n")
}

/// An amount in what a messenger says.
fn amount(told: &Value, name: &str) -> Option<Amount> {
    told[name].as_str().and_then(Amount::of_units)
}

/// The same as units.
fn units(told: &Value, name: &str) -> Result<u128, CliError> {
    let units = told[name].as_str().and_then(|text| text.parse().ok());
    units.ok_or_else(|| CliError::failure(format!("the messenger names no {name}: {told}")))
}

async fn pay(args: PayArgs, out: Output) -> Result<(), CliError> {
    let key = args.signer.open()?;
    let account = args.account.unwrap_or_else(|| key.address().clone());
    let court = args.send.open(out)?;
    let told = terms(&court, &account).await?;
    let payee = payee(&told)?;
    let amount = &args.amount;
    is_enough(amount, &told)?;
    let (origin, mu) = (same_court(&court, &told).await?, court.target().mu.clone());
    let lasts = settling(&court).await?;
    args.send.agreed(&format!(
        "this sends {amount} to {payee}, the operator of {mu}, as credit of {account} there; nobody but that operator can give it back"
    ))?;
    let mut draft = messages::message(origin, "Transfer");
    draft.tags = draft
        .tags
        .with("Recipient", payee.as_str())
        .with("Quantity", amount.units())
        .with(CREDIT_TAG, account.as_str());
    args.send.send(&court, draft, &key, out).await?;
    out.progress(format_args!(
        "it counts once it is settled, {lasts} behind its block; `aosec fees show {account} --mu {mu}` tells"
    ));
    Ok(())
}

/// What the messenger of this node asks; an error where it asks nothing.
async fn terms(court: &CourtClient, account: &Address) -> Result<Value, CliError> {
    let mu = &court.target().mu;
    let url = join(mu, &format!("fees/{account}"))?;
    let told = court.http().get_json(&url).await?;
    match told["policy"].as_str() {
        Some("free") => Err(CliError::Refused(format!(
            "{mu} asks no fee: nothing is to be paid"
        ))),
        Some(_fee) => Ok(told),
        None => Err(CliError::failure(format!(
            "{mu} does not say what it asks: {told}"
        ))),
    }
}

fn payee(told: &Value) -> Result<Address, CliError> {
    let payee = told["pay_to"]
        .as_str()
        .and_then(|address| address.parse().ok());
    payee.ok_or_else(|| CliError::failure("the messenger does not say whom to pay"))
}

/// A first payment below the least would count for nobody.
fn is_enough(amount: &Amount, told: &Value) -> Result<(), CliError> {
    let pays: u128 = amount.units().parse().unwrap_or(u128::MAX);
    if pays == 0 {
        return Err(CliError::Usage("0 tokens pay for nothing".to_owned()));
    }
    let least = units(told, "least_first_payment")?;
    let is_first = units(told, "paid")? == 0;
    if is_first && pays < least {
        let least = crate::origin::deploy::tokens(&least.to_string());
        return Err(CliError::Refused(format!(
            "a first payment to this messenger is {least} tokens at least: {amount} would count for nobody"
        )));
    }
    Ok(())
}

/// The court whose token the messenger takes, where the node that was named computes it.
async fn same_court(court: &CourtClient, told: &Value) -> Result<Id, CliError> {
    let origin = court.id().await?;
    let wanted = told["court"].as_str().unwrap_or_default();
    if wanted == origin.to_string() {
        return Ok(origin);
    }
    let target = court.target();
    Err(CliError::Refused(format!(
        "{} takes the token of the court {wanted}, and {} computes {origin}: name a node of that court with --cu",
        target.mu, target.cu
    )))
}

/// How long a payment takes to settle.
async fn settling(court: &CourtClient) -> Result<String, CliError> {
    let (params, info) = (
        court.get("params", &[]).await?,
        court.get("info", &[]).await?,
    );
    let depth = params["Parameters"]["settlement_depth"]
        .as_u64()
        .unwrap_or(0);
    let block_time = super::court::ask::block_time(&info);
    Ok(horizon::blocks(depth, block_time))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fee_is_a_word_and_an_amount() {
        for (text, expected) in [
            ("free", Policy::Free),
            ("fixed:0.001", Policy::Fixed(1_000_000_000)),
            ("kib:2", Policy::PerKib(2_000_000_000_000)),
        ] {
            assert_eq!(policy(text), Ok(expected), "{text}");
        }
        for text in ["", "fixed", "Free", "free:1", "byte:1", "fixed1"] {
            assert_eq!(policy(text), Err(NoPolicy::Word(text.to_owned())));
        }
        assert_eq!(policy("fixed:0"), Err(NoPolicy::Nothing));
        for text in ["fixed:", "kib:-1", "kib:1e3"] {
            assert!(matches!(policy(text), Err(NoPolicy::Amount(_))), "{text}");
        }
    }

    #[test]
    fn a_first_payment_that_would_be_lost_is_not_sent() {
        let mut told = json!({ "least_first_payment": "1000000000000", "paid": "0" });
        let pays = |text: &str| text.parse::<Amount>().unwrap();
        assert!(is_enough(&pays("1"), &told).is_ok());
        let refused = is_enough(&pays("0.999"), &told).unwrap_err();
        assert!(matches!(refused, CliError::Refused(_)), "{refused}");
        assert!(is_enough(&pays("0"), &told).is_err());
        told["paid"] = json!("5");
        assert!(is_enough(&pays("0.999"), &told).is_ok());
    }

    #[test]
    fn a_person_sees_what_there_is() {
        let free = said(&json!({ "policy": "free" }));
        assert!(free.starts_with("free"));
        let told = json!({
            "policy": "kib", "fee": "500000000000", "pay_to": "P", "least_first_payment": "50000000000000",
            "address": "A", "credit": "1000000000000",
        });
        let said = said(&told);
        for words in [
            "0.5 tokens for each begun KiB",
            "credit  1 tokens",
            "50 tokens at least",
        ] {
            assert!(said.contains(words), "{said}");
        }
        assert!(!said.contains("spent"), "{said}");
    }
}
