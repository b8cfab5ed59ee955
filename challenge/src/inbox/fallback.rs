//! The order of processes without a host: the base layer's (PROTOCOL 5.7, 5.8).
//!
//! From the end of a lease at U its process is an *orphan*. Up to block U + `cut` its host may still extend the log; from there on
//! one queue does, in step (a), under the caps of 2.3 for each orphan by itself: the messages of liveness cases, then those of
//! receipts that led to nothing, then what stands in the process's own inbox since U.
//!
//! A process that nobody hosts again stays one for ever. What waits in its queue is ids and sizes, not messages.

use std::collections::{BTreeMap, VecDeque};

use aosec_wire::Id;

use super::bodies::{Bodies, Body};
use super::mail::{self, Letter};
use super::places::Places;
use super::queue::Room;
use super::slots::{Planned, Slots};
use super::table::Table;
use crate::derive::{Block, Deriver, Entry, Position, Receipt};

/// A slot that the base layer has ordered: a virtual assignment, signed by nobody (5.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VirtualSlot {
    /// The process.
    pub process: Id,
    /// The id of the virtual assignment.
    pub assignment: Id,
    /// The legacy `Hash-Chain` of it (5.4), for old clients.
    pub hash_chain: Id,
    /// The slot.
    pub entry: Entry,
    /// Where the message stands: an item of the process's inbox, or a child of an item of the court's.
    pub found: Position,
}

/// The end of an epoch: what its host signed behind this slot is void (5.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff {
    /// The process.
    pub process: Id,
    /// The epoch.
    pub epoch: u64,
    /// Its last slot.
    pub slot: u64,
}

/// What step (a) did to the logs of processes without host.
#[derive(Clone, Debug, Default)]
pub(super) struct Ordered {
    pub(super) cuts: Vec<CutOff>,
    pub(super) slots: Vec<VirtualSlot>,
}

/// What a process without host goes on with.
#[derive(Clone, Debug)]
struct Orphan {
    epoch: u64,
    /// U + `cut`.
    cut_height: u64,
    /// The last slot of the epoch, and the chain there, once it is cut.
    cut: Option<(u64, Id)>,
    /// The messages of liveness cases, until the queue begins (1).
    forced: Vec<Id>,
    queue: VecDeque<Body>,
}

/// All orphans, and what processes that have a host would go on with.
#[derive(Clone, Debug, Default)]
pub(super) struct Fallback {
    orphans: BTreeMap<Id, Orphan>,
    bodies: Bodies,
    /// Messages of receipts that have led to no slot, by process, each with its first receipt's position (2).
    promised: BTreeMap<(Id, Id), Position>,
}

impl Fallback {
    /// Takes in what the court's inbox items of a block enclose.
    pub(super) fn enclosed(&mut self, letter: &Letter, places: &Places) {
        self.bodies.take(letter, places);
    }

    /// Takes in a receipt that the court's table of the block before holds for the host's.
    pub(super) fn receipt(
        &mut self,
        position: Position,
        receipt: &Receipt,
        table: &Table,
        places: &Places,
        cut: u64,
    ) {
        let (process, message) = (receipt.process(), receipt.entry().message);
        let Some(order) = places.of(&process) else {
            return;
        };
        let counts = order.is_slot(receipt.slot()) && order.of(&message).is_none();
        if counts && table.has_signed(receipt, position.height, cut) {
            self.promised.entry((process, message)).or_insert(position);
        }
    }

    /// A message that has got a slot is promised no longer.
    pub(super) fn extended(&mut self, process: Id, entries: &[Entry]) {
        for entry in entries {
            self.promised.remove(&(process, entry.message));
            self.bodies.forget(process, entry.message);
        }
    }

    /// A lease has ended in this block: its liveness cases' messages, and from now on the process's inbox.
    pub(super) fn begin(
        &mut self,
        process: Id,
        epoch: u64,
        cut_height: u64,
        forced: Vec<Id>,
        block: &Block,
    ) {
        let orphan = Orphan {
            epoch,
            cut_height,
            cut: None,
            forced,
            queue: VecDeque::new(),
        };
        self.orphans.insert(process, orphan);
        self.hear(block, |named| *named == process);
    }

    /// The process has a host again; what still waits has no effect (5.8).
    pub(super) fn end(&mut self, process: &Id) {
        self.orphans.remove(process);
    }

