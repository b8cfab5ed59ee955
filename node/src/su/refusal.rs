//! Why the scheduler gives no slot, and why it cannot show one.

use std::sync::Arc;

use aosec_wire::limits::ITEM_BYTES_MAX;
use aosec_wire::{Address, Id, MessageError};

use super::{
    chain::ClockBehind,
    guard::{EXCLUDE_BYTES_MAX, EXCLUDES_MAX, GuardError},
    ports::PortError,
    recover::Disagreement,
};
use crate::store::StoreError;

/// A message that gets no slot.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// The item is none that can have a slot.
    #[error(transparent)]
    Item(#[from] MessageError),
    /// It has one already.
    #[error("{message} is already scheduled: slot {slot} of {process}{}", assignment_text(*assignment))]
    AlreadyScheduled {
        /// The message asked for.
        message: Id,
        /// The process.
        process: Id,
        /// Its slot.
        slot: u64,
        /// The assignment of that slot, once it is signed.
        assignment: Option<Id>,
    },
    /// The process is not ordered by this node.
    #[error("{0} is no process of this scheduler")]
    UnknownProcess(Id),
    /// The spawn names another scheduler.
    #[error("{process} names the scheduler {scheduler}, this one is {own}")]
    OtherScheduler {
        /// The process.
        process: Id,
        /// The scheduler that its spawn names.
        scheduler: Address,
        /// This one.
        own: Address,
    },
    /// What was to be assigned is not to be found.
    #[error("{0} is found neither here nor at the gateway")]
    NotFound(Id),
    /// The transaction is not settled.
    #[error("{id} has {have} confirmations, {process} takes it from {need} on")]
    Unsettled {
        /// The transaction.
        id: Id,
        /// The process.
        process: Id,
        /// Confirmations it has.
        have: u64,
        /// Confirmations it needs.
        need: u64,
    },
    /// The transaction is longer than any message.
    #[error(
        "{id} has {bytes} bytes of data; at most {ITEM_BYTES_MAX} are assigned, also where a process does not want to see them"
    )]
    TooLarge {
        /// The transaction.
        id: Id,
        /// Bytes of its data.
        bytes: u64,
    },
    /// The process takes what is sent to it and nothing by reference.
    #[error("{0} takes no assignments by reference: it is protected by an Origin")]
    NoReferences(Id),
    /// The court has another host for it, or none.
    #[error("{process} is not taken: {why}")]
    Court {
        /// The process.
        process: Id,
        /// Why.
        why: Arc<str>,
    },
    /// The list of fields to leave out is none.
    #[error(
        "exclude takes at most {EXCLUDES_MAX} names of letters and hyphens, each up to {EXCLUDE_BYTES_MAX} long"
    )]
    Exclude,
    /// Not now; the same may be taken later.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Why nothing is scheduled at the moment.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unavailable {
    /// The base layer's tip is not known yet, or not firm.
    #[error("the height of the base layer is not known yet: try again in a moment")]
    NoTip,
    /// Too much waits for this process, or for all.
    #[error("too many messages wait: try again in a moment")]
    Full,
    /// What is signed could not be published for too long (D5).
    #[error(
        "signed messages could not be published for too long: nothing new is taken until that works again"
    )]
    Publication,
    /// The court does not let this scheduler sign for the process yet, or is not known at the moment.
    #[error("{0}: try again then")]
    Court(Arc<str>),
    /// It is being looked whether somebody else has the key.
    #[error("whether another node signs with this key is being looked at: try again in a moment")]
    Looking,
    /// This height is waited for: another node with the key could still speak up, or an operator has just resumed.
    #[error("nothing is signed before height {until} of the base layer: try again then")]
    Waiting {
        /// The height.
        until: u64,
    },
    /// This node only observes until its operator acts.
    #[error("this scheduler only observes: {0}")]
    Observer(Arc<str>),
    /// Store and guard disagree.
    #[error(transparent)]
    Disagreement(Arc<Disagreement>),
    /// The clock is wrong.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    /// The guard does not sign.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The store does not write.
    #[error(transparent)]
    Store(Arc<StoreError>),
    /// The base layer could not be asked.
    #[error(transparent)]
    BaseLayer(#[from] PortError),
    /// The node stops.
    #[error("the node is stopping")]
    Stopping,
}

impl From<StoreError> for Unavailable {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<PortError> for Refusal {
    fn from(error: PortError) -> Self {
        Self::Unavailable(error.into())
    }
}

fn assignment_text(assignment: Option<Id>) -> String {
    assignment.map_or_else(String::new, |id| format!(", assignment {id}"))
}
