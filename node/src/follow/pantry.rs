//! Messages and assignments of a log, found in the bundles of the base layer.
//!
//! Where an item stands is asked of every gateway (a hint); without a hint the `Type: Data` transactions of the blocks in which it
//! should stand are opened one after the other. Whatever is found is verified here, so nobody is believed. Bundles are kept
//! while memory allows, and what was once seen where is remembered longer, so that nothing is searched for twice.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aosec_challenge::derive::Entry;
use aosec_wire::{Assignment, Id, Strictness, VerifiedItem, bundle, item};
use bytes::Bytes;
use lru::LruCache;

use crate::arweave::gateway::{Gateway, GatewayError, IDS_MAX, Listed};

/// Bytes of opened bundles that are kept: sixteen full ones, some 30,000 slots of small messages.
const KEPT_BYTES: usize = 64 * 1024 * 1024;
/// Items whose place is remembered: at some 100 bytes each, 50 MiB.
const PLACES_MAX: NonZeroUsize = NonZeroUsize::new(512 * 1024).expect("not zero");
/// Transactions opened for one question without a hint: with 4 MiB each, more than a block holds.
const SEARCHED_MAX: usize = 64;
/// Assignments asked for one by one, where their messages stand elsewhere: each costs a question.
const SINGLES_MAX: usize = 64;
/// Threads that verify: more than this does not help one log.
const VERIFIERS_MAX: usize = 8;

/// The tags of the transactions that carry items (2.1).
const DATA_TAGS: [(&str, &str); 2] = [("Data-Protocol", "ao"), ("Type", "Data")];

/// What was found for one slot.
#[derive(Clone, Debug)]
pub struct Supply {
    /// The message, where a bundle holds it: one that was assigned by reference stands elsewhere.
    pub message: Option<VerifiedItem>,
    /// Assignments that name the slot, in no order; the canonical entry says which of them counts.
    pub assignments: Vec<Assignment>,
}

/// Bundles that were opened, and the way to others.
#[derive(Debug)]
pub struct Pantry {
    gateway: Gateway,
    shelf: Mutex<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    bundles: LruCache<Id, Opened>,
    bytes: usize,
    items: BTreeMap<Id, VerifiedItem>,
    assignments: BTreeMap<(Id, u64), BTreeMap<Id, Assignment>>,
    /// Which transaction holds an item, bundles that are forgotten included.
    places: LruCache<Id, Id>,
}

#[derive(Debug, Default)]
struct Opened {
    bytes: usize,
    items: Vec<Id>,
    slots: Vec<(Id, u64, Id)>,
}

