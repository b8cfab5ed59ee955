//! The bytes of the guard file: header and frames, as described in [`super::file`]. No disk here.

use std::io::{self, Read};

use aosec_wire::Address;

use super::record::RECORD_BYTES_MAX;

pub(super) const MAGIC: &[u8; 8] = b"aosecgrd";
/// The format that is written. Format 1 held batches alone; it is read, and rewritten before anything is added to it.
pub(super) const VERSION: u16 = 2;
/// The oldest format that is read.
pub(super) const VERSION_MIN: u16 = 1;
pub(super) const MARK: &[u8; 4] = b"AOGF";
pub(super) const HEAD_BYTES: usize = 20;
/// The longest header: that of an address of twice the length that addresses have.
pub(super) const HEADER_BYTES_MAX: usize = 8 + 2 + 2 + 128 + 4;
/// Records gathered for one fsync stop growing here.
pub(super) const FRAME_BYTES_AIM: usize = 1 << 20;
/// The longest payload: one more record may arrive just below the aim.
pub(super) const FRAME_BYTES_MAX: usize = FRAME_BYTES_AIM + RECORD_BYTES_MAX + 64;

/// The header of a key's file.
pub fn header(address: &Address) -> Vec<u8> {
    let text = address.as_str().as_bytes();
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&(text.len() as u16).to_be_bytes());
    out.extend_from_slice(text);
    out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
    out
}

/// Version and address of any readable header.
pub(super) fn read_header(bytes: &[u8]) -> Option<(u16, String)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (version, rest) = rest.split_first_chunk::<2>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let (crc, _) = rest.split_first_chunk::<4>()?;
    let covered = bytes.get(..MAGIC.len() + 4 + text.len())?;
    let whole = crc32fast::hash(covered) == u32::from_be_bytes(*crc);
    let text = String::from_utf8(text.to_vec()).ok()?;
    whole.then_some((u16::from_be_bytes(*version), text))
}

/// A whole file of these records, which are of the short kind. Its last frame is empty: damage to any other is seen, because
/// a frame follows it.
pub fn file(address: &Address, records: impl Iterator<Item = Vec<u8>>) -> (Vec<u8>, u64) {
    let (mut out, mut frames) = (header(address), 0);
    let (mut waiting, mut bytes) = (Vec::new(), 0);
    for record in records {
        bytes += record.len();
        waiting.push(record);
        if bytes >= FRAME_BYTES_AIM {
            out.extend(frame(frames, &std::mem::take(&mut waiting)));
            (frames, bytes) = (frames + 1, 0);
        }
    }
    for last in [waiting, Vec::new()] {
        out.extend(frame(frames, &last));
        frames += 1;
    }
    (out, frames)
}

/// A frame with these records.
pub fn frame(number: u64, records: &[Vec<u8>]) -> Vec<u8> {
    let mut payload = (records.len() as u16).to_be_bytes().to_vec();
    for record in records {
        payload.extend_from_slice(&(record.len() as u32).to_be_bytes());
        payload.extend_from_slice(record);
    }
    let length = (payload.len() as u32).to_be_bytes();
    let mut out = Vec::with_capacity(HEAD_BYTES + payload.len());
    out.extend_from_slice(MARK);
    out.extend_from_slice(&length);
    out.extend_from_slice(&number.to_be_bytes());
    out.extend_from_slice(&frame_crc(length, number, &payload).to_be_bytes());
    out.extend_from_slice(&payload);
    out
}

fn frame_crc(length: [u8; 4], number: u64, payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&length);
    crc.update(&number.to_be_bytes());
    crc.update(payload);
    crc.finalize()
}

/// The next frame's number and payload; none where no whole frame stands.
pub(super) fn read_frame(reader: &mut impl Read) -> io::Result<Option<(u64, Vec<u8>)>> {
    let mut head = [0; HEAD_BYTES];
    if !filled(reader, &mut head)? || head[..4] != *MARK {
        return Ok(None);
    }
    let [_, _, _, _, l0, l1, l2, l3, number @ .., c0, c1, c2, c3] = head;
    let (length, number) = ([l0, l1, l2, l3], u64::from_be_bytes(number));
    let bytes = u32::from_be_bytes(length) as usize;
    if bytes > FRAME_BYTES_MAX {
        return Ok(None);
    }
    let mut payload = vec![0; bytes];
    let whole = filled(reader, &mut payload)?
        && frame_crc(length, number, &payload) == u32::from_be_bytes([c0, c1, c2, c3]);
    Ok(whole.then_some((number, payload)))
}

fn filled(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The records of a payload; none where they do not add up.
pub(super) fn records(payload: &[u8]) -> Option<Vec<&[u8]>> {
    let (count, mut rest) = payload.split_first_chunk::<2>()?;
    let mut records = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (record, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        records.push(record);
        rest = after;
    }
    rest.is_empty().then_some(records)
}
