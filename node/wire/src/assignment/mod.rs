//! Assignments: a scheduler's signed word that a message has a slot in a process's log.
//!
//! 1. The legacy chain, for clients of the network: `hash(0) = H(process)`, `hash(n) = H(id of assignment n−1 ‖ hash(n−1))`.
//! 2. The log chain, which the law looks at: `log(0) = H(process)`, `log(n) = H(log(n−1) ‖ message ‖ height ‖ timestamp)`,
//!    numbers as eight big-endian bytes. It holds without signatures, so anyone can recompute it from the log.
//! 3. Signing a plan again gives equal bytes: no anchor, no data, a deterministic signature.
//!
//! Who may sign, and that a slot is signed once, is not decided here.

mod plan;
mod read;

pub use self::plan::AssignmentPlan;
use crate::id::Id;
use crate::item::VerifiedItem;

/// Where the two chains of a log stand at a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// `Hash-Chain`: the legacy chain.
    pub hash: Id,
    /// `Log-Chain`: the chain of the law.
    pub log: Id,
}

impl Chain {
    /// Both chains at slot 0.
    pub fn genesis(process: Id) -> Self {
        let start = Id::sha256(process.as_bytes());
        Self {
            hash: start,
            log: start,
        }
    }

    /// Both chains at the slot before the first one that a registered process has under its court (PROTOCOL 5.15): `legacy` is the
    /// legacy chain there.
    #[must_use]
    pub fn registered(process: Id, legacy: Id) -> Self {
        Self {
            hash: legacy,
            log: Id::sha256_of(&[process.as_bytes(), legacy.as_bytes()]),
        }
    }

    /// Both chains at the next slot, after the assignment with this id.
    #[must_use]
    pub fn next(&self, assignment: Id, message: Id, height: u64, timestamp: u64) -> Self {
        Self {
            hash: next_hash_chain(assignment, self.hash),
            log: next_log_chain(self.log, message, height, timestamp),
        }
    }
}

/// The legacy chain at a slot, from the slot before: the id of its assignment, and its chain.
pub fn next_hash_chain(previous_assignment: Id, previous_hash: Id) -> Id {
    Id::sha256_of(&[previous_assignment.as_bytes(), previous_hash.as_bytes()])
}

/// The log chain at a slot, from the chain of the slot before and what the slot itself holds.
pub fn next_log_chain(previous_log: Id, message: Id, height: u64, timestamp: u64) -> Id {
    Id::sha256_of(&[
        previous_log.as_bytes(),
        message.as_bytes(),
        &height.to_be_bytes(),
        &timestamp.to_be_bytes(),
    ])
}

/// A verified item that is an assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    item: VerifiedItem,
    process: Id,
    epoch: u64,
    nonce: u64,
    message: Option<Id>,
    height: u64,
    timestamp: u64,
    hash_chain: Id,
    log_chain: Option<Id>,
    exclude: Vec<String>,
}

impl Assignment {
    /// The item.
    pub fn item(&self) -> &VerifiedItem {
        &self.item
    }

    /// The id of the item.
    pub fn id(&self) -> Id {
        self.item.id()
    }

    /// The process in whose log it stands.
    pub fn process(&self) -> Id {
        self.process
    }

    /// The epoch of the host that signed it.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The slot.
    pub fn nonce(&self) -> u64 {
        self.nonce
    }

    /// The message in the slot; none where the slot is the process's own.
    pub fn message(&self) -> Option<Id> {
        self.message
    }

    /// The block height that the scheduler stamped.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// The time that the scheduler stamped, in milliseconds.
    pub fn timestamp(&self) -> u64 {
        self.timestamp
    }

    /// The legacy chain at this slot.
    pub fn hash_chain(&self) -> Id {
        self.hash_chain
    }

    /// The log chain at this slot; schedulers that are not bonded do not write it.
    pub fn log_chain(&self) -> Option<Id> {
        self.log_chain
    }

    /// Both chains at this slot, where both are written.
    pub fn chain(&self) -> Option<Chain> {
        self.log_chain.map(|log| Chain {
            hash: self.hash_chain,
            log,
        })
    }

    /// The fields of the message that evaluation leaves out.
    pub fn exclude(&self) -> &[String] {
        &self.exclude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chains_start_alike_and_part_at_once() {
        let process = Id::new([9; 32]);
        let start = Chain::genesis(process);
        assert_eq!(start.hash, start.log);
        assert_eq!(start.hash, Id::sha256(&[9; 32]));
        let next = start.next(Id::new([1; 32]), Id::new([2; 32]), 3, 4);
        let by_hand = [
            start.log.as_bytes().as_slice(),
            &[2; 32],
            &[0, 0, 0, 0, 0, 0, 0, 3],
            &[0, 0, 0, 0, 0, 0, 0, 4],
        ];
        assert_eq!(next.log, Id::sha256(&by_hand.concat()));
        assert_eq!(
            next.hash,
            Id::sha256(&[&[1; 32][..], start.hash.as_bytes()].concat())
        );
    }
}
