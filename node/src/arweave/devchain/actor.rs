//! The one owner of chain and journal: a thread that applies what waits, writes it to the disk as one batch, and then answers.
//!
//! The chain is locked for writing from the first event of a batch to the end of its sync, so no reader sees what a crash could take
//! back. A thread, not a task: the disk blocks. When everybody who could ask is gone, it ends.

use std::sync::Arc;

use aosec_wire::{SigningKey, VerifiedItem, bundle};
use bytes::Bytes;
use tokio::sync::{RwLock, mpsc, oneshot};

use super::chain::{Chain, Effect, Event, Offer, Orphans, Refusal, price_winston};
use super::journal::Journal;
use super::record;
use super::{DevchainError, now_ms};
use crate::arweave::transaction::{Anchor, Format, TransactionDraft, TransactionError};

/// Events that wait for the thread; who comes later waits with his request.
pub(super) const INBOX_MAX: usize = 256;
/// Events of one batch: enough that one sync serves all who wait.
const BATCH_MAX: usize = 256;
/// Bytes after which a batch takes no further event. With one more event (a transaction of 12 MiB) and the carried items of the
/// blocks it mines, a batch stays under the 64 MiB that the journal may have to cut off.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of held items in one bundle. One longer item goes alone: items end at 10 MiB.
const CARRIED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Items of one bundle, so that unpacking it stays quick.
const CARRIED_ITEMS_MAX: usize = 4_096;
/// Blocks that one question may ask for.
pub const MINE_MAX: u32 = 1_000;

/// What one asker is answered.
pub(super) type Answer = Result<Vec<Effect>, DevchainError>;

/// What is asked of the thread.
#[derive(Debug)]
pub(super) enum Ask {
    Event(Box<Event>, oneshot::Sender<Answer>),
    /// So many blocks, with everything that waits.
    Mine(u32, oneshot::Sender<Answer>),
    /// Another branch in the place of so many blocks.
    Fork(u64, Orphans, oneshot::Sender<Answer>),
}

pub(super) struct Actor {
    pub(super) chain: Arc<RwLock<Chain>>,
    pub(super) journal: Journal,
    pub(super) carrier: SigningKey,
}

impl Actor {
    /// Works until nobody can ask any more, or the disk fails.
    pub(super) fn run(mut self, mut inbox: mpsc::Receiver<Ask>) {
        while let Some(first) = inbox.blocking_recv() {
            if let Err(error) = self.serve(first, &mut inbox) {
                tracing::error!(%error, "the devchain stops: what it takes cannot be kept");
                return;
            }
        }
    }

    fn serve(&mut self, first: Ask, inbox: &mut mpsc::Receiver<Ask>) -> Result<(), DevchainError> {
        let chain = Arc::clone(&self.chain);
        let mut chain = chain.blocking_write();
        let mut batch = Batch::default();
        let mut next = Some(first);
        while let Some(ask) = next {
            let (answer, to) = self.decide(&mut chain, &mut batch, ask);
            batch.answers.push((to, answer));
            let room = batch.answers.len() < BATCH_MAX && batch.bytes < BATCH_BYTES_MAX;
            next = if room { inbox.try_recv().ok() } else { None };
        }
        if !batch.records.is_empty()
            && let Err(error) = self.journal.append(&batch.records)
        {
            // Readers must not see what the disk may not have: an empty chain answers nothing.
            *chain = Chain::default();
            return Err(error.into());
        }
        drop(chain);
        for (to, answer) in batch.answers {
            // An asker who has gone away wants no answer.
            let _gone = to.send(answer);
        }
        Ok(())
    }

    fn decide(
        &self,
        chain: &mut Chain,
        batch: &mut Batch,
        ask: Ask,
    ) -> (Answer, oneshot::Sender<Answer>) {
        match ask {
            Ask::Event(event, to) => (batch.step(chain, *event).map_err(DevchainError::from), to),
            Ask::Mine(count, to) => (self.mine(chain, batch, count), to),
            Ask::Fork(depth, orphans, to) => {
                let fork = Event::Fork {
                    depth,
                    orphans,
                    time_s: now_ms() / 1000,
                };
                (batch.step(chain, fork).map_err(DevchainError::from), to)
            }
        }
    }

    fn mine(&self, chain: &mut Chain, batch: &mut Batch, count: u32) -> Answer {
        let mut effects = Vec::new();
        for _block in 0..count.min(MINE_MAX) {
            self.carry(chain, batch)?;
            effects.extend(batch.step(
                chain,
                Event::Mine {
                    time_s: now_ms() / 1000,
                },
            )?);
        }
        Ok(effects)
    }

