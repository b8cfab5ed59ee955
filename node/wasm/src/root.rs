//! The state root: one hash over everything that a process is.
//!
//! Rules:
//! 1. A leaf is BLAKE3 of one page of 4,096 bytes. A page of zeros has the leaf that its bytes
//!    have; it is a constant and never computed again.
//! 2. The leaves are filled up with that constant to the next power of two; a node is BLAKE3 of its
//!    two children, 64 bytes.
//! 3. The root is BLAKE3 of the length-prefixed text `aosec-state-1`, module hash, boot hash, number
//!    of pages, number of mutable globals, each global's 64 bits in the order of export names, and
//!    the top of the tree. Integers and the length are 8 bytes, big-endian.
//!
//! A leaf and a node never have inputs of equal length, and the number of pages fixes the height,
//! so no state has two roots and no root two states. Fuel and the engine's version are not in it.

use std::sync::LazyLock;

use crate::lanes;

/// Bytes of one leaf.
pub const PAGE_BYTES: usize = 4096;

/// What every root begins with.
pub const STATE_TAG: &str = "aosec-state-1";

pub(crate) type Hash = [u8; 32];

static ZEROS: [u8; PAGE_BYTES] = [0; PAGE_BYTES];
static ZERO_LEAF: LazyLock<Hash> = LazyLock::new(|| *blake3::hash(&ZEROS).as_bytes());

/// The hash of one whole page.
pub fn leaf(page: &[u8]) -> Hash {
    if is_zero(page) {
        *ZERO_LEAF
    } else {
        *blake3::hash(page).as_bytes()
    }
}

/// Whether all bytes of a page are zero.
fn is_zero(page: &[u8]) -> bool {
    *page == ZEROS
}

/// The tree over the pages. Level 0 are the leaves; the last level has one node.
#[derive(Debug, Clone)]
pub struct Tree {
    pages: usize,
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree over a whole memory.
    pub fn new(memory: &[u8]) -> Self {
        let leaves: Vec<Hash> = memory.chunks(PAGE_BYTES).map(leaf).collect();
        Self::over(leaves)
    }

    fn over(mut leaves: Vec<Hash>) -> Self {
        let pages = leaves.len();
        leaves.resize(pages.next_power_of_two(), *ZERO_LEAF);
        let mut levels = vec![leaves];
        while levels.last().is_some_and(|level| level.len() > 1) {
            let below = &levels[levels.len() - 1];
            levels.push(below.chunks(2).map(node).collect());
        }
        Self { pages, levels }
    }

    /// Takes new leaves for changed pages, ascending, and a page count that never shrinks.
    pub fn update(&mut self, pages: usize, changed: &[(usize, Hash)]) {
        if pages != self.pages {
            return self.rebuild(pages, changed);
        }
        let mut touched: Vec<usize> = Vec::with_capacity(changed.len());
        for (index, hash) in changed {
            self.levels[0][*index] = *hash;
            touched.push(index / 2);
        }
        for height in 1..self.levels.len() {
            touched.dedup();
            let (below, above) = self.levels.split_at_mut(height);
            let children = |index: &usize| below[height - 1][index * 2..index * 2 + 2].iter();
            let pairs: Vec<Hash> = touched.iter().flat_map(children).copied().collect();
            for (index, hash) in touched.iter_mut().zip(lanes::of_pairs(&pairs)) {
                above[0][*index] = hash;
                *index /= 2;
            }
        }
    }

    fn rebuild(&mut self, pages: usize, changed: &[(usize, Hash)]) {
        let mut leaves = std::mem::take(&mut self.levels[0]);
        leaves.truncate(self.pages);
        leaves.resize(pages, *ZERO_LEAF);
        for (index, hash) in changed {
            leaves[*index] = *hash;
        }
        *self = Self::over(leaves);
    }

    /// The node over all pages.
    pub fn top(&self) -> Hash {
        self.levels
            .last()
            .and_then(|level| level.first())
            .copied()
            .unwrap_or(*ZERO_LEAF)
    }

    /// Number of pages.
    pub fn pages(&self) -> usize {
        self.pages
    }
}

fn node(children: &[Hash]) -> Hash {
    *blake3::hash(children.as_flattened()).as_bytes()
}

/// The root of one state, by rule 3.
pub fn state_root(module: &Hash, boot: &Hash, globals: &[u64], tree: &Tree) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(&(STATE_TAG.len() as u64).to_be_bytes())
        .update(STATE_TAG.as_bytes());
    hasher.update(module).update(boot);
    hasher.update(&(tree.pages() as u64).to_be_bytes());
    hasher.update(&(globals.len() as u64).to_be_bytes());
    for global in globals {
        hasher.update(&global.to_be_bytes());
    }
    *hasher.update(&tree.top()).finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(pages: usize) -> Vec<u8> {
        vec![0; pages * PAGE_BYTES]
    }

    #[test]
    fn an_updated_tree_is_the_tree_of_the_new_memory() {
        let mut bytes = memory(11);
        let mut tree = Tree::new(&bytes);
        for (round, pages) in [(1u8, vec![0]), (2, vec![3, 4, 10]), (3, vec![0, 1, 2, 3])] {
            let mut changed = Vec::new();
            for page in pages {
                bytes[page * PAGE_BYTES + usize::from(round)] = round;
                let start = page * PAGE_BYTES;
                changed.push((page, leaf(&bytes[start..start + PAGE_BYTES])));
            }
            tree.update(11, &changed);
            assert_eq!(tree.top(), Tree::new(&bytes).top(), "round {round}");
        }
    }

    #[test]
    fn a_grown_tree_is_the_tree_of_the_longer_memory() {
        let mut bytes = memory(16);
        bytes[5] = 1;
        let mut tree = Tree::new(&bytes);
        bytes.resize(48 * PAGE_BYTES, 0);
        bytes[40 * PAGE_BYTES] = 9;
        let page = leaf(&bytes[40 * PAGE_BYTES..41 * PAGE_BYTES]);
        tree.update(48, &[(40, page)]);
        assert_eq!(tree.top(), Tree::new(&bytes).top());
    }

    #[test]
    fn the_root_knows_the_number_of_pages_and_every_global() {
        let (module, boot) = ([1; 32], [2; 32]);
        let root = |pages, globals: &[u64]| {
            state_root(&module, &boot, globals, &Tree::new(&memory(pages)))
        };
        assert_ne!(root(8, &[7]), root(7, &[7]));
        assert_ne!(root(8, &[7]), root(8, &[8]));
        assert_ne!(root(8, &[7]), root(8, &[7, 0]));
    }

    #[test]
    fn a_page_of_zeros_has_the_leaf_of_its_bytes() {
        let zeros = [0; PAGE_BYTES];
        assert_eq!(leaf(&zeros), *blake3::hash(&zeros).as_bytes());
        assert_eq!(*ZERO_LEAF, *blake3::hash(&zeros).as_bytes());
    }
}
