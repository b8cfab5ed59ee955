//! A process as it is computed: its instance, and the place in its log up to which the instance has come.
//!
//! One slot: check the entry ([`super::replay`]), pass over a repetition ([`super::duplicate`]), write the input
//! ([`super::input`]), run it unless it is a no-op ([`super::noop`]), judge it ([`super::verdict`]), keep or forget the change. Nothing here waits, reads a clock or
//! touches a disk; it is the function from log to state, run off the threads that wait for sockets.

use std::sync::Arc;

use aosec_wire::record::ORIGIN_TAG;

use super::authority::{self, Keys};
use super::checkpoint::{Draft, Since};
use super::duplicate::Seen;
use super::error::CuError;
use super::gap::{self, Clock};
use super::input::{self, DryMessage, Moment, Party, Stamps};
use super::machine::{Failure, Machine, Run};
use super::modules::Module;
use super::noop::{self, Noop};
use super::owed::{self, Debts};
use super::replay::{Entry, Replay};
use super::subject::Subject;
use super::terms::Terms;
use super::verdict::Verdict;
use crate::store::checkpoint::Position;
use crate::store::cron::{Closed, Ticked};
use crate::store::outcome::{Kind, Mark, Outcome};

/// A batch ends behind the outcome that passes this: it is kept in one transaction, for which all writers wait.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Dry runs get this part of a message's fuel: they are free for the caller and change nothing.
const DRY_RUN_PART: u64 = 10;

/// An entry with its message at hand, whatever road it came by.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The entry.
    pub entry: Entry,
    /// The message that the assignment names; none where the court has emptied the slot.
    pub subject: Option<Subject>,
    /// What later slots would repeat of it.
    pub mark: Mark,
    /// The keys that it sees in place of the court, where its process trusts that one's operators (PROTOCOL 5.17).
    pub keys: Option<Keys>,
}

/// A live process.
#[derive(Debug)]
pub struct Life {
    pub(super) process: Party,
    /// Whether its spawn names a court (PROTOCOL 5.4).
    is_courted: bool,
    pub(super) module: Arc<Module>,
    pub(super) terms: Terms,
    pub(super) engine: String,
    /// The environment of the newest slot, and the keys that stand in it.
    pub(super) environment: Vec<u8>,
    pub(super) keys: Option<Keys>,
    pub(super) replay: Replay,
    pub(super) machine: Box<dyn Machine>,
    pub(super) since: Since,
    /// Where it wakes itself.
    pub(super) clock: Option<Clock>,
    /// The roots of a long turn while it lasts.
    debts: Option<Debts>,
}

/// What a run over some entries came to.
#[derive(Debug, Default)]
pub struct Batch {
    /// The slots that were evaluated, in order.
    pub outcomes: Vec<Outcome>,
    /// The ticks that were evaluated, in order.
    pub ticks: Vec<Ticked>,
    /// The slots behind which no tick will come any more.
    pub closed: Vec<Closed>,
    /// Why it ended before the last entry, if not for want of patience.
    pub stop: Option<CuError>,
    bytes: usize,
}

impl Batch {
    /// True where something was evaluated.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        !(self.outcomes.is_empty() && self.ticks.is_empty())
    }

    /// True where it is as large as one transaction should be.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.bytes > BATCH_BYTES
    }

    /// Adds a tick.
    pub fn push_tick(&mut self, ticked: Ticked) {
        self.bytes += ticked.json.len();
        self.ticks.push(ticked);
    }

    fn push(&mut self, outcome: Outcome) {
        self.bytes += outcome.json.len();
        self.outcomes.push(outcome);
    }
}

impl Life {
    /// A process at the place where `machine` stands.
    #[must_use]
    pub fn new(
        process: Party,
        module: Arc<Module>,
        terms: Terms,
        engine: String,
        replay: Replay,
        machine: Box<dyn Machine>,
    ) -> Self {
        Self {
            environment: input::environment(&process, &module.party),
            keys: None,
            is_courted: process.tags.get(ORIGIN_TAG).is_some(),
            process,
            module,
            terms,
            engine,
            replay,
            machine,
            since: Since::default(),
            clock: None,
            debts: None,
        }
    }

    /// The same with a clock.
    #[must_use]
    pub fn with_clock(self, clock: Option<Clock>) -> Self {
        Self { clock, ..self }
    }

