//! What the compute unit needs of an engine: load a module, boot or restore an instance of it, run one message, keep or forget
//! the change. [`super::engine`] gives it with wasmtime; tests give it with a few lines.
//!
//! An instance is used by one evaluation at a time and may be dropped at any moment: everything it knows can be computed again.

use std::fmt;
use std::sync::Arc;

use aosec_wasm::{Changed, Roots};
use aosec_wire::VerifiedItem;
use bytes::Bytes;

use super::terms::Terms;

/// Loads modules.
pub trait Workshop: Send + Sync + fmt::Debug {
    /// Name and version of the engine: part of what an operator attests.
    fn engine(&self) -> &str;

    /// Makes a module ready to run. Slow; called off the threads that wait for sockets.
    ///
    /// # Errors
    /// [`WorkshopError::Module`] where it is none that this engine takes.
    fn load(&self, module: &VerifiedItem) -> Result<Arc<dyn Program>, WorkshopError>;
}

/// A module that is ready to run.
pub trait Program: Send + Sync + fmt::Debug {
    /// A new instance, before its first message.
    ///
    /// # Errors
    /// [`WorkshopError`] where the machine has no room, or the module fails to start.
    fn boot(&self, terms: Terms) -> Result<Box<dyn Machine>, WorkshopError>;

    /// An instance as it was when `snapshot` was taken.
    ///
    /// # Errors
    /// [`WorkshopError::Snapshot`] where it is none of this module's.
    fn restore(&self, snapshot: &[u8], terms: Terms) -> Result<Box<dyn Machine>, WorkshopError>;
}

/// A live instance.
pub trait Machine: Send + fmt::Debug {
    /// Runs one message with all the fuel of the terms. The change is pending until it is committed or rolled back.
    fn run(&mut self, message: &[u8], environment: &[u8]) -> Run;

    /// Runs one message against a copy of the committed state, with `fuel`, and forgets the copy's change.
    fn dry_run(&mut self, message: &[u8], environment: &[u8], fuel: u64) -> Run;

    /// Makes the pending change the state; gives the new root.
    fn commit(&mut self) -> [u8; 32];

    /// Forgets the pending change.
    fn rollback(&mut self);

    /// Lends the half that computes roots, so that another thread may do that; none where the instance has no such half. Until it is
    /// back, [`Self::keep`] stands in the place of [`Self::commit`], and [`Self::root`] is that of the last commit.
    fn lend_roots(&mut self) -> Option<Roots> {
        None
    }

    /// Makes the pending change the state, and tells it for whoever has the roots.
    fn keep(&mut self, _tell: &mut dyn FnMut(&Changed<'_>)) {}

    /// Takes back what was lent.
    fn take_back(&mut self, _roots: Roots) {}

    /// The root of the committed state.
    fn root(&self) -> [u8; 32];

    /// The committed state, so that it can be restored.
    fn snapshot(&self) -> Vec<u8>;

    /// The module's memory as it stands committed.
    fn memory(&self) -> Bytes;

    /// What this instance takes of the machine's memory.
    fn resident_bytes(&self) -> u64;
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What the module answered, or why it did not.
    pub answer: Result<Vec<u8>, Failure>,
    /// Fuel burnt.
    pub fuel_used: u64,
}

/// Why a module did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A verdict: the same on every machine, in the same words.
    #[error("{0}")]
    Verdict(String),
    /// No verdict: this machine gave up, another one may not.
    #[error("interrupted without a verdict: {0}")]
    Interrupted(String),
}

/// Why there is no instance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkshopError {
    /// The bytes are no module of this format.
    #[error("the module cannot be run: {0}")]
    Module(String),
    /// The snapshot is damaged or of another module.
    #[error("the snapshot does not fit: {0}")]
    Snapshot(String),
    /// This machine has no room.
    #[error("no instance can be made: {0}")]
    Room(String),
}
