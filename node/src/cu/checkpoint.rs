//! Snapshots on disk, and when one is taken.
//!
//! A snapshot is a file of its own, written aside, flushed and renamed, so that its size never holds up the store's one writer
//! and a kill leaves either the whole file or none. The row that names it comes after it. A file that is missing, cut or
//! changed is noticed by its hash and passed over; nothing is lost but time.

use std::io;
use std::path::{Path, PathBuf};

use aosec_wire::Id;
use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt as _;

use crate::store::checkpoint::{Checkpoint, Position};

/// Slots after which a checkpoint is due: about a second of an ordinary process.
const SLOTS_DUE: u64 = 4_096;
/// Fuel after which a checkpoint is due: some ten seconds of work, the most that a restart repeats.
const FUEL_DUE: u64 = 20_000_000_000;

/// What was done since the last checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Since {
    slots: u64,
    fuel: u64,
}

impl Since {
    /// Counts one evaluated slot.
    pub fn count(&mut self, fuel: u64) {
        self.slots += 1;
        self.fuel = self.fuel.saturating_add(fuel);
    }

    /// True where the work since is worth a snapshot.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.slots >= SLOTS_DUE || self.fuel >= FUEL_DUE
    }

    /// True where a snapshot would save anything at all.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.slots > 0
    }
}

/// A checkpoint whose snapshot is not on the disk yet.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) position: Position,
    pub(super) root: [u8; 32],
    pub(super) module: Id,
    pub(super) engine: String,
    pub(super) bytes: Vec<u8>,
}

impl Draft {
    /// The row for it, once the snapshot with this hash is kept.
    pub(super) fn row(self, snapshot: Id) -> Checkpoint {
        Checkpoint {
            position: self.position,
            root: self.root,
            module: self.module,
            engine: self.engine,
            snapshot,
        }
    }
}

/// The folder of the snapshots.
#[derive(Clone, Debug)]
pub struct Snapshots(PathBuf);

impl Snapshots {
    /// The snapshots in `folder`, which is made.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder).await?;
        Ok(Self(folder))
    }

    fn path(&self, process: Id, slot: u64) -> PathBuf {
        self.0.join(format!("{process}.{slot}"))
    }

    /// Keeps a snapshot; gives its hash once it is on the disk.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn write(&self, process: Id, slot: u64, bytes: &[u8]) -> io::Result<Id> {
        let path = self.path(process, slot);
        let aside = self.0.join(format!("{process}.writing"));
        let mut file = File::create(&aside).await?;
        file.write_all(bytes).await?;
        file.sync_all().await?;
        fs::rename(&aside, &path).await?;
        sync_folder(&self.0).await?;
        Ok(Id::sha256(bytes))
    }

    /// The snapshot with this hash; none where the file is not what was written.
    pub async fn read(&self, process: Id, slot: u64, hash: Id) -> Option<Vec<u8>> {
        let path = self.path(process, slot);
        match fs::read(&path).await {
            Ok(bytes) if Id::sha256(&bytes) == hash => Some(bytes),
            Ok(_changed) => {
                tracing::warn!(path = %path.display(), "a snapshot is not what was written; passed over");
                None
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a snapshot cannot be read; passed over");
                None
            }
        }
    }

    /// Removes snapshots that no row names any more.
    pub async fn forget(&self, process: Id, slots: &[u64]) {
        for slot in slots {
            let path = self.path(process, *slot);
            if let Err(error) = fs::remove_file(&path).await {
                tracing::warn!(path = %path.display(), %error, "an old snapshot could not be removed");
            }
        }
    }
}

/// A rename is durable once its folder is.
async fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).await?.sync_all().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_snapshot_that_was_touched_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::open(folder.path().join("a")).await.unwrap();
        let process = Id::new([1; 32]);
        let hash = snapshots.write(process, 7, b"state").await.unwrap();
        assert_eq!(
            snapshots.read(process, 7, hash).await.as_deref(),
            Some(&b"state"[..])
        );
        assert_eq!(snapshots.read(process, 8, hash).await, None);
        std::fs::write(snapshots.path(process, 7), b"stale").unwrap();
        assert_eq!(snapshots.read(process, 7, hash).await, None);
        snapshots.forget(process, &[7]).await;
        assert!(!snapshots.path(process, 7).exists());
    }

    #[test]
    fn a_checkpoint_is_due_by_slots_or_by_work() {
        let mut since = Since::default();
        assert!(!since.is_some());
        since.count(1);
        assert!(since.is_some() && !since.is_due());
        since.count(FUEL_DUE);
        assert!(since.is_due());
        let mut many = Since::default();
        (0..SLOTS_DUE).for_each(|_slot| many.count(0));
        assert!(many.is_due());
    }
}
