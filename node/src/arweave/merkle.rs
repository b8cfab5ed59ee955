//! The Merkle tree over a transaction's data: data roots, paths to chunks, and the check of a path.
//!
//! Leaves are chunks of at most 256 KiB; every node commits the byte range under it. The root is part of what a format 2
//! transaction signs, so data that matches the root is the data that was signed. The tree knows nothing of transactions.
//!
//! Two ways of cutting data into chunks are in use, so one data has two legal roots: clients balance the last two chunks where
//! the last would be smaller than 32 KiB ([`Cut::Balanced`], ours), miners cut straight ([`Cut::Straight`]).

use std::ops::Range;

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Largest chunk of the base layer.
pub const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// A balanced cut leaves no last chunk smaller than this.
const CHUNK_BYTES_MIN: usize = 32 * 1024;
/// Length of a hash, and of the big-endian number that ends each step of a path.
const WORD: usize = 32;
/// Length of one step through a branch: two hashes and a number.
const BRANCH_BYTES: usize = 3 * WORD;
/// Length of the last step: a hash and a number.
const LEAF_BYTES: usize = 2 * WORD;
/// Longest path: a tree over 2^64 bytes of the smallest legal chunks is lower than this.
pub const PATH_BYTES_MAX: usize = 64 * BRANCH_BYTES + LEAF_BYTES;

/// A root: 32 bytes.
pub type Root = [u8; WORD];

/// How data is cut into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The last two chunks share what is left, if the last would otherwise be under 32 KiB.
    Balanced,
    /// 256 KiB each, and the rest.
    Straight,
}

/// One chunk of some data and the path that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Where the chunk lies in the data.
    pub range: Range<usize>,
    /// The path from the root to the chunk.
    pub path: Vec<u8>,
}

/// The root of `data` as clients compute it.
#[must_use]
pub fn data_root(data: &[u8]) -> Root {
    build(data, Cut::Balanced).id()
}

/// True if `root` commits exactly `data`, in either cut.
#[must_use]
pub fn commits(root: &Root, data: &[u8]) -> bool {
    cut_of(root, data).is_some()
}

/// The chunks of `data` with their paths, without the empty chunk that ends data of a whole number of chunks.
#[must_use]
pub fn proofs(data: &[u8], cut: Cut) -> Vec<Proof> {
    let mut proofs = Vec::new();
    build(data, cut).walk(&mut Vec::new(), &mut proofs);
    proofs.retain(|proof| !proof.range.is_empty());
    proofs
}

/// The cut under which `root` commits `data`.
#[must_use]
pub fn cut_of(root: &Root, data: &[u8]) -> Option<Cut> {
    [Cut::Balanced, Cut::Straight]
        .into_iter()
        .find(|cut| build(data, *cut).id() == *root)
}

/// Checks that `path` leads from `root` of `size` bytes to `chunk` at byte `offset`, and gives the range the chunk fills.
#[must_use]
pub fn verify_path(
    root: &Root,
    size: u64,
    offset: u64,
    path: &[u8],
    chunk: &Bytes,
) -> Option<Range<u64>> {
    if offset >= size || path.len() > PATH_BYTES_MAX || chunk.len() > CHUNK_BYTES_MAX {
        return None;
    }
    let (leaf, range) = descend(*root, 0..size, offset, path)?;
    let filled = u64::try_from(chunk.len()).ok() == Some(range.end - range.start);
    (filled && leaf == sha256(&[chunk])).then_some(range)
}

/// Walks down `path`; gives the hash of the chunk at `offset` and its range.
fn descend(
    mut id: Root,
    mut range: Range<u64>,
    offset: u64,
    mut path: &[u8],
) -> Option<(Root, Range<u64>)> {
    while path.len() > LEAF_BYTES {
        let (step, rest) = path.split_at_checked(BRANCH_BYTES)?;
        if branch_id(&step[..WORD], &step[WORD..LEAF_BYTES], &step[LEAF_BYTES..]) != id {
            return None;
        }
        let middle = number(&step[LEAF_BYTES..])?;
        let side = if offset < middle {
            range.end = range.end.min(middle);
            &step[..WORD]
        } else {
            range.start = range.start.max(middle);
            &step[WORD..LEAF_BYTES]
        };
        id = side.try_into().ok()?;
        path = rest;
    }
    let (hash, end) = path.split_at_checked(WORD)?;
    if end.len() != WORD || leaf_id(hash, end) != id {
        return None;
    }
    range.end = range.end.min(number(end)?);
    let hash = hash.try_into().ok()?;
    range.contains(&offset).then_some((hash, range))
}

enum Node {
    Leaf {
        id: Root,
        hash: Root,
        range: Range<usize>,
    },
    Branch {
        id: Root,
        middle: usize,
        end: usize,
        sides: Box<(Node, Node)>,
    },
}

impl Node {
    fn leaf(data: &[u8], range: Range<usize>) -> Self {
        let hash = sha256(&[&data[range.clone()]]);
        let id = leaf_id(&hash, &word(range.end));
        Self::Leaf { id, hash, range }
    }

    fn branch(left: Self, right: Self) -> Self {
        let (middle, end) = (left.end(), right.end());
        let id = branch_id(&left.id(), &right.id(), &word(middle));
        Self::Branch {
            id,
            middle,
            end,
            sides: Box::new((left, right)),
        }
    }

    fn id(&self) -> Root {
        match self {
            Self::Leaf { id, .. } | Self::Branch { id, .. } => *id,
        }
    }

    fn end(&self) -> usize {
        match self {
            Self::Leaf { range, .. } => range.end,
            Self::Branch { end, .. } => *end,
        }
    }

