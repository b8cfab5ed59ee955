//! The one owner of a process's log: takes what waits, and gives it slots in the order of D1.
//!
//! (1) messages and planned slots are committed, (2) the guard records the batch, (3) and signs it, (4) senders are answered.
//! The signatures are kept with the next commit, or by themselves when nothing more comes. Every rule is in [`super::chain`],
//! [`super::admission`] and [`super::guard`]; this file only carries out what they say.
//!
//! If a step fails after the commit, the task ends: the next request wakes a new one, which finds the unsigned batch in the
//! store and signs exactly that. So no step is ever half known.

use std::{sync::Arc, time::Duration};

use aosec_wire::{
    Assignment, Id,
    record::{NO_ORIGIN, origin_of},
};
use tokio::{sync::mpsc, time::timeout};

use super::{
    Shared,
    admission::{Verdict, Want, admit},
    chain::{BATCH_SLOTS, Batch, next_batch},
    gather::Part,
    guard::Sealed,
    refusal::{Refusal, Unavailable},
    registry::{Letter, Request, Signed, Tail, Unkept},
    rows::{planned_behind, rows},
};
use crate::{
    metrics,
    store::{
        StoreError,
        joined::{self, Joined},
        log,
        log::Known,
        process, receipt,
    },
};

/// Signatures that no further batch takes along are kept after this long. Long enough for a busy sender's next message.
const KEEP_AFTER: Duration = Duration::from_millis(25);
/// A log without messages sleeps after this long.
const SLEEP_AFTER: Duration = Duration::from_secs(60);
/// After a message that stood in the log already, so many batches are looked up before they are written. Whoever repeats
/// messages on purpose then makes one batch in so many be written twice, and the look costs the others little.
const WARY_BATCHES: u32 = 256;

/// The task of one log.
#[derive(Debug)]
pub(super) struct Actor {
    pub(super) process: Id,
    pub(super) shared: Arc<Shared>,
    mailbox: mpsc::Receiver<Letter>,
    pub(super) tail: Arc<Tail>,
    /// The signed end of the log; none before slot 0.
    pub(super) last: Option<Assignment>,
    /// The court that the spawn names; none before slot 0.
    pub(super) origin: Id,
    /// Where the log comes under a court that the spawn does not name.
    pub(super) joined: Option<Joined>,
    /// Batches that are still looked up before they are written.
    wary: u32,
}

impl Actor {
    pub(super) fn new(
        process: Id,
        shared: Arc<Shared>,
        mailbox: mpsc::Receiver<Letter>,
        tail: Arc<Tail>,
    ) -> Self {
        Self {
            process,
            shared,
            mailbox,
            tail,
            last: None,
            origin: NO_ORIGIN,
            joined: None,
            wary: 0,
        }
    }

    /// Signs the batch of a sleeping log that was committed and not signed, and keeps the signatures.
    pub(super) async fn sign_again(process: Id, shared: Arc<Shared>) -> Result<(), Unavailable> {
        let (_nobody, mailbox) = mpsc::channel(1);
        let mut actor = Self::new(process, shared, mailbox, Arc::default());
        actor.wake().await?;
        actor.keep().await
    }

    pub(super) async fn run(mut self) {
        if let Err(reason) = self.wake().await {
            return self.give_up(&reason);
        }
        let mut letters = Vec::with_capacity(BATCH_SLOTS);
        loop {
            let patience = if self.tail.is_empty() {
                SLEEP_AFTER
            } else {
                KEEP_AFTER
            };
            let received =
                timeout(patience, self.mailbox.recv_many(&mut letters, BATCH_SLOTS)).await;
            let done = match received {
                Ok(0) => return self.close().await,
                Ok(_) => self.open(std::mem::take(&mut letters)).await,
                Err(_) if !self.tail.is_empty() => self.keep().await,
                Err(_) if self.shared.registry.sleep(self.process, &self.mailbox) => return,
                Err(_) => Ok(()),
            };
            if let Err(reason) = done {
                return self.give_up(&reason);
            }
        }
    }

