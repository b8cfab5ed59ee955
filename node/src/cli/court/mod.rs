//! What the verbs of the court have in common. The verbs themselves stand one file a noun beside this folder: `origin`, `stake`, `host`.
//!
//! [`ask`] finds a node that computes the court and reads from it, [`lists`] asks for operators and processes, [`send`] signs, sends
//! and waits, [`shown`] writes answers for a person.

pub mod ask;
pub mod lists;
pub mod send;
pub mod shown;

pub use ask::{CourtClient, ReadArgs};
pub use lists::{OperatorsArgs, ProcessesArgs};
pub use send::{SendArgs, agreed};
pub use shown::{lines, shown, timed};
