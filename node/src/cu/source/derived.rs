//! The log of any process from the base layer alone: slots as the law's records order them, items from bundles.
//!
//! - B1 a slot is served once its record is settled. Before that it is not there, whatever its scheduler promised.
//! - B2 of the assignments that are found for a slot the one is served that the process's scheduler signed and that says what the
//!   canonical entry says. Slot 0 is in no record: the first one by position counts that the scheduler signed.
//! - B3 what is missing is named, with the slot that needs it.
//! - B4 of a process under the court that this node computes the canonical entry alone is served, and its message: from bundles, or
//!   where the base layer has ordered it, from the inbox or the enclosure in which it stands (PROTOCOL 5.4, 5.8). Of one that has
//!   joined the court later this holds from its first slot there on (5.15).

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use aosec_challenge::derive::Entry as Canonical;
use aosec_wire::{Assignment, Id, Process, Scheduled, VerifiedItem};

use lru::LruCache;

use super::{Answer, Items, Log, PAGE_BYTES, PAGE_SLOTS, SourceError, courted};
use crate::arweave::gateway::Gateway;
use crate::cu::replay::Entry;
use crate::cu::subject::Subject;
use crate::cu::word::Word;
use crate::follow::Handle;
use crate::follow::derivation::DeriveError;
use crate::follow::jurisdiction::Voids;
use crate::follow::pantry::Supply;

/// Blocks behind the one that mined a slot's record in which its items are searched: `publish_within` of a real network.
pub(super) const SEARCHED_BLOCKS: u64 = 60;

/// Spawns remembered, so that a page does not look for the one that it belongs to.
const SPAWNS_MAX: NonZeroUsize = NonZeroUsize::new(1_024).expect("not zero");

/// The base layer as a log.
#[derive(Clone, Debug)]
pub struct Derived {
    follow: Handle,
    gateway: Gateway,
    spawns: Arc<Mutex<LruCache<Id, Process>>>,
}

impl Derived {
    /// Logs as `follow` derives them.
    #[must_use]
    pub fn new(follow: Handle, gateway: Gateway) -> Self {
        Self {
            follow,
            gateway,
            spawns: Arc::new(Mutex::new(LruCache::new(SPAWNS_MAX))),
        }
    }

    async fn process(&self, process: Id) -> Result<Option<Process>, SourceError> {
        if let Some(spawn) = self.spawns().get(&process) {
            return Ok(Some(spawn.clone()));
        }
        let found = self.spawn_item(process).await?;
        let found = found.and_then(|item| match Scheduled::classify(item) {
            Ok(Scheduled::Process(spawn)) => Some(spawn),
            Ok(Scheduled::Message(_)) | Err(_) => None,
        });
        if let Some(spawn) = &found {
            self.spawns().put(process, spawn.clone());
        }
        Ok(found)
    }

    fn spawns(&self) -> std::sync::MutexGuard<'_, LruCache<Id, Process>> {
        self.spawns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Only what a record names is searched for without a hint: a made-up id costs nobody a search.
    async fn spawn_item(&self, process: Id) -> Result<Option<VerifiedItem>, SourceError> {
        let hinted = self.follow.pantry().item(process).await.map_err(gateway)?;
        if hinted.is_some() {
            return Ok(hinted);
        }
        let is_named = self.follow.is_named(process).await;
        match (is_named.map_err(store)?, self.follow.settled_blocks()) {
            (true, Some(heights)) => {
                let searched = self.follow.pantry().searched_item(process, heights);
                searched.await.map_err(gateway)
            }
            _ => Ok(None),
        }
    }

    async fn known(&self, process: Id) -> Result<Process, SourceError> {
        let found = self.process(process).await?;
        found.ok_or(SourceError::Unknown(process))
    }

