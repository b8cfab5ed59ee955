//! What must never be, checked the moment it could be, and what must be in the end. The rules are told again here, from the law
//! and not from the node: two tellings that agree are worth more than one.

use std::collections::BTreeMap;

use aosec_node::su::chain::Batch;
use aosec_wire::{Assignment, Chain, Id};

use super::{
    court::Court,
    event::{Letter, Told},
    world::World,
};

/// What somebody signed, once and for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) assignment: Id,
    pub(super) message: Id,
    pub(super) height: u64,
    pub(super) timestamp: u64,
    pub(super) chain: Chain,
}

/// Everything that was ever signed and promised.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    logs: BTreeMap<Id, Signed>,
    /// A fork deeper than the settlement depth: from here on nothing settled is sure.
    pub(super) forked_too_deep: bool,
}

/// One log as it was signed.
#[derive(Debug, Default)]
pub(super) struct Signed {
    slots: Vec<Content>,
    of_message: BTreeMap<Id, u64>,
    promised: BTreeMap<u64, Id>,
}

impl World {
    /// I5, I3, I4, I2 and I6, for slots that were signed just now.
    pub(super) fn signed(&mut self, m: usize, batch: &Batch, assignments: &[Assignment]) {
        for (assignment, slot) in assignments.iter().zip(&batch.slots) {
            let Some(chain) = assignment.chain() else {
                return self.fail("I3 the chain holds", "an assignment without chains");
            };
            let content = Content {
                assignment: assignment.id(),
                message: slot.message,
                height: assignment.height(),
                timestamp: assignment.timestamp(),
                chain,
            };
            self.note(&("signs", m, assignment.nonce(), assignment.id()));
            if let Err((rule, words)) = self.oracle.sign(assignment, content) {
                let process = assignment.process();
                return self.fail(
                    rule,
                    format!("{words}, slot {} of {process}", assignment.nonce()),
                );
            }
        }
        self.verify_disk(m, batch);
    }

    /// I6: what is signed stands in both files, on the disk.
    fn verify_disk(&mut self, m: usize, batch: &Batch) {
        let disk = &self.machines[m].disk;
        let slots = (batch.first..).zip(&batch.slots);
        let mut kept = slots.map(|(number, slot)| {
            disk.store
                .holds_durably(batch.process, number, slot.message)
        });
        if !kept.all(|kept| kept) {
            self.fail(
                "I6 signed after the store",
                format!(
                    "machine {m} signed slot {} before its store had it",
                    batch.last()
                ),
            );
        } else if !disk.guard.is_flushed() {
            self.fail(
                "I6 signed after the guard",
                format!(
                    "machine {m} signed slot {} before its guard had it",
                    batch.last()
                ),
            );
        }
    }

    /// I1: an answer that names a slot is a promise; it may be given only for what is signed and durable.
    pub(super) fn promised(&mut self, m: usize, letter: Letter, told: Option<Told>) {
        let Some(Told::Slot(slot) | Told::Stands(slot)) = told else {
            return;
        };
        let (process, want) = (self.letters[letter].process, &self.letters[letter].want);
        let (message, is_copy) = (want.message(), want.content().is_some());
        let Some(content) = self.oracle.content(process, slot) else {
            return self.fail(
                "I1 answered is durable",
                format!("slot {slot} of {process} was answered and never signed"),
            );
        };
        if content.message != message && !is_copy {
            return self.fail(
                "I1 answered is durable",
                format!("slot {slot} of {process} was answered and holds another message"),
            );
        }
        let kept = content.message;
        if !self.machines[m]
            .disk
            .store
            .holds_durably(process, slot, kept)
        {
            return self.fail(
                "I1 answered is durable",
                format!("slot {slot} of {process} was answered and is not on the disk"),
            );
        }
        self.oracle
            .logs
            .entry(process)
            .or_default()
            .promised
            .insert(slot, kept);
    }

    /// I1 again: whoever begins to sign for a process has everything of it that was ever answered under its key.
    pub(super) fn signer_started(&mut self, m: usize) {
        let (key, cast) = (self.machines[m].key, self.cast);
        let own = cast.parts.iter().filter(|part| part.key == key);
        let own = own.map(|part| part.process());
        let own: Vec<_> = own.filter(|process| !self.is_given_up(*process)).collect();
        for process in own {
            let Some(signed) = self.oracle.logs.get(&process) else {
                continue;
            };
            let rows = self.machines[m]
                .disk
                .store
                .log(process)
                .map(|log| &log.rows[..]);
            let holds = |(slot, message): (&u64, &Id)| {
                let row = usize::try_from(*slot).ok().and_then(|slot| rows?.get(slot));
                row.is_some_and(|(row, _)| row.message == *message)
            };
            if let Some((slot, _)) = signed.promised.iter().find(|one| !holds(*one)) {
                let words = format!(
                    "machine {m} signs and does not know slot {slot} of {process}, which was answered"
                );
                return self.fail("I1 answered for ever", words);
            }
        }
    }

