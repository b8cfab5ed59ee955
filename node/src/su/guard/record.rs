//! How a batch stands in the guard file: all that decides what will be signed, and nothing else.
//!
//! Numbers are big-endian. `process 32 · epoch 8 · first slot 8 · has-before 1 [· assignment 32 · hash chain 32 · log chain
//! 32] · count 2 · count × (message 32 · height 8 · timestamp 8 · excludes 1 · each: length 2, text)`. One batch has one text,
//! so two batches are the same iff their records are.

use aosec_wire::{Chain, Id};

use crate::su::chain::{BATCH_SLOTS, Batch, Before, Slot};

/// Fields that one slot may leave out, and the length of a name: an assignment's tags must have room for them.
pub const EXCLUDES_MAX: usize = 16;
/// Bytes of one name of a field: the longest real one is `Block-Height`.
pub const EXCLUDE_BYTES_MAX: usize = 64;

const SLOT_BYTES_MAX: usize = 32 + 8 + 8 + 1 + EXCLUDES_MAX * (2 + EXCLUDE_BYTES_MAX);
/// The longest record.
pub(super) const RECORD_BYTES_MAX: usize = 32 + 8 + 8 + 1 + 96 + 2 + BATCH_SLOTS * SLOT_BYTES_MAX;

/// The batch is none that this node plans, or the bytes none that it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a guard record {0}")]
pub struct RecordError(&'static str);

/// The record of a batch.
pub(super) fn encode(batch: &Batch) -> Result<Vec<u8>, RecordError> {
    verify(batch)?;
    let mut out = Vec::with_capacity(160 + 50 * batch.slots.len());
    out.extend_from_slice(batch.process.as_bytes());
    out.extend_from_slice(&batch.epoch.to_be_bytes());
    out.extend_from_slice(&batch.first.to_be_bytes());
    out.push(u8::from(batch.before.is_some()));
    if let Some(before) = &batch.before {
        for id in [before.assignment, before.chain.hash, before.chain.log] {
            out.extend_from_slice(id.as_bytes());
        }
    }
    out.extend_from_slice(&(batch.slots.len() as u16).to_be_bytes());
    for slot in &batch.slots {
        encode_slot(slot, &mut out);
    }
    Ok(out)
}

fn encode_slot(slot: &Slot, out: &mut Vec<u8>) {
    out.extend_from_slice(slot.message.as_bytes());
    out.extend_from_slice(&slot.height.to_be_bytes());
    out.extend_from_slice(&slot.timestamp.to_be_bytes());
    out.push(slot.exclude.len() as u8);
    for name in &slot.exclude {
        out.extend_from_slice(&(name.len() as u16).to_be_bytes());
        out.extend_from_slice(name.as_bytes());
    }
}

/// The batch of a record, which must be used up to its last byte.
pub(super) fn decode(record: &[u8]) -> Result<Batch, RecordError> {
    let mut rest = Reader(record);
    let batch = Batch {
        process: rest.id()?,
        epoch: rest.u64()?,
        first: rest.u64()?,
        before: rest.before()?,
        slots: rest.slots()?,
    };
    if !rest.0.is_empty() {
        return Err(RecordError("is longer than its content"));
    }
    verify(&batch)?;
    Ok(batch)
}

fn verify(batch: &Batch) -> Result<(), RecordError> {
    let fits = |name: &String| !name.is_empty() && name.len() <= EXCLUDE_BYTES_MAX;
    let slot_fits =
        |slot: &Slot| slot.exclude.len() <= EXCLUDES_MAX && slot.exclude.iter().all(fits);
    // Such a record would read as a note.
    if batch.process.as_bytes() == &[0; 32] {
        return Err(RecordError("must name a process, and no hash is zero"));
    }
    if batch.slots.is_empty() || batch.slots.len() > BATCH_SLOTS {
        return Err(RecordError("must have 1 to 256 slots"));
    }
    if batch.before.is_none() != (batch.first == 0) {
        return Err(RecordError(
            "must say where the log stands before, except at slot 0",
        ));
    }
    if !batch.slots.iter().all(slot_fits) {
        return Err(RecordError(
            "leaves out too many fields, or one with too long a name",
        ));
    }
    if batch.first.checked_add(BATCH_SLOTS as u64).is_none() {
        return Err(RecordError("has a slot beyond all slots"));
    }
    Ok(())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], RecordError> {
        let short = RecordError("ends inside a field");
        let (taken, rest) = self.0.split_at_checked(count).ok_or(short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        self.take(N)?
            .try_into()
            .map_err(|_| RecordError("ends inside a field"))
    }

    fn id(&mut self) -> Result<Id, RecordError> {
        self.array().map(Id::new)
    }

    fn u64(&mut self) -> Result<u64, RecordError> {
        self.array().map(u64::from_be_bytes)
    }

    fn u16(&mut self) -> Result<u16, RecordError> {
        self.array().map(u16::from_be_bytes)
    }

    fn before(&mut self) -> Result<Option<Before>, RecordError> {
        match self.array()? {
            [0] => Ok(None),
            [1] => {
                let (assignment, hash, log) = (self.id()?, self.id()?, self.id()?);
                Ok(Some(Before {
                    assignment,
                    chain: Chain { hash, log },
                }))
            }
            _ => Err(RecordError("has a mark that is neither 0 nor 1")),
        }
    }

    fn slots(&mut self) -> Result<Vec<Slot>, RecordError> {
        let count = self.u16()?;
        (0..count).map(|_| self.slot()).collect()
    }

    fn slot(&mut self) -> Result<Slot, RecordError> {
        let (message, height, timestamp) = (self.id()?, self.u64()?, self.u64()?);
        let [excludes] = self.array()?;
        let exclude = (0..excludes)
            .map(|_| self.name())
            .collect::<Result<_, _>>()?;
        Ok(Slot {
            message,
            height,
            timestamp,
            exclude,
        })
    }

    fn name(&mut self) -> Result<String, RecordError> {
        let length = self.u16()?;
        let text = self.take(length.into())?;
        String::from_utf8(text.to_vec()).map_err(|_| RecordError("has a name that is not UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn slot()(message: [u8; 32], height: u64, timestamp: u64,
                  exclude in prop::collection::vec("[A-Za-zä-]{1,20}", 0..3)) -> Slot {
            Slot { message: Id::new(message), height, timestamp, exclude }
        }
    }

    prop_compose! {
        fn batch()(process: [u8; 32], epoch: u64, first in 0..9_u64, ids: [[u8; 32]; 3],
                   slots in prop::collection::vec(slot(), 1..6)) -> Batch {
            let [assignment, hash, log] = ids.map(Id::new);
            let before = (first > 0).then_some(Before { assignment, chain: Chain { hash, log } });
            Batch { process: Id::new(process), epoch, first, before, slots }
        }
    }

    proptest! {
        #[test]
        fn a_batch_survives_its_record(batch in batch()) {
            let record = encode(&batch).unwrap();
            prop_assert!(record.len() <= RECORD_BYTES_MAX);
            prop_assert_eq!(decode(&record).unwrap(), batch);
        }

        #[test]
        fn a_cut_or_longer_record_is_refused(batch in batch(), cut in 0..400_usize) {
            let mut record = encode(&batch).unwrap();
            prop_assert!(decode(&record[..cut.min(record.len() - 1)]).is_err());
            record.push(0);
            prop_assert!(decode(&record).is_err());
        }

        #[test]
        fn foreign_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(batch) = decode(&bytes) {
                prop_assert_eq!(encode(&batch).unwrap(), bytes);
            }
        }
    }
}
