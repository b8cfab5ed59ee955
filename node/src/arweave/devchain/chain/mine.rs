//! Pure: the next block, and the place that each item gets by it.

use super::block::Block;
use super::event::Effect;
use super::ledger::{Content, Entry, Position};
use super::offer::{Child, Offer};
use super::{BLOCK_TXS_MAX, Chain};

impl Chain {
    pub(super) fn mine(&mut self, time_s: u64) -> Vec<Effect> {
        let mut effects = vec![Effect::Persist];
        let height = self.blocks.len() as u64;
        let mut txs = Vec::new();
        let mut data_bytes = 0;
        for (arrival, offer) in self.due(height) {
            let id = offer.transaction.id();
            if !self.is_fresh(&offer.transaction) || !self.wallets.can_pay(&offer.transaction) {
                self.forget(arrival, &offer);
                effects.push(Effect::Dropped(id));
                continue;
            }
            let place = u32::try_from(txs.len()).unwrap_or(u32::MAX);
            data_bytes += offer.transaction.data_size();
            self.settle(offer, Position::new(height, place, 0), data_bytes);
            txs.push(id);
        }
        effects.push(Effect::Mined {
            height,
            transactions: txs.len(),
        });
        self.append(Block::after(
            self.tip(),
            self.branch,
            time_s,
            txs,
            data_bytes,
        ));
        effects
    }

    /// Takes out what the block at `height` takes: in order of arrival, unless a fault holds it back.
    fn due(&mut self, height: u64) -> Vec<(u32, Offer)> {
        let faults = &self.faults;
        self.pool
            .take(BLOCK_TXS_MAX, |waiting| faults.lets_in(waiting, height))
    }

    /// Carries out one transaction of the block at hand, whose data ends `data_bytes` into the block.
    fn settle(&mut self, offer: Offer, position: Position, data_bytes: u64) {
        let Offer {
            transaction,
            children,
        } = offer;
        self.wallets.apply(&transaction);
        if transaction.data_size() > 0 {
            let below = self.tip().map_or(0, |block| block.weave_size);
            self.weave.insert(below + data_bytes, transaction.id());
        }
        self.put_transaction(transaction, position);
        self.place(&children, position);
    }

    /// Rule 3: gives each item its place under `base`, unless it has a better one.
    pub(super) fn place(&mut self, children: &[Child], base: Position) {
        for (number, child) in (1..).zip(children) {
            let mined = base.height().is_some();
            let keeps = self.ledger.get(child.item.id()).is_some_and(|entry| {
                entry.position.height().is_some() || (!mined && entry.parent.is_some())
            });
            if keeps {
                continue;
            }
            if mined && let Some(held) = self.held.remove(&child.item.id()) {
                self.once_held.insert(child.item.id(), held.arrival);
            }
            let content = Content::Item(child.item.clone());
            self.ledger.put(Entry {
                content,
                position: base.child(number),
                parent: Some(child.parent),
            });
        }
    }

    /// Forgets a waiting transaction and what it alone carried.
    fn forget(&mut self, arrival: u32, offer: &Offer) {
        self.ledger.remove(offer.transaction.id());
        self.assemblies.forget(offer.transaction.id());
        let base = Position::waiting(arrival, 0);
        for (number, child) in (1..).zip(&offer.children) {
            let id = child.item.id();
            if self
                .ledger
                .get(id)
                .is_none_or(|entry| entry.position != base.child(number))
            {
                continue;
            }
            self.ledger.remove(id);
            if let Some(held) = self.held.get(&id) {
                let (content, position) = (
                    Content::Item(held.item.clone()),
                    Position::waiting(held.arrival, 0),
                );
                self.ledger.put(Entry {
                    content,
                    position,
                    parent: None,
                });
            }
        }
    }
}
