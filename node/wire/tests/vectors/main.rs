//! The ANS-104 vectors of `tests/vectors/ans104`, all of them, in both directions; and hostile bytes made from them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod corpus;
mod verdicts;
