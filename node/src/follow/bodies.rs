//! Messages of slots that the base layer has ordered: they stand in the law's own transactions, in the inbox of their process or
//! enclosed in an item of the court's (PROTOCOL 5.8).

use std::collections::BTreeMap;

use aosec_challenge::derive::Position;
use aosec_wire::{Id, Strictness, VerifiedItem, bundle, item};
use bytes::Bytes;

use super::Handle;
use super::derivation::DeriveError;
use crate::store::{canonical, clock};

impl Handle {
    /// The last slot of the last host of a process, once the base layer has ordered a slot behind it (PROTOCOL 5.7).
    ///
    /// # Errors
    /// [`DeriveError::Store`].
    pub async fn cut(&self, process: Id) -> Result<Option<u64>, DeriveError> {
        let first = canonical::first_virtual(&self.0.store, process).await?;
        Ok(first.and_then(|slot| slot.checked_sub(1)))
    }

    /// The messages of those of these slots that nobody has signed, by slot.
    ///
    /// # Errors
    /// [`DeriveError::Store`]; a message that is not where it stood is not there.
    pub async fn bodies(
        &self,
        process: Id,
        first: u64,
        last: u64,
    ) -> Result<BTreeMap<u64, VerifiedItem>, DeriveError> {
        let found = canonical::found(&self.0.store, process, first, last).await?;
        let mut blocks: BTreeMap<u64, Vec<(u64, Position)>> = BTreeMap::new();
        for (slot, position) in found {
            let places = blocks.entry(position.height).or_default();
            places.push((slot, position));
        }
        let mut bodies = BTreeMap::new();
        for (height, places) in blocks {
            let transactions = clock::in_block(&self.0.store, height).await?;
            let data = |position: &Position| {
                let place = u64::try_from(position.transaction).ok()?;
                let holds = transactions.iter().find(|one| one.place == place)?;
                Some(holds.data.clone())
            };
            let items = places
                .iter()
                .filter_map(|(slot, position)| Some((*slot, item_at(data(position)?, position)?)));
            bodies.extend(items);
        }
        Ok(bodies)
    }
}

/// The item at a position in a transaction with this data.
fn item_at(data: Bytes, position: &Position) -> Option<VerifiedItem> {
    let outer = numbered(data, position.item)?;
    match position.child.checked_sub(1) {
        None => Some(outer),
        Some(child) => numbered(outer.data(), child),
    }
}

fn numbered(data: Bytes, number: usize) -> Option<VerifiedItem> {
    let (_named, bytes) = bundle::parse(data).ok()?.into_iter().nth(number)?;
    item::verify_bytes(bytes, Strictness::Settled).ok()
}
