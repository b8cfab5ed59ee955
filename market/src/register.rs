//! `Register`: how a process that exists already comes under the court (5.15).

use serde_json::json;

use crate::amount;
use crate::court::Court;
use crate::hosting;
use crate::message::{Child, Item};
use crate::outcome::{Judged, Refusal, Reply, demand};
use crate::processes::{self, Process, Terms};
use crate::spelling;

pub(crate) fn register(court: &mut Court, item: &Item) -> Judged {
    let spawn = hosting::spawn(item).ok_or(Refusal("5.1 spawn"))?;
    demand(spawn.owner == item.owner, "5.15 owner")?;
    let known = court.processes.find(&spawn.id);
    let open = known.is_none_or(|index| court.processes.get(index).is_registered());
    demand(open, "5.1 known")?;
    demand(!spawn.has("Origin"), "5.15 origin")?;
    let scheduler = spawn.tag("Scheduler");
    demand(scheduler.is_some_and(spelling::is_hash), "5.1 scheduler")?;
    let process = asked(court, item, spawn)?;

    let reply = json!({"Process": process.id, "First": process.first});
    let index = match known {
        Some(index) => {
            let row = court.processes.get_mut(index);
            // One id is one spawn: what it says was known the first time.
            let scheduler = std::mem::take(&mut row.scheduler);
            *row = Process {
                scheduler,
                ..process
            };
            index
        }
        None => court.processes.add(process),
    };
    court.touch(index);
    Ok(Reply::fields(reply))
}

/// The row that the message asks for.
fn asked(court: &Court, item: &Item, spawn: &Child) -> Result<Process, Refusal> {
    let first = item.read("First-Slot", amount::read_count);
    let first = first.filter(|slot| *slot >= 1);
    let legacy = item.tag("Legacy-Chain");
    let legacy = legacy.filter(|text| spelling::is_hash(text));
    let (Some(first), Some(legacy)) = (first, legacy) else {
        return Err(Refusal("5.15 slot"));
    };
    let period = processes::period(court, item.tag("Challenge-Period"));
    let period = period.ok_or(Refusal("5.1 period"))?;
    let terms = Terms::of(period, |name| item.read(name, amount::read));
    let terms = terms.ok_or(Refusal("5.1 terms"))?;
    Ok(Process {
        first,
        begins: first,
        scheduler: spawn.tag("Scheduler").unwrap_or_default().to_owned(),
        legacy: Some(legacy.to_owned()),
        ..Process::new(&spawn.id, terms)
    })
}
