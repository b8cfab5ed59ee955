//! Items in the making: content first, then one signature over it.

use bytes::Bytes;

use super::layout::Parts;
use super::{Strictness, UnverifiedItem, VerifiedItem};
use crate::error::ItemError;
use crate::id::Id;
use crate::keys::SigningKey;
use crate::tags::Tags;

/// The content of an item that is not signed yet.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The process or wallet it is meant for.
    pub target: Option<Id>,
    /// Free bytes that make equal contents differ.
    pub anchor: Option<[u8; Self::ANCHOR_BYTES]>,
    /// The tags, within the limits of our own entrance.
    pub tags: Tags,
    /// The data.
    pub data: Bytes,
}

impl Draft {
    /// Length of an anchor.
    pub const ANCHOR_BYTES: usize = 32;

    /// Signs the content. RSA signatures have a random salt, so signing again gives another id.
    pub fn sign(&self, key: &SigningKey) -> Result<VerifiedItem, ItemError> {
        self.sign_with(key, SigningKey::sign)
    }

    /// Signs the content so that signing it again gives the same bytes, with a key of any kind.
    pub fn sign_deterministic(&self, key: &SigningKey) -> Result<VerifiedItem, ItemError> {
        self.sign_with(key, SigningKey::sign_deterministic)
    }

    fn sign_with(
        &self,
        key: &SigningKey,
        sign: fn(&SigningKey, &[u8]) -> Vec<u8>,
    ) -> Result<VerifiedItem, ItemError> {
        self.tags.check(Strictness::Entrance)?;
        let blank = vec![0; key.kind().signature_len()];
        let mut bytes = self.assemble(key, &blank);
        let unsigned = UnverifiedItem::parse(Bytes::from(bytes.clone()), Strictness::Entrance)?;
        let signed = unsigned.deep_hash();
        let place = unsigned.layout.signature.clone();
        bytes[place].copy_from_slice(&sign(key, &signed));
        let item = UnverifiedItem::parse(bytes.into(), Strictness::Entrance)?;
        Ok(VerifiedItem::new(item, signed, self.tags.clone()))
    }

    fn assemble(&self, key: &SigningKey, signature: &[u8]) -> Vec<u8> {
        let raw_tags = self.tags.encode();
        let parts = Parts {
            kind: key.kind(),
            owner: key.owner(),
            signature,
            target: self.target.as_ref().map(Id::as_bytes),
            anchor: self.anchor.as_ref(),
            tag_count: self.tags.len(),
            tags: &raw_tags,
            data: &self.data,
        };
        parts.assemble()
    }
}
