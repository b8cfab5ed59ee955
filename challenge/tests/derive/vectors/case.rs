//! A vector in the making: what happens, and by hand what must come of it.

use aosec_challenge::derive::{Block, Hosting, Position};
use aosec_wire::{Assignment, Id};

use super::shape::{
    After, BlockShape, Event, Expect, Expected, Follow, Host, Nothing, Registered, Run, Vector,
};
use crate::forge::{self, PROCESS, SMALL, Written};

/// Starts a vector: the process of most tests, under no court, from the firm block on.
pub(super) fn case(name: &str, rule: &str) -> Vector {
    let hosting = Hosting::without_court(forge::host().address().clone());
    Vector {
        name: name.to_owned(),
        rule: rule.to_owned(),
        settlement_depth: SMALL.settlement_depth,
        cut: SMALL.cut,
        late_after: SMALL.late_after,
        after: After::of(forge::firm_block()),
        follow: vec![Follow {
            process: PROCESS,
            registered: None,
        }],
        hosts: vec![Host::of(PROCESS, &hosting)],
        events: Vec::new(),
        expect: Expect::default(),
    }
}

impl Vector {
    /// Another hosting of the process.
    pub(super) fn hosted(mut self, hosting: &Hosting) -> Self {
        self.hosts = vec![Host::of(PROCESS, hosting)];
        self
    }

    /// A second process that is followed and hosted.
    pub(super) fn and_following(mut self, process: Id, hosting: &Hosting) -> Self {
        self.follow.push(Follow {
            process,
            registered: None,
        });
        self.hosts.push(Host::of(process, hosting));
        self
    }

    /// The process is registered with a first slot.
    pub(super) fn registered(mut self, first_slot: u64, legacy_chain: Id) -> Self {
        self.follow[0].registered = Some(Registered {
            first_slot,
            legacy_chain,
        });
        self
    }

    pub(super) fn block(self, block: &Block) -> Self {
        self.block_with_receipts(block, &[])
    }

    pub(super) fn block_with_receipts(
        mut self,
        block: &Block,
        receipts: &[(Position, Assignment)],
    ) -> Self {
        let shape = BlockShape::of(block, receipts);
        self.events.push(Event::Block(shape));
        self
    }

    pub(super) fn rewind(mut self, to: u64) -> Self {
        self.events.push(Event::Rewind(to));
        self
    }

    /// Going back to a height must have raised the alarm.
    pub(super) fn alarm(mut self, to: u64) -> Self {
        self.expect.alarms.push(to);
        self
    }

    /// What must have had no effect, in order.
    pub(super) fn ignores(
        mut self,
        height: u64,
        transaction: usize,
        item: usize,
        code: &str,
    ) -> Self {
        self.expect.ignored.push(Nothing {
            height,
            transaction,
            item,
            code: code.to_owned(),
        });
        self
    }

    /// The log must be that of `written` in these runs of (first, last, mined, epoch).
    pub(super) fn gives(mut self, written: &Written, runs: &[(u64, u64, u64, u64)]) -> Self {
        let runs = runs.iter();
        let runs: Vec<Run> = runs
            .map(|&(first, last, mined, epoch)| Run {
                first,
                last,
                mined,
                epoch,
            })
            .collect();
        let slot = runs.last().map_or(written.first_slot - 1, |run| run.last);
        self.expect.logs.push(Expected {
            process: written.process,
            slot,
            chain: written.chain(slot),
            late: 0,
            firm_slot: written.first_slot - 1,
            runs,
        });
        self
    }

    /// By how much the records of the last log were late.
    pub(super) fn late(mut self, late: u64) -> Self {
        self.expect.logs.last_mut().unwrap().late = late;
        self
    }

    /// The firm slot of the last log.
    pub(super) fn firm(mut self, slot: u64) -> Self {
        self.expect.logs.last_mut().unwrap().firm_slot = slot;
        self
    }
}

impl Vector {
    /// Puts a record of `slots` of `log` into the block at this height, which was empty.
    pub(super) fn with_record_at(mut self, height: u64, log: &Written, slots: (u64, u64)) -> Self {
        let record = forge::log_of(&[log.item(slots.0, slots.1)]);
        let block = forge::block(height, vec![record]);
        let at = usize::try_from(height - forge::FIRM - 1).unwrap();
        self.events[at] = Event::Block(BlockShape::of(&block, &[]));
        self
    }
}
