//! The two files of a node as a disk keeps them: what is flushed stays, what is only written may be lost, and every file can be
//! damaged or exchanged for an older copy of itself.

pub(super) mod guard;
pub(super) mod queue;
pub(super) mod store;

use self::{guard::GuardFile, store::Store};
use crate::harness::seed::Seed;

/// How a machine stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stop {
    /// The process was killed: the system still writes what it was given.
    Kill,
    /// The power went: what was not flushed is lost, in part or whole.
    Power,
}

/// Both files.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    pub(super) store: Store,
    pub(super) guard: GuardFile,
}

impl Disk {
    /// What is left after a stop.
    pub(super) fn stop(&mut self, stop: Stop, dice: &mut Seed) {
        self.store.stop(stop, dice);
        self.guard.stop(stop, dice);
    }
}
