//! A case: what is kept about one accusation (6).

/// Units of the token.
pub type Amount = u128;

/// Challengers of one case at most (6.4).
pub(super) const CHALLENGERS: usize = 16;

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A message that the host does not take.
    Liveness,
    /// A slot that was promised and is not published.
    Publication,
    /// A message of the log that cannot be had.
    Data,
}

/// How a case stands. The last three are for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for the host.
    Open,
    /// The host has promised a slot (6.5).
    Answered,
    /// The host was right.
    Closed,
    /// The deadline is over.
    Expired,
    /// The lease has ended (6.5).
    Moot,
}

/// Somebody who has posted a bond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenger {
    /// Who.
    pub address: String,
    /// How much.
    pub bond: Amount,
    /// The mined height of his challenge.
    pub mined: u64,
}

/// What the opener of a liveness case has posted besides his bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The message fee.
    pub message: Amount,
    /// The answer fee.
    pub answer: Amount,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its number.
    pub number: u64,
    /// What it is about.
    pub kind: Kind,
    /// As it was last written: that it is moot may follow from the end of its lease ([`super::Docket::state`]).
    pub(super) state: State,
    /// The process.
    pub process: String,
    /// The lease that it names.
    pub lease: u64,
    /// The epoch of that lease.
    pub epoch: u64,
    /// The operator of that lease.
    pub operator: String,
    /// The operator's owner.
    pub owner: String,
    /// The message.
    pub message: String,
    /// The slot, once it is known.
    pub slot: Option<u64>,
    /// The run height of its opening.
    pub opened: u64,
    /// The last mined height of an answer.
    pub deadline: u64,
    /// The last mined height of the publication, once it was answered.
    pub publish_by: Option<u64>,
    /// When it was finished.
    pub ended: Option<u64>,
    /// What was posted, of liveness.
    pub posted: Option<Posted>,
    /// Who challenges, the opener first.
    pub challengers: Vec<Challenger>,
    /// Whether the bonds are still held.
    pub bonds_held: bool,
}

impl Kind {
    /// As it is shown.
    #[must_use]
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Liveness => "Liveness",
            Self::Publication => "Publication",
            Self::Data => "Data",
        }
    }
}

impl State {
    /// As it is shown.
    #[must_use]
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Answered => "Answered",
            Self::Closed => "Closed",
            Self::Expired => "Expired",
            Self::Moot => "Moot",
        }
    }

    /// Open or answered.
    #[must_use]
    pub const fn is_unfinished(self) -> bool {
        matches!(self, Self::Open | Self::Answered)
    }
}

impl Case {
    /// What the docket holds for it: bonds, and the fees that nobody has got yet.
    #[must_use]
    pub fn held(&self) -> Amount {
        let bonds: Amount = self.challengers.iter().map(|one| one.bond).sum();
        let posted = self.posted.unwrap_or(Posted {
            message: 0,
            answer: 0,
        });
        let fees = match self.state {
            State::Open => posted.message + posted.answer,
            State::Answered => posted.message,
            State::Closed | State::Expired | State::Moot => 0,
        };
        fees + if self.bonds_held { bonds } else { 0 }
    }

    /// The state as it was last written: what the case's row shows until its money went back, also where it is moot.
    #[must_use]
    pub const fn written(&self) -> State {
        self.state
    }

    pub(super) fn has(&self, who: &str) -> bool {
        self.challengers.iter().any(|one| one.address == who)
    }

    /// Who shares a bounty of it.
    pub(super) fn addresses(&self) -> Vec<String> {
        let all = self.challengers.iter();
        all.map(|one| one.address.clone()).collect()
    }
}
