//! The ANS-104 vectors of `tests/vectors/ans104`, all of them, in both directions; and hostile bytes made from them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

/// What must hold for any bytes: shared with the fuzz targets.
#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "public to the fuzz targets")]
mod checks;
mod corpus;
mod hostile;
mod properties;
mod seed;
mod verdicts;
