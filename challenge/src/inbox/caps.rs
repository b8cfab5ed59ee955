//! The sizes of the law that bound an inbox (PROTOCOL 2.2, 2.3, 2.5).

/// Most items that run in a block, for each derived process (2.3).
pub const BLOCK_ITEMS_MAX: usize = 16_384;

/// Most bytes of items that run in a block, for each derived process (2.3).
pub const BLOCK_BYTES_MAX: usize = 10 * 1_024 * 1_024;

/// Longest item of an inbox (2.2).
pub const ITEM_BYTES_MAX: usize = 1_024 * 1_024;

/// Most children of an item (2.5).
pub const CHILDREN_MAX: usize = 128;

/// Most processes that a message may name and see the heads of (2.8).
pub(super) const NAMES_MAX: usize = 64;
