//! The hunter: finds what a host may not do among all that it is shown (PROTOCOL 6, rows 2, 3, 5, 6 and 7). Pure steps over values.
//!
//! 1. It is shown [`Evidence`]: receipts and log records whose signatures hold, wherever somebody has read them.
//! 2. What one operator has signed for one epoch of one process is compared slot by slot: two contents in a slot, or a chain that
//!    does not follow, are a [`Finding`] at once, and so is a signature for an epoch that the operator never held.
//! 3. A receipt is a promise to publish. [`Hunter::overdue`] gives those whose time is over; whether the log shows them by then is
//!    asked by whoever has the log.
//! 4. [`Vigil`] says when the message of a canonical slot is to be looked for, and when it has been missed so often that its host is to
//!    be asked before the court; [`Stakes`] how much is risked in bonds at once, and against whom.
//! 5. Equal contents under two signatures are no fault (6.1). One fault is found once; the dearer one of an epoch hides the cheaper.
//! 6. Only keys that the court knows as an operator's are listened to, so nobody else can fill the memory; it is bounded by
//!    [`SLOTS_MAX`] and [`BYTES_MAX`], and what was seen first is forgotten first. Nothing needs to be kept: all of it is seen again by reading
//!    the base layer again (A8).
//!
//! Left to others: reading, fetching, sending, and the court's own judgement, which sees everything once more.

mod book;
mod evidence;
mod promises;
mod stakes;
#[cfg(test)]
mod tests;
mod vigil;

use std::collections::BTreeSet;

use aosec_wire::{Address, Id, VerifiedItem};

pub use self::book::{BYTES_MAX, SLOTS_MAX};
pub use self::evidence::{Content, Evidence, in_transaction};
pub use self::promises::Promise;
pub use self::stakes::{Bond, End, Purpose, Stakes, Tight, is_affordable};
pub use self::vigil::{Sought, Vigil};
pub use crate::docket::Fault;

use self::book::{Book, Lane};
use self::promises::Promises;

/// Faults that are remembered, so that none is found twice; beyond, the first in order are forgotten, and the court refuses the
/// second report.
const FOUND_MAX: usize = 10_000;

/// Who may sign what, as the court's rows say.
pub trait Tenures {
    /// The operator whose hot key this is, or was.
    fn operator(&self, key: &Address) -> Option<Address>;

    /// The operator who holds, or held, this epoch.
    fn holder(&self, process: &Id, epoch: u64) -> Option<Address>;

    /// The first slot of the process that the law looks at; none where nobody has hosted it.
    fn first_slot(&self, process: &Id) -> Option<u64>;
}

/// Whether the one who has signed this was the host of its epoch.
#[must_use]
pub fn is_lawful(evidence: &Evidence, tenures: &impl Tenures) -> bool {
    let operator = tenures.operator(evidence.signer());
    operator.is_some() && tenures.holder(&evidence.process(), evidence.epoch()) == operator
}

/// The same fault, by whatever it is proved (6.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FaultKey {
    /// Whose.
    pub operator: Address,
    /// The process.
    pub process: Id,
    /// The epoch.
    pub epoch: u64,
    /// What.
    pub fault: Fault,
}

/// A fault, and what proves it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What, and whose.
    pub key: FaultKey,
    /// The slot at which to look; none for a signature without tenure.
    pub slot: Option<u64>,
    /// One piece of evidence for a signature without tenure, else two.
    pub evidence: Vec<VerifiedItem>,
}

/// Everything that was shown and is not forgotten.
#[derive(Debug)]
pub struct Hunter {
    book: Book,
    promises: Promises,
    found: BTreeSet<FaultKey>,
}

impl Hunter {
    /// One that has seen nothing, under a court with this `publish_within`.
    #[must_use]
    pub fn new(publish_within: u64, settlement_depth: u64) -> Self {
        Self {
            book: Book::default(),
            // The log is asked when it is settled.
            promises: Promises::new(publish_within.saturating_add(settlement_depth)),
            found: BTreeSet::new(),
        }
    }

    /// Looks at a piece of evidence, and keeps it to compare it with others.
    pub fn see(&mut self, evidence: Evidence, tenures: &impl Tenures) -> Option<Finding> {
        let operator = tenures.operator(evidence.signer())?;
        let (process, epoch) = (evidence.process(), evidence.epoch());
        let first_slot = tenures.first_slot(&process)?;
        let key = |fault| FaultKey {
            operator: operator.clone(),
            process,
            epoch,
            fault,
        };
        if !is_lawful(&evidence, tenures) {
            // Epoch 0 without a lease may be signed by the spawn's scheduler (5.11).
            let lawful = epoch == 0 && tenures.holder(&process, 0).is_none();
            let finding = (!lawful).then(|| Finding {
                key: key(Fault::Tenure),
                slot: None,
                evidence: vec![evidence.item().clone()],
            });
            return finding.and_then(|finding| self.first(finding));
        }
        let lane = Lane {
            operator: operator.clone(),
            process,
            epoch,
        };
        self.promises.take(&evidence, operator.clone());
        let clash = self.book.take(lane, evidence, first_slot)?;
        let mut evidence = clash.evidence.map(|one| one.item().clone());
        if clash.fault == Fault::Double {
            // In whatever order they were shown, the same two make the same report. Of a broken chain the slots say the order.
            evidence.sort_by_key(VerifiedItem::id);
        }
        self.first(Finding {
            key: key(clash.fault),
            slot: Some(clash.slot),
            evidence: evidence.into(),
        })
    }

    /// Receipts whose time to be published is over at this height, with the time that settles the log, at most so many. They are given
    /// again until they are [`Self::asked`] about. Who has signed two contents has nothing left to lose for one that is not published.
    pub fn overdue(&mut self, height: u64, most: usize) -> Vec<Promise> {
        let overdue: Vec<_> = self.promises.overdue(height).take(most).cloned().collect();
        let (doubled, overdue) = overdue.into_iter().partition(|one| self.has_doubled(one));
        let doubled: Vec<Promise> = doubled;
        doubled.iter().for_each(|one| self.promises.asked(one));
        overdue
    }

    /// Whether this promise is kept is known now; it is given no more.
    pub fn asked(&mut self, promise: &Promise) {
        self.promises.asked(promise);
    }

    /// Promises that had to make way for others that are due before them.
    #[must_use]
    pub const fn promises_dropped(&self) -> u64 {
        self.promises.dropped()
    }

    fn has_doubled(&self, promise: &Promise) -> bool {
        let lease = (promise.process, promise.epoch);
        let mut doubles = self.found.iter().filter(|key| key.fault == Fault::Double);
        doubles.any(|key| (key.process, key.epoch) == lease)
    }

    /// The finding, if its fault is new and none that is dearer was found before it.
    fn first(&mut self, finding: Finding) -> Option<Finding> {
        let dearer = FaultKey {
            fault: Fault::Double,
            ..finding.key.clone()
        };
        let hidden = finding.key.fault == Fault::Chain && self.found.contains(&dearer);
        if hidden || !self.found.insert(finding.key.clone()) {
            return None;
        }
        while self.found.len() > FOUND_MAX {
            self.found.pop_first();
        }
        Some(finding)
    }
}
