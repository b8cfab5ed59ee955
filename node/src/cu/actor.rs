//! The one task of a process: it takes questions, evaluates as far as the furthest of them needs, and answers each as soon as
//! its slot is reached.
//!
//! It works in pages: while one is computed, the next are fetched ([`super::ahead`]) and the outcomes of the one before become
//! durable ([`super::keeping`]). Between two pages answers go out, each once its slot is durable, and new questions are taken, so
//! that a question about slot 10 does not wait for one about slot 10,000. A failure answers everybody who still waits and harms no other
//! process; the next question tries again from where things stand. When nothing is asked for a while, or memory runs short, the
//! process sleeps: a checkpoint, and the instance is dropped.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aosec_wire::Id;

use super::ahead::Ahead;
use super::ask::{Ask, What};
use super::duplicate::Seen;
use super::error::CuError;
use super::keeping::Keeping;
use super::life::{Batch, Life, Ready};
use super::residents::Lines;
use super::unit::Unit;

/// A process that nobody asks for this long gives its memory back. It wakes in milliseconds, and each sleep costs a snapshot.
const IDLE: Duration = Duration::from_secs(60);
/// After an evaluation that ended without a verdict the same slot rests this long: whoever asks in between is told the same, so that
/// a message which exhausts the machine cannot be made to do so without pause.
const REST: Duration = Duration::from_secs(20);

/// The task of one process.
#[derive(Debug)]
pub struct Actor {
    unit: Arc<Unit>,
    process: Id,
    lines: Lines,
    life: Option<Box<Life>>,
    ahead: Option<Ahead>,
    keeping: Keeping,
    waiting: BTreeMap<u64, Vec<What>>,
    /// Until when the next slot rests, and why.
    rest: Option<(Instant, CuError)>,
}

impl Actor {
    /// A task that has done nothing yet.
    #[must_use]
    pub fn new(unit: Arc<Unit>, process: Id, lines: Lines) -> Self {
        Self {
            unit,
            process,
            lines,
            life: None,
            ahead: None,
            keeping: Keeping::default(),
            waiting: BTreeMap::new(),
            rest: None,
        }
    }

    /// Works until nobody asks any more, or the node stops.
    pub async fn run(mut self) {
        loop {
            self.listen().await;
            while !self.waiting.is_empty() {
                self.advance().await;
                self.take_all();
            }
            if self.unit.shutdown.is_told() {
                self.sleep().await;
                self.lines.asks.close();
                return;
            }
            if self.life.is_none() && self.unit.residents.leave(self.process, &self.lines.asks) {
                return;
            }
        }
    }

    /// Waits for a question, for the word to sleep, or for the end.
    async fn listen(&mut self) {
        let heard = tokio::select! {
            ask = self.lines.asks.recv() => ask,
            () = self.lines.sleep.notified() => None,
            () = tokio::time::sleep(IDLE) => None,
            () = self.unit.shutdown.told() => None,
        };
        match heard {
            Some(ask) => self.wait(ask),
            None => self.sleep().await,
        }
        self.take_all();
    }

    fn take_all(&mut self) {
        while let Ok(ask) = self.lines.asks.try_recv() {
            self.wait(ask);
        }
    }

    fn wait(&mut self, ask: Ask) {
        self.waiting.entry(ask.slot).or_default().push(ask.what);
    }

    /// One page further towards the furthest slot that is asked for.
    async fn advance(&mut self) {
        let furthest = self.waiting.last_key_value().map_or(0, |(slot, _)| *slot);
        let stepped = match self.unit.shutdown.is_told() {
            true => Err(CuError::Stopping),
            false => self.step(furthest).await,
        };
        let settled = match stepped.is_err() || self.has_reached() {
            true => self.settle().await,
            false => Ok(()),
        };
        self.answer_reached().await;
        if let Err(error) = stepped.and(settled) {
            for what in std::mem::take(&mut self.waiting).into_values().flatten() {
                what.fail(error.clone());
            }
        }
    }

