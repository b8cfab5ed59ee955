//! Virtual assignments, never signed: Origin's own slots (PROTOCOL 2.10) and those of processes without host (5.8); the id of a Tick.

use aosec_wire::{Chain, Id};

use crate::derive::{Block, BlockId, Entry, LogHead};

/// Every slot of Origin is of this epoch (2.10).
pub(super) const EPOCH: u64 = 0;

const VIRTUAL: &str = "aosec-virtual";
const TICK: &str = "aosec-tick";

/// A slot that is to be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) slot: u64,
    pub(super) message: Id,
    pub(super) height: u64,
    pub(super) timestamp: u64,
    pub(super) chain: Chain,
}

/// Where a log stands that the base layer orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slots {
    process: Id,
    /// The epoch of the slots to come, and that of the last one.
    epoch: u64,
    before_epoch: u64,
    before: Planned,
}

impl Slots {
    /// Origin's log when it holds its spawn (2.10).
    pub(super) fn begin(origin: Id, block: &Block) -> Self {
        Self {
            process: origin,
            epoch: EPOCH,
            before_epoch: EPOCH,
            before: Planned {
                slot: 0,
                message: origin,
                height: block.height,
                timestamp: stamp(block),
                chain: Chain::genesis(origin),
            },
        }
    }

    /// A log that goes on without a host behind this head, in the epoch that has ended. The message there is that of the head's
    /// slot; a slot that is in no record counts as holding the process's own id (5.4).
    pub(super) fn behind(process: Id, epoch: u64, head: &LogHead, message: Option<Id>) -> Self {
        Self {
            process,
            epoch,
            before_epoch: head.epoch,
            before: Planned {
                slot: head.slot,
                message: message.unwrap_or(process),
                height: head.height,
                timestamp: head.timestamp,
                chain: Chain {
                    // No virtual assignment looks at the legacy chain before it.
                    hash: head.chain,
                    log: head.chain,
                },
            },
        }
    }

    /// The id of the last slot as a virtual assignment.
    pub(super) fn last_id(&self) -> Id {
        virtual_id(self.process, self.before_epoch, &self.before)
    }

    /// The last slot.
    pub(super) const fn last(&self) -> &Planned {
        &self.before
    }

    /// The slot that a message would take if it ran in this block.
    pub(super) fn plan(&self, message: Id, block: &Block) -> Planned {
        let before = &self.before;
        let (height, timestamp) = (block.height, stamp(block).max(before.timestamp + 1));
        let virtual_id = self.last_id();
        let mut chain = before.chain.next(virtual_id, message, height, timestamp);
        // In a virtual assignment the legacy chain stands over the predecessor's log chain (5.4).
        chain.hash = Id::sha256_of(&[virtual_id.as_bytes(), before.chain.log.as_bytes()]);
        Planned {
            slot: before.slot + 1,
            message,
            height,
            timestamp,
            chain,
        }
    }

    /// Takes a slot that was planned here.
    pub(super) fn take(&mut self, planned: Planned) {
        self.before = planned;
        self.before_epoch = self.epoch;
    }
}

/// The block's time in milliseconds. A block's time is far below where this would saturate.
fn stamp(block: &Block) -> u64 {
    block.time_s.saturating_mul(1_000)
}

fn virtual_id(process: Id, epoch: u64, slot: &Planned) -> Id {
    Id::sha256_of(&[
        &(VIRTUAL.len() as u64).to_be_bytes(),
        VIRTUAL.as_bytes(),
        process.as_bytes(),
        &epoch.to_be_bytes(),
        &slot.slot.to_be_bytes(),
        slot.message.as_bytes(),
        &slot.height.to_be_bytes(),
        &slot.timestamp.to_be_bytes(),
    ])
}

/// The id of a canonical slot as a virtual assignment (5.8), whether it was signed or not.
#[must_use]
pub fn virtual_assignment(process: Id, slot: &Entry) -> Id {
    let planned = Planned {
        slot: slot.slot,
        message: slot.message,
        height: slot.height,
        timestamp: slot.timestamp,
        chain: Chain {
            hash: slot.chain,
            log: slot.chain,
        },
    };
    virtual_id(process, slot.epoch, &planned)
}

/// The id of the Tick of a block.
pub(super) fn tick_id(origin: Id, block: &BlockId) -> Id {
    Id::sha256_of(&[
        &(TICK.len() as u64).to_be_bytes(),
        TICK.as_bytes(),
        origin.as_bytes(),
        block,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(height: u64, time_s: u64) -> Block {
        Block {
            height,
            id: [3; 48],
            previous: [2; 48],
            time_s,
            transactions: Vec::new(),
        }
    }

    #[test]
    fn hashed_texts_are_those_of_the_table() {
        let tick = [
            &[0, 0, 0, 0, 0, 0, 0, 10][..],
            b"aosec-tick",
            &[1; 32],
            &[3; 48],
        ];
        let found = tick_id(Id::new([1; 32]), &[3; 48]);
        assert_eq!(found, Id::sha256(&tick.concat()));
        let slot = Planned {
            slot: 5,
            message: Id::new([9; 32]),
            height: 7,
            timestamp: 8,
            chain: Chain::genesis(Id::new([1; 32])),
        };
        let number = |n: u64| n.to_be_bytes();
        let text = [
            &number(13)[..],
            b"aosec-virtual",
            &[1; 32],
            &number(4),
            &number(5),
            &[9; 32],
            &number(7),
            &number(8),
        ];
        let found = virtual_id(Id::new([1; 32]), 4, &slot);
        assert_eq!(found, Id::sha256(&text.concat()));
    }

    #[test]
    fn time_goes_on_where_blocks_stand_still() {
        let origin = Id::new([1; 32]);
        let mut slots = Slots::begin(origin, &block(10, 50));
        assert_eq!(slots.last().timestamp, 50_000);
        let times: Vec<u64> = [(10, 50), (11, 49), (12, 51)]
            .map(|(height, time_s)| {
                let planned = slots.plan(Id::new([4; 32]), &block(height, time_s));
                slots.take(planned);
                planned.timestamp
            })
            .to_vec();
        assert_eq!(times, [50_001, 50_002, 51_000]);
    }

    #[test]
    fn both_chains_stand_over_the_slot_before() {
        let origin = Id::new([1; 32]);
        let slots = Slots::begin(origin, &block(10, 50));
        let next = slots.plan(Id::new([4; 32]), &block(11, 60));
        let start = Id::sha256(&[1; 32]);
        let log = [
            start.as_bytes(),
            &[4; 32][..],
            &11_u64.to_be_bytes(),
            &60_000_u64.to_be_bytes(),
        ];
        assert_eq!(next.chain.log, Id::sha256(&log.concat()));
        let before = virtual_id(origin, 0, slots.last());
        let hash = [before.as_bytes(), &start.as_bytes()[..]];
        assert_eq!(next.chain.hash, Id::sha256(&hash.concat()));
    }
}
