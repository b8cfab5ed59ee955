//! Where the fields of an item lie.
//!
//! `kind u16 · signature · owner · target? · anchor? · tag count u64 · tag bytes u64 · tags · data`, all numbers
//! little-endian, target and anchor each behind a presence byte. The data is the rest, so an item uses its bytes up exactly.

use std::ops::Range;

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
}

/// The fields of an item that is yet to be put together.
pub(super) struct Parts<'a> {
    pub(super) kind: SignatureKind,
    pub(super) owner: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) target: Option<&'a [u8; Id::BYTES]>,
    pub(super) anchor: Option<&'a [u8; Draft::ANCHOR_BYTES]>,
    pub(super) tag_count: usize,
    pub(super) tags: &'a [u8],
    pub(super) data: &'a [u8],
}

impl Parts<'_> {
    pub(super) fn assemble(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.length());
        out.extend_from_slice(&self.kind.code().to_le_bytes());
        out.extend_from_slice(self.signature);
        out.extend_from_slice(self.owner);
        write_optional(&mut out, self.target);
        write_optional(&mut out, self.anchor);
        out.extend_from_slice(&(self.tag_count as u64).to_le_bytes());
        out.extend_from_slice(&(self.tags.len() as u64).to_le_bytes());
        out.extend_from_slice(self.tags);
        out.extend_from_slice(self.data);
        out
    }

    fn length(&self) -> usize {
        const KIND_AND_TAG_NUMBERS: usize = 2 + 8 + 8;
        const OPTIONAL_FIELDS: usize = 2 * (1 + 32);
        KIND_AND_TAG_NUMBERS
            + OPTIONAL_FIELDS
            + self.signature.len()
            + self.owner.len()
            + self.tags.len()
            + self.data.len()
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

fn write_optional(out: &mut Vec<u8>, field: Option<&[u8; 32]>) {
    match field {
        None => out.push(0),
        Some(bytes) => {
            out.push(1);
            out.extend_from_slice(bytes);
        }
    }
}
