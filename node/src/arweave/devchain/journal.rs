//! The devchain's file: an append-only row of records, each with its length and checksum, on the disk before anybody hears of it.
//!
//! 1. A batch is written and synced as one; only then may its effects be told. After a failed write or sync nothing more is written:
//!    what the disk holds is not known then.
//! 2. What a crash leaves is a torn tail: it was never acknowledged, and is cut off with a log line. A bad record with more behind it
//!    than one batch can hold is damage, and the file is refused.
//! 3. One process at a time: the file is locked.
//!
//! What a record says is the business of [`super::record`].

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use thiserror::Error;

/// The first bytes of the file: what it is, and the version of its form.
const MAGIC: &[u8; 16] = b"aosec-devchain-1";
/// Length and CRC-32 in front of each record, both little-endian.
const FRAME_BYTES: u64 = 8;
/// Longest record: a transaction with the most data, and its head.
const RECORD_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Most that one batch can have written: see [`super::actor`].
const TAIL_BYTES_MAX: u64 = 64 * 1024 * 1024;
const NAME: &str = "journal";

/// The open file, positioned at its end.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    broken: bool,
}

impl Journal {
    /// Opens or makes the file in `dir`, hands every record to `visit` in order, and cuts off a torn tail.
    pub(super) fn open<E: From<JournalError>>(
        dir: &Path,
        mut visit: impl FnMut(Bytes) -> Result<(), E>,
    ) -> Result<Self, E> {
        let path = dir.join(NAME);
        let failed = |source| JournalError::File {
            path: path.clone(),
            source,
        };
        let file = create(dir, &path).map_err(failed)?;
        file.try_lock()
            .map_err(|_taken| JournalError::Taken(path.clone()))?;
        let mut journal = Self {
            path: path.clone(),
            file,
            broken: false,
        };
        journal.begin()?;
        let size = journal.file.metadata().map_err(failed)?.len();
        let mut reader = BufReader::new(&journal.file);
        let mut at = MAGIC.len() as u64;
        while at < size {
            let Some(payload) = read_record(&mut reader, size - at).map_err(failed)? else {
                break;
            };
            at += FRAME_BYTES + payload.len() as u64;
            visit(payload)?;
        }
        drop(reader);
        journal.cut(at, size)?;
        Ok(journal)
    }

    /// Writes these records and waits for the disk.
    pub(super) fn append(&mut self, records: &[Vec<u8>]) -> Result<(), JournalError> {
        if self.broken {
            return Err(JournalError::Broken(self.path.clone()));
        }
        let bytes = records.iter().fold(Vec::new(), |mut bytes, record| {
            frame(record, &mut bytes);
            bytes
        });
        let written = self
            .file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_data());
        written.map_err(|source| {
            self.broken = true;
            JournalError::File {
                path: self.path.clone(),
                source,
            }
        })
    }

    /// Writes the first bytes of a new file, or checks those of an old one.
    fn begin(&mut self) -> Result<(), JournalError> {
        let failed = |source| JournalError::File {
            path: self.path.clone(),
            source,
        };
        let mut found = [0; MAGIC.len()];
        self.file.seek(SeekFrom::Start(0)).map_err(failed)?;
        match self.file.read_exact(&mut found) {
            Ok(()) if &found == MAGIC => Ok(()),
            Ok(()) => Err(JournalError::Foreign(self.path.clone())),
            // Shorter than its own first bytes: the crash came while it was made.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.file.set_len(0).map_err(failed)?;
                self.file.seek(SeekFrom::Start(0)).map_err(failed)?;
                self.file
                    .write_all(MAGIC)
                    .and_then(|()| self.file.sync_all())
                    .map_err(failed)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Leaves `keep` of the file's `size` bytes.
    fn cut(&mut self, keep: u64, size: u64) -> Result<(), JournalError> {
        let failed = |source| JournalError::File {
            path: self.path.clone(),
            source,
        };
        let torn = size.saturating_sub(keep);
        if torn > TAIL_BYTES_MAX {
            return Err(JournalError::Damaged {
                path: self.path.clone(),
                at: keep,
            });
        }
        if torn > 0 {
            tracing::warn!(path = %self.path.display(), at = keep, bytes = torn, "cutting off what a crash left unfinished");
            self.file
                .set_len(keep)
                .and_then(|()| self.file.sync_all())
                .map_err(failed)?;
        }
        self.file.seek(SeekFrom::Start(keep)).map_err(failed)?;
        Ok(())
    }
}

/// Opens the file, and makes sure that folder and entry survive a power cut.
fn create(dir: &Path, path: &Path) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    File::open(dir)?.sync_all()?;
    Ok(file)
}

