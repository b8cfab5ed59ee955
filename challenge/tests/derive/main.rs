//! The derivation of canonical logs from outside: shared vectors, stories and properties (PROTOCOL 2.1, 5.4 to 5.7, 1.2, 1.4).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../written/files.rs"]
mod files;
mod forge;
#[path = "../written/pieces.rs"]
mod pieces;
mod properties;
mod speed;
mod stories;
mod vectors;
