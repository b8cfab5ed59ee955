//! Pure: data that arrives in chunks, until it is whole.
//!
//! A piece is only made of a chunk whose path leads to its data root, so what is put together needs no trust in who sends it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use aosec_wire::Id;
use aosec_wire::id::{from_base64url, to_base64url};
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::event::Refusal;
use crate::arweave::merkle::{CHUNK_BYTES_MAX, PATH_BYTES_MAX, Root, verify_path};

/// Data that may be incomplete at a time. With the longest data each they hold 1 GiB; beyond that the oldest is given up.
const OPEN_MAX: usize = 16;

/// A chunk as clients post it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChunkShape {
    /// The root, base64url.
    pub data_root: String,
    /// Size of the whole data, decimal.
    pub data_size: String,
    /// The path, base64url.
    pub data_path: String,
    /// A byte inside the chunk, decimal.
    pub offset: String,
    /// The chunk, base64url.
    pub chunk: String,
}

/// A chunk that belongs to its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    root: Root,
    size: u64,
    range: Range<u64>,
    path: Bytes,
    chunk: Bytes,
}

impl Piece {
    /// Checks the path of a chunk.
    ///
    /// # Errors
    /// [`PieceError`], in the words of the base layer.
    pub fn verify(shape: &ChunkShape) -> Result<Self, PieceError> {
        if shape.chunk.len() > CHUNK_BYTES_MAX.div_ceil(3) * 4 {
            return Err(PieceError::ChunkTooBig);
        }
        if shape.data_path.len() > PATH_BYTES_MAX.div_ceil(3) * 4 {
            return Err(PieceError::PathTooBig);
        }
        let bytes = |text: &str| {
            from_base64url(text)
                .map(Bytes::from)
                .map_err(|_bad| PieceError::Unreadable)
        };
        let number = |text: &str| text.parse::<u64>().map_err(|_bad| PieceError::Unreadable);
        let root = bytes(&shape.data_root)?
            .as_ref()
            .try_into()
            .map_err(|_length| PieceError::Unreadable)?;
        let (size, offset) = (number(&shape.data_size)?, number(&shape.offset)?);
        let (path, chunk) = (bytes(&shape.data_path)?, bytes(&shape.chunk)?);
        let range =
            verify_path(&root, size, offset, &path, &chunk).ok_or(PieceError::InvalidProof)?;
        Ok(Self {
            root,
            size,
            range,
            path,
            chunk,
        })
    }

    /// The chunk as clients post it.
    #[must_use]
    pub fn to_shape(&self) -> ChunkShape {
        ChunkShape {
            data_root: to_base64url(&self.root),
            data_size: self.size.to_string(),
            data_path: to_base64url(&self.path),
            offset: self.range.start.to_string(),
            chunk: to_base64url(&self.chunk),
        }
    }

    pub(super) const fn key(&self) -> Key {
        (self.root, self.size)
    }
}

/// Why a chunk is refused; the texts are those of the base layer, which clients compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PieceError {
    /// Over 256 KiB.
    #[error("chunk_too_big")]
    ChunkTooBig,
    /// A path no tree is high enough for.
    #[error("data_path_too_big")]
    PathTooBig,
    /// A field does not read.
    #[error("invalid_json")]
    Unreadable,
    /// The path does not lead to the chunk.
    #[error("invalid_proof")]
    InvalidProof,
}

/// What names data: its root and size.
pub(super) type Key = (Root, u64);

/// One data in the making.
#[derive(Clone, Debug, Default)]
struct Assembly {
    pieces: BTreeMap<u64, Bytes>,
    filled: u64,
    /// Transactions that wait for it.
    waiting: Vec<Id>,
}

/// All data in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Assemblies {
    open: BTreeMap<Key, Assembly>,
    /// The oldest first.
    order: VecDeque<Key>,
    /// Data that was whole at some time: its chunks may come again.
    whole: BTreeSet<Key>,
}

impl Assemblies {
    /// Begins to wait for the data of a transaction.
    pub(super) fn expect(&mut self, key: Key, transaction: Id) {
        if !self.open.contains_key(&key) {
            self.order.push_back(key);
        }
        self.open.entry(key).or_default().waiting.push(transaction);
        if self.order.len() > OPEN_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.open.remove(&oldest);
        }
    }

    /// Notes that this data is here whole.
    pub(super) fn note_whole(&mut self, key: Key) {
        self.whole.insert(key);
    }

    /// A transaction no longer waits.
    pub(super) fn forget(&mut self, transaction: Id) {
        self.open
            .values_mut()
            .for_each(|assembly| assembly.waiting.retain(|id| *id != transaction));
        self.open.retain(|_, assembly| !assembly.waiting.is_empty());
        self.order.retain(|key| self.open.contains_key(key));
    }

    /// True if the piece brings something new.
    pub(super) fn lacks(&self, piece: &Piece) -> Result<bool, Refusal> {
        match self.open.get(&piece.key()) {
            Some(assembly) => Ok(!assembly.pieces.contains_key(&piece.range.start)),
            None if self.whole.contains(&piece.key()) => Ok(false),
            None => Err(Refusal::UnknownRoot),
        }
    }

    /// Adds a piece; the whole data and those who waited for it, once it is complete.
    pub(super) fn add(&mut self, piece: Piece) -> Option<(Bytes, Vec<Id>)> {
        let key = piece.key();
        let assembly = self.open.get_mut(&key)?;
        assembly.filled += piece.chunk.len() as u64;
        assembly.pieces.insert(piece.range.start, piece.chunk);
        if assembly.filled < key.1 {
            return None;
        }
        let done = self.open.remove(&key)?;
        self.whole.insert(key);
        self.order.retain(|open| *open != key);
        let whole = done
            .pieces
            .into_values()
            .fold(BytesMut::new(), |mut whole, chunk| {
                whole.extend_from_slice(&chunk);
                whole
            });
        Some((whole.freeze(), done.waiting))
    }
}
