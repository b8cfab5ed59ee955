//! The pure rules of this unit, through one door, for whoever plays them without its loops: the simulator performs the same
//! effects in the same order over a world that it can break, and repeat from a number.
//!
//! What stands in the next slots is in [`super::chain`], what a start makes of its two files in [`super::recover`]; both are
//! open anyway. Nothing here holds a key or a file: who signs brings the key along.

pub use super::{
    admission::{Verdict, Want, admit},
    guard::pure as guard,
    outbox::{Planned, due, is_stalled, lag, records, runs},
    passage::{Fate, Patience, fates},
    registry::Signed,
    rows::{planned, rows},
};
