//! The one owner of a log, step by step in the order of D1: what its task does in the node, with the same rules.

use std::sync::Arc;

use aosec_node::su::{
    chain::{BATCH_SLOTS, Batch, next_batch},
    pure::{Verdict, Want, admit, guard, planned, rows, runs},
};
use aosec_wire::{Assignment, Id, record::NO_ORIGIN};

use super::{Doing, Job, Log, Owner, Signed, Work};
use crate::sim::{
    disk::store::Change,
    event::{Event, Letter, Moment, Step, Told},
    world::World,
};

/// Letters with what was decided, and the batch of those that are taken, with the bytes of each message.
type Planned = (Vec<(Letter, Verdict)>, Option<(Arc<Batch>, Vec<u64>)>);

/// As the node's: signatures that no further batch takes along are kept after this long.
const KEEP_AFTER_MS: u64 = 25;

impl World {
    fn owner(&mut self, m: usize, process: Id) -> Option<&mut Log> {
        self.machines[m].node.as_mut()?.logs.get_mut(&process)
    }

    /// A message arrives at the entrance.
    pub(in crate::sim) fn enter(&mut self, m: usize, letter: Letter) {
        let process = self.letters[letter].process;
        let is_spawn = matches!(self.letters[letter].want, Want::Spawn(_));
        let tip = self.tip(m);
        let machine = &mut self.machines[m];
        let Some(node) = &mut machine.node else {
            return;
        };
        let is_awake = node.logs.contains_key(&process);
        let knows = is_spawn || is_awake || machine.disk.store.log(process).is_some();
        if node.observes
            || node.blocked.contains(&process)
            || node.stalled
            || tip.is_none()
            || !knows
        {
            return self.tell(letter, Told::Busy);
        }
        self.wake(m, process);
        if let Some(log) = self.owner(m, process) {
            log.mailbox.push_back(letter);
            let idle = matches!(log.doing, Doing::Nothing) && log.mailbox.len() == 1;
            if idle {
                self.step_after(m, 1, Step::Take(process));
            }
        }
    }

    /// A fresh owner reads where the log ends, and has signed what was committed and not signed.
    pub(in crate::sim) fn awake(&mut self, m: usize, process: Id) {
        let Some(kept) = self.machines[m].disk.store.log(process) else {
            return;
        };
        let last = kept.receipts.last().cloned();
        let unsigned = &kept.rows[kept.receipts.len().min(kept.rows.len())..];
        let unsigned = &unsigned[..unsigned.len().min(BATCH_SLOTS + 1)];
        let found = match unsigned.is_empty() {
            true => None,
            false => Some(planned(process, last.as_ref(), unsigned)),
        };
        let bytes = unsigned.iter().map(|(_, bytes)| *bytes).collect();
        if let Some(log) = self.owner(m, process) {
            log.last = last;
        }
        match found {
            None => {}
            Some(Ok(batch)) => self.guard(
                m,
                process,
                Work {
                    batch: Arc::new(batch),
                    bytes,
                    letters: Vec::new(),
                },
            ),
            Some(Err(_)) => self.give_up(m, process),
        }
    }

    /// Gives slots to what waits.
    pub(in crate::sim) fn take(&mut self, m: usize, process: Id) {
        let Some(log) = self.owner(m, process) else {
            return;
        };
        if !matches!(log.doing, Doing::Nothing) || log.mailbox.is_empty() {
            return;
        }
        let count = log.mailbox.len().min(BATCH_SLOTS);
        let letters: Vec<_> = log.mailbox.drain(..count).collect();
        match self.plan(m, process, &letters) {
            Some((letters, None)) => self.answer(m, process, letters),
            Some((letters, Some((batch, bytes)))) => {
                let work = Work {
                    batch,
                    bytes,
                    letters,
                };
                self.commit(m, process, work);
            }
            None => {
                letters
                    .into_iter()
                    .for_each(|letter| self.tell(letter, Told::Busy));
                self.go_on(m, process);
            }
        }
    }

