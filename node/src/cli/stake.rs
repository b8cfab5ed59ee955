//! `aosec stake`: an operator's bond, from the owner's hand (PROTOCOL 4).

use std::path::PathBuf;

use aosec_wire::{Address, Draft, Id, SigningKey, VerifiedItem};
use clap::{Args, Subcommand};
use reqwest::Url;
use serde_json::Value;

use super::Output;
use super::amount::Amount;
use super::court::{CourtClient, ReadArgs, SendArgs, lists};
use super::exit::CliError;
use super::role::RoleArgs;
use crate::keys::NodeKeys;
use crate::origin::messages::{self, OperatorKeys};

/// Verbs of `aosec stake`.
#[derive(Debug, Subcommand)]
pub enum StakeCommand {
    /// Bond tokens: the first time, with --url, for an operator with its keys; later more of them.
    #[command(
        after_help = "Examples:\n  aosec stake bond 200 --node-keys ./node/keys --url https://su.example --yes\n  aosec stake bond 50 --key owner.json --yes"
    )]
    Bond(BondArgs),
    /// Begin to take bonded tokens out; they stay slashable until they are ripe.
    #[command(after_help = "Example: aosec stake unbond 50 --key owner.json --yes")]
    Unbond(AmountArgs),
    /// Take out everything that is ripe.
    #[command(after_help = "Example: aosec stake withdraw --key owner.json")]
    Withdraw(WithdrawArgs),
    /// Let a key sign what the operator's node pushes: processes that trust the court's operators listen to it then.
    #[command(
        after_help = "Example: aosec stake authorize --node-keys ./node/keys --yes\nWho changes a key authorizes the new one, waits until it is firm, and then revokes the old one."
    )]
    Authorize(AuthorizeArgs),
    /// Take such a key back, for ever.
    #[command(after_help = "Example: aosec stake revoke <key> --node-keys ./node/keys --yes")]
    Revoke(RevokeArgs),
    /// One operator's stake.
    #[command(after_help = "Example: aosec stake show <operator>")]
    Show(ShowArgs),
}

/// Flags of `aosec stake bond`.
#[derive(Debug, Args)]
pub struct BondArgs {
    /// How many tokens.
    amount: Amount,
    /// First bond: where the operator's scheduler answers.
    #[arg(long)]
    url: Option<Url>,
    #[command(flatten)]
    role: RoleArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec stake unbond`.
#[derive(Debug, Args)]
pub struct AmountArgs {
    /// How many tokens.
    amount: Amount,
    #[command(flatten)]
    role: RoleArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec stake authorize`.
#[derive(Debug, Args)]
pub struct AuthorizeArgs {
    /// File of the authority key, in the place of that among the node's keys.
    #[arg(long)]
    authority: Option<PathBuf>,
    #[command(flatten)]
    role: RoleArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec stake revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The key's address.
    #[arg(allow_hyphen_values = true)]
    authority: Address,
    #[command(flatten)]
    role: RoleArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec stake withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    #[command(flatten)]
    role: RoleArgs,
    #[command(flatten)]
    send: SendArgs,
}

/// Flags of `aosec stake show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The operator's address.
    #[arg(allow_hyphen_values = true)]
    operator: Address,
    #[command(flatten)]
    read: ReadArgs,
}

pub(super) async fn run(command: StakeCommand, out: Output) -> Result<(), CliError> {
    match command {
        StakeCommand::Bond(args) => bond(args, out).await,
        StakeCommand::Unbond(args) => unbond(args, out).await,
        StakeCommand::Withdraw(args) => withdraw(args, out).await,
        StakeCommand::Authorize(args) => authorize(args, out).await,
        StakeCommand::Revoke(args) => revoke(args, out).await,
        StakeCommand::Show(args) => show(args, out).await,
    }
}

async fn bond(args: BondArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let wait = unbonding(&court).await?;
    args.send.agreed(&format!(
        "this bonds {}: a host that does not answer or publish loses parts of them, one that signs two histories up to all, and they come back by `aosec stake unbond`, {wait} later",
        args.amount
    ))?;
    let origin = court.id().await?;
    let Some(url) = &args.url else {
        let draft = with_quantity(messages::message(origin, "Bond"), &args.amount);
        return args
            .send
            .send(&court, draft, &args.role.owner()?, out)
            .await;
    };
    let keys = args.role.node()?.ok_or_else(|| {
        CliError::Usage(
            "a first bond needs all keys of the node: name them with --node-keys <folder>"
                .to_owned(),
        )
    })?;
    let record = record(&court, &keys).await?;
    is_no_repetition(&keys, &record)?;
    let mut items = vec![first_bond(&keys, origin, &args.amount, url)?];
    // An operator who comes again has its authority key still (4.7).
    if !is_authorized(&keys, &record) {
        items.push(authorized(&keys, &keys.authority, origin)?);
    }
    args.send.deliver_all(&court, &items, out).await
}

/// The record of the node's operator; null where there is none.
async fn record(court: &CourtClient, keys: &NodeKeys) -> Result<Value, CliError> {
    let operator = ("operator", keys.operator.address().as_str());
    match court.get("operators", &[operator]).await {
        Err(CliError::Refused(_)) => Ok(Value::Null),
        found => Ok(found?["Rows"][0].take()),
    }
}

