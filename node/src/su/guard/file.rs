//! The guard file: what was about to be signed, appended and flushed before it is signed (D3).
//!
//! `header: "aosecgrd" · version (2 bytes) · address length 2 · address · crc 4`, then frames, one for each fsync:
//! `"AOGF" · payload length 4 · number 8 · crc 4 (over length, number, payload) · payload`, where the payload is
//! `count 2 · count × (record length 4 · record)`. Numbers are big-endian, the CRC is CRC-32 (IEEE).
//!
//! 1. One writer: the file is locked for as long as it is open.
//! 2. It is only ever appended to, or replaced whole by one that holds no less ([`super::replace`]). An fsync that failed is
//!    not tried again: the caller must stop signing.
//! 3. What does not read whole at the very end is a write that was cut off before its fsync returned. Nothing was signed
//!    from it, so it is removed. Anything unreadable before another frame is damage, and the file is refused: an old slot
//!    could be signed again.
//!
//! Whether the file as a whole is too old is seen by comparing it with the store, in [`super::super::recover`].

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use aosec_wire::Address;

use super::{
    frame::{self, HEADER_BYTES_MAX, VERSION, VERSION_MIN, frame, header, read_header},
    replace::{OnDisk, folder_of, is_under, replace},
    rule::Book,
    scan::{Unreadable, scan},
};

const FILE_MODE: u32 = 0o600;

/// The open, locked guard file.
#[derive(Debug)]
pub(super) struct GuardFile {
    file: File,
    path: PathBuf,
    /// The number of the next frame.
    number: u64,
    length: u64,
    /// The format in its header.
    version: u16,
}

/// The file with what it says.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) file: GuardFile,
    pub(super) book: Book,
    pub(super) torn: Option<Torn>,
}

impl Opened {
    pub(super) fn at(path: &Path, address: &Address) -> Result<Self, GuardFileError> {
        let mut book = Book::default();
        let (file, torn) = GuardFile::open(path, address, |record| book.read(record))?;
        Ok(Self { file, book, torn })
    }
}

/// A write that was cut off, found and removed when the file was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Where the last whole frame ends.
    pub at: u64,
    /// Bytes removed behind it.
    pub bytes: u64,
}

/// Why the guard file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GuardFileError {
    /// Another process has it.
    #[error("{} is in use by another node: one key signs in one place only, stop the other node", .0.display())]
    InUse(PathBuf),
    /// It belongs to another key.
    #[error("{} guards the key {found}, not {expected}: put the right file beside the right key", path.display())]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The address in its header.
        found: String,
        /// The address of the key at hand.
        expected: Address,
    },
    /// It is not readable where it must be.
    #[error(
        "{} is damaged at byte {at} ({what}): do not sign with this key; bring the file back whole from the disk \
         it was last written on, or move it away and go on as with a lost one: docs/GUARD.md",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        at: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// Written by a later version.
    #[error("{} has format {found}, this node writes {VERSION}: run the version that wrote it", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u16,
    },
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl GuardFileError {
    /// One word for scripts and vectors.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::InUse(_) => "in-use",
            Self::OtherKey { .. } => "wrong-key",
            Self::Damaged { .. } => "damaged",
            Self::Version { .. } => "version",
            Self::Io { .. } => "io",
        }
    }
}

impl GuardFile {
    /// Opens or makes the file, shows every record in it to `visit`, and removes a write that was cut off.
    pub(super) fn open(
        path: &Path,
        address: &Address,
        mut visit: impl FnMut(&[u8]) -> Result<(), &'static str>,
    ) -> Result<(Self, Option<Torn>), GuardFileError> {
        let file = lock(path)?;
        let failed = io_error(path, "read");
        let length = file.metadata().map_err(&failed)?.len();
        let mut guard = Self {
            file,
            path: path.to_owned(),
            number: 0,
            length: 0,
            version: VERSION,
        };
        let Some(start) = guard.header(address, length)? else {
            guard.begin(address)?;
            return Ok((guard, None));
        };
        let end = guard.scan(start, length, &mut visit)?;
        let torn = (end < length).then_some(Torn {
            at: end,
            bytes: length - end,
        });
        if torn.is_some() {
            guard.cut(end)?;
        }
        guard.file.seek(SeekFrom::Start(end)).map_err(&failed)?;
        guard.length = end;
        Ok((guard, torn))
    }

    /// Bytes of it.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Whether it has to be rewritten before anything but batches may be added.
    pub(super) fn is_old(&self) -> bool {
        self.version < VERSION
    }

