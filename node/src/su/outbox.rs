//! What is published when: pure rules over runs of signed slots (D15, D5).
//!
//! 1. Runs gather for a block, or until a Data transaction is full.
//! 2. A run is in the next Log transaction once its items stand in a block, and all slots before it are in a record. Runs of one
//!    process that follow one another under one court are one record, as long as a record may be; it ends where the end of a batch is
//!    signed.

use std::{collections::BTreeMap, time::Duration};

use aosec_wire::{Id, limits::RECORD_ENTRIES_MAX, record::HeadSignature};

use super::registry::Signed;
use crate::{
    arweave::bundler::{DATA_BYTES_MAX, SLOTS_MAX},
    store::publication::{Run, Unrecorded, Waiting},
};

/// A transaction is posted once this many bytes wait (D15): what a bundle may hold, without its count.
pub(super) const FLUSH_BYTES: u64 = DATA_BYTES_MAX as u64 - 32;
/// A transaction is posted once this many slots wait (D15).
pub(super) const FLUSH_SLOTS: u64 = SLOTS_MAX as u64;
/// What each item takes in the header of a bundle.
const ROW_BYTES: u64 = 64;
/// Bytes of a record without its entries (222 with an ed25519 key, 1,198 with an RSA one), and of the item around it (some
/// 220), with room.
const RECORD_BYTES: u64 = 1_536;
/// Bytes of one entry of a record.
const ENTRY_BYTES: u64 = 48;

/// Cuts signed slots into runs that each fit into a transaction; a single larger slot is a run of its own.
pub fn runs(process: Id, signed: &[Signed]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for Signed {
        assignment,
        message_bytes,
    } in signed
    {
        let bytes = assignment.item().bytes().len() as u64 + message_bytes + 2 * ROW_BYTES;
        let (slot, stamped_height) = (assignment.nonce(), assignment.height());
        match runs.last_mut() {
            Some(run) if run.bytes + bytes <= FLUSH_BYTES => {
                run.last = slot;
                run.bytes += bytes;
            }
            _ => runs.push(Run {
                process,
                epoch: assignment.epoch(),
                first: slot,
                last: slot,
                bytes,
                stamped_height,
            }),
        }
    }
    runs
}

/// How many of the oldest waiting runs go into the next Data transaction; none while they may still gather: a run waits until a
/// block has passed since its stamp, or until the transaction is full.
pub fn due(waiting: &[Waiting], tip_height: u64) -> usize {
    let (mut bytes, mut slots, mut count) = (0, 0, 0);
    for Waiting { run, .. } in waiting {
        let run_slots = run.last - run.first + 1;
        if count > 0 && (bytes + run.bytes > FLUSH_BYTES || slots + run_slots > FLUSH_SLOTS) {
            return count;
        }
        (bytes, slots, count) = (bytes + run.bytes, slots + run_slots, count + 1);
    }
    let full = bytes >= FLUSH_BYTES || slots >= FLUSH_SLOTS;
    let old = waiting
        .iter()
        .any(|waiting| waiting.run.stamped_height < tip_height);
    if full || old { count } else { 0 }
}

/// A record to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The process.
    pub process: Id,
    /// The epoch of its host.
    pub epoch: u64,
    /// The slot of the first entry; slot 0 has none.
    pub first: u64,
    /// The slot of the last entry.
    pub last: u64,
    /// The lowest stamped height.
    pub stamped_height: u64,
    /// The runs that it covers.
    pub runs: Vec<i64>,
    /// The signature over its end.
    pub head: HeadSignature,
    /// The Origin that the signature covers.
    pub origin: Id,
}

impl Planned {
    /// How many entries it has.
    pub fn slots(&self) -> u64 {
        self.last - self.first + 1
    }
}

/// The records of the next Log transaction: of each process in the order of its slots, as many as fit. `unrecorded` are the
/// runs that no record covers, in the order of signing.
pub fn records(unrecorded: Vec<Unrecorded>) -> Vec<Planned> {
    let (mut bytes, mut planned) = (0, Vec::new());
    let mut logs: BTreeMap<Id, Log> = BTreeMap::new();
    for run in unrecorded {
        let log = logs.entry(run.waiting.run.process).or_default();
        let Some(piece) = log.piece(run) else {
            continue;
        };
        let new = log.extends(&planned, &piece).is_none();
        bytes += piece.slots() * ENTRY_BYTES + if new { RECORD_BYTES } else { 0 };
        if bytes > FLUSH_BYTES {
            break;
        }
        match log.extends(&planned, &piece) {
            Some(index) => extend(&mut planned[index], piece),
            None => {
                log.record = Some(planned.len());
                planned.push(piece);
            }
        }
    }
    planned
}

/// What is known of one process on the way through the runs.
#[derive(Debug, Default)]
struct Log {
    /// Runs since the last signed end.
    open: Vec<Waiting>,
    /// A run must wait, and so all behind it.
    waits: bool,
    /// Where its last record stands among those that are planned.
    record: Option<usize>,
}

impl Log {
    /// The smallest record that this run completes, if it does.
    fn piece(&mut self, run: Unrecorded) -> Option<Planned> {
        self.waits |= !run.has_data;
        if self.waits {
            return None;
        }
        self.open.push(run.waiting);
        let head = run.head?;
        let open = std::mem::take(&mut self.open);
        let (first, last) = (open.first()?.run, run.waiting.run);
        Some(Planned {
            process: last.process,
            epoch: last.epoch,
            first: first.first.max(1),
            last: last.last,
            stamped_height: first.stamped_height,
            runs: open.iter().map(|waiting| waiting.number).collect(),
            head,
            origin: run.origin,
        })
    }

    /// The planned record that may go on with this piece.
    fn extends(&self, planned: &[Planned], piece: &Planned) -> Option<usize> {
        let index = self.record?;
        let record = planned.get(index)?;
        let fits = record.slots() + piece.slots() <= RECORD_ENTRIES_MAX as u64;
        let is_same = (record.epoch, record.origin) == (piece.epoch, piece.origin);
        (fits && is_same).then_some(index)
    }
}

fn extend(record: &mut Planned, piece: Planned) {
    record.last = piece.last;
    record.head = piece.head;
    record.runs.extend(piece.runs);
}

/// Blocks since the oldest unpublished stamp, those that were due since the last one included: behind gateways that are silent
/// the tip stands still, and the duty to publish does not.
pub fn lag(oldest_height: Option<u64>, tip_height: Option<u64>, due_blocks: u64) -> u64 {
    let lag = |tip: u64| tip.saturating_sub(oldest_height.unwrap_or(tip));
    tip_height.map_or(0, |tip| lag(tip).saturating_add(due_blocks))
}

/// Blocks that are due after so long without one.
pub(super) fn due_blocks(still_for: Duration, block_time: Duration) -> u64 {
    let blocks = still_for.as_millis() / block_time.as_millis().max(1);
    u64::try_from(blocks).unwrap_or(u64::MAX)
}

/// Whether the oldest unpublished stamp is too old to take new messages (D5).
pub fn is_stalled(lag_blocks: u64, stop_after_blocks: u64) -> bool {
    lag_blocks > stop_after_blocks
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
