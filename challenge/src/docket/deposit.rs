//! What challengers post and what becomes of it; how a case is opened and joined (6.2, 6.4, 6.6).

use serde_json::{Value, json};

use super::case::{Amount, CHALLENGERS, Case, Challenger, Kind, Posted, State};
use super::due::Entry;
use super::house::{House, Lease};
use super::paper::{Paper, Place};
use super::{Docket, Refused, demand};

/// A bond is so many answer fees.
const BOND_FEES: Amount = 10;

/// So many open cases of one sender double his bond.
const DOUBLING: usize = 8;

/// Doublings at most.
const DOUBLINGS: usize = 6;

/// What is about to be opened.
pub(super) struct Opening<'a> {
    pub(super) kind: Kind,
    pub(super) lease: &'a Lease,
    pub(super) message: &'a str,
    pub(super) slot: Option<u64>,
    pub(super) posted: Option<Posted>,
    pub(super) bond: Amount,
}

/// The bond of a sender, who has named `earlier` messages before in the same item.
pub(super) fn bond(
    docket: &Docket,
    house: &dyn House,
    paper: &Paper,
    process: &str,
    earlier: usize,
    answer_fee: Amount,
) -> Amount {
    let own = docket
        .cases()
        .iter()
        .filter(|case| case.process == process && case.has(&paper.owner));
    let open = own.filter(|case| docket.state(house, case) == State::Open);
    let doublings = ((open.count() + earlier) / DOUBLING).min(DOUBLINGS);
    (BOND_FEES * answer_fee) << doublings
}

/// Blocks from the opening to the deadline.
pub(super) fn window(house: &dyn House, lease: &Lease) -> u64 {
    let floor = house.rules().window_floor;
    match lease.ended {
        None => floor.max(lease.period.min(lease.buffer)),
        Some(_) => floor,
    }
}

/// Whether a case that is there may be joined.
pub(super) fn may_join(case: &Case, paper: &Paper) -> Result<(), Refused> {
    demand(paper.mined <= case.deadline, "6.4 late")?;
    demand(case.challengers.len() < CHALLENGERS, "6.4 full")?;
    demand(!case.has(&paper.owner), "6.4 twice")
}

/// Opens a case; its number.
pub(super) fn open(
    docket: &mut Docket,
    house: &mut dyn House,
    paper: &Paper,
    opening: &Opening<'_>,
) -> u64 {
    let here = u64::try_from(docket.cases.len()).unwrap_or(u64::MAX / 2);
    let number = docket.forgotten + here + 1;
    let lease = opening.lease;
    let deadline = paper.run + window(house, lease);
    let fees = opening.posted.map_or(0, |fees| fees.message + fees.answer);
    house.take(&paper.owner, opening.bond + fees);
    let falls = opening.kind == Kind::Liveness;
    house.name(lease.number, number, paper.run, true, falls);
    docket.cases.push(Case {
        number,
        kind: opening.kind,
        state: State::Open,
        process: lease.process.clone(),
        lease: lease.number,
        epoch: lease.epoch,
        operator: lease.operator.clone(),
        owner: lease.owner.clone(),
        message: opening.message.to_owned(),
        slot: opening.slot,
        opened: paper.run,
        deadline,
        publish_by: None,
        ended: None,
        posted: opening.posted,
        challengers: vec![challenger(paper, opening.bond)],
        bonds_held: true,
    });
    docket.touch(number);
    docket.schedule(house, deadline + 1, Entry::Deadline(number));
    number
}

/// Joins an open case; what is seen of its row stays as it was.
pub(super) fn join(
    docket: &mut Docket,
    house: &mut dyn House,
    paper: &Paper,
    number: u64,
    bond: Amount,
) {
    house.take(&paper.owner, bond);
    let case = docket.cases.iter_mut().find(|case| case.number == number);
    if let Some(case) = case {
        case.challengers.push(challenger(paper, bond));
    }
}

fn challenger(paper: &Paper, bond: Amount) -> Challenger {
    Challenger {
        address: paper.owner.clone(),
        bond,
        mined: paper.mined,
    }
}

/// How a challenge is answered, case by case.
pub(super) fn receipt(docket: &Docket, number: u64, joined: bool) -> Value {
    let case = docket.case(number);
    case.map_or(Value::Null, |case| {
        json!({
            "Case": number, "Message": case.message, "Deadline": case.deadline, "Joined": joined,
        })
    })
}

/// All bonds go back.
pub(super) fn return_bonds(docket: &mut Docket, house: &mut dyn House, number: u64) {
    settle_bonds(docket, house, number, |_challenger| false);
}

/// At the answer: who challenged what had been public for long loses his bond, half of it to the host's owner (6.2).
pub(super) fn judge_bonds(
    docket: &mut Docket,
    house: &mut dyn House,
    number: u64,
    canonical: Option<Place>,
) {
    let before = house.rules().public_before;
    settle_bonds(docket, house, number, |one| {
        canonical.is_some_and(|place| place.mined + before <= one.mined)
    });
}

fn settle_bonds(
    docket: &mut Docket,
    house: &mut dyn House,
    number: u64,
    is_lost: impl Fn(&Challenger) -> bool,
) {
    let Some(case) = docket.case(number).filter(|case| case.bonds_held) else {
        return;
    };
    for one in &case.challengers {
        match is_lost(one) {
            false => house.give(&one.address, one.bond),
            true => lose(house, &case.owner, one.bond),
        }
    }
    docket.write(number, |case| case.bonds_held = false);
}

/// ⌊bond/2⌋ for somebody, the rest is burned.
pub(super) fn lose(house: &mut dyn House, to: &str, bond: Amount) {
    house.give(to, bond / 2);
    house.burn(bond - bond / 2);
}

/// The fees that nobody has got yet go back to the opener.
pub(super) fn return_fees(docket: &Docket, house: &mut dyn House, number: u64) {
    let Some(case) = docket.case(number) else {
        return;
    };
    let unpaid = match (case.posted, case.state) {
        (Some(posted), State::Open) => posted.message + posted.answer,
        (Some(posted), State::Answered) => posted.message,
        _ => 0,
    };
    if let Some(opener) = case.challengers.first() {
        house.give(&opener.address, unpaid);
    }
}

/// A finished case: it names nobody any more.
pub(super) fn finish(
    docket: &mut Docket,
    house: &mut dyn House,
    number: u64,
    state: State,
    height: u64,
) {
    docket.write(number, |case| {
        case.state = state;
        case.ended = Some(height);
    });
    if let Some(case) = docket.case(number) {
        house.unname(case.lease, number);
    }
}
