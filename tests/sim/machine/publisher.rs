//! The way to the base layer, round by round, in the order of the node's loop: items that are due are posted, what is posted is
//! followed until its block is settled, and records are posted once their items stand in a block.

use std::sync::Arc;

use aosec_node::{
    store::{
        carrier::{Carrier, Kind, Posted},
        publication::{Run, Waiting},
    },
    su::pure::{Planned, due, is_stalled, lag, records},
};
use aosec_wire::{Assignment, Id, LogEntry, LogRecord};
use bytes::Bytes;

use super::{Job, Owner};
use crate::sim::{
    base_layer::Transaction,
    carried::Carried,
    disk::store::{Change, Log, Store},
    event::{Event, Moment, Step},
    world::World,
};

/// Runs looked at for one transaction.
const RUNS_MAX: usize = 2_000;
/// A post takes at most so long.
const POST_MS_MAX: u64 = 1_500;

/// A transaction on its way to a gateway, and what is to be noted of it.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Post {
    kind: Kind,
    /// The runs in it; of a Data transaction the last one says all.
    runs: Vec<i64>,
    slots: u64,
    stamped_height: u64,
    stamped_through: u64,
}

/// The parts of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Stage {
    Data,
    Follow,
    Log,
    Rest,
}

impl World {
    /// The tip as the node knows it.
    pub(in crate::sim) fn tip(&self, m: usize) -> Option<u64> {
        self.base_layer.tip_at(self.machines[m].gateway)
    }

    pub(in crate::sim) fn round(&mut self, m: usize) {
        self.look(m);
        self.defend(m);
        self.publish(m, Stage::Data);
    }

    /// One part of a round after the other, each awaited; trouble with one does not stop the others.
    pub(super) fn publish(&mut self, m: usize, stage: Stage) {
        let Some(tip) = self.tip(m) else {
            return self.rest(m);
        };
        let store = &self.machines[m].disk.store;
        let (next, post) = match stage {
            Stage::Data => (Stage::Follow, data(store, tip)),
            Stage::Follow => return self.follow(m, tip),
            Stage::Log => (Stage::Rest, log(store)),
            Stage::Rest => return self.rest(m),
        };
        match post {
            Some((post, content)) => self.post(m, post, content),
            None => self.publish(m, next),
        }
    }

    fn rest(&mut self, m: usize) {
        let round = self.scene.round_ms;
        self.step_after(m, round, Step::Round);
    }

    fn post(&mut self, m: usize, post: Post, content: Content) {
        let wallet = &self.cast.keys[self.machines[m].key];
        let carried = match content {
            Content::Items(assignments) => Carried::Data(assignments),
            Content::Records(records) => Carried::log(records, wallet),
        };
        self.transactions += 1;
        let id = Id::sha256(&[&b"tx"[..], &self.transactions.to_be_bytes()].concat());
        let (answer, arrives) = (self.dice.below(POST_MS_MAX), self.dice.below(POST_MS_MAX));
        // It may fail before it reaches anybody, or arrive while its answer is lost.
        let reaches = !self.lost();
        let answered = !self.lost() && reaches;
        self.note(&(
            "posts",
            m,
            format!("{:?}", post.kind),
            post.runs.clone(),
            reaches,
            answered,
        ));
        if let Some(node) = &mut self.machines[m].node {
            node.posting = Some(post);
        }
        self.step_after(m, answer, Step::Posted(answered.then_some(id)));
        if reaches {
            self.posted
                .insert(id, Arc::new(Transaction { id, carried }));
            self.after(arrives, Event::Pooled(id));
        }
        self.trapped(m, Moment::PostSent);
    }

    pub(in crate::sim) fn posted(&mut self, m: usize, tx: Option<Id>) {
        let tip = self.tip(m);
        let Some(node) = &mut self.machines[m].node else {
            return;
        };
        let Some(Post {
            kind,
            runs,
            slots,
            stamped_height,
            stamped_through,
        }) = node.posting.take()
        else {
            return;
        };
        let next = match kind {
            Kind::Data => Stage::Follow,
            Kind::Log => Stage::Rest,
        };
        let Some((tx, height)) = tx.zip(tip) else {
            return self.publish(m, next);
        };
        let posted = Posted {
            kind,
            tx,
            height,
            slots,
            stamped_height,
            stamped_through,
        };
        let through = runs.last().copied().unwrap_or(0);
        let change = match kind {
            Kind::Data => Change::Carried(through, posted),
            Kind::Log => Change::Recorded(runs, posted),
        };
        let (of, changes) = (Owner::Publisher(next), vec![change]);
        self.write(m, Job { of, changes });
    }

