//! What the monitor says, for a person and for a program.

use aosec_challenge::docket::forecast::{Expiry, Forecast, Silence};
use aosec_challenge::docket::{Kind, State};
use serde_json::{Value, json};

use super::cost::tokens;
use super::monitor::Outlook;
use super::reading::{LeftOut, ROWS_MAX};
use crate::cli::horizon;

/// All of it as one object. Amounts are units as text.
pub(super) fn json(outlook: &Outlook) -> Value {
    let cases = outlook.cases.iter().map(|one| case_json(outlook, one));
    let total = Total::of(outlook);
    json!({
        "height": outlook.height, "cases": cases.collect::<Vec<_>>(), "not-read": not_read(&outlook.left_out),
        "total": {
            "cases": outlook.cases.len(), "slashed": total.slashed.to_string(), "bounties": total.bounties.to_string(),
            "restitution": total.restitution.to_string(), "held": total.held.to_string(),
        },
    })
}

fn case_json(outlook: &Outlook, one: &Forecast) -> Value {
    let case = &one.case;
    let silent = match &one.silent {
        Silence::Moot => json!({ "state": "Moot", "height": one.ends }),
        Silence::Expires(expiry) => json!({
            "state": "Expired", "height": one.ends, "percent": u64::try_from(expiry.percent).unwrap_or(100),
            "slashed": expiry.slashed.to_string(), "share": expiry.share.to_string(),
            "restitution": expiry.restitution.to_string(), "paid": expiry.paid, "jailed": expiry.jailed,
            "unhosts": expiry.unhosts, "spared": expiry.spared,
        }),
    };
    let back = one
        .back
        .iter()
        .map(|(who, sum)| json!({ "address": who, "amount": sum.to_string() }));
    json!({
        "case": case.number, "kind": case.kind.shown(), "state": case.state.shown(), "process": case.process,
        "operator": case.operator, "message": case.message, "deadline": case.publish_by.unwrap_or(case.deadline),
        "blocks": left(outlook, one), "silent": silent, "back": back.collect::<Vec<_>>(), "answered": answered(outlook, one),
    })
}

/// Blocks to the deadline.
fn left(outlook: &Outlook, one: &Forecast) -> u64 {
    let last = one.case.publish_by.unwrap_or(one.case.deadline);
    last.saturating_sub(outlook.height)
}

/// All cases in lines, with a line of sums.
pub(super) fn text(outlook: &Outlook) -> String {
    let unsaid = unsaid(&outlook.left_out);
    if outlook.cases.is_empty() {
        let line = format!("block {}: no case is open", outlook.height);
        return [Some(line), unsaid]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("\n");
    }
    let mut lines = vec![format!("block {}:", outlook.height)];
    lines.extend(outlook.cases.iter().map(|one| case_text(outlook, one)));
    let total = Total::of(outlook);
    lines.push(format!(
        "in all, if nobody does anything: {} slashed, {} of it bounties and {} restitution; {} of bonds and fees are held",
        tokens(total.slashed), tokens(total.bounties), tokens(total.restitution), tokens(total.held)
    ));
    lines.extend(unsaid);
    lines.join("\n")
}

/// How many of the oldest rows were not read, by list.
fn not_read(left: &LeftOut) -> Value {
    json!({ "cases": left.cases, "processes": left.processes, "may-concern-what-is-asked": left.is_named })
}

/// The same as a sentence; none where everything was read.
fn unsaid(left: &LeftOut) -> Option<String> {
    let is_whole = left.cases == 0 && left.processes == 0 && !left.is_named;
    let also = match left.is_named {
        true => "; cases that you ask for may be among them",
        false => "; what they mean for these cases is not foretold",
    };
    (!is_whole).then(|| {
        format!(
            "not read, because the court shows more than {ROWS_MAX} rows of a list: the {} oldest cases and the {} oldest processes{also}",
            left.cases, left.processes
        )
    })
}

