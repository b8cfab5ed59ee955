//! What a transaction says besides its data, and the bytes that its signature covers.

use aosec_wire::Id;
use aosec_wire::deep_hash::{Chunk, deep_hash};
use bytes::Bytes;

use super::TransactionError;
use crate::arweave::merkle;

/// Which bytes a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Everything, data included.
    One,
    /// The data by its root and size.
    Two,
}

impl Format {
    /// The number that stands in JSON.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// What ties a transaction to its time: the sender's last transaction, or a recent block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The sender has no transaction yet.
    First,
    /// The sender's last transaction.
    Last(Id),
    /// A recent block, by its id.
    Block([u8; 48]),
}

impl Anchor {
    /// The bytes that are signed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::First => &[],
            Self::Last(id) => id.as_bytes(),
            Self::Block(id) => id,
        }
    }

    /// The anchor with these bytes: 0, 32 or 48.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes.len() {
            0 => Some(Self::First),
            32 => Id::from_bytes(bytes).ok().map(Self::Last),
            48 => bytes.try_into().ok().map(Self::Block),
            _ => None,
        }
    }
}

/// A tag of a transaction: bytes, not text. [`Transaction::text_tags`] gives what reads as text.
pub type RawTag = (Bytes, Bytes);

/// Everything but data that a transaction says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) format: Format,
    pub(super) anchor: Anchor,
    pub(super) owner: Bytes,
    pub(super) tags: Vec<RawTag>,
    pub(super) target: Option<Id>,
    pub(super) quantity_winston: u128,
    pub(super) reward_winston: u128,
    pub(super) data_size: u64,
    pub(super) data_root: Option<merkle::Root>,
}

impl Fields {
    /// The bytes under the signature.
    pub(super) fn signed_bytes(&self, data: &[u8]) -> Vec<u8> {
        match self.format {
            Format::One => self.concatenation(data),
            Format::Two => self.deep_hash().to_vec(),
        }
    }

    fn concatenation(&self, data: &[u8]) -> Vec<u8> {
        let (quantity, reward) = (
            self.quantity_winston.to_string(),
            self.reward_winston.to_string(),
        );
        let mut bytes = [
            &self.owner,
            self.target_bytes(),
            data,
            quantity.as_bytes(),
            reward.as_bytes(),
            self.anchor.as_bytes(),
        ]
        .concat();
        for (name, value) in &self.tags {
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(value);
        }
        bytes
    }

    fn deep_hash(&self) -> [u8; 48] {
        let (quantity, reward) = (
            self.quantity_winston.to_string(),
            self.reward_winston.to_string(),
        );
        let size = self.data_size.to_string();
        let tags = self
            .tags
            .iter()
            .map(|(name, value)| Chunk::List(vec![Chunk::Blob(name), Chunk::Blob(value)]));
        deep_hash(&Chunk::List(vec![
            Chunk::Blob(b"2"),
            Chunk::Blob(&self.owner),
            Chunk::Blob(self.target_bytes()),
            Chunk::Blob(quantity.as_bytes()),
            Chunk::Blob(reward.as_bytes()),
            Chunk::Blob(self.anchor.as_bytes()),
            Chunk::List(tags.collect()),
            Chunk::Blob(size.as_bytes()),
            Chunk::Blob(self.data_root.as_ref().map_or(&[], |root| &root[..])),
        ]))
    }

    fn target_bytes(&self) -> &[u8] {
        self.target.as_ref().map_or(&[], |target| target.as_bytes())
    }

    /// Checks that `data` is what this transaction carries.
    pub(super) fn check_data(&self, data: &[u8]) -> Result<(), TransactionError> {
        let found = data.len() as u64;
        if found != self.data_size {
            return Err(TransactionError::DataSize {
                declared: self.data_size,
                found,
            });
        }
        match (self.format, &self.data_root) {
            (Format::Two, Some(root)) if !merkle::commits(root, data) => {
                Err(TransactionError::DataRoot)
            }
            (Format::Two, None) if found > 0 => Err(TransactionError::DataRoot),
            _ => Ok(()),
        }
    }
}
