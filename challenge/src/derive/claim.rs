//! What asks to extend a log: a record of a Log bundle, or a receipt enclosed in an item for Origin (PROTOCOL 5.6).
//!
//! Both are runs of slots with a chain at their end and a key behind it, and one rule judges both.

use std::slice;

use aosec_wire::{
    Address, Assignment, Id, LogEntry, LogRecord, SignatureError, SignatureKind, limits,
};

use super::error::NoReceipt;

/// A receipt: one slot under the signature of its own item, which the reader has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    process: Id,
    epoch: u64,
    slot: u64,
    entry: LogEntry,
    chain: Id,
    kind: SignatureKind,
    signer: Address,
}

impl Receipt {
    /// The receipt that an assignment is (5.4).
    ///
    /// # Errors
    /// Assignments for old clients alone lack what the law reads.
    pub fn of(assignment: &Assignment) -> Result<Self, NoReceipt> {
        let entry = LogEntry {
            message: assignment.message().ok_or(NoReceipt::Message)?,
            height: assignment.height(),
            timestamp: assignment.timestamp(),
        };
        let numbers = [
            assignment.epoch(),
            assignment.nonce(),
            entry.height,
            entry.timestamp,
        ];
        if numbers
            .into_iter()
            .any(|number| number > limits::NUMBER_MAX)
        {
            return Err(NoReceipt::Number);
        }
        Ok(Self {
            process: assignment.process(),
            epoch: assignment.epoch(),
            slot: assignment.nonce(),
            entry,
            chain: assignment.log_chain().ok_or(NoReceipt::LogChain)?,
            kind: assignment.item().kind(),
            signer: assignment.item().owner_address().clone(),
        })
    }

    /// The process.
    #[must_use]
    pub const fn process(&self) -> Id {
        self.process
    }

    /// The epoch of the host.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The slot.
    #[must_use]
    pub const fn slot(&self) -> u64 {
        self.slot
    }

    /// What it puts there.
    #[must_use]
    pub const fn entry(&self) -> &LogEntry {
        &self.entry
    }

    /// The log chain that it says.
    #[must_use]
    pub const fn chain(&self) -> Id {
        self.chain
    }

    /// The address of the key that signed it.
    #[must_use]
    pub const fn signer(&self) -> &Address {
        &self.signer
    }
}

/// A run of slots that asks to extend a log.
#[derive(Debug)]
pub(super) enum Claim {
    Record(LogRecord),
    Receipt(Receipt),
}

impl Claim {
    pub(super) fn process(&self) -> Id {
        match self {
            Self::Record(record) => record.process(),
            Self::Receipt(receipt) => receipt.process,
        }
    }

    pub(super) fn epoch(&self) -> u64 {
        match self {
            Self::Record(record) => record.epoch(),
            Self::Receipt(receipt) => receipt.epoch,
        }
    }

    pub(super) fn first_slot(&self) -> u64 {
        match self {
            Self::Record(record) => record.first_slot(),
            Self::Receipt(receipt) => receipt.slot,
        }
    }

    pub(super) fn last_slot(&self) -> u64 {
        match self {
            Self::Record(record) => record.last_slot(),
            Self::Receipt(receipt) => receipt.slot,
        }
    }

    pub(super) fn entries(&self) -> &[LogEntry] {
        match self {
            Self::Record(record) => record.entries(),
            Self::Receipt(receipt) => slice::from_ref(&receipt.entry),
        }
    }

    /// The chain before the first slot, where the claim says it.
    pub(super) fn previous_chain(&self) -> Option<Id> {
        match self {
            Self::Record(record) => Some(record.previous_chain()),
            Self::Receipt(_) => None,
        }
    }

    /// The chain at the last slot.
    pub(super) fn last_chain(&self) -> Id {
        match self {
            Self::Record(record) => record.head_chain(),
            Self::Receipt(receipt) => receipt.chain,
        }
    }

    pub(super) fn kind(&self) -> SignatureKind {
        match self {
            Self::Record(record) => record.signature().kind,
            Self::Receipt(receipt) => receipt.kind,
        }
    }

    pub(super) fn signer(&self) -> Address {
        match self {
            Self::Record(record) => record.signature().signer(),
            Self::Receipt(receipt) => receipt.signer.clone(),
        }
    }

    /// Checks the signature over the end. That of a receipt was checked when its item was verified.
    pub(super) fn verify(&self, origin: Id) -> Result<(), SignatureError> {
        match self {
            Self::Record(record) => record.verify(origin),
            Self::Receipt(_) => Ok(()),
        }
    }
}
