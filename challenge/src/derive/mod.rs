//! The canonical logs, derived from blocks alone: equal blocks give equal logs (PROTOCOL 2.7, 5.6).
//!
//! 1. A [`Block`] is what the law reads of a block: its height, time, id, and transactions that the reader has verified.
//! 2. A [`HostTable`] says who hosts which process; Origin will give it, and for a process without `Origin` its spawn does.
//! 3. A [`Log`] is where one process stands. A record extends it whole or not at all, judged once, at its own position.
//! 4. The [`Deriver`] steps over blocks with all logs that are followed. Its state at the tip is soft, the one
//!    `settlement_depth` blocks below is firm (1.2); it goes back for a reorg that is not deeper, and refuses a deeper one (1.4).
//!    Who has linked the blocks already and follows one process alone can step its [`Log`] by itself.
//!
//! Entries are handed out as they become canonical and are kept only while a reorg can still take them back; who needs older ones
//! stores them. What is kept of a settled slot is its message id, 32 bytes, because no id may stand in a log twice: some 50 MB
//! a million slots with the tree around them, and only for processes that are followed.
//!
//! Left to others: reading and verifying blocks (the node), Origin's own log and virtual assignments of a process without a host
//! ([`crate::inbox`]), and evidence.

mod block;
mod claim;
mod deriver;
mod error;
mod found;
mod hosts;
mod judge;
mod log;
mod reason;
mod step;
mod transaction;

pub use block::{Block, BlockId, BlockRef, Parameters, Position, Transaction};
pub use claim::Receipt;
pub use deriver::{Deriver, Truncated};
pub use error::{FollowError, NoReceipt, ResumeError, RewindError, StepError};
pub use hosts::{HostTable, Hosting, Hosts, HotKey, Tenure};
pub use log::{Entry, Log, LogFault, LogHead, Start};
pub use reason::{BadItem, Reason, StampFault, Unlawful};
pub use step::{Extended, Ignored, Step};
pub use transaction::LAW_BYTES_MAX;
pub(crate) use transaction::{carried_record, check as check_law, is_law_kind, values};