    /// Slot 0 is in no record; it is served like the others once the process has one, or its assignment is found.
    async fn slots(
        &self,
        spawn: &Process,
        from: u64,
        to: u64,
    ) -> Result<Vec<Canonical>, SourceError> {
        let process = spawn.item.id();
        let head = self.follow.derive(spawn).await.map_err(derivation)?;
        let limit = to
            .min(head)
            .saturating_sub(from)
            .saturating_add(1)
            .min(PAGE_SLOTS);
        if from > head {
            return Ok(Vec::new());
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let mut slots = Vec::new();
        if from == 0 {
            slots.push(slot_zero(process));
        }
        let rest = limit - u32::from(from == 0);
        let stored = self.follow.slots(spawn, from.max(1), rest).await;
        slots.extend(stored.map_err(derivation)?);
        Ok(slots)
    }

    async fn read(&self, process: Id, from: u64, to: u64) -> Result<Vec<Entry>, SourceError> {
        let spawn = self.known(process).await?;
        let slots = self.slots(&spawn, from, to).await?;
        let court = self.follow.jurisdiction(&spawn).await.map_err(derivation)?;
        if let Some(court) = court {
            match slots.is_empty() && from < court.from {
                // What lies before is outside the law: nobody need have published its order (5.15).
                true => return Err(absent(&spawn, from)),
                false if from >= court.from => {
                    return courted::entries(&self.follow, court.log, &spawn, &slots).await;
                }
                false => {}
            }
        }
        let mut entries = Vec::with_capacity(slots.len());
        let has_zero = slots.first().is_some_and(|first| first.slot == 0);
        let (zero, rest) = slots.split_at(usize::from(has_zero));
        if !zero.is_empty() {
            entries.push(self.slot_zero(&spawn).await?);
        }
        let (Some(first), Some(last)) = (rest.first(), rest.last()) else {
            return Ok(entries);
        };
        let heights = first.height..=last.mined.saturating_add(SEARCHED_BLOCKS);
        let pantry = self.follow.pantry();
        let supplies = match pantry.supply(process, rest, heights, PAGE_BYTES).await {
            Err(_later) if !entries.is_empty() => Vec::new(),
            supplies => supplies.map_err(gateway)?,
        };
        for (slot, supply) in rest.iter().zip(supplies) {
            match entry(&spawn, slot, supply) {
                Ok(entry) => entries.push(entry),
                // Whoever needs this slot is told when it is the first that is asked for.
                Err(_later) if !entries.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    }

    async fn slot_zero(&self, spawn: &Process) -> Result<Entry, SourceError> {
        let heights = self.follow.settled_blocks().unwrap_or(0..=0);
        let found = self.follow.pantry().slot_zero(spawn, heights).await;
        let found = found.map_err(|error| SourceError::Gateway(error.to_string()))?;
        let assignment = found.ok_or_else(|| absent(spawn, 0))?;
        Ok(Entry {
            message: Some(spawn.item.clone()),
            assignment: assignment.into(),
        })
    }

    async fn find(&self, process: Id, id: Id) -> Result<Option<Word>, SourceError> {
        let spawn = self.known(process).await?;
        self.follow.derive(&spawn).await.map_err(derivation)?;
        let slot = if id == process {
            Some(0)
        } else {
            let by_message = self.follow.slot_of(&spawn, id).await.map_err(derivation)?;
            by_message.map(|entry| entry.slot)
        };
        let slot = match slot {
            Some(slot) => Some(slot),
            None => self.slot_of_assignment(process, id).await?,
        };
        let Some(slot) = slot else { return Ok(None) };
        let entries = self.read(process, slot, slot).await?;
        let assignments = entries.into_iter().map(|entry| entry.assignment);
        Ok(assignments
            .into_iter()
            .find(|found| found.id() == id || found.message().unwrap_or(process) == id))
    }

    async fn slot_of_assignment(&self, process: Id, id: Id) -> Result<Option<u64>, SourceError> {
        let item = self.follow.pantry().item(id).await.map_err(gateway)?;
        let assignment = item.and_then(|item| Assignment::from_item(item).ok());
        let own = assignment.filter(|assignment| assignment.process() == process);
        Ok(own.map(|assignment| assignment.nonce()))
    }
}

impl Log for Derived {
    /// What is settled was stamped long ago.
    fn is_prompt(&self, _process: Id) -> Answer<'_, bool> {
        Box::pin(async { Ok(false) })
    }

    fn spawn(&self, process: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move { Ok(self.process(process).await?.map(|spawn| spawn.item)) })
    }

    fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
        Box::pin(self.read(process, from, to))
    }

