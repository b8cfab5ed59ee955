//! Copies the write-ahead log back into the database while the writer goes on.
//!
//! Left to itself, SQLite copies inside the commit that makes the log long enough, and everybody who waits for that commit waits
//! for the copying and flushing of some thousand pages too: a tenth of a second, several times a second under load. So a thread
//! of its own copies after every few commits, flushes the database file, and asks the writer for the last step only where the
//! log has grown [`LONG_PAGES`] long: to copy what came meanwhile while nothing else does, upon which SQLite begins the log anew.
//!
//! A copy may fail; the log then still holds everything. A flush that failed is never believed again (the kernel forgets what it
//! could not write): the writer refuses from then on, as after a failed commit.

use std::{
    fs::File,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use sqlx::{Connection, Row};
use tokio::runtime::Runtime;

use super::{Db, StoreError, open::Folder};

/// Commits between two copies: under load a third of a second and some MiB, otherwise any time at all.
const COMMITS: u32 = 32;
/// Pages (of 4 KiB) from which on the log is begun anew: 32 MiB, read in a moment by the next start after a crash. A page that
/// is written again and again is copied less often the longer the log is.
const LONG_PAGES: i64 = if cfg!(test) { 512 } else { 8_192 };

/// Pages from which on the writer copies before it goes on, asked or not: 256 MiB. Where the thread does not keep up, whoever writes
/// has to wait, and the disk does not fill.
const ENDLESS_PAGES: i64 = 65_536;

/// The thread that copies. It ends with this handle.
#[derive(Debug)]
pub(super) struct Copier {
    /// Holds one wish: a second one means the same.
    wishes: SyncSender<()>,
    commits: u32,
    state: Arc<State>,
    thread: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    /// The writer is asked for the last step.
    finish: AtomicBool,
    /// Pages of the log after the last copy.
    pages: AtomicI64,
    /// What the disk said to a copy.
    fault: OnceLock<Arc<str>>,
}

impl Copier {
    /// Starts the thread with a connection of its own, and a handle of the database file.
    pub(super) fn start(db: Db, file: Arc<File>, folder: &Folder) -> Result<Self, StoreError> {
        let failed = || folder.failed("start the thread that copies the log of");
        let (wishes, wished) = sync_channel(1);
        let state = Arc::<State>::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(failed())?;
        let copying = Copying {
            db,
            file,
            state: state.clone(),
        };
        let thread = thread::Builder::new()
            .name("store-copier".to_owned())
            .spawn(move || copying.run(&runtime, &wished))
            .map_err(failed())?;
        Ok(Self {
            wishes,
            commits: 0,
            state,
            thread,
        })
    }

    /// Counts a commit. True where the writer is asked to copy the rest.
    pub(super) fn committed(&mut self) -> bool {
        self.commits += 1;
        if self.commits >= COMMITS {
            self.commits = 0;
            // Full: a copy is due anyway. Gone: it has told why.
            let _ = self.wishes.try_send(());
        }
        let endless = self.state.pages.load(Ordering::Acquire) >= ENDLESS_PAGES;
        self.state.finish.swap(false, Ordering::AcqRel) || endless
    }

    /// Is told how long the log is, by who has copied it meanwhile.
    pub(super) fn copied(&self, pages: i64) {
        self.state.pages.store(pages, Ordering::Release);
    }

    /// Why nothing may be written any more.
    pub(super) fn fault(&self) -> Option<&Arc<str>> {
        self.state.fault.get()
    }

    /// Returns when the thread has closed its connection.
    pub(super) fn close(self) {
        drop(self.wishes);
        if self.thread.join().is_err() {
            tracing::error!("the thread that copies the store's log has panicked");
        }
    }
}

/// Copies what it can without waiting for anybody; gives the pages of the log.
pub(super) async fn copy(db: &mut Db) -> Result<i64, StoreError> {
    let row = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
        .fetch_one(db)
        .await?;
    // Busy (0 or 1), pages of the log, pages copied.
    Ok(row.get(1))
}

struct Copying {
    db: Db,
    file: Arc<File>,
    state: Arc<State>,
}

impl Copying {
    fn run(mut self, runtime: &Runtime, wished: &Receiver<()>) {
        while self.state.fault.get().is_none() && wished.recv().is_ok() {
            self.pass(runtime);
        }
        if let Err(error) = runtime.block_on(self.db.close()) {
            tracing::warn!(%error, "the connection that copies was not closed in order");
        }
    }

    fn pass(&mut self, runtime: &Runtime) {
        let done = match self.copy(runtime) {
            // What came during a long copy takes a short one, which leaves the writer next to nothing.
            Ok(pages) if pages >= LONG_PAGES => self.copy(runtime).map(|_| true),
            other => other.map(|_| false),
        };
        match done {
            Ok(is_long) => self.state.finish.store(is_long, Ordering::Release),
            Err(error) if error.is_disk_fault() => self.fail(&error),
            Err(error) => tracing::warn!(%error, "the store's log is copied later"),
        }
    }

    /// SQLite flushes only what it has copied to the very end, so that a busy log's pages would wait for the writer's step.
    fn copy(&mut self, runtime: &Runtime) -> Result<i64, StoreError> {
        let pages = runtime.block_on(copy(&mut self.db))?;
        self.state.pages.store(pages, Ordering::Release);
        self.file
            .sync_data()
            .map_err(|source| StoreError::Flush(source.to_string().into()))?;
        Ok(pages)
    }

    fn fail(&self, error: &StoreError) {
        // Set once: the thread ends with the first fault.
        let _ = self.state.fault.set(error.to_string().into());
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{
        super::{Store, open::Connected, open::connect, writer::Writer},
        *,
    };

    /// How often the log was begun anew: the fourth number of its header, as SQLite documents it.
    fn begun(dir: &Path) -> Option<[u8; 4]> {
        let log = fs::read(dir.join("aosec.db-wal")).unwrap();
        log.get(12..16)?.try_into().ok()
    }

    async fn put(store: &Store, number: u32) {
        // Some twenty pages.
        let query = "INSERT INTO item (id, bytes) VALUES (CAST(printf('%032d', ?) AS BLOB), zeroblob(80000))";
        let put = async move |db: &mut Db| Ok(sqlx::query(query).bind(number).execute(db).await?);
        store.write(put).await.unwrap();
    }

    #[tokio::test]
    async fn a_log_that_is_always_written_to_is_begun_anew_and_nothing_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        put(&store, 0).await;
        let (first, mut count) = (begun(dir.path()), 1);
        assert!(first.is_some());
        while begun(dir.path()) == first {
            put(&store, count).await;
            count += 1;
            assert!(count < 20_000, "the log only grows");
        }
        store.close().await;
        let store = Store::open(dir.path()).await.unwrap();
        let kept = sqlx::query("SELECT COUNT(*), SUM(length(bytes)) FROM item")
            .fetch_one(store.readers())
            .await
            .unwrap();
        let kept = (kept.get::<u32, _>(0), kept.get::<i64, _>(1));
        assert_eq!(kept, (count, i64::from(count) * 80_000));
    }

    #[tokio::test]
    async fn a_flush_that_failed_ends_all_writing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Arc::new(Folder::take(dir.path()).unwrap());
        let Connected { db, copies, .. } = connect(&folder).await.unwrap();
        // Nothing can be flushed there.
        let file = Arc::new(File::open("/dev/null").unwrap());
        let copier = Copier::start(copies, file, &folder).unwrap();
        let writer = Writer::start(db, copier, folder).unwrap();
        let mut refused = None;
        for _ in 0..1_000_000 {
            refused = writer.write(async |_| Ok(())).await.err();
            if refused.is_some() {
                break;
            }
        }
        assert!(
            matches!(refused, Some(StoreError::Refusing(_))),
            "{refused:?}"
        );
        writer.close().await;
    }
}