fn frame(record: &[u8], out: &mut Vec<u8>) {
    let length =
        u32::try_from(record.len()).expect("the actor makes no record over RECORD_BYTES_MAX");
    debug_assert!(
        u64::from(length) <= RECORD_BYTES_MAX,
        "a record that could not be read back"
    );
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(record).to_le_bytes());
    out.extend_from_slice(record);
}

/// The next record; none where the bytes that are left are no whole record.
fn read_record(reader: &mut impl Read, left: u64) -> io::Result<Option<Bytes>> {
    if left < FRAME_BYTES {
        return Ok(None);
    }
    let (mut length, mut crc) = ([0; 4], [0; 4]);
    reader.read_exact(&mut length)?;
    reader.read_exact(&mut crc)?;
    let length = u64::from(u32::from_le_bytes(length));
    if length > RECORD_BYTES_MAX || length > left - FRAME_BYTES {
        return Ok(None);
    }
    let mut payload = Vec::new();
    reader.take(length).read_to_end(&mut payload)?;
    Ok((crc32fast::hash(&payload) == u32::from_le_bytes(crc)).then(|| payload.into()))
}

/// Why the file is of no use.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The system says no.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has it.
    #[error("{path} is in use by another process", path = .0.display())]
    Taken(PathBuf),
    /// Not a file of this kind.
    #[error("{path} is no journal of a devchain, or one of another version", path = .0.display())]
    Foreign(PathBuf),
    /// A bad record far from the end.
    #[error("{path} is damaged at byte {at}; start with an empty folder, or from a copy", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the bad record begins.
        at: u64,
    },
    /// An earlier write failed.
    #[error("{path} takes no more: an earlier write failed; restart", path = .0.display())]
    Broken(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(dir: &Path) -> Result<(Journal, Vec<Bytes>), JournalError> {
        let mut found = Vec::new();
        let journal = Journal::open(dir, |record| {
            found.push(record);
            Ok::<(), JournalError>(())
        })?;
        Ok((journal, found))
    }

    fn written(dir: &Path) -> Vec<u8> {
        let (mut journal, _) = open(dir).unwrap();
        journal.append(&[b"first".to_vec(), vec![]]).unwrap();
        journal.append(&[vec![7; 40]]).unwrap();
        fs::read(dir.join(NAME)).unwrap()
    }

    #[test]
    fn records_come_back_in_order() {
        let dir = tempfile::tempdir().unwrap();
        written(dir.path());
        let (mut journal, found) = open(dir.path()).unwrap();
        assert_eq!(found, [&b"first"[..], b"", &[7; 40]]);
        journal.append(&[b"more".to_vec()]).unwrap();
        drop(journal);
        assert_eq!(open(dir.path()).unwrap().1.len(), 4);
    }

    #[test]
    fn every_torn_tail_is_cut_and_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let whole = written(dir.path());
        for length in 0..whole.len() {
            fs::write(dir.path().join(NAME), &whole[..length]).unwrap();
            let (mut journal, before) = open(dir.path()).unwrap();
            assert!(before.len() < 3, "{length}");
            journal.append(&[b"new".to_vec()]).unwrap();
            drop(journal);
            let after = open(dir.path()).unwrap().1;
            assert_eq!(after.len(), before.len() + 1);
            assert_eq!(after.last().unwrap().as_ref(), b"new");
        }
    }

    #[test]
    fn a_flipped_bit_ends_the_row() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = written(dir.path());
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(dir.path().join(NAME), &bytes).unwrap();
        assert_eq!(open(dir.path()).unwrap().1.len(), 2);
    }

    #[test]
    fn damage_far_from_the_end_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let mut bytes = written(dir.path());
        bytes[MAGIC.len() + FRAME_BYTES as usize] ^= 1;
        fs::write(dir.path().join(NAME), &bytes).unwrap();
        File::options()
            .write(true)
            .open(dir.path().join(NAME))
            .unwrap()
            .set_len(TAIL_BYTES_MAX + 100)
            .unwrap();
        assert!(matches!(
            open(dir.path()),
            Err(JournalError::Damaged { at: 16, .. })
        ));
    }

    #[test]
    fn two_processes_and_foreign_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let held = open(dir.path()).unwrap();
        assert!(matches!(open(dir.path()), Err(JournalError::Taken(_))));
        drop(held);
        fs::write(
            dir.path().join(NAME),
            b"#!/bin/sh and a long script follows",
        )
        .unwrap();
        assert!(matches!(open(dir.path()), Err(JournalError::Foreign(_))));
    }
}
