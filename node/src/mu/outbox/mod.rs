//! One message's life as a pure step: what is known of it, what just happened, what is to be done next.
//!
//! ```text
//! Received ─ Submitting ─ Scheduled ─ Computing ─ FannedOut ─ Done
//!                 ├─ Unassigned   the first hop's time is over; kept, tried again only when the same bytes come again (D7)
//!                 ├─ Uploading    the target is a wallet: the item goes to the base layer instead ─ Done
//!                 ├─ Done         it has its slot and was cast: what it comes to is nobody's business here; or the base layer orders its
//!                 │               process and has it in the log: what it comes to is pushed by others (D10)
//!                 └─ Refused      the scheduler, the compute unit or a bound said no, for good
//! ```
//!
//! Rules that hold here and are tested as properties: a receipt, once known, is never forgotten; an event that does not fit
//! the state changes nothing; an unfinished state answers [`Event::Begin`] with exactly one thing to do, so a restart goes on
//! wherever it was; nothing ends but by a word from outside (a slot, a refusal, an upload) or by the first hop's clock.
//!
//! Deliberately absent: time, randomness, storage, keys. How long to wait is [`super::budget`]; who performs the effects is
//! `super::actor`, which stores the new state before it performs any of them (A10).

mod step;

use bytes::Bytes;

pub use self::step::step;

/// The proof of a slot: what the scheduler signed (D6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The slot in the process's log.
    pub slot: u64,
    /// The signed assignment, byte for byte.
    pub assignment: Bytes,
}

/// How an entry came into the outbox; it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// A client sent it and waits for the slot.
    FirstHop,
    /// An evaluation produced it.
    Pushed,
}

/// What an entry carries; it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// A message to a process, or to a wallet.
    Message,
    /// A new process.
    Spawn,
    /// A message that stands elsewhere and is to be given a slot of one more process.
    Assign,
}

/// The facts of an entry that rules depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nature {
    /// How it came.
    pub entrance: Entrance,
    /// What it carries.
    pub load: Load,
    /// Whether it goes to its slot and no further: nobody asks what it comes to.
    pub is_cast: bool,
}

/// Attempts of the present stage that came to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// Attempts in all; they only set the pace.
    pub failed: u32,
    /// Attempts that were answered with a plain no: unknown to everybody, or declined.
    pub noes: u32,
}

impl Tries {
    fn once_more(self) -> Self {
        Self {
            failed: self.failed.saturating_add(1),
            ..self
        }
    }

    fn with_no(self) -> Self {
        Self {
            noes: self.noes.saturating_add(1),
            ..self.once_more()
        }
    }
}

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Durably kept, nothing tried yet.
    Received,
    /// The scheduler is being asked, or will be again.
    Submitting(Tries),
    /// The target is a wallet; the base layer is being asked to take the item.
    Uploading(Tries),
    /// It has its slot; the compute unit has not been asked.
    Scheduled(Receipt),
    /// The compute unit is being asked, or will be again.
    Computing(Receipt, Tries),
    /// All that its evaluation produced stands in the outbox, and some of it is unfinished.
    FannedOut(Receipt),
    /// Nothing is left to do.
    Done(Ending),
    /// The first hop's time ended without an answer.
    Unassigned,
    /// Refused for good.
    Refused(Refusal),
}

/// How an entry ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It has a slot, and all that came of it has ended too.
    Scheduled(Receipt),
    /// It lies on the base layer.
    Uploaded,
}

/// Why an entry ended badly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The slot, where it had one already.
    pub receipt: Option<Receipt>,
    /// Who refused, and in which words.
    pub reason: Reason,
}

/// Who refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The scheduler, in its own words.
    #[error("the scheduler refused it: {0}")]
    Scheduler(String),
    /// No source knows a process or scheduler of this id.
    #[error(
        "no scheduler is known for its process: check the id, or wait until the process is published"
    )]
    UnknownProcess,
    /// The compute unit cannot ever compute it.
    #[error("its result cannot be computed: {0}")]
    Compute(String),
    /// The base layer cannot ever take it.
    #[error("the base layer refused it: {0}")]
    BaseLayer(String),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was stored, found at start, or its pause is over.
    Begin,
    /// A client sent the same bytes once more.
    Again,
    /// The scheduler gave it a slot, now or earlier.
    Assigned(Receipt),
    /// Every source was asked, and none knows its process.
    Unknown,
    /// It did not work this time; it may the next.
    Hitch,
    /// The one who was asked refuses for good.
    Declined(String),
    /// The first hop's time is over.
    FirstHopOver,
    /// The base layer has it.
    Uploaded,
    /// Nobody hosts its process, and it stands in the log as the base layer itself orders it.
    Ordered,
    /// Its result is there, and what it sends out is ready to be stored.
    Pushed,
    /// All entries that came of it have ended.
    ChildrenEnded,
}

/// What is to be done, once the new state is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the scheduler for a slot.
    Submit,
    /// Give the item to the base layer.
    Upload,
    /// Ask the compute unit; what it says is reported as [`Event::Pushed`].
    Compute,
    /// Store, together with the new state, what came of it: the messages of its result, or the notice that a spawn has a slot.
    Adopt,
    /// Begin again after this many milliseconds.
    Pause {
        /// Milliseconds from now.
        wait_ms: u64,
    },
    /// Whoever waits for this entry can be answered.
    Answer,
}

impl State {
    /// Whether nothing more will happen by itself.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Unassigned | Self::Refused(_))
    }

    /// The receipt, if a slot is known.
    #[must_use]
    pub fn receipt(&self) -> Option<&Receipt> {
        match self {
            Self::Scheduled(receipt) | Self::Computing(receipt, _) | Self::FannedOut(receipt) => {
                Some(receipt)
            }
            Self::Done(Ending::Scheduled(receipt)) => Some(receipt),
            Self::Refused(refusal) => refusal.receipt.as_ref(),
            _ => None,
        }
    }

    /// One word for people, the same in the API and in the log.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Submitting(_) => "submitting",
            Self::Uploading(_) => "uploading",
            Self::Scheduled(_) => "scheduled",
            Self::Computing(..) => "computing",
            Self::FannedOut(_) => "fanned out",
            Self::Done(Ending::Scheduled(_)) => "done",
            Self::Done(Ending::Uploaded) => "uploaded",
            Self::Unassigned => "unassigned",
            Self::Refused(_) => "refused",
        }
    }
}
