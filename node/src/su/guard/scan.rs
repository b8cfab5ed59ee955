//! Reading a guard file from its first frame to its last: which bytes count, which are a write that was cut off, and which
//! are damage (rule 3 of [`super::file`]). It reads from whatever it is given and opens nothing.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::frame::{FRAME_BYTES_AIM, FRAME_BYTES_MAX, HEAD_BYTES, MARK, read_frame, records};

/// What a guard file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// Where the last whole frame ends; what follows was cut off.
    pub end: u64,
    /// How many whole frames there are: the number of the next.
    pub frames: u64,
}

/// Why a guard file cannot be read.
#[derive(Debug)]
pub enum Unreadable {
    /// The system refused.
    Io(io::Error),
    /// It is not readable where it must be.
    Damaged {
        /// Where.
        at: u64,
        /// What is wrong there.
        what: &'static str,
    },
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads the frames of `file` from `start`, where the header ends, to `length`, and shows every record to `visit`.
pub fn scan(
    file: &mut (impl Read + Seek),
    start: u64,
    length: u64,
    visit: &mut impl FnMut(&[u8]) -> Result<(), &'static str>,
) -> Result<Scanned, Unreadable> {
    file.seek(SeekFrom::Start(start))?;
    let (mut at, mut frames) = (start, 0);
    let mut reader = BufReader::with_capacity(FRAME_BYTES_AIM, &mut *file);
    while at < length {
        let Some((number, payload)) = read_frame(&mut reader)? else {
            drop(reader);
            verify_tail(file, at, length)?;
            break;
        };
        let damaged = |what| Unreadable::Damaged { at, what };
        if number != frames {
            return Err(damaged("a frame is missing before this one"));
        }
        records(&payload)
            .ok_or("a frame's records do not add up")
            .and_then(|all| all.into_iter().try_for_each(&mut *visit))
            .map_err(damaged)?;
        frames += 1;
        at += (HEAD_BYTES + payload.len()) as u64;
    }
    Ok(Scanned { end: at, frames })
}

/// What cannot be read from `at` on must be the last write and nothing else.
fn verify_tail(file: &mut (impl Read + Seek), at: u64, length: u64) -> Result<(), Unreadable> {
    let damaged = |what| Err(Unreadable::Damaged { at, what });
    if length - at > (HEAD_BYTES + FRAME_BYTES_MAX) as u64 {
        return damaged("more follows than one write");
    }
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.read_to_end(&mut tail)?;
    let whole = |from: usize| {
        tail[from..].starts_with(MARK) && matches!(read_frame(&mut &tail[from..]), Ok(Some(_)))
    };
    match (1..tail.len()).any(whole) {
        true => damaged("whole frames follow"),
        false => Ok(()),
    }
}
