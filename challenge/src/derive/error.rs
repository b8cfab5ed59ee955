//! What a caller of the derivation can do wrong, and the one thing that the base layer can do: a reorg that is too deep.

use aosec_wire::Id;
use thiserror::Error;

use super::block::Position;
use super::log::LogFault;

/// Why a block cannot be stepped over. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StepError {
    /// Another height than the next.
    #[error("block {found} was given, block {expected} comes next")]
    NotNext {
        /// The height after the tip.
        expected: u64,
        /// The height given.
        found: u64,
    },
    /// The block follows another block than the tip: go back first.
    #[error(
        "block {height} follows another block than the tip: there was a reorg, so rewind first"
    )]
    OtherParent {
        /// The height given.
        height: u64,
    },
    /// The transactions are not in the order of their places.
    #[error("the transaction at place {place} stands out of order")]
    Order {
        /// The place of the transaction.
        place: usize,
    },
    /// A receipt of another block.
    #[error("a receipt mined in block {} was given with another block", position.height)]
    Elsewhere {
        /// Where the receipt stands.
        position: Position,
    },
}

/// Why the derivation cannot go back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RewindError {
    /// The alarm of 1.4: a reorg deeper than `settlement_depth`. Nothing has changed; a human must look.
    #[error(
        "a reorg down to block {to} is deeper than the settlement depth: block {firm} was taken as final, so this must be looked at by a human"
    )]
    TooDeep {
        /// The height asked for.
        to: u64,
        /// The lowest height that can be gone back to.
        firm: u64,
    },
    /// The height lies above the tip.
    #[error("block {to} lies above the tip {tip}")]
    Ahead {
        /// The height asked for.
        to: u64,
        /// The height of the tip.
        tip: u64,
    },
}

/// Why a log cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FollowError {
    /// It is followed already.
    #[error("process {0} is followed already")]
    Already(Id),
    /// It was derived on other heights: up to more than the tip, or settled above the firm block.
    #[error("the log of process {0} was derived further than this derivation")]
    Further(Id),
}

/// Why a derivation cannot go on from where one stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ResumeError {
    /// No block at all.
    #[error("a derivation goes on from at least one block, the firm one")]
    NoBlock,
    /// The blocks are not one after the other.
    #[error("block {0} does not come after the one before it")]
    Heights(u64),
    /// The stored entries of a log are none.
    #[error("stored log of process {process}: {fault}")]
    Log {
        /// The process.
        process: Id,
        /// What is wrong.
        fault: LogFault,
    },
}

/// Why an assignment is no receipt of the law (5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoReceipt {
    /// No `Log-Chain` tag.
    #[error("the assignment has no Log-Chain tag, so it proves nothing")]
    LogChain,
    /// No `Message` tag.
    #[error("the assignment names no message")]
    Message,
    /// A number that no hashed text of the law holds.
    #[error("a number of the assignment is 2^63 or more")]
    Number,
}
