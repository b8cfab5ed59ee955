//! The steps of a check, and how they are told.

use aosec_wire::Id;

/// The steps, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// The spawn is signed, and says whose word orders its messages.
    Spawn,
    /// What the court is said to know.
    Court,
    /// Records and receipts, by position.
    Log,
    /// The end of an epoch.
    Cut,
    /// The order of the base layer behind it.
    Fallback,
    /// The slot itself.
    Slot,
    /// The message in it.
    Message,
    /// What the host signed for it.
    Receipt,
    /// A case by which its message does not run (5.10).
    Emptied,
}

impl Name {
    /// One word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Spawn => "spawn",
            Self::Court => "court",
            Self::Log => "log",
            Self::Cut => "cut",
            Self::Fallback => "fallback",
            Self::Slot => "slot",
            Self::Message => "message",
            Self::Receipt => "receipt",
            Self::Emptied => "emptied",
        }
    }
}

/// A step that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub name: Name,
    /// What was found, in a sentence.
    pub says: String,
    /// The hashes that it rests on, each with its formula.
    pub hashes: Vec<(String, String)>,
}

impl Step {
    pub(super) fn new(name: Name, says: impl Into<String>) -> Self {
        Self {
            name,
            says: says.into(),
            hashes: Vec::new(),
        }
    }

    pub(super) fn hash(mut self, formula: impl Into<String>, value: Id) -> Self {
        self.hashes.push((formula.into(), value.to_string()));
        self
    }
}
