//! What can stand between a question and its answer. Which status it becomes is the edge's business (A5).

use aosec_wire::Id;

use super::cron::CronError;
use super::lanes::Lost;
use super::listing::ListingError;
use super::machine::WorkshopError;
use super::replay::Fault;
use super::source::SourceError;
use super::terms::{FormatError, TermsError};
use crate::store::outcome::Divergence;

/// A failed question to the compute unit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CuError {
    /// No scheduler that could be asked knows the process.
    #[error("process {0} is not known to any scheduler that was asked")]
    NoProcess(Id),
    /// The item of this id spawns nothing.
    #[error("{process} is no process: {reason}")]
    NotAProcess {
        /// The id.
        process: Id,
        /// What the item lacks.
        reason: String,
    },
    /// The message has no slot.
    #[error("message {message} has no slot in the log of process {process}")]
    NoMessage {
        /// The process.
        process: Id,
        /// The message.
        message: Id,
    },
    /// The slot is not assigned yet, or, where the unit reads the base layer, not settled there.
    #[error(
        "slot {slot} of process {process} is not in the log that this unit reads; the newest there is {newest}"
    )]
    NoSlot {
        /// The process.
        process: Id,
        /// The slot.
        slot: u64,
        /// The newest slot.
        newest: u64,
    },
    /// The log is missing a slot that was promised, or an item that it names.
    #[error("slot {slot} of process {process} cannot be had: {what}")]
    Missing {
        /// The process.
        process: Id,
        /// The slot.
        slot: u64,
        /// What is missing.
        what: String,
    },
    /// This unit began the process with a state that somebody else computed.
    #[error(
        "slot {slot} of process {process} lies before the checkpoint that this unit began with; the first slot that it has is {first}"
    )]
    BeforeCheckpoint {
        /// The process.
        process: Id,
        /// The slot.
        slot: u64,
        /// The first slot with an outcome.
        first: u64,
    },
    /// A source failed.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The log breaks a rule.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The module is nowhere to be found.
    #[error("module {0} is at none of the gateways that were asked")]
    NoModule(Id),
    /// The module is of a format that is not run here.
    #[error("module {module}: {reason}")]
    Format {
        /// The module.
        module: Id,
        /// What is not supported.
        reason: FormatError,
    },
    /// The module's bytes cannot be run.
    #[error("module {module}: {reason}")]
    Module {
        /// The module.
        module: Id,
        /// Why not.
        reason: WorkshopError,
    },
    /// The module could not be made ready on this machine, now.
    #[error("module {module} could not be made ready: {reason}; ask again later")]
    Unready {
        /// The module.
        module: Id,
        /// Why not.
        reason: WorkshopError,
    },
    /// The module is larger than this node compiles.
    #[error("module {module} has {bytes} bytes; this node takes {most}")]
    ModuleTooLarge {
        /// The module.
        module: Id,
        /// Its size.
        bytes: usize,
        /// The most that is taken.
        most: usize,
    },
    /// No limits to run under.
    #[error("process {process}: {reason}")]
    Terms {
        /// The process.
        process: Id,
        /// Which limit, and why not.
        reason: TermsError,
    },
    /// Nobody can say when it wakes.
    #[error("process {process}: {reason}")]
    Cron {
        /// The process.
        process: Id,
        /// Which tag, and why not.
        reason: CronError,
    },
    /// An instance could not be made.
    #[error("process {process}: {reason}")]
    Instance {
        /// The process.
        process: Id,
        /// Why not.
        reason: WorkshopError,
    },
    /// An evaluation that ended without a verdict.
    #[error("slot {slot} of process {process}: {reason}")]
    Interrupted {
        /// The process.
        process: Id,
        /// The slot.
        slot: u64,
        /// What happened.
        reason: String,
    },
    /// The same log gave another result than before: the process stands still until somebody has looked.
    #[error("process {process}: {divergence}")]
    Diverged {
        /// The process.
        process: Id,
        /// Where and in what.
        divergence: Divergence,
    },
    /// The deadline passed; the evaluation goes on.
    #[error("process {process} is still being evaluated; ask again")]
    StillEvaluating {
        /// The process.
        process: Id,
    },
    /// Too many questions wait already.
    #[error("too many questions wait at process {0}; ask again later")]
    Busy(Id),
    /// Too many dry runs of one caller.
    #[error("this address has had its dry runs of this minute")]
    TooMany,
    /// A dry run or a state against a state that is not the newest.
    #[error("only the newest state can be asked here; {0} lies before it")]
    PastState(String),
    /// A parameter of a list.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(String),
    /// A thread was lost to a bug.
    #[error("an evaluation was lost to a fault of this program")]
    Panicked,
    /// The node stops.
    #[error("the node is stopping")]
    Stopping,
}

impl CuError {
    /// True where asking again cannot help as long as this node is what it is: what was asked does not exist, breaks a rule, or
    /// asks for more than is given here.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Self::NotAProcess { .. }
                | Self::Fault(_)
                | Self::Format { .. }
                | Self::Module { .. }
                | Self::ModuleTooLarge { .. }
                | Self::Terms { .. }
                | Self::Cron { .. }
                | Self::PastState(_)
                | Self::Listing(_)
                | Self::Diverged { .. }
        )
    }
}

impl From<Lost> for CuError {
    fn from(_lost: Lost) -> Self {
        Self::Panicked
    }
}

impl From<crate::store::StoreError> for CuError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Store(error.to_string())
    }
}
