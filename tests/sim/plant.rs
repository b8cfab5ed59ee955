//! Faults put into the simulated node on purpose, to see that the simulator finds them. The product has none of them.

use std::{fmt, str::FromStr};

/// A planted fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A slot is answered when its writes are given to the system, not when they are on the disk.
    AnswerBeforeFsync,
    /// A start believes its store and forgets what the guard has recorded.
    GuardIgnored,
    /// The publication forgets a transaction whose block was orphaned.
    GapOnFork,
    /// The defender answers what is opened while it runs, and forgets the rest.
    OldCasesForgotten,
}

impl Plant {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::AnswerBeforeFsync,
        Self::GuardIgnored,
        Self::GapOnFork,
        Self::OldCasesForgotten,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::AnswerBeforeFsync => "answer-before-fsync",
            Self::GuardIgnored => "guard-ignored",
            Self::GapOnFork => "gap-on-fork",
            Self::OldCasesForgotten => "old-cases-forgotten",
        }
    }
}

impl fmt::Display for Plant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No plant has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPlant;

impl fmt::Display for UnknownPlant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Plant::ALL.map(Plant::name).join(", ");
        write!(f, "no fault of this name can be planted; there are {names}")
    }
}

impl std::error::Error for UnknownPlant {}

impl FromStr for Plant {
    type Err = UnknownPlant;

    fn from_str(text: &str) -> Result<Self, UnknownPlant> {
        let named = Self::ALL.into_iter().find(|plant| plant.name() == text);
        named.ok_or(UnknownPlant)
    }
}
