//! The bytes of a log record: big-endian, of exact length (PROTOCOL, "Bytes and hashed texts").
//!
//! `process 32 · epoch 8 · first slot 8 · count 4 · previous chain 32 · count × (message 32 · height 8 · timestamp 8) ·
//! head chain 32 · signature kind 2 · owner length 2, owner · signature length 2, signature`. The count is compared with what is
//! there before anything is reserved for it.

use ::bytes::Bytes;

use super::{HeadSignature, LogEntry, LogRecord, chain_through, check_slots};
use crate::error::RecordError;
use crate::id::Id;
use crate::keys::SignatureKind;
use crate::limits;

/// Bytes of one entry.
const ENTRY_BYTES: usize = Id::BYTES + 8 + 8;
/// Bytes before the entries.
const FRONT_BYTES: usize = Id::BYTES + 8 + 8 + 4 + Id::BYTES;

impl LogRecord {
    /// The bytes of the record.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let HeadSignature {
            kind,
            owner,
            signature,
        } = &self.signature;
        let length = FRONT_BYTES + ENTRY_BYTES * self.entries.len() + Id::BYTES + 6;
        let mut out = Vec::with_capacity(length + owner.len() + signature.len());
        out.extend_from_slice(self.process.as_bytes());
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&self.first_slot.to_be_bytes());
        // At most RECORD_ENTRIES_MAX: checked when the record was made.
        out.extend_from_slice(&(self.entries.len() as u32).to_be_bytes());
        out.extend_from_slice(self.previous_chain.as_bytes());
        for entry in &self.entries {
            out.extend_from_slice(entry.message.as_bytes());
            out.extend_from_slice(&entry.height.to_be_bytes());
            out.extend_from_slice(&entry.timestamp.to_be_bytes());
        }
        out.extend_from_slice(self.head_chain.as_bytes());
        out.extend_from_slice(&kind.code().to_be_bytes());
        for field in [owner, signature] {
            // The longest owner is a multi-signature's, some 1 KiB.
            out.extend_from_slice(&(field.len() as u16).to_be_bytes());
            out.extend_from_slice(field);
        }
        out.into()
    }

    /// The record of these bytes, which must be used up to the last one and recompute to its head chain.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut rest = Reader(bytes);
        let (process, epoch, first_slot) = (rest.id()?, rest.number()?, rest.number()?);
        let count = u32::from_be_bytes(rest.array()?) as usize;
        check_slots(first_slot, count)?;
        let previous_chain = rest.id()?;
        let entries = rest.entries(count)?;
        let head_chain = rest.id()?;
        let signature = rest.signature()?;
        if !rest.0.is_empty() {
            return Err(RecordError::Trailing);
        }
        if chain_through(previous_chain, &entries) != head_chain {
            return Err(RecordError::Chain);
        }
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
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], RecordError> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(RecordError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(RecordError::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn id(&mut self) -> Result<Id, RecordError> {
        self.array().map(Id::new)
    }

    /// A number of the law: below 2^63.
    fn number(&mut self) -> Result<u64, RecordError> {
        let number = u64::from_be_bytes(self.array()?);
        match number <= limits::NUMBER_MAX {
            true => Ok(number),
            false => Err(RecordError::Number),
        }
    }

    fn entries(&mut self, count: usize) -> Result<Vec<LogEntry>, RecordError> {
        let mut rest = Reader(self.take(count * ENTRY_BYTES)?);
        (0..count).map(|_| rest.entry()).collect()
    }

    fn entry(&mut self) -> Result<LogEntry, RecordError> {
        Ok(LogEntry {
            message: self.id()?,
            height: self.number()?,
            timestamp: self.number()?,
        })
    }

    fn signature(&mut self) -> Result<HeadSignature, RecordError> {
        let code = u16::from_be_bytes(self.array()?);
        let kind = SignatureKind::from_code(code).map_err(|_| RecordError::Kind(code))?;
        let owner = self.field(kind.owner_len())?;
        let signature = self.field(kind.signature_len())?;
        Ok(HeadSignature {
            kind,
            owner,
            signature,
        })
    }

    fn field(&mut self, expected: usize) -> Result<Bytes, RecordError> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        if length != expected {
            return Err(RecordError::KeyLength);
        }
        self.take(length).map(Bytes::copy_from_slice)
    }
}
