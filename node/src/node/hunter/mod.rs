//! The hunter: looks at what schedulers have signed and published, and reports what they may not do (PROTOCOL 5.10, 6).
//!
//! It sees the law's transactions on the base layer, the logs that this node's compute unit reads from schedulers ([`witness`]), and the
//! receipts that its messenger has brought home. What is wrong with them is found by `aosec_challenge::hunter`; here are its eyes
//! ([`sources`], [`looks`]) and its hand ([`charges`]). Two modes: to watch, which ends in the log and the metrics, and to hunt, which
//! ends before the court.
//!
//! It keeps nothing (A8): after a start it reads the last blocks again, and the messenger's receipts; what only a scheduler's answer
//! showed is seen again when it is asked again. A charge that was filed before has the same id, and is filed once. What it risks in
//! bonds is what lies on the operator's own address; its owner's money is out of reach.

mod charges;
mod looks;
mod sources;
pub(super) mod witness;

use std::collections::BTreeMap;
use std::sync::Arc;

use aosec_challenge::hunter::{Evidence, Finding, Hunter, Promise, Vigil, is_lawful};
use aosec_wire::{Id, SigningKey, VerifiedItem};
use tokio::sync::mpsc;

use self::charges::{Charge, Charges};
use self::sources::Reading;
use crate::arweave::gateway::Gateway;
use crate::cu::source::Log;
use crate::metrics;
use crate::origin::mirror::{Depth, MirrorError};
use crate::origin::{self, OriginError};
use crate::shutdown::Shutdown;
use crate::store::canonical::{self, LogKey};
use crate::store::{Store, StoreError};
use crate::su;

/// Blocks read again after a start, at least; else as many as evidence of an ended lease lasts (4.4). A devnet's lasts for seconds.
const BACK_BLOCKS_MIN: u64 = 1_000;

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

/// Why a pass came to nothing. Everything is read again then.
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
        if !hunt.court.is_caught_up() {
            continue;
        }
        // What a pass has half done is done again after the next start.
        tokio::select! {
            () = shutdown.told() => return,
            passed = hunt.pass(&mut state) => if let Err(error) = passed {
                tracing::warn!(%error, "the hunter begins again with what the base layer shows");
                state = None;
            },
        }
    }
}

impl Hunt {
    async fn pass(&mut self, kept: &mut Option<State>) -> Result<(), Hitch> {
        let Some(now) = self.court.standing().soft else {
            return Ok(());
        };
        let mut state = match kept.take() {
            Some(state) => state,
            None => self.begin(now).await?,
        };
        let sights = state
            .reading
            .next(&self.store, self.court.id(), now)
            .await?;
        let heard = std::iter::from_fn(|| self.seen.try_recv().ok());
        let heard: Vec<VerifiedItem> = heard.take(witness::QUEUE).collect();
        let sights = sources::evidence(sights, heard, self.court.id()).await?;
        let (hunter, findings, signed) = self.judged(state.hunter, sights).await?;
        state.hunter = hunter;
        for finding in findings {
            self.accuse(&mut state.charges, Charge::Report(finding));
        }
        for (process, slot, message, mined) in signed {
            state.vigil.watch(process, slot, message, mined);
        }
        self.promises(&mut state, now).await?;
        self.messages(&mut state, now).await?;
        charges::press(self, &mut state.charges, now).await;
        *kept = Some(state);
        Ok(())
    }

    /// The log of a process as this court has derived it.
    fn log_key(&self, process: Id) -> LogKey {
        LogKey {
            court: self.court.id(),
            process,
        }
    }

    async fn begin(&self, now: u64) -> Result<State, Hitch> {
        let answer = self.court.ask(Depth::Soft, "Params", &[]).await?.shown();
        let number = |name: &'static str| {
            let number = answer["Parameters"][name].as_u64();
            number.ok_or(Hitch::Parameter(name))
        };
        let publish_within = number("publish_within")?;
        let depth = number("settlement_depth")?;
        let back = number("evidence_max_age")?.max(BACK_BLOCKS_MIN);
        Ok(State {
            hunter: Hunter::new(publish_within, depth),
            vigil: Vigil::new(publish_within),
            publish_within,
            reading: Reading::from(now.saturating_sub(back), depth),
            charges: Charges::default(),
        })
    }

    /// Compares what was seen with all that was, by the court's tables of this block.
    async fn judged(
        &self,
        mut hunter: Hunter,
        sights: Vec<(Evidence, Option<u64>)>,
    ) -> Result<(Hunter, Vec<Finding>, Vec<(Id, u64, Id, u64)>), Hitch> {
        let looked = self.court.look(move |court| {
            let (mut findings, mut signed) = (Vec::new(), Vec::new());
            let Some(tenures) = court.holders() else {
                return (hunter, findings, signed);
            };
            for (evidence, mined) in sights {
                let mined = mined.filter(|_| is_lawful(&evidence, tenures));
                if let Some((mined, record)) = mined.zip(evidence.record()) {
                    let slots = (record.first_slot()..).zip(record.entries());
                    let process = evidence.process();
                    signed.extend(slots.map(|(slot, one)| (process, slot, one.message, mined)));
                }
                findings.extend(hunter.see(evidence, tenures));
            }
            (hunter, findings, signed)
        });
        Ok(looked.await?)
    }

    /// Receipts whose time is over and which the settled log does not show.
    async fn promises(&self, state: &mut State, now: u64) -> Result<(), Hitch> {
        let mut broken = BTreeMap::new();
        for promise in state.hunter.overdue(now) {
            let place =
                canonical::of_message(&self.store, self.log_key(promise.process), promise.message);
            let is_kept = place.await?.is_some_and(|place| place.slot == promise.slot);
            if !is_kept
                && self.counts(&promise, state.publish_within)
                && !self.su.has(promise.process).await?
            {
                broken.insert((promise.process, promise.epoch), promise);
            }
        }
        // The newest of a lease alone, which comes last: a receipt that the log could take next is published by the challenge itself, and
        // one slash of a lease is all there is (6, row 3).
        for (lease, promise) in broken {
            if state.charges.awaits_no_publication(lease) {
                self.accuse(&mut state.charges, Charge::Publication(promise));
            }
        }
        Ok(())
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
        let due = state.vigil.due(now);
        for (place, found) in looks::at(self, due).await? {
            let (process, slot, message) = place;
            match found {
                looks::Found::There => state.vigil.found(process, slot),
                looks::Found::Unknown => {}
                looks::Found::Nowhere => {
                    if state.vigil.missed(process, slot, now) {
                        let charge = Charge::Data {
                            process,
                            slot,
                            message,
                        };
                        self.accuse(&mut state.charges, charge);
                    }
                }
            }
        }
        Ok(())
    }

    /// Says what was found; where this node hunts, files it. Nobody accuses himself.
    fn accuse(&self, charges: &mut Charges, charge: Charge) {
        metrics::hunter_findings()
            .with_label_values(&[charge.word()])
            .inc();
        let is_own = charge.operator() == Some(self.operator.address());
        match is_own {
            true => {
                tracing::error!(%charge, "this node's own operator has broken the law: stop the node, and look who else has its key");
            }
            false => tracing::warn!(%charge, "a fault of a host was found"),
        }
        if self.reports && !is_own {
            charges.file(charge);
        }
    }
}