    /// Reads where the log ends, and signs a batch that was committed and not signed.
    pub(super) async fn wake(&mut self) -> Result<(), Unavailable> {
        let store = &self.shared.store;
        if let Some(origin) = process::origin(store, self.process).await? {
            self.origin = origin;
        }
        self.joined = joined::of(store, self.process).await?;
        self.last = receipt::last(store, self.process).await?;
        let first = self.last.as_ref().map_or(0, |last| last.nonce() + 1);
        // One more than a batch, so that an impossible log is seen and refused by the guard.
        let rows = log::from(store, self.process, first, BATCH_SLOTS + 1).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let batch = planned_behind(self.process, self.before(), &rows)?;
        let bytes = rows.iter().map(|(_, bytes)| *bytes).collect();
        self.seal(Arc::new(batch), bytes).await
    }

    /// Gives slots to the messages, then holds the log for those who want that.
    async fn open(&mut self, letters: Vec<Letter>) -> Result<(), Unavailable> {
        let (mut requests, mut holds) = (Vec::with_capacity(letters.len()), Vec::new());
        for letter in letters {
            match letter {
                Letter::Item(request) => requests.push(request),
                Letter::Hold(reply) => holds.push(reply),
            }
        }
        if !requests.is_empty() {
            self.take(requests).await?;
        }
        for reply in holds {
            // Whoever asked may have gone; the log is held all the same.
            let _ = reply.send(self.hold().await);
        }
        Ok(())
    }

    /// Gives slots to what waits. An error means that the log on the disk is ahead of this task.
    async fn take(&mut self, requests: Vec<Request>) -> Result<(), Unavailable> {
        let (requests, refused) = self.parted(requests).await?;
        if let Some((refused, reason)) = refused {
            self.turn_away(refused, &reason).await;
        }
        let planned = match self.enter(&requests).await {
            Ok(planned) => planned,
            Err(reason) => {
                refuse(requests, &reason);
                return Ok(());
            }
        };
        if let Some(batch) = planned.batch {
            let taken = taken(&requests, &planned.verdicts);
            let bytes = taken.map(Want::bytes).collect();
            if let Err(reason) = self.seal(batch, bytes).await {
                refuse(requests, &reason);
                return Err(reason);
            }
        }
        self.answer(requests, &planned.verdicts).await;
        Ok(())
    }

    /// Step 1, as if nothing repeated what the log holds: the store's indexes tell where something does. Then the log is asked
    /// what it holds, and the batch is planned anew without that.
    async fn enter(&mut self, requests: &[Request]) -> Result<Planned, Unavailable> {
        if self.wary == 0 {
            match self.enter_unless(requests, &[]).await {
                Err(Unavailable::Store(error)) if error.is_repetition() => {
                    self.wary = WARY_BATCHES;
                }
                done => return done,
            }
        }
        self.wary -= 1;
        let known = self.known(requests).await?;
        self.enter_unless(requests, &known).await
    }

    /// Plans the requests that are not `known`, and commits the plan.
    async fn enter_unless(
        &mut self,
        requests: &[Request],
        known: &[Known],
    ) -> Result<Planned, Unavailable> {
        let planned = self.plan(requests, known)?;
        if let Some(batch) = &planned.batch {
            let taken: Vec<&Want> = taken(requests, &planned.verdicts).collect();
            if let Some(Want::Spawn(spawn)) = taken.first() {
                self.origin = origin_of(spawn.tags());
            }
            self.commit(batch, &taken).await?;
        }
        Ok(planned)
    }

    /// What the log holds of the requests.
    pub(super) async fn known(&self, requests: &[Request]) -> Result<Vec<Known>, StoreError> {
        let messages: Vec<_> = requests
            .iter()
            .map(|request| request.want.message())
            .collect();
        let contents: Vec<_> = requests
            .iter()
            .filter_map(|request| request.want.content())
            .collect();
        log::known(&self.shared.store, self.process, &messages, &contents).await
    }

    fn plan(&self, requests: &[Request], known: &[Known]) -> Result<Planned, Unavailable> {
        let tip_height = self.shared.tip.height().ok_or(Unavailable::NoTip)?;
        let wants = requests.iter().map(|request| &request.want);
        let verdicts = admit(wants, known, self.last.is_none());
        let entrants: Vec<_> = taken(requests, &verdicts).map(Want::entrant).collect();
        let now_ms = self.shared.clock.now_ms();
        let batch = match entrants.is_empty() {
            true => None,
            false => Some(Batch {
                before: self.before(),
                ..next_batch(
                    self.process,
                    self.last.as_ref(),
                    entrants,
                    now_ms,
                    tip_height,
                )?
            }),
        };
        Ok(Planned {
            verdicts,
            batch: batch.map(Arc::new),
        })
    }

