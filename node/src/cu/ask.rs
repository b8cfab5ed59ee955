//! What a process's task can be asked, and what it answers.

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::error::CuError;
use super::input::DryMessage;
use crate::store::checkpoint::Position;

/// A question that can be answered once a slot is evaluated.
#[derive(Debug)]
pub struct Ask {
    /// The slot.
    pub slot: u64,
    /// What is asked there.
    pub what: What,
}

/// What is asked, and where the answer goes. Whoever asked may have gone; that is no fault.
#[derive(Debug)]
pub enum What {
    /// That the slot is evaluated and stored.
    Reach(Reply<()>),
    /// What a message would come to, in the state there or later; as outcome JSON.
    DryRun(Box<DryMessage>, Reply<String>),
    /// The state there or later.
    State(Reply<State>),
    /// The state there or later, as another unit can begin with it.
    Take(Reply<Taken>),
    /// That what is due by now behind the slot has run and is stored; false where a turn did not suffice.
    Tick(Reply<bool>),
}

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, CuError>>;

/// The state of a process for another unit.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The slot behind which it stands.
    pub position: Position,
    /// Its root.
    pub root: [u8; 32],
    /// The snapshot.
    pub snapshot: Bytes,
}

/// The state of a process.
#[derive(Clone, Debug)]
pub struct State {
    /// The module's memory.
    pub memory: Bytes,
    /// The slot behind which it stands.
    pub position: Position,
}

impl State {
    /// The same, giving `place` back only once the memory has gone to its reader.
    #[must_use]
    pub fn holding(self, place: OwnedSemaphorePermit) -> Self {
        let memory = Bytes::from_owner(Held {
            memory: self.memory,
            _place: place,
        });
        Self { memory, ..self }
    }
}

/// Memory on its way to a reader, and the place that it takes.
struct Held {
    memory: Bytes,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.memory
    }
}

impl What {
    /// Tells whoever asked that there is no answer.
    pub fn fail(self, error: CuError) {
        // A dropped receiver is a caller that went away.
        let _ = match self {
            Self::Reach(reply) => reply.send(Err(error)).is_ok(),
            Self::DryRun(_, reply) => reply.send(Err(error)).is_ok(),
            Self::State(reply) => reply.send(Err(error)).is_ok(),
            Self::Take(reply) => reply.send(Err(error)).is_ok(),
            Self::Tick(reply) => reply.send(Err(error)).is_ok(),
        };
    }
}
