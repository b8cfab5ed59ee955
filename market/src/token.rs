//! The messages of the ao token standard (3.1).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::amount;
use crate::court::Court;
use crate::dispatch;
use crate::message::{Item, Tag};
use crate::outcome::{Answer, Judged, Refusal, Reply};
use crate::spelling;

/// Accounts that one message shows.
const PAGE: usize = 1_000;

/// An answer of the token to the caller: its own tags, and the references that clients wait for.
fn answer(item: &Item, tags: &[(&str, &str)], data: Option<String>) -> Answer {
    let mut tags = owned(tags);
    tags.extend(dispatch::references(item));
    Answer {
        target: item.owner.clone(),
        tags,
        data,
    }
}

fn owned(tags: &[(&str, &str)]) -> Vec<Tag> {
    let tags = tags.iter();
    tags.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

pub(crate) fn info(court: &mut Court, item: &Item) -> Judged {
    let ledger = &court.ledger;
    let supply = ledger.supply().to_string();
    let tags = [
        ("Action", "Info"),
        ("Name", court.title.name.as_str()),
        ("Ticker", court.title.ticker.as_str()),
        ("Logo", court.title.logo.as_str()),
        ("Denomination", "12"),
        ("Total-Supply", supply.as_str()),
    ];
    let data = json!({
        "ok": true, "Height": court.height, "Supply": ledger.genesis().to_string(),
        "Burned": ledger.burned().to_string(), "Accounts": ledger.accounts().len(),
        "Operators": court.operators.rows().len(), "Processes": court.processes.rows().len(),
    });
    Ok(Reply::Token(vec![answer(
        item,
        &tags,
        Some(data.to_string()),
    )]))
}

pub(crate) fn balance(court: &mut Court, item: &Item) -> Judged {
    let named = ["Recipient", "Target", "Account"];
    let named = named.into_iter().find_map(|name| item.tag(name));
    let account = named.unwrap_or(&item.owner);
    let free = court.ledger.free(account).to_string();
    let tags = [
        ("Action", "Balance-Response"),
        ("Account", account),
        ("Balance", free.as_str()),
        ("Ticker", court.title.ticker.as_str()),
    ];
    Ok(Reply::Token(vec![answer(item, &tags, Some(free.clone()))]))
}

pub(crate) fn balances(court: &mut Court, item: &Item) -> Judged {
    let before = first(item).saturating_sub(1);
    let page = court.ledger.accounts().iter().skip(before).take(PAGE);
    let page: Map<String, Value> = page
        .map(|account| (account.address.clone(), account.free.to_string().into()))
        .collect();
    let tags = [
        ("Action", "Balances-Response"),
        ("Ticker", court.title.ticker.as_str()),
    ];
    let data = Value::Object(page).to_string();
    Ok(Reply::Token(vec![answer(item, &tags, Some(data))]))
}

/// The number at which a page begins: what is no count counts as none.
pub(crate) fn first(item: &Item) -> usize {
    let first = item.read("First", amount::read_count).unwrap_or(1);
    usize::try_from(first).unwrap_or(usize::MAX)
}

pub(crate) fn total_supply(court: &mut Court, item: &Item) -> Judged {
    let supply = court.ledger.supply().to_string();
    let tags = [
        ("Action", "Total-Supply"),
        ("Ticker", court.title.ticker.as_str()),
    ];
    Ok(Reply::Token(vec![answer(item, &tags, Some(supply))]))
}

pub(crate) fn transfer(court: &mut Court, item: &Item) -> Judged {
    let recipient = item.tag("Recipient");
    let recipient = recipient.filter(|text| spelling::is_address(text));
    let recipient = recipient.ok_or(Refusal("3.1 recipient"))?;
    let quantity = quantity(item)?;
    court.ledger.covers(&item.owner, quantity)?;

    court.ledger.debit(&item.owner, quantity);
    court.ledger.credit(recipient, quantity);
    let notices = match item.tag("Cast") {
        Some(_) => Vec::new(),
        None => notices(item, recipient, &quantity.to_string()),
    };
    Ok(Reply::Token(notices))
}

/// Debit first, then credit, both with the item's `X-…` tags; the references are the caller's alone.
fn notices(item: &Item, recipient: &str, quantity: &str) -> Vec<Answer> {
    let debit = [
        ("Action", "Debit-Notice"),
        ("Recipient", recipient),
        ("Quantity", quantity),
    ];
    let credit = [
        ("Action", "Credit-Notice"),
        ("Sender", &item.owner),
        ("Quantity", quantity),
    ];
    let mut debit = answer(item, &debit, None);
    debit.tags.extend(marks(item));
    let mut tags = owned(&credit);
    tags.extend(marks(item));
    let credit = Answer {
        target: recipient.to_owned(),
        tags,
        data: None,
    };
    vec![debit, credit]
}

/// The item's `X-…` tags but for the references, the first of each name (2.5).
fn marks(item: &Item) -> Vec<Tag> {
    let mut seen = BTreeSet::from(["X-Reference", "X-Origin"]);
    let named = item.tags.iter().filter(|(name, _)| name.starts_with("X-"));
    named
        .filter(|(name, _)| seen.insert(name))
        .cloned()
        .collect()
}

/// The amount of at least one unit that an item names.
pub(crate) fn quantity(item: &Item) -> Result<amount::Amount, Refusal> {
    item.read("Quantity", amount::read_positive)
        .ok_or(Refusal("3.1 amount"))
}
