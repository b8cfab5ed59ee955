//! The check, step by step. The first step that does not hold ends it.

use aosec_wire::{Assignment, Id, LogEntry, Process, Scheduled, VerifiedItem};

use super::log::{self, Derived};
use super::{Brought, Court, Failure, Fault, Joined, Name, Proof, Rests, Step};
use crate::derive::{Entry, Hosting, HotKey, Receipt};

/// The tag of a spawn that names its court.
const ORIGIN: &str = "Origin";

/// Checks what was brought for a slot.
///
/// # Errors
/// The first step that does not hold, and why.
pub fn check(brought: &Brought) -> Result<Proof, Box<Failure>> {
    let mut checked = Checked {
        brought,
        steps: Vec::new(),
    };
    let spawn = checked.spawn()?;
    checked.court(&spawn)?;
    let derived = log::derive(brought, &spawn);
    let derived = derived.map_err(|fault| checked.fails(Name::Log, fault))?;
    checked.steps.extend(derived.steps.iter().cloned());
    let (entry, rests) = checked.slot(&spawn, &derived)?;
    checked.message(&entry)?;
    checked.receipt(&spawn, &entry, rests)?;
    Ok(Proof {
        process: spawn.item.id(),
        emptied: checked.emptied(&entry),
        entry,
        rests,
        has_message: brought.message.is_some(),
        steps: checked.steps,
    })
}

/// Whether the rows can be those of this process: its spawn names the court, or it has joined it (5.15).
fn is_of(court: &Court, named: Option<&str>, slot: u64) -> Result<(), Fault> {
    let other = || Fault::OtherCourt {
        named: named.unwrap_or("no court").to_owned(),
        brought: court.origin,
    };
    let first = court.leases.first().map(|lease| lease.tenure.first_slot);
    match (named, court.joined) {
        (None, None) => Err(other()),
        (Some(named), Some(_)) => Err(Fault::NeverJoined(named.to_owned())),
        (Some(named), None) if named != court.origin.to_string() => Err(other()),
        (Some(_), None) => Ok(()),
        (None, Some(Joined { first: from, .. })) if slot < from => {
            Err(Fault::BeforeJoining { slot, first: from })
        }
        (None, Some(Joined { first: from, .. })) => match first {
            Some(lease) if lease != from => Err(Fault::JoinedElsewhere { first: from, lease }),
            _ => Ok(()),
        },
    }
}

struct Checked<'a> {
    brought: &'a Brought,
    steps: Vec<Step>,
}

