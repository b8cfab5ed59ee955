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
        let raw_tags = self.tags.encode();
        let unsigned = self.parts(key, &raw_tags);
        let deep_hash = unsigned.deep_hash();
        let signature = sign(key, &deep_hash);
        let bytes = Parts {
            signature: &signature,
            ..unsigned
        }
        .assemble();
        let item = UnverifiedItem::parse(bytes.into(), Strictness::Entrance)?;
        Ok(VerifiedItem::new(
            item.bytes,
            item.layout,
            deep_hash,
            self.tags.clone(),
        ))
    }

    fn parts<'a>(&'a self, key: &'a SigningKey, raw_tags: &'a [u8]) -> Parts<'a> {
        Parts {
            kind: key.kind(),
            owner: key.owner(),
            signature: &[],
            target: self.target.as_ref().map(|id| id.as_bytes().as_slice()),
            anchor: self
                .anchor
                .as_ref()
                .map(<[u8; Self::ANCHOR_BYTES]>::as_slice),
            tag_count: self.tags.len(),
            tags: raw_tags,
            data: &self.data,
        }
    }
}