    /// Collects the proofs under this node; `path` leads to it.
    fn walk(&self, path: &mut Vec<u8>, proofs: &mut Vec<Proof>) {
        let before = path.len();
        match self {
            Self::Leaf { hash, range, .. } => {
                path.extend_from_slice(hash);
                path.extend_from_slice(&word(range.end));
                proofs.push(Proof {
                    range: range.clone(),
                    path: path.clone(),
                });
            }
            Self::Branch { middle, sides, .. } => {
                path.extend_from_slice(&sides.0.id());
                path.extend_from_slice(&sides.1.id());
                path.extend_from_slice(&word(*middle));
                sides.0.walk(path, proofs);
                sides.1.walk(path, proofs);
            }
        }
        path.truncate(before);
    }
}

/// The tree over `data`: leaves are joined in pairs, an odd one rises alone.
fn build(data: &[u8], cut: Cut) -> Node {
    let mut layer: Vec<Node> = ranges(data.len(), cut)
        .into_iter()
        .map(|range| Node::leaf(data, range))
        .collect();
    loop {
        let mut above = Vec::with_capacity(layer.len().div_ceil(2));
        let mut nodes = layer.into_iter();
        while let Some(left) = nodes.next() {
            above.push(match nodes.next() {
                Some(right) => Node::branch(left, right),
                None => left,
            });
        }
        if above.len() == 1 {
            return above.remove(0);
        }
        layer = above;
    }
}

/// Where the chunks of `size` bytes lie. Data of a whole number of chunks ends with an empty one, as on the base layer.
fn ranges(size: usize, cut: Cut) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while size - start >= CHUNK_BYTES_MAX {
        let left = size - start;
        let after = left - CHUNK_BYTES_MAX;
        let unbalanced = cut == Cut::Balanced && after > 0 && after < CHUNK_BYTES_MIN;
        let length = if unbalanced {
            left.div_ceil(2)
        } else {
            CHUNK_BYTES_MAX
        };
        ranges.push(start..start + length);
        start += length;
    }
    ranges.push(start..size);
    ranges
}

fn leaf_id(hash: &[u8], end: &[u8]) -> Root {
    sha256(&[&sha256(&[hash]), &sha256(&[end])])
}

fn branch_id(left: &[u8], right: &[u8], middle: &[u8]) -> Root {
    sha256(&[&sha256(&[left]), &sha256(&[right]), &sha256(&[middle])])
}

fn sha256(parts: &[&[u8]]) -> Root {
    parts
        .iter()
        .fold(Sha256::new(), |hash, part| hash.chain_update(part))
        .finalize()
        .into()
}

/// A position as 32 bytes big-endian.
fn word(position: usize) -> [u8; WORD] {
    let mut word = [0; WORD];
    let bytes = position.to_be_bytes();
    word[WORD - bytes.len()..].copy_from_slice(&bytes);
    word
}

/// A position from 32 bytes big-endian, if it fits.
fn number(word: &[u8]) -> Option<u64> {
    let (high, low) = word.split_at_checked(WORD - 8)?;
    let low: [u8; 8] = low.try_into().ok()?;
    high.iter()
        .all(|byte| *byte == 0)
        .then(|| u64::from_be_bytes(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 7] = [
        1,
        CHUNK_BYTES_MAX - 1,
        CHUNK_BYTES_MAX,
        CHUNK_BYTES_MAX + 1,
        CHUNK_BYTES_MAX + CHUNK_BYTES_MIN,
        3 * CHUNK_BYTES_MAX + 5,
        5 * CHUNK_BYTES_MAX + CHUNK_BYTES_MIN - 1,
    ];

    fn data(size: usize) -> Vec<u8> {
        (0..size).map(|at| (at % 251) as u8).collect()
    }

    #[test]
    fn every_chunk_is_proved_and_nothing_else() {
        for (size, cut) in SIZES
            .iter()
            .flat_map(|size| [(*size, Cut::Balanced), (*size, Cut::Straight)])
        {
            let data = data(size);
            let root = build(&data, cut).id();
            let mut next = 0;
            for proof in proofs(&data, cut) {
                assert_eq!(proof.range.start, next);
                next = proof.range.end;
                let chunk = Bytes::copy_from_slice(&data[proof.range.clone()]);
                let (size, offset) = (size as u64, proof.range.end as u64 - 1);
                let range = proof.range.start as u64..proof.range.end as u64;
                assert_eq!(
                    verify_path(&root, size, offset, &proof.path, &chunk),
                    Some(range.clone())
                );
                assert_eq!(
                    verify_path(&root, size, range.end, &proof.path, &chunk),
                    None
                );
                assert_eq!(
                    verify_path(&root, size, offset, &proof.path[1..], &chunk),
                    None
                );
                assert_eq!(
                    verify_path(&root, size, offset, &proof.path, &chunk.slice(1..)),
                    None
                );
                assert_eq!(
                    verify_path(&[0; 32], size, offset, &proof.path, &chunk),
                    None
                );
            }
            assert_eq!(next, size);
        }
    }

    #[test]
    fn a_small_last_chunk_is_balanced() {
        let size = CHUNK_BYTES_MAX + 3;
        assert_eq!(ranges(size, Cut::Balanced), [0..131_074, 131_074..size]);
        assert_eq!(
            ranges(size, Cut::Straight),
            [0..CHUNK_BYTES_MAX, CHUNK_BYTES_MAX..size]
        );
    }

    #[test]
    fn both_cuts_commit_and_other_data_does_not() {
        let data = data(CHUNK_BYTES_MAX + 3);
        for cut in [Cut::Balanced, Cut::Straight] {
            let root = build(&data, cut).id();
            assert!(commits(&root, &data));
            assert_eq!(cut_of(&root, &data), Some(cut));
            assert!(!commits(&root, &data[1..]));
        }
    }
}
