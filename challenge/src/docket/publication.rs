//! `Challenge-Publication`: a receipt whose slot the log does not have (6, non-publication; 5.5).

use serde_json::json;

use super::case::{Case, Kind};
use super::deposit::{self, Opening};
use super::house::{House, Lease};
use super::paper::{Paper, Receipt};
use super::{Docket, Judged, Refused, demand};

pub(super) fn challenge(docket: &mut Docket, house: &mut dyn House, paper: &Paper) -> Judged {
    let receipt = receipt(house, paper)?;
    let process = receipt.signed.process.as_str();
    let lease = lease(house, process, receipt.signed.epoch, paper.mined);
    let lease = lease.ok_or(Refused("6 epoch"))?;
    let signer = house.signer(&receipt.signed.signer);
    demand(signer.as_ref() == Some(&lease.operator), "6 signer")?;
    demand(!receipt.signed.is_canonical, "6 canonical")?;
    let within = house.rules().publish_within;
    let promised = receipt.entry.height + within;
    demand(paper.mined > promised, "6 early")?;
    let stamped = lease.ended.is_none_or(|ended| promised <= ended);
    demand(stamped, "6 stamp")?;
    let key = (process.to_owned(), lease.epoch);
    demand(!docket.unpublished.contains(&key), "6 slashed")?;
    let answer_fee = answer_fee(house, &lease, paper)?;
    let joins = joins(docket, house, paper, &receipt)?;
    let bond = deposit::bond(docket, house, paper, process, 0, answer_fee);
    demand(house.free(&paper.owner) >= bond, "3.1 balance")?;

    let number = match joins {
        Some(number) => {
            deposit::join(docket, house, paper, number, bond);
            number
        }
        None => {
            let opening = Opening {
                kind: Kind::Publication,
                lease: &lease,
                message: &receipt.entry.message,
                slot: Some(receipt.slot),
                posted: None,
                bond,
            };
            deposit::open(docket, house, paper, &opening)
        }
    };
    let case = deposit::receipt(docket, number, joins.is_some());
    Ok(json!({"Process": process, "Posted": bond.to_string(), "Cases": [case]}))
}

/// The one receipt, of a slot of this process that is under the law.
fn receipt<'a>(house: &dyn House, paper: &'a Paper) -> Result<Receipt<'a>, Refused> {
    let [one] = paper.enclosed.as_slice() else {
        return Err(Refused("6 receipt"));
    };
    let receipt = one.receipt();
    let process = paper.process();
    let begins = process.and_then(|process| house.begins(process));
    let own = |receipt: &Receipt<'_>| {
        process == Some(receipt.signed.process.as_str())
            && begins.is_some_and(|begins| receipt.slot >= begins)
    };
    receipt.filter(own).ok_or(Refused("6 receipt"))
}

/// The lease of an epoch, live or held, if evidence that was mined then is in time (4.4).
pub(super) fn lease(house: &dyn House, process: &str, epoch: u64, mined: u64) -> Option<Lease> {
    let lease = house.lease(house.lease_of(process, epoch)?)?;
    let age = house.rules().evidence_max_age;
    let in_time = lease.ended.is_none_or(|ended| mined <= ended + age);
    in_time.then_some(lease)
}

/// The answer fee in force, if the item names no less.
pub(super) fn answer_fee(house: &dyn House, lease: &Lease, paper: &Paper) -> Result<u128, Refused> {
    let named = paper.amount("Answer-Fee").ok_or(Refused("3.1 amount"))?;
    let force = house.fees(lease.number, paper.mined).answer;
    demand(named >= force, "6.3 fees")?;
    Ok(force)
}

fn joins(
    docket: &Docket,
    house: &dyn House,
    paper: &Paper,
    receipt: &Receipt<'_>,
) -> Result<Option<u64>, Refused> {
    let about = |case: &&Case| {
        case.kind == Kind::Publication
            && case.process == receipt.signed.process
            && case.epoch == receipt.signed.epoch
            && case.slot == Some(receipt.slot)
            && case.message == receipt.entry.message
    };
    let Some(case) = docket.unfinished(house).find(about) else {
        return Ok(None);
    };
    deposit::may_join(case, paper)?;
    Ok(Some(case.number))
}