    /// Out of the canonical rows alone: the message need not be had.
    fn stamp(&self, process: Id, slot: u64) -> Answer<'_, Option<u64>> {
        Box::pin(async move {
            let spawn = self.known(process).await?;
            let slots = self.slots(&spawn, slot, slot).await?;
            Ok(slots.first().map(|entry| entry.timestamp))
        })
    }

    fn assignment(&self, process: Id, id: Id) -> Answer<'_, Option<Word>> {
        Box::pin(self.find(process, id))
    }

    fn voids(&self, process: Id) -> Answer<'_, Option<Voids>> {
        Box::pin(async move { self.follow.voids(process).await.map_err(derivation) })
    }

    fn newest(&self, process: Id) -> Answer<'_, Option<u64>> {
        Box::pin(async move {
            let Some(spawn) = self.process(process).await? else {
                return Ok(None);
            };
            self.follow
                .derive(&spawn)
                .await
                .map(Some)
                .map_err(derivation)
        })
    }
}

impl Items for Derived {
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move { self.follow.pantry().item(id).await.map_err(gateway) })
    }

    fn subject(&self, id: Id) -> Answer<'_, Option<Subject>> {
        Box::pin(async move {
            let hinted = Items::subject(&self.gateway, id).await?;
            match (hinted, self.follow.settled_blocks()) {
                (None, Some(heights)) => {
                    let searched = self.follow.pantry().searched_item(id, heights).await;
                    Ok(searched.map_err(gateway)?.map(Subject::from))
                }
                (hinted, _) => Ok(hinted),
            }
        })
    }
}

/// Slot 0 as an entry: what the spawn itself says, no record does.
fn slot_zero(process: Id) -> Canonical {
    Canonical {
        slot: 0,
        message: process,
        height: 0,
        timestamp: 0,
        chain: Id::sha256(process.as_bytes()),
        mined: 0,
        epoch: 0,
    }
}

/// B2.
fn entry(spawn: &Process, slot: &Canonical, supply: Supply) -> Result<Entry, SourceError> {
    let mut fitting = supply
        .assignments
        .into_values()
        .filter(|found| *found.item().owner_address() == spawn.scheduler && agrees(found, slot));
    let assignment = fitting.next().ok_or_else(|| absent(spawn, slot.slot))?;
    Ok(Entry {
        message: supply.message,
        assignment: assignment.into(),
    })
}

fn agrees(assignment: &Assignment, slot: &Canonical) -> bool {
    assignment.epoch() == slot.epoch
        && assignment.message() == Some(slot.message)
        && assignment.height() == slot.height
        && assignment.timestamp() == slot.timestamp
        && assignment
            .log_chain()
            .is_none_or(|chain| chain == slot.chain)
}

fn absent(spawn: &Process, slot: u64) -> SourceError {
    SourceError::Absent {
        process: spawn.item.id(),
        slot,
        what: "its assignment",
    }
}

fn store(error: crate::store::StoreError) -> SourceError {
    SourceError::Derivation(error.to_string())
}

pub(super) fn gateway(error: crate::arweave::gateway::GatewayError) -> SourceError {
    SourceError::Gateway(error.to_string())
}

pub(super) fn derivation(error: DeriveError) -> SourceError {
    SourceError::Derivation(error.to_string())
}
