//! Reading the base layer through gateways that are not trusted, and posting to it.
//!
//! 1. Gateways are asked in turn, those that failed lately last. "Not found" at one of them is nothing: the next is asked, and absence
//!    is only reported where nobody has the thing and more than half say so (D18).
//! 2. An item or transaction counts only when its id, signature and data root hold; a gateway that serves another one is passed
//!    over with a warning. Signatures of format 1 leave open where fields end, so there gateways are compared ([`agreement`], rule 9).
//! 3. Every request has a total deadline and a cap on its body, every question a deadline; redirects are not followed.
//! 4. What no signature covers (tip, price, anchor, state of a transaction) is put to all gateways, and [`agreement`] says what counts.
//! 5. A transaction is given to all gateways.
//!
//! Read on in [`peer`] (what one gateway is asked), [`data`] (large data), [`request`] (deadlines and caps), `ask` (whom, and in which
//! order), `health` (who rests). What items mean is not looked at here, and nothing is cached.

pub mod agreement;
mod ask;
mod data;
mod health;
mod item;
mod listing;
mod page;
mod peer;
mod request;
mod signed;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aosec_wire::{Address, Id, VerifiedItem};
use bytes::Bytes;
use reqwest::Url;
use thiserror::Error;

use super::aside::{self, NoThread};
use super::block::{BlockHead, BlockId, Tip};
use super::location::Location;
use super::transaction::{Anchor, Transaction};

use agreement::{TipMemory, TipQuestion, Word, quorum};
use data::Parcel;
pub use listing::{IDS_MAX, Listed, Reading};
use peer::Peer;
pub use request::{BODY_BYTES_MAX, CONNECT_DEADLINE, Deadlines, FAULT_KINDS, Fault};
pub use signed::Claimed;

/// Most gateways a node asks: each one that is down costs a deadline.
pub const GATEWAYS_MAX: usize = 8;
/// The pace of the base layer, unless the node is told another one.
const BLOCK_TIME: Duration = Duration::from_secs(120);
/// What a node pays at most, in winston: some hundred times the prices of the base layer in its dearest years (10,000 winston a byte,
/// and less than 10^9 for a transaction without data). A price over it is a lie, or needs a human.
const PRICE_BASE_MAX: u128 = 10_000_000_000;
const PRICE_BYTE_MAX: u128 = 1_000_000;

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// Taken, not in a block yet.
    Pending,
    /// In a block.
    Mined {
        /// Height of the block.
        height: u64,
        /// Blocks from that one to the tip, both counted.
        confirmations: u64,
    },
}

/// An item and the height of the block that holds it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The item.
    pub item: VerifiedItem,
    /// Height of its block as the gateway says; none while it is not mined. No signature covers it.
    pub height: Option<u64>,
}

/// The base layer, through one or more gateways. Cloning it is cheap; clones share what they learn of the gateways.
#[derive(Clone, Debug)]
pub struct Gateway {
    peers: Arc<[Peer]>,
    deadlines: Deadlines,
    block_time: Duration,
    since: Instant,
    tips: Arc<Mutex<TipMemory>>,
    /// Anchors that nobody vouched for so far.
    unvouched: Arc<AtomicUsize>,
}

impl Gateway {
    /// The base layer behind these gateways.
    ///
    /// # Errors
    /// [`GatewayError::Count`] for none or too many, [`GatewayError::Url`] for one that is not plain http or https.
    pub fn new(urls: Vec<Url>) -> Result<Self, GatewayError> {
        Self::with_deadlines(urls, Deadlines::default())
    }

