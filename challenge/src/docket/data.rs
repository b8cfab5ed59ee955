//! `Challenge-Data` and `Answer-Data`: a message of the log that cannot be had (5.10).

use serde_json::{Value, json};

use super::case::{Case, Kind, State};
use super::deposit::{self, Opening};
use super::house::House;
use super::paper::{Content, Paper};
use super::{Docket, Judged, Refused, answer as answers, demand, publication};

/// Messages in one answer at most.
const MESSAGES: usize = 64;

pub(super) fn challenge(docket: &mut Docket, house: &mut dyn House, paper: &Paper) -> Judged {
    let (process, slot, content) = content(house, paper).ok_or(Refused("5.10 slot"))?;
    let lease = publication::lease(house, process, content.epoch, paper.mined);
    let lease = lease.ok_or(Refused("5.10 epoch"))?;
    let of =
        |case: &Case| case.kind == Kind::Data && case.process == process && case.slot == Some(slot);
    let open = docket.unfinished(house).any(of);
    demand(!open, "5.10 open")?;
    let key = (process.to_owned(), slot);
    demand(!docket.no_ops.contains(&key), "5.10 done")?;
    let answer_fee = publication::answer_fee(house, &lease, paper)?;
    let bond = deposit::bond(docket, house, paper, process, 0, answer_fee);
    demand(house.free(&paper.owner) >= bond, "3.1 balance")?;

    let opening = Opening {
        kind: Kind::Data,
        lease: &lease,
        message: &content.message,
        slot: Some(slot),
        posted: None,
        bond,
    };
    let number = deposit::open(docket, house, paper, &opening);
    let case = deposit::receipt(docket, number, false);
    Ok(json!({"Process": process, "Posted": bond.to_string(), "Cases": [case]}))
}

/// What stands in the slot that the item names, if somebody has signed it under the law.
fn content<'a>(house: &dyn House, paper: &'a Paper) -> Option<(&'a str, u64, &'a Content)> {
    let (process, slot) = (paper.process()?, paper.count("Slot")?);
    let content = paper.logs.get(process)?.at.get(&slot)?.as_ref()?;
    let signed = !content.is_virtual && slot >= house.begins(process)?;
    signed.then_some((process, slot, content))
}

pub(super) fn answer(docket: &mut Docket, house: &mut dyn House, paper: &Paper) -> Judged {
    let count = (1..=MESSAGES).contains(&paper.enclosed.len());
    demand(count, "5.10 items")?;
    let process = paper.process().ok_or(Refused("5.10 case"))?;
    let mut answered: Vec<(u64, u64)> = Vec::new();
    for one in &paper.enclosed {
        let case = open_case(docket, house, paper, process, &one.id);
        answered.extend(case.filter(|case| !answered.contains(case)));
    }
    demand(!answered.is_empty(), "5.10 case")?;

    let paid: u128 = answered
        .iter()
        .map(|(number, _)| settle(docket, house, *number, paper))
        .sum();
    let shown: Vec<Value> = answered
        .iter()
        .map(|(number, slot)| answers::shown(docket, *number, *slot))
        .collect();
    Ok(json!({"Answered": shown, "Paid": paid.to_string()}))
}

/// Number and slot of the case that a message answers.
fn open_case(
    docket: &Docket,
    house: &dyn House,
    paper: &Paper,
    process: &str,
    message: &str,
) -> Option<(u64, u64)> {
    let of = |case: &&Case| {
        case.kind == Kind::Data
            && case.process == process
            && case.message == message
            && paper.mined <= case.deadline
    };
    let case = docket.unfinished(house).find(of)?;
    Some((case.number, case.slot?))
}

/// Half of the bond is for who had the message; what he gets.
fn settle(docket: &mut Docket, house: &mut dyn House, number: u64, paper: &Paper) -> u128 {
    let bonds = docket
        .case(number)
        .map_or(Vec::new(), |case| case.challengers.clone());
    for one in &bonds {
        deposit::lose(house, &paper.owner, one.bond);
    }
    docket.write(number, |case| case.bonds_held = false);
    deposit::finish(docket, house, number, State::Closed, paper.run);
    bonds.iter().map(|one| one.bond / 2).sum()
}
