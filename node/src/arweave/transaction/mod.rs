//! Base-layer transactions of format 1 and 2: built, signed, read from a gateway's JSON, verified.
//!
//! 1. Bytes from outside are an [`UnverifiedTransaction`]; only [`UnverifiedTransaction::verify`] makes a [`Transaction`] of them.
//! 2. The id is SHA-256 of the signature. A format 1 signature covers the data itself; a format 2 signature covers its size and
//!    data root, so the data may be absent and come later ([`Transaction::with_data`] checks it).
//! 3. Format 1 signs plain concatenation: the same signed bytes can be cut into fields in other ways. A reader that makes law of
//!    a format 1 transaction must not rely on the fields of a single gateway alone.
//!
//! What a transaction may cost or spend, and whether its anchor is fresh, is a rule of the chain and not looked at here.

mod draft;
mod error;
mod fields;
mod json;

use aosec_wire::id::to_base64url;
use aosec_wire::{Address, Id, SignatureKind, keys};
use bytes::Bytes;

use super::merkle;

pub use draft::TransactionDraft;
pub use error::TransactionError;
use fields::Fields;
pub use fields::{Anchor, Format, RawTag};

/// Longest data that travels inside a transaction's JSON: the base layer's own limit is 10 MiB, the rest is room for wrapping.
pub const DATA_BYTES_MAX: usize = 12 * 1024 * 1024;
/// Longest data of a format 2 transaction that this house signs: it follows in chunks.
pub const CHUNKED_BYTES_MAX: usize = 64 * 1024 * 1024;
/// All tag names and values of a transaction together: a limit of the base layer.
pub const TAGS_BYTES_MAX: usize = 2_048;
/// Most tags: what fits into [`TAGS_BYTES_MAX`] with one byte each.
pub const TAGS_MAX: usize = TAGS_BYTES_MAX;

/// A transaction as somebody sent it: nothing in it is known to be true.
#[derive(Clone, Debug)]
pub struct UnverifiedTransaction {
    fields: Fields,
    id: Id,
    signature: Bytes,
    /// The data, unless it comes later.
    data: Option<Bytes>,
}

impl UnverifiedTransaction {
    /// The id it claims.
    #[must_use]
    pub const fn claimed_id(&self) -> Id {
        self.id
    }

    /// True where the data did not come along.
    #[must_use]
    pub const fn lacks_data(&self) -> bool {
        self.data.is_none()
    }

    /// Length of the data as the transaction declares it; in format 1, whose signature covers the data itself, of what is here.
    #[must_use]
    pub const fn declared_size(&self) -> u64 {
        self.fields.data_size
    }

    /// True for format 1.
    #[must_use]
    pub fn is_format_one(&self) -> bool {
        self.fields.format == Format::One
    }

    /// The same with data that arrived by another road.
    #[must_use]
    pub fn carrying(mut self, data: Bytes) -> Self {
        if self.fields.format == Format::One {
            self.fields.data_size = data.len() as u64;
        }
        self.data = Some(data);
        self
    }

    /// Checks id, signature, and the data if it is here.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(self) -> Result<Transaction, TransactionError> {
        if Id::sha256(&self.signature) != self.id {
            return Err(TransactionError::Id);
        }
        if let Some(data) = &self.data {
            self.fields.check_data(data)?;
        }
        let signed = match (&self.data, self.fields.format) {
            (None, Format::One) => return Err(TransactionError::NoData),
            (data, _) => self
                .fields
                .signed_bytes(data.as_deref().unwrap_or_default()),
        };
        keys::verify(
            SignatureKind::Arweave,
            &self.fields.owner,
            &signed,
            &self.signature,
        )?;
        Ok(Transaction::sealed(
            self.fields,
            self.id,
            self.signature,
            self.data,
        ))
    }
}

/// A transaction whose id, signature and (if here) data are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    fields: Fields,
    id: Id,
    owner_address: Address,
    signature: Bytes,
    data: Option<Bytes>,
}

impl Transaction {
    fn sealed(fields: Fields, id: Id, signature: Bytes, data: Option<Bytes>) -> Self {
        let owner_address = Address::of(SignatureKind::Arweave, &fields.owner);
        Self {
            fields,
            id,
            owner_address,
            signature,
            data,
        }
    }

    /// SHA-256 of the signature.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Format 1 or 2.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.fields.format
    }

    /// The modulus of the sender's key.
    #[must_use]
    pub const fn owner(&self) -> &Bytes {
        &self.fields.owner
    }

    /// The sender's address.
    #[must_use]
    pub const fn owner_address(&self) -> &Address {
        &self.owner_address
    }

    /// The signature.
    #[must_use]
    pub const fn signature(&self) -> &Bytes {
        &self.signature
    }

    /// What ties it to its time.
    #[must_use]
    pub const fn anchor(&self) -> &Anchor {
        &self.fields.anchor
    }

    /// The wallet that receives [`Self::quantity_winston`].
    #[must_use]
    pub const fn target(&self) -> Option<Id> {
        self.fields.target
    }

    /// What the target receives.
    #[must_use]
    pub const fn quantity_winston(&self) -> u128 {
        self.fields.quantity_winston
    }

    /// What the sender pays for storage.
    #[must_use]
    pub const fn reward_winston(&self) -> u128 {
        self.fields.reward_winston
    }

    /// The tags as bytes.
    #[must_use]
    pub fn tags(&self) -> &[RawTag] {
        &self.fields.tags
    }

    /// The tags that read as UTF-8, in order.
    pub fn text_tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.tags.iter().filter_map(|(name, value)| {
            Some((
                std::str::from_utf8(name).ok()?,
                std::str::from_utf8(value).ok()?,
            ))
        })
    }

    /// The first value of the tag `name`.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.text_tags()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// Length of the data, here or not.
    #[must_use]
    pub const fn data_size(&self) -> u64 {
        self.fields.data_size
    }

    /// The root of the data: format 2 with data alone.
    #[must_use]
    pub const fn data_root(&self) -> Option<&merkle::Root> {
        self.fields.data_root.as_ref()
    }

    /// The data, if it is here.
    #[must_use]
    pub const fn data(&self) -> Option<&Bytes> {
        self.data.as_ref()
    }

    /// The same with its data, which is checked.
    ///
    /// # Errors
    /// [`TransactionError::DataSize`] or [`TransactionError::DataRoot`] for other data. Format 1 has its data already.
    pub fn with_data(mut self, data: Bytes) -> Result<Self, TransactionError> {
        self.fields.check_data(&data)?;
        if self.fields.format == Format::One && self.data.as_ref() != Some(&data) {
            return Err(TransactionError::DataRoot);
        }
        self.data = Some(data);
        Ok(self)
    }

    /// The same without its data, where the signature allows that.
    #[must_use]
    pub fn without_data(mut self) -> Self {
        if self.fields.format == Format::Two && self.fields.data_size > 0 {
            self.data = None;
        }
        self
    }

    /// The root of the data as text, empty without one.
    #[must_use]
    pub fn data_root_text(&self) -> String {
        self.data_root()
            .map(|root| to_base64url(root))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