    async fn step(&mut self, furthest: u64) -> Result<(), CuError> {
        if let Some(due) = self.unit.due_voids(self.process).await? {
            self.settle().await?;
            (self.life, self.ahead) = (None, None);
            self.unit.forget(self.process, due).await?;
        }
        let life = match self.life.take() {
            Some(life) => life,
            None => self.wake().await?,
        };
        if life.next_slot() > furthest {
            self.life = Some(life);
            return Ok(());
        }
        if let Some((until, error)) = &self.rest
            && Instant::now() < *until
        {
            self.life = Some(life);
            return Err(error.clone());
        }
        let result = self.evaluate(life, furthest).await;
        self.weigh();
        if let Err(error @ CuError::Interrupted { .. }) = &result {
            self.rest = Some((Instant::now() + REST, error.clone()));
        }
        result
    }

    /// A life begins where outcomes are durable.
    async fn wake(&mut self) -> Result<Box<Life>, CuError> {
        self.ahead = None;
        self.settle().await?;
        self.unit.wake(self.process).await
    }

    /// Evaluates the next page. The life stays lost where its thread was, or where outcomes contradict what is stored.
    async fn evaluate(&mut self, life: Box<Life>, furthest: u64) -> Result<(), CuError> {
        let next = life.next_slot();
        let ready = match self.ready(next, furthest).await {
            Ok(ready) => ready,
            Err(error) => {
                self.life = Some(life);
                return Err(error);
            }
        };
        let seen = match self.seen(next, &ready).await {
            Ok(seen) => seen,
            Err(error) => {
                self.ahead = None;
                self.life = Some(life);
                return Err(error);
            }
        };
        let (life, batch, rest) = self.turn(life, ready, seen).await?;
        if let Some(ahead) = &mut self.ahead {
            ahead.give_back(rest);
        }
        let drafted = match life.since().is_due() {
            true => self.unit.draft(life).await,
            false => Some((life, None)),
        };
        let (life, draft) = drafted.ok_or(CuError::Panicked)?;
        let keeping = self.keeping.keep(&self.unit, self.process, batch, draft);
        let stop = keeping.await?;
        self.life = Some(life);
        stop.map_or(Ok(()), Err)
    }

    /// What these entries would repeat.
    async fn seen(&mut self, next: u64, ready: &[Ready]) -> Result<Seen, CuError> {
        let foreseen = self.ahead.as_mut().and_then(Ahead::foreseen);
        let mut seen = match foreseen {
            Some(seen) => seen,
            None => self.unit.seen(self.process, next, ready).await?,
        };
        self.keeping.marks().for_each(|mark| seen.insert(mark));
        Ok(seen)
    }

    /// A turn on a core; meanwhile it is looked what the page behind it would repeat.
    async fn turn(
        &mut self,
        life: Box<Life>,
        ready: Vec<Ready>,
        seen: Seen,
    ) -> Result<(Box<Life>, Batch, Vec<Ready>), CuError> {
        let own = ready.iter().map(|ready| ready.mark);
        let before = self.keeping.marks().copied().chain(own).collect();
        let mut turn = pin!(self.unit.turn(life, ready, seen));
        if let Some(ahead) = &mut self.ahead {
            tokio::select! {
                biased;
                turned = &mut turn => return turned,
                () = ahead.foresee(&self.unit, self.process, before) => {}
            }
        }
        turn.await
    }

    /// The next entries, as far as `furthest`; later ones are fetched meanwhile.
    async fn ready(&mut self, next: u64, furthest: u64) -> Result<Vec<Ready>, CuError> {
        let kept = self.ahead.take().filter(|kept| kept.next_slot() == next);
        let mut ahead = match kept {
            Some(kept) => kept,
            None => Ahead::start(&self.unit, self.process, next, furthest),
        };
        let ready = match ahead.take().await? {
            Some(ready) => Some(ready),
            None => {
                ahead = Ahead::start(&self.unit, self.process, next, furthest);
                ahead.take().await?
            }
        };
        self.ahead = Some(ahead);
        // A fetch of at least one slot that ends without a page or an error was lost.
        ready.ok_or(CuError::Panicked)
    }

