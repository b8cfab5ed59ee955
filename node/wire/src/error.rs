//! What can be wrong with bytes from outside: one small enum per operation, each message naming the thing and the reason.
//!
//! No variant carries the outside bytes themselves, only lengths, numbers and names that this crate has checked.

use thiserror::Error;

use crate::id::Id;
use crate::keys::Address;

/// Why a text or some bytes are no id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IdError {
    /// Not 32 bytes.
    #[error("an id has 32 bytes, this one {bytes}")]
    Length {
        /// Bytes found.
        bytes: usize,
    },
    /// Not 43 characters.
    #[error("an id is written with 43 characters, this one with {characters}")]
    Characters {
        /// Characters found.
        characters: usize,
    },
    /// Not the canonical alphabet.
    #[error("the text is not canonical base64url without padding")]
    NotBase64url,
}

/// Why a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The owner field has a wrong length for its kind.
    #[error("the owner must have {expected} bytes, it has {found}")]
    OwnerLength {
        /// Bytes the kind demands.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// The signature field has a wrong length for its kind.
    #[error("the signature must have {expected} bytes, it has {found}")]
    SignatureLength {
        /// Bytes the kind demands.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// The owner field is no key of its kind.
    #[error("the owner is no public key of its kind")]
    NoKey,
    /// The key would accept a signature for every message.
    #[error("the owner is a weak key that verifies for every message")]
    WeakKey,
    /// A second form of a signature that has one canonical form.
    #[error("the signature is not in its one canonical form")]
    Malleable,
    /// The PSS salt has a length that only settled items may have.
    #[error("the PSS salt length is none of 0, 32 and the longest")]
    OddSalt,
    /// The owner's threshold asks for another number of signatures.
    #[error("the owner asks for exactly {threshold} signatures, there are {found}")]
    Threshold {
        /// Signatures that the owner asks for.
        threshold: u8,
        /// Signatures that the bitmap announces.
        found: usize,
    },
    /// A kind that only settled items may have.
    #[error("signatures of this kind are taken from settled items alone")]
    SettledOnly,
    /// The signature does not match.
    #[error("the signature does not match owner and content")]
    Mismatch,
}

/// Why a private key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The code of no signature kind that this house carries.
    #[error(
        "signature kind {0} is not supported: use 1 (Arweave), 2 (ed25519), 3 (Ethereum), 4 (Solana), 5 (Aptos), 6 (multi-signature Aptos) or 7 (typed Ethereum)"
    )]
    UnknownKind(u16),
    /// Zero, or not below the order of the curve.
    #[error("the secret is no secp256k1 private key")]
    NotSecp256k1,
    /// The key file is too long to be a key.
    #[error("the key file has {bytes} bytes; a JWK has at most {max}", max = crate::limits::JWK_BYTES_MAX)]
    JwkLength {
        /// Bytes found.
        bytes: usize,
    },
    /// The key file is not a JWK.
    #[error("the key file is no JWK of a private RSA key")]
    Jwk,
    /// The numbers of the key do not fit together, or the modulus has not 4096 bits.
    #[error("the key is no consistent RSA key of 4096 bits with exponent 65537")]
    Rsa,
    /// The random source or memory failed while a key was made.
    #[error("the cryptographic library could not make a key")]
    Generate,
    /// The text is no address.
    #[error("an address is 43 characters of base64url, or 0x and 40 hex digits")]
    Address,
    /// A 0x address in another form than its checksummed one.
    #[error("the address is not in its checksummed form {canonical}")]
    NotChecksummed {
        /// The same address in its one text.
        canonical: Address,
    },
}

