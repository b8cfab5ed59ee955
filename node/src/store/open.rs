//! Opens the folder: private to its owner, held by one process, tables in the present form.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Db, StoreError};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

const DATABASE: &str = "aosec.db";
const LOCK: &str = "lock";
const DIR_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Reads are short and come from the page cache; more connections than this only wait for the same cores.
const READERS: u32 = 4;
/// A reader that finds no free connection for this long is told so.
const READER_WAIT: Duration = Duration::from_secs(5);
/// The start of a WAL or a checkpoint may hold the file for a moment.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// SQLite never copies the WAL back inside a commit, where it would swallow what the disk says: that is the work of
/// [`super::wal`].
const NO_OWN_CHECKPOINTS: &str = "0";
/// The page cache of the writer, in KiB (negative by SQLite's rule): index pages of a large log stay in memory.
const WRITER_CACHE: &str = "-65536";
/// Statements that stay prepared: batches come in many lengths.
const STATEMENTS: usize = 512;

/// The folder of the store, locked for as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    dir: PathBuf,
    // The lock ends with the process, however that ends: a killed node leaves no stale lock.
    lock: File,
}

impl Folder {
    /// Makes the folder if need be, refuses one that others can read, and locks it.
    pub(super) fn take(dir: &Path) -> Result<Self, StoreError> {
        make_private(dir)?;
        let path = dir.join(LOCK);
        let lock = private_file(&path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                dir: dir.to_owned(),
                lock,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse {
                dir: dir.to_owned(),
            }),
            Err(fs::TryLockError::Error(source)) => Err(StoreError::File {
                action: "lock",
                path,
                source,
            }),
        }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The error of something that was done to it.
    pub(super) fn failed(
        &self,
        action: &'static str,
    ) -> impl FnOnce(io::Error) -> StoreError + use<> {
        let path = self.dir.clone();
        move |source| StoreError::File {
            action,
            path,
            source,
        }
    }

    /// Lets another process have the folder. Only after the last connection is closed.
    pub(super) fn release(&self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the store's folder stays locked until this process ends");
        }
    }
}

pub(super) fn is_in(dir: &Path) -> bool {
    dir.join(DATABASE).exists()
}

/// What is connected to the database, after all migrations.
pub(super) struct Connected {
    /// The writer's connection.
    pub(super) db: Db,
    /// The connection that copies the log back.
    pub(super) copies: Db,
    /// The readers' pool.
    pub(super) readers: SqlitePool,
    /// The database file, to be flushed while SQLite does something else. To be closed last: closing it takes SQLite's locks
    /// on that file away from this whole process.
    pub(super) file: Arc<File>,
}

/// Connects, and brings the tables to the present form.
pub(super) async fn connect(folder: &Folder) -> Result<Connected, StoreError> {
    let path = folder.dir.join(DATABASE);
    let file = Arc::new(private_file(&path)?);
    let mut db = writer_options(&path).connect().await?;
    MIGRATIONS.run(&mut db).await?;
    let copies = durable_options(&path).connect().await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(READER_WAIT)
        // A file does not hang up.
        .test_before_acquire(false)
        .connect_lazy_with(options(&path).pragma("query_only", "1"));
    Ok(Connected {
        db,
        copies,
        readers,
        file,
    })
}

fn durable_options(path: &Path) -> SqliteConnectOptions {
    options(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
}

fn writer_options(path: &Path) -> SqliteConnectOptions {
    durable_options(path)
        .foreign_keys(true)
        .pragma("wal_autocheckpoint", NO_OWN_CHECKPOINTS)
        .pragma("cache_size", WRITER_CACHE)
        // What a savepoint would undo is held in memory: no rule needs it on a disk, and a file would be written for each batch.
        .pragma("temp_store", "MEMORY")
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(BUSY_WAIT)
        .statement_cache_capacity(STATEMENTS)
        .pragma("trusted_schema", "0")
        .disable_statement_logging()
}

/// Makes `dir` with mode 0700. A folder that is there already must be as private, or empty: then it is made private.
fn make_private(dir: &Path) -> Result<(), StoreError> {
    let failed = |action| {
        move |source| StoreError::File {
            action,
            path: dir.to_owned(),
            source,
        }
    };
    DirBuilder::new()
        .recursive(true)
        .mode(DIR_MODE)
        .create(dir)
        .map_err(failed("make the folder"))?;
    let mode = mode_of(dir).map_err(failed("look at"))?;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    if fs::read_dir(dir).map_err(failed("read"))?.next().is_some() {
        return Err(StoreError::Exposed {
            path: dir.to_owned(),
            mode,
            wanted: DIR_MODE,
        });
    }
    fs::set_permissions(dir, Permissions::from_mode(DIR_MODE)).map_err(failed("make private"))
}

/// Opens a file that only its owner may read; makes it if it is not there.
fn private_file(path: &Path) -> Result<File, StoreError> {
    let failed = |action| {
        move |source| StoreError::File {
            action,
            path: path.to_owned(),
            source,
        }
    };
    let mut how = OpenOptions::new();
    how.read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE);
    let file = how.open(path).map_err(failed("open"))?;
    let mode = mode_of(path).map_err(failed("look at"))?;
    if mode & 0o077 != 0 {
        return Err(StoreError::Exposed {
            path: path.to_owned(),
            mode,
            wanted: FILE_MODE,
        });
    }
    Ok(file)
}

fn mode_of(path: &Path) -> io::Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_node_is_refused_while_the_first_lives() {
        let dir = tempfile::tempdir().unwrap();
        let first = Folder::take(dir.path()).unwrap();
        assert!(matches!(
            Folder::take(dir.path()),
            Err(StoreError::InUse { .. })
        ));
        drop(first);
        Folder::take(dir.path()).unwrap();
    }

    #[test]
    fn new_folders_and_files_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        Folder::take(&inner).unwrap();
        assert_eq!(mode_of(&inner).unwrap(), DIR_MODE);
        assert_eq!(mode_of(&inner.join(LOCK)).unwrap(), FILE_MODE);
    }

    #[test]
    fn an_empty_open_folder_is_closed_and_a_used_one_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        Folder::take(dir.path()).unwrap();
        assert_eq!(mode_of(dir.path()).unwrap(), DIR_MODE);
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let refusal = Folder::take(dir.path()).unwrap_err();
        assert!(refusal.to_string().contains("chmod 700"), "{refusal}");
    }
}