/// The court takes each `Bond` of an operator in office for more stake (4): a first bond that was typed again would bind the sum twice.
fn is_no_repetition(keys: &NodeKeys, record: &Value) -> Result<(), CliError> {
    match record["State"].as_str() {
        None | Some("None" | "Unbonding") => Ok(()),
        Some(state) => Err(CliError::Refused(format!(
            "operator {} is {state} already, nothing was sent: `aosec stake show {0}` shows its bond, `aosec stake bond` without --url adds to it",
            keys.operator.address()
        ))),
    }
}

/// Whether the node's authority key stands in the record of its operator.
fn is_authorized(keys: &NodeKeys, record: &Value) -> bool {
    let own = keys.authority.address().as_str();
    let stand = record["Authorities"].as_array();
    stand.is_some_and(|stand| stand.iter().any(|key| key == own))
}

fn authorized(
    keys: &NodeKeys,
    authority: &SigningKey,
    origin: Id,
) -> Result<VerifiedItem, CliError> {
    let (owner, operator) = (keys.owner.address(), keys.operator.address());
    let anchor = *crate::keys::random_secret()?;
    let item = messages::authorize(owner, operator, authority, origin).and_then(|draft| {
        let draft = Draft {
            anchor: Some(anchor),
            ..draft
        };
        draft.sign_deterministic(&keys.owner)
    });
    item.map_err(|error| CliError::Usage(error.to_string()))
}

async fn authorize(args: AuthorizeArgs, out: Output) -> Result<(), CliError> {
    let keys = args.role.node()?.ok_or_else(|| {
        CliError::Usage(
            "an authority key says itself for whom it speaks: name the node's keys with --node-keys <folder>"
                .to_owned(),
        )
    })?;
    let other = args.authority.as_ref().map(|file| args.role.sealed(file));
    let other = other.transpose()?;
    let authority = other.as_ref().unwrap_or(&keys.authority);
    args.send.agreed(&format!(
        "whoever has the key {} can then speak in the name of any process to all that trust the court's operators",
        authority.address()
    ))?;
    let court = args.send.open(out)?;
    let item = authorized(&keys, authority, court.id().await?)?;
    args.send.deliver(&court, &item, out).await
}

async fn revoke(args: RevokeArgs, out: Output) -> Result<(), CliError> {
    args.send.agreed(&format!(
        "this takes the authority key {} back for ever: what it signs from then on is trusted nowhere",
        args.authority
    ))?;
    let court = args.send.open(out)?;
    let draft = messages::revoke(court.id().await?, &args.authority);
    args.send
        .send(&court, draft, &args.role.operator()?, out)
        .await
}

/// Each one is another message, with an anchor that was drawn for it: an operator may come again after an exit.
fn first_bond(
    keys: &NodeKeys,
    origin: Id,
    amount: &Amount,
    url: &Url,
) -> Result<VerifiedItem, CliError> {
    let units = amount.units().parse();
    let units =
        units.map_err(|_long| CliError::Usage(format!("{amount} are more than there can be")))?;
    let keys = OperatorKeys {
        owner: &keys.owner,
        operator: &keys.operator,
        hot: &keys.scheduler,
    };
    let anchor = *crate::keys::random_secret()?;
    let item = messages::first_bond(keys, origin, units, url.as_str(), Some(anchor));
    item.map_err(|error| CliError::Usage(error.to_string()))
}

/// How long unbonding takes.
async fn unbonding(court: &CourtClient) -> Result<String, CliError> {
    let params = court.get("params", &[]).await?;
    let blocks = params["Parameters"]["unbonding"].as_u64().unwrap_or(0);
    court.lasts(blocks).await
}

fn with_quantity(mut draft: Draft, amount: &Amount) -> Draft {
    draft.tags = draft.tags.with("Quantity", amount.units());
    draft
}

async fn unbond(args: AmountArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let wait = unbonding(&court).await?;
    args.send.agreed(&format!(
        "this takes {} out of the bond: for {wait} they back no lease and can still be slashed",
        args.amount
    ))?;
    let draft = with_quantity(messages::message(court.id().await?, "Unbond"), &args.amount);
    args.send
        .send(&court, draft, &args.role.owner()?, out)
        .await
}

async fn withdraw(args: WithdrawArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let draft = messages::message(court.id().await?, "Withdraw");
    args.send
        .send(&court, draft, &args.role.owner()?, out)
        .await
}

async fn show(args: ShowArgs, out: Output) -> Result<(), CliError> {
    let query = ("operator", args.operator.as_str());
    lists::list(&args.read, "operators", query, out).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_bond_is_not_sent_twice() {
        let keys = crate::keys::devnet::node(0).unwrap();
        let refused =
            |state: Value| is_no_repetition(&keys, &serde_json::json!({ "State": state }));
        for state in ["Bonding", "Bonded"] {
            let error = refused(state.into()).unwrap_err();
            let said = error.to_string();
            assert!(
                matches!(error, CliError::Refused(_)) && said.contains("stake show"),
                "{said}"
            );
        }
        for state in [Value::Null, "None".into(), "Unbonding".into()] {
            refused(state).unwrap();
        }
    }

    #[test]
    fn an_operator_that_comes_again_is_not_told_the_old_outcome() {
        let keys = crate::keys::devnet::node(0).unwrap();
        let (amount, url) = (
            "300".parse().unwrap(),
            "https://su.example".parse().unwrap(),
        );
        let bond = || first_bond(&keys, Id::new([1; 32]), &amount, &url).unwrap();
        let (first, again) = (bond(), bond());
        assert_eq!(first.tags(), again.tags());
        assert_ne!(first.id(), again.id());
    }
}
