//! `Host` and `Leave`: how an operator takes a process, and gives notice (5.1, 5.13).

use serde_json::json;

use crate::amount::{self, Amount};
use crate::court::Court;
use crate::delay::Buffer;
use crate::keys;
use crate::leases::{self, Duty, LEASES, Lease};
use crate::message::{Child, Item};
use crate::operators::Standing;
use crate::outcome::{Judged, Refusal, Reply, demand};
use crate::pay::Owed;
use crate::processes::{self, Process, Terms};
use crate::queue::Transition;
use crate::register;

/// What a `Host` offers.
struct Offer {
    rate: Amount,
    fee_cap: Amount,
    answer_cap: Amount,
}

pub(crate) fn host(court: &mut Court, item: &Item) -> Judged {
    let operator = may_host(court, item)?;
    let spawn = spawn(item).ok_or(Refusal("5.1 spawn"))?;
    let known = court.processes.find(&spawn.id);
    let registered = known.map(|index| court.processes.get(index));
    demand(registered.is_none_or(Process::is_registered), "5.1 known")?;
    let terms = match registered {
        Some(process) => register::agreed(court, item, process)?,
        None => terms(court, spawn)?,
    };
    let offer = offer(court, item, &terms)?;
    let scheduler = spawn.tag("Scheduler");
    let counts = scheduler.is_some_and(|key| keys::counts(court, operator, key, item.mined));
    demand(counts, "5.1 scheduler")?;
    demand(
        court.ledger.escrow(&spawn.id) >= terms.deposit,
        "5.1 escrow",
    )?;
    let free = court.operators.get(operator).free_stake();
    demand(free >= terms.min_allocation, "4.4 stake")?;

    let allocation = terms.min_allocation;
    let scheduler = scheduler.unwrap_or_default().to_owned();
    let period = terms.period;
    // One id is one spawn: of a registered process everything is known.
    let process = known.unwrap_or_else(|| {
        let new = Process::new(&spawn.id, terms);
        court.processes.add(Process { scheduler, ..new })
    });
    let epoch = court.processes.get(process).epoch;
    let buffer = Buffer::full(period, item.run);
    let lease = Lease {
        epoch,
        ..lease(process, operator, offer, allocation, buffer, item.run)
    };
    let number = leases::begin(court, lease);
    let row = court.processes.get(process);
    Ok(Reply::fields(json!({
        "Process": row.id, "Epoch": row.epoch, "First": row.first, "Lease": number,
    })))
}

fn may_host(court: &Court, item: &Item) -> Result<usize, Refusal> {
    let index = court.operators.of_operator(&item.owner);
    let index = index.ok_or(Refusal("4 operator"))?;
    let record = court.operators.get(index);
    demand(!record.tombstoned, "4 tombstoned")?;
    demand(record.standing() == Standing::Bonded, "4 state")?;
    demand(!record.jail.holds_at(item.run), "4 jailed")?;
    demand(record.bond >= court.parameters.min_bond, "4 min-bond")?;
    demand(record.leases.len() < LEASES, "4.1 leases")?;
    Ok(index)
}

/// The one child, if it is a spawn.
pub(crate) fn spawn(item: &Item) -> Option<&Child> {
    match item.children() {
        [child] if child.says("Type", "Process") && child.says("Data-Protocol", "ao") => {
            Some(child)
        }
        _ => None,
    }
}

/// The terms of a spawn that opts in to this court.
fn terms(court: &Court, spawn: &Child) -> Result<Terms, Refusal> {
    demand(spawn.says("Origin", &court.origin), "5.1 origin")?;
    let asked = spawn.has("Challenge-Period");
    let text = spawn.tag("Challenge-Period");
    demand(!asked || text.is_some(), "5.1 period")?;
    let period = processes::period(court, text).ok_or(Refusal("5.1 period"))?;
    let terms = Terms::of(period, |name| spawn.read(name, amount::read));
    terms.ok_or(Refusal("5.1 terms"))
}

fn offer(court: &Court, item: &Item, terms: &Terms) -> Result<Offer, Refusal> {
    let within = |name: &str| {
        let amount = item.read(name, amount::read);
        amount.filter(|amount| *amount <= terms.max_fee)
    };
    let rate = within("Rate").filter(|rate| *rate >= 1);
    let offer = Offer {
        rate: rate.ok_or(Refusal("5.1 rate"))?,
        fee_cap: within("Fee-Cap").ok_or(Refusal("5.1 cap"))?,
        answer_cap: within("Answer-Cap").ok_or(Refusal("5.1 cap"))?,
    };
    let floor = court.parameters.answer_fee_floor;
    demand(offer.answer_cap >= floor, "4.6 floor")?;
    Ok(offer)
}

fn lease(
    process: usize,
    operator: usize,
    offer: Offer,
    allocation: Amount,
    buffer: Buffer,
    height: u64,
) -> Lease {
    Lease {
        process,
        operator,
        epoch: 0,
        rate: offer.rate,
        fee_cap: offer.fee_cap,
        answer_cap: offer.answer_cap,
        allocation,
        start: height,
        paid_to: height,
        owed: Owed::default(),
        duty: Duty::Plain,
        buffer,
        shrinking: false,
        ended: None,
        overdue: false,
    }
}

/// Fixes the end of the epoch; pay and duties last to it.
pub(crate) fn leave(court: &mut Court, item: &Item) -> Judged {
    let process = item.process().and_then(|id| court.processes.find(id));
    let process = process.ok_or(Refusal("5.13 hosted"))?;
    let number = court.processes.get(process).lease;
    let number = number.ok_or(Refusal("5.13 hosted"))?;
    let lease = &court.leases[&number];
    let host = &court.operators.get(lease.operator).address;
    demand(*host == item.owner, "5.13 host")?;
    demand(lease.duty != Duty::Notice, "5.13 notice")?;
    demand(lease.duty == Duty::Plain, "5.14 arrears")?;

    let due = item.run + court.parameters.notice + 1;
    court.queue.schedule(due, Transition::Leave(number));
    if let Some(lease) = court.leases.get_mut(&number) {
        lease.duty = Duty::Notice;
    }
    court.touch(process);
    let row = court.processes.get(process);
    Ok(Reply::fields(
        json!({"Process": row.id, "Epoch": row.epoch, "Due": due}),
    ))
}
