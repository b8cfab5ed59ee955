//! The hunter: looks at what schedulers have signed and published, and reports what they may not do (PROTOCOL 5.10, 6).
//!
//! It sees the law's transactions on the base layer, the logs that this node's compute unit reads from schedulers ([`witness`]), and the
//! receipts that its messenger has brought home. What is wrong with them is found by `aosec_challenge::hunter`; here are its eyes
//! ([`sources`], [`looks`]) and its hand ([`charges`], [`press`]). Two modes: to watch, which ends in the log and the metrics, and to hunt, which
//! ends before the court.
//!
//! It keeps nothing (A8): after a start it reads the last blocks again, newest first, and the messenger's receipts; what only a
//! scheduler's answer showed is seen again when it is asked again. A charge that was filed before has the same id, and is filed once;
//! its open cases stand in the docket ([`bonds`]). What it risks in bonds is what lies on the operator's own address; its owner's money
//! is out of reach.

mod bonds;
mod charge;
mod charges;
mod looks;
mod press;
mod sources;
pub(super) mod witness;

use std::collections::BTreeMap;
use std::sync::Arc;

use aosec_challenge::hunter::{Evidence, Finding, Hunter, Promise, Vigil};
use aosec_wire::{Id, SigningKey, VerifiedItem};
use tokio::sync::mpsc;

use self::charge::Charge;
use self::charges::Charges;
use self::sources::Reading;
use crate::arweave::gateway::Gateway;
use crate::cu::source::Log;
use crate::metrics;
use crate::origin::mirror::{Depth, MirrorError};
use crate::origin::{self, Asker, OriginError};
use crate::shutdown::Shutdown;
use crate::store::canonical::{self, LogKey};
use crate::store::{Store, StoreError};
use crate::su;

/// Blocks read again after a start, at least; else as many as evidence of an ended lease lasts (4.4). A devnet's lasts for seconds.
const BACK_BLOCKS_MIN: u64 = 1_000;
/// Receipts that are asked about at one pass: a look into the store each. The others are asked about at the next one.
const PROMISES_AT_ONCE: usize = 1_024;

/// Who hunts, and what with.
pub(super) struct Hunt {
    pub(super) court: origin::Handle,
    pub(super) store: Store,
    pub(super) su: su::Handle,
    /// Logs as schedulers serve them: a host is asked before it is accused (6.9).
    pub(super) log: Arc<dyn Log>,
    pub(super) gateway: Gateway,
    /// The operator's key: it signs reports, and its address pays bonds.
    pub(super) operator: SigningKey,
    /// What the compute unit has read from schedulers.
    pub(super) seen: mpsc::Receiver<VerifiedItem>,
    /// Whether findings go before the court, or into the log alone.
    pub(super) reports: bool,
}

