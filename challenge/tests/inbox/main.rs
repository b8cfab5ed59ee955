//! The log of Origin from outside: shared vectors, stories and properties (PROTOCOL 2, 1.2, 1.4).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod caps;
mod clerk;
#[path = "../written/files.rs"]
mod files;
mod forge;
#[path = "../derive/forge.rs"]
#[allow(
    dead_code,
    reason = "the hosts' side of the derivation's tests; not all of it is wanted here"
)]
mod hosts;
#[path = "../written/pieces.rs"]
mod pieces;
mod proof;
mod properties;
#[path = "../written/search.rs"]
#[allow(
    unreachable_pub,
    reason = "the games between contract and model show what they found"
)]
mod search;
mod speed;
mod stories;
mod two_hosts;
mod vectors;