    /// Puts held items into one transaction of the devchain's own key; what does not fit waits for the next block.
    fn carry(&self, chain: &mut Chain, batch: &mut Batch) -> Result<(), DevchainError> {
        let items = prefix(chain.uncarried());
        if items.is_empty() {
            return Ok(());
        }
        let offer = Offer::new(self.carrier_transaction(chain, bundle::build(&items))?);
        batch.step(chain, Event::Submit(Box::new(offer)))?;
        Ok(())
    }

    fn carrier_transaction(
        &self,
        chain: &Chain,
        data: Bytes,
    ) -> Result<crate::arweave::transaction::Transaction, TransactionError> {
        let anchor = chain
            .anchor()
            .map_or(Anchor::First, |block| Anchor::Block(*block.id.as_bytes()));
        let reward_winston = price_winston(data.len() as u64);
        TransactionDraft::of_data(Format::One, anchor, reward_winston, data)
            .with_tag("Bundle-Format", "binary")
            .with_tag("Bundle-Version", "2.0.0")
            .with_tag("App-Name", "aosec-devchain")
            .sign(&self.carrier)
    }
}

/// What is decided and not yet on the disk.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Vec<u8>>,
    bytes: usize,
    answers: Vec<(oneshot::Sender<Answer>, Answer)>,
}

impl Batch {
    pub(super) fn step(&mut self, chain: &mut Chain, event: Event) -> Result<Vec<Effect>, Refusal> {
        let effects = chain.step(event.clone())?;
        for effect in &effects {
            match effect {
                Effect::Dropped(id) => {
                    tracing::info!(%id, "a transaction is dropped: its anchor or money is gone, or a fork dropped it")
                }
                Effect::Forked { first, depth } => {
                    tracing::info!(first, depth, "another branch took the place of blocks")
                }
                Effect::Mined {
                    height,
                    transactions,
                } => tracing::debug!(height, transactions, "mined a block"),
                Effect::Persist | Effect::Completed(_) => {}
            }
        }
        if effects.contains(&Effect::Persist) {
            let record = record::write(&event);
            self.bytes += record.len();
            self.records.push(record);
        }
        Ok(effects)
    }
}

/// As many of the first items as one bundle takes; always at least one.
fn prefix(mut items: Vec<VerifiedItem>) -> Vec<VerifiedItem> {
    let mut bytes = 0;
    let fits = items.iter().take(CARRIED_ITEMS_MAX).take_while(|item| {
        bytes += item.bytes().len();
        bytes <= CARRIED_BYTES_MAX
    });
    let count = fits.count().max(1);
    items.truncate(count);
    items
}

/// Opens the journal, brings the chain to where it ended, and sees to it that `genesis` is in it.
pub(super) fn restore(
    dir: &std::path::Path,
    genesis: super::Genesis,
    carrier: SigningKey,
) -> Result<Actor, DevchainError> {
    let mut chain = Chain::default();
    let journal = Journal::open(dir, |payload| {
        chain.step(record::read(&payload)?)?;
        Ok::<(), DevchainError>(())
    })?;
    let mut actor = Actor {
        chain: Arc::new(RwLock::new(chain)),
        journal,
        carrier,
    };
    actor.begin(genesis)?;
    Ok(actor)
}

impl Actor {
    /// Blocks 0 and 1 of a new chain; on an old one, whatever of the genesis it does not hold yet goes into the next block.
    fn begin(&mut self, genesis: super::Genesis) -> Result<(), DevchainError> {
        let chain = Arc::clone(&self.chain);
        let mut chain = chain.blocking_write();
        let mut batch = Batch::default();
        if chain.tip().is_none() {
            let mut funds = genesis.funds;
            funds.push((self.carrier.address().clone(), CARRIER_WINSTON));
            batch.step(
                &mut chain,
                Event::Genesis {
                    time_s: now_ms() / 1000,
                    funds,
                },
            )?;
        }
        let mut brings_items = false;
        for item in genesis.items {
            brings_items |= !batch.step(&mut chain, Event::Hold(item))?.is_empty();
        }
        if chain.blocks().len() == 1 || brings_items {
            self.mine(&mut chain, &mut batch, 1)?;
        }
        self.journal.append(&batch.records)?;
        Ok(())
    }
}

/// What the devchain's own key owns: enough to carry items for as long as any devnet lives.
const CARRIER_WINSTON: u128 = 1_000_000_000_000_000_000_000_000;
