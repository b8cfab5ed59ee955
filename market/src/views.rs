//! What anyone may read: parameters, operators, processes (message table).

use serde_json::{Map, Value, json};

use crate::authorities;
use crate::court::Court;
use crate::leases::Lease;
use crate::message::Item;
use crate::operators::Operator;
use crate::outcome::{Judged, Refusal, Reply};
use crate::processes::{self, Process};
use crate::token::first;

/// Rows that one message shows.
const PAGE: usize = 100;

pub(crate) fn params(court: &mut Court, _: &Item) -> Judged {
    let parameters = court.parameters.to_json();
    Ok(Reply::fields(
        json!({"Height": court.height, "Parameters": parameters}),
    ))
}

pub(crate) fn operators(court: &mut Court, item: &Item) -> Judged {
    let all = court.operators.rows();
    let one = item.tag("Operator").map(|address| {
        let index = court.operators.of_operator(address);
        index.ok_or(Refusal("4 operator"))
    });
    let one = one.transpose()?;
    let page = page(one, all.len(), item);
    let rows = page
        .clone()
        .map(|index| operator(court, index, &all[index]));
    Ok(shown(
        court,
        rows.collect(),
        &page,
        all.len(),
        one.is_some(),
    ))
}

pub(crate) fn processes(court: &mut Court, item: &Item) -> Judged {
    let all = court.processes.rows();
    let one = item.tag("Process").map(|id| {
        let index = court.processes.find(id);
        index.ok_or(Refusal("5.12 process"))
    });
    let one = one.transpose()?;
    let page = page(one, all.len(), item);
    let rows = all[page.clone()].iter().map(|row| process(court, row));
    Ok(shown(
        court,
        rows.collect(),
        &page,
        all.len(),
        one.is_some(),
    ))
}

/// The one row, or those from the tag `First` on, 100 at most.
fn page(one: Option<usize>, all: usize, item: &Item) -> std::ops::Range<usize> {
    match one {
        Some(index) => index..index + 1,
        None => {
            let start = first(item).saturating_sub(1).min(all);
            start..all.min(start + PAGE)
        }
    }
}

fn shown(
    court: &Court,
    rows: Vec<Value>,
    page: &std::ops::Range<usize>,
    all: usize,
    one: bool,
) -> Reply {
    let mut fields = json!({"Height": court.height, "Rows": rows});
    if !one && page.end < all {
        fields["Next"] = json!(page.end + 1);
    }
    Reply::fields(fields)
}

fn operator(court: &Court, index: usize, row: &Operator) -> Value {
    let entries = row.pool.entries().iter();
    let entries: Vec<Value> = entries
        .map(|entry| {
            let worth = row.pool.worth(entry).to_string();
            json!({"Amount": entry.amount.to_string(), "Worth": worth, "Ripe": entry.ripe})
        })
        .collect();
    let mut shown = json!({
        "Operator": row.address, "Owner": row.owner, "Url": row.url,
        "State": row.standing().shown(), "Hot-Key": row.hot_key,
        "Bond": row.bond.to_string(), "Live": row.live.to_string(), "Reserves": "0",
        "Held": row.held.to_string(), "Free": row.free_stake().to_string(),
        "Pool": row.pool.sum().to_string(), "Unbonding": entries,
        "Leases": row.leases.len(), "Cases": court.cases_of(index),
        "Fee": row.fee.to_json(), "Answer-Fee": row.answer_fee.to_json(),
        "Tombstoned": row.tombstoned,
    });
    if let Some(keys) = authorities::shown(row) {
        shown["Authorities"] = keys;
    }
    if row.bond > 0 {
        shown["Bonded-At"] = json!(row.bonding.began);
    }
    if let Some(until) = row.jail.until() {
        shown["Jailed-Until"] = json!(until);
    }
    shown
}

fn process(court: &Court, row: &Process) -> Value {
    let terms = &row.terms;
    let mut shown = json!({
        "Process": row.id, "State": processes::shown(court, row), "Epoch": row.epoch,
        "First": row.first, "Period": terms.period, "Max-Fee": terms.max_fee.to_string(),
        "Min-Allocation": terms.min_allocation.to_string(),
        "Hosting-Deposit": terms.deposit.to_string(),
        "Escrow": court.ledger.escrow(&row.id).to_string(),
    });
    if let Some((height, _)) = row.ended {
        shown["U"] = json!(height);
    }
    if let Some(legacy) = &row.legacy {
        shown["Legacy"] = json!(legacy);
    }
    if let Some(number) = row.lease {
        shown["Lease"] = Value::Object(lease(court, number, &court.leases[&number]));
    }
    shown
}

fn lease(court: &Court, number: u64, lease: &Lease) -> Map<String, Value> {
    let operator = court.operators.get(lease.operator);
    let shown = json!({
        "Number": number, "Operator": operator.address, "Rate": lease.rate.to_string(),
        "Fee-Cap": lease.fee_cap.to_string(), "Answer-Cap": lease.answer_cap.to_string(),
        "Allocation": lease.allocation.to_string(), "Start": lease.start,
        "Paid-To": lease.paid_to, "Owed": lease.owed.sum().to_string(),
        "Buffer": lease.buffer.hundredths(), "Cases": court.named.count(number),
    });
    shown.as_object().cloned().unwrap_or_default()
}
