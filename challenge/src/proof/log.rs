//! The log out of what was brought: every slot up to the one that is asked for, and how it came there.

use aosec_wire::{Id, Process};

use super::{Brought, Court, Fault, Name, Step};
use crate::derive::{
    Block, Entry, Extended, HostTable, Hosting, Ignored, Log, Parameters, Position, Start,
};
use crate::inbox::{Lease, Replay, Replayed, VirtualSlot};

/// A log as far as the slot.
pub(super) struct Derived {
    /// The slot before, and the slot, where it was reached.
    pub(super) found: Option<(Id, Entry)>,
    /// How the base layer put it there, where no host did.
    pub(super) ordered: Option<VirtualSlot>,
    pub(super) steps: Vec<Step>,
    /// The last slot.
    pub(super) head: u64,
    /// Why the last thing that stood there and had no effect had none.
    pub(super) ignored: Option<String>,
}

/// Derives the log.
pub(super) fn derive(brought: &Brought, spawn: &Process) -> Result<Derived, Fault> {
    let process = spawn.item.id();
    let mut walk = Walk::new(process, brought);
    match &brought.court {
        Some(court) => walk.courted(court, &brought.blocks)?,
        None => walk.alone(spawn, &brought.blocks)?,
    }
    Ok(walk.derived)
}

struct Walk<'a> {
    process: Id,
    slot: u64,
    leases: &'a [Lease],
    cut: u64,
    chain: Id,
    has_cut: bool,
    derived: Derived,
}

impl<'a> Walk<'a> {
    fn new(process: Id, brought: &'a Brought) -> Self {
        let court = brought.court.as_ref();
        let joined = court.and_then(|court| court.joined);
        let start = Id::sha256(process.as_bytes());
        Self {
            process,
            slot: brought.slot,
            leases: court.map_or(&[], |court| &court.leases),
            cut: court.map_or(0, |court| court.cut),
            chain: joined.map_or(start, |joined| joined.chain(process)),
            has_cut: false,
            derived: Derived {
                found: None,
                ordered: None,
                steps: Vec::new(),
                head: joined.map_or(0, |joined| joined.first.saturating_sub(1)),
                ignored: None,
            },
        }
    }

    fn courted(&mut self, court: &Court, blocks: &[Block]) -> Result<(), Fault> {
        let first = blocks.first().map_or(0, |block| block.height);
        let leases = court.leases.clone();
        let mut replay = Replay::begin(court.origin, self.process, court.cut, leases, first);
        if let Some(joined) = court.joined {
            replay = replay.joined(joined.legacy);
        }
        for block in blocks {
            if self.derived.found.is_some() {
                break;
            }
            let stepped = replay.step(block)?;
            self.take(stepped);
        }
        Ok(())
    }

    fn alone(&mut self, spawn: &Process, blocks: &[Block]) -> Result<(), Fault> {
        let mut hosts = HostTable::new();
        let hosting = Hosting::without_court(spawn.scheduler.clone());
        hosts.insert(self.process, hosting);
        let mut log = Log::begin(self.process, Start::of_spawn(self.process));
        for block in blocks {
            if self.derived.found.is_some() {
                break;
            }
            let step = log.step(block, &hosts, &Parameters::ARWEAVE);
            let step = step.map_err(crate::inbox::ReplayError::from)?;
            self.take(Replayed {
                extended: step.extended,
                ignored: step.ignored,
                virtual_slots: Vec::new(),
            });
        }
        Ok(())
    }

    fn take(&mut self, block: Replayed) {
        for run in block.extended {
            let step = by_record(&run, self.chain);
            self.derived.steps.push(step);
            run.entries.iter().for_each(|entry| self.entry(entry, None));
        }
        let own = |ignored: &&Ignored| ignored.process.is_none_or(|of| of == self.process);
        let ignored = block.ignored.iter().rfind(own);
        let why = ignored.map(|one| format!("{} ({})", one.reason, place(one.position)));
        self.derived.ignored = why.or(self.derived.ignored.take());
        for slot in block.virtual_slots {
            self.virtual_slot(&slot);
        }
    }

