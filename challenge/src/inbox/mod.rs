//! The log of Origin, derived from blocks alone: the court has no host, Arweave orders its messages (PROTOCOL 2).
//!
//! 1. [`Mail`] is what stands in one block for Origin: the inbox items that may run, their enclosures verified, the receipts among
//!    them, and the reasons for everything else (2.1, 2.2, 2.5). It needs the block alone and is made once.
//! 2. The [`Court`] steps over blocks (2.8): it extends the logs of the processes that the court knows, gives the Tick, then the
//!    queue and the block's items in order, under the caps of 2.3, and reads the verdicts. What decides is behind the port
//!    [`Contract`]; no rule of the court stands here.
//! 3. A [`Track`] holds the court twice: *firm*, `settlement_depth` blocks below the tip, and *soft*, at the tip (1.2). For a reorg
//!    it begins again at the firm court, and refuses one that is deeper (1.4).
//!
//! Equal blocks give byte-equal messages (2.7), however they were handed in and whatever reorgs lay between.
//!
//! In step (a) a process that has lost its host goes on in the order of the base layer (5.8): its new slots are handed out as
//! [`VirtualSlot`]s, and the end of the host's word as a [`CutOff`]. What an expired case about data empties (5.10) is handed out as [`Emptied`]: who computes skips that slot.
//!
//! Left to others: reading and verifying transactions, running the contract, keeping its state, reading the messages of virtual
//! slots where they stand (the node).

mod bodies;
mod caps;
mod cases;
mod contract;
mod court;
mod error;
mod evidence;
mod fallback;
mod log_row;
mod mail;
mod message;
mod names;
mod places;
mod queue;
mod reason;
mod replay;
mod sitting;
mod slots;
mod table;
mod track;
mod verdict;

pub use caps::{BLOCK_BYTES_MAX, BLOCK_ITEMS_MAX, CHILDREN_MAX, ITEM_BYTES_MAX};
pub use cases::Emptied;
pub use contract::{Contract, Fork, Ran};
pub use court::{Court, Stepped};
pub use error::{CourtError, DepthError};
pub(crate) use evidence::Evidence;
pub use fallback::{CutOff, VirtualSlot};
pub use mail::{Discarded, Mail, check_eligible, eligible};
pub use message::{Kind, Message};
pub use reason::{BadChild, Unfit};
pub use replay::{Lease, Replay, ReplayError, Replayed};
pub use sitting::{Counts, Slot};
pub use slots::virtual_assignment;
pub use table::{BadRow, Begun};
pub use track::{Track, TrackError};
pub use verdict::{BadVerdict, Verdict, legacy_chain};