    /// Step 1: messages and planned slots are durable, and so are the signatures of the batch before.
    pub(super) async fn commit(&self, batch: &Batch, taken: &[&Want]) -> Result<(), StoreError> {
        let items = taken.iter().filter_map(|want| want.item().cloned());
        let part = Part {
            process: batch.process,
            opens: (batch.first == 0).then_some((batch.epoch, self.origin)),
            items: items.collect(),
            rows: rows(batch, taken),
            unkept: self.tail.unkept(),
        };
        self.shared.gather.commit(part).await?;
        self.tail.set(Unkept::default());
        self.shared
            .recent
            .remember(taken.iter().filter_map(|want| want.item()));
        Ok(())
    }

    /// Steps 2 and 3: recorded, then signed.
    pub(super) async fn seal(
        &mut self,
        batch: Arc<Batch>,
        bytes: Vec<u64>,
    ) -> Result<(), Unavailable> {
        self.let_cross(&batch).await?;
        let origin = self.origin_at(batch.first);
        let Sealed { assignments, head } = self.shared.guard.seal(batch, origin).await?;
        self.last = assignments.last().cloned();
        self.shared
            .recent
            .remember(assignments.iter().map(Assignment::item));
        let signed = assignments.into_iter().zip(bytes);
        let signed = signed.map(|(assignment, message_bytes)| Signed {
            assignment,
            message_bytes,
        });
        self.tail.set(Unkept {
            signed: signed.collect(),
            head: Some(head),
        });
        Ok(())
    }

    /// Step 4.
    async fn answer(&self, requests: Vec<Request>, verdicts: &[Verdict]) {
        let signed = self.tail.get();
        let mut next = signed.iter();
        for (request, verdict) in requests.into_iter().zip(verdicts) {
            let answer = match verdict {
                Verdict::Take => next
                    .next()
                    .map(|one| one.assignment.clone())
                    .ok_or(Unavailable::Full.into()),
                Verdict::Twin(index) => Err(self.twin(request.want.message(), signed.get(*index))),
                Verdict::Stands(slot) => Err(self.stands(request.want.message(), *slot).await),
                Verdict::NoProcess => Err(Refusal::UnknownProcess(self.process)),
            };
            if answer.is_ok() {
                metrics::assignments().inc();
                metrics::assignment_seconds().observe(request.since.elapsed().as_secs_f64());
            }
            reply(request, answer);
        }
    }

    /// Keeps the signatures that no further batch took along.
    pub(super) async fn keep(&self) -> Result<(), Unavailable> {
        let part = Part::to_keep(self.process, self.tail.unkept());
        self.shared.gather.commit(part).await?;
        self.tail.set(Unkept::default());
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn shared_for_test(&self) -> &Shared {
        &self.shared
    }

    async fn close(self) {
        if self.tail.is_empty() {
            return;
        }
        if let Err(error) = self.keep().await {
            tracing::warn!(%error, process = %self.process, "the last batch is signed again at the next start");
        }
    }

    fn give_up(mut self, reason: &Unavailable) {
        tracing::error!(process = %self.process, %reason, "the log takes no messages until its end is read again");
        self.shared.registry.forget(self.process);
        self.mailbox.close();
        while let Ok(letter) = self.mailbox.try_recv() {
            letter.refuse(reason.clone().into());
        }
    }
}

struct Planned {
    verdicts: Vec<Verdict>,
    batch: Option<Arc<Batch>>,
}

fn taken<'a>(requests: &'a [Request], verdicts: &'a [Verdict]) -> impl Iterator<Item = &'a Want> {
    let judged = requests.iter().zip(verdicts);
    judged
        .filter(|(_, verdict)| **verdict == Verdict::Take)
        .map(|(request, _)| &request.want)
}

fn refuse(requests: Vec<Request>, reason: &Unavailable) {
    for request in requests {
        reply(request, Err(reason.clone().into()));
    }
}

pub(super) fn reply(request: Request, answer: Result<Assignment, Refusal>) {
    // Whoever asked may have gone; the slot stands all the same.
    let _ = request.reply.send(answer);
}
