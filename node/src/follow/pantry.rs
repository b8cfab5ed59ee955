//! Messages and assignments of a log, found in the bundles of the base layer.
//!
//! Where an item stands is asked of every gateway (a hint); without a hint the `Type: Data` transactions of the blocks in which it
//! should stand are opened in their order. Whatever is found is verified here, so nobody is believed. Bundles are kept while
//! memory allows ([`super::shelf`]).

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aosec_challenge::derive::Entry;
use aosec_wire::{Assignment, Id, Strictness, VerifiedItem, bundle, item};
use bytes::Bytes;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinSet;

use super::shelf::Shelf;
pub use super::shelf::{Place, Supply};
use crate::arweave::aside;
use crate::arweave::gateway::{Gateway, GatewayError, IDS_MAX, Listed};

/// Transactions opened for one question without a hint: with 4 MiB each, more than a block holds. The next question goes on.
pub(super) const SEARCHED_MAX: usize = 64;
/// Blocks listed at once in a search: at 20 full bundles each, as many as one listing holds.
pub(super) const LISTED_BLOCKS: u64 = 1_000;
/// Assignments asked for one by one, where their messages stand elsewhere: each costs a question.
const SINGLES_MAX: usize = 64;
/// Bundles fetched and verified at once: each takes 4 MiB and its JSON form as much again.
const OPENED_AT_ONCE: usize = 2;
/// Threads that verify: more than this does not help one log.
const VERIFIERS_MAX: usize = 8;

/// The tags of the transactions that carry items (2.1).
pub(super) const DATA_TAGS: [(&str, &str); 2] = [("Data-Protocol", "ao"), ("Type", "Data")];

/// Bundles that were opened, and the way to others.
#[derive(Clone, Debug)]
pub struct Pantry {
    gateway: Gateway,
    shelf: Arc<Mutex<Shelf>>,
    /// One search through blocks at a time: whoever asks for what is nowhere does not make this node read all of them at once.
    searching: Arc<AsyncMutex<()>>,
}

/// The slots of a question, and what was found for them: it stays, even where a bundle has to make room for the next.
struct Wanted<'a> {
    process: Id,
    slots: &'a [Entry],
    found: Vec<Supply>,
}

impl Wanted<'_> {
    fn lacking(&self) -> impl Iterator<Item = &Entry> {
        let both = self.slots.iter().zip(&self.found);
        both.filter(|(_slot, found)| !found.is_whole())
            .map(|(slot, _found)| slot)
    }

    fn unassigned(&self) -> Vec<u64> {
        let both = self.slots.iter().zip(&self.found);
        both.filter(|(_slot, found)| found.assignments.is_empty())
            .map(|(slot, _found)| slot.slot)
            .collect()
    }
}

