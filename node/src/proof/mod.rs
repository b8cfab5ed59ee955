//! The file of a proof: one slot with everything that it rests on, in one self-contained text (`aosec proof`). Pure: bytes in, what was
//! brought out, and back again.
//!
//! JSON of version [`VERSION`]: items and data as base64url, transactions in the shape of gateways, whose id and signature are checked
//! here. What they come to is judged by `aosec_challenge::proof`. Unknown fields are refused: a file says nothing that is not checked.

mod shape;
#[cfg(test)]
mod tests;

use aosec_challenge::derive::{Block, Transaction as LawTransaction};
use aosec_challenge::proof::{Brought, Court};
use aosec_wire::id::from_base64url;
use aosec_wire::{Id, ItemError, Strictness, VerifiedItem, item};
use serde_json::Value;

pub use shape::{
    BlockShape, CaseShape, CourtShape, EmptiedShape, File, JoinedShape, KeyShape, LeaseShape,
    Placed,
};

use crate::arweave::transaction::{Transaction, TransactionError, UnverifiedTransaction};

/// The version of the shape.
pub const VERSION: u32 = 1;
/// Longest file: what a gateway answers at most.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most blocks and transactions in it: what a node names at most (`origin::basis`).
pub const TRANSACTIONS_MAX: usize = crate::origin::basis::TRANSACTIONS_MAX;

/// Why a file holds no proof.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Too long.
    #[error(
        "the step 'file' does not hold: it has {0} bytes; a proof has {FILE_BYTES_MAX} at most"
    )]
    TooLong(usize),
    /// Not the shape.
    #[error("the step 'file' does not hold: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version.
    #[error(
        "the step 'file' does not hold: it is of version {0}, and this program reads version {VERSION}"
    )]
    Version(u32),
    /// More than a slot rests on.
    #[error(
        "the step 'file' does not hold: it has {0} blocks and transactions; a proof has {TRANSACTIONS_MAX} of each at most"
    )]
    TooMany(usize),
    /// Bytes that do not read.
    #[error("the step 'file' does not hold: its {0} is no base64url")]
    Text(&'static str),
    /// The spawn is of another process.
    #[error("the step 'spawn' does not hold: the item is {found}, and the file is about {process}")]
    OtherProcess {
        /// The item's id.
        found: Id,
        /// By the file.
        process: Id,
    },
    /// An item that does not hold.
    #[error("the step '{what}' does not hold: {error}")]
    Item {
        /// Which.
        what: &'static str,
        /// Why.
        error: ItemError,
    },
    /// A transaction that does not hold.
    #[error("the step 'transaction' does not hold: in block {height} at place {place}: {error}")]
    Transaction {
        /// Its block.
        height: u64,
        /// Its place among the law's.
        place: u64,
        /// Why.
        error: TransactionError,
    },
}

/// A transaction that was read out of a file, and holds.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The height of its block, by the file.
    pub height: u64,
    /// The transaction.
    pub transaction: Transaction,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Read {
    /// What it brings.
    pub brought: Brought,
    /// Its transactions, in order.
    pub transactions: Vec<Seen>,
}

/// Reads a file.
///
/// # Errors
/// [`FileError`] names the step.
pub fn read(bytes: &[u8]) -> Result<Read, FileError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileError::TooLong(bytes.len()));
    }
    let value: Value = serde_json::from_slice(bytes)?;
    if let Some(version) = value["aosec-proof"]
        .as_u64()
        .and_then(|version| u32::try_from(version).ok())
        && version != VERSION
    {
        return Err(FileError::Version(version));
    }
    of(&serde_json::from_value(value)?)
}

/// What a file brings, checked as far as each piece can be checked alone.
///
/// # Errors
/// [`FileError`].
pub fn of(file: &File) -> Result<Read, FileError> {
    check_counts(file)?;
    let spawn = verified("spawn", &file.spawn)?;
    if spawn.id() != file.process {
        let (found, process) = (spawn.id(), file.process);
        return Err(FileError::OtherProcess { found, process });
    }
    let optional =
        |what, text: &Option<String>| text.as_ref().map(|text| verified(what, text)).transpose();
    let mut transactions = Vec::new();
    let blocks = file
        .blocks
        .iter()
        .map(|block| read_block(block, &mut transactions));
    Ok(Read {
        brought: Brought {
            spawn,
            slot: file.slot,
            message: optional("message", &file.message)?,
            receipt: optional("receipt", &file.receipt)?,
            court: file.court.clone().map(Court::from),
            blocks: blocks.collect::<Result<_, _>>()?,
        },
        transactions,
    })
}

fn check_counts(file: &File) -> Result<(), FileError> {
    let transactions: usize = file
        .blocks
        .iter()
        .map(|block| block.transactions.len())
        .sum();
    let rows = file.court.iter();
    let rows = rows.map(|court| court.leases.len() + court.emptied.len());
    match transactions.max(file.blocks.len()).max(rows.sum()) {
        many if many > TRANSACTIONS_MAX => Err(FileError::TooMany(many)),
        _ => Ok(()),
    }
}

fn verified(what: &'static str, text: &str) -> Result<VerifiedItem, FileError> {
    let bytes = from_base64url(text).map_err(|_bad| FileError::Text(what))?;
    item::verify_bytes(bytes.into(), Strictness::Settled)
        .map_err(|error| FileError::Item { what, error })
}

fn read_block(block: &BlockShape, seen: &mut Vec<Seen>) -> Result<Block, FileError> {
    let mut transactions = Vec::with_capacity(block.transactions.len());
    for placed in &block.transactions {
        let (height, place) = (block.height, placed.place);
        let faulty = |error| FileError::Transaction {
            height,
            place,
            error,
        };
        let transaction = transaction(&placed.transaction).map_err(faulty)?;
        transactions.push(LawTransaction {
            place: usize::try_from(place).unwrap_or(usize::MAX),
            id: transaction.id(),
            format: transaction.format().number(),
            tags: transaction.tags().to_vec(),
            data: transaction.data().cloned().unwrap_or_default(),
        });
        seen.push(Seen {
            height,
            transaction,
        });
    }
    Ok(Block {
        height: block.height,
        id: *block.id.as_bytes(),
        previous: [0; 48],
        time_s: block.time,
        transactions,
    })
}

fn transaction(json: &Value) -> Result<Transaction, TransactionError> {
    UnverifiedTransaction::from_json(json.to_string().as_bytes())?.verify()
}