fn case_text(outlook: &Outlook, one: &Forecast) -> String {
    let case = &one.case;
    let last = case.publish_by.unwrap_or(case.deadline);
    let blocks = horizon::blocks(left(outlook, one), outlook.block_time);
    let mut lines = vec![
        format!(
            "  case {} ({}, {}) of process {}",
            case.number,
            case.kind.shown(),
            case.state.shown(),
            case.process
        ),
        format!(
            "    against {}, about message {}",
            case.operator, case.message
        ),
        format!("    deadline block {last}, in {blocks}"),
        format!("    if nobody does anything: {}", silent(one)),
        format!("    if the host does its part: {}", answered(outlook, one)),
    ];
    let back = one
        .back
        .iter()
        .map(|(who, sum)| format!("{} to {who}", tokens(*sum)));
    let back = back.collect::<Vec<_>>().join(", ");
    lines.extend((!back.is_empty()).then(|| format!("    bonds and fees back then: {back}")));
    lines.join("\n")
}

fn silent(one: &Forecast) -> String {
    match &one.silent {
        Silence::Moot => format!(
            "moot: the lease has ended or ends before; the money is back by block {}",
            one.ends
        ),
        Silence::Expires(expiry) => format!("expired in block {}: {}", one.ends, cost(one, expiry)),
    }
}

fn cost(one: &Forecast, expiry: &Expiry) -> String {
    let mut parts = vec![format!(
        "{} slashed ({} % of the allocation)",
        tokens(expiry.slashed),
        expiry.percent
    )];
    parts.push(match expiry.spared {
        true => {
            "which goes back, because more than a third of the old stake fails together".to_owned()
        }
        false => format!(
            "of it {} to each of {} challengers and {} to the escrow in block {}",
            tokens(expiry.share),
            one.case.challengers.len().max(1),
            tokens(expiry.restitution),
            expiry.paid
        ),
    });
    parts.extend(
        expiry
            .unhosts
            .then(|| "the process loses its host".to_owned()),
    );
    parts.extend(
        expiry
            .jailed
            .map(|through| format!("the operator is jailed through block {through}")),
    );
    parts.join(", ")
}

/// What the host can still do, and what becomes of the money then.
fn answered(outlook: &Outlook, one: &Forecast) -> String {
    let case = &one.case;
    let deadline = case.publish_by.unwrap_or(case.deadline);
    match (case.kind, case.state) {
        (_, State::Moot) => "nothing is left to do".to_owned(),
        (Kind::Liveness, State::Answered) => format!(
            "slot on Arweave by block {deadline}: closed, the message fee of {} is the host's",
            tokens(case.fee)
        ),
        (Kind::Liveness, _) => format!(
            "an answer mined by block {deadline} brings it the answer fee of {}, then {} blocks to publish and the message fee of {}; bonds \
             return, half of one is lost where the message stood on Arweave before",
            tokens(case.answer_fee),
            outlook.publish_within,
            tokens(case.fee)
        ),
        (Kind::Publication, _) => {
            format!("the slot on Arweave by block {deadline}: closed, bonds return")
        }
        (Kind::Data, _) => format!(
            "whoever gives the message by block {deadline} gets half of the bond, the rest is burned"
        ),
    }
}

struct Total {
    slashed: u128,
    bounties: u128,
    restitution: u128,
    held: u128,
}

impl Total {
    fn of(outlook: &Outlook) -> Self {
        let mut total = Self {
            slashed: 0,
            bounties: 0,
            restitution: 0,
            held: 0,
        };
        for one in &outlook.cases {
            total.held += one.back.iter().map(|(_, sum)| sum).sum::<u128>();
            if let Silence::Expires(expiry) = &one.silent {
                let challengers = u128::try_from(one.case.challengers.len()).unwrap_or(0);
                total.slashed += if expiry.spared { 0 } else { expiry.slashed };
                total.bounties += expiry.share * challengers;
                total.restitution += expiry.restitution;
            }
        }
        total
    }
}