    fn virtual_slot(&mut self, slot: &VirtualSlot) {
        if !self.has_cut {
            self.has_cut = true;
            self.derived.steps.push(self.cut_off(slot.entry.epoch));
        }
        if self.derived.found.is_none() {
            self.derived.steps.push(self.by_order(slot));
        }
        self.entry(&slot.entry, Some(*slot));
    }

    fn entry(&mut self, entry: &Entry, ordered: Option<VirtualSlot>) {
        if entry.slot == self.slot {
            self.derived.found = Some((self.chain, *entry));
            self.derived.ordered = ordered;
        }
        self.chain = entry.chain;
        self.derived.head = entry.slot;
    }

    fn cut_off(&self, epoch: u64) -> Step {
        let lease = self.leases.iter().find(|lease| lease.epoch == epoch);
        let ended = lease.and_then(|lease| lease.tenure.ended).unwrap_or(0);
        let end = ended.saturating_add(self.cut);
        let says = format!(
            "Epoch {epoch} ended at U = block {ended}; what its host had on the base layer up to block U + {} = {end} counts, and its last \
             slot is {}. Everything else that the host signed is void.",
            self.cut, self.derived.head
        );
        Step::new(Name::Cut, says).hash(
            format!("log chain at slot {}", self.derived.head),
            self.chain,
        )
    }

    fn by_order(&self, slot: &VirtualSlot) -> Step {
        let entry = &slot.entry;
        let leases = self.leases.iter();
        let mut forced = leases.flat_map(|lease| &lease.forced);
        let case = forced.find(|(_, message)| *message == entry.message);
        let why = match (case, slot.found.child) {
            (Some((number, _)), _) => format!("case {number} asked for it, and cases come first"),
            (None, 0) => "it stands in the inbox of the process".to_owned(),
            (None, _) => "its host had promised it in a receipt".to_owned(),
        };
        let says = format!(
            "Slot {} is ordered by the base layer: {why}. The message stands in {}; it ran in block {} at time {}.",
            entry.slot,
            place(slot.found),
            entry.height,
            entry.timestamp
        );
        let id = "virtual assignment = H(\"aosec-virtual\" ‖ process ‖ epoch ‖ slot ‖ message ‖ height ‖ timestamp)";
        Step::new(Name::Fallback, says)
            .hash("message", entry.message)
            .hash(id, slot.assignment)
            .hash(
                "legacy Hash-Chain = H(virtual assignment of the slot before ‖ its log chain)",
                slot.hash_chain,
            )
            .hash(format!("log chain at slot {}", entry.slot), entry.chain)
    }
}

fn by_record(run: &Extended, before: Id) -> Step {
    let (first, last) = (run.entries.first(), run.entries.last());
    let (from, to) = (
        first.map_or(0, |entry| entry.slot),
        last.map_or(0, |entry| entry.slot),
    );
    let what = match run.position.child {
        0 => "A log record",
        _ => "A receipt",
    };
    let says = format!(
        "{what} in {} gives slots {from} to {to} to the log, signed by a key that counted for its epoch.",
        place(run.position)
    );
    let step = Step::new(Name::Log, says).hash(
        format!("log chain before, at slot {}", from.saturating_sub(1)),
        before,
    );
    match last {
        Some(last) => step.hash(
            format!("log chain at slot {to}, recomputed and signed"),
            last.chain,
        ),
        None => step,
    }
}

/// A position in words.
pub(super) fn place(position: Position) -> String {
    let Position {
        height,
        transaction,
        item,
        child,
    } = position;
    match child {
        0 => format!("block {height}, law transaction {transaction}, item {item}"),
        _ => format!(
            "block {height}, law transaction {transaction}, item {item}, enclosure {}",
            child - 1
        ),
    }
}
