//! What can happen, each at its moment. Everything is small and plain, so that a trace of it is a number.

use aosec_wire::Id;

use super::incident::Incident;

/// A message on the way from a client, by its number in the world.
pub(super) type Letter = usize;
/// A machine, by its number in the world.
pub(super) type MachineIndex = usize;

/// One event of the queue.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) enum Event {
    /// A client sends, for the first time or again.
    Send(Letter),
    /// It reaches a machine.
    Deliver(MachineIndex, Letter),
    /// The answer reaches the client.
    Told(Letter, Told),
    /// A machine goes on with what it does; of no effect once it has stopped in between.
    Step(MachineIndex, u32, Step),
    /// A machine is switched on.
    Start(MachineIndex),
    /// A block is found.
    Mine,
    /// A transaction reaches the miners.
    Pooled(Id),
    /// Somebody challenges the host of a process, by its number in the scene, to take a message, by its number in the cast.
    Accuse(usize, usize),
    /// Something goes wrong.
    Incident(Incident),
    /// From now on nothing goes wrong any more.
    Heal,
}

/// What a client hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Told {
    /// It stands in this slot: a receipt.
    Slot(u64),
    /// It stood in this slot before.
    Stands(u64),
    /// Not now.
    Busy,
}

/// What a machine does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// The owner of a log looks at what waits.
    Take(Id),
    /// Its signatures are kept if no batch took them along since.
    Keep(Id, u64),
    StoreWritten,
    StoreFlushed,
    GuardWritten,
    GuardFlushed,
    /// Somebody starts it anew, because it writes no more.
    Restart,
    /// One round of the publication.
    Round,
    /// The gateway has answered to a post; none where it failed.
    Posted(Option<Id>),
}

/// The moments of D1 and of the publication at which a machine can be made to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Moment {
    Planned,
    StoreWritten,
    StoreFlushed,
    GuardWritten,
    GuardFlushed,
    Signed,
    Answered,
    PostSent,
    PostNoted,
}

impl Moment {
    pub(super) const ALL: [Self; 9] = [
        Self::Planned,
        Self::StoreWritten,
        Self::StoreFlushed,
        Self::GuardWritten,
        Self::GuardFlushed,
        Self::Signed,
        Self::Answered,
        Self::PostSent,
        Self::PostNoted,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Planned => "a stop when a batch was planned",
            Self::StoreWritten => "a stop when the store was written",
            Self::StoreFlushed => "a stop when the store was flushed",
            Self::GuardWritten => "a stop when the guard was written",
            Self::GuardFlushed => "a stop when the guard was flushed",
            Self::Signed => "a stop when a batch was signed",
            Self::Answered => "a stop when a batch was answered",
            Self::PostSent => "a stop when a post was sent",
            Self::PostNoted => "a stop when a post was noted",
        }
    }
}
