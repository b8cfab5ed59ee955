//! The court twice: the contract in its virtual machine and the model ([`joint`]), over the same random moves.
//!
//! A [`game`] is a genesis and moves; both courts run each of them, and verdicts, answers and, now and then, everything that can be
//! read must be equal. What differs is made short ([`shrink`]) and kept in `tests/vectors/origin`, which every run plays first.
//! [`case_search`] looks at everything that can happen in one case, [`siege`] lets an honest host stand against all others over forks.
//! [`mutations`] breaks the contract on purpose, to see that this would find it.

pub mod case_search;
pub mod compare;
pub mod contract;
pub mod draw;
pub mod game;
pub mod joint;
pub(crate) mod letters;
pub mod moves;
pub mod mutations;
pub mod runner;
pub mod scroll;
#[path = "../../challenge/tests/written/search.rs"]
mod search;
pub mod second;
pub mod shrink;
pub mod siege;
