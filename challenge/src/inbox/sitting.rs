//! A court that has begun: the block step of PROTOCOL 2.8.

use std::collections::BTreeSet;

use aosec_wire::{Id, VerifiedItem};
use serde_json::Value;

use super::cases::{Cases, Emptied};
use super::contract::{Contract, Ran};
use super::error::{CourtError, DepthError};
use super::evidence;
use super::fallback::{CutOff, Fallback, VirtualSlot};
use super::log_row::{Logs, Recorded};
use super::mail::{Letter, Mail};
use super::message::{self, GENESIS_SLOT, Kind, Message, Sight};
use super::names::{self, Asked};
use super::places::Places;
use super::queue::{Queue, Room};
use super::slots::{Planned, Slots, tick_id};
use super::table::{BadRow, Begun, Change, Table};
use super::verdict::Verdict;
use crate::derive::{Block, Deriver, Log, Parameters, Step, StepError, Tenure};

/// A slot that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// What took it.
    pub kind: Kind,
    /// The slot.
    pub slot: u64,
    /// The message in it.
    pub message: Id,
    /// The run height.
    pub height: u64,
    /// The stamp, in milliseconds.
    pub timestamp: u64,
    /// The log chain there.
    pub chain: Id,
}

/// What became of the items of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items that ran.
    pub ran: usize,
    /// Items of which the contract said that nobody pays for them.
    pub unfunded: usize,
    /// Items whose id had run.
    pub repeated: usize,
    /// Items that wait for the next block.
    pub waiting: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Sitting {
    origin: Id,
    parameters: Parameters,
    slots: Slots,
    logs: Deriver,
    table: Table,
    recorded: Recorded,
    places: Places,
    cases: Cases,
    fallback: Fallback,
    queue: Queue,
    /// Ids of items that have run.
    run: BTreeSet<Id>,
    /// What the last outcome asked for.
    asked: Asked,
}

/// One block as it is stepped over: the table stays as after the block before until all has run.
pub(super) struct Session<'a, C> {
    court: &'a mut Sitting,
    block: &'a Block,
    contract: &'a mut C,
    verdicts: Vec<Verdict>,
    pub(super) used: Vec<Slot>,
    pub(super) counts: Counts,
    pub(super) logs: Step,
    pub(super) virtual_slots: Vec<VirtualSlot>,
    pub(super) emptied: Vec<Emptied>,
    pub(super) begun: Vec<Begun>,
    pub(super) cuts: Vec<CutOff>,
}

impl Sitting {
    /// The court in its start block: its spawn in slot 0, then what stands behind it there (2.10).
    pub(super) fn begin<C: Contract>(
        spawn: &VerifiedItem,
        block: &Block,
        settlement_depth: usize,
        contract: &mut C,
    ) -> Result<(Self, Slot), CourtError<C::Error>> {
        let origin = spawn.id();
        let parameters = Parameters {
            settlement_depth,
            // Nothing can be hosted before the genesis message says these.
            cut: 0,
            late_after: 0,
        };
        let slots = Slots::begin(origin, block);
        let message = message::spawn(spawn, slots.last());
        contract.run(&message).map_err(CourtError::Contract)?;
        let court = Self {
            origin,
            parameters,
            slots,
            logs: Deriver::new(parameters, block.as_ref()),
            table: Table::new(origin),
            recorded: Recorded::default(),
            places: Places::default(),
            cases: Cases::default(),
            fallback: Fallback::default(),
            queue: Queue::default(),
            run: BTreeSet::new(),
            asked: Asked::default(),
        };
        Ok((court, used(Kind::Spawn, slots.last())))
    }

    /// Who may sign what.
    pub(super) const fn table(&self) -> &Table {
        &self.table
    }

