//! Making a transaction: what the sender chooses, then one signature.

use aosec_wire::{Id, SignatureKind, SigningKey};
use bytes::Bytes;

use super::{
    Anchor, CHUNKED_BYTES_MAX, DATA_BYTES_MAX, Fields, Format, TAGS_BYTES_MAX, Transaction,
    TransactionError,
};
use crate::arweave::merkle;

/// What the sender of a transaction chooses.
#[derive(Clone, Debug)]
pub struct TransactionDraft {
    /// Format 1 or 2.
    pub format: Format,
    /// What ties it to its time.
    pub anchor: Anchor,
    /// The wallet that receives the quantity.
    pub target: Option<Id>,
    /// What the target receives.
    pub quantity_winston: u128,
    /// What the sender pays for storage.
    pub reward_winston: u128,
    /// Names and values, in order.
    pub tags: Vec<(String, String)>,
    /// The data.
    pub data: Bytes,
}

impl TransactionDraft {
    /// A draft that carries `data` and moves no money.
    #[must_use]
    pub const fn of_data(
        format: Format,
        anchor: Anchor,
        reward_winston: u128,
        data: Bytes,
    ) -> Self {
        Self {
            format,
            anchor,
            target: None,
            quantity_winston: 0,
            reward_winston,
            tags: Vec::new(),
            data,
        }
    }

    /// The same with one more tag.
    #[must_use]
    pub fn with_tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((name.into(), value.into()));
        self
    }

    /// Signs the draft.
    ///
    /// # Errors
    /// [`TransactionError::Key`] for a key that is not RSA; [`TransactionError::Tags`] or [`TransactionError::DataTooLong`] over a
    /// limit.
    pub fn sign(self, key: &SigningKey) -> Result<Transaction, TransactionError> {
        if key.kind() != SignatureKind::Arweave {
            return Err(TransactionError::Key(key.kind()));
        }
        let data = self.data.clone();
        let fields = self.into_fields(Bytes::copy_from_slice(key.owner()))?;
        let signature = Bytes::from(key.sign(&fields.signed_bytes(&data)));
        Ok(Transaction::sealed(
            fields,
            Id::sha256(&signature),
            signature,
            Some(data),
        ))
    }

    fn into_fields(self, owner: Bytes) -> Result<Fields, TransactionError> {
        let bytes = self
            .tags
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if bytes > TAGS_BYTES_MAX {
            return Err(TransactionError::Tags { bytes });
        }
        let longest = match self.format {
            Format::One => DATA_BYTES_MAX,
            Format::Two => CHUNKED_BYTES_MAX,
        };
        if self.data.len() > longest {
            return Err(TransactionError::DataTooLong {
                bytes: self.data.len(),
            });
        }
        let rooted = self.format == Format::Two && !self.data.is_empty();
        Ok(Fields {
            format: self.format,
            anchor: self.anchor,
            owner,
            tags: self
                .tags
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            target: self.target,
            quantity_winston: self.quantity_winston,
            reward_winston: self.reward_winston,
            data_size: self.data.len() as u64,
            data_root: rooted.then(|| merkle::data_root(&self.data)),
        })
    }
}
