//! Writing to the base layer: many items in one transaction, signed by the node's wallet.
//!
//! `Type: Data` transactions are format 2, because they carry bulk and no rule is made of them (PROTOCOL 2.1). When to flush is the
//! publisher's choice, within the caps here (D15); whether a transaction was mined is asked with [`Gateway::status`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aosec_wire::{Address, Id, SignatureKind, SigningKey, Tags};
use bytes::Bytes;
use thiserror::Error;

use super::aside::{self, NoThread};
use super::gateway::{Gateway, GatewayError};
use super::transaction::{Format, Transaction, TransactionDraft, TransactionError};
use crate::metrics;

/// Most bytes of data in one transaction (D15).
pub const DATA_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most slots in one transaction (D15).
pub const SLOTS_MAX: usize = 2_000;
/// Most items in one transaction: message and assignment of each slot.
pub const ITEMS_MAX: usize = 2 * SLOTS_MAX;
/// Header bytes of a bundle: its count.
pub const HEADER_BYTES: usize = 32;
/// Header bytes of a bundle for each item.
pub const ROW_BYTES: usize = 64;
/// Winston in a milli-AR: what the cost is counted in, so that the counter does not run over.
const WINSTON_PER_MILLI_AR: u128 = 1_000_000_000;

/// The wallet's hand on the base layer.
#[derive(Clone, Debug)]
pub struct Bundler {
    gateway: Gateway,
    wallet: SigningKey,
    spent_milli_ar: Arc<AtomicU64>,
}

impl Bundler {
    /// A bundler that pays from `wallet`, an RSA key.
    #[must_use]
    pub fn new(gateway: Gateway, wallet: SigningKey) -> Self {
        Self {
            gateway,
            wallet,
            spent_milli_ar: Arc::default(),
        }
    }

    /// Puts items, as they were verified and kept, into one `Type: Data` transaction and posts it; gives its id. One item longer than
    /// [`DATA_BYTES_MAX`] goes alone.
    ///
    /// # Errors
    /// [`BundlerError::TooMuch`] over a cap; [`BundlerError::Gateway`] where no gateway takes it: nothing was spent then.
    pub async fn post_data(&self, items: Vec<Bytes>, extra_tags: Tags) -> Result<Id, BundlerError> {
        let data = bundle_of(&items)?;
        self.post(Format::Two, "Data", extra_tags, data).await
    }

