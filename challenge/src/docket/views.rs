//! `Cases`: what anyone may read of the docket (message table).

use serde_json::{Value, json};

use super::case::{Case, State};
use super::house::House;
use super::paper::Paper;
use super::{Docket, Judged, Refused};

/// Rows that one message shows.
const PAGE: usize = 100;

pub(super) fn cases(docket: &mut Docket, house: &mut dyn House, paper: &Paper) -> Judged {
    let height = house.height();
    if paper.tag("Case").is_some() {
        let number = paper.count("Case");
        let case = number.and_then(|number| docket.case(number));
        let case = case.ok_or(Refused("6 case"))?;
        return Ok(json!({"Height": height, "Rows": [row(docket, house, case)]}));
    }
    let of = |case: &&Case| {
        let process = paper.tag("Process");
        process.is_none_or(|process| process == case.process)
    };
    let all: Vec<&Case> = docket.cases.iter().filter(of).collect();
    let forgotten = match paper.tag("Process") {
        Some(process) => docket.forgotten_of.get(process).copied().unwrap_or(0),
        None => docket.forgotten,
    };
    let first = paper.count("First").unwrap_or(1).max(1) - 1;
    let first = usize::try_from(first.saturating_sub(forgotten));
    let first = first.unwrap_or(usize::MAX).min(all.len());
    let end = all.len().min(first + PAGE);
    let rows = all[first..end].iter();
    let rows: Vec<Value> = rows.map(|case| row(docket, house, case)).collect();
    let mut fields = json!({"Height": height, "Rows": rows});
    if end < all.len() {
        let end = u64::try_from(end).unwrap_or(u64::MAX / 2);
        fields["Next"] = json!(forgotten + end + 1);
    }
    Ok(fields)
}

fn row(docket: &Docket, house: &dyn House, case: &Case) -> Value {
    let state = docket.state(house, case);
    let mut shown = json!({
        "Case": case.number, "Kind": case.kind.shown(), "State": state.shown(),
        "Process": case.process, "Epoch": case.epoch, "Operator": case.operator,
        "Message": case.message, "Opened": case.opened, "Deadline": case.deadline,
    });
    let ended = match state {
        State::Moot => house.end_of(case.lease),
        _ => case.ended,
    };
    let counts = [
        ("Slot", case.slot),
        ("Publish-By", case.publish_by),
        ("Ended", ended),
    ];
    for (name, count) in counts {
        if let Some(count) = count {
            shown[name] = json!(count);
        }
    }
    if let Some(posted) = case.posted {
        shown["Fee"] = json!(posted.message.to_string());
        shown["Answer-Fee"] = json!(posted.answer.to_string());
    }
    if case.ended.is_none() {
        let all = case.challengers.iter();
        let all = all.map(|one| match case.bonds_held {
            true => json!({"Address": one.address, "Bond": one.bond.to_string()}),
            false => json!({"Address": one.address}),
        });
        shown["Challengers"] = all.collect();
    }
    shown
}
