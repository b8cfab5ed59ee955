//! The only road to a signature of the scheduler key (A2): check, record durably, then sign.
//!
//! 1. [`rule`] says which batch may be signed: for each (process, epoch) exactly the one that continues what is recorded, or
//!    the very one that was recorded last (PROTOCOL invariant 21).
//! 2. The batch is on the disk before the first of its signatures exists. Batches that wait together share one fsync.
//! 3. Signing a recorded batch again gives equal bytes: signatures are deterministic and everything they cover is recorded.
//! 4. After a failed write or fsync nothing is signed until the next start, which reads what the disk really holds.
//! 5. Epochs above 0 are opened by a firm `Resume` alone (PROTOCOL 5.11); nothing here opens one yet, so they are refused.
//!
//! The key also signs where this scheduler is found ([`Guard::seal_location`]), which can contradict nothing.
//! Deliberately absent: any way to reach the key, to forget a slot, or to begin a log elsewhere than at slot 0.

mod file;
mod frame;
mod record;
pub mod rule;
mod scan;
mod writer;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use aosec_wire::{
    Address, Assignment, AssignmentError, Draft, Id, ItemError, SigningKey, Tags, VerifiedItem,
    message::{DATA_PROTOCOL, VARIANT},
};
use bytes::Bytes;

use self::{file::GuardFile, writer::Writer};
pub use self::{
    file::{GuardFileError, Torn},
    record::{EXCLUDE_BYTES_MAX, EXCLUDES_MAX, RecordError},
    rule::{Book, Head},
};
use super::chain::{Batch, Before};

/// The guard's rule and the bytes of its file, without file and thread.
pub mod pure {
    pub use super::{
        frame::{frame, header},
        record::{decode, encode},
        rule::{Book, Head, Verdict, judge},
        scan::{Scanned, Unreadable, scan},
        sign,
    };
}

/// The guard of one scheduler key. Clones share it.
#[derive(Clone, Debug)]
pub struct Guard {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    key: SigningKey,
    writer: Writer,
    recorded: Book,
    torn: Option<Torn>,
}

/// Why the guard does not sign.
#[derive(Clone, Debug, thiserror::Error)]
pub enum GuardError {
    /// Another content stands recorded in that slot.
    #[error(
        "slot {slot} of {process} is recorded with another content, up to slot {recorded}: signing would be a fault"
    )]
    Conflict {
        /// The process.
        process: Id,
        /// The first slot asked for.
        slot: u64,
        /// The last recorded slot.
        recorded: u64,
    },
    /// The batch does not begin where the record ends.
    #[error("slot {slot} of {process} does not follow what is recorded: slot {next} comes next")]
    Gap {
        /// The process.
        process: Id,
        /// The first slot asked for.
        slot: u64,
        /// The slot that may come.
        next: u64,
    },
    /// The epoch is not this key's.
    #[error("epoch {epoch} of {process} has not been opened for this key")]
    Epoch {
        /// The process.
        process: Id,
        /// The epoch asked for.
        epoch: u64,
    },
    /// A later epoch of the process is known: this one signs no more.
    #[error("epoch {epoch} of {process} is over: epoch {current} has begun")]
    EpochOver {
        /// The process.
        process: Id,
        /// The epoch asked for.
        epoch: u64,
        /// The latest epoch.
        current: u64,
    },
    /// The batch is none that can be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The batch cannot be written as assignments.
    #[error(transparent)]
    Assignment(Arc<AssignmentError>),
    /// A write failed, or the guard has stopped.
    #[error("the guard signs no more until the node starts again: {0}")]
    Stopped(Arc<str>),
}

impl Guard {
    /// Opens the guard file at `path` (made when absent) for `key`, which nobody else should hold from now on.
    pub fn open(path: &Path, key: SigningKey) -> Result<Self, GuardFileError> {
        let mut recorded = Book::default();
        let (file, torn) = GuardFile::open(path, key.address(), |record| {
            let batch = record::decode(record).map_err(|_| "a record is not readable")?;
            match recorded.take(&batch) {
                Ok(Some(_)) => Ok(()),
                Ok(None) | Err(_) => Err("a record does not follow the one before"),
            }
        })?;
        let writer =
            Writer::start(file, recorded.clone()).map_err(|source| GuardFileError::Io {
                action: "start the writer of",
                path: path.to_owned(),
                source,
            })?;
        Ok(Self {
            inner: Arc::new(Inner {
                key,
                writer,
                recorded,
                torn,
            }),
        })
    }

    /// The address of the key.
    pub fn address(&self) -> &Address {
        self.inner.key.address()
    }

    /// What was recorded when the file was opened: the start compares it with the store.
    pub fn recorded(&self) -> &BTreeMap<(Id, u64), Head> {
        self.inner.recorded.heads()
    }

    /// The write that was found cut off when the file was opened.
    pub fn torn(&self) -> Option<Torn> {
        self.inner.torn
    }

    /// Records the batch durably, then signs its slots in order.
    pub async fn seal(&self, batch: Arc<Batch>) -> Result<Vec<Assignment>, GuardError> {
        self.inner.writer.record(batch.clone()).await?;
        let inner = self.inner.clone();
        // Some 10 ms of arithmetic for a full batch: not on the threads that carry requests.
        let signing = tokio::task::spawn_blocking(move || sign(&inner.key, &batch));
        signing
            .await
            .map_err(|error| GuardError::Stopped(error.to_string().into()))?
    }

    /// Signs where this scheduler is found: of `draft` only the tags of a `Scheduler-Location` are taken.
    pub fn seal_location(&self, draft: &Draft) -> Result<VerifiedItem, ItemError> {
        let mut tags = Tags::new()
            .with("Data-Protocol", DATA_PROTOCOL)
            .with("Variant", VARIANT)
            .with("Type", "Scheduler-Location");
        for name in ["Url", "Time-To-Live", "Timestamp"] {
            // An absent one is empty, and no item has an empty tag.
            tags.push(name, draft.tags.get(name).unwrap_or_default());
        }
        // Old clients' libraries do not write items without data.
        let data = Bytes::from_static(b" ");
        Draft {
            target: None,
            anchor: None,
            tags,
            data,
        }
        .sign_deterministic(&self.inner.key)
    }
}

/// Signs what has been recorded. In the node called by [`Guard::seal`] alone.
pub fn sign(key: &SigningKey, batch: &Batch) -> Result<Vec<Assignment>, GuardError> {
    let mut before = batch.before;
    let mut signed = Vec::with_capacity(batch.slots.len());
    while let Some(plan) = batch.assignment(signed.len(), before) {
        let assignment = plan
            .sign(key)
            .map_err(|error| GuardError::Assignment(Arc::new(error)))?;
        before = Before::after(&assignment);
        signed.push(assignment);
    }
    Ok(signed)
}

#[cfg(test)]
mod tests;
