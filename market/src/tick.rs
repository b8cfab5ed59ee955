//! The Tick of a block: what is due is applied, in order, whole or later (3.5, 2.4, 2.8).

use crate::court::Court;
use crate::dispatch;
use crate::leases::{self, Shown};
use crate::message::Tick;
use crate::operators;
use crate::outcome::Outcome;
use crate::pay;
use crate::queue::{self, A_BLOCK, Due, Transition};

/// Applies a Tick.
pub(crate) fn run(court: &mut Court, tick: &Tick) -> Outcome {
    court.changes = Default::default();
    court.height = tick.height;
    let mut applied = 0;
    while let Some(due) = court.queue.first(tick.height) {
        if queue::is_stale(court, &due) {
            court.queue.remove(&due);
            continue;
        }
        if applied == A_BLOCK || !may_pass(court, tick, &due) {
            break;
        }
        court.queue.remove(&due);
        apply(court, tick, due.transition);
        applied += 1;
    }
    dispatch::silent(Ok(court))
}

/// Whether everything mined up to its deadline has run, and its head is there.
fn may_pass(court: &Court, tick: &Tick, due: &Due) -> bool {
    let jammed = tick.queued.is_some_and(|oldest| due.height > oldest);
    let head = queue::needs_head(court, due.transition);
    !jammed && head.is_none_or(|process| tick.logs.contains_key(process))
}

fn apply(court: &mut Court, tick: &Tick, transition: Transition) {
    match transition {
        Transition::Activation(operator) => operators::activate(court, operator),
        Transition::Held(lease) => leases::release(court, lease),
        Transition::Shrunk(lease) | Transition::Tombstoned(lease) | Transition::Leave(lease) => {
            end(court, tick, lease, Shown::Unhosted);
        }
        Transition::Arrears(lease) => end(court, tick, lease, Shown::Dormant),
    }
}

/// A kind that needs the head looks before it ends the lease.
fn end(court: &mut Court, tick: &Tick, lease: u64, shown: Shown) {
    let process = court.leases[&lease].process;
    let id = court.processes.get(process).id.clone();
    pay::look_at(court, &id, &tick.logs, tick.height);
    leases::end(court, lease, tick.height, shown);
}
