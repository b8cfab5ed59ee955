//! Slots under a court: the canonical entry alone speaks, and its message is read from bundles, or where the base layer has ordered it,
//! from the inbox or the enclosure in which it stands (PROTOCOL 5.4, 5.8). A slot that the court has emptied has none (5.10).

use aosec_challenge::derive::Entry as Canonical;
use aosec_wire::{Process, VerifiedItem};

use super::derived::{SEARCHED_BLOCKS, derivation, gateway};
use super::{PAGE_BYTES, SourceError};
use crate::cu::replay::Entry;
use crate::cu::word::Word;
use crate::follow::Handle;
use crate::follow::pantry::Supply;
use crate::store::canonical::LogKey;

/// The entries of these slots, as far as a page goes.
pub(super) async fn entries(
    follow: &Handle,
    log: LogKey,
    spawn: &Process,
    slots: &[Canonical],
) -> Result<Vec<Entry>, SourceError> {
    let has_zero = slots.first().is_some_and(|first| first.slot == 0);
    let (zero, rest) = slots.split_at(usize::from(has_zero));
    let zero = zero.iter();
    let mut entries: Vec<_> = zero
        .map(|slot| entry(log, slot, Some(spawn.item.clone())))
        .collect();
    let (Some(first), Some(last)) = (rest.first(), rest.last()) else {
        return Ok(entries);
    };
    let empty = follow.empty_slots(log, first.slot, last.slot).await;
    let empty = empty.map_err(derivation)?;
    let bodies = follow.bodies(log, first.slot, last.slot, PAGE_BYTES).await;
    let mut bodies = bodies.map_err(derivation)?;
    let rest = rest.iter().filter(|slot| slot.slot < bodies.end);
    let rest: Vec<_> = rest.copied().collect();
    let needs = |slot: &&Canonical| {
        let found = bodies.found.get(&slot.slot);
        found.is_none_or(Option::is_none) && !empty.contains(&slot.slot)
    };
    let needed: Vec<_> = rest.iter().filter(needs).copied().collect();
    let mut supplies = supplies(follow, log, &needed).await?.into_iter();
    for slot in rest {
        if empty.contains(&slot.slot) {
            entries.push(Entry {
                message: None,
                assignment: Word::Canonical {
                    process: log.process,
                    entry: slot,
                    is_empty: true,
                },
            });
            continue;
        }
        let message = match bodies.found.remove(&slot.slot).flatten() {
            Some(body) => Some(body),
            None => match supplies.next() {
                Some(supply) => supply.message,
                // The page is full.
                None => break,
            },
        };
        entries.push(entry(log, &slot, message));
    }
    Ok(entries)
}

fn entry(log: LogKey, slot: &Canonical, message: Option<VerifiedItem>) -> Entry {
    Entry {
        message,
        assignment: Word::Canonical {
            process: log.process,
            entry: *slot,
            is_empty: false,
        },
    }
}

async fn supplies(
    follow: &Handle,
    log: LogKey,
    slots: &[Canonical],
) -> Result<Vec<Supply>, SourceError> {
    let (Some(first), Some(last)) = (slots.first(), slots.last()) else {
        return Ok(Vec::new());
    };
    let heights = first.height..=last.mined.saturating_add(SEARCHED_BLOCKS);
    let pantry = follow.pantry();
    let supplied = pantry.supply(log.process, slots, heights, PAGE_BYTES).await;
    supplied.map_err(gateway)
}
