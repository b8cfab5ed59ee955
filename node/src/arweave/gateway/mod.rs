//! Reading the base layer through gateways that are not trusted, and posting to it.
//!
//! 1. Gateways are asked in turn, in the order of the configuration. "Not found" at one of them is nothing: the next is asked,
//!    and absence is only reported where every gateway answered so (D18).
//! 2. An item or transaction counts only when its id, signature and data root hold; a gateway that serves another one is passed
//!    over with a warning.
//! 3. Every request has a total deadline and a cap on its body; redirects are not followed.
//! 4. The tip is the highest one that two gateways vouch for, where at least two answer: a single liar cannot make the node stamp
//!    a height that does not exist.
//!
//! What items mean is not looked at here, and nothing is cached.

mod item;
mod listing;
mod peer;
mod signed;

use std::sync::Arc;

use aosec_wire::{Address, Id, VerifiedItem};
use bytes::Bytes;
use reqwest::Url;
use thiserror::Error;

use super::block::{BlockHead, Tip};
use super::location::Location;
use super::transaction::{Anchor, Transaction};

pub use listing::{IDS_MAX, Listed};
use peer::Peer;
pub use peer::{BODY_BYTES_MAX, CONNECT_DEADLINE, Fault, REQUEST_DEADLINE};
pub use signed::Claimed;

/// Most gateways a node asks: each one that is down costs a deadline.
pub const GATEWAYS_MAX: usize = 8;

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

/// The base layer, through one or more gateways.
#[derive(Clone, Debug)]
pub struct Gateway {
    peers: Arc<[Peer]>,
}

/// Asks the gateways in turn until one has the thing.
macro_rules! in_turn {
    ($self:ident, $peer:ident => $ask:expr) => {{
        let mut faults = Vec::new();
        for $peer in $self.peers.iter() {
            match $ask.await {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                Err(fault) => note($peer, fault, &mut faults),
            }
        }
        absent(faults)
    }};
}

/// Asks the gateways in turn until one answers.
macro_rules! any {
    ($self:ident, $peer:ident => $ask:expr) => {{
        let mut faults = Vec::new();
        for $peer in $self.peers.iter() {
            match $ask.await {
                Ok(answer) => return Ok(answer),
                Err(fault) => note($peer, fault, &mut faults),
            }
        }
        Err(GatewayError::Unanswered { faults })
    }};
}

impl Gateway {
    /// The base layer behind these gateways.
    ///
    /// # Errors
    /// [`GatewayError::Count`] for none or too many, [`GatewayError::Url`] for one that is not plain http or https.
    pub fn new(urls: Vec<Url>) -> Result<Self, GatewayError> {
        if urls.is_empty() || urls.len() > GATEWAYS_MAX {
            return Err(GatewayError::Count(urls.len()));
        }
        let client = peer::client().map_err(GatewayError::Client)?;
        let peers = urls
            .into_iter()
            .map(|url| Peer::new(url, client.clone()))
            .collect::<Result<_, _>>()?;
        Ok(Self { peers })
    }

    /// The newest block that the gateways vouch for.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if none answers.
    pub async fn tip(&self) -> Result<Tip, GatewayError> {
        let mut asked = tokio::task::JoinSet::new();
        for peer in self.peers.iter().cloned() {
            asked.spawn(async move { (peer.current_block().await, peer) });
        }
        let (mut tips, mut faults) = (Vec::new(), Vec::new());
        while let Some(answer) = asked.join_next().await {
            match answer {
                Ok((Ok(head), _)) => tips.push(head.tip()),
                Ok((Err(fault), peer)) => note(&peer, fault, &mut faults),
                Err(stopped) => {
                    tracing::warn!(%stopped, "asking a gateway for its tip was stopped")
                }
            }
        }
        vouched(tips).ok_or(GatewayError::Unanswered { faults })
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
        in_turn!(self, peer => peer.item(id))
    }

    /// The transaction with this id, with its data.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn transaction(&self, id: Id) -> Result<Option<Transaction>, GatewayError> {
        in_turn!(self, peer => peer.transaction(id))
    }

    /// Where a transaction stands; none if no gateway knows it.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn status(&self, id: Id) -> Result<Option<TransactionStatus>, GatewayError> {
        in_turn!(self, peer => peer.status(id))
    }

    /// The head of the block at `height`, as one gateway says.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn block(&self, height: u64) -> Result<Option<BlockHead>, GatewayError> {
        in_turn!(self, peer => peer.block(height))
    }

    /// The data under an id, as one gateway says: **not verified**. [`Self::item`] and [`Self::transaction`] verify.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn raw(&self, id: Id) -> Result<Option<Bytes>, GatewayError> {
        in_turn!(self, peer => peer.raw(id))
    }

    /// Where the scheduler says it answers: the newest well-formed Scheduler-Location that it signed (WIRE 2).
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn scheduler_location(
        &self,
        scheduler: &Address,
    ) -> Result<Option<Location>, GatewayError> {
        in_turn!(self, peer => peer.scheduler_location(scheduler))
    }

    /// The scheduler that a process was spawned with.
    ///
    /// # Errors
    /// As [`Self::item`].
    pub async fn process_scheduler(&self, process: Id) -> Result<Option<Address>, GatewayError> {
        let spawn = self.item(process).await?;
        Ok(spawn.and_then(|spawn| spawn.tags().get("Scheduler")?.parse().ok()))
    }

    /// Posts a transaction with its data to the first gateway that takes it.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] with what each gateway said.
    pub async fn post(&self, transaction: &Transaction) -> Result<(), GatewayError> {
        let json = Bytes::from(transaction.to_json().to_string());
        any!(self, peer => peer.post(json.clone()))
    }

    /// A fresh anchor for a transaction.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if no gateway gives one.
    pub async fn anchor(&self) -> Result<Anchor, GatewayError> {
        any!(self, peer => peer.anchor())
    }

    /// What storing `bytes` costs, in winston.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if no gateway says.
    pub async fn price(&self, bytes: u64) -> Result<u128, GatewayError> {
        any!(self, peer => peer.price(bytes))
    }

    /// What a wallet owns, in winston.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if no gateway says.
    pub async fn balance(&self, wallet: &Address) -> Result<u128, GatewayError> {
        any!(self, peer => peer.balance(wallet))
    }

    /// Every gateway's url, in the order they are asked.
    pub fn urls(&self) -> impl Iterator<Item = &Url> {
        self.peers.iter().map(Peer::url)
    }
}

/// The highest tip that two gateways vouch for; the only one, where one answered.
fn vouched(mut tips: Vec<Tip>) -> Option<Tip> {
    tips.sort_by_key(|tip| std::cmp::Reverse(tip.height));
    tips.get(1).or(tips.first()).copied()
}

fn note(peer: &Peer, fault: Fault, faults: &mut Vec<Fault>) {
    tracing::warn!(gateway = %peer.url(), %fault, "a gateway failed; asking the next");
    faults.push(fault);
}

fn absent<T>(faults: Vec<Fault>) -> Result<Option<T>, GatewayError> {
    match faults.is_empty() {
        true => Ok(None),
        false => Err(GatewayError::Unanswered { faults }),
    }
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