/// Why bytes are no data item, or an item cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ItemError {
    /// The bytes end inside a field.
    #[error("the item ends inside its {field}")]
    Truncated {
        /// The field that is cut.
        field: &'static str,
    },
    /// Longer than what our entrance takes.
    #[error("the item has {bytes} bytes; at most {max} are taken", max = crate::limits::ITEM_BYTES_MAX)]
    TooLong {
        /// Bytes found.
        bytes: usize,
    },
    /// A signature kind that is known to the network or to nobody, but not carried here.
    #[error("signature kind {0} is not supported")]
    UnsupportedKind(u16),
    /// A presence byte is neither 0 nor 1.
    #[error("the presence byte of the {field} is {byte}, not 0 or 1")]
    Presence {
        /// The field it announces.
        field: &'static str,
        /// The byte found.
        byte: u8,
    },
    /// The item declares more tags than an item may have.
    #[error("{0} tags declared; at most {max} are allowed", max = crate::limits::TAGS_MAX)]
    TooManyTags(u64),
    /// The item declares more tag bytes than an item may have.
    #[error("{0} bytes of tags; at most {max} are allowed", max = crate::limits::TAGS_BYTES_MAX)]
    TagsTooLong(u64),
    /// The tags do not decode.
    #[error("tags: {0}")]
    Tags(#[from] TagsError),
    /// The signature is refused.
    #[error("signature: {0}")]
    Signature(#[from] SignatureError),
    /// A bundle's header names another id.
    #[error("the bundle header names {named}, the item is {found}")]
    OtherId {
        /// Id in the header.
        named: Id,
        /// Id of the item.
        found: Id,
    },
}

/// Why the Avro text of tags is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TagsError {
    /// The text ends inside a value.
    #[error("the tag bytes end too early")]
    Truncated,
    /// A number is not in its shortest form, or longer than 64 bits.
    #[error("a number in the tag bytes is not in its shortest form")]
    Varint,
    /// A length or count is negative, or does not fit.
    #[error("a length in the tag bytes is out of range")]
    Length,
    /// Bytes follow the end of the array.
    #[error("bytes follow the last tag")]
    Trailing,
    /// More than one block, or a block with a byte size: legal Avro, but not the canonical form.
    #[error("the tags are not one plain block")]
    Blocks,
    /// The size of a block is not what it holds.
    #[error("a block of tags declares a wrong size")]
    BlockSize,
    /// The number of tags differs from the item's header.
    #[error("the item declares {declared} tags and has {found}")]
    Count {
        /// Number in the header, which no signature covers.
        declared: usize,
        /// Number in the signed bytes.
        found: usize,
    },
    /// A name or value is not UTF-8.
    #[error("a tag is not UTF-8")]
    NotUtf8,
    /// An empty name.
    #[error("a tag has an empty name")]
    EmptyName,
    /// An empty value, which only settled items may have.
    #[error("a tag has an empty value")]
    EmptyValue,
    /// A name is too long.
    #[error("a tag name has {0} bytes; at most {max} are allowed", max = crate::limits::TAG_NAME_BYTES_MAX)]
    NameTooLong(usize),
    /// A value is too long.
    #[error("a tag value has {0} bytes; at most {max} are allowed", max = crate::limits::TAG_VALUE_BYTES_MAX)]
    ValueTooLong(usize),
    /// Too many tags.
    #[error("{0} tags; at most {max} are allowed", max = crate::limits::TAGS_MAX)]
    TooMany(usize),
}

/// Why bytes are no bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BundleError {
    /// The bytes end inside the header.
    #[error("the bundle ends inside its header")]
    Header,
    /// A number in the header is larger than any bundle.
    #[error("a number in the bundle's header is out of range")]
    Number,
    /// The item sizes do not add up to the length of the bundle.
    #[error("the items of the bundle take {declared} bytes, {found} follow the header")]
    Size {
        /// Sum of the sizes in the header.
        declared: usize,
        /// Bytes after the header.
        found: usize,
    },
}

/// Why an item is no message and no process in the sense of ao.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    /// A tag is absent.
    #[error("the item has no {0} tag")]
    Missing(&'static str),
    /// A tag that must stand once stands again.
    #[error("the item has more than one {0} tag")]
    Repeated(&'static str),
    /// A tag has a value that ao does not know.
    #[error("the {tag} tag must be {expected}")]
    Value {
        /// The tag.
        tag: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A tag uses the ending that the network keeps for links.
    #[error("no tag name or value may end in +link")]
    Link,
    /// A message names no process.
    #[error("a message must have a process as its target")]
    NoTarget,
}

/// Why an item is no assignment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AssignmentError {
    /// A tag is absent.
    #[error("the assignment has no {0} tag")]
    Missing(&'static str),
    /// A tag that must stand once stands again.
    #[error("the assignment has more than one {0} tag")]
    Repeated(&'static str),
    /// A tag has a value that does not fit.
    #[error("the {tag} tag of the assignment must be {expected}")]
    Value {
        /// The tag.
        tag: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// Every slot but the first assigns a message.
    #[error("the assignment of slot {0} names no message")]
    NoMessage(u64),
    /// An assignment carries no data.
    #[error("the assignment has data")]
    Data,
    /// The plan cannot be written as an item.
    #[error("the assignment cannot be made: {0}")]
    Item(#[from] ItemError),
}

/// Why a text is no evaluation result.
#[derive(Debug, Error)]
pub enum OutcomeError {
    /// Longer than what the Wasm door lets out.
    #[error("the result has {bytes} bytes; at most {max} are taken", max = crate::limits::OUTCOME_BYTES_MAX)]
    TooLong {
        /// Bytes found.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the result is not UTF-8")]
    NotUtf8,
    /// Not the JSON of a result.
    #[error("the result is not the JSON of an evaluation, or has too long a list: {0}")]
    Json(#[from] serde_json::Error),
}

/// Why bytes are no log record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// The bytes end inside a field.
    #[error("the log record ends inside a field")]
    Truncated,
    /// Bytes follow the signature.
    #[error("bytes follow the log record")]
    Trailing,
    /// No slot, or more than a record may hold.
    #[error("a log record has 1 to {max} entries, this one {0}", max = crate::limits::RECORD_ENTRIES_MAX)]
    Entries(usize),
    /// A number that no hashed text can hold.
    #[error("a number in the log record is above 2^63 - 1")]
    Number,
    /// A signature kind that is not carried here.
    #[error("signature kind {0} is not supported")]
    Kind(u16),
    /// The key or the signature has another length than its kind.
    #[error("the key or signature of the log record has not the length of its kind")]
    KeyLength,
    /// The entries do not lead from the previous chain to the head chain.
    #[error("the entries do not recompute to the head chain")]
    Chain,
}
