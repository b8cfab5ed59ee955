//! Where Lua sources stand, and what counts as their front page.

use crate::tree::Tree;

/// Lua files of the house.
pub(crate) fn files(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.with_ending(".lua")
}

/// Whether the first line is a comment.
pub(crate) fn has_front_page(text: &str) -> bool {
    text.starts_with("--")
}
