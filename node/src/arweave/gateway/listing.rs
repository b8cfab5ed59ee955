//! What the gateways together know of a stretch of blocks: heads, listed transactions, what holds an item.
//!
//! 1. Every gateway is asked at once, and what any of them names is taken: a gateway that hides something is outdone by one that
//!    does not (D15, D18). At least one has to answer; one that fails is passed over with a warning.
//! 2. Nothing here is proof. A listing says where to look; whoever looks verifies what is found.
//! 3. Page sizes, page counts and time are bounded: a listing over that is an error, and the caller asks for less. One that comes back
//!    to the same place is an error too.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use aosec_wire::Id;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::peer::Peer;
use super::request::Fault;
use super::{Gateway, GatewayError, agreement, note};
use crate::arweave::block::{BlockHead, Tip};
use crate::arweave::transaction::{Format, Transaction};

/// Entries of a page: what every known gateway gives.
const PAGE: usize = 100;
/// Pages of one listing: 20,000 transactions of one kind, more than a hundred full blocks hold.
const PAGES_MAX: usize = 200;
/// Ids that one question may name, so that the answer fits into one page.
pub const IDS_MAX: usize = PAGE;

const LISTING: &str = "query Listing($tags: [TagFilter!], $min: Int, $max: Int, $first: Int, $after: String) { \
    transactions(tags: $tags, block: { min: $min, max: $max }, first: $first, after: $after, sort: HEIGHT_ASC) { \
    pageInfo { hasNextPage } edges { cursor node { id block { height } bundledIn { id } } } } }";

const PARENTS: &str = "query Parents($ids: [ID!], $first: Int) { transactions(ids: $ids, first: $first) { \
    pageInfo { hasNextPage } edges { cursor node { id block { height } bundledIn { id } } } } }";

/// A transaction or item that a gateway named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The height of its block, as the gateway says.
    pub height: u64,
    /// Its id.
    pub id: Id,
    /// What holds it; none for a transaction.
    pub parent: Option<Id>,
}

/// One way to read a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The transaction, verified as it is cut here.
    pub transaction: Transaction,
    /// How many gateways serve it so.
    pub gateways: usize,
}

impl Gateway {
    /// The newest blocks, one of each gateway that answers.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if none answers.
    pub async fn tips(&self) -> Result<Vec<Tip>, GatewayError> {
        let heads = self.every(|peer| async move { peer.current_block().await });
        Ok(heads.await?.iter().map(BlockHead::tip).collect())
    }

    /// The heads of the block at `height`, one of each gateway that has one.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if none answers.
    pub async fn heads(&self, height: u64) -> Result<Vec<BlockHead>, GatewayError> {
        let heads = self.every(move |peer| async move { peer.block(height).await });
        Ok(heads.await?.into_iter().flatten().collect())
    }

    /// What any gateway lists under all of these tags, mined within `heights`, in the order of heights.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if none answers with a whole listing.
    pub async fn listed(
        &self,
        tags: &[(&str, &str)],
        heights: RangeInclusive<u64>,
    ) -> Result<BTreeSet<Listed>, GatewayError> {
        let tags: Value = tags
            .iter()
            .map(|(name, value)| json!({ "name": name, "values": [value] }))
            .collect();
        let listings = self.every(move |peer| {
            let (tags, heights) = (tags.clone(), heights.clone());
            async move { peer.listed(tags, heights).await }
        });
        Ok(listings.await?.into_iter().flatten().collect())
    }

    /// Where these ids stand, as any gateway says; at most [`IDS_MAX`] of them.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if none answers.
    pub async fn places(&self, ids: &[Id]) -> Result<BTreeSet<Listed>, GatewayError> {
        let ids: Vec<Id> = ids.iter().copied().take(IDS_MAX).collect();
        let places = self.every(move |peer| {
            let ids = ids.clone();
            async move { peer.places(&ids).await }
        });
        Ok(places.await?.into_iter().flatten().collect())
    }

    /// The transaction with this id, with its data. In format 1 it is the reading that counts ([`agreement`](super::agreement),
    /// rule 9).
    ///
    /// # Errors
    /// As [`Gateway::item`], and [`GatewayError::Readings`] where gateways contradict each other.
    pub async fn transaction(&self, id: Id) -> Result<Option<Transaction>, GatewayError> {
        let mut cuts = self.cuts(id).await?;
        let voices: Vec<usize> = cuts.iter().map(|cut| cut.gateways).collect();
        match agreement::reading(&voices, self.configured()) {
            Some(counts) => Ok(Some(cuts.swap_remove(counts).transaction)),
            None if cuts.is_empty() => Ok(None),
            None => Err(GatewayError::Readings {
                id,
                ways: cuts.len(),
            }),
        }
    }

