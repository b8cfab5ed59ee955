//! The only road to a signature of the scheduler key (A2): check, record durably, then sign.
//!
//! 1. [`rule`] says which batch may be signed: for each (process, epoch) exactly the one that continues what is recorded, or
//!    the very one that was recorded last (PROTOCOL invariant 21).
//! 2. The batch is on the disk before the first of its signatures exists. Batches that wait together share one fsync.
//! 3. Signing a recorded batch again gives equal bytes: signatures are deterministic, and everything they cover is recorded or,
//!    as the Origin, fixed by the process's id or by the store before the first slot under it.
//! 4. After a failed write or fsync nothing is signed until the next start, which reads what the disk really holds.
//! 5. With the slots the guard signs the end of the batch (PROTOCOL 5.5), so that log records are made later without the key.
//! 6. Epochs above 0 are opened by a firm `Resume` alone (PROTOCOL 5.11); nothing here opens one yet, so they are refused.
//! 7. Each start has a token of its own, kept in the file and published with the location: a node that sees a token of its
//!    key that its file does not hold knows that another node has the key ([`super::watch`]).
//!
//! The key also signs where this scheduler is found ([`Guard::seal_location`]) and heartbeats ([`Guard::seal_heartbeat`]), which can
//! contradict nothing.
//! Deliberately absent: any way to reach the key or to forget a slot. What an operator does to the file while no node runs is
//! [`offline`]; what travels between two files is [`interchange`].

mod file;
mod frame;
pub mod interchange;
mod joint;
pub mod note;
pub mod offline;
mod record;
mod replace;
pub mod rule;
mod scan;
mod writer;

use std::{collections::BTreeMap, io, path::Path, sync::Arc};

use aosec_wire::{
    Address, Assignment, AssignmentError, Draft, Id, ItemError, SigningKey, Tags, VerifiedItem,
    message::{DATA_PROTOCOL, VARIANT},
    record::{self as log_record, HeadSignature},
};
use bytes::Bytes;

use self::{
    file::Opened,
    rule::{Contradiction, LogKey},
    writer::Writer,
};
pub use self::{
    file::{GuardFileError, Torn},
    joint::Joint,
    note::{Network, Note, Token},
    offline::OfflineGuard,
    record::{EXCLUDE_BYTES_MAX, EXCLUDES_MAX, RecordError},
    rule::{Book, Head},
};
use super::chain::{Batch, Before};

/// The guard's rule and the bytes of its file, without file and thread.
pub mod pure {
    pub use super::{
        frame::{file, frame, header},
        rule::Book,
        scan::{Unreadable, scan},
        sign, sign_head,
    };
}

/// The tag of a Scheduler-Location that tells which start of a node wrote it: another node with the same key has another.
pub const START_TOKEN: &str = "Start-Token";

/// The guard of one scheduler key. Clones share it.
#[derive(Clone, Debug)]
pub struct Guard {
    inner: Arc<Inner>,
}

/// A batch of more slots is signed away from the threads that carry requests: some 10 ms of arithmetic where it is full. A
/// shorter one takes less time than the way to another thread and back on a busy machine.
const INLINE_SLOTS_MAX: usize = 8;

#[derive(Debug)]
struct Inner {
    key: SigningKey,
    writer: Writer,
    recorded: BTreeMap<LogKey, Head>,
    torn: Option<Torn>,
    token: Token,
}

/// A batch that is recorded and signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The assignments of its slots, in order.
    pub assignments: Vec<Assignment>,
    /// The signature over its end: what a log record that ends there carries (PROTOCOL 5.5).
    pub head: HeadSignature,
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
    /// What was to be noted contradicts what is known.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// A halt stands in the file.
    #[error("{0}")]
    Halted(Arc<str>),
    /// A write failed, or the guard has stopped.
    #[error("the guard signs no more until the node starts again: {0}")]
    Stopped(Arc<str>),
}

impl GuardError {
    /// One word for scripts and vectors.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "conflict",
            Self::Gap { .. } => "gap",
            Self::Epoch { .. } => "epoch",
            Self::EpochOver { .. } => "epoch-over",
            Self::Record(_) => "record",
            Self::Assignment(_) => "assignment",
            Self::Contradiction(_) => "contradiction",
            Self::Halted(_) => "halted",
            Self::Stopped(_) => "stopped",
        }
    }
}

