//! Log records: many slots of one process under one signature, as they stand on the base layer (PROTOCOL 5.5).
//!
//! 1. A record says which messages stand in contiguous slots of one epoch, and where the log chain stands before and after.
//! 2. A [`LogRecord`] always has 1 to [`limits::RECORD_ENTRIES_MAX`] entries that recompute from its previous chain to its head
//!    chain; bytes that do not are refused, so a reader never sees a record that contradicts itself.
//! 3. The hot key signs the head alone: the chain commits to everything before. One content has one byte string.
//!
//! Whether a record extends a log, and whether its key is the host's, is not decided here.

mod bytes;

use ::bytes::Bytes;

use crate::assignment::next_log_chain;
use crate::error::{RecordError, SignatureError};
use crate::id::Id;
use crate::item::Strictness;
use crate::keys::{self, Address, SignatureKind, SigningKey};
use crate::limits;
use crate::tags::Tags;

/// The Origin of a process that names none: such a log is published and derived like any other, and no court looks at it.
pub const NO_ORIGIN: Id = Id::new([0; 32]);

/// The tag of a spawn that names the court of its process.
pub const ORIGIN_TAG: &str = "Origin";

/// The Origin of the process whose spawn has these tags; [`NO_ORIGIN`] where the tag is absent, and where its first one is no id.
#[must_use]
pub fn origin_of(spawn: &Tags) -> Id {
    let named = spawn.get(ORIGIN_TAG).and_then(|text| text.parse().ok());
    named.unwrap_or(NO_ORIGIN)
}

/// What the hashed text of a head begins with.
const HEAD_NAME: &[u8] = b"aosec-log";

/// What one slot holds for the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogEntry {
    /// The message in the slot.
    pub message: Id,
    /// The block height that the scheduler stamped.
    pub height: u64,
    /// The time that the scheduler stamped, in milliseconds.
    pub timestamp: u64,
}

impl LogEntry {
    /// The log chain at this slot, from that of the slot before.
    #[must_use]
    pub fn chain_after(&self, previous: Id) -> Id {
        next_log_chain(previous, self.message, self.height, self.timestamp)
    }
}

/// The end of a run of slots: what a hot key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The process.
    pub process: Id,
    /// The epoch of the host.
    pub epoch: u64,
    /// The last slot.
    pub slot: u64,
    /// The log chain there.
    pub chain: Id,
}

impl Head {
    /// The signed hash: H("aosec-log" ‖ Origin ‖ process ‖ epoch ‖ slot ‖ chain). Without a court, `origin` is [`NO_ORIGIN`].
    #[must_use]
    pub fn hash(&self, origin: Id) -> Id {
        Id::sha256_of(&[
            &(HEAD_NAME.len() as u64).to_be_bytes(),
            HEAD_NAME,
            origin.as_bytes(),
            self.process.as_bytes(),
            &self.epoch.to_be_bytes(),
            &self.slot.to_be_bytes(),
            self.chain.as_bytes(),
        ])
    }
}

/// A hot key's signature over a [`Head`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadSignature {
    /// The kind of the key.
    pub kind: SignatureKind,
    /// The key.
    pub owner: Bytes,
    /// The signature over [`Head::hash`].
    pub signature: Bytes,
}

impl HeadSignature {
    /// Signs a head; the same head gives the same bytes again.
    #[must_use]
    pub fn sign(key: &SigningKey, head: &Head, origin: Id) -> Self {
        let signature = key.sign_deterministic(head.hash(origin).as_bytes());
        Self {
            kind: key.kind(),
            owner: Bytes::copy_from_slice(key.owner()),
            signature: signature.into(),
        }
    }

    /// The address of the key.
    #[must_use]
    pub fn signer(&self) -> Address {
        Address::of(self.kind, &self.owner)
    }

    /// Checks the signature, in its one strict form.
    ///
    /// # Errors
    /// Why it does not hold.
    pub fn verify(&self, head: &Head, origin: Id) -> Result<(), SignatureError> {
        keys::verify_as(
            self.kind,
            &self.owner,
            head.hash(origin).as_bytes(),
            &self.signature,
            Strictness::Entrance,
        )
    }
}

/// Contiguous slots of one process and epoch, whole in itself. Its signature is not checked before [`LogRecord::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    process: Id,
    epoch: u64,
    first_slot: u64,
    previous_chain: Id,
    entries: Vec<LogEntry>,
    head_chain: Id,
    signature: HeadSignature,
}

impl LogRecord {
    /// The record of `entries` from `first_slot` on; its head chain is computed.
    ///
    /// # Errors
    /// Where the slots are none that a record may have.
    pub fn new(
        process: Id,
        epoch: u64,
        first_slot: u64,
        previous_chain: Id,
        entries: Vec<LogEntry>,
        signature: HeadSignature,
    ) -> Result<Self, RecordError> {
        check_slots(first_slot, entries.len())?;
        let head_chain = chain_through(previous_chain, &entries);
        Ok(Self {
            process,
            epoch,
            first_slot,
            previous_chain,
            entries,
            head_chain,
            signature,
        })
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> Id {
        self.process
    }

    /// The epoch of the host.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The slot of the first entry.
    #[must_use]
    pub fn first_slot(&self) -> u64 {
        self.first_slot
    }

    /// The slot of the last entry.
    #[must_use]
    pub fn last_slot(&self) -> u64 {
        self.first_slot + (self.entries.len() as u64 - 1)
    }

    /// The log chain at the slot before the first.
    #[must_use]
    pub fn previous_chain(&self) -> Id {
        self.previous_chain
    }

    /// The slots in order.
    #[must_use]
    pub fn entries(&self) -> &[LogEntry] {
        &self.entries
    }

    /// The log chain at the last slot.
    #[must_use]
    pub fn head_chain(&self) -> Id {
        self.head_chain
    }

    /// The end that is signed.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            process: self.process,
            epoch: self.epoch,
            slot: self.last_slot(),
            chain: self.head_chain,
        }
    }

    /// The signature over the end.
    #[must_use]
    pub fn signature(&self) -> &HeadSignature {
        &self.signature
    }

    /// Checks the signature, for processes of this `origin` ([`NO_ORIGIN`] where there is none).
    ///
    /// # Errors
    /// Why it does not hold.
    pub fn verify(&self, origin: Id) -> Result<(), SignatureError> {
        self.signature.verify(&self.head(), origin)
    }
}

/// The log chain behind these entries.
fn chain_through(previous: Id, entries: &[LogEntry]) -> Id {
    entries
        .iter()
        .fold(previous, |chain, entry| entry.chain_after(chain))
}

fn check_slots(first_slot: u64, entries: usize) -> Result<(), RecordError> {
    if entries == 0 || entries > limits::RECORD_ENTRIES_MAX {
        return Err(RecordError::Entries(entries));
    }
    // Slots, heights and times are below 2^63 in all hashed text.
    match first_slot.checked_add(entries as u64) {
        Some(end) if end <= limits::NUMBER_MAX => Ok(()),
        _ => Err(RecordError::Number),
    }
}

#[cfg(test)]
mod tests;
