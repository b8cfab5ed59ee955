//! By whose word a slot is what it is: its scheduler's, or the base layer's. Pure.
//!
//! A scheduler signs assignments. Under a court the canonical log speaks (PROTOCOL 5.4, 5.6), and where nobody hosts a process,
//! nobody signs (5.8); then what the module sees comes from the canonical entry alone.

use aosec_challenge::derive;
use aosec_challenge::inbox::virtual_assignment;
use aosec_wire::{Assignment, Id};

/// What stands behind a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A scheduler's assignment.
    Signed(Box<Assignment>),
    /// An entry of the canonical log of a process under a court.
    Canonical {
        /// The process.
        process: Id,
        /// The entry. That of slot 0 is in no record: it has height and time 0.
        entry: derive::Entry,
        /// Whether the court has emptied the slot: its message does not run (5.10).
        is_empty: bool,
    },
}

impl From<Assignment> for Word {
    fn from(assignment: Assignment) -> Self {
        Self::Signed(Box::new(assignment))
    }
}

impl Word {
    /// The assignment, where one was signed and counts.
    #[must_use]
    pub fn signed(&self) -> Option<&Assignment> {
        match self {
            Self::Signed(assignment) => Some(assignment),
            Self::Canonical { .. } => None,
        }
    }

    /// Whether the court has emptied the slot.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Canonical { is_empty: true, .. })
    }

    /// The id of the assignment; of a canonical entry that of the virtual one (5.8).
    #[must_use]
    pub fn id(&self) -> Id {
        match self {
            Self::Signed(assignment) => assignment.id(),
            Self::Canonical { process, entry, .. } => virtual_assignment(*process, entry),
        }
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> Id {
        match self {
            Self::Signed(assignment) => assignment.process(),
            Self::Canonical { process, .. } => *process,
        }
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        match self {
            Self::Signed(assignment) => assignment.epoch(),
            Self::Canonical { entry, .. } => entry.epoch,
        }
    }

    /// The slot.
    #[must_use]
    pub fn nonce(&self) -> u64 {
        match self {
            Self::Signed(assignment) => assignment.nonce(),
            Self::Canonical { entry, .. } => entry.slot,
        }
    }

    /// The message; slot 0 names none.
    #[must_use]
    pub fn message(&self) -> Option<Id> {
        match self {
            Self::Signed(assignment) => assignment.message(),
            Self::Canonical { entry, .. } => (entry.slot > 0).then_some(entry.message),
        }
    }

    /// The stamped height.
    #[must_use]
    pub fn height(&self) -> u64 {
        match self {
            Self::Signed(assignment) => assignment.height(),
            Self::Canonical { entry, .. } => entry.height,
        }
    }

    /// The stamped time, in milliseconds.
    #[must_use]
    pub fn timestamp(&self) -> u64 {
        match self {
            Self::Signed(assignment) => assignment.timestamp(),
            Self::Canonical { entry, .. } => entry.timestamp,
        }
    }

    /// The `Hash-Chain` that the module sees: the legacy one of an assignment, Cₙ of a canonical entry (5.4).
    #[must_use]
    pub fn hash_chain(&self) -> Id {
        match self {
            Self::Signed(assignment) => assignment.hash_chain(),
            Self::Canonical { entry, .. } => entry.chain,
        }
    }

    /// The log chain, where there is one.
    #[must_use]
    pub fn log_chain(&self) -> Option<Id> {
        match self {
            Self::Signed(assignment) => assignment.log_chain(),
            Self::Canonical { entry, .. } => Some(entry.chain),
        }
    }

    /// The fields that the module does not see.
    #[must_use]
    pub fn exclude(&self) -> &[String] {
        match self {
            Self::Signed(assignment) => assignment.exclude(),
            Self::Canonical { .. } => &[],
        }
    }
}