    pub(super) fn session<'a, C: Contract>(
        &'a mut self,
        block: &'a Block,
        contract: &'a mut C,
    ) -> Session<'a, C> {
        Session {
            court: self,
            block,
            contract,
            verdicts: Vec::new(),
            used: Vec::new(),
            counts: Counts::default(),
            logs: Step::default(),
            virtual_slots: Vec::new(),
            emptied: Vec::new(),
            begun: Vec::new(),
            cuts: Vec::new(),
        }
    }

    /// The logs of the processes that the court knows.
    pub(super) const fn logs(&self) -> &Deriver {
        &self.logs
    }

    /// The last slot.
    pub(super) const fn last(&self) -> &Planned {
        self.slots.last()
    }

    /// The slots of a process that are no-ops for ever, in order (5.10).
    pub(super) fn emptied(&self, process: &Id) -> impl Iterator<Item = u64> {
        self.cases.emptied(process)
    }

    /// The tenures of a process so far, by epoch.
    pub(super) fn tenures(&self, process: &Id) -> Vec<(u64, Tenure)> {
        self.table.tenures(process)
    }

    /// Where a process joined its court, and the legacy chain before that slot.
    pub(super) fn joined(&self, process: &Id) -> Option<(u64, Id)> {
        self.table.joined(process)
    }

    fn follow(&mut self, log: Log) -> Result<(), BadRow> {
        let process = log.process();
        self.places.begin(process, log.head());
        let what = "begins a log that is followed already";
        let followed = self.logs.follow(log);
        followed.map_err(|_| BadRow { process, what })
    }

    fn rows(&self, asked: &Asked) -> message::Logs {
        let logs = Logs {
            table: &self.table,
            logs: &self.logs,
            places: &self.places,
            recorded: &self.recorded,
            fallback: &self.fallback,
        };
        logs.rows(asked)
    }

    /// What an item of this block sees.
    fn sight(&self, letter: &Letter) -> Sight {
        Sight {
            logs: self.rows(&Asked::by(letter)),
            signed: evidence::signed(&letter.evidence, names::slot(letter), &self.places),
        }
    }
}

