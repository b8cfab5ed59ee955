//! What each operator has signed, slot by slot, and where that contradicts itself.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use aosec_wire::{Address, Id};

use super::evidence::{Content, Evidence};
use crate::docket::Fault;

/// Slots that are remembered: at some 200 bytes each, 50 MB.
pub const SLOTS_MAX: usize = 262_144;
/// Bytes of evidence that are remembered beside them.
pub const BYTES_MAX: usize = 64 * 1_024 * 1_024;

/// What one operator signs for one epoch of one process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lane {
    pub(super) operator: Address,
    pub(super) process: Id,
    pub(super) epoch: u64,
}

/// Two pieces of evidence that contradict each other.
#[derive(Debug)]
pub(super) struct Clash {
    pub(super) fault: Fault,
    pub(super) slot: u64,
    pub(super) evidence: [Arc<Evidence>; 2],
}

/// What was seen in a slot first, and what proves it.
#[derive(Clone, Debug)]
struct Seen {
    content: Content,
    by: Arc<Evidence>,
}

/// Everything that is remembered.
#[derive(Debug, Default)]
pub(super) struct Book {
    lanes: BTreeMap<Lane, BTreeMap<u64, Seen>>,
    /// The evidence in the order in which it was seen, with its lane.
    order: VecDeque<(Lane, Arc<Evidence>)>,
    slots: usize,
    bytes: usize,
}

impl Book {
    /// Compares a piece of evidence with all that is remembered, and remembers what is new in it.
    pub(super) fn take(
        &mut self,
        lane: Lane,
        evidence: Evidence,
        first_slot: u64,
    ) -> Option<Clash> {
        let evidence = Arc::new(evidence);
        let mut slots = evidence.slots();
        slots.retain(|(slot, _)| *slot >= first_slot);
        let known = self.lanes.entry(lane.clone()).or_default();
        let clash = double(known, &evidence, &slots).or_else(|| broken(known, &evidence, &slots));
        let new = remember(known, &evidence, &slots);
        if new > 0 {
            self.slots += new;
            self.bytes += evidence.bytes();
            self.order.push_back((lane, evidence));
        }
        self.forget();
        clash
    }

    /// What was seen first is forgotten first.
    fn forget(&mut self) {
        while self.slots > SLOTS_MAX || self.bytes > BYTES_MAX {
            let Some((lane, evidence)) = self.order.pop_front() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(evidence.bytes());
            let Some(known) = self.lanes.get_mut(&lane) else {
                continue;
            };
            let before = known.len();
            for (slot, _) in evidence.slots() {
                if known
                    .get(&slot)
                    .is_some_and(|seen| Arc::ptr_eq(&seen.by, &evidence))
                {
                    known.remove(&slot);
                }
            }
            self.slots = self.slots.saturating_sub(before - known.len());
            if known.is_empty() {
                self.lanes.remove(&lane);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        (self.slots, self.bytes)
    }
}

/// The first slot in which another content was signed (6.1: equal ones are no fault).
fn double(
    known: &BTreeMap<u64, Seen>,
    evidence: &Arc<Evidence>,
    slots: &[(u64, Content)],
) -> Option<Clash> {
    slots.iter().find_map(|(slot, content)| {
        let seen = known.get(slot).filter(|seen| seen.content != *content)?;
        Some(Clash {
            fault: Fault::Double,
            slot: *slot,
            evidence: [Arc::clone(&seen.by), Arc::clone(evidence)],
        })
    })
}

/// A slot whose chain does not lead from that of the slot before. Inside one record it always does.
fn broken(
    known: &BTreeMap<u64, Seen>,
    evidence: &Arc<Evidence>,
    slots: &[(u64, Content)],
) -> Option<Clash> {
    let (first, last) = (slots.first()?, slots.last()?);
    let before = first.0.checked_sub(1).and_then(|slot| known.get(&slot));
    let into = before.filter(|before| !follows(&before.content, &first.1));
    let into = into.map(|before| (first.0 - 1, [Arc::clone(&before.by), Arc::clone(evidence)]));
    let next = last.0.checked_add(1).and_then(|slot| known.get(&slot));
    let out = next.filter(|next| !follows(&last.1, &next.content));
    let out = out.map(|next| (last.0, [Arc::clone(evidence), Arc::clone(&next.by)]));
    let (slot, evidence) = into.or(out)?;
    Some(Clash {
        fault: Fault::Chain,
        slot,
        evidence,
    })
}

fn follows(before: &Content, next: &Content) -> bool {
    next.entry.chain_after(before.chain) == next.chain
}

/// Notes the slots that were not known; how many. The first content of a slot stays.
fn remember(
    known: &mut BTreeMap<u64, Seen>,
    evidence: &Arc<Evidence>,
    slots: &[(u64, Content)],
) -> usize {
    let before = known.len();
    for (slot, content) in slots {
        known.entry(*slot).or_insert_with(|| Seen {
            content: *content,
            by: Arc::clone(evidence),
        });
    }
    known.len() - before
}
