//! What stands in the next slots of a log: pure rules, no clock, no disk, no key.
//!
//! 1. Slots are contiguous; the first batch begins at slot 0, the spawn.
//! 2. Stamps grow strictly: `max(now, previous + 1)`, so that a reader who pages by time misses nothing (PROTOCOL 5.4).
//! 3. Heights never fall: `max(tip, previous)`.
//! 4. The log chain of every slot is known before anything is signed. The legacy chain needs the id of the assignment
//!    before, so it is computed while signing, in order; signatures are deterministic, and so is all of it (D2, D4).
//!
//! A [`Batch`] is the unit that is committed, guarded and signed. Who may sign it is decided in [`super::guard`].

use aosec_wire::{Assignment, AssignmentPlan, Chain, Id, assignment::next_log_chain};

use crate::store::joined::Seam;

/// Slots in one batch: as many as one fsync should carry. The first of them waits while the last is signed, some 10 ms.
pub const BATCH_SLOTS: usize = 256;

/// How far stamps may run ahead of the clock: half of what the law lets them run ahead of the mining block (PROTOCOL 5.4).
/// They do so where the clock was set back, or where one process gets more than a message a millisecond.
pub const STAMP_LEAD_MS: u64 = 1_800_000;

/// The planned content of some contiguous slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The process whose log it continues.
    pub process: Id,
    /// The epoch of the signing host.
    pub epoch: u64,
    /// The first slot.
    pub first: u64,
    /// Where the log stands before; none where the batch begins with slot 0.
    pub before: Option<Before>,
    /// What stands in the slots, at least one.
    pub slots: Vec<Slot>,
}

/// The signed end of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// The id of the last assignment.
    pub assignment: Id,
    /// Both chains there.
    pub chain: Chain,
}

/// What stands in one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The message; in slot 0 the process itself.
    pub message: Id,
    /// The stamped height.
    pub height: u64,
    /// The stamped time in milliseconds.
    pub timestamp: u64,
    /// Fields that an assignment by reference leaves out.
    pub exclude: Vec<String>,
}

/// What wants a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entrant {
    /// The message; for slot 0 the process itself.
    pub message: Id,
    /// Fields that an assignment by reference leaves out.
    pub exclude: Vec<String>,
}

/// The clock is too far behind the last stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock is {behind_ms} ms behind the last stamp of this log, at most {STAMP_LEAD_MS} are allowed: set the clock"
)]
pub struct ClockBehind {
    /// Milliseconds between the stamp that would be given and the clock.
    pub behind_ms: u64,
}

/// The next batch of the log that ends with `last` (none for a new process).
pub fn next_batch(
    process: Id,
    last: Option<&Assignment>,
    entrants: Vec<Entrant>,
    now_ms: u64,
    tip_height: u64,
) -> Result<Batch, ClockBehind> {
    let (mut height, mut timestamp) = last.map_or((0, 0), |last| (last.height(), last.timestamp()));
    let mut slots = Vec::with_capacity(entrants.len());
    for Entrant { message, exclude } in entrants {
        (height, timestamp) = (height.max(tip_height), now_ms.max(timestamp + 1));
        slots.push(Slot {
            message,
            height,
            timestamp,
            exclude,
        });
    }
    let behind_ms = timestamp.saturating_sub(now_ms);
    if behind_ms > STAMP_LEAD_MS {
        return Err(ClockBehind { behind_ms });
    }
    let first = last.map_or(0, |last| last.nonce() + 1);
    let epoch = last.map_or(0, Assignment::epoch);
    Ok(Batch {
        process,
        epoch,
        first,
        before: last.and_then(Before::after),
        slots,
    })
}

impl Before {
    /// The end of a log that goes on under a court, whose last assignment before is this.
    pub fn at(seam: &Seam, last: &Assignment) -> Self {
        Self {
            assignment: last.id(),
            chain: seam.chain(last.process()),
        }
    }

    /// The end of a log whose last assignment is this; none where a foreign scheduler wrote no log chain.
    pub fn after(last: &Assignment) -> Option<Self> {
        last.chain().map(|chain| Self {
            assignment: last.id(),
            chain,
        })
    }
}

impl Batch {
    /// The last slot.
    pub fn last(&self) -> u64 {
        self.first + (self.slots.len() as u64).saturating_sub(1)
    }

