//! The order of things in one item: fee, child, action, names, looks, checks, writes (3.4), and the shape of the answer.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::bench::Bench;
use crate::court::Court;
use crate::message::{Enclosures, Item, Tag};
use crate::outcome::{Answer, Judged, Outcome, Refusal, Reply, Verdict, demand};
use crate::{authorities, bond, escrow, heartbeat, hosting, pay, processes, queue, register};
use crate::{token, unbonding, update, views};

macro_rules! actions {
    ($($variant:ident $name:literal $rule:path;)*) => {
        /// What the house itself knows of the message table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Own { $($variant,)* }

        impl Own {
            fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn judge(self, court: &mut Court, item: &Item) -> Judged {
                match self { $(Self::$variant => $rule(court, item),)* }
            }
        }
    };
}

actions! {
    Info "Info" token::info;
    Balance "Balance" token::balance;
    Balances "Balances" token::balances;
    TotalSupply "Total-Supply" token::total_supply;
    Transfer "Transfer" token::transfer;
    Params "Params" views::params;
    Operators "Operators" views::operators;
    Processes "Processes" views::processes;
    Bond "Bond" bond::bond;
    Update "Update" update::update;
    Authorize "Authorize" authorities::authorize;
    Revoke "Revoke" authorities::revoke;
    Unbond "Unbond" unbonding::unbond;
    Withdraw "Withdraw" unbonding::withdraw;
    Host "Host" hosting::host;
    Register "Register" register::register;
    Leave "Leave" hosting::leave;
    Fund "Fund" escrow::fund;
    Heartbeat "Heartbeat" heartbeat::heartbeat;
}

/// What the message table knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Own(Own),
    /// `Settle`, which house and bench share.
    Settle,
    /// The bench's.
    Foreign(&'static str),
}

impl Action {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Own(own) => own.name(),
            Self::Settle => "Settle",
            Self::Foreign(name) => name,
        }
    }

    fn judge(self, court: &mut Court, item: &Item, bench: &mut dyn Bench) -> Judged {
        match self {
            Self::Own(own) => own.judge(court, item),
            Self::Settle => escrow::settle(court, item, bench),
            Self::Foreign(_) => bench.judge(court, item).map(Reply::fields),
        }
    }
}

/// The action that an item asks for, if the table knows it.
pub(crate) fn action(item: &Item, bench: &dyn Bench) -> Option<Action> {
    let name = item.tag("Action")?;
    let shared = (name == "Settle").then_some(Action::Settle);
    let own = || Own::named(name).map(Action::Own);
    let foreign = || bench.action(name).map(Action::Foreign);
    shared.or_else(own).or_else(foreign)
}

/// Runs an item of the court's log.
pub(crate) fn run(court: &mut Court, item: &Item, bench: &mut dyn Bench) -> Outcome {
    let fee = court.parameters.inbox_fee;
    if court.ledger.free(&item.owner) < fee {
        return unfunded();
    }
    court.changes = Default::default();
    court.ledger.debit(&item.owner, fee);
    court.ledger.burn(fee);
    let action = action(item, bench);
    let judged = judge(court, item, action, bench);
    conclude(Some((court, bench)), item, action.map(Action::name), judged)
}

/// Answers a dry-run on a copy of the court: the caller throws the copy away.
pub(crate) fn read(court: &mut Court, item: &Item, bench: &mut dyn Bench) -> Outcome {
    court.changes = Default::default();
    let item = Item {
        run: court.height,
        mined: court.height,
        logs: BTreeMap::new(),
        ..item.clone()
    };
    bench.begin();
    let action = action(&item, bench);
    let judged = known(&item, action).and_then(|action| action.judge(court, &item, bench));
    let name = action.map(Action::name);
    conclude(Some((court, bench)), &item, name, judged)
}

