//! `Fund` and `Settle`: money for a process, and a look at it (5.12, 5.14).

use serde_json::json;

use crate::amount;
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

/// The look was taken when the message named the process; this says what it found.
pub(crate) fn settle(court: &mut Court, item: &Item) -> Judged {
    let known = item.process().and_then(|id| court.processes.find(id));
    let process = court.processes.get(known.ok_or(Refusal("5.12 process"))?);
    let escrow = court.ledger.escrow(&process.id).to_string();
    let lease = process.lease.and_then(|number| court.leases.get(&number));
    Ok(Reply::fields(match lease {
        None => json!({"Process": process.id, "Escrow": escrow}),
        Some(lease) => json!({
            "Process": process.id, "Escrow": escrow, "Paid-To": lease.paid_to,
            "Owed": lease.owed.sum().to_string(),
        }),
    }))
}
