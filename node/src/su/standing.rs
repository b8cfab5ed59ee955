//! Whether this unit signs at the moment, and why not: one answer for senders, operators and scripts.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use aosec_wire::Id;
use tokio::{sync::watch, task::JoinSet};

use super::{
    Handle, Shared,
    actor::Actor,
    recover::{Disagreement, Findings},
    refusal::Unavailable,
};
use crate::metrics;

/// Logs whose last batch is signed side by side at the start: their signatures share commits.
const SIGNED_AT_ONCE: usize = 256;

/// What the unit does with messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It looks whether somebody else has its key.
    Looking,
    /// It has looked, says that it is here, and waits for this height whether anybody contradicts.
    Waiting {
        /// The height.
        until: u64,
    },
    /// It takes messages and signs.
    Signing,
    /// It serves what it has and signs nothing, until its operator acts.
    Observer(Arc<str>),
}

impl Standing {
    /// One word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Looking => "looking",
            Self::Waiting { .. } => "waiting",
            Self::Signing => "signing",
            Self::Observer(_) => "observer",
        }
    }
}

/// What the start found, and what has been learned since.
pub(super) struct Bench {
    standing: watch::Sender<Standing>,
    /// Processes for which the store lacks what the guard has recorded.
    blocked: BTreeMap<Id, Arc<Disagreement>>,
    disagreement: Option<Arc<Disagreement>>,
    /// Processes whose last batch was committed and not signed before the start.
    unsigned: Vec<Id>,
}

impl Bench {
    pub(super) fn new(findings: Findings, halted: Option<String>, first: Standing) -> Self {
        let Findings {
            unsigned,
            blocked,
            observer,
        } = findings;
        for why in blocked.values().chain(&observer) {
            tracing::error!(%why, "not signed for");
        }
        let observer_text = observer.as_ref().map(ToString::to_string).or(halted);
        let standing = observer_text.map_or(first, |why| Standing::Observer(why.into()));
        metrics::guard_blocked().set(i64::try_from(blocked.len()).unwrap_or(i64::MAX));
        let bench = Self {
            standing: watch::channel(Standing::Looking).0,
            blocked: blocked
                .into_iter()
                .map(|(process, why)| (process, Arc::new(why)))
                .collect(),
            disagreement: observer.map(Arc::new),
            unsigned,
        };
        bench.set(standing);
        bench
    }

    /// An observer stays one until the next start.
    pub(super) fn set(&self, next: Standing) {
        self.standing.send_if_modified(|now| {
            let moves = !matches!(now, Standing::Observer(_)) && *now != next;
            if moves {
                now.clone_from(&next);
            }
            moves
        });
        let is_observer = matches!(*self.standing.borrow(), Standing::Observer(_));
        metrics::guard_observer().set(i64::from(is_observer));
    }

    pub(super) fn now(&self) -> Standing {
        self.standing.borrow().clone()
    }
}

async fn sign_again((process, shared): (Id, Arc<Shared>)) {
    if let Err(reason) = Actor::sign_again(process, shared).await {
        tracing::error!(%process, %reason, "its last batch stays unsigned until its next message");
    }
}

impl Handle {
    /// What the unit does with messages.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.shared.bench.now()
    }

    /// The same, told at each change.
    #[must_use]
    pub fn standings(&self) -> watch::Receiver<Standing> {
        self.shared.bench.standing.subscribe()
    }

    /// The processes that are not signed for, with the reason; the others are.
    #[must_use]
    pub fn blocked(&self) -> &BTreeMap<Id, Arc<Disagreement>> {
        &self.shared.bench.blocked
    }

    /// Why no message is taken at the moment, whatever it says; none when the unit is ready.
    pub fn unavailable(&self) -> Option<Unavailable> {
        self.shared.unavailable()
    }

    /// Why no message to this process is taken at the moment.
    pub(super) fn unavailable_for(&self, process: Id) -> Option<Unavailable> {
        let blocked = self.shared.bench.blocked.get(&process);
        let blocked = blocked.map(|why| Unavailable::Disagreement(why.clone()));
        blocked.or_else(|| self.unavailable())
    }
}

impl Shared {
    /// Signs the batches that were committed before the start and not signed, and keeps the signatures. To be called while nothing
    /// is taken: what was answered before the stop is seen before anything new is.
    pub(super) async fn sign_unsigned(self: &Arc<Self>) {
        for some in self.bench.unsigned.chunks(SIGNED_AT_ONCE) {
            let logs = some.iter().map(|process| (*process, self.clone()));
            let mut signed: JoinSet<()> = logs.map(sign_again).collect();
            while let Some(done) = signed.join_next().await {
                if let Err(error) = done {
                    tracing::error!(%error, "the task that signs a last batch again has ended; that batch stays unsigned until its next message");
                }
            }
        }
    }

    fn unavailable(&self) -> Option<Unavailable> {
        if let Some(disagreement) = &self.bench.disagreement {
            return Some(Unavailable::Disagreement(disagreement.clone()));
        }
        match self.bench.now() {
            Standing::Signing => {}
            Standing::Observer(why) => return Some(Unavailable::Observer(why)),
            Standing::Looking => return Some(Unavailable::Looking),
            Standing::Waiting { until } => return Some(Unavailable::Waiting { until }),
        }
        if self.publication_stalled.load(Ordering::Relaxed) {
            return Some(Unavailable::Publication);
        }
        let Some(tip) = self.tip.height() else {
            return Some(Unavailable::NoTip);
        };
        let until = self.guard.look(super::guard::Book::signs_from);
        (tip < until).then_some(Unavailable::Waiting { until })
    }
}