    /// The last slot of the process's newest epoch and the chain there, once it is cut.
    pub(super) fn cut(&self, process: &Id) -> Option<(u64, Id)> {
        self.orphans.get(process)?.cut
    }

    /// The rest of step (a): what orphans go on with in this block, behind its records.
    pub(super) fn step(
        &mut self,
        block: &Block,
        logs: &mut Deriver,
        places: &mut Places,
    ) -> Ordered {
        self.hear(block, |_| true);
        let mut all = Ordered::default();
        let mut orphans = std::mem::take(&mut self.orphans);
        for (process, orphan) in &mut orphans {
            if orphan.cut.is_none() && block.height >= orphan.cut_height {
                all.cuts.extend(self.cut_off(*process, orphan, logs));
            }
            if orphan.cut.is_some() {
                let slots = run(*process, orphan, block, logs, places);
                let entries: Vec<_> = slots.iter().map(|slot| slot.entry).collect();
                self.extended(*process, &entries);
                all.slots.extend(slots);
            }
        }
        self.orphans = orphans;
        all
    }

    /// Puts what stands in the orphans' inboxes behind what waits.
    fn hear(&mut self, block: &Block, of: impl Fn(&Id) -> bool) {
        let orphans = &mut self.orphans;
        let known = |process: &Id| orphans.contains_key(process) && of(process);
        for (process, found, item) in mail::inboxes(block, known) {
            if let Some(orphan) = orphans.get_mut(&process) {
                orphan.queue.push_back(Body::of(&item, found));
            }
        }
    }

    /// The epoch ends: the queue begins with the cases' messages and those of receipts (5.8).
    fn cut_off(&mut self, process: Id, orphan: &mut Orphan, logs: &Deriver) -> Option<CutOff> {
        let head = *logs.log(&process)?.head();
        orphan.cut = Some((head.slot, head.chain));
        let own: BTreeMap<Id, Body> = orphan
            .queue
            .iter()
            .rev()
            .map(|body| (body.message, *body))
            .collect();
        let of_process = (process, Id::new([0; 32]))..=(process, Id::new([255; 32]));
        let promised = self.promised.extract_if(of_process, |_, _| true);
        let mut promised: Vec<_> = promised
            .map(|((_, message), position)| (position, message))
            .collect();
        promised.sort_unstable();
        let forced = std::mem::take(&mut orphan.forced).into_iter();
        let messages = forced.chain(promised.into_iter().map(|(_, message)| message));
        let body = |message| {
            self.bodies
                .of(process, message)
                .or_else(|| own.get(&message).copied())
        };
        let first: Vec<_> = messages.filter_map(body).collect();
        first
            .into_iter()
            .rev()
            .for_each(|body| orphan.queue.push_front(body));
        Some(CutOff {
            process,
            epoch: orphan.epoch,
            slot: head.slot,
        })
    }
}

/// Gives slots to what waits, until the block is full for this process (2.3).
fn run(
    process: Id,
    orphan: &mut Orphan,
    block: &Block,
    logs: &mut Deriver,
    places: &mut Places,
) -> Vec<VirtualSlot> {
    let (Some(log), Some(order)) = (logs.log(&process), places.of(&process)) else {
        return Vec::new();
    };
    let head = log.head();
    let before = order.at(head.slot).map(|place| place.message);
    let mut slots = Slots::behind(process, orphan.epoch, head, before);
    let mut room = Room::default();
    let mut ran = Vec::new();
    while let Some(body) = orphan.queue.pop_front_if(|body| room.holds(body.bytes)) {
        if places
            .of(&process)
            .is_some_and(|order| order.of(&body.message).is_some())
        {
            continue;
        }
        room.take(body.bytes);
        let planned = slots.plan(body.message, block);
        slots.take(planned);
        let slot = virtual_slot(process, orphan.epoch, &planned, &slots, body.found);
        places.extend(&process, &[slot.entry], true);
        ran.push(slot);
    }
    logs.append(&process, ran.iter().map(|slot| slot.entry).collect());
    ran
}

fn virtual_slot(
    process: Id,
    epoch: u64,
    planned: &Planned,
    slots: &Slots,
    found: Position,
) -> VirtualSlot {
    VirtualSlot {
        process,
        assignment: slots.last_id(),
        hash_chain: planned.chain.hash,
        entry: Entry {
            slot: planned.slot,
            message: planned.message,
            height: planned.height,
            timestamp: planned.timestamp,
            chain: planned.chain.log,
            mined: planned.height,
            epoch,
        },
        found,
    }
}
