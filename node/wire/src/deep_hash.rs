//! The deep hash of Arweave: SHA-384 over a tree of blobs and lists.
//!
//! It is what items and base-layer transactions are signed over. Lengths and list sizes are hashed with the content, so
//! that no two different trees share a hash.

use std::sync::LazyLock;

use sha2::{Digest, Sha384};

/// Length of a deep hash in bytes.
pub const DEEP_HASH_BYTES: usize = 48;

/// A node of the tree. Trees are built by this house alone (an item is one list deep, a transaction two), so the depth of
/// the recursion is bounded by our own source text.
#[derive(Clone, Debug)]
pub enum Chunk<'a> {
    /// A leaf.
    Blob(&'a [u8]),
    /// An ordered list of nodes.
    List(Vec<Chunk<'a>>),
}

/// The deep hash of a tree.
pub fn deep_hash(chunk: &Chunk<'_>) -> [u8; DEEP_HASH_BYTES] {
    match chunk {
        Chunk::Blob(bytes) => pair(&BLOBS.label(bytes.len()), &sha384(bytes)),
        Chunk::List(children) => children
            .iter()
            .fold(LISTS.label(children.len()), |hash, child| {
                pair(&hash, &deep_hash(child))
            }),
    }
}

/// Hashes of the labels of one kind, the frequent ones made once: each would cost as much as the content of a short field.
struct Labels {
    kind: &'static str,
    known: LazyLock<Vec<[u8; DEEP_HASH_BYTES]>>,
}

/// Fields of a usual item are shorter than an RSA key is long, or as long.
static BLOBS: Labels = Labels {
    kind: "blob",
    known: LazyLock::new(|| (0..=512).map(|size| labelled("blob", size)).collect()),
};

/// An item is a list of eight, a transaction one of nine.
static LISTS: Labels = Labels {
    kind: "list",
    known: LazyLock::new(|| (0..16).map(|size| labelled("list", size)).collect()),
};

impl Labels {
    fn label(&self, size: usize) -> [u8; DEEP_HASH_BYTES] {
        let known = self.known.get(size).copied();
        known.unwrap_or_else(|| labelled(self.kind, size))
    }
}

fn labelled(label: &str, size: usize) -> [u8; DEEP_HASH_BYTES] {
    sha384(format!("{label}{size}").as_bytes())
}

fn pair(left: &[u8; DEEP_HASH_BYTES], right: &[u8; DEEP_HASH_BYTES]) -> [u8; DEEP_HASH_BYTES] {
    Sha384::new()
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

fn sha384(bytes: &[u8]) -> [u8; DEEP_HASH_BYTES] {
    Sha384::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_the_tree_is_hashed() {
        let shapes = [
            Chunk::Blob(b""),
            Chunk::List(vec![]),
            Chunk::List(vec![Chunk::Blob(b"")]),
            Chunk::List(vec![Chunk::Blob(b"ab"), Chunk::Blob(b"")]),
            Chunk::List(vec![Chunk::Blob(b"a"), Chunk::Blob(b"b")]),
            Chunk::List(vec![Chunk::List(vec![
                Chunk::Blob(b"a"),
                Chunk::Blob(b"b"),
            ])]),
        ];
        let hashes: std::collections::BTreeSet<_> = shapes.iter().map(deep_hash).collect();
        assert_eq!(hashes.len(), shapes.len());
    }

    #[test]
    fn a_blob_is_hashed_as_label_then_content() {
        let by_hand = sha384(&[sha384(b"blob5"), sha384(b"hello")].concat());
        assert_eq!(deep_hash(&Chunk::Blob(b"hello")), by_hand);
    }

    #[test]
    fn labels_that_are_remembered_are_those_that_are_made() {
        for size in 0..1_100 {
            assert_eq!(BLOBS.label(size), sha384(format!("blob{size}").as_bytes()));
            assert_eq!(LISTS.label(size), sha384(format!("list{size}").as_bytes()));
        }
    }
}
