//! A block as vectors write it down.

use aosec_challenge::derive::{Block, Transaction};
use aosec_wire::Id;
use aosec_wire::id::{from_base64url, to_base64url};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BlockShape {
    height: u64,
    id: String,
    previous: String,
    time_s: u64,
    transactions: Vec<TransactionShape>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct TransactionShape {
    place: usize,
    format: u8,
    tags: Vec<(String, String)>,
    data: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Piece {
    Zeros(usize),
    Bytes(String),
}

impl BlockShape {
    pub(super) fn of(block: &Block) -> Self {
        Self {
            height: block.height,
            id: to_base64url(&block.id),
            previous: to_base64url(&block.previous),
            time_s: block.time_s,
            transactions: block
                .transactions
                .iter()
                .map(TransactionShape::of)
                .collect(),
        }
    }

    pub(super) fn read(&self) -> Block {
        let id = |text: &str| from_base64url(text).unwrap().try_into().unwrap();
        Block {
            height: self.height,
            id: id(&self.id),
            previous: id(&self.previous),
            time_s: self.time_s,
            transactions: self
                .transactions
                .iter()
                .map(TransactionShape::read)
                .collect(),
        }
    }
}

impl TransactionShape {
    fn of(transaction: &Transaction) -> Self {
        let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
        let tags = transaction.tags.iter();
        Self {
            place: transaction.place,
            format: transaction.format,
            tags: tags
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
            data: pieces(&transaction.data),
        }
    }

    fn read(&self) -> Transaction {
        let mut data = Vec::new();
        for piece in &self.data {
            match piece {
                Piece::Zeros(count) => data.resize(data.len() + count, 0),
                Piece::Bytes(text) => data.extend(from_base64url(text).unwrap()),
            }
        }
        let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let tags = self.tags.iter();
        Transaction {
            place: self.place,
            id: Id::sha256(&data),
            format: self.format,
            tags: tags
                .map(|(name, value)| (bytes(name), bytes(value)))
                .collect(),
            data: data.into(),
        }
    }
}

/// Long runs of zeros are written as numbers.
fn pieces(data: &[u8]) -> Vec<Piece> {
    const WORTH_IT: usize = 1_024;
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
