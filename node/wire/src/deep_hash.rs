//! The deep hash of Arweave: SHA-384 over a tree of blobs and lists.
//!
//! It is what items and base-layer transactions are signed over. Lengths and list sizes are hashed with the content, so
//! that no two different trees share a hash.

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
        Chunk::Blob(bytes) => pair(&labelled("blob", bytes.len()), &sha384(bytes)),
        Chunk::List(children) => children
            .iter()
            .fold(labelled("list", children.len()), |hash, child| {
                pair(&hash, &deep_hash(child))
            }),
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
}