    /// What the rules make of the letters, and the batch of those that are taken; none where nothing can be taken now.
    fn plan(&mut self, m: usize, process: Id, letters: &[Letter]) -> Option<Planned> {
        let (tip, now_ms) = (self.tip(m)?, self.machines[m].now_ms(self.now_ms));
        let last = self.owner(m, process)?.last.clone();
        let wants: Vec<&Want> = (letters.iter())
            .map(|letter| &self.letters[*letter].want)
            .collect();
        let messages: Vec<_> = wants.iter().map(|want| want.message()).collect();
        let contents: Vec<_> = wants.iter().filter_map(|want| want.content()).collect();
        let store = &self.machines[m].disk.store;
        let known = store.known(process, &messages, &contents);
        let verdicts = admit(wants.iter().copied(), &known, last.is_none());
        let judged = wants.iter().zip(&verdicts);
        let taken = judged.filter(|(_, verdict)| **verdict == Verdict::Take);
        let (entrants, bytes): (Vec<_>, Vec<_>) = taken
            .map(|(want, _)| (want.entrant(), want.bytes()))
            .unzip();
        let letters = letters.iter().copied().zip(verdicts).collect();
        if entrants.is_empty() {
            return Some((letters, None));
        }
        let Ok(batch) = next_batch(process, last.as_ref(), entrants, now_ms, tip) else {
            self.trace.saw("a clock too far behind");
            return None;
        };
        Some((letters, Some((Arc::new(batch), bytes))))
    }

    /// Step 1: messages and planned slots, and the signatures of the batch before.
    fn commit(&mut self, m: usize, process: Id, work: Work) {
        if self.trapped(m, Moment::Planned) {
            return;
        }
        let wants: Vec<Want> = (work.letters.iter())
            .filter(|(_, verdict)| *verdict == Verdict::Take)
            .map(|(letter, _)| self.letters[*letter].want.clone())
            .collect();
        let rows = rows(&work.batch, &wants.iter().collect::<Vec<_>>());
        let sized = rows.into_iter().zip(&work.bytes);
        let mut changes: Vec<_> = sized
            .map(|(row, bytes)| Change::Row(process, row, *bytes))
            .collect();
        let Some(log) = self.owner(m, process) else {
            return;
        };
        changes.extend(kept(process, log));
        log.doing = Doing::Committing(work);
        let of = Owner::Log(process);
        self.write(m, Job { of, changes });
    }

    /// A job of this owner is done, or was refused.
    pub(in crate::sim) fn written(&mut self, m: usize, process: Id, done: bool) {
        let Some(log) = self.owner(m, process) else {
            return;
        };
        let doing = std::mem::take(&mut log.doing);
        if done {
            log.tail.clear();
        }
        match (doing, done) {
            (Doing::Committing(work), true) => self.guard(m, process, work),
            (Doing::Committing(work), false) => {
                self.refuse(work);
                self.go_on(m, process);
            }
            (Doing::Keeping, true) => self.go_on(m, process),
            _ => self.give_up(m, process),
        }
    }

    /// Step 2.
    fn guard(&mut self, m: usize, process: Id, work: Work) {
        let batch = work.batch.clone();
        if let Some(log) = self.owner(m, process) {
            log.doing = Doing::Guarding(work);
            self.record(m, batch);
        }
    }

    /// The guard has recorded the batch, or refused it. Steps 3 and 4.
    pub(in crate::sim) fn guarded(&mut self, m: usize, process: Id, done: bool) {
        let key = &self.cast.keys[self.machines[m].key];
        let Some(log) = self.owner(m, process) else {
            return;
        };
        let Doing::Guarding(work) = std::mem::take(&mut log.doing) else {
            return;
        };
        if !done {
            self.refuse(work);
            return self.give_up(m, process);
        }
        log.head = Some(guard::sign_head(key, &work.batch, NO_ORIGIN));
        let Ok(assignments) = guard::sign(key, &work.batch) else {
            self.refuse(work);
            return self.give_up(m, process);
        };
        let signed = assignments.iter().cloned().zip(work.bytes);
        log.tail = signed
            .map(|(assignment, message_bytes)| Signed {
                assignment,
                message_bytes,
            })
            .collect();
        log.last = assignments.last().cloned();
        self.signed(m, &work.batch, &assignments);
        if !self.trapped(m, Moment::Signed) {
            self.answer(m, process, work.letters);
        }
    }

