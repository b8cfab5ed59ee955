//! Where a log comes from: this node's own scheduler, or the one that hosts the process, over HTTP.
//!
//! Ports of the compute unit stand here: [`Log`] serves the slots of a process, [`Items`] serves an item by its id alone
//! (modules, and messages that a log names by reference), [`Authorities`] what a court says of keys. What they serve is verified; whether it is the *right* thing is
//! [`super::replay`]'s to say. What cannot be had is an error that names it: nothing is skipped, nothing guessed
//! (PROTOCOL 5.10).

mod authorities;
mod courted;
mod derived;
mod local;
pub mod remote;
mod route;
mod turn;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use aosec_wire::{Id, VerifiedItem};

pub use self::authorities::{Authorities, NoAuthorities};
pub use self::derived::Derived;
pub use self::route::Route;
pub use self::turn::{IsOrphan, Turn};
use super::replay::Entry;
use super::subject::Subject;
use super::word::Word;
use crate::follow::jurisdiction::Voids;

/// The answer of a port, in time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// Slots asked for at once: some 50 ms of an ordinary process, so that the price of a page is felt by none of its slots.
pub const PAGE_SLOTS: u64 = 512;

/// Bytes of a page: it ends behind the message that passes them.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A scheduler's log, slot by slot.
pub trait Log: Send + Sync + fmt::Debug {
    /// The item that spawned `process`; none where this scheduler does not know it.
    fn spawn(&self, process: Id) -> Answer<'_, Option<VerifiedItem>>;

    /// The entries from slot `from` on, at most up to `to` and at most [`PAGE_SLOTS`], in order. Fewer may come; none comes
    /// only where slot `from` is not there.
    fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>>;

    /// The stamp of a slot in milliseconds, for who needs no more of it; none where the slot is not there.
    fn stamp(&self, process: Id, slot: u64) -> Answer<'_, Option<u64>> {
        Box::pin(async move {
            let entries = self.entries(process, slot, slot).await?;
            Ok(entries.first().map(|entry| entry.assignment.timestamp()))
        })
    }

    /// What stands behind the slot of a message of `process`, by the message's id or by its assignment's; none where there is none yet.
    fn assignment(&self, process: Id, id: Id) -> Answer<'_, Option<Word>>;

    /// The newest slot; none where there is no slot yet.
    fn newest(&self, process: Id) -> Answer<'_, Option<u64>>;

    /// Whether a slot shows here as soon as it is stamped, so that what is due behind the newest one may be computed.
    fn is_prompt(&self, _process: Id) -> Answer<'_, bool> {
        Box::pin(async { Ok(true) })
    }

    /// What a court's settled blocks make void of what was computed on another word: where an epoch has ended, a slot was emptied, or
    /// the process has joined the court (PROTOCOL 5.7, 5.10, 5.15). None where they make nothing void.
    fn voids(&self, _process: Id) -> Answer<'_, Option<Voids>> {
        Box::pin(async { Ok(None) })
    }
}

/// Items by id, wherever the network keeps them.
pub trait Items: Send + Sync + fmt::Debug {
    /// The verified item; none where nobody asked has it.
    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>>;

    /// The verified item or transaction; none where nobody asked has it.
    fn subject(&self, id: Id) -> Answer<'_, Option<Subject>>;
}

/// What could not be had, and from whom. All of these may pass: the same request can succeed later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// No gateway has its spawn.
    #[error("no gateway knows process {0}")]
    Unknown(Id),
    /// Nobody knows where the process is scheduled.
    #[error("the scheduler of process {process} cannot be located: {reason}")]
    Nowhere {
        /// The process.
        process: Id,
        /// What the lookup said.
        reason: String,
    },
    /// The other side cannot be reached or broke off.
    #[error("{url} does not answer: {reason}")]
    Silent {
        /// Whom we asked.
        url: String,
        /// What the connection said.
        reason: String,
    },
    /// The other side answered with something that is no log.
    #[error("{url} serves {what}")]
    Shape {
        /// Whom we asked.
        url: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An item that does not verify.
    #[error("{url} serves an item that does not verify: {reason}")]
    Item {
        /// Whom we asked.
        url: String,
        /// Why it does not.
        reason: String,
    },
    /// This node's own scheduler could not read its log.
    #[error("this node's scheduler cannot read its log: {0}")]
    Own(String),
    /// A gateway failed.
    #[error("no gateway answers: {0}")]
    Gateway(String),
    /// The base layer's log cannot be derived.
    #[error("{0}")]
    Derivation(String),
    /// The base layer orders a slot, and does not hold what belongs to it.
    #[error(
        "slot {slot} of process {process} is canonical, and {what} is at none of the gateways that were asked"
    )]
    Absent {
        /// The process.
        process: Id,
        /// The slot.
        slot: u64,
        /// What is missing.
        what: &'static str,
    },
    /// The process leaves it to a court whom it trusts, and this unit does not compute that one.
    #[error(
        "the process trusts the operators of the court {named}, which this node does not compute: its operator starts it with --origin {named}"
    )]
    OtherCourt {
        /// The court.
        named: Id,
    },
    /// The court has not come to the block that a slot is stamped with.
    #[error(
        "the slot is stamped with block {height}, and this node has computed the court up to {}: ask again", computed.map_or_else(|| "none".to_owned(), |at| at.to_string())
    )]
    CourtBehind {
        /// The height of the slot.
        height: u64,
        /// That of the court.
        computed: Option<u64>,
    },
    /// The court stands still.
    #[error("the court is not computed any more: {0}")]
    CourtStill(String),
}
