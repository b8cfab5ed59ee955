//! The port to what decides: the contract in its VM.

use super::message::Message;
use super::verdict::Verdict;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It ended with a verdict. Where that says `Unfunded`, the contract's memory is as before (2.4).
    Verdict(Verdict),
    /// It ended in an `Error` or out of fuel: its slot is used and nothing has changed (3.4).
    Failed,
}

/// Runs Origin's messages, one after the other.
pub trait Contract {
    /// Why a run has no verdict on this machine: no fact about the message, so the derivation stops.
    type Error: std::error::Error + 'static;

    /// Runs the next message.
    ///
    /// # Errors
    /// A fault of the machine. Nothing may be run after it.
    fn run(&mut self, message: &Message) -> Result<Ran, Self::Error>;

    /// Is told that a block is over: everything that was run stays.
    ///
    /// # Errors
    /// A fault of the machine.
    fn end_block(&mut self, height: u64) -> Result<(), Self::Error>;
}

/// A contract that can be had a second time, in the same state.
pub trait Fork: Contract + Sized {
    /// The second one.
    ///
    /// # Errors
    /// A fault of the machine.
    fn fork(&self) -> Result<Self, Self::Error>;
}
