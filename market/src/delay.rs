//! The delay buffer: how long a host may take to answer (6.6). In hundredths of a block, settled at looks.

use crate::court::Court;

/// A block in hundredths.
const BLOCK: u64 = 100;

/// What a block without delay gives back.
const MENDED: u64 = 8;

/// The buffer of a lease as of its last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buffer {
    hundredths: u64,
    looked: u64,
    late: u64,
}

impl Buffer {
    pub(crate) fn full(period: u64, start: u64) -> Self {
        Self {
            hundredths: BLOCK * period,
            looked: start,
            late: 0,
        }
    }

    pub(crate) fn hundredths(&self) -> u64 {
        self.hundredths
    }

    /// ⌊the buffer in blocks⌋.
    pub(crate) fn blocks(&self) -> u64 {
        self.hundredths / BLOCK
    }

    /// After a look at `height` that saw `late`; `slow` is the height from which on the oldest open case counts as delay.
    fn looked(self, height: u64, late: u64, slow: Option<u64>, period: u64) -> Self {
        let passed = height - self.looked;
        let open = slow.map_or(0, |slow| height.saturating_sub(slow.max(self.looked)));
        let delayed = passed.min(late.saturating_sub(self.late) + open);
        let worn = self.hundredths.saturating_sub(BLOCK * delayed);
        let mended = worn + MENDED * (passed - delayed);
        Self {
            hundredths: mended.min(BLOCK * period),
            looked: height,
            late,
        }
    }
}

/// Settles the buffer of a lease at a look.
pub(crate) fn look(court: &mut Court, number: u64, late: u64, height: u64) {
    let oldest = court.named.oldest_open(number);
    let slow = oldest.map(|opened| opened + court.parameters.late_after);
    if let Some(lease) = court.leases.get_mut(&number) {
        let period = court.processes.get(lease.process).terms.period;
        lease.buffer = lease.buffer.looked(height, late, slow, period);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_worn_by_delay_mended_by_eight_hundredths_and_full_at_the_period() {
        let full = Buffer::full(60, 1_000);
        assert_eq!(full.looked(1_010, 0, None, 60).hundredths(), 6_000);
        let worn = full.looked(1_010, 4, None, 60);
        assert_eq!(worn.hundredths(), 6_000 - 400 + 6 * 8);
        // Only what is late since the last look counts.
        let next = worn.looked(1_011, 4, None, 60);
        assert_eq!(next.hundredths(), worn.hundredths() + 8);
        assert_eq!(worn.looked(1_110, 4, None, 60).hundredths(), 6_000);
    }

    #[test]
    fn no_more_blocks_are_delayed_than_passed_and_nothing_is_below_zero() {
        let full = Buffer::full(60, 1_000);
        assert_eq!(full.looked(1_010, 11, None, 60).hundredths(), 5_000);
        assert_eq!(full.looked(1_061, 61, None, 60).hundredths(), 0);
        let none = full.looked(1_061, 60, None, 60);
        assert_eq!(none.hundredths(), 8);
        assert_eq!((none.blocks(), full.blocks()), (0, 60));
    }

    #[test]
    fn an_open_case_counts_from_late_after_on_and_once_for_each_block() {
        let full = Buffer::full(60, 1_000);
        for (slow, left) in [(1_010, 6_000), (1_009, 5_972), (990, 5_000), (1_011, 6_000)] {
            let looked = full.looked(1_010, 0, Some(slow), 60);
            assert_eq!(looked.hundredths(), left, "{slow}");
        }
        let again = full.looked(1_010, 0, Some(1_005), 60);
        let later = again.looked(1_012, 0, Some(1_005), 60);
        assert_eq!(again.hundredths() - later.hundredths(), 200);
    }
}
