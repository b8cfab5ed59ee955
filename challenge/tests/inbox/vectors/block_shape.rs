//! A block as vectors write it down.

use aosec_challenge::derive::{Block, Transaction};
use aosec_wire::Id;
use aosec_wire::id::{from_base64url, to_base64url};
use serde::{Deserialize, Serialize};

use crate::pieces::{self, Piece};

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
        Self {
            place: transaction.place,
            format: transaction.format,
            tags: pieces::written(&transaction.tags),
            data: pieces::pieces(&transaction.data),
        }
    }

    fn read(&self) -> Transaction {
        let data = pieces::data(&self.data);
        Transaction {
            place: self.place,
            id: Id::sha256(&data),
            format: self.format,
            tags: pieces::tags(&self.tags),
            data,
        }
    }
}
