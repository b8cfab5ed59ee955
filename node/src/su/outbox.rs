//! What is published when: pure rules over runs of signed slots (D15, D5).

use aosec_wire::Id;

use super::registry::Signed;
use crate::{
    arweave::bundler::{DATA_BYTES_MAX, SLOTS_MAX},
    store::publication::{Posted, Run, Waiting},
};

/// A transaction is posted once this many bytes wait (D15): what a bundle may hold, without its count.
pub(super) const FLUSH_BYTES: u64 = DATA_BYTES_MAX as u64 - 32;
/// A transaction is posted once this many slots wait (D15).
pub(super) const FLUSH_SLOTS: u64 = SLOTS_MAX as u64;
/// What each item takes in the header of a bundle.
const ROW_BYTES: u64 = 64;

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
                first: slot,
                last: slot,
                bytes,
                stamped_height,
            }),
        }
    }
    runs
}

/// How many of the oldest waiting runs go into the next transaction; none while they may still gather: a run waits until a
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

/// Whether a transaction that no gateway knows is given up, and what it carried posted again.
pub fn is_lost(posted: &Posted, tip_height: u64, repost_after_blocks: u64) -> bool {
    tip_height.saturating_sub(posted.posted_height) > repost_after_blocks
}

/// Whether the oldest unpublished stamp is too old to take new messages (D5).
pub fn is_stalled(oldest_height: Option<u64>, tip_height: u64, stop_after_blocks: u64) -> bool {
    oldest_height.is_some_and(|oldest| tip_height.saturating_sub(oldest) > stop_after_blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(number: i64, slots: u64, bytes: u64, stamped_height: u64) -> Waiting {
        let run = Run {
            process: Id::new([1; 32]),
            first: 10,
            last: 9 + slots,
            bytes,
            stamped_height,
        };
        Waiting { number, run }
    }

    #[test]
    fn runs_gather_for_a_block_or_until_full() {
        let small = [waiting(1, 5, 100, 7), waiting(2, 5, 100, 8)];
        assert_eq!(due(&[], 9), 0);
        assert_eq!(due(&small, 7), 0);
        assert_eq!(due(&small, 8), 2);
        assert_eq!(due(&[waiting(1, 1, FLUSH_BYTES, 9)], 9), 1);
        assert_eq!(due(&[waiting(1, FLUSH_SLOTS, 1, 9)], 9), 1);
        assert_eq!(
            due(&[waiting(1, FLUSH_SLOTS - 1, 1, 9), waiting(2, 2, 1, 9)], 9),
            1
        );
        assert_eq!(
            due(&[waiting(1, 1, FLUSH_BYTES - 1, 9), waiting(2, 1, 2, 9)], 9),
            1
        );
        assert_eq!(
            due(&[waiting(1, 1, 3 * FLUSH_BYTES, 9), waiting(2, 1, 2, 9)], 9),
            1
        );
    }

    #[test]
    fn patience_is_counted_in_blocks() {
        let posted = Posted {
            tx: Id::new([2; 32]),
            posted_height: 10,
            mined_height: None,
        };
        assert!(!is_lost(&posted, 30, 20) && is_lost(&posted, 31, 20));
        assert!(!is_stalled(Some(10), 40, 30) && is_stalled(Some(10), 41, 30));
        assert!(!is_stalled(None, 1_000, 0) && !is_stalled(Some(10), 5, 0));
    }
}