    /// What this part of a round had to note is noted, or was refused.
    pub(in crate::sim) fn noted(&mut self, m: usize, next: Stage) {
        let is_post = matches!(next, Stage::Follow | Stage::Rest);
        if !is_post || !self.trapped(m, Moment::PostNoted) {
            self.publish(m, next);
        }
    }

    /// Whether the backlog is so old that nothing new may be promised.
    pub(in crate::sim) fn look(&mut self, m: usize) {
        let tip = self.tip(m);
        let machine = &mut self.machines[m];
        let oldest = machine.disk.store.queue().backlog().oldest_height;
        if let Some(node) = &mut machine.node {
            node.stalled = is_stalled(lag(oldest, tip, 0), self.scene.stop_after_blocks);
            if node.stalled {
                self.trace.saw("a publication too late");
            }
        }
    }
}

enum Content {
    Items(Vec<Assignment>),
    Records(Vec<Bytes>),
}

/// The items that are due.
fn data(store: &Store, tip: u64) -> Option<(Post, Content)> {
    let mut waiting = store.queue().waiting(RUNS_MAX);
    waiting.truncate(due(&waiting, tip));
    let runs = waiting.iter().map(|waiting| &waiting.run);
    let post = Post {
        kind: Kind::Data,
        runs: waiting
            .iter()
            .map(|waiting: &Waiting| waiting.number)
            .collect(),
        slots: runs.clone().filter(|run| run.last == 0).count() as u64,
        stamped_height: runs.clone().map(|run| run.stamped_height).min()?,
        stamped_through: 0,
    };
    let items = runs.flat_map(|run| receipts(store, run)).collect();
    Some((post, Content::Items(items)))
}

/// The records of which the items stand in a block, unless a Log transaction is still in none.
fn log(store: &Store) -> Option<(Post, Content)> {
    let queue = store.queue();
    let under_way = |carrier: &Carrier| carrier.is_log() && carrier.mined_height.is_none();
    if queue.unsettled().iter().any(under_way) {
        return None;
    }
    let planned = records(queue.unrecorded(RUNS_MAX));
    let ends = planned.iter().map(|one| {
        let last = usize::try_from(one.last).ok()?;
        let (row, _) = store.log(one.process)?.rows.get(last)?;
        Some(row.height)
    });
    let post = Post {
        kind: Kind::Log,
        runs: planned.iter().flat_map(|one| one.runs.clone()).collect(),
        slots: planned.iter().map(Planned::slots).sum(),
        stamped_height: planned.iter().map(|one| one.stamped_height).min()?,
        stamped_through: ends.flatten().max().unwrap_or(0),
    };
    let made = planned.iter().filter_map(|one| record(store, one));
    Some((post, Content::Records(made.collect())))
}

fn record(store: &Store, planned: &Planned) -> Option<Bytes> {
    let log: &Log = store.log(planned.process)?;
    let (first, last) = (
        usize::try_from(planned.first).ok()?,
        usize::try_from(planned.last).ok()?,
    );
    let (before, _) = log.rows.get(first.checked_sub(1)?)?;
    let rows = log.rows.get(first..=last)?.iter();
    let entries = rows.map(|(row, _)| LogEntry {
        message: row.message,
        height: row.height,
        timestamp: row.timestamp,
    });
    let record = LogRecord::new(
        planned.process,
        planned.epoch,
        planned.first,
        before.log_chain,
        entries.collect(),
        planned.head.clone(),
    );
    record.ok().map(|record| record.encode())
}

/// The assignments of a run.
fn receipts(store: &Store, run: &Run) -> Vec<Assignment> {
    let receipts = store.log(run.process).map(|log| &log.receipts[..]);
    let inside = |one: &&Assignment| (run.first..=run.last).contains(&one.nonce());
    let inside = receipts.unwrap_or_default().iter().filter(inside);
    inside.cloned().collect()
}