impl Guard {
    /// Opens the guard file at `path` (made when absent) for `key`, which nobody else should hold from now on, and notes
    /// there that it was started.
    pub fn open(path: &Path, key: SigningKey) -> Result<Self, GuardFileError> {
        let Opened {
            mut file,
            mut book,
            torn,
        } = Opened::at(path, key.address())?;
        let recorded = book.heads().clone();
        let token = new_token(path)?;
        // A token is new, so noting it contradicts nothing.
        let _nothing = book.note(Note::Start(token));
        match file.is_old() {
            true => file.rewrite(key.address(), book.notes().iter().map(Note::encode))?,
            false => file.append(&[Note::Start(token).encode()])?,
        }
        let writer = Writer::start(file, key.address().clone(), book).map_err(|source| {
            GuardFileError::Io {
                action: "start the writer of",
                path: path.to_owned(),
                source,
            }
        })?;
        Ok(Self {
            inner: Arc::new(Inner {
                key,
                writer,
                recorded,
                torn,
                token,
            }),
        })
    }

    /// The address of the key.
    pub fn address(&self) -> &Address {
        self.inner.key.address()
    }

    /// What was recorded when the file was opened: the start compares it with the store.
    pub fn recorded(&self) -> &BTreeMap<(Id, u64), Head> {
        &self.inner.recorded
    }

    /// The write that was found cut off when the file was opened.
    pub fn torn(&self) -> Option<Torn> {
        self.inner.torn
    }

    /// What tells this start from every other one of the same key.
    pub fn token(&self) -> Token {
        self.inner.token
    }

    /// Looks at what is remembered at this moment.
    pub fn look<T>(&self, look: impl FnOnce(&Book) -> T) -> T {
        self.inner.writer.look(look)
    }

    /// Signs nothing any more, not after the next start either, until an operator resumes: `why` is kept in the file.
    pub async fn halt(&self, why: String) -> Result<(), GuardError> {
        self.inner.writer.note(Note::Halt(why)).await
    }

    /// Signs nothing any more until the next start.
    pub async fn stop(&self, why: Arc<str>) -> Result<(), GuardError> {
        self.inner.writer.stop(why).await
    }

    /// Remembers the network that the key signs for.
    pub async fn remember_network(&self, network: Network) -> Result<(), GuardError> {
        self.inner.writer.note(Note::Network(network)).await
    }

    /// Lets the log of a process go on under a court, at its next slot and over another chain (PROTOCOL 5.15); the same again is harmless.
    pub async fn join(&self, process: Id, joint: Joint) -> Result<(), GuardError> {
        self.inner.writer.join(process, joint).await
    }

    /// Records the batch durably, then signs its slots in order, and its end for the log records of `origin`.
    ///
    /// The Origin is not recorded: the spawn names it, and the process's id commits to the spawn, or the store, where it has joined a
    /// court.
    pub async fn seal(&self, batch: Arc<Batch>, origin: Id) -> Result<Sealed, GuardError> {
        self.inner.writer.record(batch.clone()).await?;
        if batch.slots.len() <= INLINE_SLOTS_MAX {
            return self.inner.sign(&batch, origin);
        }
        let inner = self.inner.clone();
        let signing = tokio::task::spawn_blocking(move || inner.sign(&batch, origin));
        signing
            .await
            .map_err(|error| GuardError::Stopped(error.to_string().into()))?
    }

    /// Signs that nothing new has come: of `draft` only the tags of a heartbeat are taken (PROTOCOL 5.12), which make no assignment.
    pub fn seal_heartbeat(&self, draft: &Draft) -> Result<VerifiedItem, ItemError> {
        let mut tags = Tags::new().with("Action", "Heartbeat");
        for name in ["Origin", "Process", "Epoch", "Slot", "Log-Chain", "Height"] {
            tags.push(name, draft.tags.get(name).unwrap_or_default());
        }
        let word = Draft {
            tags,
            ..Draft::default()
        };
        word.sign_deterministic(&self.inner.key)
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
        tags.push(START_TOKEN, self.inner.token.to_string());
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

impl Inner {
    /// Only for what is recorded.
    fn sign(&self, batch: &Batch, origin: Id) -> Result<Sealed, GuardError> {
        let head = sign_head(&self.key, batch, origin);
        sign(&self.key, batch).map(|assignments| Sealed { assignments, head })
    }
}

fn new_token(path: &Path) -> Result<Token, GuardFileError> {
    let mut bytes = [0; Token::BYTES];
    let failed = |cause: getrandom::Error| GuardFileError::Io {
        action: "draw a token for",
        path: path.to_owned(),
        source: io::Error::other(cause.to_string()),
    };
    getrandom::fill(&mut bytes).map_err(failed)?;
    Ok(Token::new(bytes))
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

/// Signs the end of what has been recorded. In the node called by [`Guard::seal`] alone.
pub fn sign_head(key: &SigningKey, batch: &Batch, origin: Id) -> HeadSignature {
    let head = log_record::Head {
        process: batch.process,
        epoch: batch.epoch,
        slot: batch.last(),
        chain: batch.last_log_chain(),
    };
    HeadSignature::sign(key, &head, origin)
}

#[cfg(test)]
mod life_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
