//! What blocks have put behind the logs of the court's processes, until it is settled and written down. Pure.

use std::collections::BTreeMap;

use aosec_challenge::inbox::Stepped;

use crate::store::court_log::{Courted, Growth};

/// What logs have grown by, by block, of blocks that are not written down yet.
#[derive(Debug, Default)]
pub(super) struct Grown(BTreeMap<u64, Growth>);

impl Grown {
    /// Takes in what a block came to.
    pub(super) fn apply(&mut self, height: u64, growth: Growth) {
        if !growth.is_empty() {
            self.0.insert(height, growth);
        }
    }

    /// Goes back to the state after the block `to`.
    pub(super) fn rewind(&mut self, to: u64) {
        self.0.retain(|height, _| *height <= to);
    }

    /// Takes out what no reorg takes back.
    pub(super) fn settled(&mut self, firm: u64) -> BTreeMap<u64, Growth> {
        let rest = self.0.split_off(&firm.saturating_add(1));
        std::mem::replace(&mut self.0, rest)
    }
}

/// What a block has done to logs. Slots come by records and receipts, then by the base layer's own order (5.8).
pub(super) fn growth(stepped: &Stepped) -> Growth {
    let signed = stepped.logs.extended.iter().flat_map(|run| {
        run.entries.iter().map(|entry| Courted {
            process: run.process,
            entry: *entry,
            found: None,
        })
    });
    let ordered = stepped.virtual_slots.iter().map(|slot| Courted {
        process: slot.process,
        entry: slot.entry,
        found: Some(slot.found),
    });
    Growth {
        slots: signed.chain(ordered).collect(),
        begun: stepped.begun.clone(),
        cuts: stepped.cuts.clone(),
        emptied: stepped.emptied.clone(),
    }
}
