//! The guard file, byte for byte as the node writes it, and the rule of the gate over it. The bytes, their reading and the rule
//! are the node's own; only the file system is played.

use std::io::Cursor;

use aosec_node::su::{
    guard::{Note, Token},
    pure::guard::{Book, Unreadable, file, frame, header, scan},
};
use aosec_wire::Address;

use super::Stop;
use crate::harness::seed::Seed;

/// What is on the disk, and what was written and not flushed.
#[derive(Clone, Debug, Default)]
pub(crate) struct GuardFile {
    flushed: Vec<u8>,
    written: Vec<u8>,
}

/// What opening the file found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opened {
    pub(crate) book: Book,
    /// The number of the next frame.
    pub(crate) frames: u64,
    /// A write that was cut off was found and removed.
    pub(crate) torn: bool,
}

impl GuardFile {
    /// Opens the file as a start does, and notes the start in it, durably, before anything else happens.
    pub(crate) fn start(
        &mut self,
        address: &Address,
        token: Token,
    ) -> Result<Opened, &'static str> {
        let mut opened = self.open(address)?;
        let note = Note::Start(token);
        self.write(opened.frames, &[note.encode()]);
        self.flush();
        opened.frames += 1;
        let noted = opened.book.note(note);
        noted.map_err(|_| "a start contradicts what is known")?;
        Ok(opened)
    }

    /// Another file with all that is remembered stands in the place of this one, whole or not at all. Gives its next number.
    pub(crate) fn rewrite(&mut self, address: &Address, book: &Book) -> u64 {
        let (content, frames) = file(address, book.notes().iter().map(Note::encode));
        self.flushed = content;
        frames
    }

    pub(crate) fn length(&self) -> u64 {
        self.flushed.len() as u64
    }

    /// What the file says at this moment, where it can be read.
    pub(crate) fn book(&self, address: &Address) -> Option<Book> {
        let opened = self.clone().open(address);
        opened.ok().map(|opened| opened.book)
    }

    /// Begins the file where it is new, removes a write that was cut off, refuses damage.
    fn open(&mut self, address: &Address) -> Result<Opened, &'static str> {
        let header = header(address);
        if !self.flushed.starts_with(&header) {
            if !header.starts_with(&self.flushed) {
                return Err("the header is not readable");
            }
            self.flushed = header;
            return Ok(Opened::default());
        }
        let (mut book, length) = (Book::default(), self.flushed.len() as u64);
        let mut visit = |record: &[u8]| book.read(record);
        let mut file = Cursor::new(&self.flushed[..]);
        let scanned = scan(&mut file, header.len() as u64, length, &mut visit);
        let scanned = scanned.map_err(|unreadable| match unreadable {
            Unreadable::Io(_) => "it cannot be read at all",
            Unreadable::Damaged { what, .. } => what,
        })?;
        let end = usize::try_from(scanned.end).unwrap_or(usize::MAX);
        self.flushed.truncate(end);
        Ok(Opened {
            book,
            frames: scanned.frames,
            torn: scanned.end < length,
        })
    }

    /// Writes a frame; it is not durable before [`Self::flush`].
    pub(crate) fn write(&mut self, number: u64, records: &[Vec<u8>]) {
        self.written.extend(frame(number, records));
    }

    pub(crate) fn flush(&mut self) {
        self.flushed.append(&mut self.written);
    }

    pub(crate) fn is_flushed(&self) -> bool {
        self.written.is_empty()
    }

    pub(super) fn stop(&mut self, stop: Stop, dice: &mut Seed) {
        let written = std::mem::take(&mut self.written);
        let kept = match stop {
            Stop::Kill => written.len(),
            Stop::Power => below(dice, written.len() + 1),
        };
        self.flushed.extend(&written[..kept]);
        // Blocks reach the disk in any order: what lies inside a torn write may be nothing yet.
        if stop == Stop::Power && kept > 0 && dice.below(3) == 0 {
            let hole = self.flushed.len() - 1 - below(dice, kept);
            self.flushed[hole..].fill(0);
        }
    }

    /// One bit is another than was written.
    pub(crate) fn flip(&mut self, dice: &mut Seed) {
        if self.flushed.is_empty() {
            return;
        }
        // Half of the flips hit the end, where the last records stand.
        let length = self.flushed.len();
        let span = if dice.below(2) == 0 {
            length
        } else {
            length.min(200)
        };
        let at = length - 1 - below(dice, span);
        self.flushed[at] ^= 1 << dice.below(8);
    }

    /// The file ends earlier.
    pub(crate) fn truncate(&mut self, dice: &mut Seed) {
        let left = below(dice, self.flushed.len() + 1);
        self.flushed.truncate(left);
    }
}

fn below(dice: &mut Seed, bound: usize) -> usize {
    usize::try_from(dice.below(bound as u64)).unwrap_or(0)
}
