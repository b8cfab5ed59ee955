//! ANS-104 data items: parsed without copying, of use only once verified.
//!
//! 1. The signature is verified first, over the tag bytes as they came; only then are the tags decoded.
//! 2. Every length comes from the bytes that are there. A declared number is compared, never trusted, and nothing is
//!    reserved from it.
//! 3. The tag count and the presence bytes are covered by no signature, so each has exactly one accepted value.
//! 4. The id is SHA-256 of the signature. One signed content can have several ids where signatures are salted, so
//!    duplicates are refused by [`VerifiedItem::content_id`].
//!
//! Next to read: [`layout`] for the fields, [`draft`] for making items.

mod draft;
mod layout;

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

pub use self::draft::Draft;
use self::layout::Layout;
use crate::deep_hash::{Chunk, DEEP_HASH_BYTES, deep_hash};
use crate::error::ItemError;
use crate::id::Id;
use crate::keys::{self, Address, SignatureKind};
use crate::limits::ITEM_BYTES_MAX;
use crate::tags::Tags;

/// How an item is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// At our own entrance: the canonical form alone.
    Entrance,
    /// Read from Arweave, where others have settled it already: other forms that the network takes pass as well, unless
    /// they let one signed content have two meanings.
    Settled,
}

/// Bytes with the outline of an item. Nothing about them is known to be true.
#[derive(Debug)]
pub struct UnverifiedItem {
    bytes: Bytes,
    layout: Layout,
    strictness: Strictness,
}

impl UnverifiedItem {
    /// Finds the fields in `bytes`. Tags are not decoded.
    pub fn parse(bytes: Bytes, strictness: Strictness) -> Result<Self, ItemError> {
        if strictness == Strictness::Entrance && bytes.len() > ITEM_BYTES_MAX {
            return Err(ItemError::TooLong { bytes: bytes.len() });
        }
        let layout = Layout::of(&bytes)?;
        Ok(Self {
            bytes,
            layout,
            strictness,
        })
    }

    /// Verifies the signature, then decodes the tags.
    pub fn verify(self) -> Result<VerifiedItem, ItemError> {
        let field = |range: &Range<usize>| &self.bytes[range.clone()];
        let signed = self.deep_hash();
        let (owner, signature) = (field(&self.layout.owner), field(&self.layout.signature));
        keys::verify_as(self.layout.kind, owner, &signed, signature, self.strictness)?;
        let raw = field(&self.layout.tags);
        let tags = Tags::decode(raw, self.layout.tag_count, self.strictness)?;
        Ok(VerifiedItem::new(self, signed, tags))
    }

    fn deep_hash(&self) -> [u8; DEEP_HASH_BYTES] {
        let field = |range: &Range<usize>| &self.bytes[range.clone()];
        let layout = &self.layout;
        let code = layout.kind.code().to_string();
        deep_hash(&Chunk::List(vec![
            Chunk::Blob(b"dataitem"),
            Chunk::Blob(b"1"),
            Chunk::Blob(code.as_bytes()),
            Chunk::Blob(field(&layout.owner)),
            Chunk::Blob(layout.target.as_ref().map_or(&[], field)),
            Chunk::Blob(layout.anchor.as_ref().map_or(&[], field)),
            Chunk::Blob(field(&layout.tags)),
            Chunk::Blob(field(&layout.data)),
        ]))
    }
}

/// Parses and verifies an item.
pub fn verify_bytes(bytes: Bytes, strictness: Strictness) -> Result<VerifiedItem, ItemError> {
    UnverifiedItem::parse(bytes, strictness)?.verify()
}

/// An item whose signature holds and whose tags are decoded. Cloning it copies a pointer.
#[derive(Clone, Debug)]
pub struct VerifiedItem(Arc<Verified>);

#[derive(Debug)]
struct Verified {
    bytes: Bytes,
    layout: Layout,
    deep_hash: [u8; DEEP_HASH_BYTES],
    id: Id,
    address: Address,
    tags: Tags,
}

impl VerifiedItem {
    /// Puts together what a gateway serves in pieces, and verifies it as settled.
    pub fn from_parts(
        kind: SignatureKind,
        owner: &[u8],
        signature: &[u8],
        target: Option<Id>,
        anchor: Option<[u8; Draft::ANCHOR_BYTES]>,
        tags: &Tags,
        data: &[u8],
    ) -> Result<Self, ItemError> {
        tags.check(Strictness::Settled)?;
        let raw_tags = tags.encode();
        let parts = layout::Parts {
            kind,
            owner,
            signature,
            target: target.as_ref().map(Id::as_bytes),
            anchor: anchor.as_ref(),
            tag_count: tags.len(),
            tags: &raw_tags,
            data,
        };
        verify_bytes(parts.assemble().into(), Strictness::Settled)
    }

    /// SHA-256 of the signature.
    pub fn id(&self) -> Id {
        self.0.id
    }

    /// The kind of its signature.
    pub fn kind(&self) -> SignatureKind {
        self.0.layout.kind
    }

    /// The owner field: the signer's public key, or for typed Ethereum data the text of the address.
    pub fn owner(&self) -> &[u8] {
        &self.0.bytes[self.0.layout.owner.clone()]
    }

    /// The signer's address.
    pub fn owner_address(&self) -> &Address {
        &self.0.address
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        &self.0.bytes[self.0.layout.signature.clone()]
    }

    /// The target, if there is one.
    pub fn target(&self) -> Option<Id> {
        let range = self.0.layout.target.clone()?;
        Id::from_bytes(&self.0.bytes[range]).ok()
    }

    /// The 32 anchor bytes, if there are any.
    pub fn anchor(&self) -> Option<&[u8]> {
        let range = self.0.layout.anchor.clone()?;
        Some(&self.0.bytes[range])
    }

    /// The tags.
    pub fn tags(&self) -> &Tags {
        &self.0.tags
    }

    /// The tag bytes that the signature covers.
    pub fn raw_tags(&self) -> &[u8] {
        &self.0.bytes[self.0.layout.tags.clone()]
    }

    /// The data: a window on [`VerifiedItem::bytes`], not a copy.
    pub fn data(&self) -> Bytes {
        self.0.bytes.slice(self.0.layout.data.clone())
    }

    /// The whole item as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// What was signed.
    pub fn deep_hash(&self) -> [u8; DEEP_HASH_BYTES] {
        self.0.deep_hash
    }

    /// SHA-256 of what was signed and who signed it: equal for two items that differ in their signature alone.
    pub fn content_id(&self) -> Id {
        Id::sha256_of(&[&self.0.deep_hash, self.owner()])
    }

    fn new(item: UnverifiedItem, deep_hash: [u8; DEEP_HASH_BYTES], tags: Tags) -> Self {
        let UnverifiedItem { bytes, layout, .. } = item;
        let id = Id::sha256(&bytes[layout.signature.clone()]);
        let address = Address::of(layout.kind, &bytes[layout.owner.clone()]);
        Self(Arc::new(Verified {
            bytes,
            layout,
            deep_hash,
            id,
            address,
            tags,
        }))
    }
}

impl PartialEq for VerifiedItem {
    fn eq(&self, other: &Self) -> bool {
        self.0.bytes == other.0.bytes
    }
}

impl Eq for VerifiedItem {}