impl Pantry {
    pub(super) fn new(gateway: Gateway) -> Self {
        Self {
            gateway,
            shelf: Arc::default(),
            searching: Arc::default(),
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the base layer holds for each of these slots: for the first of them, as many as `bytes` allow, at least one.
    /// `heights` are the blocks that are searched where nobody has a hint.
    ///
    /// # Errors
    /// [`GatewayError`] where nothing is known of the first slots; what was found is kept for the next question.
    pub async fn supply(
        &self,
        process: Id,
        slots: &[Entry],
        heights: RangeInclusive<u64>,
        bytes: usize,
    ) -> Result<Vec<Supply>, GatewayError> {
        let (mut supplies, mut taken) = (Vec::new(), 0);
        for some in slots.chunks(IDS_MAX) {
            let found = match self.some(process, some, &heights).await {
                Err(_later) if !supplies.is_empty() => return Ok(supplies),
                found => found?,
            };
            for supply in found {
                taken += supply.bytes();
                supplies.push(supply);
                if taken >= bytes {
                    return Ok(supplies);
                }
            }
        }
        Ok(supplies)
    }

    async fn some(
        &self,
        process: Id,
        slots: &[Entry],
        heights: &RangeInclusive<u64>,
    ) -> Result<Vec<Supply>, GatewayError> {
        let mut wanted = Wanted {
            process,
            slots,
            found: vec![Supply::default(); slots.len()],
        };
        self.gather(&mut wanted);
        self.open_hinted(&mut wanted).await?;
        self.open_singles(&mut wanted, heights).await?;
        if !wanted.unassigned().is_empty() {
            let gathers = |pantry: &Self| {
                pantry.gather(&mut wanted);
                wanted.lacking().next().is_none()
            };
            self.search(heights.clone(), gathers).await?;
        }
        Ok(wanted.found)
    }

    fn gather(&self, wanted: &mut Wanted<'_>) {
        let mut shelf = self.shelf();
        for (slot, found) in wanted.slots.iter().zip(&mut wanted.found) {
            shelf.supply(wanted.process, slot, found);
        }
    }

    pub(super) fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// True where the transaction was opened once, and holds no assignment of slot 0.
    pub(super) fn is_ruled_out(&self, process: Id, transaction: Id) -> bool {
        let shelf = self.shelf();
        shelf.has_indexed(transaction) && !shelf.slot_places(process, 0).contains(&transaction)
    }

    /// The assignments of a slot in an open bundle, each with its number there.
    pub(super) fn slot_in(
        &self,
        process: Id,
        slot: u64,
        transaction: Id,
    ) -> Vec<(usize, Assignment)> {
        let all = self.shelf().assignments(process, slot).into_iter();
        let here = all.filter(|(place, _one)| place.transaction == transaction);
        here.map(|(place, one)| (place.number, one)).collect()
    }

    /// Assignments of a slot that gateways list, whoever signed them.
    pub(super) async fn assignments_of(
        &self,
        process: Id,
        slot: u64,
        heights: RangeInclusive<u64>,
    ) -> Result<BTreeSet<Listed>, GatewayError> {
        let (process, nonce) = (process.to_string(), slot.to_string());
        let tags = [
            ("Type", "Assignment"),
            ("Process", process.as_str()),
            ("Nonce", nonce.as_str()),
        ];
        self.gateway.listed(&tags, heights).await
    }

    /// Items under all of these tags in these blocks, as any gateway lists them, in the order of blocks; none is opened.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn listed_items(
        &self,
        tags: &[(&str, &str)],
        heights: RangeInclusive<u64>,
    ) -> Result<Vec<Id>, GatewayError> {
        let listed = self.gateway.listed(tags, heights).await?;
        Ok(listed.into_iter().map(|one| one.id).collect())
    }

    /// The item with this id, if a gateway says where it stands.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn item(&self, id: Id) -> Result<Option<VerifiedItem>, GatewayError> {
        if let Some(found) = self.shelf().item(id) {
            return Ok(Some(found));
        }
        let remembered = self.shelf().place(id);
        let mut parents: BTreeSet<Id> = remembered.into_iter().collect();
        if parents.is_empty() {
            let places = self.gateway.places(&[id]).await?;
            parents.extend(places.iter().filter_map(|place| place.parent));
        }
        for parent in parents {
            self.open(parent).await?;
            if let Some(found) = self.shelf().item(id) {
                return Ok(Some(found));
            }
        }
        self.gateway.item(id).await
    }

