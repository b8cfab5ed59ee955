//! Where the fields of an item lie.
//!
//! `kind u16 · signature · owner · target? · anchor? · tag count u64 · tag bytes u64 · tags · data`, all numbers
//! little-endian, target and anchor each behind a presence byte. The data is the rest, so an item uses its bytes up exactly.

use std::ops::Range;

use crate::deep_hash::{Chunk, DEEP_HASH_BYTES, deep_hash};
use crate::error::ItemError;
use crate::id::Id;
use crate::item::Draft;
use crate::keys::SignatureKind;
use crate::limits::{TAGS_BYTES_MAX, TAGS_MAX};

/// The ranges of the fields.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) kind: SignatureKind,
    pub(super) signature: Range<usize>,
    pub(super) owner: Range<usize>,
    pub(super) target: Option<Range<usize>>,
    pub(super) anchor: Option<Range<usize>>,
    pub(super) tag_count: usize,
    pub(super) tags: Range<usize>,
    pub(super) data: Range<usize>,
}

impl Layout {
    pub(super) fn of(bytes: &[u8]) -> Result<Self, ItemError> {
        let mut cursor = Cursor { bytes, at: 0 };
        let kind = cursor.kind()?;
        let signature = cursor.take(kind.signature_len(), "signature")?;
        let owner = cursor.take(kind.owner_len(), "owner")?;
        let target = cursor.optional(Id::BYTES, "target")?;
        let anchor = cursor.optional(Draft::ANCHOR_BYTES, "anchor")?;
        let count = cursor.number("tag count")?;
        let length = cursor.number("tag length")?;
        let tag_count = at_most(count, TAGS_MAX).ok_or(ItemError::TooManyTags(count))?;
        let length = at_most(length, TAGS_BYTES_MAX).ok_or(ItemError::TagsTooLong(length))?;
        let tags = cursor.take(length, "tags")?;
        let data = cursor.at..bytes.len();
        Ok(Self {
            kind,
            signature,
            owner,
            target,
            anchor,
            tag_count,
            tags,
            data,
        })
    }

    /// The fields in the bytes that this layout was found in.
    pub(super) fn parts<'a>(&self, bytes: &'a [u8]) -> Parts<'a> {
        let field = |range: &Range<usize>| &bytes[range.clone()];
        Parts {
            kind: self.kind,
            owner: field(&self.owner),
            signature: field(&self.signature),
            target: self.target.as_ref().map(field),
            anchor: self.anchor.as_ref().map(field),
            tag_count: self.tag_count,
            tags: field(&self.tags),
            data: field(&self.data),
        }
    }
}

/// The fields themselves.
pub(super) struct Parts<'a> {
    pub(super) kind: SignatureKind,
    pub(super) owner: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) target: Option<&'a [u8]>,
    pub(super) anchor: Option<&'a [u8]>,
    pub(super) tag_count: usize,
    pub(super) tags: &'a [u8],
    pub(super) data: &'a [u8],
}

impl Parts<'_> {
    /// What is signed: all fields but the signature itself, the tag count and the presence bytes.
    pub(super) fn deep_hash(&self) -> [u8; DEEP_HASH_BYTES] {
        deep_hash(&Chunk::List(vec![
            Chunk::Blob(b"dataitem"),
            Chunk::Blob(b"1"),
            Chunk::Blob(self.kind.code().to_string().as_bytes()),
            Chunk::Blob(self.owner),
            Chunk::Blob(self.target.unwrap_or_default()),
            Chunk::Blob(self.anchor.unwrap_or_default()),
            Chunk::Blob(self.tags),
            Chunk::Blob(self.data),
        ]))
    }

    /// The item.
    pub(super) fn assemble(&self) -> Vec<u8> {
        let present = |field: &Option<_>| [u8::from(field.is_some())];
        [
            &self.kind.code().to_le_bytes()[..],
            self.signature,
            self.owner,
            &present(&self.target),
            self.target.unwrap_or_default(),
            &present(&self.anchor),
            self.anchor.unwrap_or_default(),
            &(self.tag_count as u64).to_le_bytes(),
            &(self.tags.len() as u64).to_le_bytes(),
            self.tags,
            self.data,
        ]
        .concat()
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn take(&mut self, length: usize, field: &'static str) -> Result<Range<usize>, ItemError> {
        let end = self
            .at
            .checked_add(length)
            .filter(|end| *end <= self.bytes.len());
        let range = self.at..end.ok_or(ItemError::Truncated { field })?;
        self.at = range.end;
        Ok(range)
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], ItemError> {
        let range = self.take(N, field)?;
        self.bytes[range]
            .try_into()
            .map_err(|_| ItemError::Truncated { field })
    }

    fn kind(&mut self) -> Result<SignatureKind, ItemError> {
        let code = u16::from_le_bytes(self.array("signature kind")?);
        SignatureKind::from_code(code).map_err(|_| ItemError::UnsupportedKind(code))
    }

    fn optional(
        &mut self,
        length: usize,
        field: &'static str,
    ) -> Result<Option<Range<usize>>, ItemError> {
        match self.array(field)? {
            [0] => Ok(None),
            [1] => self.take(length, field).map(Some),
            [byte] => Err(ItemError::Presence { field, byte }),
        }
    }

    fn number(&mut self, field: &'static str) -> Result<u64, ItemError> {
        Ok(u64::from_le_bytes(self.array(field)?))
    }
}

fn at_most(number: u64, max: usize) -> Option<usize> {
    usize::try_from(number).ok().filter(|number| *number <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(count: u64, length: u64, tags: &[u8]) -> Result<Layout, ItemError> {
        let kind = SignatureKind::Ed25519;
        let head = [&kind.code().to_le_bytes()[..], &[0; 64 + 32 + 2]].concat();
        Layout::of(&[&head, &count.to_le_bytes()[..], &length.to_le_bytes(), tags].concat())
    }

    #[test]
    fn declared_numbers_are_compared_and_never_trusted() {
        let tags = [0; TAGS_BYTES_MAX + 1];
        assert_eq!(item(128, 4_096, &tags).unwrap().tags.len(), 4_096);
        let cases = [
            (item(129, 0, &[]), ItemError::TooManyTags(129)),
            (item(u64::MAX, 0, &[]), ItemError::TooManyTags(u64::MAX)),
            (item(0, 4_097, &tags), ItemError::TagsTooLong(4_097)),
            (item(0, u64::MAX, &tags), ItemError::TagsTooLong(u64::MAX)),
            (
                item(0, 4_096, &tags[..4_095]),
                ItemError::Truncated { field: "tags" },
            ),
        ];
        for (found, wrong) in cases {
            assert_eq!(found.unwrap_err(), wrong);
        }
    }
}
