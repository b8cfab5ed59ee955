//! `Register`: how a process that exists already comes under the court (5.15).

use serde_json::json;

use crate::amount;
use crate::court::Court;
use crate::hosting;
use crate::message::Item;
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
    let wanted = asked(court, item)?;
    let process = Process {
        scheduler: scheduler.unwrap_or_default().to_owned(),
        ..wanted.row(&spawn.id)
    };

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

/// What is registered: the first slot under the law, the chain before it, the terms.
struct Registration {
    first: u64,
    legacy: String,
    terms: Terms,
}

impl Registration {
    fn row(self, id: &str) -> Process {
        Process {
            first: self.first,
            begins: self.first,
            legacy: Some(self.legacy),
            ..Process::new(id, self.terms)
        }
    }
}

/// What the tags of the message say.
fn asked(court: &Court, item: &Item) -> Result<Registration, Refusal> {
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
    Ok(Registration {
        first,
        legacy: legacy.to_owned(),
        terms: terms.ok_or(Refusal("5.1 terms"))?,
    })
}

/// The terms of a registered process, if a `Host` names all that is registered: it binds to nothing else.
pub(crate) fn agreed(court: &Court, item: &Item, process: &Process) -> Result<Terms, Refusal> {
    let named = asked(court, item).map_err(|_other| Refusal("5.15 terms"))?;
    let same = named.first == process.first
        && Some(&named.legacy) == process.legacy.as_ref()
        && named.terms == process.terms;
    demand(same, "5.15 terms")?;
    Ok(named.terms)
}