    /// The same with other deadlines.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_deadlines(urls: Vec<Url>, deadlines: Deadlines) -> Result<Self, GatewayError> {
        if urls.is_empty() || urls.len() > GATEWAYS_MAX {
            return Err(GatewayError::Count(urls.len()));
        }
        let client = request::client().map_err(GatewayError::Client)?;
        let peer = |(number, url)| Peer::new(url, number, client.clone(), deadlines);
        let peers = urls.into_iter().enumerate().map(peer);
        Ok(Self {
            peers: peers.collect::<Result<_, _>>()?,
            deadlines,
            block_time: BLOCK_TIME,
            since: Instant::now(),
            tips: Arc::default(),
            unvouched: Arc::default(),
        })
    }

    /// The same for a base layer of another pace.
    #[must_use]
    pub fn with_block_time(mut self, block_time: Duration) -> Self {
        self.block_time = block_time;
        self
    }

    /// The newest block that counts where gateways disagree ([`agreement`], rules 3 to 6).
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if none answers, [`GatewayError::NoAgreement`] if what was answered cannot count.
    pub async fn tip(&self) -> Result<Tip, GatewayError> {
        let heads = self.opinions(|peer| async move { peer.current_block().await });
        let answers = heads.await;
        if answers.given.is_empty() {
            return Err(GatewayError::Unanswered {
                faults: answers.faults,
            });
        }
        let tips: Vec<Tip> = answers.given.iter().map(|(_, head)| head.tip()).collect();
        let question = TipQuestion {
            answers: &tips,
            configured: self.peers.len(),
            now_ms: millis(self.since.elapsed()),
            block_time_ms: millis(self.block_time),
        };
        let mut memory = self.tips.lock().unwrap_or_else(PoisonError::into_inner);
        let (remembered, tip) = memory.decide(question);
        *memory = remembered;
        tip.ok_or_else(|| GatewayError::NoAgreement {
            heights: tips.iter().map(|tip| tip.height).collect(),
        })
    }

    /// The item with this id.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if some gateway failed and none has the item: absence is not known then.
    pub async fn item(&self, id: Id) -> Result<Option<VerifiedItem>, GatewayError> {
        Ok(self.found(id).await?.map(|found| found.item))
    }

    /// The item with this id, and where it was mined.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn found(&self, id: Id) -> Result<Option<Found>, GatewayError> {
        self.find(|peer| async move { peer.item(id).await }).await
    }

    /// Where a transaction stands, as far as gateways agree ([`agreement`], rules 2 and 7); none if no gateway knows it.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn status(&self, id: Id) -> Result<Option<TransactionStatus>, GatewayError> {
        let statuses = self.opinions(move |peer| async move { peer.status(id).await });
        let answers = statuses.await;
        let word = |(peer, status): &(Peer, Option<TransactionStatus>)| Word {
            status: *status,
            height: peer.height(),
        };
        let words: Vec<Word> = answers.given.iter().map(word).collect();
        let faults = answers.faults;
        agreement::status(&words, self.peers.len()).ok_or(GatewayError::Unanswered { faults })
    }

    /// The head of the block at `height`, as one gateway says.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn block(&self, height: u64) -> Result<Option<BlockHead>, GatewayError> {
        self.find(|peer| async move { peer.block(height).await })
            .await
    }

    /// The data under an id, as one gateway says: **not verified**. [`Self::item`] and [`Self::transaction`] verify.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn raw(&self, id: Id) -> Result<Option<Bytes>, GatewayError> {
        self.find(|peer| async move { peer.raw(id).await }).await
    }

    /// Where the scheduler says it answers: the newest well-formed Scheduler-Location that it signed (WIRE 2).
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn scheduler_location(
        &self,
        scheduler: &Address,
    ) -> Result<Option<Location>, GatewayError> {
        self.find(|peer| async move { peer.scheduler_location(scheduler).await })
            .await
    }

    /// The scheduler that a process was spawned with.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn process_scheduler(&self, process: Id) -> Result<Option<Address>, GatewayError> {
        let spawn = self.item(process).await?;
        Ok(spawn.and_then(|spawn| spawn.tags().get("Scheduler")?.parse().ok()))
    }

    /// Posts a transaction with its data to all gateways; in chunks where it is too long for one piece. One that takes it is enough.
    /// Posting the same transaction again is harmless.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] with what each gateway said, if none took it.
    pub async fn post(&self, transaction: &Transaction) -> Result<(), GatewayError> {
        let transaction = transaction.clone();
        let parcel = aside::run(move || Parcel::new(transaction)).await;
        let parcel = parcel.map_err(|NoThread| GatewayError::Stopped)?;
        self.hand_out(parcel).await
    }

    /// A fresh anchor for a transaction: one whose block another gateway knows too. Where nobody vouches for another's, gateways
    /// take turns, so that one with bad anchors does not spoil every transaction.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if no gateway gives one.
    pub async fn anchor(&self) -> Result<Anchor, GatewayError> {
        let anchors = self.opinions(|peer| async move { peer.anchor().await });
        let answers = anchors.await;
        for (source, block) in &answers.given {
            if self.peers.len() == 1 || self.vouches(source, *block).await {
                return Ok(Anchor::Block(*block.as_bytes()));
            }
        }
        let turn = self.unvouched.fetch_add(1, Ordering::Relaxed);
        let blocks: Vec<BlockId> = answers.given.into_iter().map(|(_, block)| block).collect();
        let chosen = turn.checked_rem(blocks.len()).map(|turn| blocks[turn]);
        let faults = answers.faults;
        chosen
            .map(|block| Anchor::Block(*block.as_bytes()))
            .ok_or(GatewayError::Unanswered { faults })
    }

    /// Whether another gateway than `source` knows the block.
    async fn vouches(&self, source: &Peer, block: BlockId) -> bool {
        let source = source.url().clone();
        let known = self.opinions(move |peer| {
            let other = *peer.url() != source;
            async move { Ok(other && peer.knows_block(block).await?) }
        });
        known.await.given.into_iter().any(|(_, known)| known)
    }

    /// What storing `bytes` costs, in winston: what more than half of those who answer take, and never more than this node pays.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if no gateway says, or all ask too much.
    pub async fn price(&self, bytes: u64) -> Result<u128, GatewayError> {
        let most = PRICE_BASE_MAX + PRICE_BYTE_MAX * u128::from(bytes);
        let prices = self.opinions(move |peer| async move {
            let price = peer.price(bytes).await?;
            if price > most {
                return Err(Fault::Dear(price));
            }
            Ok(price)
        });
        let answers = prices.await;
        let prices = answers.given.into_iter().map(|(_, price)| price).collect();
        let faults = answers.faults;
        agreement::price(prices).ok_or(GatewayError::Unanswered { faults })
    }

    /// What a wallet owns, in winston.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if no gateway says.
    pub async fn balance(&self, wallet: &Address) -> Result<u128, GatewayError> {
        self.first(|peer| async move { peer.balance(wallet).await })
            .await
    }

    /// Gateways that are configured.
    #[must_use]
    pub fn configured(&self) -> usize {
        self.peers.len()
    }

    /// Every gateway's url, in the order they are asked.
    pub fn urls(&self) -> impl Iterator<Item = &Url> {
        self.peers.iter().map(Peer::url)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn note(peer: &Peer, fault: Fault, faults: &mut Vec<Fault>) {
    tracing::warn!(gateway = %peer.url(), %fault, "a gateway failed");
    peer.blame(&fault);
    faults.push(fault);
}

/// Rule 1.
fn absent<T>(
    absences: usize,
    configured: usize,
    faults: Vec<Fault>,
) -> Result<Option<T>, GatewayError> {
    if absences >= quorum(configured) {
        return Ok(None);
    }
    Err(GatewayError::Unanswered { faults })
}

/// Why the base layer gave no answer.
#[derive(Debug, Error)]
pub enum GatewayError {
    /// No gateway is configured, or too many.
    #[error("{0} gateways are configured; 1 to {GATEWAYS_MAX} are possible")]
    Count(usize),
    /// A gateway's url is of no use.
    #[error("the gateway {0} is not a plain http or https url")]
    Url(Url),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}")]
    Client(reqwest::Error),
    /// Gateways answered, and what they said cannot be the tip.
    #[error("the gateways do not agree on the newest block: {heights:?}")]
    NoAgreement {
        /// The heights that they said.
        heights: Vec<u64>,
    },
    /// Gateways cut the same signed bytes into fields in several ways, and none of these has a quorum.
    #[error("the gateways cut transaction {id} into fields in {ways} ways, none by a majority")]
    Readings {
        /// The transaction.
        id: Id,
        /// How many ways.
        ways: usize,
    },
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopped,
    /// No gateway gave an answer that counts.
    #[error("no gateway answered: {}", listed(faults))]
    Unanswered {
        /// What each of those that failed did.
        faults: Vec<Fault>,
    },
}

fn listed(faults: &[Fault]) -> String {
    faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests;
