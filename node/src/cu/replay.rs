//! Which slot comes next, and whether what was served for it may be believed. Pure.
//!
//! An entry of a log is an assignment with its message. Both arrive as verified items, so the signatures stand; this file checks
//! what signatures cannot say (WIRE 2, PROTOCOL 5.4):
//!
//! - R1 the assignment is of this process, of its epoch, and signed by the process's own `Scheduler`;
//! - R2 slots have no gap: the nonce is the one that is due;
//! - R3 time runs strictly forward, height never back;
//! - R4 `Hash-Chain` = H(previous assignment id ‖ previous hash chain), from H(process id);
//! - R5 `Log-Chain` = H(previous log chain ‖ message ‖ height ‖ timestamp), from H(process id) on. A log may begin to carry it
//!   late (a process that joined by `Register`, PROTOCOL 5.15); once begun it never stops. A court's chain of such a process begins
//!   anew over the legacy chain, also where the log has carried one before;
//! - R6 slot 0 is the spawn and names no message; every later slot names one, and the message beside it is that one.
//!
//! A canonical entry of a process under a court carries no signature: R2, R3, R5 and R6 hold of it, and whose word it was, the court
//! has judged.
//!
//! It does not fetch, does not evaluate, and knows no epoch but 0: later epochs are signed by keys that only Origin can name.

use aosec_wire::assignment::{next_hash_chain, next_log_chain};
use aosec_wire::{Address, Assignment, Chain, Id, VerifiedItem};

use super::word::Word;
use crate::store::checkpoint::Position;

/// The only epoch whose signer the spawn itself names (PROTOCOL 5.11).
const SPAWN_EPOCH: u64 = 0;

/// One slot as it was served: the assignment, and the message unless it was assigned by reference alone.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The assigned item. `None` where the log names it by id only; slot 0 may leave it out too.
    pub message: Option<VerifiedItem>,
    /// What stands behind the slot.
    pub assignment: Word,
}

/// A log that is being read: the process, whose word counts, and how far it was admitted.
#[derive(Clone, Debug)]
pub struct Replay {
    process: Id,
    scheduler: Address,
    at: Option<Position>,
}

impl Replay {
    /// A log that begins at slot 0 (`at` is none) or goes on behind an admitted slot.
    #[must_use]
    pub fn new(process: Id, scheduler: Address, at: Option<Position>) -> Self {
        Self {
            process,
            scheduler,
            at,
        }
    }

    /// The slot that is due.
    #[must_use]
    pub fn next_slot(&self) -> u64 {
        self.at.as_ref().map_or(0, |at| at.slot + 1)
    }

    /// The last admitted slot.
    #[must_use]
    pub fn position(&self) -> Option<&Position> {
        self.at.as_ref()
    }

    /// Checks `entry` against R1 to R6 and steps behind it. A refused entry leaves the replay as it was.
    ///
    /// # Errors
    /// A [`Fault`] that names the process, the slot and the first rule that is broken.
    pub fn admit(&mut self, entry: &Entry) -> Result<&Position, Fault> {
        let next = self.verify(entry).map_err(|reason| Fault {
            process: self.process,
            slot: self.next_slot(),
            reason,
        })?;
        Ok(self.at.insert(next))
    }

    fn verify(&self, entry: &Entry) -> Result<Position, Reason> {
        let assignment = &entry.assignment;
        // Who signed what is canonical, the court's tables have judged, and that the legacy chain is no input (5.4).
        match assignment.signed() {
            Some(signed) => self.verify_author(signed)?,
            None if assignment.process() != self.process => {
                return Err(Reason::OtherProcess(assignment.process()));
            }
            None => {}
        }
        self.verify_slot(assignment)?;
        let message = self.verify_message(entry)?;
        self.verify_clock(assignment)?;
        if let Some(signed) = assignment.signed() {
            self.verify_hash_chain(signed)?;
        }
        self.verify_log_chain(assignment, message)?;
        Ok(Position {
            slot: assignment.nonce(),
            assignment: assignment.id(),
            hash_chain: assignment.hash_chain(),
            log_chain: assignment.log_chain(),
            height: assignment.height(),
            timestamp_ms: assignment.timestamp(),
        })
    }

    fn verify_author(&self, assignment: &Assignment) -> Result<(), Reason> {
        let signer = assignment.item().owner_address();
        if assignment.process() != self.process {
            return Err(Reason::OtherProcess(assignment.process()));
        }
        if assignment.epoch() != SPAWN_EPOCH {
            return Err(Reason::OtherEpoch(assignment.epoch()));
        }
        if *signer != self.scheduler {
            return Err(Reason::OtherSigner {
                signer: signer.clone(),
                scheduler: self.scheduler.clone(),
            });
        }
        Ok(())
    }

    fn verify_slot(&self, assignment: &Word) -> Result<(), Reason> {
        match assignment.nonce() {
            nonce if nonce == self.next_slot() => Ok(()),
            nonce => Err(Reason::Gap(nonce)),
        }
    }