impl Checked<'_> {
    fn fails(&self, at: Name, fault: Fault) -> Box<Failure> {
        Box::new(Failure {
            at,
            fault,
            steps: self.steps.clone(),
        })
    }

    fn spawn(&mut self) -> Result<Process, Box<Failure>> {
        let item = &self.brought.spawn;
        let spawn = match Scheduled::classify(item.clone()) {
            Ok(Scheduled::Process(spawn)) => spawn,
            Ok(Scheduled::Message(_)) => {
                let fault = Fault::NoSpawn("it is a message".to_owned());
                return Err(self.fails(Name::Spawn, fault));
            }
            Err(error) => return Err(self.fails(Name::Spawn, Fault::NoSpawn(error.to_string()))),
        };
        let under = match item.tags().get(ORIGIN) {
            Some(origin) => format!("stands under the court {origin}"),
            None if self.brought.court.is_some() => "was spawned under no court".to_owned(),
            None => format!(
                "stands under no court, so that its scheduler {} alone orders it",
                spawn.scheduler
            ),
        };
        let says = format!(
            "The process is its spawn, signed by {}; it {under}.",
            item.owner_address()
        );
        let step = Step::new(Name::Spawn, says)
            .hash("process = H(signature of the spawn)", item.id())
            .hash(
                "log chain at slot 0 = H(process)",
                Id::sha256(item.id().as_bytes()),
            );
        self.steps.push(step);
        Ok(spawn)
    }

    fn court(&mut self, spawn: &Process) -> Result<(), Box<Failure>> {
        let named = spawn.item.tags().get(ORIGIN);
        let court = match (named, &self.brought.court) {
            (None, None) => return Ok(()),
            (Some(named), None) => {
                return Err(self.fails(Name::Court, Fault::NoCourt(named.to_owned())));
            }
            (_, Some(court)) => court,
        };
        is_of(court, named, self.brought.slot).map_err(|fault| self.fails(Name::Court, fault))?;
        let joined = court.joined.as_ref();
        let joined = joined.map(|joined| super::words::joined(joined, spawn.item.id()));
        let leases = court.leases.iter();
        let leases = leases.map(|lease| super::words::lease(lease, court.cut));
        self.steps.extend(joined.into_iter().chain(leases));
        Ok(())
    }

    /// The case by which the court has emptied the slot.
    fn emptied(&mut self, entry: &Entry) -> Option<u64> {
        let emptied = &self.brought.court.as_ref()?.emptied;
        let (case, _) = emptied.iter().find(|(_, slot)| *slot == entry.slot)?;
        self.steps.push(super::words::emptied(*case, entry));
        Some(*case)
    }

    fn slot(&mut self, spawn: &Process, derived: &Derived) -> Result<(Entry, Rests), Box<Failure>> {
        let Some((before, entry)) = derived.found else {
            return self.promise(spawn, derived);
        };
        let content = LogEntry {
            message: entry.message,
            height: entry.height,
            timestamp: entry.timestamp,
        };
        let found = content.chain_after(before);
        if found != entry.chain {
            let (slot, said) = (entry.slot, entry.chain);
            return Err(self.fails(Name::Slot, Fault::Chain { slot, found, said }));
        }
        let rests = match derived.ordered {
            Some(_) => Rests::OnBaseLayer,
            None => Rests::OnRecord,
        };
        self.steps.push(super::words::slot(&entry, before));
        Ok((entry, rests))
    }

    /// Where the base layer says nothing of the slot, its host's word may.
    fn promise(&self, spawn: &Process, derived: &Derived) -> Result<(Entry, Rests), Box<Failure>> {
        let slot = self.brought.slot;
        if !self.brought.blocks.is_empty() {
            let ignored = derived.ignored.as_ref();
            let fault = Fault::NotReached {
                slot,
                head: derived.head,
                ignored: ignored.map_or_else(String::new, |why| {
                    format!("; what stands there last is no part of it: {why}")
                }),
            };
            return Err(self.fails(Name::Slot, fault));
        }
        let Some(item) = &self.brought.receipt else {
            return Err(self.fails(Name::Slot, Fault::Nothing(slot)));
        };
        let receipt = self.read(item)?;
        if (receipt.process(), receipt.slot()) != (spawn.item.id(), slot) {
            return Err(self.fails(
                Name::Receipt,
                Fault::OtherReceipt(super::words::of(&receipt)),
            ));
        }
        let entry = Entry {
            slot,
            message: receipt.entry().message,
            height: receipt.entry().height,
            timestamp: receipt.entry().timestamp,
            chain: receipt.chain(),
            mined: 0,
            epoch: receipt.epoch(),
        };
        Ok((entry, Rests::OnPromise))
    }

    fn message(&mut self, entry: &Entry) -> Result<(), Box<Failure>> {
        let Some(item) = &self.brought.message else {
            return Ok(());
        };
        if item.id() != entry.message {
            let fault = Fault::OtherMessage {
                found: item.id(),
                holds: entry.message,
            };
            return Err(self.fails(Name::Message, fault));
        }
        let says = format!(
            "The message is there, {} bytes, signed by {}.",
            item.bytes().len(),
            item.owner_address()
        );
        self.steps
            .push(Step::new(Name::Message, says).hash("message = H(its signature)", item.id()));
        Ok(())
    }

    /// The receipt of a slot that a host ordered. Of another slot the host's word does not count.
    fn receipt(
        &mut self,
        spawn: &Process,
        entry: &Entry,
        rests: Rests,
    ) -> Result<(), Box<Failure>> {
        let Some(item) = &self.brought.receipt else {
            return Ok(());
        };
        let receipt = self.read(item)?;
        let said = (
            receipt.process(),
            receipt.epoch(),
            receipt.slot(),
            receipt.chain(),
        );
        let canonical = (spawn.item.id(), entry.epoch, entry.slot, entry.chain);
        let content = receipt.entry();
        let alike = (content.message, content.height, content.timestamp)
            == (entry.message, entry.height, entry.timestamp);
        if said != canonical || !alike {
            return Err(self.fails(
                Name::Receipt,
                Fault::OtherReceipt(super::words::of(&receipt)),
            ));
        }
        if !self
            .keys(spawn, receipt.epoch())
            .iter()
            .any(|key| key.address == *receipt.signer())
        {
            return Err(self.fails(Name::Receipt, Fault::Signer(receipt.signer().to_string())));
        }
        let word = match rests {
            Rests::OnPromise => "and it is a promise until the log on the base layer has it",
            Rests::OnRecord | Rests::OnBaseLayer => "equal to the log",
        };
        let says = format!(
            "The receipt is signed by the host's key {}, {word}.",
            receipt.signer()
        );
        let step = Step::new(Name::Receipt, says).hash("assignment = H(its signature)", item.id());
        self.steps
            .push(step.hash("log chain as it says", receipt.chain()));
        Ok(())
    }

    fn read(&self, item: &VerifiedItem) -> Result<Receipt, Box<Failure>> {
        let none = |why: String| self.fails(Name::Receipt, Fault::NoReceipt(why));
        let assignment =
            Assignment::from_item(item.clone()).map_err(|error| none(error.to_string()))?;
        Receipt::of(&assignment).map_err(|error| none(error.to_string()))
    }

    fn keys(&self, spawn: &Process, epoch: u64) -> Vec<HotKey> {
        match &self.brought.court {
            Some(court) => {
                let lease = court.leases.iter().find(|lease| lease.epoch == epoch);
                lease.map_or_else(Vec::new, |lease| lease.tenure.keys.clone())
            }
            None => {
                let mut hosting = Hosting::without_court(spawn.scheduler.clone());
                hosting
                    .tenures
                    .remove(&epoch)
                    .map_or_else(Vec::new, |tenure| tenure.keys)
            }
        }
    }
}
