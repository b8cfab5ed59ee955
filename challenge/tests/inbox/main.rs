//! The log of Origin from outside: shared vectors, stories and properties (PROTOCOL 2, 1.2, 1.4).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod caps;
mod clerk;
mod forge;
#[path = "../derive/forge.rs"]
#[allow(
    dead_code,
    reason = "the hosts' side of the derivation's tests; not all of it is wanted here"
)]
mod hosts;
#[path = "../written/pieces.rs"]
mod pieces;
mod properties;
mod speed;
mod stories;
mod vectors;
