//! The guard file in the hands of its operator, while no node runs: looked at, merged with another, resumed. Signs nothing.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use aosec_wire::Address;

use super::{
    file::{GuardFileError, Opened, Torn, io_error, unreadable},
    frame::{HEADER_BYTES_MAX, read_header},
    interchange::{Interchange, InterchangeError},
    note::{Note, Token},
    rule::{Book, Contradiction, Head, LogKey},
    scan::scan,
};

/// A guard file that no node has open. While this lives, none can open it.
#[derive(Debug)]
pub struct OfflineGuard {
    opened: Opened,
    address: Address,
}

/// What a guard file says at this moment, whoever has it open.
#[derive(Clone, Debug)]
pub struct Glimpse {
    /// Whose file it is.
    pub scheduler: Address,
    /// What it says.
    pub book: Book,
    /// A write that was cut off, or is under way.
    pub torn: Option<Torn>,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Looks at the file at `path` without touching it; none where there is no file.
///
/// # Errors
/// What is wrong with the file.
pub fn glimpse(path: &Path) -> Result<Option<Glimpse>, GuardFileError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(path, "open")(error)),
    };
    let failed = io_error(path, "read");
    let bytes = file.metadata().map_err(&failed)?.len();
    let (scheduler, start) = owner(path, &mut file)?;
    let mut book = Book::default();
    let scanned = scan(&mut file, start, bytes, &mut |record| book.read(record))
        .map_err(|found| unreadable(path, found))?;
    let torn = (scanned.end < bytes).then_some(Torn {
        at: scanned.end,
        bytes: bytes - scanned.end,
    });
    Ok(Some(Glimpse {
        scheduler,
        book,
        torn,
        bytes,
    }))
}

/// The address in the header, and where the header ends.
fn owner(path: &Path, file: &mut File) -> Result<(Address, u64), GuardFileError> {
    let mut found = Vec::new();
    BufReader::new(file.take(HEADER_BYTES_MAX as u64))
        .read_to_end(&mut found)
        .map_err(io_error(path, "read"))?;
    let address = read_header(&found).and_then(|(_, owner)| owner.parse::<Address>().ok());
    let address = address.ok_or(GuardFileError::Damaged {
        path: path.to_owned(),
        at: 0,
        what: "the header is not readable",
    })?;
    let start = super::frame::header(&address).len() as u64;
    Ok((address, start))
}

impl OfflineGuard {
    /// Opens the file at `path` for the key with this address; made when absent.
    ///
    /// # Errors
    /// Where a node has it open, or it is of another key, or damaged.
    pub fn open(path: &Path, address: &Address) -> Result<Self, GuardFileError> {
        Ok(Self {
            opened: Opened::at(path, address)?,
            address: address.clone(),
        })
    }

    /// What it says.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.opened.book
    }

    /// Takes in what another file of the key knew, and writes the file anew. Gives how many logs that changed.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub fn import(&mut self, text: &Interchange) -> Result<usize, OfflineError> {
        let mut book = self.opened.book.clone();
        let learned = text.merge(&mut book, &self.address)?;
        self.write(book)?;
        Ok(learned)
    }

    /// Ends a halt by the operator's word: the logs were signed up to `heads` and no further, these tokens are this key's
    /// own, and it signs from the height `from` on.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub fn resume(
        &mut self,
        heads: &[(LogKey, Head)],
        tokens: &[Token],
        from: u64,
    ) -> Result<(), OfflineError> {
        let mut book = self.opened.book.clone();
        for (key, head) in heads {
            book.learn(*key, *head)?;
        }
        for token in tokens {
            book.note(Note::Start(*token))?;
        }
        book.note(Note::Resume(from))?;
        self.write(book)
    }

    fn write(&mut self, book: Book) -> Result<(), OfflineError> {
        let notes = book.notes();
        self.opened
            .file
            .rewrite(&self.address, notes.iter().map(Note::encode))?;
        self.opened.book = book;
        Ok(())
    }
}

/// Why the operator's hand changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The text.
    #[error(transparent)]
    Interchange(#[from] InterchangeError),
    /// Two contents for one slot.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// The file.
    #[error(transparent)]
    File(#[from] GuardFileError),
}
