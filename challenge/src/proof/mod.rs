//! One slot of one process, checked out of what somebody brings and nothing else (PROTOCOL 5.4 to 5.8): each hash recomputed, each
//! step named.
//!
//! 1. A [`Brought`] is what a file holds, with every signature of items and transactions verified by its types.
//! 2. [`check`] goes step by step ([`Name`]) and gives a [`Proof`], or the [`Failure`] of the first step that does not hold.
//! 3. A [`Proof`] says what it proves alone, and what it leaves open ([`Proof::leaves_open`]): a file is no chain.
//!
//! Left to others: reading files, and asking anybody for blocks (the node).

mod check;
mod log;
mod steps;
mod words;

use aosec_wire::{Id, VerifiedItem};
use thiserror::Error;

pub use check::check;
pub use steps::{Name, Step};

use crate::derive::{Block, Entry};
use crate::inbox::{Lease, ReplayError};

/// What is brought for one slot. That the transactions of the blocks are signed as they say is vouched for by whoever makes this.
#[derive(Clone, Debug)]
pub struct Brought {
    /// The spawn of the process.
    pub spawn: VerifiedItem,
    /// The slot.
    pub slot: u64,
    /// The message in it, where it could be had.
    pub message: Option<VerifiedItem>,
    /// What the host signed for it, where it could be had.
    pub receipt: Option<VerifiedItem>,
    /// What the court says of the process; none where it stands under no court.
    pub court: Option<Court>,
    /// The blocks in which something of the log stands, in order, with these transactions alone.
    pub blocks: Vec<Block>,
}

/// What the court is said to know: its word, not proven here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Court {
    /// The court.
    pub origin: Id,
    /// Blocks from U to the end of an epoch (5.7).
    pub cut: u64,
    /// The leases of the process, by epoch.
    pub leases: Vec<Lease>,
    /// How the process came under it, where it stood under none before.
    pub joined: Option<Joined>,
    /// The slots that cases about data have emptied: case and slot (5.10).
    pub emptied: Vec<(u64, u64)>,
}

/// What a `Register` named (5.15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The first slot that the law looks at.
    pub first: u64,
    /// The legacy chain at the slot before it.
    pub legacy: Id,
}

/// What a slot rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rests {
    /// A record or receipt of its host, on the base layer.
    OnRecord,
    /// The order of the base layer itself (5.8).
    OnBaseLayer,
    /// A receipt alone: it was promised, and the file holds nothing of the base layer that keeps the promise.
    OnPromise,
}

/// A slot that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The process.
    pub process: Id,
    /// The slot; of a promise as it was signed, mined at 0.
    pub entry: Entry,
    /// What it rests on.
    pub rests: Rests,
    /// Whether the message itself was there.
    pub has_message: bool,
    /// The case that has emptied the slot: its message stands there, and does not run.
    pub emptied: Option<u64>,
    /// How it was checked, in order.
    pub steps: Vec<Step>,
}

/// A step that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the step '{name}' does not hold: {fault}", name = at.word())]
pub struct Failure {
    /// Which.
    pub at: Name,
    /// Why.
    pub fault: Fault,
    /// What held before it.
    pub steps: Vec<Step>,
}

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// The spawn is none.
    #[error("the item is no spawn of a process: {0}")]
    NoSpawn(String),
    /// The spawn names a court, and nothing of one was brought.
    #[error("the process stands under the court {0}, and the file says nothing of its leases")]
    NoCourt(String),
    /// What was brought is of another court than the spawn names.
    #[error("the spawn names {named}, and the rows are those of {brought}")]
    OtherCourt {
        /// By the spawn.
        named: String,
        /// By the file.
        brought: Id,
    },
    /// What was brought of `Register`, of a process that cannot have joined.
    #[error("the spawn names the court {0} itself, so the process never joined it by Register")]
    NeverJoined(String),
    /// A slot from before the process joined.
    #[error(
        "slot {slot} lies before slot {first}, with which the court's log begins: bring it without the court's rows"
    )]
    BeforeJoining {
        /// The slot.
        slot: u64,
        /// The first slot under the court.
        first: u64,
    },
    /// Registers a process from its spawn on, or another slot than its first lease.
    #[error("it joined at slot {first}, and its first lease begins at slot {lease}")]
    JoinedElsewhere {
        /// By the row of `Register`.
        first: u64,
        /// By the lease.
        lease: u64,
    },
    /// The blocks and rows make no log.
    #[error("{0}")]
    Replay(#[from] ReplayError),
    /// Nothing puts anything into the slot.
    #[error(
        "nothing in the file puts a message into slot {slot}: its log ends at slot {head}{ignored}"
    )]
    NotReached {
        /// The slot.
        slot: u64,
        /// The last slot.
        head: u64,
        /// Why what stands there had no effect.
        ignored: String,
    },
    /// The chain does not recompute.
    #[error("the chain at slot {slot} recomputes to {found}, and is said to be {said}")]
    Chain {
        /// The slot.
        slot: u64,
        /// By the formula.
        found: Id,
        /// By the log.
        said: Id,
    },
    /// The message is not the slot's.
    #[error("the message has the id {found}, and the slot holds {holds}")]
    OtherMessage {
        /// The item's.
        found: Id,
        /// The slot's.
        holds: Id,
    },
    /// The receipt is none.
    #[error("the item is no receipt: {0}")]
    NoReceipt(String),
    /// The receipt says something else than the log.
    #[error("the receipt is for {0}, and not for this slot as the log has it")]
    OtherReceipt(String),
    /// Nobody whose word counts has signed it.
    #[error("the receipt is signed by {0}, whose key never counted for this epoch")]
    Signer(String),
    /// Neither base layer nor receipt.
    #[error("the file holds neither a receipt nor anything of the base layer for slot {0}")]
    Nothing(u64),
}
