//! Origin as a function of blocks (PROTOCOL 2.7): before its start, and after.

use std::sync::Arc;

use aosec_wire::{Id, VerifiedItem};

use super::cases::Emptied;
use super::contract::Contract;
use super::error::CourtError;
use super::fallback::{CutOff, VirtualSlot};
use super::mail::{Arrival, Discarded, Letter, Mail};
use super::reason::Unfit;
use super::sitting::{Counts, Session, Sitting, Slot};
use super::table::Begun;
use crate::derive::{Block, BlockRef, Deriver, Position, Step, StepError, Tenure};
use crate::hunter::Tenures;

/// What a block came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stepped {
    /// The slots that were used, in order; none before the court's start.
    pub used: Vec<Slot>,
    /// What became of the items.
    pub counts: Counts,
    /// What the block did to the logs of the processes that the court knows.
    pub logs: Step,
    /// The slots that processes without host have got in it, by process (5.8).
    pub virtual_slots: Vec<VirtualSlot>,
    /// Slots that are no-ops from this block on (5.10).
    pub emptied: Vec<Emptied>,
    /// The processes whose logs are the court's from the next block on.
    pub begun: Vec<Begun>,
    /// The epochs that have ended for good: U + `cut` is over (5.7).
    pub cuts: Vec<CutOff>,
    /// What did not run, with reasons.
    pub discarded: Vec<Discarded>,
}

/// The derivation of one court.
#[derive(Clone, Debug)]
pub struct Court {
    origin: Id,
    settlement_depth: usize,
    tip: BlockRef,
    sitting: Option<Sitting>,
    spent: bool,
}

impl Court {
    /// A derivation that begins after the block `after`, in or before which the court's spawn does not stand.
    #[must_use]
    pub const fn new(origin: Id, settlement_depth: usize, after: BlockRef) -> Self {
        Self {
            origin,
            settlement_depth,
            tip: after,
            sitting: None,
            spent: false,
        }
    }

    /// The id of the court.
    #[must_use]
    pub const fn origin(&self) -> Id {
        self.origin
    }

    /// The newest block.
    #[must_use]
    pub const fn tip(&self) -> BlockRef {
        self.tip
    }