    /// Posts a bundle in a transaction of this `format` and `Type`.
    ///
    /// # Errors
    /// As [`Self::post_data`].
    pub async fn post(
        &self,
        format: Format,
        kind: &str,
        extra_tags: Tags,
        data: Bytes,
    ) -> Result<Id, BundlerError> {
        let reward_winston = self.gateway.price(data.len() as u64).await?;
        let anchor = self.gateway.anchor().await?;
        let mut draft = TransactionDraft::of_data(format, anchor, reward_winston, data)
            .with_tag("Data-Protocol", "ao")
            .with_tag("Bundle-Format", "binary")
            .with_tag("Bundle-Version", "2.0.0")
            .with_tag("Type", kind);
        draft.tags.extend(
            extra_tags
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let transaction = self.sign(draft).await?;
        self.gateway.post(&transaction).await?;
        self.count(reward_winston);
        Ok(transaction.id())
    }

    /// The wallet that pays.
    #[must_use]
    pub fn wallet(&self) -> &Address {
        self.wallet.address()
    }

    /// The base layer this bundler writes to.
    #[must_use]
    pub const fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// What was paid since the start, in thousandths of an AR, each transaction rounded up.
    #[must_use]
    pub fn spent_milli_ar(&self) -> u64 {
        self.spent_milli_ar.load(Ordering::Relaxed)
    }

    /// Hashing megabytes and an RSA signature take milliseconds: not on the runtime's threads, and behind everybody who waits for an answer.
    async fn sign(&self, draft: TransactionDraft) -> Result<Transaction, BundlerError> {
        let wallet = self.wallet.clone();
        let signed = aside::run(move || draft.sign(&wallet)).await;
        signed
            .map_err(|NoThread| BundlerError::Stopped)?
            .map_err(BundlerError::Transaction)
    }

    fn count(&self, reward_winston: u128) {
        let milli_ar =
            u64::try_from(reward_winston.div_ceil(WINSTON_PER_MILLI_AR)).unwrap_or(u64::MAX);
        self.spent_milli_ar.fetch_add(milli_ar, Ordering::Relaxed);
        metrics::spent_milli_ar().inc_by(milli_ar);
    }
}

/// Bytes that an item takes in a bundle.
#[must_use]
pub const fn bundled_bytes(item: &Bytes) -> usize {
    ROW_BYTES + item.len()
}

/// The bundle of these items, within the caps.
fn bundle_of(items: &[Bytes]) -> Result<Bytes, BundlerError> {
    let bytes = HEADER_BYTES + items.iter().map(bundled_bytes).sum::<usize>();
    if items.len() > 1 && (items.len() > ITEMS_MAX || bytes > DATA_BYTES_MAX) {
        return Err(BundlerError::TooMuch {
            items: items.len(),
            bytes,
        });
    }
    let mut bundle = Vec::with_capacity(bytes);
    write_number(&mut bundle, items.len());
    for item in items {
        write_number(&mut bundle, item.len());
        bundle.extend_from_slice(item_id(item).ok_or(BundlerError::NoItem)?.as_bytes());
    }
    items.iter().for_each(|item| bundle.extend_from_slice(item));
    Ok(bundle.into())
}

/// SHA-256 of the signature, which stands behind the code of its kind.
fn item_id(item: &[u8]) -> Option<Id> {
    let (code, rest) = item.split_first_chunk()?;
    let kind = SignatureKind::from_code(u16::from_le_bytes(*code)).ok()?;
    rest.get(..kind.signature_len()).map(Id::sha256)
}

/// A number of a bundle's header: 32 bytes, little-endian.
fn write_number(bundle: &mut Vec<u8>, number: usize) {
    let low = (number as u64).to_le_bytes();
    bundle.extend_from_slice(&low);
    bundle.resize(bundle.len() + HEADER_BYTES - low.len(), 0);
}

/// Why nothing was put on the base layer.
#[derive(Debug, Error)]
pub enum BundlerError {
    /// More than one transaction takes.
    #[error(
        "{items} items of {bytes} bytes do not fit into one transaction of {ITEMS_MAX} items and {DATA_BYTES_MAX} bytes"
    )]
    TooMuch {
        /// Items given.
        items: usize,
        /// Bytes of their bundle.
        bytes: usize,
    },
    /// Bytes that do not begin like an item.
    #[error("what should be bundled is no data item")]
    NoItem,
    /// The transaction cannot be made.
    #[error("the transaction cannot be made: {0}")]
    Transaction(#[from] TransactionError),
    /// No gateway took it.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The node is stopping.
    #[error("signing was stopped")]
    Stopped,
}

#[cfg(test)]
mod tests {
    use aosec_wire::{Draft, VerifiedItem, bundle};

    use super::*;

    fn item(size: usize) -> VerifiedItem {
        let draft = Draft {
            data: vec![1; size].into(),
            ..Draft::default()
        };
        draft.sign(&SigningKey::ed25519([1; 32])).unwrap()
    }

    #[test]
    fn the_bundle_is_that_of_the_wire() {
        let items = [item(1), item(500)];
        let bytes: Vec<Bytes> = items.iter().map(|item| item.bytes().clone()).collect();
        assert_eq!(bundle_of(&bytes).unwrap(), bundle::build(&items));
        assert!(matches!(
            bundle_of(&["no item".into()]),
            Err(BundlerError::NoItem)
        ));
    }

    #[test]
    fn caps_hold_at_the_edge() {
        let small = item(1).bytes().clone();
        assert!(bundle_of(&vec![small.clone(); ITEMS_MAX]).is_ok());
        assert!(bundle_of(&vec![small.clone(); ITEMS_MAX + 1]).is_err());
        let header = HEADER_BYTES + 2 * ROW_BYTES + 2 * (small.len() - 1);
        let fits = item(DATA_BYTES_MAX - header - 1).bytes().clone();
        assert_eq!(
            bundle_of(&[small.clone(), fits]).unwrap().len(),
            DATA_BYTES_MAX
        );
        let over = item(DATA_BYTES_MAX - header).bytes().clone();
        assert!(bundle_of(&[small, over.clone()]).is_err());
        assert!(bundle_of(&[over]).is_ok());
    }
}
