//! What counts as equal: verdicts whole, answers by target, tags and data, and every view (message table).

use aosec_market::{Answer, Item, Outcome};
use serde_json::Value;

use super::contract::{Contract, Failure, Told};
use super::joint::Model;

/// Tags that the runtime puts on all that a process sends.
const RUNTIME: [&str; 6] = [
    "Data-Protocol",
    "Type",
    "Variant",
    "Reference",
    "Ref_",
    "From-Process",
];

/// The two courts do not say the same.
#[derive(Debug, thiserror::Error)]
#[error("{what}\n  model:    {model}\n  contract: {contract}")]
pub struct Difference {
    /// What was compared.
    pub what: String,
    /// What the law gives.
    pub model: String,
    /// What the contract gave.
    pub contract: String,
}

/// Compares all that one message gave.
///
/// # Errors
/// What differs.
pub fn outcome(what: &str, model: &Outcome, told: &Told) -> Result<(), Difference> {
    let verdict = serde_json::to_value(&model.verdict).unwrap_or_default();
    equal(&format!("verdict of {what}"), &verdict, &told.verdict)?;
    let targets = |count: usize| Value::from(count);
    let (ours, theirs) = (model.answers.len(), told.messages.len());
    equal(
        &format!("answers of {what}"),
        &targets(ours),
        &targets(theirs),
    )?;
    for (ours, theirs) in model.answers.iter().zip(&told.messages) {
        answer(what, ours, theirs)?;
    }
    Ok(())
}

fn answer(what: &str, model: &Answer, told: &Value) -> Result<(), Difference> {
    let target = Value::from(model.target.clone());
    equal(
        &format!("target of an answer to {what}"),
        &target,
        &told["Target"],
    )?;
    let mut ours = model.tags.clone();
    let theirs = told["Tags"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let theirs = theirs.map(|tag| (text(&tag["name"]), text(&tag["value"])));
    let mut theirs: Vec<(String, String)> = theirs
        .filter(|(name, _)| !RUNTIME.contains(&name.as_str()))
        .collect();
    ours.retain(|(name, _)| !RUNTIME.contains(&name.as_str()));
    ours.sort();
    theirs.sort();
    let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
    equal(
        &format!("tags of an answer to {what}"),
        &ours.into(),
        &theirs.into(),
    )?;
    match &model.data {
        None => Ok(()),
        Some(data) => equal(
            &format!("data of an answer to {what}"),
            &parsed(data),
            &parsed(told["Data"].as_str().unwrap_or_default()),
        ),
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

fn equal(what: &str, model: &Value, contract: &Value) -> Result<(), Difference> {
    match model == contract {
        true => Ok(()),
        false => Err(Difference {
            what: what.to_owned(),
            model: model.to_string(),
            contract: contract.to_string(),
        }),
    }
}

/// Compares everything that can be read, by dry-runs.
///
/// # Errors
/// What differs, or what the contract may never do.
pub fn everything(
    model: &Model,
    contract: &mut Contract,
    height: u64,
) -> Result<(), super::game::Trouble> {
    let actions = [
        "Info",
        "Params",
        "Balances",
        "Operators",
        "Processes",
        "Cases",
    ];
    for action in actions {
        view(model, contract, &question(action, height))?;
    }
    Ok(())
}

fn question(action: &str, height: u64) -> Item {
    Item {
        id: "question".to_owned(),
        owner: super::contract::FOUNDER.to_owned(),
        run: height,
        mined: height,
        tags: vec![("Action".to_owned(), action.to_owned())],
        ..Item::default()
    }
}

fn view(model: &Model, contract: &mut Contract, item: &Item) -> Result<(), super::game::Trouble> {
    let told: Result<Told, Failure> = contract.read(item);
    let what = item.tag("Action").unwrap_or_default();
    outcome(&format!("the view {what}"), &model.read(item), &told?)?;
    Ok(())
}