    /// I12: the outbox lets go of a transaction only when it is settled.
    pub(super) fn settled(&mut self, m: usize, tx: Id) {
        let depth = self.base_layer.depth(tx);
        let enough = depth.is_some_and(|depth| depth >= self.scene.settlement_depth);
        if !enough && !self.oracle.forked_too_deep {
            self.fail(
                "I12 settled before it is let go",
                format!("machine {m} lets go of {tx}, which lies {depth:?} deep"),
            );
        }
    }

    /// Whether the machine that works for this process lacks slots of it, and does not sign for it: the one way in which slots
    /// may be lost, because an operator went on without the files that were last in use.
    pub(super) fn is_given_up(&self, process: Id) -> bool {
        let working = self.machines.iter().filter(|machine| !machine.retired);
        let mut nodes = working.filter_map(|machine| machine.node.as_ref());
        nodes.any(|node| node.blocked.contains(&process))
    }

    /// What is still to be done; none when the world is at rest.
    pub(super) fn unrest(&self) -> Option<String> {
        if let Some((number, letter)) = (self.letters.iter().enumerate()).find(|(_, letter)| {
            letter.slot.is_none()
                && !letter.by_court
                && !self.is_ahead(letter.process)
                && !self.is_given_up(letter.process)
        }) {
            return Some(format!(
                "L1: letter {number} to {} has no slot and no refusal",
                letter.process
            ));
        }
        let machines = self.machines.iter().filter(|machine| !machine.retired);
        for (m, machine) in machines.enumerate() {
            let Some(node) = &machine.node else {
                return Some(format!("machine {m} does not start: {:?}", machine.refused));
            };
            if node.observes {
                return Some(format!(
                    "machine {m} signs nothing though its files are those last in use"
                ));
            }
            let unsettled = machine.disk.store.queue().open();
            let unkept = node.logs.values().any(|log| !log.tail.is_empty());
            if unsettled > 0 || unkept {
                return Some(format!(
                    "L3: machine {m} has {unsettled} runs that are not settled"
                ));
            }
        }
        self.court.as_ref().and_then(Court::unfinished)
    }

    /// A log whose stamps ran far ahead of the clock takes no messages before the clock comes up to them.
    pub(super) fn is_ahead(&self, process: Id) -> bool {
        let log = self.oracle.logs.get(&process);
        let last = log.and_then(|log| log.slots.last());
        last.is_some_and(|last| last.timestamp > self.now_ms + aosec_node::su::chain::STAMP_LEAD_MS)
    }
}

impl Oracle {
    /// The logs as they were signed.
    pub(super) fn logs(&self) -> impl Iterator<Item = (Id, &[Content])> {
        let logs = self.logs.iter();
        logs.map(|(process, log)| (*process, &log.slots[..]))
    }

    pub(super) fn content(&self, process: Id, slot: u64) -> Option<&Content> {
        let slot = usize::try_from(slot).ok()?;
        self.logs.get(&process)?.slots.get(slot)
    }

    fn sign(
        &mut self,
        assignment: &Assignment,
        content: Content,
    ) -> Result<(), (&'static str, String)> {
        let (process, slot) = (assignment.process(), assignment.nonce());
        let log = self.logs.entry(process).or_default();
        let index = usize::try_from(slot).unwrap_or(usize::MAX);
        if let Some(before) = log.slots.get(index) {
            return match *before == content {
                true => Ok(()),
                false => Err((
                    "I5 one content a slot",
                    format!("two contents were signed: {before:?} and {content:?}"),
                )),
            };
        }
        if index != log.slots.len() {
            return Err((
                "I3 slots are contiguous",
                format!("the log ends at {}", log.slots.len()),
            ));
        }
        let chain = match log.slots.last() {
            None => Chain::genesis(process),
            Some(last) => last.chain.next(
                last.assignment,
                content.message,
                content.height,
                content.timestamp,
            ),
        };
        if content.chain != chain {
            return Err((
                "I3 the chain holds",
                "it is another than the law's".to_owned(),
            ));
        }
        let last = log.slots.last();
        if last
            .is_some_and(|last| last.timestamp >= content.timestamp || last.height > content.height)
        {
            return Err(("I4 stamps grow", "a stamp does not".to_owned()));
        }
        if let Some(other) = log.of_message.insert(content.message, slot) {
            return Err((
                "I2 one message one slot",
                format!("its message stands in slot {other} too"),
            ));
        }
        log.slots.push(content);
        Ok(())
    }
}
