//! Why something in a block does not run, with the rule that says so. A reader shows these and acts on none.

use aosec_wire::{BundleError, ItemError, SignatureKind};
use thiserror::Error;

use crate::derive::Unlawful;

/// Why a transaction or an item for Origin's inbox is passed by.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
    /// The whole transaction is no law (2.1).
    #[error("{0}")]
    Transaction(#[from] Unlawful),
    /// No data item in its canonical form, or its signature does not hold.
    #[error("{0}")]
    Item(#[from] ItemError),
    /// A signature kind that the law does not take.
    #[error("the item is signed by a key of kind {0:?}; the law takes 1, 2 and 3")]
    Kind(SignatureKind),
    /// It is addressed to another process, or to none.
    #[error("its target is not the process of the inbox")]
    Target,
    /// A tag says that it is no message of ao.
    #[error("its first tag {name} is not {value}")]
    Tag {
        /// The name.
        name: &'static str,
        /// The value that must stand there.
        value: &'static str,
    },
    /// More than an inbox takes.
    #[error("it has {bytes} bytes; an inbox takes {max}", max = super::ITEM_BYTES_MAX)]
    TooLong {
        /// Its bytes.
        bytes: usize,
    },
    /// It stands before the court's own spawn.
    #[error("it stands before the spawn of the court")]
    BeforeStart,
}

impl Unfit {
    /// The rule that it goes by, and one word for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Transaction(Unlawful::Format(_)) => "2.1 format",
            Self::Transaction(Unlawful::Tag { .. }) => "2.1 transaction-tag",
            Self::Transaction(Unlawful::TooLong { .. }) => "2.1 too-long",
            Self::Transaction(Unlawful::Bundle(_)) => "2.1 bundle",
            Self::Item(_) => "2.2 item",
            Self::Kind(_) => "2.2 item-kind",
            Self::Target => "2.2 target",
            Self::Tag { .. } => "2.2 tag",
            Self::TooLong { .. } => "2.2 too-long",
            Self::BeforeStart => "2.10 before-start",
        }
    }
}

/// Why the enclosures of an item do not count (2.5): it runs, and the contract is told so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadChild {
    /// Its data is no bundle.
    #[error("{0}")]
    Bundle(#[from] BundleError),
    /// Too many.
    #[error("it encloses {count} items; at most {max} count", max = super::CHILDREN_MAX)]
    TooMany {
        /// How many.
        count: usize,
    },
    /// One is none.
    #[error("enclosed item {number}: {error}")]
    Item {
        /// Its number, from 0.
        number: usize,
        /// What is wrong with it.
        error: ItemError,
    },
    /// One is signed by a key that the law does not take.
    #[error("enclosed item {number} is signed by a key of kind {kind:?}")]
    Kind {
        /// Its number, from 0.
        number: usize,
        /// The kind.
        kind: SignatureKind,
    },
}
