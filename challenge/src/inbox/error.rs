//! What can stop the derivation of Origin.

use thiserror::Error;

use super::table::BadRow;
use super::verdict::BadVerdict;
use crate::derive::StepError;

/// Why a block was not stepped over. After any but [`CourtError::Block`] the court is spent: it is made anew.
#[derive(Debug, Error)]
pub enum CourtError<E: std::error::Error + 'static> {
    /// The block does not come next; nothing has changed then.
    #[error(transparent)]
    Block(#[from] StepError),
    /// The genesis says another depth than this derivation was given.
    #[error(transparent)]
    Depth(#[from] DepthError),
    /// The contract took a genesis message in which the parameters of the derivation cannot be read.
    #[error("the genesis was accepted, but its parameter {0} cannot be read")]
    Genesis(&'static str),
    /// The contract's verdict is none.
    #[error(transparent)]
    Verdict(#[from] BadVerdict),
    /// A row of the contract is none.
    #[error(transparent)]
    Row(#[from] BadRow),
    /// The contract cannot be run on this machine.
    #[error("the contract cannot be run: {0}")]
    Contract(#[source] E),
    /// An earlier step failed half-way.
    #[error("the derivation of Origin failed before and has to begin again")]
    Spent,
}

/// Two settlement depths: the firm state would not be firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Origin's settlement depth is {genesis}, this node was told {given}")]
pub struct DepthError {
    /// The court's parameter.
    pub genesis: usize,
    /// What this derivation was given.
    pub given: usize,
}
