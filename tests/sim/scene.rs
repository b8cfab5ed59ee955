//! What a world is made of: everything about it that its number decides before it begins.

use super::cast::{KEYS, MESSAGES, PROCESSES_PER_KEY};
use crate::harness::seed::Seed;

/// The sizes and the temper of one world.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// The key of each machine; the last one of a key may be its spare.
    pub(super) machines: Vec<usize>,
    /// Indexes into the cast's parts.
    pub(super) parts: Vec<usize>,
    pub(super) messages_per_process: usize,
    pub(super) gateways: usize,
    /// How long things go wrong.
    pub(super) troubled_ms: u64,
    pub(super) incidents: u64,
    pub(super) block_ms: u64,
    pub(super) settlement_depth: u64,
    pub(super) fork_depth_max: u64,
    pub(super) forgotten_after_blocks: u64,
    pub(super) repost_after_blocks: u64,
    pub(super) stop_after_blocks: u64,
    pub(super) round_ms: u64,
    /// The longest flush.
    pub(super) flush_ms_max: u64,
    /// Of a hundred letters so many are lost on the way.
    pub(super) loss_percent: u64,
    /// Of a hundred letters so many arrive twice.
    pub(super) double_percent: u64,
    pub(super) delay_ms_max: u64,
}

impl Scene {
    pub(super) fn draw(dice: &mut Seed) -> Self {
        let keys = 1 + index(dice, 3.min(KEYS));
        let mut machines: Vec<_> = (0..keys).collect();
        // One key may have a second machine, to which its work can move.
        if dice.below(2) == 0 {
            machines.push(index(dice, keys));
        }
        let own = 1 + index(dice, PROCESSES_PER_KEY.min(6 / keys));
        let parts = (0..keys).flat_map(|key| (0..own).map(move |n| key * PROCESSES_PER_KEY + n));
        let settlement_depth = 2 + dice.below(4);
        let beyond = u64::from(dice.below(20) == 0) * 3;
        Self {
            machines,
            parts: parts.collect(),
            messages_per_process: 3 + index(dice, MESSAGES - 2),
            gateways: 1 + index(dice, 3),
            troubled_ms: 20_000 + dice.below(100_000),
            incidents: dice.below(24),
            block_ms: 2_000 + dice.below(6_000),
            settlement_depth,
            fork_depth_max: settlement_depth + beyond,
            forgotten_after_blocks: 1 + dice.below(5),
            repost_after_blocks: 4 + dice.below(8),
            stop_after_blocks: 6 + dice.below(20),
            round_ms: 500 + dice.below(2_000),
            flush_ms_max: 1 + dice.below(200),
            loss_percent: dice.below(20),
            double_percent: dice.below(20),
            delay_ms_max: 1 + dice.below(800),
        }
    }
}

fn index(dice: &mut Seed, count: usize) -> usize {
    usize::try_from(dice.below(count as u64)).unwrap_or(0)
}
