//! The roots of one process, change after change.
//!
//! The next message needs the state that the last one left, and not its root. So the half of an instance that computes roots can be
//! lent to another thread, which takes the changes in the order in which they were made. What it comes to is what
//! [`crate::Instance::commit`] would have come to.

use crate::{
    image::Image,
    lanes,
    root::{Hash, PAGE_BYTES, Tree, state_root},
};

/// What has changed since the last root, where it stands.
#[derive(Debug)]
pub struct Changed<'a> {
    /// Pages of the whole memory.
    pages: usize,
    globals: &'a [u64],
    /// Pages that are others now, ascending, and their bytes.
    indexes: &'a [usize],
    content: Vec<&'a [u8; PAGE_BYTES]>,
}

impl<'a> Changed<'a> {
    /// These pages of `image`.
    pub(crate) fn of(image: &'a Image, indexes: &'a [usize]) -> Self {
        let (pages, _rest) = image.memory.as_chunks::<PAGE_BYTES>();
        Self {
            pages: pages.len(),
            globals: &image.globals,
            indexes,
            content: indexes.iter().map(|index| &pages[*index]).collect(),
        }
    }

    /// Bytes of the pages that are others now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.indexes.len() * PAGE_BYTES
    }

    fn apply(&self, tree: &mut Tree) {
        let hashes = lanes::of_pages(&self.content);
        let leaves: Vec<(usize, Hash)> = self.indexes.iter().copied().zip(hashes).collect();
        tree.update(self.pages, &leaves);
    }
}

/// The same with bytes of its own, so that it can wait. The room of an old one serves the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pages: usize,
    globals: Vec<u64>,
    indexes: Vec<usize>,
    content: Vec<u8>,
}

impl Change {
    /// Takes the place of what it held.
    pub fn copy(&mut self, changed: &Changed<'_>) {
        self.pages = changed.pages;
        self.globals.clear();
        self.globals.extend_from_slice(changed.globals);
        self.indexes.clear();
        self.indexes.extend_from_slice(changed.indexes);
        self.content.clear();
        let pages = changed.content.iter();
        pages.for_each(|page| self.content.extend_from_slice(*page));
    }

    /// What it holds.
    #[must_use]
    pub fn changed(&self) -> Changed<'_> {
        let (pages, _rest) = self.content.as_chunks::<PAGE_BYTES>();
        Changed {
            pages: self.pages,
            globals: &self.globals,
            indexes: &self.indexes,
            content: pages.iter().collect(),
        }
    }
}

/// The tree of a process, and the root behind the last change that it took.
#[derive(Clone, Debug)]
pub struct Roots {
    module: Hash,
    boot: Hash,
    tree: Tree,
    root: Hash,
}

impl Roots {
    pub(crate) fn new(module: Hash, boot: Hash, globals: &[u64], tree: Tree) -> Self {
        Self {
            root: state_root(&module, &boot, globals, &tree),
            module,
            boot,
            tree,
        }
    }

    /// The root behind the next change.
    pub fn take(&mut self, changed: &Changed<'_>) -> Hash {
        changed.apply(&mut self.tree);
        self.root = state_root(&self.module, &self.boot, changed.globals, &self.tree);
        self.root
    }

    /// The root behind the last change.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }
}