    /// From now on the process sees these keys in place of its court (PROTOCOL 5.17); none of them where it names no court.
    pub fn listen_to(&mut self, keys: Option<&Keys>) {
        let (Some(keys), Some(court)) = (keys, authority::court_of(&self.process.tags)) else {
            return;
        };
        if self.keys.as_ref() == Some(keys) {
            return;
        }
        let seen = Party {
            tags: authority::expanded(&self.process.tags, court, keys),
            ..self.process.clone()
        };
        self.environment = input::environment(&seen, &self.module.party);
        self.keys = Some(Arc::clone(keys));
    }

    /// Address of the owner, who has a share of the cores.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.process.owner
    }

    /// Who has the share of the cores that goes to dry runs: anybody may ask for them, so it is not the owner's.
    #[must_use]
    pub fn strangers(&self) -> String {
        format!("strangers at {}", self.process.id)
    }

    /// The slot that is due.
    #[must_use]
    pub fn next_slot(&self) -> u64 {
        self.replay.next_slot()
    }

    /// The last slot that was evaluated.
    #[must_use]
    pub fn position(&self) -> Option<&Position> {
        self.replay.position()
    }

    /// The work since the last checkpoint.
    #[must_use]
    pub fn since(&self) -> Since {
        self.since
    }

    /// What the instance takes of the machine's memory.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        let base = self.clock.as_ref().map_or(0, Clock::bytes);
        self.machine.resident_bytes().saturating_add(base)
    }

    /// Evaluates `entries` in order, as long as `go_on` says so, at least one. `seen` are the marks of slots before the first.
    pub fn evaluate(&mut self, entries: &[Ready], seen: Seen, go_on: impl Fn() -> bool) -> Batch {
        // A tick needs the root before it.
        let is_long = entries.len() >= owed::LONG && self.clock.is_none();
        let lent = is_long.then(|| self.machine.lend_roots()).flatten();
        self.debts = lent.map(Debts::to);
        let mut batch = self.evaluate_all(entries, seen, go_on);
        if let Some(debts) = self.debts.take() {
            let (roots, after) = debts.paid();
            self.machine.take_back(roots);
            for (outcome, root) in batch.outcomes.iter_mut().zip(after) {
                outcome.root = root;
            }
        }
        batch
    }

    fn evaluate_all(
        &mut self,
        entries: &[Ready],
        mut seen: Seen,
        go_on: impl Fn() -> bool,
    ) -> Batch {
        let mut batch = Batch::default();
        for ready in entries {
            if batch.has_begun() && (batch.is_full() || !go_on()) {
                break;
            }
            let evaluated = match self.run_gap(ready, &mut batch, &go_on) {
                Ok(true) => self.evaluate_one(ready, &mut seen),
                Ok(false) => break,
                Err(error) => Err(error),
            };
            match evaluated {
                Ok(outcome) => {
                    batch.closed.extend(self.close_gap());
                    batch.push(outcome);
                }
                Err(error) => {
                    batch.stop = Some(error);
                    break;
                }
            }
        }
        batch
    }

    /// The gap before the slot that was just evaluated; none where the process has no clock.
    fn close_gap(&mut self) -> Option<Closed> {
        let position = self.replay.position()?;
        let ticks = self.clock.as_mut()?.close(position) as u64;
        let slot = position.slot.checked_sub(1)?;
        Some(Closed { slot, ticks })
    }

    fn evaluate_one(&mut self, ready: &Ready, seen: &mut Seen) -> Result<Outcome, CuError> {
        let mut replay = self.replay.clone();
        let position = replay.admit(&ready.entry)?.clone();
        self.listen_to(ready.keys.as_ref());
        let mark = ready.mark;
        let repeats = seen.repeats(&mark);
        let verdict = match self.eligible(ready, position.slot) {
            _ if repeats => Verdict::of_repetition(),
            Err(noop) => Verdict::of_failure(&noop.to_string(), 0),
            Ok(subject) => self.judge(subject, &ready.entry, position.slot)?,
        };
        let root = self.settle_run(verdict.keep);
        seen.insert(&mark);
        self.replay = replay;
        self.since.count(verdict.fuel_used);
        Ok(Outcome {
            slot: position.slot,
            mark,
            timestamp_ms: position.timestamp_ms,
            kind: match (repeats, verdict.keep) {
                (true, _) => Kind::Repetition,
                (false, true) => Kind::Result,
                (false, false) => Kind::Error,
            },
            root,
            engine: self.engine.clone(),
            json: verdict.json,
            chain: position.log_chain,
        })
    }

    /// Keeps what a run has changed, or forgets it; gives the root, which in a long turn is not there before its end.
    pub(super) fn settle_run(&mut self, keep: bool) -> [u8; 32] {
        match (&self.debts, keep) {
            (None, true) => return self.machine.commit(),
            (None, false) => self.machine.rollback(),
            (Some(debts), true) => self.machine.keep(&mut |changed| debts.put(changed)),
            (Some(debts), false) => {
                self.machine.rollback();
                debts.same();
            }
        }
        self.machine.root()
    }

    /// The message, if it runs.
    fn eligible<'a>(&self, ready: &'a Ready, slot: u64) -> Result<&'a Subject, Noop> {
        let subject = ready.subject.as_ref().ok_or(Noop::Empty)?;
        match slot > 0 && self.is_under_court(&ready.entry) {
            true => noop::check(subject, self.process.id).map(|()| subject),
            false => Ok(subject),
        }
    }

    fn is_under_court(&self, entry: &Entry) -> bool {
        self.is_courted || entry.assignment.signed().is_none()
    }

    fn judge(&mut self, subject: &Subject, entry: &Entry, slot: u64) -> Result<Verdict, CuError> {
        let stamps = match self.is_under_court(entry) {
            true => Stamps::canonical(&entry.assignment),
            false => Stamps::of(&entry.assignment),
        };
        let message = input::message(self.process.id, subject, stamps);
        let run = self.machine.run(&message, &self.environment);
        self.verdict(run, slot)
    }

    pub(super) fn verdict(&self, run: Run, slot: u64) -> Result<Verdict, CuError> {
        match run.answer {
            Ok(answer) => Ok(Verdict::of_answer(&answer, run.fuel_used)),
            Err(Failure::Verdict(reason)) => Ok(Verdict::of_failure(&reason, run.fuel_used)),
            Err(failure) => Err(self.interrupted(&failure, slot)),
        }
    }

    /// The instance is as it was: the same slot may be tried again.
    fn interrupted(&self, failure: &Failure, slot: u64) -> CuError {
        CuError::Interrupted {
            process: self.process.id,
            slot,
            reason: failure.to_string(),
        }
    }

    /// Runs a message that nobody signed against the present state, and forgets what it changed.
    ///
    /// # Errors
    /// [`CuError::Interrupted`] where the run ended without a verdict.
    pub fn dry_run(&mut self, dry: &DryMessage) -> Result<Verdict, CuError> {
        let now = self.now().unwrap_or(Moment {
            timestamp_ms: 0,
            height: 0,
        });
        let message = input::dry_message(self.process.id, dry, now);
        let fuel = self.terms.fuel / DRY_RUN_PART;
        let run = self.machine.dry_run(&message, &self.environment, fuel);
        let slot = self.next_slot();
        self.verdict(run, slot)
    }

    /// What the process saw last.
    fn now(&self) -> Option<Moment> {
        let ticked = self.clock.as_ref().and_then(Clock::now);
        ticked.or_else(|| self.position().map(gap::moment))
    }

    /// The root behind the last slot.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        let base = self.clock.as_ref().and_then(Clock::base);
        base.map_or_else(|| self.machine.root(), |(_base, root)| root)
    }

    /// The snapshot of the state behind the last slot; none before the first slot.
    #[must_use]
    pub fn snapshot(&self) -> Option<(Position, Vec<u8>)> {
        let base = self.clock.as_ref().and_then(Clock::base);
        let bytes = base.map(|(base, _root)| base.to_vec());
        let at = self.position()?.clone();
        Some((at, bytes.unwrap_or_else(|| self.machine.snapshot())))
    }

    /// What a checkpoint here will be, and a new count of the work since; none before the first slot.
    pub fn draft(&mut self) -> Option<Draft> {
        let (position, bytes) = self.snapshot()?;
        self.since = Since::default();
        Some(Draft {
            position,
            root: self.root(),
            module: self.module.party.id,
            engine: self.engine.clone(),
            bytes,
        })
    }
}
