//! The last committed state of an instance, byte for byte, with its tree.
//!
//! What changed is found by comparing: the memory is its own and small, and comparing needs no
//! help from the kernel. A page is copied and hashed only if it differs.

use crate::{
    lanes,
    root::{PAGE_BYTES, Tree},
};

#[derive(Clone)]
pub(crate) struct Image {
    pub(crate) memory: Vec<u8>,
    pub(crate) globals: Vec<u64>,
    pub(crate) tree: Tree,
}

impl Image {
    pub(crate) fn new(memory: Vec<u8>, globals: Vec<u64>) -> Self {
        let tree = Tree::new(&memory);
        Self {
            memory,
            globals,
            tree,
        }
    }

    /// Takes the live memory as the new committed state.
    pub(crate) fn take(&mut self, live: &[u8], globals: Vec<u64>) {
        self.memory.resize(live.len(), 0);
        let changed = self.copy_changed(live);
        let (pages, _rest) = self.memory.as_chunks::<PAGE_BYTES>();
        let hashed: Vec<_> = changed.iter().map(|index| &pages[*index]).collect();
        let leaves: Vec<_> = changed.into_iter().zip(lanes::of_pages(&hashed)).collect();
        self.tree.update(pages.len(), &leaves);
        self.globals = globals;
    }

    /// Copies the pages that differ from a live memory of the same length; says which they are.
    fn copy_changed(&mut self, live: &[u8]) -> Vec<usize> {
        let mut changed = Vec::new();
        let pages = live
            .chunks(PAGE_BYTES)
            .zip(self.memory.chunks_mut(PAGE_BYTES));
        for (index, (new, old)) in pages.enumerate() {
            if new != old {
                old.copy_from_slice(new);
                changed.push(index);
            }
        }
        changed
    }

    /// Overwrites what differs in a live memory of the same length.
    pub(crate) fn write_over(&self, live: &mut [u8]) {
        let pages = live
            .chunks_mut(PAGE_BYTES)
            .zip(self.memory.chunks(PAGE_BYTES));
        for (live, old) in pages.filter(|(live, old)| live != old) {
            live.copy_from_slice(old);
        }
    }
}
