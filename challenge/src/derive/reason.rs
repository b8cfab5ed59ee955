//! Why something on the base layer did not become part of a log, with the rule that says so.
//!
//! A caller shows these and acts on none: what is ignored as log may still be evidence (PROTOCOL 5.6).

use aosec_wire::{Address, BundleError, Id, ItemError, RecordError, SignatureError, SignatureKind};
use thiserror::Error;

/// Why a transaction that calls itself a Log is no law (2.1).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unlawful {
    /// Not of format 1.
    #[error("the transaction has format {0}, the law reads format 1 alone")]
    Format(u8),
    /// A named tag is absent, repeated or another.
    #[error("the transaction has not exactly one tag {name}: {value}")]
    Tag {
        /// The name.
        name: &'static str,
        /// The value that must stand there.
        value: &'static str,
    },
    /// More data than the law reads.
    #[error("the transaction has {bytes} bytes of data; at most {max} are law", max = super::LAW_BYTES_MAX)]
    TooLong {
        /// Bytes found.
        bytes: usize,
    },
    /// Counts and sizes do not add up.
    #[error("{0}")]
    Bundle(#[from] BundleError),
}

/// Why an item of a Log bundle is skipped (2.1, 5.5).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadItem {
    /// No data item, or its signature does not hold.
    #[error("{0}")]
    Item(#[from] ItemError),
    /// A signature kind that the law does not take.
    #[error("the item is signed by a key of kind {0:?}; the law takes 1, 2 and 3")]
    Kind(SignatureKind),
    /// A named tag is absent, repeated or another.
    #[error("the item has not exactly one tag {name}: {value}")]
    Tag {
        /// The name.
        name: &'static str,
        /// The value that must stand there.
        value: &'static str,
    },
}

/// What is wrong with a stamp (5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StampFault {
    /// The height is below that of the slot before.
    #[error("its height goes back")]
    HeightBack,
    /// The height is above that of the block that mined it.
    #[error("its height is above the block that mined it")]
    HeightAhead,
    /// The time is not after that of the slot before.
    #[error("its time is not after that of the slot before")]
    TimeBack,
    /// The time is more than an hour after that of the block that mined it.
    #[error("its time is more than an hour after the block that mined it")]
    TimeAhead,
}

/// Why something had no effect on a log.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    /// The whole transaction is no law.
    #[error("{0}")]
    Transaction(#[from] Unlawful),
    /// The item is skipped.
    #[error("{0}")]
    Item(#[from] BadItem),
    /// The data of the item is no record.
    #[error("{0}")]
    Record(#[from] RecordError),
    /// The table has no such epoch of this process.
    #[error("nobody hosts the process in epoch {epoch}")]
    NoTenure {
        /// The epoch named.
        epoch: u64,
    },
    /// Mined before the tenure's records count.
    #[error("records of this epoch count from block {from_height} on")]
    BeforeTenure {
        /// The first height that counts.
        from_height: u64,
    },
    /// Mined after the cut.
    #[error("the epoch was cut in block {cut_height}")]
    AfterCut {
        /// U + `cut`.
        cut_height: u64,
    },
    /// A key that is none of the host's.
    #[error("{signer} is no key of the host")]
    ForeignKey {
        /// The address of the key.
        signer: Address,
    },
    /// A key of the host, but not at this height.
    #[error("{signer} is no key of the host in this block")]
    KeyNotValid {
        /// The address of the key.
        signer: Address,
    },
    /// A key of a kind that the law does not take.
    #[error("the head is signed by a key of kind {0:?}; the law takes 1, 2 and 3")]
    KeyKind(SignatureKind),
    /// It begins before the first slot of its epoch; slot 0 is in no record.
    #[error("slot {slot} lies before the first slot {first_slot} of the epoch")]
    BeforeEpoch {
        /// Where it begins.
        slot: u64,
        /// The first slot of the epoch.
        first_slot: u64,
    },
    /// It begins after the slot that comes next.
    #[error("it begins at slot {slot}, the log ends at {head}")]
    Gap {
        /// Where it begins.
        slot: u64,
        /// The last canonical slot.
        head: u64,
    },
    /// It ends at or before the head.
    #[error("the log reaches slot {head} already")]
    NothingNew {
        /// The last canonical slot.
        head: u64,
    },
    /// It repeats canonical slots and says something else of them.
    #[error("it differs from the log at or before slot {head}")]
    Disagrees {
        /// The last canonical slot.
        head: u64,
    },
    /// Its previous chain is not that of the log.
    #[error("its previous chain is not that of slot {head}")]
    PreviousChain {
        /// The last canonical slot.
        head: u64,
    },
    /// Its content does not recompute to its own chain.
    #[error("its content does not lead to its chain")]
    Chain,
    /// A new slot with a stamp that is not valid.
    #[error("slot {slot}: {fault}")]
    Stamp {
        /// The slot.
        slot: u64,
        /// What is wrong.
        fault: StampFault,
    },
    /// A message that has a slot in this log already, or in this record.
    #[error("slot {slot}: message {message} has a slot already")]
    KnownMessage {
        /// The slot that would give it a second one.
        slot: u64,
        /// The message.
        message: Id,
    },
    /// The signature over the head does not hold.
    #[error("signature: {0}")]
    Signature(#[from] SignatureError),
}

impl Reason {
    /// The rule that it goes by, and one word for it: fixed texts, for tables and vectors.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Transaction(Unlawful::Format(_)) => "2.1 format",
            Self::Transaction(Unlawful::Tag { .. }) => "2.1 transaction-tag",
            Self::Transaction(Unlawful::TooLong { .. }) => "2.1 too-long",
            Self::Transaction(Unlawful::Bundle(_)) => "2.1 bundle",
            Self::Item(BadItem::Item(_)) => "2.1 item",
            Self::Item(BadItem::Kind(_)) => "2.1 item-kind",
            Self::Item(BadItem::Tag { .. }) => "5.5 item-tag",
            Self::Record(_) => "5.5 record",
            Self::NoTenure { .. } => "5.6 no-tenure",
            Self::BeforeTenure { .. } => "5.6 before-tenure",
            Self::AfterCut { .. } => "5.7 after-cut",
            Self::ForeignKey { .. } => "5.6 foreign-key",
            Self::KeyNotValid { .. } => "5.6 key-not-valid",
            Self::KeyKind(_) => "5.6 key-kind",
            Self::BeforeEpoch { .. } => "5.6 before-epoch",
            Self::Gap { .. } => "5.6 gap",
            Self::NothingNew { .. } => "5.6 nothing-new",
            Self::Disagrees { .. } => "5.6 disagrees",
            Self::PreviousChain { .. } => "5.5 previous-chain",
            Self::Chain => "5.4 chain",
            Self::Stamp { fault, .. } => fault.code(),
            Self::KnownMessage { .. } => "5.4 known-message",
            Self::Signature(_) => "5.5 signature",
        }
    }
}

impl StampFault {
    const fn code(self) -> &'static str {
        match self {
            Self::HeightBack => "5.4 height-back",
            Self::HeightAhead => "5.4 height-ahead",
            Self::TimeBack => "5.4 time-back",
            Self::TimeAhead => "5.4 time-ahead",
        }
    }
}
