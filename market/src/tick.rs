//! The Tick of a block: what is due is applied, in order, whole or later (3.5, 2.4, 2.8).

use crate::bench::{Bench, Need};
use crate::court::Court;
use crate::dispatch;
use crate::leases::{self, Shown};
use crate::message::Tick;
use crate::operators;
use crate::outcome::Outcome;
use crate::pay;
use crate::queue::{self, A_BLOCK, Due, Transition};

/// Applies a Tick.
pub(crate) fn run(court: &mut Court, tick: &Tick, bench: &mut dyn Bench) -> Outcome {
    court.changes = Default::default();
    court.height = tick.height;
    bench.forget(court);
    let mut applied = 0;
    while let Some(due) = court.queue.first(tick.height) {
        let Some(need) = queue::need(court, &due, bench) else {
            court.queue.remove(&due);
            continue;
        };
        if applied == A_BLOCK || !may_pass(tick, &due, &need) {
            break;
        }
        court.queue.remove(&due);
        if let Some(process) = &need.process {
            pay::look_at(court, process, &tick.logs, tick.height);
        }
        apply(court, tick, due.transition, bench);
        applied += 1;
    }
    dispatch::silent(Ok((court, bench)))
}

/// Whether everything mined up to its deadline has run, and its head and place are there.
fn may_pass(tick: &Tick, due: &Due, need: &Need) -> bool {
    let jammed = tick.queued.is_some_and(|oldest| due.height > oldest);
    let there = need.process.as_ref().is_none_or(|process| {
        let head = tick.logs.get(process);
        head.is_some_and(|head| {
            let message = need.message.as_ref();
            message.is_none_or(|message| head.of.contains_key(message))
        })
    });
    !jammed && there
}

fn apply(court: &mut Court, tick: &Tick, transition: Transition, bench: &mut dyn Bench) {
    let mut end = |lease, shown| leases::end(court, lease, tick.height, shown, None);
    match transition {
        Transition::Shrunk(lease) | Transition::Tombstoned(lease) | Transition::Leave(lease) => {
            end(lease, Shown::Unhosted);
        }
        Transition::Arrears(lease) => end(lease, Shown::Dormant),
        Transition::Activation(operator) => operators::activate(court, operator),
        Transition::Held(lease) => leases::expire(court, lease),
        Transition::Foreign(entry) => bench.apply(court, tick, entry),
    }
}
