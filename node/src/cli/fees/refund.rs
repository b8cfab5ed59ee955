//! `aosec fees refund`: the operator sends credit back by a Transfer that the messenger sees in the court, like the payment itself.

use aosec_wire::Address;
use clap::Args;

use super::super::Output;
use super::super::amount::Amount;
use super::super::court::SendArgs;
use super::super::exit::CliError;
use super::super::role::RoleArgs;
use super::{payee, same_court, terms, units};
use crate::mu::payments::REFUND_TAG;
use crate::origin::messages;

/// Flags of `aosec fees refund`.
#[derive(Debug, Args)]
pub struct RefundArgs {
    /// Whose credit.
    #[arg(allow_hyphen_values = true)]
    address: Address,
    /// How many tokens, as 12 or 12.5 [default: all that is left].
    amount: Option<Amount>,
    #[command(flatten)]
    role: RoleArgs,
    #[command(flatten)]
    send: SendArgs,
}

pub(super) async fn run(args: RefundArgs, out: Output) -> Result<(), CliError> {
    let court = args.send.open(out)?;
    let told = terms(&court, &args.address).await?;
    let credit = units(&told, "credit")?;
    let amount = match &args.amount {
        Some(amount) => amount.units().parse().unwrap_or(u128::MAX),
        None => credit,
    };
    let shown = |units: u128| crate::origin::deploy::tokens(&units.to_string());
    if amount == 0 || amount > credit {
        return Err(CliError::Refused(format!(
            "{} has {} tokens of credit here, and {} are no part of it",
            args.address,
            shown(credit),
            shown(amount)
        )));
    }
    let key = args.role.operator()?;
    let payee = payee(&told)?;
    if *key.address() != payee {
        return Err(CliError::Usage(format!(
            "the messenger is paid to {payee}, and the key is that of {}: name the node's keys with --node-keys <folder>",
            key.address()
        )));
    }
    let origin = same_court(&court, &told).await?;
    args.send.agreed(&format!(
        "this sends {} tokens back to {}; until it is settled they can still be spent, and then the loss is yours",
        shown(amount),
        args.address
    ))?;
    let mut draft = messages::message(origin, "Transfer");
    draft.tags = draft
        .tags
        .with("Recipient", args.address.as_str())
        .with("Quantity", amount.to_string())
        .with(REFUND_TAG, args.address.as_str());
    args.send.send(&court, draft, &key, out).await
}
