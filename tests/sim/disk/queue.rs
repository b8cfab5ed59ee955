//! The tables of the publication: runs of signed slots, and the transactions that carry them. The questions and the changes are
//! those of the node's `store::publication` and `store::carrier`, told again over plain lists.

use std::collections::BTreeMap;

use aosec_node::store::{
    carrier::{Carrier, Posted},
    publication::{Backlog, Run, Unrecorded, Waiting},
};
use aosec_wire::record::{HeadSignature, NO_ORIGIN};

/// Runs and carriers, by their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    runs: BTreeMap<i64, Queued>,
    carriers: BTreeMap<i64, Carrying>,
}

/// A run and how far it has come.
#[derive(Clone, Debug)]
struct Queued {
    run: Run,
    head: Option<HeadSignature>,
    data: Option<i64>,
    log: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Carrying {
    carrier: Carrier,
    firm: bool,
    slots: u64,
    stamped_height: u64,
}

impl Queue {
    pub(super) fn push(
        &mut self,
        run: Run,
        head: Option<HeadSignature>,
    ) -> Result<(), &'static str> {
        let at = (run.process, run.first);
        let mut runs = self.runs.values();
        if runs.any(|queued| (queued.run.process, queued.run.first) == at) {
            return Err("a run queued twice");
        }
        let (data, log) = (None, None);
        let queued = Queued {
            run,
            head,
            data,
            log,
        };
        self.runs.insert(next(&self.runs), queued);
        Ok(())
    }

    pub(super) fn carried(&mut self, through: i64, posted: Posted) {
        let carrier = self.carry(posted);
        let waiting = self.runs.range_mut(..=through).map(|(_, queued)| queued);
        for queued in waiting.filter(|queued| queued.data.is_none()) {
            queued.data = Some(carrier);
            if queued.run.last == 0 {
                queued.log = Some(carrier);
            }
        }
    }

    pub(super) fn recorded(&mut self, numbers: &[i64], posted: Posted) {
        let carrier = self.carry(posted);
        for number in numbers {
            if let Some(queued) = self.runs.get_mut(number) {
                queued.log = Some(carrier);
            }
        }
    }

    pub(super) fn mined(&mut self, number: i64, height: u64, firm: bool) {
        if let Some(carrying) = self.carriers.get_mut(&number) {
            carrying.carrier.mined_height = Some(height);
            carrying.firm = firm;
        }
    }

    pub(super) fn left(&mut self, number: i64, height: u64) {
        if let Some(carrying) = self.carriers.get_mut(&number) {
            carrying.carrier.mined_height = None;
            carrying.carrier.posted_height = height;
        }
    }

    pub(super) fn lost(&mut self, carriers: &[i64]) {
        for number in carriers {
            if self
                .carriers
                .get(number)
                .is_none_or(|carrying| carrying.firm)
            {
                continue;
            }
            self.carriers.remove(number);
            for queued in self.runs.values_mut() {
                queued.log = queued.log.filter(|log| log != number);
                queued.data = queued.data.filter(|data| data != number);
            }
        }
    }

    fn carry(&mut self, posted: Posted) -> i64 {
        let Posted {
            kind,
            tx,
            height,
            slots,
            stamped_height,
            stamped_through,
        } = posted;
        let number = next(&self.carriers);
        let carrier = Carrier {
            number,
            kind,
            tx,
            posted_height: height,
            mined_height: None,
            stamped_through,
        };
        let firm = false;
        let carrying = Carrying {
            carrier,
            firm,
            slots,
            stamped_height,
        };
        self.carriers.insert(number, carrying);
        number
    }

    /// Runs that wait for their Data transaction.
    pub(crate) fn waiting(&self, limit: usize) -> Vec<Waiting> {
        let waiting = self.runs.iter().filter(|(_, queued)| queued.data.is_none());
        waiting.map(waits).take(limit).collect()
    }

    /// Runs that wait for their record.
    pub(crate) fn unrecorded(&self, limit: usize) -> Vec<Unrecorded> {
        let has_data = |queued: &Queued| {
            let carrying = queued.data.and_then(|number| self.carriers.get(&number));
            carrying.is_some_and(|carrying| carrying.carrier.mined_height.is_some())
        };
        let without = self.runs.iter().filter(|(_, queued)| queued.log.is_none());
        let unrecorded = without.map(|(number, queued)| Unrecorded {
            waiting: waits((number, queued)),
            has_data: has_data(queued),
            origin: NO_ORIGIN,
            head: queued.head.clone(),
        });
        unrecorded.take(limit).collect()
    }

    /// Transactions that are not settled, in the order of posting.
    pub(crate) fn unsettled(&self) -> Vec<Carrier> {
        let all = self.carriers.values().filter(|carrying| !carrying.firm);
        all.map(|carrying| carrying.carrier).collect()
    }

    /// The block of the last Log transaction that is firm, 0 where there is none.
    pub(crate) fn settled_log(&self) -> u64 {
        let newest_first = self.carriers.values().rev();
        let mut logs = newest_first.filter(|carrying| carrying.firm && carrying.carrier.is_log());
        let last = logs.next().and_then(|log| log.carrier.mined_height);
        last.unwrap_or(0)
    }

    pub(crate) fn backlog(&self) -> Backlog {
        let runs = self.runs.values().filter(|queued| queued.log.is_none());
        let carriers = self.carriers.values();
        let unmined = carriers.filter(|one| !one.firm && one.carrier.mined_height.is_none());
        let slots = runs
            .clone()
            .map(|queued| queued.run.last - queued.run.first + 1);
        let heights = runs.map(|queued| queued.run.stamped_height);
        Backlog {
            slots: slots.chain(unmined.clone().map(|one| one.slots)).sum(),
            oldest_height: heights.chain(unmined.map(|one| one.stamped_height)).min(),
        }
    }

    /// Runs of which items or record are not settled.
    pub(crate) fn open(&self) -> usize {
        let firm = |number: Option<i64>| {
            let carrying = number.and_then(|number| self.carriers.get(&number));
            carrying.is_some_and(|carrying| carrying.firm)
        };
        let open = self.runs.values();
        open.filter(|queued| !firm(queued.data) || !firm(queued.log))
            .count()
    }
}

fn waits((number, queued): (&i64, &Queued)) -> Waiting {
    Waiting {
        number: *number,
        run: queued.run,
    }
}

/// As SQLite numbers rows: one more than the last that is there.
fn next<T>(rows: &BTreeMap<i64, T>) -> i64 {
    rows.last_key_value().map_or(1, |(last, _)| last + 1)
}
