//! The loop that carries what senders without a host have sent (D10): orphans, and the court itself.
//!
//! What goes into an inbox has no entry in any outbox, so nobody would ask what it came to. Each node with a court looks at the settled slots
//! that the base layer itself has ordered, and takes over what goes to processes that its own scheduler orders ([`rule`]). How far it has
//! looked stands in the store, in one transaction with the messages, so each leaves once, whatever is killed in between; a second node that
//! took the same piece would make an item that the receiver knows as a repetition (D9).
//!
//! Fair among orphans: in turn by their ids, so many at once, so many slots each time; one that fails rests, the others do not wait for it.

mod rule;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aosec_wire::{Id, Outcome};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::Inner;
use super::entry::Entry;
use super::ledger;
use super::ports::{Hostless, NotComputed, Unreachable};
use super::push::{self, Push, Sender};
use crate::metrics;
use crate::shutdown::Shutdown;
use crate::store::canonical::LogKey;
use crate::store::hostless::{self, Due, Turn};
use crate::store::{StoreError, court};

/// Orphans looked at together: each is a question to the compute unit, which has its own processes to compute.
const FOLLOWED_MAX: u32 = 8;
/// Slots of one orphan in one look: the next one waits no longer than these take to compute.
const TURNS_A_LOOK: u32 = 32;
/// Outcomes of the court in one look: most speak to no process; of the longest that are kept whole, some megabytes.
const OUTCOMES_A_LOOK: u32 = 256;
/// Between two rounds where nothing was left to do: two questions by index, and a block takes longer.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A look that takes longer is given up; the compute unit goes on meanwhile.
const LOOK_DEADLINE: Duration = Duration::from_secs(60);
/// An orphan whose look has failed is left alone for so long: a gateway that is away, an item that nobody has.
const REST: Duration = Duration::from_secs(10);
/// Orphans that rest at once; beyond that all are asked again early.
const RESTING_MAX: usize = 1_024;

/// Works until the node stops.
pub(super) async fn run(inner: Arc<Inner>, senders: Arc<dyn Hostless>, shutdown: Shutdown) {
    let mut rounds = Rounds::default();
    loop {
        let round = async {
            let pause = match rounds.go(&inner, &senders).await {
                Ok(true) => Duration::ZERO,
                Ok(false) => LOOK_EVERY,
                Err(error) => {
                    tracing::warn!(%error, "what senders without a host have sent waits");
                    REST
                }
            };
            sleep(pause).await;
        };
        tokio::select! {
            () = shutdown.told() => break,
            () = round => {}
        }
    }
}

/// Why a look came to nothing.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Computed(#[from] NotComputed),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the spawn of {0} is not to be had: nobody has it")]
    NoSpawn(Id),
    #[error("a spawn is not to be had: {0}")]
    Unreachable(#[from] Unreachable),
}

/// Whose turn it is.
#[derive(Default)]
struct Rounds {
    /// The last orphan of the round before; none where the next round begins with the first.
    after: Option<Id>,
    resting: BTreeMap<Id, Instant>,
}

impl Rounds {
    /// Looks at the court and at the next orphans; true where more may be done at once.
    async fn go(
        &mut self,
        inner: &Arc<Inner>,
        senders: &Arc<dyn Hostless>,
    ) -> Result<bool, LookError> {
        let Some((origin, firm)) = senders.court() else {
            return Ok(false);
        };
        let look = Look {
            inner: Arc::clone(inner),
            senders: Arc::clone(senders),
            origin,
        };
        let has_more = look.at_court(firm).await?;
        let due = hostless::due(&inner.store, origin, self.after, FOLLOWED_MAX).await?;
        let is_last = due.len() < FOLLOWED_MAX as usize;
        self.after = due.last().filter(|_| !is_last).map(|due| due.process);
        let progressed = self.looks(&look, due).await;
        Ok(has_more || progressed || !is_last)
    }

    /// One look at each of them; true where one of them has more.
    async fn looks(&mut self, look: &Look, due: Vec<Due>) -> bool {
        let now = Instant::now();
        self.resting.retain(|_, until| *until > now);
        if self.resting.len() >= RESTING_MAX {
            self.resting.clear();
        }
        let mut looks = JoinSet::new();
        for due in due {
            if !self.resting.contains_key(&due.process) {
                let look = look.clone();
                looks.spawn(async move { (due.process, look.patiently(due).await) });
            }
        }
        let mut has_more = false;
        while let Some(ended) = looks.join_next().await {
            match ended {
                Ok((_process, Some(more))) => has_more |= more,
                Ok((process, None)) => {
                    self.resting.insert(process, Instant::now() + REST);
                }
                Err(_panicked) => metrics::panics().inc(),
            }
        }
        has_more
    }
}

/// What a look needs.
#[derive(Clone)]
struct Look {
    inner: Arc<Inner>,
    senders: Arc<dyn Hostless>,
    origin: Id,
}

impl Look {
    fn log(&self, process: Id) -> LogKey {
        LogKey {
            court: self.origin,
            process,
        }
    }