fn judge(court: &mut Court, item: &Item, action: Option<Action>, bench: &mut dyn Bench) -> Judged {
    let action = known(item, action)?;
    let names: Vec<String> = item.names()?.into_iter().map(str::to_owned).collect();
    for name in names {
        pay::look_at(court, &name, &item.logs, item.run);
    }
    action.judge(court, item, bench)
}

fn known(item: &Item, action: Option<Action>) -> Result<Action, Refusal> {
    demand(item.enclosures != Enclosures::Bad, "2.5 child")?;
    action.ok_or(Refusal("2.2 action"))
}

/// The sender cannot pay: it is as if the item had not run, and nothing else is said (2.4).
fn unfunded() -> Outcome {
    let verdict = Verdict {
        code: Some("2.4 unfunded".to_owned()),
        unfunded: true,
        ..Verdict::default()
    };
    Outcome {
        verdict,
        answers: Vec::new(),
    }
}

/// Verdict and answers of an item.
pub(crate) fn conclude(
    court: Option<(&Court, &dyn Bench)>,
    item: &Item,
    action: Option<&str>,
    judged: Judged,
) -> Outcome {
    let verdict = verdict(court, judged.as_ref().err());
    let answers = match judged {
        Ok(Reply::Token(answers)) => answers,
        Ok(Reply::Fields(fields)) => vec![applied(item, action.unwrap_or_default(), fields)],
        Err(refusal) => vec![refused(item, action.unwrap_or("Action"), refusal)],
    };
    Outcome { verdict, answers }
}

/// Verdict of a Tick: nobody is answered.
pub(crate) fn silent(judged: Result<(&Court, &dyn Bench), Refusal>) -> Outcome {
    let verdict = match judged {
        Ok(both) => verdict(Some(both), None),
        Err(refusal) => verdict(None, Some(&refusal)),
    };
    Outcome {
        verdict,
        answers: Vec::new(),
    }
}

fn verdict(court: Option<(&Court, &dyn Bench)>, refusal: Option<&Refusal>) -> Verdict {
    let mut verdict = Verdict {
        ok: refusal.is_none(),
        code: refusal.map(ToString::to_string),
        ..Verdict::default()
    };
    if let Some((court, bench)) = court {
        let hosting = court.changes.hosting.iter();
        verdict.hosting = hosting.map(|row| processes::row(court, *row)).collect();
        verdict.keys.clone_from(&court.changes.keys);
        let authorities = &court.changes.authorities;
        verdict.authorities.clone_from(authorities);
        verdict.cases = bench.rows(court);
        (verdict.want, verdict.sought) = queue::want(court, bench);
    }
    verdict
}

fn applied(item: &Item, action: &str, mut fields: Map<String, Value>) -> Answer {
    fields.insert("ok".to_owned(), Value::Bool(true));
    Answer {
        target: item.owner.clone(),
        tags: tags(item, format!("{action}-Response")),
        data: Some(Value::Object(fields).to_string()),
    }
}

fn refused(item: &Item, action: &str, refusal: Refusal) -> Answer {
    let code = refusal.to_string();
    let mut tags = tags(item, format!("{action}-Error"));
    tags.push(("Code".to_owned(), code.clone()));
    tags.push(("Error".to_owned(), code.clone()));
    Answer {
        target: item.owner.clone(),
        tags,
        data: Some(json!({"ok": false, "code": code}).to_string()),
    }
}

fn tags(item: &Item, action: String) -> Vec<Tag> {
    let mut tags = vec![
        ("Action".to_owned(), action),
        ("Message-Id".to_owned(), item.id.clone()),
    ];
    tags.extend(references(item));
    tags
}

/// What clients of ao find their answers by.
pub(crate) fn references(item: &Item) -> Vec<Tag> {
    let reference = item.tag("X-Reference").or_else(|| item.tag("Reference"));
    let named = [
        ("X-Reference", reference),
        ("X-Origin", item.tag("X-Origin")),
    ];
    let there = named
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    there
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