    /// The log chain at each slot.
    pub fn log_chains(&self) -> Vec<Id> {
        let mut chain = self.before.map(|before| before.chain.log);
        let step = |slot: &Slot| {
            let next = chain.map_or(Chain::genesis(self.process).log, |log| {
                next_log_chain(log, slot.message, slot.height, slot.timestamp)
            });
            chain = Some(next);
            next
        };
        self.slots.iter().map(step).collect()
    }

    /// The log chain at the last slot.
    pub fn last_log_chain(&self) -> Id {
        // A batch has at least one slot, so the id of the process is never taken here.
        self.log_chains().pop().unwrap_or(self.process)
    }

    /// What is to be signed for the slot `first + index`, once `before` (the slot before it) is signed.
    pub fn assignment(&self, index: usize, before: Option<Before>) -> Option<AssignmentPlan> {
        let slot = self.slots.get(index)?;
        let nonce = self.first + index as u64;
        let chain = before.map_or(Chain::genesis(self.process), |before| {
            before
                .chain
                .next(before.assignment, slot.message, slot.height, slot.timestamp)
        });
        Some(AssignmentPlan {
            process: self.process,
            epoch: self.epoch,
            nonce,
            message: (nonce > 0).then_some(slot.message),
            height: slot.height,
            timestamp: slot.timestamp,
            chain,
            exclude: slot.exclude.clone(),
            base_layer: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use aosec_wire::SigningKey;
    use proptest::prelude::*;

    use super::*;

    fn sign(batch: &Batch) -> Vec<Assignment> {
        let key = SigningKey::ed25519([1; 32]);
        let mut before = batch.before;
        let mut signed = Vec::new();
        while let Some(plan) = batch.assignment(signed.len(), before) {
            let assignment = plan.sign(&key).unwrap();
            before = Before::after(&assignment);
            signed.push(assignment);
        }
        signed
    }

    fn entrants(count: usize, seed: u8) -> Vec<Entrant> {
        let message = |number| Id::sha256(&[seed, number as u8]);
        (0..count)
            .map(|n| Entrant {
                message: message(n),
                exclude: Vec::new(),
            })
            .collect()
    }

    /// A whole log from what the clock and the tip said at each batch.
    fn log(batches: &[(usize, u64, u64)]) -> Vec<Assignment> {
        let process = Id::new([7; 32]);
        let mut log: Vec<Assignment> = Vec::new();
        for (seed, (count, now, tip)) in batches.iter().enumerate() {
            let entrants = entrants(*count, seed as u8);
            let Ok(batch) = next_batch(process, log.last(), entrants, *now, *tip) else {
                continue;
            };
            let signed = sign(&batch);
            let chains: Vec<_> = signed.iter().filter_map(Assignment::log_chain).collect();
            assert_eq!(chains, batch.log_chains());
            assert_eq!(signed.last().map(Assignment::nonce), Some(batch.last()));
            log.extend(signed);
        }
        log
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn a_log_follows_the_law_whatever_clock_and_tip_do(
            batches in prop::collection::vec((1..5_usize, 0..5_000_000_u64, 0..50_u64), 1..8)
        ) {
            let log = log(&batches);
            for (slot, one) in log.iter().enumerate() {
                prop_assert_eq!(one.nonce(), slot as u64);
                prop_assert_eq!(one.message().is_some(), slot > 0);
            }
            prop_assert_eq!(log[0].chain(), Some(Chain::genesis(Id::new([7; 32]))));
            for pair in log.windows(2) {
                let (one, next) = (&pair[0], &pair[1]);
                prop_assert!(one.timestamp() < next.timestamp());
                prop_assert!(one.height() <= next.height());
                let follows = one.chain().unwrap().next(
                    one.id(), next.message().unwrap(), next.height(), next.timestamp());
                prop_assert_eq!(next.chain(), Some(follows));
            }
        }
    }

    #[test]
    fn a_clock_far_behind_the_log_stops_it() {
        let process = Id::new([7; 32]);
        let first = next_batch(process, None, entrants(1, 0), 10 * STAMP_LEAD_MS, 0).unwrap();
        let last = sign(&first).pop().unwrap();
        let next = |now| next_batch(process, Some(&last), entrants(1, 1), now, 0);
        let edge = last.timestamp() + 1 - STAMP_LEAD_MS;
        assert_eq!(next(edge).unwrap().slots[0].timestamp, last.timestamp() + 1);
        assert_eq!(
            next(edge - 1),
            Err(ClockBehind {
                behind_ms: STAMP_LEAD_MS + 1
            })
        );
    }
}
