//! The five keys of a node, and how they rest on disk.