    /// The item with this id, searched for in the bundles of these blocks.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn searched_item(
        &self,
        id: Id,
        heights: RangeInclusive<u64>,
    ) -> Result<Option<VerifiedItem>, GatewayError> {
        let is_known = |pantry: &Self| pantry.shelf().place(id).is_some();
        if !is_known(self) {
            self.search(heights, is_known).await?;
        }
        match is_known(self) {
            true => self.item(id).await,
            false => Ok(None),
        }
    }

    /// Opens the bundles that were seen before or that gateways name for the messages.
    async fn open_hinted(&self, wanted: &mut Wanted<'_>) -> Result<(), GatewayError> {
        let remembered: BTreeSet<Id> = {
            let shelf = self.shelf();
            let places = |slot: &Entry| {
                let slots = shelf.slot_places(wanted.process, slot.slot);
                slots.into_iter().chain(shelf.place(slot.message))
            };
            wanted.lacking().flat_map(places).collect()
        };
        self.open_all(remembered, wanted).await?;
        let lacking: Vec<Id> = wanted.lacking().map(|slot| slot.message).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let places = self.gateway.places(&lacking).await?;
        let parents = places.iter().filter_map(|place| place.parent);
        self.open_all(parents.collect(), wanted).await
    }

    /// Opens bundles, a few at once, until nothing lacks.
    async fn open_all(
        &self,
        transactions: BTreeSet<Id>,
        wanted: &mut Wanted<'_>,
    ) -> Result<(), GatewayError> {
        let mut waiting = transactions.into_iter();
        let mut opening = JoinSet::new();
        loop {
            while opening.len() < OPENED_AT_ONCE
                && let Some(id) = waiting.next()
            {
                let pantry = self.clone();
                opening.spawn(async move { pantry.open(id).await });
            }
            let Some(opened) = opening.join_next().await else {
                return Ok(());
            };
            opened.unwrap_or(Ok(()))?;
            self.gather(wanted);
            if wanted.lacking().next().is_none() {
                return Ok(());
            }
        }
    }

    /// Asks for assignments that stand apart from their messages.
    async fn open_singles(
        &self,
        wanted: &mut Wanted<'_>,
        heights: &RangeInclusive<u64>,
    ) -> Result<(), GatewayError> {
        for slot in wanted.unassigned().into_iter().take(SINGLES_MAX) {
            // The bundle of the slot before may have brought it.
            if !wanted.unassigned().contains(&slot) {
                continue;
            }
            let listed = self
                .assignments_of(wanted.process, slot, heights.clone())
                .await?;
            let parents = listed.iter().filter_map(|one| one.parent).collect();
            self.open_all(parents, wanted).await?;
            if wanted.unassigned().contains(&slot) {
                self.fetch_alone(&listed).await?;
                self.gather(wanted);
            }
        }
        Ok(())
    }

    /// Items that came by themselves are kept as bundles of one.
    async fn fetch_alone(&self, listed: &BTreeSet<Listed>) -> Result<(), GatewayError> {
        for one in listed {
            if let Some(item) = self.gateway.item(one.id).await? {
                self.shelf().put(one.id, vec![(0, item)]);
            }
        }
        Ok(())
    }

    /// Opens the bundles of these blocks that were not opened before, in the order of blocks, until `is_enough`.
    async fn search(
        &self,
        heights: RangeInclusive<u64>,
        mut is_enough: impl FnMut(&Self) -> bool + Send,
    ) -> Result<(), GatewayError> {
        let _alone = self.searching.lock().await;
        let (mut from, mut opened) = (*heights.start(), 0);
        while from <= *heights.end() {
            let to = from.saturating_add(LISTED_BLOCKS - 1).min(*heights.end());
            let listed = self.gateway.listed(&DATA_TAGS, from..=to).await?;
            for one in listed.into_iter().filter(|one| one.parent.is_none()) {
                if self.shelf().has_indexed(one.id) {
                    continue;
                }
                self.open(one.id).await?;
                opened += 1;
                if is_enough(self) || opened == SEARCHED_MAX {
                    return Ok(());
                }
            }
            from = to.saturating_add(1);
        }
        Ok(())
    }

    /// Opens a transaction; what is no bundle, or cannot be had, adds nothing.
    pub(super) async fn open(&self, id: Id) -> Result<(), GatewayError> {
        if self.shelf().has_bundle(id) {
            return Ok(());
        }
        let contents = self.contents(id).await?;
        if contents.is_empty() {
            return Ok(());
        }
        // Whoever computes the slots of the bundle before comes first: this one is needed after them.
        let opened = aside::run(move || opened(&contents)).await;
        match opened {
            Ok(items) => self.shelf().put(id, items),
            Err(lost) => tracing::error!(%lost, transaction = %id, "a bundle could not be opened"),
        }
        Ok(())
    }

    /// The data of a transaction. In format 1 one signature covers several ways to cut it out, and the items in it speak for
    /// themselves: whatever any gateway cuts is opened.
    async fn contents(&self, id: Id) -> Result<Vec<Bytes>, GatewayError> {
        let cuts = self.gateway.cuts(id).await?;
        let data = cuts.iter().filter_map(|cut| cut.transaction.data());
        Ok(data.cloned().collect())
    }
}

fn opened(contents: &[Bytes]) -> Vec<(usize, VerifiedItem)> {
    contents.iter().flat_map(verified).collect()
}

/// The items of a bundle that verify, each with its number. One core is left to whoever computes the slots of the bundle before.
fn verified(data: &Bytes) -> Vec<(usize, VerifiedItem)> {
    let Ok(rows) = bundle::parse(data.clone()) else {
        return Vec::new();
    };
    let rows: Vec<(usize, (Id, Bytes))> = rows.into_iter().enumerate().collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let verifiers = threads.saturating_sub(1).clamp(1, VERIFIERS_MAX);
    let part = rows.len().div_ceil(verifiers).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = rows
            .chunks(part)
            .map(|rows| scope.spawn(|| rows.iter().filter_map(verified_one).collect::<Vec<_>>()))
            .collect();
        let joined = parts.into_iter().filter_map(|part| part.join().ok());
        joined.flatten().collect()
    })
}

fn verified_one((number, (named, bytes)): &(usize, (Id, Bytes))) -> Option<(usize, VerifiedItem)> {
    let item = item::verify_bytes(bytes.clone(), Strictness::Settled).ok()?;
    (item.id() == *named).then_some((*number, item))
}
