//! The step over blocks (PROTOCOL 2.8a): all followed logs, at the tip and at the firm block.

use std::collections::{BTreeMap, VecDeque};

use aosec_wire::{Id, LogRecord};
use bytes::Bytes;

use super::block::{Block, BlockRef, Parameters, Position, Transaction};
use super::claim::{Claim, Receipt};
use super::error::{FollowError, ResumeError, RewindError, StepError};
use super::hosts::HostTable;
use super::judge::{Mined, judge};
use super::log::{Entry, Log};
use super::reason::{BadItem, Reason};
use super::transaction;

/// What one block did to the followed logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The new slots, in the order in which they became canonical.
    pub extended: Vec<Extended>,
    /// What had no effect, in order of position. Well-formed records of processes that are not followed are not listed.
    pub ignored: Vec<Ignored>,
}

/// New slots of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extended {
    /// The process.
    pub process: Id,
    /// Where the record or receipt stands.
    pub position: Position,
    /// The slots, at least one.
    pub entries: Vec<Entry>,
}

/// Something that had no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Where it stands.
    pub position: Position,
    /// The process that it names, where it could be read.
    pub process: Option<Id>,
    /// Why it had none.
    pub reason: Reason,
}

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
}

impl Deriver {
    /// A derivation that begins after the block `firm`, which no reorg will take back.
    #[must_use]
    pub fn new(parameters: Parameters, firm: BlockRef) -> Self {
        Self {
            parameters,
            blocks: VecDeque::from([firm]),
            logs: BTreeMap::new(),
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
        self.logs.insert(process, log);
        Ok(())
    }

    /// Follows a process no longer, and gives its log.
    pub fn forget(&mut self, process: &Id) -> Option<Log> {
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
    pub fn step(&mut self, block: &Block, hosts: &HostTable) -> Result<Step, StepError> {
        self.step_with_receipts(block, hosts, Vec::new())
    }

    /// Steps as [`Self::step`], with the receipts that stand enclosed in eligible items for Origin in this block (5.6).
    ///
    /// # Errors
    /// As [`Self::step`], and for a receipt that stands elsewhere.
    pub fn step_with_receipts(
        &mut self,
        block: &Block,
        hosts: &HostTable,
        receipts: Vec<(Position, Receipt)>,
    ) -> Result<Step, StepError> {
        self.check_next(block)?;
        check_places(block, &receipts)?;
        let mined = Mined {
            height: block.height,
            time_s: block.time_s,
        };
        let mut step = Step::default();
        for found in self.found_in(block, receipts) {
            let claim = found.claim;
            let judged = claim.and_then(|claim| self.apply(&claim, hosts, mined));
            step.note(found.position, found.process, judged);
        }
        self.advance(block.as_ref());
        Ok(step)
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
        let logs = self.logs.values_mut();
        Ok(logs.filter_map(|log| truncated(log, to)).collect())
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

    /// What stands in the block for followed processes, by position.
    fn found_in(&self, block: &Block, receipts: Vec<(Position, Receipt)>) -> Vec<Found> {
        let logs = block.transactions.iter();
        let mut found: Vec<Found> = logs
            .filter(|transaction| transaction::claims_log(transaction))
            .flat_map(|transaction| self.found_by(block.height, transaction))
            .collect();
        let receipts = receipts.into_iter();
        found.extend(receipts.filter_map(|(position, receipt)| self.enclosed(position, receipt)));
        found.sort_by_key(|found| found.position);
        found
    }

    fn found_by(&self, height: u64, transaction: &Transaction) -> Vec<Found> {
        let at = |item| Position {
            height,
            transaction: transaction.place,
            item,
            child: 0,
        };
        match transaction::records(transaction) {
            Err(unlawful) => vec![Found::nothing(at(0), None, unlawful)],
            Ok(items) => items
                .into_iter()
                .enumerate()
                .filter_map(|(item, data)| self.carried(at(item), data))
                .collect(),
        }
    }

    /// What an item carries; nothing where it is a matter of a process that is not followed, which is seen before its entries
    /// are hashed.
    fn carried(&self, position: Position, data: Result<Bytes, BadItem>) -> Option<Found> {
        let data = match data {
            Ok(data) => data,
            Err(bad) => return Some(Found::nothing(position, None, bad)),
        };
        let process = data.first_chunk().map(|id| Id::new(*id));
        if process.is_some_and(|process| !self.logs.contains_key(&process)) {
            return None;
        }
        let claim = LogRecord::decode(&data).map(Claim::Record);
        Some(Found {
            position,
            process,
            claim: claim.map_err(Reason::from),
        })
    }

    fn enclosed(&self, position: Position, receipt: Receipt) -> Option<Found> {
        let claim = Claim::Receipt(receipt);
        let process = claim.process();
        self.logs.contains_key(&process).then_some(Found {
            position,
            process: Some(process),
            claim: Ok(claim),
        })
    }

    /// Lets a claim extend its log, if it may.
    fn apply(
        &mut self,
        claim: &Claim,
        hosts: &HostTable,
        mined: Mined,
    ) -> Result<Extension, Reason> {
        let (process, epoch) = (claim.process(), claim.epoch());
        let log = self.logs.get_mut(&process);
        let log = log.ok_or(Reason::NoTenure { epoch })?;
        let hosting = hosts.get(&process);
        let entries = judge(log, hosting, claim, mined, self.parameters.cut)?;
        log.extend(entries.clone(), &self.parameters);
        Ok((process, entries))
    }

    fn advance(&mut self, block: BlockRef) {
        self.blocks.push_back(block);
        while self.blocks.len() > self.parameters.settlement_depth.saturating_add(1) {
            self.blocks.pop_front();
        }
        let firm = self.firm().height;
        self.logs.values_mut().for_each(|log| log.settle(firm));
    }
}

/// A process and its new slots.
type Extension = (Id, Vec<Entry>);

/// What stands at a position.
#[derive(Debug)]
struct Found {
    position: Position,
    process: Option<Id>,
    claim: Result<Claim, Reason>,
}

impl Found {
    fn nothing(position: Position, process: Option<Id>, reason: impl Into<Reason>) -> Self {
        Self {
            position,
            process,
            claim: Err(reason.into()),
        }
    }
}

impl Step {
    fn note(&mut self, position: Position, process: Option<Id>, judged: Result<Extension, Reason>) {
        match judged {
            Ok((process, entries)) => self.extended.push(Extended {
                process,
                position,
                entries,
            }),
            Err(reason) => self.ignored.push(Ignored {
                position,
                process,
                reason,
            }),
        }
    }
}

fn truncated(log: &mut Log, to: u64) -> Option<Truncated> {
    log.truncate(to).then(|| Truncated {
        process: log.process(),
        last_slot: log.head().slot,
    })
}

/// Places must order what stands in the block.
fn check_places(block: &Block, receipts: &[(Position, Receipt)]) -> Result<(), StepError> {
    let transactions = &block.transactions;
    let mut pairs = transactions.iter().zip(transactions.iter().skip(1));
    if let Some((_, late)) = pairs.find(|(before, next)| before.place >= next.place) {
        return Err(StepError::Order { place: late.place });
    }
    let mut positions = receipts.iter().map(|(position, _)| *position);
    match positions.find(|position| position.height != block.height) {
        Some(position) => Err(StepError::Elsewhere { position }),
        None => Ok(()),
    }
}
