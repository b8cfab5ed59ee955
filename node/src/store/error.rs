//! What can go wrong with the store, and what the operator can do about it.

use std::{io, path::PathBuf, sync::Arc};

/// A failed operation of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another node holds the folder.
    #[error("the folder {} is in use by another node: stop it, or give this one another folder", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// Others on this machine could read what is kept here.
    #[error("{} is open to others (mode {mode:o}): run `chmod {wanted:o} {}`", path.display(), path.display())]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its present mode.
        mode: u32,
        /// The mode that it must have.
        wanted: u32,
    },
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The tables cannot be brought to the form that this version needs.
    #[error("the store cannot be brought to this version's form: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A statement failed; nothing of its job was kept.
    #[error("the database refused: {0}")]
    Query(#[from] sqlx::Error),
    /// The disk is full; nothing of the job was kept, and it may be tried again once there is room.
    #[error("the disk is full: nothing was kept, make room")]
    DiskFull,
    /// Another job of the same transaction failed in a way that undid all of it.
    #[error("the transaction was undone, nothing was kept: {0}")]
    Undone(Arc<str>),
    /// A commit failed: what is on the disk is not known, and only a start can tell.
    #[error(
        "the store refuses writes since a commit or a flush failed ({0}): check the disk, then start the node again"
    )]
    Refusing(Arc<str>),
    /// The database file could not be flushed: what is on the disk is not known, and only a start can tell.
    #[error("the database file could not be flushed: {0}")]
    Flush(Arc<str>),
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
    /// A row is not what this program wrote.
    #[error("the store is damaged: {what}")]
    Damaged {
        /// Which value of which table.
        what: String,
    },
}

impl StoreError {
    /// Whether SQLite may have undone the whole transaction by itself when it reported this.
    pub(super) fn undoes_all(&self) -> bool {
        const NOMEM: i32 = 7;
        const INTERRUPT: i32 = 9;
        matches!(self, Self::DiskFull)
            || matches!(
                primary_code(self),
                Some(NOMEM | INTERRUPT | IOERR | FULL | BUSY)
            )
    }

    /// Whether a row was refused because one with its key stands already; nothing of the job was kept.
    pub fn is_repetition(&self) -> bool {
        matches!(self, Self::Query(sqlx::Error::Database(error)) if error.is_unique_violation())
    }

    /// Whether the disk itself failed, so that nothing can be said about what it holds.
    pub(super) fn is_disk_fault(&self) -> bool {
        matches!(self, Self::Flush(_)) || primary_code(self) == Some(IOERR)
    }

    /// Names a full disk by its own word.
    pub(super) fn named(self) -> Self {
        if primary_code(&self) == Some(FULL) {
            Self::DiskFull
        } else {
            self
        }
    }
}

const BUSY: i32 = 5;
const IOERR: i32 = 10;
const FULL: i32 = 13;

/// SQLite's primary result code: the low byte of the extended one.
fn primary_code(error: &StoreError) -> Option<i32> {
    let StoreError::Query(sqlx::Error::Database(error)) = error else {
        return None;
    };
    let code: i32 = error.code()?.parse().ok()?;
    Some(code & 0xff)
}
