//! The two writers of a node: each gathers what waits, writes it as one, flushes once, and then answers all.

use std::sync::Arc;

use aosec_node::su::chain::Batch;
use aosec_wire::Id;

use super::{Job, Owner};
use crate::sim::{
    event::{Moment, Step},
    plant::Plant,
    world::World,
};

/// Between the call that writes and the call that flushes.
const WRITE_MS_MAX: u64 = 3;
/// A guard file that is longer is rewritten: short, so that it happens.
const REWRITE_AT_BYTES: u64 = 6_000;
/// Where a slot is answered before its flush, the flush comes when the system finds time.
const LAZY_FLUSH_MS: u64 = 2_000;

impl World {
    /// Puts a job into the store's queue.
    pub(in crate::sim) fn write(&mut self, m: usize, job: Job) {
        if let Some(node) = &mut self.machines[m].node {
            node.store.waiting.push(job);
            self.write_next(m);
        }
    }

    fn write_next(&mut self, m: usize) {
        let now_ms = self.now_ms;
        let machine = &mut self.machines[m];
        let Some(node) = &mut machine.node else {
            return;
        };
        if !node.store.working.is_empty() || node.store.waiting.is_empty() {
            return;
        }
        let jobs = std::mem::take(&mut node.store.waiting);
        if machine.faults.full_until_ms > now_ms {
            self.trace.saw("a full disk");
        }
        if node.store.broken || machine.faults.full_until_ms > now_ms {
            return self.jobs_done(m, jobs, false);
        }
        node.store.working = jobs;
        let delay = self.dice.below(WRITE_MS_MAX);
        self.step_after(m, delay, Step::StoreWritten);
    }

    pub(in crate::sim) fn store_written(&mut self, m: usize) {
        let machine = &mut self.machines[m];
        let Some(node) = &mut machine.node else {
            return;
        };
        let jobs = node.store.working.iter();
        let commit = jobs.flat_map(|job| job.changes.iter().cloned()).collect();
        machine.disk.store.write(Arc::new(commit));
        if self.trapped(m, Moment::StoreWritten) {
            return;
        }
        if self.plant == Some(Plant::AnswerBeforeFsync) {
            self.step_after(m, LAZY_FLUSH_MS, Step::StoreFlushed);
            return self.show_jobs(m);
        }
        let delay = self.flush_ms();
        self.step_after(m, delay, Step::StoreFlushed);
    }

    pub(in crate::sim) fn store_flushed(&mut self, m: usize) {
        let machine = &mut self.machines[m];
        let Some(node) = &mut machine.node else {
            return;
        };
        if std::mem::take(&mut machine.faults.store_flush_fails) {
            node.store.broken = true;
            self.trace.saw("a flush of the store that failed");
            let jobs = std::mem::take(&mut node.store.working);
            self.notice(m);
            return self.jobs_done(m, jobs, false);
        }
        machine.disk.store.flush();
        if !self.trapped(m, Moment::StoreFlushed) && self.plant != Some(Plant::AnswerBeforeFsync) {
            self.show_jobs(m);
        }
    }

    /// Readers see the commit, and its owners go on.
    fn show_jobs(&mut self, m: usize) {
        let machine = &mut self.machines[m];
        let Some(node) = &mut machine.node else {
            return;
        };
        let jobs = std::mem::take(&mut node.store.working);
        for job in &jobs {
            if let Err(refused) = machine.disk.store.show(&job.changes) {
                return self.fail("the store's last line of defence was reached", refused);
            }
        }
        self.jobs_done(m, jobs, true);
    }

    fn jobs_done(&mut self, m: usize, jobs: Vec<Job>, done: bool) {
        for job in jobs {
            match job.of {
                Owner::Log(process) => self.written(m, process, done),
                Owner::Publisher(next) => self.noted(m, next),
            }
        }
        self.write_next(m);
    }

    /// Asks the guard to record a batch.
    pub(in crate::sim) fn record(&mut self, m: usize, batch: Arc<Batch>) {
        if let Some(node) = &mut self.machines[m].node {
            node.guard.waiting.push(batch);
            self.record_next(m);
        }
    }

    fn record_next(&mut self, m: usize) {
        let now_ms = self.now_ms;
        let machine = &mut self.machines[m];
        let Some(node) = &mut machine.node else {
            return;
        };
        let guard = &mut node.guard;
        if !guard.working.is_empty() || guard.waiting.is_empty() {
            return;
        }
        let (mut records, mut refused) = (Vec::new(), Vec::new());
        let ignored = self.plant == Some(Plant::GuardIgnored);
        for batch in std::mem::take(&mut guard.waiting) {
            match guard.book.take(&batch) {
                Ok(record) if !guard.stopped => {
                    records.extend(record);
                    guard.working.push(batch);
                }
                Err(_) if ignored => guard.working.push(batch),
                Ok(_) | Err(_) => refused.push(batch.process),
            }
        }
        let is_new = !records.is_empty();
        let full = machine.faults.full_until_ms > now_ms && is_new;
        guard.stopped |= full;
        let stopped = guard.stopped;
        if is_new && !full {
            machine.disk.guard.write(guard.frames, &records);
            guard.frames += 1;
        }
        if stopped {
            self.notice(m);
        }
        for process in refused {
            self.guarded(m, process, false);
        }
        match (is_new, full) {
            (true, false) => {
                let delay = self.dice.below(WRITE_MS_MAX);
                self.step_after(m, delay, Step::GuardWritten);
            }
            (_, full) => self.records_done(m, !full),
        }
    }

    pub(in crate::sim) fn guard_written(&mut self, m: usize) {
        if self.trapped(m, Moment::GuardWritten) {
            return;
        }
        if self.plant == Some(Plant::AnswerBeforeFsync) {
            self.step_after(m, LAZY_FLUSH_MS, Step::GuardFlushed);
            return self.records_done(m, true);
        }
        let delay = self.flush_ms();
        self.step_after(m, delay, Step::GuardFlushed);
    }

    pub(in crate::sim) fn guard_flushed(&mut self, m: usize) {
        let machine = &mut self.machines[m];
        let Some(node) = &mut machine.node else {
            return;
        };
        if std::mem::take(&mut machine.faults.guard_flush_fails) {
            node.guard.stopped = true;
            self.trace.saw("a flush of the guard that failed");
            self.notice(m);
            return self.records_done(m, false);
        }
        machine.disk.guard.flush();
        if !self.trapped(m, Moment::GuardFlushed) && self.plant != Some(Plant::AnswerBeforeFsync) {
            self.records_done(m, true);
        }
    }

    fn records_done(&mut self, m: usize, done: bool) {
        let machine = &mut self.machines[m];
        let Some(node) = &mut machine.node else {
            return;
        };
        let batches = std::mem::take(&mut node.guard.working);
        let guard = &mut machine.disk.guard;
        // Between two frames, as the node does with much larger files.
        if done && guard.is_flushed() && guard.length() > REWRITE_AT_BYTES {
            let address = self.cast.keys[machine.key].address();
            node.guard.frames = guard.rewrite(address, &node.guard.book);
            self.trace.saw("a guard file rewritten");
        }
        let processes: Vec<Id> = batches.iter().map(|batch| batch.process).collect();
        for process in processes {
            self.guarded(m, process, done);
        }
        self.record_next(m);
    }

    fn flush_ms(&mut self) -> u64 {
        1 + self.dice.below(self.scene.flush_ms_max)
    }
}