    /// R6. Gives the id that the slot stands for.
    fn verify_message(&self, entry: &Entry) -> Result<Id, Reason> {
        let named = match (self.next_slot(), entry.assignment.message()) {
            (0, None) => self.process,
            (0, Some(named)) => return Err(Reason::SpawnNamesMessage(named)),
            (_, Some(named)) => named,
            (_, None) => return Err(Reason::NoMessageNamed),
        };
        match &entry.message {
            Some(item) if item.id() != named => Err(Reason::OtherMessage {
                named,
                served: item.id(),
            }),
            _ => Ok(named),
        }
    }

    fn verify_clock(&self, assignment: &Word) -> Result<(), Reason> {
        let Some(at) = &self.at else { return Ok(()) };
        if assignment.timestamp() <= at.timestamp_ms {
            return Err(Reason::TimeStoodStill {
                previous_ms: at.timestamp_ms,
                stamped_ms: assignment.timestamp(),
            });
        }
        if assignment.height() < at.height {
            return Err(Reason::HeightFell {
                previous: at.height,
                stamped: assignment.height(),
            });
        }
        Ok(())
    }

    fn verify_hash_chain(&self, assignment: &Assignment) -> Result<(), Reason> {
        let due = match &self.at {
            None => Chain::genesis(self.process).hash,
            Some(at) => next_hash_chain(at.assignment, at.hash_chain),
        };
        if assignment.hash_chain() == due {
            Ok(())
        } else {
            Err(Reason::HashChain {
                due,
                stamped: assignment.hash_chain(),
            })
        }
    }

    fn verify_log_chain(&self, assignment: &Word, message: Id) -> Result<(), Reason> {
        let Some(stamped) = assignment.log_chain() else {
            return match self.at.as_ref().and_then(|at| at.log_chain) {
                Some(_) => Err(Reason::LogChainDropped),
                None => Ok(()),
            };
        };
        let Some(at) = &self.at else {
            let due = Chain::genesis(self.process).log;
            return equal(stamped, due);
        };
        let joined = joined_log_chain(self.process, at.hash_chain);
        let (height, timestamp) = (assignment.height(), assignment.timestamp());
        let due = |previous| next_log_chain(previous, message, height, timestamp);
        if assignment.signed().is_none() && stamped == due(joined) {
            return Ok(());
        }
        equal(stamped, due(at.log_chain.unwrap_or(joined)))
    }
}

fn equal(stamped: Id, due: Id) -> Result<(), Reason> {
    match stamped == due {
        true => Ok(()),
        false => Err(Reason::LogChain { due, stamped }),
    }
}

/// The chain value that stands before the first linked slot of a process that joined late: H(process id ‖ legacy chain there).
fn joined_log_chain(process: Id, hash_chain: Id) -> Id {
    Id::sha256_of(&[process.as_bytes(), hash_chain.as_bytes()])
}

/// A served log that breaks a rule: of which process, where, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the log of process {process} is refused at slot {slot}: {reason}")]
pub struct Fault {
    /// The process whose log it is.
    pub process: Id,
    /// The slot that was due.
    pub slot: u64,
    /// The rule that is broken.
    pub reason: Reason,
}

/// How an entry breaks the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// R1: it belongs to another process.
    #[error("the assignment is of process {0}")]
    OtherProcess(Id),
    /// R1: an epoch whose signer nobody has named.
    #[error("epoch {0} is not the spawn's, and no other is known here")]
    OtherEpoch(u64),
    /// R1: signed by somebody else.
    #[error("signed by {signer}, but the scheduler is {scheduler}")]
    OtherSigner {
        /// Who signed.
        signer: Address,
        /// Whom the process names.
        scheduler: Address,
    },
    /// R2: another nonce than the one that is due.
    #[error("the assignment is of slot {0}")]
    Gap(u64),
    /// R3: not later than the slot before.
    #[error("stamped {stamped_ms} ms, not after {previous_ms} ms")]
    TimeStoodStill {
        /// Time of the slot before.
        previous_ms: u64,
        /// Time of this one.
        stamped_ms: u64,
    },
    /// R3: lower than the slot before.
    #[error("stamped at height {stamped}, below {previous}")]
    HeightFell {
        /// Height of the slot before.
        previous: u64,
        /// Height of this one.
        stamped: u64,
    },
    /// R4: the legacy chain does not link.
    #[error("Hash-Chain is {stamped}, but {due} links to the slot before")]
    HashChain {
        /// What links.
        due: Id,
        /// What is stamped.
        stamped: Id,
    },
    /// R5: the chain of the law does not link.
    #[error("Log-Chain is {stamped}, but {due} links to the slot before")]
    LogChain {
        /// What links.
        due: Id,
        /// What is stamped.
        stamped: Id,
    },
    /// R5: the slot before carried it, this one does not.
    #[error("Log-Chain ends here, which a log that carries it never does")]
    LogChainDropped,
    /// R6: slot 0 stands for the spawn itself.
    #[error("slot 0 is the spawn, but the assignment names message {0}")]
    SpawnNamesMessage(Id),
    /// R6: later slots name a message.
    #[error("the assignment names no message")]
    NoMessageNamed,
    /// R6: another item was served than the one that is named.
    #[error("the assignment names message {named}, but {served} was served")]
    OtherMessage {
        /// What the scheduler signed for.
        named: Id,
        /// What came with it.
        served: Id,
    },
}