impl Pantry {
    pub(super) fn new(gateway: Gateway) -> Self {
        let shelf = Shelf {
            bundles: LruCache::unbounded(),
            bytes: 0,
            items: BTreeMap::new(),
            assignments: BTreeMap::new(),
            places: LruCache::new(PLACES_MAX),
        };
        Self {
            gateway,
            shelf: Mutex::new(shelf),
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the base layer holds for each of these slots. `heights` are the blocks that are searched where nobody has a hint.
    ///
    /// # Errors
    /// [`GatewayError`]; what was found until then is kept for the next question.
    pub async fn supply(
        &self,
        process: Id,
        slots: &[Entry],
        heights: RangeInclusive<u64>,
    ) -> Result<Vec<Supply>, GatewayError> {
        self.fetch_hinted(process, slots).await?;
        self.fetch_singles(process, slots, &heights).await?;
        self.search(process, slots, heights).await?;
        let mut shelf = self.shelf();
        Ok(slots
            .iter()
            .map(|slot| shelf.supply(process, slot))
            .collect())
    }

    /// The item with this id, wherever it stands.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn item(&self, id: Id) -> Result<Option<VerifiedItem>, GatewayError> {
        if let Some(found) = self.shelf().items.get(&id).cloned() {
            return Ok(Some(found));
        }
        for place in self.gateway.places(&[id]).await? {
            if let Some(parent) = place.parent {
                self.open(parent).await?;
            }
        }
        let found = self.shelf().items.get(&id).cloned();
        match found {
            Some(found) => Ok(Some(found)),
            None => self.gateway.item(id).await,
        }
    }

    fn lacking(&self, process: Id, slots: &[Entry]) -> Vec<Entry> {
        let shelf = self.shelf();
        let lacks = |slot: &&Entry| !shelf.has(process, slot);
        slots.iter().filter(lacks).copied().collect()
    }

    /// Opens the bundles that gateways name for the messages.
    async fn fetch_hinted(&self, process: Id, slots: &[Entry]) -> Result<(), GatewayError> {
        let mut asked = BTreeSet::new();
        loop {
            let lacking = self.lacking(process, slots);
            let ids: Vec<Id> = lacking.iter().map(|slot| slot.message).collect();
            let ids: Vec<Id> = ids
                .into_iter()
                .filter(|id| asked.insert(*id))
                .take(IDS_MAX)
                .collect();
            if ids.is_empty() {
                return Ok(());
            }
            let remembered: BTreeSet<Id> = {
                let mut shelf = self.shelf();
                ids.iter()
                    .filter_map(|id| shelf.places.get(id).copied())
                    .collect()
            };
            for parent in remembered {
                self.open(parent).await?;
            }
            if self
                .lacking(process, slots)
                .iter()
                .any(|slot| ids.contains(&slot.message))
            {
                self.open_all(self.gateway.places(&ids).await?).await?;
            }
        }
    }

    async fn open_all(&self, places: BTreeSet<Listed>) -> Result<(), GatewayError> {
        let parents: BTreeSet<Id> = places.iter().filter_map(|place| place.parent).collect();
        for parent in parents {
            self.open(parent).await?;
        }
        Ok(())
    }

    /// Asks for assignments that stand apart from their messages.
    async fn fetch_singles(
        &self,
        process: Id,
        slots: &[Entry],
        heights: &RangeInclusive<u64>,
    ) -> Result<(), GatewayError> {
        let lacks = |slot: &Entry| !self.shelf().has_assignment(process, slot.slot);
        let lacking: Vec<u64> = slots
            .iter()
            .filter(|slot| lacks(slot))
            .map(|slot| slot.slot)
            .collect();
        for slot in lacking.into_iter().take(SINGLES_MAX) {
            if self.shelf().has_assignment(process, slot) {
                continue;
            }
            let (process_text, nonce) = (process.to_string(), slot.to_string());
            let tags = [
                ("Type", "Assignment"),
                ("Process", process_text.as_str()),
                ("Nonce", nonce.as_str()),
            ];
            let listed = self.gateway.listed(&tags, heights.clone()).await?;
            self.open_all(listed.clone()).await?;
            for one in listed {
                if !self.shelf().has_assignment(process, slot)
                    && let Some(item) = self.gateway.item(one.id).await?
                {
                    self.shelf().put_alone(item);
                }
            }
        }
        Ok(())
    }

    /// Opens transactions of these blocks until nothing lacks.
    async fn search(
        &self,
        process: Id,
        slots: &[Entry],
        heights: RangeInclusive<u64>,
    ) -> Result<(), GatewayError> {
        let lacks = |slot: &Entry| !self.shelf().has_assignment(process, slot.slot);
        if !slots.iter().any(lacks) {
            return Ok(());
        }
        let listed = self.gateway.listed(&DATA_TAGS, heights).await?;
        let tops = listed.into_iter().filter(|one| one.parent.is_none());
        for one in tops.take(SEARCHED_MAX) {
            self.open(one.id).await?;
            if self.lacking(process, slots).is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// Opens a transaction; what is no bundle, or cannot be had, adds nothing.
    async fn open(&self, id: Id) -> Result<(), GatewayError> {
        if self.shelf().bundles.get(&id).is_some() {
            return Ok(());
        }
        let contents = self.contents(id).await?;
        if contents.is_empty() {
            return Ok(());
        }
        let open = move || contents.iter().flat_map(verified).collect();
        let opened = tokio::task::spawn_blocking(open).await;
        match opened {
            Ok(items) => self.shelf().put(id, items),
            Err(lost) => tracing::error!(%lost, transaction = %id, "a bundle could not be opened"),
        }
        Ok(())
    }
}

impl Pantry {
    /// The data of a transaction. In format 1 one signature covers several ways to cut it out, and the items in it speak for
    /// themselves: whatever any gateway cuts is opened.
    async fn contents(&self, id: Id) -> Result<Vec<Bytes>, GatewayError> {
        let cuts = self.gateway.cuts(id).await?;
        let data = cuts.iter().filter_map(|cut| cut.transaction.data());
        Ok(data.cloned().collect())
    }
}

impl Shelf {
    fn has_assignment(&self, process: Id, slot: u64) -> bool {
        self.assignments.contains_key(&(process, slot))
    }

    fn has(&self, process: Id, slot: &Entry) -> bool {
        self.items.contains_key(&slot.message) && self.has_assignment(process, slot.slot)
    }

    fn supply(&mut self, process: Id, slot: &Entry) -> Supply {
        // A use keeps the bundle.
        if let Some(place) = self.places.get(&slot.message).copied() {
            self.bundles.promote(&place);
        }
        let assignments = self.assignments.get(&(process, slot.slot));
        Supply {
            message: self.items.get(&slot.message).cloned(),
            assignments: assignments
                .map_or_else(Vec::new, |found| found.values().cloned().collect()),
        }
    }

    fn put(&mut self, transaction: Id, items: Vec<VerifiedItem>) {
        let mut opened = Opened::default();
        for item in items {
            self.places.put(item.id(), transaction);
            self.add(item, &mut opened);
        }
        self.bytes += opened.bytes;
        self.bundles.put(transaction, opened);
        while self.bytes > KEPT_BYTES && self.bundles.len() > 1 {
            self.forget_oldest();
        }
    }

    /// An item that came by itself is kept as a bundle of one.
    fn put_alone(&mut self, item: VerifiedItem) {
        let id = item.id();
        self.put(id, vec![item]);
    }

    fn add(&mut self, item: VerifiedItem, opened: &mut Opened) {
        opened.bytes += item.bytes().len();
        opened.items.push(item.id());
        if item.tags().get("Type") == Some("Assignment")
            && let Ok(assignment) = Assignment::from_item(item.clone())
        {
            let (process, slot) = (assignment.process(), assignment.nonce());
            opened.slots.push((process, slot, item.id()));
            let found = self.assignments.entry((process, slot)).or_default();
            found.insert(item.id(), assignment);
        }
        self.items.insert(item.id(), item);
    }

    fn forget_oldest(&mut self) {
        let Some((_id, opened)) = self.bundles.pop_lru() else {
            return;
        };
        self.bytes -= opened.bytes;
        for id in opened.items {
            self.items.remove(&id);
        }
        for (process, slot, id) in opened.slots {
            if let Some(found) = self.assignments.get_mut(&(process, slot)) {
                found.remove(&id);
                if found.is_empty() {
                    self.assignments.remove(&(process, slot));
                }
            }
        }
    }
}

/// The items of a bundle that verify, on as many threads as the machine has.
fn verified(data: &Bytes) -> Vec<VerifiedItem> {
    let Ok(rows) = bundle::parse(data.clone()) else {
        return Vec::new();
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let part = rows.len().div_ceil(threads.min(VERIFIERS_MAX)).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = rows
            .chunks(part)
            .map(|rows| scope.spawn(|| rows.iter().filter_map(verified_one).collect::<Vec<_>>()))
            .collect();
        let joined = parts.into_iter().filter_map(|part| part.join().ok());
        joined.flatten().collect()
    })
}

fn verified_one((named, bytes): &(Id, Bytes)) -> Option<VerifiedItem> {
    let item = item::verify_bytes(bytes.clone(), Strictness::Settled).ok()?;
    (item.id() == *named).then_some(item)
}