impl<C: Contract> Session<'_, C> {
    /// Steps (a) and (b) of 2.8: the logs, then the Tick.
    pub(super) fn open(&mut self, mail: &Mail) -> Result<(), CourtError<C::Error>> {
        self.extend_logs(mail)?;
        let court = &mut *self.court;
        let queued = court.queue.oldest();
        let id = tick_id(court.origin, &self.block.id);
        let planned = court.slots.plan(id, self.block);
        let rows = court.rows(&court.asked);
        let tick = message::tick(self.block, court.origin, &planned, queued, &rows);
        self.run(&tick, planned).map(|_ran| ())
    }

    /// Step (a): records and receipts, then what processes without host go on with (5.8).
    fn extend_logs(&mut self, mail: &Mail) -> Result<(), StepError> {
        let court = &mut *self.court;
        let receipts = mail.receipts.clone();
        let step = court
            .logs
            .step_with_receipts(self.block, &court.table, receipts)?;
        court.recorded.note(&step.extended);
        for run in &step.extended {
            court.places.extend(&run.process, &run.entries, false);
            court.fallback.extended(run.process, &run.entries);
        }
        for (position, receipt) in &mail.receipts {
            let (table, places, cut) = (&court.table, &court.places, court.parameters.cut);
            court
                .fallback
                .receipt(*position, receipt, table, places, cut);
        }
        self.logs = step;
        let (logs, places) = (&mut court.logs, &mut court.places);
        let ordered = court.fallback.step(self.block, logs, places);
        (self.virtual_slots, self.cuts) = (ordered.slots, ordered.cuts);
        Ok(())
    }

    /// Takes in what the block's items enclose for others: known from step (a) on.
    pub(super) fn note(&mut self, letters: &[std::sync::Arc<Letter>]) {
        let court = &mut *self.court;
        for letter in letters {
            court.fallback.enclosed(letter, &court.places);
        }
    }

    /// The rest of step (c): the queue with the block's items behind it, until the block is full.
    pub(super) fn hear(
        &mut self,
        letters: Vec<std::sync::Arc<Letter>>,
    ) -> Result<(), CourtError<C::Error>> {
        for letter in letters {
            self.court.queue.push(letter);
        }
        let mut room = Room::default();
        while let Some(letter) = self.court.queue.next(&room) {
            if self.court.run.contains(&letter.item.id()) {
                self.counts.repeated += 1;
                continue;
            }
            if self.item(&letter)? {
                room.take(letter.item.bytes().len());
            }
        }
        self.counts.waiting = self.court.queue.len();
        Ok(())
    }

    /// Whether the item ran, and was not dropped for want of its fee.
    fn item(&mut self, letter: &Letter) -> Result<bool, CourtError<C::Error>> {
        let court = &*self.court;
        let id = letter.item.id();
        let planned = court.slots.plan(id, self.block);
        let sight = court.sight(letter);
        let message = message::item(letter, court.origin, &planned, &sight);
        let Some(accepted) = self.run(&message, planned)? else {
            self.counts.unfunded += 1;
            return Ok(false);
        };
        self.counts.ran += 1;
        self.court.run.insert(id);
        if planned.slot == GENESIS_SLOT && accepted {
            self.genesis(letter)?;
        }
        Ok(true)
    }

    /// Runs a message and takes its slot; says whether it was applied. Nothing where nobody pays for it.
    fn run(
        &mut self,
        message: &Message,
        planned: Planned,
    ) -> Result<Option<bool>, CourtError<C::Error>> {
        let ran = self.contract.run(message).map_err(CourtError::Contract)?;
        let accepted = match ran {
            Ran::Verdict(verdict) if verdict.unfunded => return Ok(None),
            Ran::Verdict(verdict) => {
                let ok = verdict.ok;
                self.court.asked = Asked::of_outcome(&verdict.want, &verdict.sought);
                self.verdicts.push(verdict);
                ok
            }
            Ran::Failed => false,
        };
        self.court.slots.take(planned);
        self.used.push(used(message.kind, &planned));
        Ok(Some(accepted))
    }

    /// Takes the parameters of the derivation from a genesis that the contract has accepted.
    fn genesis(&mut self, letter: &Letter) -> Result<(), CourtError<C::Error>> {
        let data = letter.item.data();
        let given: Value =
            serde_json::from_str(&String::from_utf8_lossy(&data)).unwrap_or_default();
        let number = |name: &'static str| {
            let value = given["parameters"][name].as_u64();
            value.ok_or(CourtError::Genesis(name))
        };
        let depth = number("settlement_depth")?;
        let given_depth = self.court.parameters.settlement_depth;
        let genesis =
            usize::try_from(depth).map_err(|_| CourtError::Genesis("settlement_depth"))?;
        if genesis != given_depth {
            return Err(DepthError {
                genesis,
                given: given_depth,
            }
            .into());
        }
        self.court.parameters.cut = number("cut")?;
        self.court.parameters.late_after = number("late_after")?;
        self.court.logs = Deriver::new(self.court.parameters, self.block.as_ref());
        Ok(())
    }

    /// Lets the rows of this block count from the next one on (2.8).
    pub(super) fn close(&mut self) -> Result<(), CourtError<C::Error>> {
        for verdict in std::mem::take(&mut self.verdicts) {
            self.take_in(verdict)?;
        }
        let ended = self.contract.end_block(self.block.height);
        ended.map_err(CourtError::Contract)
    }
}

impl<C> Session<'_, C> {
    /// Takes in a verdict. The cases of a lease that it ends are those from before it: the one that expires in it is among them.
    fn take_in(&mut self, mut verdict: Verdict) -> Result<(), BadRow> {
        let rows = std::mem::take(&mut verdict.cases);
        for change in self.court.table.apply(verdict)? {
            self.change(change)?;
        }
        for row in &rows {
            self.emptied.extend(self.court.cases.row(row)?);
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Result<(), BadRow> {
        let court = &mut *self.court;
        match change {
            Change::Begun(log) => {
                self.begun.push(Begun::of(&log));
                court.follow(log)?;
            }
            Change::Ended {
                process,
                epoch,
                ended,
            } => {
                let forced = court.cases.take(process, epoch);
                let cut_height = ended.saturating_add(court.parameters.cut);
                court
                    .fallback
                    .begin(process, epoch, cut_height, forced, self.block);
            }
            Change::Resumed(process) => court.fallback.end(&process),
        }
        Ok(())
    }
}

const fn used(kind: Kind, planned: &Planned) -> Slot {
    Slot {
        kind,
        slot: planned.slot,
        message: planned.message,
        height: planned.height,
        timestamp: planned.timestamp,
        chain: planned.chain.log,
    }
}