    fn answer(&mut self, m: usize, process: Id, letters: Vec<(Letter, Verdict)>) {
        let Some(log) = self.owner(m, process) else {
            return;
        };
        let slots: Vec<_> = log.tail.iter().map(|one| one.assignment.nonce()).collect();
        let mut next = slots.iter();
        for (letter, verdict) in letters {
            self.trace.saw(name(verdict));
            let told = match verdict {
                Verdict::Take => next.next().map(|slot| Told::Slot(*slot)),
                Verdict::Twin(index) => slots.get(index).map(|slot| Told::Stands(*slot)),
                Verdict::Stands(slot) => Some(Told::Stands(slot)),
                Verdict::NoProcess => None,
            };
            self.promised(m, letter, told);
            self.tell(letter, told.unwrap_or(Told::Busy));
        }
        if !self.trapped(m, Moment::Answered) {
            self.go_on(m, process);
        }
    }

    /// More of what waits, or what no batch takes along.
    fn go_on(&mut self, m: usize, process: Id) {
        let Some(log) = self.owner(m, process) else {
            return;
        };
        if !log.mailbox.is_empty() {
            return self.step_after(m, 1, Step::Take(process));
        }
        if let Some(last) = log.tail.last() {
            let slot = last.assignment.nonce();
            self.step_after(m, KEEP_AFTER_MS, Step::Keep(process, slot));
        }
    }

    /// Keeps the signatures that no further batch took along.
    pub(in crate::sim) fn keep(&mut self, m: usize, process: Id, slot: u64) {
        let Some(log) = self.owner(m, process) else {
            return;
        };
        let same = log.tail.last().map(|last| last.assignment.nonce()) == Some(slot);
        if same && log.mailbox.is_empty() && matches!(log.doing, Doing::Nothing) {
            let changes = kept(process, log);
            log.doing = Doing::Keeping;
            let of = Owner::Log(process);
            self.write(m, Job { of, changes });
        }
    }

    /// The task ends: the next message wakes another one, which reads the log from the disk.
    fn give_up(&mut self, m: usize, process: Id) {
        self.note(&("gives up", m, process));
        self.trace.saw("an owner that gives up");
        let node = self.machines[m].node.as_mut();
        let log = node.and_then(|node| node.logs.remove(&process));
        let waiting = log.map(|log| log.mailbox).unwrap_or_default();
        waiting
            .into_iter()
            .for_each(|letter| self.tell(letter, Told::Busy));
    }

    fn refuse(&mut self, work: Work) {
        let letters = work.letters.into_iter();
        letters.for_each(|(letter, _)| self.tell(letter, Told::Busy));
    }

    /// An answer sets out.
    fn tell(&mut self, letter: Letter, told: Told) {
        if self.lost() {
            return;
        }
        let delay = self.delay();
        self.after(delay, Event::Told(letter, told));
    }
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Take => "a message taken",
        Verdict::Stands(_) => "a message that stands already",
        Verdict::Twin(_) => "a message twice in a batch",
        Verdict::NoProcess => "a message before its spawn",
    }
}

fn kept(process: Id, log: &Log) -> Vec<Change> {
    let tail = &log.tail;
    let receipt = |one: &Signed| Change::Receipt(Assignment::clone(&one.assignment));
    let runs = runs(process, tail);
    let count = runs.len();
    // The end of the last run is the end of the batch, which is signed.
    let head = |index: usize| log.head.clone().filter(|_| index + 1 == count);
    let queued = runs.into_iter().enumerate();
    let queued = queued.map(|(index, run)| Change::Run(run, head(index)));
    tail.iter().map(receipt).chain(queued).collect()
}
