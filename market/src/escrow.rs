//! `Fund` and `Settle`: money for a process, and a look at it (5.12, 5.14).

use serde_json::{Value, json};

use crate::amount;
use crate::bench::Bench;
use crate::court::Court;
use crate::leases::Duty;
use crate::message::Item;
use crate::outcome::{Judged, Refusal, Reply};
use crate::token::quantity;

/// Takes any process id; the sum waits for `Host` and never returns.
pub(crate) fn fund(court: &mut Court, item: &Item) -> Judged {
    let process = item.process().ok_or(Refusal("5.12 process"))?;
    let amount = quantity(item)?;
    court.ledger.covers(&item.owner, amount)?;

    court.ledger.debit(&item.owner, amount);
    court.ledger.fund(process, amount);
    end_arrears(court, process);
    let escrow = court.ledger.escrow(process).to_string();
    Ok(Reply::fields(json!({"Process": process, "Escrow": escrow})))
}

/// Arrears end with an escrow of rate × arrears.
fn end_arrears(court: &mut Court, process: &str) {
    let Some(index) = court.processes.find(process) else {
        return;
    };
    let number = court.processes.get(index).lease;
    let lease = number.and_then(|number| court.leases.get_mut(&number));
    let Some(lease) = lease.filter(|lease| matches!(lease.duty, Duty::Arrears { .. })) else {
        return;
    };
    let enough = amount::times(lease.rate, court.parameters.arrears);
    if court.ledger.escrow(process) >= enough {
        lease.duty = Duty::Plain;
        court.touch(index);
    }
}

/// The look was taken when the message named the process; this settles a case, if one is named, and says what it found.
pub(crate) fn settle(court: &mut Court, item: &Item, bench: &mut dyn Bench) -> Judged {
    let known = item.process().and_then(|id| court.processes.find(id));
    let known = known.ok_or(Refusal("5.12 process"))?;
    let case = item.tag("Case").map(|_number| bench.settle(court, item));
    let case = case.transpose()?;

    let mut shown = found(court, known);
    if let Some(state) = case {
        shown["State"] = json!(state);
    }
    Ok(Reply::fields(shown))
}

fn found(court: &Court, known: usize) -> Value {
    let process = court.processes.get(known);
    let escrow = court.ledger.escrow(&process.id).to_string();
    let lease = process.lease.and_then(|number| court.leases.get(&number));
    match lease {
        None => json!({"Process": process.id, "Escrow": escrow}),
        Some(lease) => json!({
            "Process": process.id, "Escrow": escrow, "Paid-To": lease.paid_to,
            "Owed": lease.owed.sum().to_string(),
        }),
    }
}
