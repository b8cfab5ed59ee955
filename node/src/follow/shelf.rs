//! Bundles that were opened: their items, the assignments among them, and what stood where. Pure, bounded in bytes.
//!
//! A bundle that is forgotten takes its items with it; where they stood is remembered longer, so that nothing is searched for
//! twice. Items are verified before they come here.

use std::collections::{BTreeMap, BTreeSet};

use aosec_challenge::derive::Entry;
use aosec_wire::{Assignment, Id, VerifiedItem};
use lru::LruCache;

/// Bytes of opened bundles that are kept: sixteen full ones, some 30,000 slots of small messages.
const KEPT_BYTES: usize = 64 * 1024 * 1024;
/// Items whose place is remembered: at some 150 bytes each, 75 MiB. All are forgotten when there are more.
const PLACES_MAX: usize = 512 * 1024;

/// Where an item stands: the transaction (or, for one that came by itself, its own id), and its number in the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// What holds it.
    pub transaction: Id,
    /// Its number there.
    pub number: usize,
}

/// What was found for one slot.
#[derive(Clone, Debug, Default)]
pub struct Supply {
    /// The message, where a bundle holds it: one that was assigned by reference stands elsewhere.
    pub message: Option<VerifiedItem>,
    /// Assignments that name the slot, by place; which of them counts is not said here.
    pub assignments: BTreeMap<Place, Assignment>,
}

impl Supply {
    /// True where message and an assignment are there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.message.is_some() && !self.assignments.is_empty()
    }

    /// Bytes of the items.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let message = self.message.as_ref().map_or(0, |item| item.bytes().len());
        let assignments = self.assignments.values();
        message
            + assignments
                .map(|one| one.item().bytes().len())
                .sum::<usize>()
    }
}

/// Opened bundles.
#[derive(Debug)]
pub(super) struct Shelf {
    bundles: LruCache<Id, Opened>,
    bytes: usize,
    items: BTreeMap<Id, (Place, VerifiedItem)>,
    assignments: BTreeMap<(Id, u64), BTreeMap<Place, Assignment>>,
    /// Where items stand, those of forgotten bundles included.
    places: BTreeMap<Id, Id>,
    /// Which transactions hold an assignment of a slot, forgotten ones included.
    slot_places: BTreeMap<(Id, u64), BTreeSet<Id>>,
    /// The transactions whose items are all in `places`.
    indexed: BTreeSet<Id>,
}

#[derive(Debug, Default)]
struct Opened {
    bytes: usize,
    items: Vec<(Id, Place)>,
    slots: Vec<(Id, u64, Place)>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            bundles: LruCache::unbounded(),
            bytes: 0,
            items: BTreeMap::new(),
            assignments: BTreeMap::new(),
            places: BTreeMap::new(),
            slot_places: BTreeMap::new(),
            indexed: BTreeSet::new(),
        }
    }
}

impl Shelf {
    /// True while the bundle is kept; this is a use of it.
    pub(super) fn has_bundle(&mut self, transaction: Id) -> bool {
        self.bundles.get(&transaction).is_some()
    }

    /// True where it was opened once and what it holds is still known.
    pub(super) fn has_indexed(&self, transaction: Id) -> bool {
        self.indexed.contains(&transaction)
    }

    /// The item, if its bundle is kept.
    pub(super) fn item(&self, id: Id) -> Option<VerifiedItem> {
        self.items.get(&id).map(|(_place, item)| item.clone())
    }

    /// The transaction in which the item was once seen.
    pub(super) fn place(&self, id: Id) -> Option<Id> {
        self.places.get(&id).copied()
    }

    /// The transactions in which an assignment of the slot was once seen.
    pub(super) fn slot_places(&self, process: Id, slot: u64) -> Vec<Id> {
        let places = self.slot_places.get(&(process, slot));
        places.map_or_else(Vec::new, |places| places.iter().copied().collect())
    }

    /// The assignments of a slot in bundles that are kept, by place.
    pub(super) fn assignments(&self, process: Id, slot: u64) -> Vec<(Place, Assignment)> {
        let found = self.assignments.get(&(process, slot)).into_iter().flatten();
        found.map(|(place, one)| (*place, one.clone())).collect()
    }

    /// Adds to `supply` what is here of the slot.
    pub(super) fn supply(&mut self, process: Id, slot: &Entry, supply: &mut Supply) {
        if let Some((place, item)) = self.items.get(&slot.message) {
            // A use keeps the bundle.
            self.bundles.promote(&place.transaction);
            supply.message.get_or_insert_with(|| item.clone());
        }
        if let Some(found) = self.assignments.get(&(process, slot.slot)) {
            let found = found.iter().map(|(place, one)| (*place, one.clone()));
            supply.assignments.extend(found);
        }
    }

    /// Keeps a bundle, and forgets those that were used least recently.
    pub(super) fn put(&mut self, transaction: Id, items: Vec<(usize, VerifiedItem)>) {
        if self.places.len() > PLACES_MAX {
            self.places.clear();
            self.slot_places.clear();
            self.indexed.clear();
        }
        let mut opened = Opened::default();
        for (number, item) in items {
            let place = Place {
                transaction,
                number,
            };
            self.places.insert(item.id(), transaction);
            self.add(item, place, &mut opened);
        }
        self.bytes += opened.bytes;
        self.indexed.insert(transaction);
        self.bundles.put(transaction, opened);
        while self.bytes > KEPT_BYTES && self.bundles.len() > 1 {
            self.forget_oldest();
        }
    }

    fn add(&mut self, item: VerifiedItem, place: Place, opened: &mut Opened) {
        opened.bytes += item.bytes().len();
        opened.items.push((item.id(), place));
        if item.tags().get("Type") == Some("Assignment")
            && let Ok(assignment) = Assignment::from_item(item.clone())
        {
            let (process, slot) = (assignment.process(), assignment.nonce());
            opened.slots.push((process, slot, place));
            let places = self.slot_places.entry((process, slot)).or_default();
            places.insert(place.transaction);
            let found = self.assignments.entry((process, slot)).or_default();
            found.insert(place, assignment);
        }
        self.items.insert(item.id(), (place, item));
    }

    fn forget_oldest(&mut self) {
        let Some((_id, opened)) = self.bundles.pop_lru() else {
            return;
        };
        self.bytes -= opened.bytes;
        for (id, place) in opened.items {
            // A later bundle may hold the same item.
            if self
                .items
                .get(&id)
                .is_some_and(|(kept, _item)| *kept == place)
            {
                self.items.remove(&id);
            }
        }
        for (process, slot, place) in opened.slots {
            if let Some(found) = self.assignments.get_mut(&(process, slot)) {
                found.remove(&place);
                if found.is_empty() {
                    self.assignments.remove(&(process, slot));
                }
            }
        }
    }
}
