//! ANS-104 data items: parsed without copying, of use only once verified.
//!
//! 1. The signature is verified first, over the tag bytes as they came; only then are the tags decoded.
//! 2. Every length comes from the bytes that are there. A declared number is compared, never trusted, and nothing is
//!    reserved from it.
//! 3. The tag count and the presence bytes are covered by no signature, so each has exactly one accepted value.
//! 4. The id is SHA-256 of the signature. One signed content can have several ids where signatures are salted, so
//!    duplicates are refused by [`VerifiedItem::content_id`].
//!
//! Next to read: `layout` for the fields, `draft` for making items.

mod draft;
mod layout;

use std::sync::Arc;

use bytes::Bytes;

pub use self::draft::Draft;
use self::layout::{Layout, Parts};
use crate::deep_hash::DEEP_HASH_BYTES;
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

    /// The owner field, as [`VerifiedItem::owner`]: whether that one has signed is not known.
    pub fn owner(&self) -> &[u8] {
        &self.bytes[self.layout.owner.clone()]
    }

    /// Verifies the signature, then decodes the tags.
    pub fn verify(self) -> Result<VerifiedItem, ItemError> {
        let parts = self.layout.parts(&self.bytes);
        let signed = parts.deep_hash();
        keys::verify_as(
            parts.kind,
            parts.owner,
            &signed,
            parts.signature,
            self.strictness,
        )?;
        let tags = Tags::decode(parts.tags, parts.tag_count, self.strictness)?;
        Ok(VerifiedItem::new(self.bytes, self.layout, signed, tags))
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
        let parts = Parts {
            kind,
            owner,
            signature,
            target: target.as_ref().map(|id| id.as_bytes().as_slice()),
            anchor: anchor.as_ref().map(<[u8; Draft::ANCHOR_BYTES]>::as_slice),
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

    /// Only for content whose signature is verified or was made here.
    fn new(bytes: Bytes, layout: Layout, deep_hash: [u8; DEEP_HASH_BYTES], tags: Tags) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{SignatureError, TagsError};
    use crate::keys::SigningKey;

    fn draft() -> Draft {
        Draft {
            target: Some(Id::new([1; 32])),
            anchor: Some([2; 32]),
            tags: Tags::new().with("Action", "Transfer").with("Quantity", "5"),
            data: Bytes::from_static(b"data"),
        }
    }

    fn key() -> SigningKey {
        SigningKey::ed25519([9; 32])
    }

    #[test]
    fn a_signed_draft_is_the_item_that_a_reader_finds() {
        let made = draft().sign(&key()).unwrap();
        let read = verify_bytes(made.bytes().clone(), Strictness::Entrance).unwrap();
        assert_eq!(read, made);
        assert_eq!((read.id(), read.deep_hash()), (made.id(), made.deep_hash()));
        assert_eq!(read.target(), Some(Id::new([1; 32])));
        assert_eq!(read.anchor(), Some([2; 32].as_slice()));
        assert_eq!(*read.tags(), draft().tags);
        assert_eq!(read.raw_tags(), draft().tags.encode());
        assert_eq!(read.data(), draft().data);
        assert_eq!(read.owner_address(), key().address());
    }

    #[test]
    fn fields_are_windows_on_the_bytes() {
        let bytes = draft().sign(&key()).unwrap().bytes().clone();
        let item = verify_bytes(bytes.clone(), Strictness::Entrance).unwrap();
        let inside = |field: &[u8]| bytes.as_ptr_range().contains(&field.as_ptr());
        assert!(inside(item.bytes()) && inside(&item.data()) && inside(item.raw_tags()));
        assert!(inside(item.owner()) && inside(item.signature()));
    }

    #[test]
    fn salted_signatures_give_one_content_two_ids() {
        let key = crate::keys::rsa_test_key();
        let (one, other) = (draft().sign(&key).unwrap(), draft().sign(&key).unwrap());
        assert_ne!(one.id(), other.id());
        assert_eq!(one.content_id(), other.content_id());
        let changed = Draft {
            anchor: None,
            ..draft()
        }
        .sign(&key)
        .unwrap();
        assert_ne!(changed.content_id(), one.content_id());
    }

    #[test]
    fn the_signature_is_judged_before_the_tags() {
        let item = draft().sign(&key()).unwrap();
        let mut bytes = item.bytes().to_vec();
        let tag = bytes
            .windows(6)
            .position(|window| window == b"Action")
            .unwrap();
        bytes[tag] = 0xff;
        let refused = verify_bytes(bytes.into(), Strictness::Entrance).unwrap_err();
        assert_eq!(refused, ItemError::Signature(SignatureError::Mismatch));
    }

    #[test]
    fn the_kind_is_part_of_what_is_signed() {
        let keys = [
            SigningKey::ed25519([9; 32]),
            SigningKey::ethereum([9; 32]).unwrap(),
        ];
        let others = [SignatureKind::Aptos, SignatureKind::Kyve];
        for (key, other) in keys.iter().zip(others) {
            let mut bytes = draft().sign(key).unwrap().bytes().to_vec();
            bytes[..2].copy_from_slice(&other.code().to_le_bytes());
            let refused = verify_bytes(bytes.into(), Strictness::Settled).unwrap_err();
            assert_eq!(refused, SignatureError::Mismatch.into(), "{other:?}");
        }
    }

    #[test]
    fn an_item_that_breaks_a_limit_is_not_made() {
        let with = |name: &str, value: &str| Draft {
            tags: Tags::new().with(name, value),
            ..draft()
        };
        let long = |count: usize| Draft {
            data: vec![0; count].into(),
            ..draft()
        };
        let many: Tags = (0..129).map(|n| (format!("n{n}"), "v")).collect();
        let heavy: Tags = (0..5)
            .map(|n| (format!("n{n}"), "v".repeat(1_000)))
            .collect();
        let cases = [
            (with("", "v"), ItemError::Tags(TagsError::EmptyName)),
            (with("n", ""), ItemError::Tags(TagsError::EmptyValue)),
            (
                with(&"n".repeat(1_025), "v"),
                ItemError::Tags(TagsError::NameTooLong(1_025)),
            ),
            (
                with("n", &"v".repeat(3_073)),
                ItemError::Tags(TagsError::ValueTooLong(3_073)),
            ),
            (
                Draft {
                    tags: many,
                    ..draft()
                },
                ItemError::Tags(TagsError::TooMany(129)),
            ),
            (
                Draft {
                    tags: heavy,
                    ..draft()
                },
                ItemError::TagsTooLong(5_027),
            ),
        ];
        for (draft, wrong) in cases {
            assert_eq!(draft.sign(&key()).unwrap_err(), wrong);
        }
        let refused = long(ITEM_BYTES_MAX).sign(&key()).unwrap_err();
        assert!(matches!(refused, ItemError::TooLong { .. }), "{refused}");
        assert!(long(ITEM_BYTES_MAX - 300).sign(&key()).is_ok());
    }

    #[test]
    fn pieces_that_do_not_belong_together_are_refused() {
        let item = draft().sign(&key()).unwrap();
        let again = |signature: &[u8], data: &[u8]| {
            let (kind, owner, draft) = (item.kind(), item.owner(), draft());
            VerifiedItem::from_parts(
                kind,
                owner,
                signature,
                draft.target,
                draft.anchor,
                &draft.tags,
                data,
            )
        };
        assert_eq!(again(item.signature(), b"data").unwrap(), item);
        assert!(again(item.signature(), b"Data").is_err());
        assert!(again(&item.signature()[1..], b"data").is_err());
    }
}