    /// Waits until all outcomes are durable; a life whose outcomes are not kept is lost.
    async fn settle(&mut self) -> Result<(), CuError> {
        let settled = self.keeping.settle().await;
        if settled.is_err() {
            self.life = None;
            self.ahead = None;
        }
        settled
    }

    /// True where somebody waits for a slot that is evaluated.
    fn has_reached(&self) -> bool {
        let next = self.life.as_ref().map(|life| life.next_slot());
        let first = self.waiting.first_key_value().map(|(slot, _what)| *slot);
        matches!((first, next), (Some(first), Some(next)) if first < next)
    }

    /// Tells the residents what the instance takes now.
    fn weigh(&self) {
        let residents = &self.unit.residents;
        match &self.life {
            Some(life) => residents.used(self.process, life.resident_bytes()),
            None => residents.slept(self.process),
        }
    }

    /// Answers everybody whose slot is evaluated.
    async fn answer_reached(&mut self) {
        let Some(next) = self.life.as_ref().map(|life| life.next_slot()) else {
            return;
        };
        let later = self.waiting.split_off(&next);
        for (slot, whats) in std::mem::replace(&mut self.waiting, later) {
            for what in whats {
                self.answer(slot, what).await;
            }
        }
    }

    async fn answer(&mut self, slot: u64, what: What) {
        match (what, self.life.take()) {
            (What::Reach(reply), life) => {
                self.life = life;
                // A dropped receiver is a caller that went away, here and below.
                let _ = reply.send(Ok(()));
            }
            // The question before this one cost the instance: it comes back first.
            (what, None) => self.wait(Ask { slot, what }),
            (What::State(reply), Some(life)) => {
                let (life, state) = self.unit.state(life).await;
                self.life = life;
                let state = state.and_then(|state| state.ok_or(CuError::NoProcess(self.process)));
                let _ = reply.send(state);
            }
            (What::Take(reply), Some(life)) => {
                let (life, taken) = self.unit.taken(life).await;
                self.life = life;
                let taken = taken.and_then(|taken| taken.ok_or(CuError::NoProcess(self.process)));
                let _ = reply.send(taken);
            }
            (What::DryRun(_, reply), life) if reply.is_closed() => {
                self.life = life;
            }
            (What::Tick(reply), Some(life)) => {
                let ticked = self.tick(life).await;
                let _ = reply.send(ticked);
            }
            (What::DryRun(dry, reply), Some(life)) => {
                let (life, verdict) = self.unit.dry_run(life, dry).await;
                self.life = life;
                self.weigh();
                let _ = reply.send(verdict);
            }
        }
    }

    /// One turn of what is due behind the last slot; a life whose ticks are not kept is lost.
    async fn tick(&mut self, life: Box<Life>) -> Result<bool, CuError> {
        if let Some((until, error)) = &self.rest
            && Instant::now() < *until
        {
            self.life = Some(life);
            return Err(error.clone());
        }
        let (life, ticked) = self.unit.tick(self.process, life).await;
        self.life = life;
        self.weigh();
        if let Err(error @ CuError::Interrupted { .. }) = &ticked {
            self.rest = Some((Instant::now() + REST, error.clone()));
        }
        ticked
    }

    async fn sleep(&mut self) {
        self.ahead = None;
        if let Err(error) = self.settle().await {
            tracing::warn!(process = %self.process, %error, "outcomes were not kept; they are computed again");
        }
        if let Some(life) = self.life.take() {
            if life.since().is_some() {
                self.unit.checkpoint(self.process, life).await;
            }
            self.weigh();
        }
    }
}