    /// What the court has sent since; true where there is more.
    async fn at_court(&self, firm: u64) -> Result<bool, LookError> {
        let (store, log) = (&self.inner.store, self.log(self.origin));
        let taken = hostless::taken(store, log).await?;
        let outcomes = court::outcomes(store, taken, firm, OUTCOMES_A_LOOK).await?;
        let last = outcomes.last().map(|last| last.slot);
        let more = outcomes.len() >= OUTCOMES_A_LOOK as usize;
        for one in outcomes {
            let turn = Turn {
                slot: one.slot,
                message: one.message,
            };
            // The court computed it itself; what does not read as a result sends nothing anywhere.
            let Ok(outcome) = Outcome::parse(one.json) else {
                continue;
            };
            let outcome = rule::numbered(outcome, turn.slot);
            self.carry(self.origin, turn, &outcome).await?;
        }
        self.passed(log, last).await?;
        Ok(more)
    }

    /// One look at an orphan; none where it failed, or its slots are being derived anew.
    async fn patiently(&self, due: Due) -> Option<bool> {
        let process = due.process;
        match timeout(LOOK_DEADLINE, self.at_orphan(due)).await {
            Ok(Ok(more)) => more,
            Ok(Err(error)) => {
                tracing::warn!(%process, %error, "what an orphan has sent waits");
                None
            }
            Err(_elapsed) => None,
        }
    }

    /// The next slots of an orphan; true where there may be more.
    async fn at_orphan(&self, due: Due) -> Result<Option<bool>, LookError> {
        let log = self.log(due.process);
        let turns = hostless::turns(&self.inner.store, log, due.taken, TURNS_A_LOOK).await?;
        let Some(last) = turns.last().map(|turn| turn.slot) else {
            return Ok(None);
        };
        let more = turns.len() >= TURNS_A_LOOK as usize;
        let mut passed = None;
        for turn in turns {
            let carried = self.turn(due.process, turn).await;
            if carried.is_err() {
                // What was looked at before it stays looked at.
                self.passed(log, passed).await?;
            }
            carried?;
            passed = Some(turn.slot);
        }
        self.passed(log, Some(last)).await?;
        Ok(Some(more))
    }

    async fn turn(&self, process: Id, turn: Turn) -> Result<(), LookError> {
        match self.senders.outcome(process, turn.slot).await {
            Ok(outcome) => self.carry(process, turn, &outcome).await,
            Err(NotComputed::Never(words)) => {
                tracing::warn!(%process, slot = turn.slot, words, "what an orphan has sent is not known here, and goes no further");
                Ok(())
            }
            Err(later) => Err(later.into()),
        }
    }

    /// Takes over what of a slot's result is this node's to carry; where that is nothing, nothing is written.
    async fn carry(&self, process: Id, turn: Turn, outcome: &Outcome) -> Result<(), LookError> {
        let mut here = BTreeSet::new();
        for receiver in rule::receivers(outcome) {
            if self.senders.hosts(receiver).await? {
                here.insert(receiver);
            }
        }
        if !rule::may_concern(outcome, &here) {
            return Ok(());
        }
        let facts = self.senders.facts(process).await?;
        let facts = facts.ok_or(LookError::NoSpawn(process))?;
        let sender = Sender {
            process,
            module: facts.module,
            scheduler: facts.scheduler,
            turn: push::Turn::Slot(turn.slot),
            pushed_for: turn.message,
        };
        let (pushes, unsendable) = push::pushes(outcome, &sender, &self.inner.authority);
        for piece in &unsendable {
            tracing::warn!(%process, slot = turn.slot, %piece, "a message of an orphan cannot be sent");
        }
        let pushes = rule::ours(pushes, &here, self.senders.scheduler());
        self.adopt(process, turn, pushes).await
    }

    async fn adopt(&self, process: Id, turn: Turn, pushes: Vec<Push>) -> Result<(), LookError> {
        if pushes.is_empty() {
            return Ok(());
        }
        let adopt = |push: Push| {
            let child = Entry::ordered(&push, process, turn);
            (push, child)
        };
        let pushes = pushes.into_iter().map(adopt).collect();
        let (log, moment) = (self.log(process), self.inner.moment());
        let store = &self.inner.store;
        let capped = ledger::adopt_turn(store, log, turn.slot, pushes, moment).await?;
        if capped > 0 {
            tracing::warn!(%process, slot = turn.slot, pieces = capped, "a cap cut off what an orphan sends");
            metrics::pushes_capped().inc_by(u64::from(capped));
        }
        self.inner.work.notify_one();
        Ok(())
    }

    /// Notes that slots up to this one were looked at.
    async fn passed(&self, log: LogKey, slot: Option<u64>) -> Result<(), StoreError> {
        let Some(slot) = slot else {
            return Ok(());
        };
        let noted = async move |db: &mut _| hostless::take(db, log, slot).await;
        self.inner.store.write(noted).await.map(drop)
    }
}