    /// Puts a file with these records in its place; the lock goes over. Where that fails, nothing may be appended any more.
    pub(super) fn rewrite(
        &mut self,
        address: &Address,
        records: impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), GuardFileError> {
        let (content, frames) = frame::file(address, records);
        let mut folder = OnDisk::of(&self.path, FILE_MODE);
        self.file = replace(&mut folder, &content).map_err(io_error(&self.path, "rewrite"))?;
        (self.number, self.length) = (frames, content.len() as u64);
        self.version = VERSION;
        Ok(())
    }

    /// Appends `records` as one frame and returns once they are on the disk.
    pub(super) fn append(&mut self, records: &[Vec<u8>]) -> Result<(), GuardFileError> {
        let frame = frame(self.number, records);
        self.file
            .write_all(&frame)
            .map_err(io_error(&self.path, "write"))?;
        self.file
            .sync_data()
            .map_err(io_error(&self.path, "flush"))?;
        self.number += 1;
        self.length += frame.len() as u64;
        Ok(())
    }

    /// Where the frames begin; none where the file was never begun.
    fn header(&mut self, address: &Address, length: u64) -> Result<Option<u64>, GuardFileError> {
        let expected = header(address);
        let mut found = Vec::new();
        let reading = (&self.file).take(HEADER_BYTES_MAX as u64);
        BufReader::new(reading)
            .read_to_end(&mut found)
            .map_err(io_error(&self.path, "read"))?;
        // The header is flushed before the first frame: a shorter file has never guarded anything.
        if expected.starts_with(&found) && length < expected.len() as u64 {
            return Ok(None);
        }
        match read_header(&found) {
            Some((version @ VERSION_MIN..=VERSION, owner)) if owner == address.as_str() => {
                self.version = version;
                Ok(Some(expected.len() as u64))
            }
            read => Err(self.foreign_header(read, address)),
        }
    }

    fn foreign_header(&self, read: Option<(u16, String)>, expected: &Address) -> GuardFileError {
        let path = self.path.clone();
        match read {
            None => GuardFileError::Damaged {
                path,
                at: 0,
                what: "the header is not readable",
            },
            Some((VERSION_MIN..=VERSION, found)) => GuardFileError::OtherKey {
                path,
                found,
                expected: expected.clone(),
            },
            Some((found, _)) => GuardFileError::Version { path, found },
        }
    }

    fn begin(&mut self, address: &Address) -> Result<(), GuardFileError> {
        let failed = io_error(&self.path, "begin");
        self.file.set_len(0).map_err(&failed)?;
        self.file.seek(SeekFrom::Start(0)).map_err(&failed)?;
        self.file.write_all(&header(address)).map_err(&failed)?;
        self.file.sync_all().map_err(&failed)?;
        self.length = header(address).len() as u64;
        // The name must be as durable as the content.
        File::open(folder_of(&self.path))
            .and_then(|dir| dir.sync_all())
            .map_err(&failed)
    }

    fn cut(&mut self, end: u64) -> Result<(), GuardFileError> {
        let failed = io_error(&self.path, "cut");
        self.file.set_len(end).map_err(&failed)?;
        self.file.sync_all().map_err(&failed)
    }

    /// Reads frames from `start` on; answers where the last whole one ends.
    fn scan(
        &mut self,
        start: u64,
        length: u64,
        visit: &mut impl FnMut(&[u8]) -> Result<(), &'static str>,
    ) -> Result<u64, GuardFileError> {
        let scanned = scan(&mut self.file, start, length, visit)
            .map_err(|found| unreadable(&self.path, found))?;
        self.number = scanned.frames;
        Ok(scanned.end)
    }
}

/// Opens the file, makes it if need be, and locks it.
fn lock(path: &Path) -> Result<File, GuardFileError> {
    let mut how = OpenOptions::new();
    how.read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE);
    let file = how.open(path).map_err(io_error(path, "open"))?;
    match file.try_lock() {
        // A rewritten file takes the name along: whoever then locks the old one has nothing.
        Ok(()) if is_under(&file, path).map_err(io_error(path, "look at"))? => Ok(file),
        Ok(()) | Err(TryLockError::WouldBlock) => Err(GuardFileError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(io_error(path, "lock")(source)),
    }
}

pub(super) fn unreadable(path: &Path, found: Unreadable) -> GuardFileError {
    match found {
        Unreadable::Io(source) => io_error(path, "read")(source),
        Unreadable::Damaged { at, what } => GuardFileError::Damaged {
            path: path.to_owned(),
            at,
            what,
        },
    }
}

pub(super) fn io_error(
    path: &Path,
    action: &'static str,
) -> impl Fn(io::Error) -> GuardFileError + use<> {
    let path = path.to_owned();
    move |source| GuardFileError::Io {
        action,
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