    /// Whether its spawn has been found.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.sitting.is_some()
    }

    /// Its last slot: number, message, stamps and log chain.
    #[must_use]
    pub fn last_slot(&self) -> Option<(u64, Id)> {
        let last = self.sitting.as_ref()?.last();
        Some((last.slot, last.chain.log))
    }

    /// The logs of the processes that the court knows, once it has begun.
    #[must_use]
    pub fn logs(&self) -> Option<&Deriver> {
        self.sitting.as_ref().map(Sitting::logs)
    }

    /// Who may sign what, once it has begun.
    #[must_use]
    pub fn holders(&self) -> Option<&impl Tenures> {
        self.sitting.as_ref().map(Sitting::table)
    }

    /// The slots of a process that are no-ops for ever, in order (5.10).
    pub fn emptied(&self, process: &Id) -> impl Iterator<Item = u64> {
        let sitting = self.sitting.as_ref().into_iter();
        sitting.flat_map(|sitting| sitting.emptied(process))
    }

    /// The tenures of a process so far, by epoch: whose word its log grew by.
    #[must_use]
    pub fn tenures(&self, process: &Id) -> Vec<(u64, Tenure)> {
        let sitting = self.sitting.as_ref();
        sitting.map_or_else(Vec::new, |sitting| sitting.tenures(process))
    }

    /// The first slot under this court of a process that joined it by `Register`, and the legacy chain before that slot (5.15).
    #[must_use]
    pub fn joined(&self, process: &Id) -> Option<(u64, Id)> {
        self.sitting.as_ref()?.joined(process)
    }

    /// Steps over the next block, whose mail this is.
    ///
    /// # Errors
    /// [`CourtError::Block`] where it is not the next one: nothing has changed then. After any other the court is spent.
    pub fn step<C: Contract>(
        &mut self,
        block: &Block,
        mail: &Mail,
        contract: &mut C,
    ) -> Result<Stepped, CourtError<C::Error>> {
        if self.spent {
            return Err(CourtError::Spent);
        }
        self.check_next(block)?;
        self.spent = true;
        let stepped = match self.sitting.take() {
            Some(sitting) => self.sit(sitting, block, mail, contract),
            None => self.start(block, mail, contract),
        }?;
        self.tip = block.as_ref();
        self.spent = false;
        Ok(stepped)
    }

    fn sit<C: Contract>(
        &mut self,
        mut sitting: Sitting,
        block: &Block,
        mail: &Mail,
        contract: &mut C,
    ) -> Result<Stepped, CourtError<C::Error>> {
        let mut session = sitting.session(block, contract);
        let letters = letters(mail, None);
        session.note(&letters);
        session.open(mail)?;
        session.hear(letters)?;
        session.close()?;
        let stepped = stepped(session, mail);
        self.sitting = Some(sitting);
        Ok(stepped)
    }

    /// Before the start there is nothing but the search for the spawn (2.10).
    fn start<C: Contract>(
        &mut self,
        block: &Block,
        mail: &Mail,
        contract: &mut C,
    ) -> Result<Stepped, CourtError<C::Error>> {
        let Some((position, spawn)) = spawn(mail) else {
            return Ok(Stepped {
                discarded: before(mail, None),
                ..Stepped::default()
            });
        };
        let begun = Sitting::begin(spawn, block, self.settlement_depth, contract)?;
        let (mut sitting, slot) = begun;
        let mut session = sitting.session(block, contract);
        session.used.push(slot);
        let letters = letters(mail, Some(position));
        session.note(&letters);
        session.hear(letters)?;
        session.close()?;
        let mut stepped = stepped(session, mail);
        stepped.discarded.extend(before(mail, Some(position)));
        stepped.discarded.sort_by_key(|one| one.position);
        self.sitting = Some(sitting);
        Ok(stepped)
    }

    fn check_next(&self, block: &Block) -> Result<(), StepError> {
        let (tip, found) = (self.tip, block.height);
        let expected = tip.height.saturating_add(1);
        if found != expected {
            return Err(StepError::NotNext { expected, found });
        }
        match block.previous == tip.id {
            true => Ok(()),
            false => Err(StepError::OtherParent { height: found }),
        }
    }
}

fn spawn(mail: &Mail) -> Option<(Position, &VerifiedItem)> {
    mail.arrivals.iter().find_map(|arrival| match arrival {
        Arrival::Spawn(position, item) => Some((*position, item)),
        Arrival::Letter(_) => None,
    })
}

/// The items behind a position, or all.
fn letters(mail: &Mail, behind: Option<Position>) -> Vec<Arc<Letter>> {
    let letters = mail.arrivals.iter().filter_map(|arrival| match arrival {
        Arrival::Letter(letter) => Some(letter),
        Arrival::Spawn(..) => None,
    });
    let counts = |letter: &&Arc<Letter>| behind.is_none_or(|start| letter.position > start);
    letters.filter(counts).cloned().collect()
}

/// What stands before the court's spawn, or all where there is none.
fn before(mail: &Mail, start: Option<Position>) -> Vec<Discarded> {
    let letters = letters(mail, None).into_iter();
    let early = letters.filter(|letter| start.is_none_or(|start| letter.position < start));
    early
        .map(|letter| Discarded {
            position: letter.position,
            id: Some(letter.item.id()),
            reason: Unfit::BeforeStart,
        })
        .collect()
}

fn stepped<C>(session: Session<'_, C>, mail: &Mail) -> Stepped {
    Stepped {
        used: session.used,
        counts: session.counts,
        logs: session.logs,
        virtual_slots: session.virtual_slots,
        emptied: session.emptied,
        begun: session.begun,
        cuts: session.cuts,
        discarded: mail.discarded().to_vec(),
    }
}