/// Why a pass came to nothing. What was seen before stays known, and the pass is made once more after the next block.
#[derive(Debug, thiserror::Error)]
enum Hitch {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Court(#[from] OriginError),
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    #[error("the court names no {0}")]
    Parameter(&'static str),
    #[error("the node stops")]
    Stopped,
}

/// All that is remembered between two blocks.
struct State {
    hunter: Hunter,
    vigil: Vigil,
    publish_within: u64,
    reading: Reading,
    charges: Charges,
}

/// Looks around after each block, until the stop is told.
pub(super) async fn run(mut hunt: Hunt, shutdown: Shutdown) {
    let mut standings = hunt.court.standings();
    let mut state = None;
    loop {
        tokio::select! {
            () = shutdown.told() => return,
            changed = standings.changed() => if changed.is_err() { return },
        }
        // What a pass has half done is done again after the next start.
        tokio::select! {
            () = shutdown.told() => return,
            () = hunt.look_around(&mut state) => {}
        }
    }
}

impl Hunt {
    /// Passes until nothing is left to be read.
    async fn look_around(&mut self, state: &mut Option<State>) {
        while self.court.is_caught_up() {
            match self.pass(state).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, "the hunter looks again after the next block");
                    return;
                }
            }
        }
    }

    /// Whether more is left to be read.
    async fn pass(&mut self, kept: &mut Option<State>) -> Result<bool, Hitch> {
        let Some(now) = self.court.standing().soft else {
            return Ok(false);
        };
        if kept.is_none() {
            *kept = Some(self.begin(now).await?);
        }
        let Some(state) = kept else {
            return Ok(false);
        };
        let court = self.court.id();
        let (sights, reading) = state.reading.next(&self.store, court, now).await?;
        let heard = std::iter::from_fn(|| self.seen.try_recv().ok());
        let heard: Vec<VerifiedItem> = heard.take(witness::QUEUE).collect();
        let sights = sources::evidence(sights, heard, court).await?;
        // A court that cannot be looked at stands still: there is nothing to go on with.
        let Some(mut state) = kept.take() else {
            return Ok(false);
        };
        let judged = self.judged((state.hunter, state.vigil), sights);
        let ((hunter, vigil), findings) = judged.await?;
        (state.hunter, state.vigil, state.reading) = (hunter, vigil, reading);
        let state = kept.insert(state);
        for finding in findings {
            self.accuse(&mut state.charges, Charge::Report(finding), now);
        }
        self.promises(state, now).await?;
        press::press(self, &mut state.charges, now).await;
        let is_behind = state.reading.is_behind(now);
        if !is_behind {
            self.messages(state, now).await?;
        }
        Ok(is_behind)
    }

    /// The log of a process as this court has derived it.
    fn log_key(&self, process: Id) -> LogKey {
        LogKey {
            court: self.court.id(),
            process,
        }
    }

    async fn begin(&self, now: u64) -> Result<State, Hitch> {
        let asked = self.court.ask_as(Asker::Own, Depth::Soft, "Params", &[]);
        let answer = asked.await?.shown();
        let number = |name: &'static str| {
            let number = answer["Parameters"][name].as_u64();
            number.ok_or(Hitch::Parameter(name))
        };
        let publish_within = number("publish_within")?;
        let depth = number("settlement_depth")?;
        let back = number("evidence_max_age")?.max(BACK_BLOCKS_MIN);
        let mut charges = Charges::default();
        for (opener, bond) in bonds::open(self).await? {
            charges.remember(opener, bond);
        }
        Ok(State {
            hunter: Hunter::new(publish_within, depth),
            vigil: Vigil::new(publish_within),
            publish_within,
            reading: Reading::from(now.saturating_sub(back), now, depth),
            charges,
        })
    }

    /// Compares what was seen with all that was, by the court's tables of this block.
    async fn judged(
        &self,
        (mut hunter, mut vigil): (Hunter, Vigil),
        sights: Vec<(Evidence, Option<u64>)>,
    ) -> Result<((Hunter, Vigil), Vec<Finding>), Hitch> {
        let looked = self.court.look(move |court| {
            let mut findings = Vec::new();
            if let Some(tenures) = court.holders() {
                for (evidence, mined) in sights {
                    if let Some(mined) = mined {
                        vigil.watch_record(&evidence, mined, tenures);
                    }
                    findings.extend(hunter.see(evidence, tenures));
                }
            }
            ((hunter, vigil), findings)
        });
        Ok(looked.await?)
    }

    /// Receipts whose time is over and which the settled log does not show.
    async fn promises(&self, state: &mut State, now: u64) -> Result<(), Hitch> {
        let mut broken = BTreeMap::new();
        for promise in state.hunter.overdue(now, PROMISES_AT_ONCE) {
            if self.is_broken(&promise, state.publish_within).await? {
                broken.insert((promise.process, promise.epoch), promise.clone());
            }
            state.hunter.asked(&promise);
        }
        // The newest of a lease alone, which comes last: a receipt that the log could take next is published by the challenge itself, and
        // one slash of a lease is all there is (6, row 3).
        for (lease, promise) in broken {
            if state.charges.awaits_no_publication(lease) {
                self.accuse(&mut state.charges, Charge::Publication(promise), now);
            }
        }
        Ok(())
    }

    /// Whether the settled log does not show a receipt, in a lease that counts, of a process that this node does not schedule itself.
    async fn is_broken(&self, promise: &Promise, publish_within: u64) -> Result<bool, Hitch> {
        let log = self.log_key(promise.process);
        let place = canonical::of_message(&self.store, log, promise.message).await?;
        let is_kept = place.is_some_and(|place| place.slot == promise.slot);
        let is_due = !is_kept && self.counts(promise, publish_within);
        Ok(is_due && !self.su.has(promise.process).await?)
    }

    /// Whether the lease of a promise lasts, or ended so late that the promise had its time (6, row 3).
    fn counts(&self, promise: &Promise, publish_within: u64) -> bool {
        let row = self.court.row(&promise.process);
        let ended = row.filter(|row| row.epoch == promise.epoch && row.operator.is_none());
        let ended = ended.and_then(|row| row.u);
        let had_its_time = |end: u64| promise.stamped.saturating_add(publish_within) <= end;
        ended.is_none_or(had_its_time)
    }

    /// Messages of canonical slots that nobody shows.
    async fn messages(&self, state: &mut State, now: u64) -> Result<(), Hitch> {
        let due = state.vigil.due(now, looks::NEAR_LOOKS_MAX);
        for (sought, found) in looks::at(self, due).await? {
            match found {
                looks::Found::There => state.vigil.found(&sought),
                looks::Found::Unknown => state.vigil.later(&sought, now),
                looks::Found::Nowhere => {
                    if state.vigil.missed(&sought, now) {
                        self.accuse(&mut state.charges, Charge::Data(sought), now);
                    }
                }
            }
        }
        Ok(())
    }

    /// Says what was found; where this node hunts, files it. Nobody accuses himself.
    fn accuse(&self, charges: &mut Charges, charge: Charge, now: u64) {
        metrics::hunter_findings()
            .with_label_values(&[charge.word()])
            .inc();
        let is_own = charge.operator() == self.operator.address();
        match is_own {
            true => {
                tracing::error!(%charge, "this node's own operator has broken the law: stop the node, and look who else has its key");
            }
            false => tracing::warn!(%charge, "a fault of a host was found"),
        }
        if self.reports && !is_own {
            charges.file(charge, now);
        }
    }
}
