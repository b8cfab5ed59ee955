//! `Challenge`: messages that a host does not take (6, liveness; 6.3, 6.4).

use std::collections::BTreeSet;

use serde_json::json;

use super::case::{Amount, Case, Kind, Posted, State};
use super::deposit::{self, Opening};
use super::house::{House, Lease};
use super::paper::{self, Enclosed, Paper};
use super::{Docket, Judged, Refused, demand};

/// Messages in one challenge at most.
const MESSAGES: usize = 64;

/// Inbox fees that each case burns which is opened (6.4).
const OPENING_FEES: Amount = 5;

/// Bytes of a message that can be forced at most.
const MESSAGE_BYTES: u64 = 256 * 1024;

/// What becomes of one message of the item.
struct Plan<'a> {
    message: &'a str,
    /// The case that is joined; else one is opened.
    joins: Option<u64>,
    bond: u128,
}

pub(super) fn challenge(docket: &mut Docket, house: &mut dyn House, paper: &Paper) -> Judged {
    let (process, messages) = messages(paper)?;
    let lease = house.live(process).and_then(|number| house.lease(number));
    let lease = lease.ok_or(Refused("6.3 hosted"))?;
    let posted = fees(house, &lease, paper)?;
    let mut plans = Vec::with_capacity(messages.len());
    for (earlier, message) in messages.into_iter().enumerate() {
        plans.push(Plan {
            message,
            joins: joins(docket, house, paper, process, message)?,
            bond: deposit::bond(docket, house, paper, process, earlier, posted.answer),
        });
    }
    let fees = posted.message + posted.answer;
    let costs = |plan: &Plan<'_>| plan.bond + if plan.joins.is_none() { fees } else { 0 };
    let total: u128 = plans.iter().map(costs).sum();
    let burned = opening_fees(house, &plans);
    demand(house.free(&paper.owner) >= total + burned, "3.1 balance")?;
    house.take(&paper.owner, burned);
    house.burn(burned);

    let mut shown = Vec::with_capacity(plans.len());
    for plan in &plans {
        let number = carry_out(docket, house, paper, &lease, plan, posted);
        shown.push(deposit::receipt(docket, number, plan.joins.is_some()));
    }
    Ok(json!({"Process": process, "Posted": total.to_string(), "Cases": shown}))
}

fn opening_fees(house: &dyn House, plans: &[Plan<'_>]) -> Amount {
    let opened = plans.iter().filter(|plan| plan.joins.is_none());
    let fee = OPENING_FEES * house.rules().inbox_fee;
    opened.map(|_one| fee).sum()
}

/// The process and the ids of its messages, as 6.3 asks for them.
fn messages(paper: &Paper) -> Result<(&str, Vec<&str>), Refused> {
    let count = (1..=MESSAGES).contains(&paper.enclosed.len());
    let process = paper.process().filter(|_| count);
    let process = process.ok_or(Refused("6.3 items"))?;
    let good = paper.enclosed.iter().all(|one| is_message(one, process));
    demand(good, "6.3 items")?;
    let ids: Vec<&str> = paper.enclosed.iter().map(|one| one.id.as_str()).collect();
    let different: BTreeSet<&str> = ids.iter().copied().collect();
    demand(different.len() == ids.len(), "6.3 twice")?;
    Ok((process, ids))
}

fn is_message(one: &Enclosed, process: &str) -> bool {
    one.target == process
        && one.says("Type", "Message")
        && one.says("Data-Protocol", "ao")
        && one.size <= MESSAGE_BYTES
}

/// The fees in force, if the item names no less.
fn fees(house: &dyn House, lease: &Lease, paper: &Paper) -> Result<Posted, Refused> {
    let named = (paper.amount("Fee"), paper.amount("Answer-Fee"));
    let (Some(message), Some(answer)) = named else {
        return Err(Refused("3.1 amount"));
    };
    let force = house.fees(lease.number, paper.mined);
    let enough = message >= force.message && answer >= force.answer;
    demand(enough, "6.3 fees")?;
    Ok(Posted {
        message: force.message,
        answer: force.answer,
    })
}

/// The case of this message that may be joined; none where one may be opened.
fn joins(
    docket: &Docket,
    house: &dyn House,
    paper: &Paper,
    process: &str,
    message: &str,
) -> Result<Option<u64>, Refused> {
    let place = paper::place(&paper.logs, process, message);
    demand(place.is_none(), "6.3 logged")?;
    let about = |case: &&Case| case.kind == Kind::Liveness && case.message == message;
    let Some(case) = docket.unfinished(house).find(about) else {
        return Ok(None);
    };
    demand(case.state == State::Open, "6.4 answered")?;
    deposit::may_join(case, paper)?;
    Ok(Some(case.number))
}

fn carry_out(
    docket: &mut Docket,
    house: &mut dyn House,
    paper: &Paper,
    lease: &Lease,
    plan: &Plan<'_>,
    posted: Posted,
) -> u64 {
    match plan.joins {
        Some(number) => {
            deposit::join(docket, house, paper, number, plan.bond);
            number
        }
        None => {
            let opening = Opening {
                kind: Kind::Liveness,
                lease,
                message: plan.message,
                slot: None,
                posted: Some(posted),
                bond: plan.bond,
            };
            deposit::open(docket, house, paper, &opening)
        }
    }
}
