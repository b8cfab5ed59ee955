//! The last committed state of an instance, byte for byte. Its root is [`crate::roots`]'s.
//!
//! What changed is found by comparing: the memory is its own and small, and comparing needs no
//! help from the kernel. A page is copied and hashed only if it differs.

use crate::root::PAGE_BYTES;

#[derive(Clone)]
pub(crate) struct Image {
    pub(crate) memory: Vec<u8>,
    pub(crate) globals: Vec<u64>,
}

impl Image {
    /// Takes the live memory as the new committed state; says which pages are others now.
    pub(crate) fn take(&mut self, live: &[u8], globals: Vec<u64>) -> Vec<usize> {
        self.memory.resize(live.len(), 0);
        self.globals = globals;
        self.copy_changed(live)
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
