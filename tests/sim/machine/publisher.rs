//! The way to the base layer, round by round: what is due is posted, what is posted is followed until its block is settled.

use std::sync::Arc;

use aosec_node::{
    store::{carrier::Carrier, publication::Run},
    su::{
        ports::Whereabouts,
        pure::{Fate, Patience, due, fate, is_stalled, lag},
    },
};
use aosec_wire::{Assignment, Id};

use super::{Job, Owner};
use crate::sim::{
    base_layer::Transaction,
    carried::Carried,
    disk::store::{Change, Store},
    event::{Event, Moment, Step},
    plant::Plant,
    world::World,
};

/// Runs looked at for one transaction.
const WAITING_MAX: usize = 2_000;
/// A post takes at most so long.
const POST_MS_MAX: u64 = 1_500;

impl World {
    /// The tip as the node knows it.
    pub(in crate::sim) fn tip(&self, m: usize) -> Option<u64> {
        self.base_layer.tip_at(self.machines[m].gateway)
    }

    pub(in crate::sim) fn round(&mut self, m: usize) {
        if let Some(tip) = self.tip(m) {
            self.post_due(m, tip);
            self.follow(m, tip);
        }
        self.look(m);
        let round = self.scene.round_ms;
        self.step_after(m, round, Step::Round);
    }

    fn post_due(&mut self, m: usize, tip: u64) {
        let machine = &mut self.machines[m];
        let store = &machine.disk.store;
        let mut waiting = store.waiting(WAITING_MAX);
        waiting.truncate(due(&waiting, tip));
        let Some(node) = &mut machine.node else {
            return;
        };
        if waiting.is_empty() || node.posting.is_some() {
            return;
        }
        let assignments = waiting
            .iter()
            .flat_map(|one| read(store, &one.run))
            .collect();
        node.posting = Some(waiting.iter().map(|one| one.number).collect());
        self.transactions += 1;
        let id = Id::sha256(&[&b"tx"[..], &self.transactions.to_be_bytes()].concat());
        let carried = Carried { assignments };
        let answer = self.dice.below(POST_MS_MAX);
        let arrives = self.dice.below(POST_MS_MAX);
        // It may fail before it reaches anybody, or arrive while its answer is lost.
        let reaches = !self.lost();
        let answered = !self.lost() && reaches;
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
        let Some(numbers) = node.posting.take() else {
            return;
        };
        if let (Some(tx), Some(tip)) = (tx, tip) {
            let of = Owner::Post;
            let changes = vec![Change::Posted(numbers.clone(), tx, tip)];
            node.posting = Some(numbers);
            self.write(m, Job { of, changes });
        }
    }

    pub(in crate::sim) fn post_noted(&mut self, m: usize) {
        if let Some(node) = &mut self.machines[m].node {
            node.posting = None;
            self.trapped(m, Moment::PostNoted);
        }
    }

    fn follow(&mut self, m: usize, tip: u64) {
        let unsettled = self.machines[m].disk.store.unsettled();
        let changes: Vec<_> = unsettled
            .into_iter()
            .filter_map(|posted| self.followed(m, posted, tip))
            .collect();
        if !changes.is_empty() {
            let of = Owner::Nobody;
            self.write(m, Job { of, changes });
        }
    }

    fn followed(&mut self, m: usize, posted: Carrier, tip: u64) -> Option<Change> {
        let seen = self
            .base_layer
            .mined_at(self.machines[m].gateway, posted.tx);
        let mined = seen.ok()?;
        let height = mined.map(|mined| mined.height);
        let depth = self.scene.settlement_depth;
        let firm = mined.is_some_and(|mined| mined.confirmations >= depth);
        if self.plant == Some(Plant::GapOnFork) && posted.mined_height.is_some() && mined.is_none()
        {
            return Some(Change::Mined(posted.tx, posted.mined_height, true));
        }
        let patience = Patience {
            forgotten_after_blocks: self.scene.repost_after_blocks,
            repost_after_blocks: self.scene.repost_after_blocks,
            settlement_depth: depth,
        };
        let unmined = Carrier {
            mined_height: None,
            ..posted
        };
        let is_lost = || fate(&unmined, Some(Whereabouts::Unknown), tip, &patience) == Fate::Lost;
        if mined.is_none() && is_lost() {
            self.trace.saw("a transaction posted again");
            return Some(Change::Lost(posted.tx));
        }
        if posted.mined_height.is_some() && mined.is_none() {
            self.trace.saw("a transaction whose block was orphaned");
        }
        if firm {
            self.settled(m, posted.tx);
        }
        (height != posted.mined_height || firm).then_some(Change::Mined(posted.tx, height, firm))
    }

    /// Whether the backlog is so old that nothing new may be promised.
    pub(in crate::sim) fn look(&mut self, m: usize) {
        let Some(tip) = self.tip(m) else {
            return;
        };
        let machine = &mut self.machines[m];
        let oldest = machine.disk.store.backlog().oldest_height;
        if let Some(node) = &mut machine.node {
            node.stalled = is_stalled(lag(oldest, Some(tip)), self.scene.stop_after_blocks);
            if node.stalled {
                self.trace.saw("a publication too late");
            }
        }
    }
}

/// The assignments of a run.
fn read(store: &Store, run: &Run) -> Vec<Assignment> {
    let receipts = store.log(run.process).map(|log| &log.receipts[..]);
    let inside = |one: &&Assignment| (run.first..=run.last).contains(&one.nonce());
    receipts
        .unwrap_or_default()
        .iter()
        .filter(inside)
        .cloned()
        .collect()
}
