//! The store: the only place with SQL, and the one folder of the node that must survive.
//!
//! SQLite in WAL mode with `synchronous=FULL`: what was answered is on the disk. One writer ([`writer`]) groups every waiting
//! job into one transaction and answers after its COMMIT, so that a hundred senders share one fsync. Readers have a small pool
//! of their own and never wait for the writer. A COMMIT that fails makes the store refuse writes until the node starts again:
//! an fsync is never tried twice (the kernel forgets what it could not write). [`wal`] copies the log back meanwhile.
//!
//! **How to add a table.** 1. Write `node/migrations/000N_<room>.sql` (numbers: 0001 su, 0002 cu, 0003 mu, 0004 arweave; a
//! landed file is never changed, a later one follows it; `STRICT` tables, ids and hashes as 32-byte BLOBs). 2. Write
//! `store/<table>.rs` with typed functions: those that write take `&mut Db` and are called inside a job, those that read take
//! `&Store`. 3. Name it below. [`item`] is the smallest example. Callers write:
//!
//! ```ignore
//! store.write(async move |db| item::insert(db, &items).await).await?;   // durable when this returns
//! let found = item::find(&store, id).await?;
//! ```
//!
//! Everything inside one `write` is applied whole or not at all; a job that answers `Err` is undone alone, the others of its
//! group are not touched. A job must do nothing but talk to `db`: all writers of the house wait while it runs.
//!
//! Deliberately absent: an in-memory mode (tests use a temporary folder, as in life), other databases (D27), rules.

pub mod canonical;
pub mod carrier;
pub mod checkpoint;
pub mod clock;
mod column;
pub mod contents;
pub mod court;
pub mod court_log;
pub mod cron;
mod error;
pub mod fee;
pub mod hostless;
pub mod inbox;
pub mod item;
pub mod joined;
pub mod law;
pub mod listed;
pub mod log;
pub mod monitor;
mod open;
pub mod outbox;
pub mod outcome;
pub mod page;
mod pieces;
pub mod process;
pub mod publication;
pub mod pushed;
pub mod receipt;
#[cfg(test)]
mod tests;
pub mod voided;
mod wal;
pub mod watched;
mod writer;

use std::{fs::File, path::Path, sync::Arc};

use sqlx::SqlitePool;

pub use self::error::StoreError;
use self::{
    open::{Connected, Folder},
    wal::Copier,
    writer::Writer,
};

/// The connection that a write job is given.
pub type Db = sqlx::SqliteConnection;

/// The open store. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    writer: Writer,
    readers: SqlitePool,
    /// Closed after the connections: see [`Connected`].
    _file: Arc<File>,
    folder: Arc<Folder>,
}

impl Store {
    /// Opens the store in `dir` (made with mode 0700 when absent), takes the folder for this process alone and brings the
    /// tables to the present form.
    pub async fn open(dir: &Path) -> Result<Self, StoreError> {
        let folder = Arc::new(Folder::take(dir)?);
        let Connected {
            db,
            copies,
            readers,
            file,
        } = open::connect(&folder).await?;
        let copier = Copier::start(copies, file.clone(), &folder)?;
        let writer = Writer::start(db, copier, folder.clone())?;
        Ok(Self {
            inner: Arc::new(Inner {
                writer,
                readers,
                _file: file,
                folder,
            }),
        })
    }

    /// Whether a store is in `dir`: opening makes one where there is none.
    #[must_use]
    pub fn is_in(dir: &Path) -> bool {
        open::is_in(dir)
    }

    /// Runs `job` in the next group transaction and answers once that has been committed to the disk.
    ///
    /// Waits for its turn when the queue is full. The job runs even if nobody waits for its answer any more.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: AsyncFnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        self.inner.writer.write(job).await
    }

    /// The folder that the store lives in.
    pub fn dir(&self) -> &Path {
        self.inner.folder.dir()
    }

    /// Finishes what is queued, refuses what comes later and gives the folder back.
    pub async fn close(&self) {
        self.inner.writer.close().await;
        self.inner.readers.close().await;
        self.inner.folder.release();
    }

    /// The connections that the reading functions of this folder use.
    pub(in crate::store) fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }
}
