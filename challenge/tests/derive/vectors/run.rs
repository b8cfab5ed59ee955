//! Runs a vector through the code under test.

use std::collections::BTreeMap;

use aosec_challenge::derive::{Deriver, Entry, HostTable, RewindError, Step};
use aosec_wire::Id;

use super::shape::{BlockShape, Event, Expect, Expected, Nothing, Run, Vector};

/// What came of a vector, in the words of what was expected.
pub(super) fn outcome(vector: &Vector) -> Expect {
    let mut running = Running {
        deriver: Deriver::new(vector.parameters(), vector.after.read()),
        entries: BTreeMap::new(),
        found: Expect::default(),
    };
    for follow in &vector.follow {
        running.deriver.follow(follow.read()).unwrap();
    }
    let hosts = vector.hosts();
    for event in &vector.events {
        match event {
            Event::Block(block) => running.block(block, &hosts),
            Event::Rewind(to) => running.rewind(*to),
        }
    }
    let logs = vector.follow.iter();
    running.found.logs = logs.map(|follow| running.log(follow.process)).collect();
    running.found
}

struct Running {
    deriver: Deriver,
    entries: BTreeMap<Id, Vec<Entry>>,
    found: Expect,
}

impl Running {
    fn block(&mut self, block: &BlockShape, hosts: &HostTable) {
        let (block, receipts) = block.read();
        let step = self.deriver.step_with_receipts(&block, hosts, receipts);
        let Step { extended, ignored } = step.unwrap();
        for extended in extended {
            let entries = self.entries.entry(extended.process).or_default();
            entries.extend(extended.entries);
        }
        self.found
            .ignored
            .extend(ignored.into_iter().map(|ignored| Nothing {
                height: ignored.position.height,
                transaction: ignored.position.transaction,
                item: ignored.position.item,
                code: ignored.reason.code().to_owned(),
            }));
    }

    fn rewind(&mut self, to: u64) {
        match self.deriver.rewind(to) {
            Ok(_) => {
                let logs = self.entries.values_mut();
                logs.for_each(|entries| entries.retain(|entry| entry.mined <= to));
            }
            Err(RewindError::TooDeep { to, .. }) => self.found.alarms.push(to),
            Err(other) => panic!("{other}"),
        }
    }

    fn log(&self, process: Id) -> Expected {
        let log = self.deriver.log(&process).unwrap();
        let head = log.head();
        let entries = self.entries.get(&process).map_or(&[][..], Vec::as_slice);
        if let Some(last) = entries.last() {
            let of_head = (
                head.slot,
                head.chain,
                head.height,
                head.timestamp,
                head.mined,
                head.epoch,
            );
            let of_last = (
                last.slot,
                last.chain,
                last.height,
                last.timestamp,
                last.mined,
                last.epoch,
            );
            assert_eq!(of_head, of_last, "the head is the last entry");
        }
        Expected {
            process,
            slot: head.slot,
            chain: head.chain,
            late: head.late,
            firm_slot: log.firm_head().slot,
            runs: runs(entries),
        }
    }
}

fn runs(entries: &[Entry]) -> Vec<Run> {
    let chunks = entries.chunk_by(|one, next| {
        one.slot + 1 == next.slot && (one.mined, one.epoch) == (next.mined, next.epoch)
    });
    let run = |entries: &[Entry]| Run {
        first: entries[0].slot,
        last: entries[entries.len() - 1].slot,
        mined: entries[0].mined,
        epoch: entries[0].epoch,
    };
    chunks.map(run).collect()
}
