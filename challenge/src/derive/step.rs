//! One block over one log or many (PROTOCOL 2.8a): what stands in it is judged by position, and extends its log or not.

use std::collections::BTreeMap;

use aosec_wire::Id;

use super::block::{Block, Parameters, Position};
use super::claim::{Claim, Receipt};
use super::error::StepError;
use super::found::{self, Found};
use super::hosts::Hosts;
use super::judge::{Mined, judge};
use super::log::{Entry, Log};
use super::reason::Reason;

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

/// The logs that a block is stepped over with.
pub(super) trait Logs {
    /// The log of a process, if it is followed.
    fn of(&mut self, process: &Id) -> Option<&mut Log>;
}

impl Logs for BTreeMap<Id, Log> {
    fn of(&mut self, process: &Id) -> Option<&mut Log> {
        self.get_mut(process)
    }
}

impl Logs for Log {
    fn of(&mut self, process: &Id) -> Option<&mut Log> {
        (self.process() == *process).then_some(self)
    }
}

impl Log {
    /// Steps over a block with this log alone. Blocks in which no transaction names the process may be left out: nothing happens
    /// to the log there. The caller sees to it that the blocks are of one branch, and says what is final by [`Self::settle`].
    ///
    /// # Errors
    /// The block does not lie above everything that the log was extended by; nothing has changed then.
    pub fn step(
        &mut self,
        block: &Block,
        hosts: &impl Hosts,
        parameters: &Parameters,
    ) -> Result<Step, StepError> {
        let expected = self.head().mined.saturating_add(1);
        match block.height < expected {
            true => Err(StepError::NotNext {
                expected,
                found: block.height,
            }),
            false => over(self, block, Vec::new(), hosts, parameters),
        }
    }
}

/// Steps over a block of which the caller knows that it comes next.
pub(super) fn over(
    logs: &mut impl Logs,
    block: &Block,
    receipts: Vec<(Position, Receipt)>,
    hosts: &impl Hosts,
    parameters: &Parameters,
) -> Result<Step, StepError> {
    check_places(block, &receipts)?;
    let mined = Mined {
        height: block.height,
        time_s: block.time_s,
    };
    let mut step = Step::default();
    let found = found::in_block(block, receipts, |process| logs.of(process).is_some());
    for Found {
        position,
        process,
        claim,
    } in found
    {
        let judged = claim.and_then(|claim| apply(logs, &claim, hosts, mined, parameters));
        step.note(position, process, judged);
    }
    Ok(step)
}

/// A process and its new slots.
type Extension = (Id, Vec<Entry>);

/// Lets a claim extend its log, if it may.
fn apply(
    logs: &mut impl Logs,
    claim: &Claim,
    hosts: &impl Hosts,
    mined: Mined,
    parameters: &Parameters,
) -> Result<Extension, Reason> {
    let (process, epoch) = (claim.process(), claim.epoch());
    let log = logs.of(&process).ok_or(Reason::NoTenure { epoch })?;
    let entries = judge(log, hosts, claim, mined, parameters.cut)?;
    log.extend(entries.clone(), parameters);
    Ok((process, entries))
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
