//! Pure: what the chain takes in, and on which conditions.

use aosec_wire::VerifiedItem;

use super::assembly::{Key, Piece};
use super::event::{Effect, Refusal};
use super::ledger::{Content, Entry, Position};
use super::offer::Offer;
use super::pool::Waiting;
use super::{ANCHOR_DEPTH, Chain, DATA_SIZE_MAX, Held, price_winston};
use crate::arweave::block::BlockId;
use crate::arweave::transaction::{Anchor, Transaction};

/// Most items that wait for a transaction of the devchain itself: a few blocks' worth.
const HELD_MAX: usize = 65_536;

impl Chain {
    pub(super) fn hold(&mut self, item: VerifiedItem) -> Result<Vec<Effect>, Refusal> {
        if self.ledger.get(item.id()).is_some() {
            return Ok(Vec::new());
        }
        if self.held.len() >= HELD_MAX {
            return Err(Refusal::Full);
        }
        let arrival = self.arrive();
        let position = Position::waiting(arrival, 0);
        self.held.insert(
            item.id(),
            Held {
                arrival,
                item: item.clone(),
            },
        );
        self.ledger.put(Entry {
            content: Content::Item(item),
            position,
            parent: None,
        });
        Ok(vec![Effect::Persist])
    }

    pub(super) fn submit(&mut self, offer: Offer) -> Result<Vec<Effect>, Refusal> {
        let transaction = &offer.transaction;
        if let Some(known) = self.ledger.get(transaction.id()) {
            let brings_data = known.content.data().is_none() && transaction.data().is_some();
            return Ok(if brings_data {
                self.complete(offer)
            } else {
                Vec::new()
            });
        }
        self.check(transaction)?;
        match (data_key(transaction), transaction.data()) {
            (Some(key), None) => self.assemblies.expect(key, transaction.id()),
            (Some(key), Some(_)) => self.assemblies.note_whole(key),
            (None, _) => {}
        }
        let since = self.tip().map_or(0, |tip| tip.height);
        self.enter(offer, since);
        Ok(vec![Effect::Persist])
    }

    /// Puts a transaction behind everything that waits.
    pub(super) fn enter(&mut self, offer: Offer, since: u64) {
        let arrival = self.arrive();
        let position = Position::waiting(arrival, 0);
        self.put_transaction(offer.transaction.clone(), position);
        self.place(&offer.children, position);
        self.pool.put(arrival, Waiting { since, offer });
    }

    /// Rule 2.
    fn check(&self, transaction: &Transaction) -> Result<(), Refusal> {
        let size = transaction.data_size();
        if size > DATA_SIZE_MAX {
            return Err(Refusal::DataSize(size));
        }
        let (offered, price) = (transaction.reward_winston(), price_winston(size));
        if offered < price {
            return Err(Refusal::Price { offered, price });
        }
        if !self.is_fresh(transaction) {
            return Err(Refusal::Anchor);
        }
        if self.pool.is_full() {
            return Err(Refusal::Full);
        }
        let wallet = transaction.owner_address();
        let available = self
            .balance_winston(wallet)
            .saturating_sub(self.pool.spending_winston(wallet));
        let cost = offered.saturating_add(transaction.quantity_winston());
        if cost > available {
            return Err(Refusal::Funds {
                wallet: wallet.clone(),
                available,
                cost,
            });
        }
        Ok(())
    }

    /// Whether the anchor is good for the next block.
    pub(super) fn is_fresh(&self, transaction: &Transaction) -> bool {
        let last = self.wallets.last(transaction.owner_address());
        match transaction.anchor() {
            Anchor::First => last.is_none(),
            Anchor::Last(id) => last == Some(*id),
            Anchor::Block(id) => {
                let height = self.heights.get(&BlockId::new(*id));
                let tip = self.blocks.len() as u64;
                height.is_some_and(|height| height + ANCHOR_DEPTH >= tip)
            }
        }
    }

    pub(super) fn assemble(&mut self, piece: Piece) -> Result<Vec<Effect>, Refusal> {
        if !self.assemblies.lacks(&piece)? {
            return Ok(Vec::new());
        }
        let mut effects = vec![Effect::Persist];
        let Some((data, waiting)) = self.assemblies.add(piece) else {
            return Ok(effects);
        };
        for id in waiting {
            let Some(Content::Transaction(transaction)) =
                self.ledger.get(id).map(|entry| &entry.content)
            else {
                continue;
            };
            let Ok(whole) = Transaction::clone(transaction).with_data(data.clone()) else {
                continue;
            };
            effects.extend(self.complete(Offer::new(whole)));
        }
        Ok(effects)
    }

    /// Gives a known transaction its data.
    fn complete(&mut self, offer: Offer) -> Vec<Effect> {
        let id = offer.transaction.id();
        let Some(known) = self.ledger.remove(id) else {
            return Vec::new();
        };
        self.assemblies.forget(id);
        self.put_transaction(offer.transaction.clone(), known.position);
        self.place(&offer.children, known.position);
        self.pool.replace(offer);
        vec![Effect::Persist, Effect::Completed(id)]
    }
}

/// What names the data of a transaction, in its own field or in chunks.
fn data_key(transaction: &Transaction) -> Option<Key> {
    let root = transaction.data_root()?;
    Some((*root, transaction.data_size()))
}
