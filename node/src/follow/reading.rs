//! One block and one transaction as gateways serve them together: which of their readings count.

use std::collections::BTreeSet;

use aosec_wire::Id;

use super::accord;
use super::law;
use super::reader::ReadError;
use crate::arweave::block::{BlockHead, BlockId};
use crate::arweave::gateway::{Gateway, Reading};
use crate::arweave::transaction::{Format, Transaction};
use crate::store::law::{LawTransaction, Read, Seen};

/// The heads that gateways serve for the block at `height`: the `expected` one, else that of the majority.
pub(super) async fn heads(
    gateway: &Gateway,
    height: u64,
    expected: Option<BlockId>,
) -> Result<(BlockId, Vec<BlockHead>), ReadError> {
    let mut heads = gateway.heads(height).await?;
    let discord = |discord| ReadError::Discord { height, discord };
    let id = match expected {
        Some(id) => Some(id),
        None => accord::majority(&heads).map_err(discord)?,
    };
    let id = id.ok_or(ReadError::NoBlock(height))?;
    heads.retain(|head| head.id == id);
    match heads.is_empty() {
        true => Err(ReadError::NoBlock(height)),
        false => Ok((id, heads)),
    }
}

/// The block at `height`, with the law's transactions among the wanted ones.
pub(super) async fn block(
    gateway: &Gateway,
    height: u64,
    expected: Option<BlockId>,
    wanted: &BTreeSet<Id>,
) -> Result<Seen, ReadError> {
    let (_id, heads) = heads(gateway, height, expected).await?;
    seen(height, &heads, wanted)
}

/// The block that these heads are, with the law's transactions among the wanted ones in their order.
pub(super) fn seen(
    height: u64,
    heads: &[BlockHead],
    wanted: &BTreeSet<Id>,
) -> Result<Seen, ReadError> {
    let first = heads.first().ok_or(ReadError::NoBlock(height))?;
    let lists = heads.iter().map(|head| head.txs.as_slice());
    let law = accord::ordered(lists, wanted);
    Ok(Seen {
        height,
        id: first.id,
        time_s: first.time_s,
        law: law.map_err(|discord| ReadError::Discord { height, discord })?,
    })
}

/// The reading of a transaction that counts, with the processes that it names; none where that one is no law.
pub(super) async fn reading(
    gateway: &Gateway,
    height: u64,
    id: Id,
    court: Option<Id>,
) -> Result<Option<(Transaction, Vec<Id>)>, ReadError> {
    let readings = gateway.readings(id).await?;
    let judge = move || -> Vec<_> {
        let readings = readings.into_iter();
        readings.map(|reading| judged(reading, court)).collect()
    };
    let mut judged = tokio::task::spawn_blocking(judge)
        .await
        .map_err(|_lost| ReadError::Stopped)?;
    let voices: Vec<accord::Reading> = judged.iter().map(|(reading, ..)| *reading).collect();
    let counts = accord::reading(&voices, gateway.configured());
    let counts = counts.map_err(|discord| ReadError::Discord { height, discord })?;
    let counts = counts.ok_or(ReadError::NoTransaction { height, id })?;
    let (_voices, transaction, mentions) = judged.swap_remove(counts);
    Ok(mentions.map(|mentions| (transaction, mentions)))
}

fn judged(reading: Reading, court: Option<Id>) -> (accord::Reading, Transaction, Option<Vec<Id>>) {
    let Reading {
        transaction,
        gateways,
    } = reading;
    let mentions = law::mentions(&transaction, court);
    let voices = accord::Reading {
        voices: gateways,
        is_law: mentions.is_some(),
        is_unique: transaction.format() == Format::Two,
    };
    (voices, transaction, mentions)
}

/// Bytes of transactions of one span that are held in memory; a span that has more ends there, and the next begins behind it. Sixteen of
/// the longest; a block itself is never cut.
const SPAN_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What was read of a settled span.
#[derive(Debug, Default)]
pub(super) struct Span {
    /// Its blocks.
    pub(super) clock: Vec<Seen>,
    /// The law's transactions in them.
    pub(super) read: Vec<Read>,
    bytes: usize,
}

impl Span {
    pub(super) fn add(&mut self, block: Seen, law: Vec<Read>) {
        let bytes = law.iter().map(|read| read.transaction.data.len());
        self.bytes += bytes.sum::<usize>();
        self.clock.push(block);
        self.read.extend(law);
    }

    /// Whether it ends with the block that was added last.
    pub(super) const fn is_full(&self) -> bool {
        self.bytes >= SPAN_BYTES_MAX
    }
}

pub(super) fn stored(
    block: &Seen,
    place: u64,
    transaction: &Transaction,
    mentions: Vec<Id>,
) -> Read {
    Read {
        transaction: LawTransaction {
            height: block.height,
            place,
            id: transaction.id(),
            block: block.id,
            time_s: block.time_s,
            tags: transaction.tags().to_vec(),
            data: transaction.data().cloned().unwrap_or_default(),
        },
        mentions,
    }
}

#[cfg(test)]
mod tests {
    use aosec_challenge::derive::LAW_BYTES_MAX;
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_span_ends_with_the_block_that_fills_it() {
        let data = Bytes::from(vec![0; LAW_BYTES_MAX]);
        let mut span = Span::default();
        while !span.is_full() {
            let height = span.clock.len() as u64;
            let block = Seen {
                height,
                id: BlockId::new([1; 48]),
                time_s: height,
                law: Vec::new(),
            };
            let transaction = LawTransaction {
                height,
                place: 0,
                id: Id::new([2; 32]),
                block: block.id,
                time_s: height,
                tags: Vec::new(),
                data: data.clone(),
            };
            let mentions = Vec::new();
            span.add(
                block,
                vec![Read {
                    transaction,
                    mentions,
                }],
            );
        }
        assert_eq!(span.clock.len(), SPAN_BYTES_MAX / LAW_BYTES_MAX);
    }
}
