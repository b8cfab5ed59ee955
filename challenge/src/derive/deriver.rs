//! The step over blocks (PROTOCOL 2.8a): all followed logs, at the tip and at the firm block.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aosec_wire::Id;

use super::block::{Block, BlockRef, Parameters, Position};
use super::claim::Receipt;
use super::error::{FollowError, ResumeError, RewindError, StepError};
use super::hosts::Hosts;
use super::log::{Entry, Log};
use super::step::{self, Step};

/// A log that a reorg has shortened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// The process.
    pub process: Id,
    /// Its last slot now.
    pub last_slot: u64,
}

/// The followed logs as the blocks so far make them.
#[derive(Clone, Debug)]
pub struct Deriver {
    parameters: Parameters,
    /// From the firm block to the tip, never empty.
    blocks: VecDeque<BlockRef>,
    logs: BTreeMap<Id, Log>,
    /// Those that a reorg could still shorten: a block costs what it touches, however many logs are followed.
    unsettled: BTreeSet<Id>,
}

impl Deriver {
    /// A derivation that begins after the block `firm`, which no reorg will take back.
    #[must_use]
    pub fn new(parameters: Parameters, firm: BlockRef) -> Self {
        Self {
            parameters,
            blocks: VecDeque::from([firm]),
            logs: BTreeMap::new(),
            unsettled: BTreeSet::new(),
        }
    }

    /// A derivation that goes on at the last of these blocks; the first is the firm one. Its logs come by [`Self::follow`].
    ///
    /// # Errors
    /// The blocks are not one after the other.
    pub fn resume(parameters: Parameters, blocks: Vec<BlockRef>) -> Result<Self, ResumeError> {
        let pairs = blocks.iter().zip(blocks.iter().skip(1));
        for (before, next) in pairs {
            if before.height.checked_add(1) != Some(next.height) {
                return Err(ResumeError::Heights(next.height));
            }
        }
        let (first, rest) = blocks.split_first().ok_or(ResumeError::NoBlock)?;
        let mut deriver = Self::new(parameters, *first);
        rest.iter().for_each(|block| deriver.advance(*block));
        Ok(deriver)
    }

    /// Follows a log from here on. The caller vouches that it is whole up to the tip: either no block so far can hold a record of
    /// it, or it was derived up to here elsewhere.
    ///
    /// # Errors
    /// It is followed already, or was derived further.
    pub fn follow(&mut self, mut log: Log) -> Result<(), FollowError> {
        let process = log.process();
        if self.logs.contains_key(&process) {
            return Err(FollowError::Already(process));
        }
        let settled_above = log.firm_head().mined > self.firm().height;
        if settled_above || log.head().mined > self.tip().height {
            return Err(FollowError::Further(process));
        }
        log.settle(self.firm().height);
        if !log.is_settled() {
            self.unsettled.insert(process);
        }
        self.logs.insert(process, log);
        Ok(())
    }

    /// Follows a process no longer, and gives its log.
    pub fn forget(&mut self, process: &Id) -> Option<Log> {
        self.unsettled.remove(process);
        self.logs.remove(process)
    }

    /// The log of a followed process.
    #[must_use]
    pub fn log(&self, process: &Id) -> Option<&Log> {
        self.logs.get(process)
    }

    /// All followed logs, by process.
    pub fn logs(&self) -> impl ExactSizeIterator<Item = &Log> {
        self.logs.values()
    }

    /// The newest block.
    #[must_use]
    pub fn tip(&self) -> BlockRef {
        *self.blocks.back().expect("the firm block is always there")
    }

    /// The newest block that no reorg takes back. It never goes back.
    #[must_use]
    pub fn firm(&self) -> BlockRef {
        *self.blocks.front().expect("the firm block is always there")
    }

    /// The block at this height, between the firm one and the tip: to find where another branch has left this one.
    #[must_use]
    pub fn block(&self, height: u64) -> Option<BlockRef> {
        self.blocks
            .iter()
            .find(|block| block.height == height)
            .copied()
    }

    /// Steps over the next block, judged by `hosts` as they stand after the block before (2.8).
    ///
    /// # Errors
    /// The block does not come next; nothing has changed then.
    pub fn step(&mut self, block: &Block, hosts: &impl Hosts) -> Result<Step, StepError> {
        self.step_with_receipts(block, hosts, Vec::new())
    }

    /// Steps as [`Self::step`], with the receipts that stand enclosed in eligible items for Origin in this block (5.6).
    ///
    /// # Errors
    /// As [`Self::step`], and for a receipt that stands elsewhere.
    pub fn step_with_receipts(
        &mut self,
        block: &Block,
        hosts: &impl Hosts,
        receipts: Vec<(Position, Receipt)>,
    ) -> Result<Step, StepError> {
        self.check_next(block)?;
        let step = step::over(&mut self.logs, block, receipts, hosts, &self.parameters)?;
        let extended = step.extended.iter().map(|extended| extended.process);
        self.unsettled.extend(extended);
        self.advance(block.as_ref());
        Ok(step)
    }

    /// Puts behind a log what the base layer itself has ordered in the newest block (5.8).
    pub(crate) fn append(&mut self, process: &Id, entries: Vec<Entry>) {
        if let Some(log) = self.logs.get_mut(process) {
            log.extend(entries, &self.parameters);
            self.unsettled.insert(*process);
        }
    }

    /// Goes back to the state after the block `to`, because of a reorg; gives the logs that became shorter.
    ///
    /// # Errors
    /// [`RewindError::TooDeep`] is the alarm of 1.4. Nothing has changed then.
    pub fn rewind(&mut self, to: u64) -> Result<Vec<Truncated>, RewindError> {
        let (firm, tip) = (self.firm().height, self.tip().height);
        if to < firm {
            return Err(RewindError::TooDeep { to, firm });
        }
        if to > tip {
            return Err(RewindError::Ahead { to, tip });
        }
        self.blocks.retain(|block| block.height <= to);
        let Self {
            logs, unsettled, ..
        } = self;
        let shortened = |process| logs.get_mut(process).and_then(|log| truncated(log, to));
        Ok(unsettled.iter().filter_map(shortened).collect())
    }

    fn check_next(&self, block: &Block) -> Result<(), StepError> {
        let tip = self.tip();
        let expected = tip.height.saturating_add(1);
        if block.height != expected {
            let found = block.height;
            return Err(StepError::NotNext { expected, found });
        }
        match block.previous == tip.id {
            true => Ok(()),
            false => Err(StepError::OtherParent {
                height: block.height,
            }),
        }
    }

    fn advance(&mut self, block: BlockRef) {
        self.blocks.push_back(block);
        while self.blocks.len() > self.parameters.settlement_depth.saturating_add(1) {
            self.blocks.pop_front();
        }
        let firm = self.firm().height;
        let logs = &mut self.logs;
        self.unsettled.retain(|process| {
            logs.get_mut(process).is_some_and(|log| {
                log.settle(firm);
                !log.is_settled()
            })
        });
    }
}

fn truncated(log: &mut Log, to: u64) -> Option<Truncated> {
    log.truncate(to).then(|| Truncated {
        process: log.process(),
        last_slot: log.head().slot,
    })
}
