//! Bytes and tags of a transaction as vectors write them down: base64url, where long runs of zeros are numbers, and text.

use aosec_wire::id::{from_base64url, to_base64url};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// From so many zeros on a number is shorter.
const WORTH_IT: usize = 1_024;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Piece {
    Zeros(usize),
    Bytes(String),
}

/// The pieces of data.
pub(crate) fn pieces(data: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let run = rest.iter().take_while(|byte| **byte == 0).count();
        if run >= WORTH_IT {
            pieces.push(Piece::Zeros(run));
            rest = &rest[run..];
            continue;
        }
        let zeros = rest
            .windows(WORTH_IT)
            .position(|window| window.iter().all(|byte| *byte == 0));
        let (bytes, behind) = rest.split_at(zeros.unwrap_or(rest.len()));
        pieces.push(Piece::Bytes(to_base64url(bytes)));
        rest = behind;
    }
    pieces
}

/// The data that pieces are.
pub(crate) fn data(pieces: &[Piece]) -> Bytes {
    let mut data = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Zeros(count) => data.resize(data.len() + count, 0),
            Piece::Bytes(text) => data.extend(from_base64url(text).unwrap()),
        }
    }
    data.into()
}

/// Tags as text.
pub(crate) fn written(tags: &[(Bytes, Bytes)]) -> Vec<(String, String)> {
    let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    let tags = tags.iter();
    tags.map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// Tags as bytes.
pub(crate) fn tags(written: &[(String, String)]) -> Vec<(Bytes, Bytes)> {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let written = written.iter();
    written
        .map(|(name, value)| (bytes(name), bytes(value)))
        .collect()
}
