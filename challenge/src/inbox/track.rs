//! The court at two heights: firm and soft (PROTOCOL 1.2, 1.4).
//!
//! The soft court is the firm one and the blocks above it, run again after a reorg. So going back needs no undoing, and what is
//! firm has never seen a block that could be taken back.

use std::collections::VecDeque;
use std::sync::Arc;

use aosec_wire::Id;

use super::contract::Fork;
use super::court::{Court, Stepped};
use super::error::CourtError;
use super::mail::Mail;
use crate::derive::{Block, BlockRef, RewindError};

/// A court and what runs its contract.
#[derive(Clone, Debug)]
struct Bench<C> {
    court: Court,
    contract: C,
}

/// A block with its mail.
#[derive(Debug)]
struct Opened {
    block: Block,
    mail: Mail,
}

/// Origin at the firm block and at the tip.
#[derive(Debug)]
pub struct Track<C> {
    settlement_depth: usize,
    firm: Bench<C>,
    /// Absent while it would be the firm one.
    soft: Option<Bench<C>>,
    /// The blocks above the firm one, at most `settlement_depth`.
    recent: VecDeque<Arc<Opened>>,
}

impl<C: Fork> Track<C> {
    /// A track that begins at a court that no reorg takes back.
    #[must_use]
    pub const fn new(settlement_depth: usize, court: Court, contract: C) -> Self {
        Self {
            settlement_depth,
            firm: Bench { court, contract },
            soft: None,
            recent: VecDeque::new(),
        }
    }

    /// The court at the tip, and its contract.
    #[must_use]
    pub fn soft(&self) -> (&Court, &C) {
        let bench = self.soft.as_ref().unwrap_or(&self.firm);
        (&bench.court, &bench.contract)
    }

    /// The court at the firm block, and its contract.
    #[must_use]
    pub const fn firm(&self) -> (&Court, &C) {
        (&self.firm.court, &self.firm.contract)
    }

    /// The soft contract, to ask it something that leaves nothing behind.
    pub fn soft_contract(&mut self) -> &mut C {
        let bench = self.soft.as_mut().unwrap_or(&mut self.firm);
        &mut bench.contract
    }

    /// The firm contract, likewise.
    pub const fn firm_contract(&mut self) -> &mut C {
        &mut self.firm.contract
    }

    /// The block at this height, from the firm one to the tip: to find where another branch has left this one.
    #[must_use]
    pub fn block(&self, height: u64) -> Option<BlockRef> {
        let firm = self.firm.court.tip();
        let recent = self.recent.iter().map(|opened| opened.block.as_ref());
        let mut blocks = std::iter::once(firm).chain(recent);
        blocks.find(|block| block.height == height)
    }

    /// Steps over a block that no reorg takes back, where nothing lies above the firm one: one run instead of two.
    ///
    /// # Errors
    /// As [`Court::step`].
    pub fn settled(&mut self, block: &Block) -> Result<Stepped, CourtError<C::Error>> {
        self.soft = None;
        let mail = Mail::of(block, self.origin());
        let Bench { court, contract } = &mut self.firm;
        court.step(block, &mail, contract)
    }

    /// Steps over the next block at the tip; what lies `settlement_depth` below it becomes firm.
    ///
    /// # Errors
    /// As [`Court::step`].
    pub fn step(&mut self, block: Block) -> Result<Stepped, CourtError<C::Error>> {
        let mail = Mail::of(&block, self.origin());
        let opened = Arc::new(Opened { block, mail });
        let stepped = self.soft_step(&opened)?;
        self.recent.push_back(opened);
        while self.recent.len() > self.settlement_depth {
            let Some(opened) = self.recent.pop_front() else {
                break;
            };
            let Bench { court, contract } = &mut self.firm;
            court.step(&opened.block, &opened.mail, contract)?;
        }
        Ok(stepped)
    }

    /// Goes back to the state after the block `to`, because of a reorg.
    ///
    /// # Errors
    /// [`RewindError::TooDeep`] is the alarm of 1.4, [`RewindError::Ahead`] a caller's mistake: nothing has changed then. A fault of
    /// the machine while blocks run again spends the soft court.
    pub fn rewind(&mut self, to: u64) -> Result<(), TrackError<C::Error>> {
        let (firm, tip) = (self.firm.court.tip().height, self.soft().0.tip().height);
        if to < firm {
            return Err(RewindError::TooDeep { to, firm }.into());
        }
        if to > tip {
            return Err(RewindError::Ahead { to, tip }.into());
        }
        self.recent.retain(|opened| opened.block.height <= to);
        self.soft = None;
        for opened in self.recent.clone() {
            self.soft_step(&opened)?;
        }
        Ok(())
    }

    fn soft_step(&mut self, opened: &Opened) -> Result<Stepped, CourtError<C::Error>> {
        let bench = match self.soft.take() {
            Some(bench) => bench,
            None => self.firm.fork()?,
        };
        let Bench { court, contract } = self.soft.insert(bench);
        court.step(&opened.block, &opened.mail, contract)
    }

    const fn origin(&self) -> Id {
        self.firm.court.origin()
    }
}

impl<C: Fork> Bench<C> {
    fn fork(&self) -> Result<Self, CourtError<C::Error>> {
        Ok(Self {
            court: self.court.clone(),
            contract: self.contract.fork().map_err(CourtError::Contract)?,
        })
    }
}

/// Why a track did not go back.
#[derive(Debug, thiserror::Error)]
pub enum TrackError<E: std::error::Error + 'static> {
    /// It cannot go there.
    #[error(transparent)]
    Rewind(#[from] RewindError),
    /// A block did not run again.
    #[error(transparent)]
    Court(#[from] CourtError<E>),
}
