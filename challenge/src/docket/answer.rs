//! `Answer`: receipts for what was challenged, sent by anyone (6.2, 6.5).

use serde_json::{Value, json};

use super::case::{Case, Kind, State};
use super::deposit;
use super::due::Entry;
use super::house::House;
use super::paper::{self, Paper, Place, Receipt};
use super::{Docket, Judged, Refused, demand};

/// Receipts in one answer at most.
const RECEIPTS: usize = 64;

pub(super) fn answer(docket: &mut Docket, house: &mut dyn House, paper: &Paper) -> Judged {
    let count = (1..=RECEIPTS).contains(&paper.enclosed.len());
    demand(count, "6.2 items")?;
    let receipts = paper.enclosed.iter().map(|one| one.receipt());
    let receipts: Option<Vec<Receipt<'_>>> = receipts.collect();
    let receipts = receipts.ok_or(Refused("6.2 items"))?;
    let mut answered: Vec<(u64, u64)> = Vec::new();
    for receipt in receipts {
        let case = answers(docket, house, paper, &receipt);
        let again = |case: &u64| answered.iter().any(|(number, _)| number == case);
        if let Some(case) = case.filter(|case| !again(case)) {
            answered.push((case, receipt.slot));
        }
    }
    demand(!answered.is_empty(), "6.2 case")?;

    for (number, slot) in &answered {
        let place = docket
            .case(*number)
            .and_then(|case| paper::place(&paper.logs, &case.process, &case.message));
        let canonical = place.filter(|place| place.slot == *slot);
        settle(docket, house, *number, *slot, canonical, paper.run);
    }
    let shown: Vec<Value> = answered
        .iter()
        .map(|(number, slot)| shown(docket, *number, *slot))
        .collect();
    Ok(json!({"Answered": shown}))
}

/// The open case that a receipt answers. Any key that the host's operator ever had signs for him; what lies before the law (5.15) can
/// never become canonical, and answers nothing.
fn answers(
    docket: &Docket,
    house: &dyn House,
    paper: &Paper,
    receipt: &Receipt<'_>,
) -> Option<u64> {
    let signer = house.signer(&receipt.signed.signer);
    let of = |case: &&Case| {
        let is_open = case.kind == Kind::Liveness && case.state == State::Open;
        is_open
            && case.message == receipt.entry.message
            && case.process == receipt.signed.process
            && case.epoch == receipt.signed.epoch
            && paper.mined <= case.deadline
            && signer.as_ref() == Some(&case.operator)
            && house.begins(&case.process) <= Some(receipt.slot)
    };
    docket.unfinished(house).find(of).map(|case| case.number)
}

/// The host has answered with a slot. If that is canonical the case is closed at once; else the host has time to publish it.
pub(super) fn settle(
    docket: &mut Docket,
    house: &mut dyn House,
    number: u64,
    slot: u64,
    canonical: Option<Place>,
    height: u64,
) {
    let Some(case) = docket.case(number).cloned() else {
        return;
    };
    let publish_by = height + house.rules().publish_within;
    let fee = case.posted.map_or(0, |posted| posted.answer);
    house.give(&case.owner, fee);
    deposit::judge_bonds(docket, house, number, canonical);
    docket.write(number, |case| {
        case.state = State::Answered;
        case.slot = Some(slot);
    });
    match canonical {
        Some(_) => close(docket, house, number, height),
        None => {
            docket.write(number, |case| case.publish_by = Some(publish_by));
            house.name(case.lease, number, case.opened, false, true);
            docket.schedule(house, publish_by + 1, Entry::Published(number));
        }
    }
}

/// The promised slot is canonical: the message fee is the host's.
pub(super) fn close(docket: &mut Docket, house: &mut dyn House, number: u64, height: u64) {
    if let Some(case) = docket.case(number) {
        let fee = case.posted.map_or(0, |posted| posted.message);
        house.give(&case.owner, fee);
    }
    deposit::finish(docket, house, number, State::Closed, height);
}

/// How an answer is answered, case by case.
pub(super) fn shown(docket: &Docket, number: u64, slot: u64) -> Value {
    let state = docket.case(number).map(|case| case.state.shown());
    json!({"Case": number, "Slot": slot, "State": state})
}
