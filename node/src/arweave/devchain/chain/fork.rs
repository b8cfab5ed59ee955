//! Pure: another branch takes the place of the newest blocks.
//!
//! 1. The branch is one block longer than what it replaces, so every reader that follows the longest chain follows it. Block 0 stays.
//! 2. What the replaced blocks did is undone, newest first: money, anchors, places, the numbers of the bytes. Mints are no
//!    transactions and stand.
//! 3. The transactions of the replaced blocks wait again in front of everything that waits, in their order, or are mined by the
//!    branch, or are dropped ([`Orphans`]). Whether they still can be mined is judged when they are: an anchor on a replaced block
//!    is an anchor no more, and money may be gone.
//! 4. An item that was given to the devchain itself is never lost: where its carrier is dropped it waits for another.

use std::collections::BTreeSet;

use aosec_wire::Address;

use super::block::Block;
use super::event::{Effect, Refusal};
use super::ledger::{Content, Entry, Position};
use super::offer::Offer;
use super::pool::Waiting;
use super::{Chain, Held};
use crate::arweave::transaction::Transaction;

/// What becomes of the transactions in replaced blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orphans {
    /// They wait; the branch's blocks are empty.
    Wait,
    /// They are forgotten; the branch's blocks are empty.
    Drop,
    /// The branch's blocks take them, and whatever else waits.
    Mine,
}

impl Chain {
    /// Replaces the newest `depth` blocks by `depth` + 1 others.
    pub(super) fn fork(
        &mut self,
        depth: u64,
        orphans: Orphans,
        time_s: u64,
    ) -> Result<Vec<Effect>, Refusal> {
        let height = self.blocks.len() as u64;
        let first = height
            .checked_sub(depth)
            .filter(|first| depth > 0 && *first > 0)
            .ok_or(Refusal::ForkDepth {
                depth,
                deepest: height.saturating_sub(1),
            })?;
        let waiting = self.pool.take_all();
        let orphaned = self.unwind(first);
        let mut effects = vec![Effect::Persist, Effect::Forked { first, depth }];
        if orphans == Orphans::Drop {
            for transaction in &orphaned {
                self.assemblies.forget(transaction.id());
                effects.push(Effect::Dropped(transaction.id()));
            }
            self.requeue(Vec::new(), waiting);
        } else {
            self.requeue(orphaned, waiting);
        }
        self.branch += 1;
        for _block in 0..=depth {
            effects.extend(self.grow(orphans, time_s));
        }
        Ok(effects)
    }

    /// One block of the branch.
    fn grow(&mut self, orphans: Orphans, time_s: u64) -> Vec<Effect> {
        if orphans == Orphans::Mine {
            let mut effects = self.mine(time_s);
            effects.retain(|effect| *effect != Effect::Persist);
            return effects;
        }
        let block = Block::after(self.tip(), self.branch, time_s, Vec::new(), 0);
        let height = block.height;
        self.append(block);
        vec![Effect::Mined {
            height,
            transactions: 0,
        }]
    }

    /// Undoes the blocks from `first` on; gives their transactions in order. Nothing that waits has a place after this.
    fn unwind(&mut self, first: u64) -> Vec<Transaction> {
        let cut = self.ledger.cut_off(Position::new(first, 0, 0));
        let mut orphaned = Vec::new();
        for entry in cut {
            let mined = entry.position.height().is_some();
            match entry.content {
                Content::Transaction(transaction) if mined => {
                    orphaned.push(Transaction::clone(&transaction));
                }
                Content::Item(item) if mined => {
                    if let Some(arrival) = self.once_held.remove(&item.id()) {
                        self.held.insert(item.id(), Held { arrival, item });
                    }
                }
                Content::Transaction(_) | Content::Item(_) => {}
            }
        }
        self.cut_blocks(first);
        self.refund(&orphaned);
        orphaned
    }

    fn cut_blocks(&mut self, first: u64) {
        let place = usize::try_from(first).unwrap_or(usize::MAX);
        for block in self.blocks.split_off(place.min(self.blocks.len())) {
            self.heights.remove(&block.id);
        }
        let left = self.tip().map_or(0, |block| block.weave_size);
        self.weave.split_off(&(left + 1));
    }

    fn refund(&mut self, orphaned: &[Transaction]) {
        for transaction in orphaned.iter().rev() {
            self.wallets.undo(transaction);
        }
        let senders: BTreeSet<&Address> = orphaned.iter().map(Transaction::owner_address).collect();
        for sender in senders {
            let last = self.ledger.last_transaction(sender);
            self.wallets.set_last(sender, last);
        }
    }

    /// Gives everything that waits a new place: held items, then the transactions of replaced blocks, then those that waited before.
    fn requeue(&mut self, orphaned: Vec<Transaction>, waiting: Vec<Waiting>) {
        for held in self.held.values() {
            self.ledger.put(Entry {
                content: Content::Item(held.item.clone()),
                position: Position::waiting(held.arrival, 0),
                parent: None,
            });
        }
        let returned = orphaned.into_iter().map(|transaction| Waiting {
            since: 0,
            offer: Offer::new(transaction),
        });
        for Waiting { since, offer } in returned.chain(waiting) {
            self.enter(offer, since);
        }
    }
}
