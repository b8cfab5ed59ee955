//! Why bytes are no transaction, or one cannot be made.

use aosec_wire::{SignatureError, SignatureKind};
use thiserror::Error;

use super::{DATA_BYTES_MAX, TAGS_BYTES_MAX};

/// Why bytes are no transaction, or one cannot be made.
#[derive(Debug, Error)]
pub enum TransactionError {
    /// Not the JSON shape of a gateway.
    #[error("the transaction is not the JSON of a gateway: {0}")]
    Json(#[from] serde_json::Error),
    /// A field does not read.
    #[error("the transaction's {0} does not read")]
    Field(&'static str),
    /// Neither 1 nor 2.
    #[error("transactions have format 1 or 2, this one {0}")]
    Format(u64),
    /// Too many tags or too long ones.
    #[error("the tags take {bytes} bytes; at most {TAGS_BYTES_MAX} are allowed")]
    Tags {
        /// Bytes of names and values.
        bytes: usize,
    },
    /// More data than may travel inside a transaction.
    #[error("the data has {bytes} bytes; at most {DATA_BYTES_MAX} travel inside a transaction")]
    DataTooLong {
        /// Bytes found.
        bytes: usize,
    },
    /// Data of another size than declared.
    #[error("the transaction declares {declared} bytes of data, {found} came")]
    DataSize {
        /// Bytes declared.
        declared: u64,
        /// Bytes found.
        found: u64,
    },
    /// Data that the signature does not cover.
    #[error("the data does not have the root that the transaction signs")]
    DataRoot,
    /// A format 1 transaction cannot be checked without its data.
    #[error("a format 1 transaction came without its data")]
    NoData,
    /// The id is not that of the signature.
    #[error("the id is not SHA-256 of the signature")]
    Id,
    /// The signature is refused.
    #[error("signature: {0}")]
    Signature(#[from] SignatureError),
    /// Only RSA keys sign transactions.
    #[error("transactions are signed with an Arweave (RSA) key, not {0:?}")]
    Key(SignatureKind),
}