    /// The size of its data that the transaction with this id declares, by the word of the first gateway that has it.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if none answers.
    pub async fn declared_size(&self, id: Id) -> Result<Option<u64>, GatewayError> {
        self.find(move |peer| async move { peer.declared_size(id).await })
            .await
    }

    /// The transaction with this id in every way in which gateways serve it. Format 2 has one, so one gateway is enough there.
    ///
    /// # Errors
    /// As [`Gateway::item`].
    pub async fn cuts(&self, id: Id) -> Result<Vec<Reading>, GatewayError> {
        let found = self.find(|peer| async move { peer.transaction(id).await });
        match found.await? {
            None => Ok(Vec::new()),
            Some(open) if open.format() == Format::One && self.configured() > 1 => {
                self.readings(id).await
            }
            Some(transaction) => Ok(vec![Reading {
                transaction,
                gateways: 1,
            }]),
        }
    }

    /// The transaction with this id, once for each different way in which gateways cut its signed bytes into fields: in format 1
    /// the same signature covers all of them.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if none answers.
    pub async fn readings(&self, id: Id) -> Result<Vec<Reading>, GatewayError> {
        let all = self.every(move |peer| async move { peer.transaction(id).await });
        let mut readings: Vec<Reading> = Vec::new();
        for transaction in all.await?.into_iter().flatten() {
            match readings
                .iter_mut()
                .find(|known| known.transaction == transaction)
            {
                Some(known) => known.gateways += 1,
                None => readings.push(Reading {
                    transaction,
                    gateways: 1,
                }),
            }
        }
        Ok(readings)
    }

    /// The data of a transaction or item as each gateway serves it, once for each different one: **not verified**.
    ///
    /// # Errors
    /// [`GatewayError::Unanswered`] if none answers.
    pub async fn raws(&self, id: Id) -> Result<BTreeSet<Bytes>, GatewayError> {
        let all = self.every(move |peer| async move { peer.raw(id).await });
        Ok(all.await?.into_iter().flatten().collect())
    }

    /// Asks all gateways at once; gives the answers of those that gave one, in the order of the configuration.
    pub(super) async fn every<T, F, Ask>(&self, ask: F) -> Result<Vec<T>, GatewayError>
    where
        T: Send + 'static,
        F: Fn(Peer) -> Ask,
        Ask: Future<Output = Result<T, Fault>> + Send + 'static,
    {
        let mut asked = tokio::task::JoinSet::new();
        for (number, peer) in self.peers.iter().cloned().enumerate() {
            let answer = ask(peer.clone());
            let deadline = self.deadlines.question;
            asked.spawn(async move {
                let answer = tokio::time::timeout(deadline, answer).await;
                (number, peer, answer.unwrap_or(Err(Fault::Late)))
            });
        }
        let (mut answers, mut faults) = (BTreeMap::new(), Vec::new());
        while let Some(joined) = asked.join_next().await {
            match joined {
                Ok((number, _peer, Ok(answer))) => drop(answers.insert(number, answer)),
                Ok((_number, peer, Err(fault))) => note(&peer, fault, &mut faults),
                Err(stopped) => tracing::warn!(%stopped, "asking a gateway was stopped"),
            }
        }
        match answers.is_empty() {
            true => Err(GatewayError::Unanswered { faults }),
            false => Ok(answers.into_values().collect()),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: Id,
    block: Option<Block>,
    bundled_in: Option<Parent>,
}

#[derive(Deserialize)]
struct Block {
    height: u64,
}

#[derive(Deserialize)]
struct Parent {
    id: Id,
}

impl Node {
    /// None while it is not mined.
    fn listed(self) -> Option<Listed> {
        Some(Listed {
            height: self.block?.height,
            id: self.id,
            parent: self.bundled_in.map(|parent| parent.id),
        })
    }
}

impl Peer {
    async fn listed(
        &self,
        tags: Value,
        heights: RangeInclusive<u64>,
    ) -> Result<Vec<Listed>, Fault> {
        let (mut found, mut after) = (Vec::new(), None);
        for _page in 0..PAGES_MAX {
            let variables = json!({ "tags": tags, "min": heights.start(), "max": heights.end(), "first": PAGE, "after": after });
            let page = self.page::<Node>(LISTING, variables).await?;
            let next = page.next();
            let listed = page.nodes().filter_map(Node::listed);
            found.extend(listed.filter(|one| heights.contains(&one.height)));
            match next {
                None => return Ok(found),
                next if next == after => return Err(Fault::Unreadable("a listing that goes on")),
                next => after = next,
            }
        }
        Err(Fault::TooLong(PAGES_MAX * PAGE))
    }

    async fn places(&self, ids: &[Id]) -> Result<Vec<Listed>, Fault> {
        let variables = json!({ "ids": ids, "first": PAGE });
        let page = self.page::<Node>(PARENTS, variables).await?;
        let listed = page.nodes().filter_map(Node::listed);
        Ok(listed.filter(|one| ids.contains(&one.id)).collect())
    }
}
