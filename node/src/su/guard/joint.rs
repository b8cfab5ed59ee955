//! Where the log of a process goes on under a court that it joins (PROTOCOL 5.15), as a guard remembers it. Pure.
//!
//! The court's part begins at one slot, over a chain of its own. The guard lets a log cross there once for ever, and only where that
//! slot is the next one: whatever was signed on the old chain stays the one content of its slot. Whether the court has said so is
//! asked by the scheduler ([`crate::su`]), not here.

use std::collections::btree_map::Entry;

use aosec_wire::Id;

use super::{
    GuardError,
    note::Note,
    rule::{Book, Contradiction, Head, LogKey},
};

/// Where a log goes on under a court.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joint {
    /// The first slot there.
    pub first: u64,
    /// The log chain that it continues.
    pub log_chain: Id,
}

impl Book {
    /// Lets the log of a process go on under a court. Gives the note that must be durable before the first batch there; none where it
    /// stands already.
    ///
    /// # Errors
    /// Where its first slot is not the next one, or another joint is known.
    pub fn join(&mut self, process: Id, joint: Joint) -> Result<Option<Note>, GuardError> {
        if self.joints.get(&process) == Some(&joint) {
            return Ok(None);
        }
        let (slot, known) = (joint.first, self.heads.get(&(process, 0)));
        match known.map(|head| head.slot) {
            Some(recorded) if recorded >= slot => {
                return Err(GuardError::Conflict {
                    process,
                    slot,
                    recorded,
                });
            }
            Some(recorded) if recorded + 1 == slot => {}
            recorded => {
                let next = recorded.map_or(0, |recorded| recorded + 1);
                return Err(GuardError::Gap {
                    process,
                    slot,
                    next,
                });
            }
        }
        self.know_joint(process, joint)?;
        Ok(Some(Note::Joined(process, joint)))
    }

    /// Rule 7: once for ever.
    pub(super) fn know_joint(&mut self, process: Id, joint: Joint) -> Result<(), Contradiction> {
        match self.joints.entry(process) {
            Entry::Occupied(known) if *known.get() != joint => Err(Contradiction {
                process,
                epoch: 0,
                slot: joint.first,
            }),
            known => {
                known.or_insert(joint);
                Ok(())
            }
        }
    }

    /// The end of a log as the next batch has to continue it.
    pub(super) fn end(&self, key: LogKey) -> Option<Head> {
        let head = *self.heads.get(&key)?;
        let joint = self.joints.get(&key.0);
        let joint =
            joint.filter(|joint| key.1 == 0 && head.slot.checked_add(1) == Some(joint.first));
        Some(joint.map_or(head, |joint| Head {
            log_chain: joint.log_chain,
            ..head
        }))
    }
}

#[cfg(test)]
mod tests {
    use aosec_wire::Chain;

    use super::*;
    use crate::su::chain::{Batch, Before, Slot};

    const PROCESS: Id = Id::new([1; 32]);

    #[test]
    fn a_log_goes_on_under_a_court_once_and_at_its_next_slot_alone() {
        let chain = Id::new([7; 32]);
        let joint = |first| Joint {
            first,
            log_chain: chain,
        };
        let next = |over: u8, number: u8| {
            let before = Before {
                assignment: PROCESS,
                chain: Chain {
                    hash: PROCESS,
                    log: Id::new([over; 32]),
                },
            };
            let slot = Slot {
                message: PROCESS,
                height: 1,
                timestamp: number.into(),
                exclude: Vec::new(),
            };
            Batch {
                process: PROCESS,
                epoch: 0,
                first: 5,
                before: Some(before),
                slots: vec![slot],
            }
        };
        let mut book = Book::default();
        assert!(matches!(
            book.join(PROCESS, joint(5)),
            Err(GuardError::Gap { next: 0, .. })
        ));
        let head = Head::learned(4, Id::new([4; 32]));
        book.learn((PROCESS, 0), head).unwrap();
        assert!(book.judge(&next(4, 0)).is_ok(), "its own log");
        assert!(book.judge(&next(7, 0)).is_err(), "no court's yet");
        assert!(matches!(
            book.join(PROCESS, joint(4)),
            Err(GuardError::Conflict { recorded: 4, .. })
        ));
        assert!(book.join(PROCESS, joint(6)).is_err(), "a gap");
        assert!(book.join(PROCESS, joint(5)).unwrap().is_some());
        assert!(book.join(PROCESS, joint(5)).unwrap().is_none());
        assert!(book.judge(&next(4, 0)).is_err(), "its own log is over");
        assert!(book.take(&next(7, 0)).unwrap().is_some());
        assert!(book.take(&next(7, 0)).unwrap().is_none(), "the same again");
        for (over, number) in [(7, 1), (4, 0)] {
            assert!(
                book.judge(&next(over, number)).is_err(),
                "slot 5 is given once"
            );
        }
        assert!(book.join(PROCESS, joint(6)).is_err(), "it joins once");
        let mut again = Book::default();
        for note in book.notes() {
            again.note(note).unwrap();
        }
        assert_eq!(again, book);
    }
}
