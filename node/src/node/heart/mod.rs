//! The heart: for each lease of this node's operator it says in time what keeps pay going (PROTOCOL 5.12), without a human.
//!
//! After each block of the court it looks at the leases whose pause is over, each once, and lets [`rule`] decide. Heartbeats ride
//! together, at most [`BEATS_MAX`] in a message. It keeps nothing that it cannot learn again from the court (A8).

mod rule;

use std::collections::BTreeMap;

use aosec_wire::{Draft, Id, ItemError, SigningKey};

use self::rule::{Lease, Terms, Word};
use crate::cu::source::{Log as _, SourceError};
use crate::origin::Asker;
use crate::origin::client::TakeError;
use crate::origin::messages::{self, Beat};
use crate::origin::mirror::{Answer, Depth, MirrorError};
use crate::shutdown::Shutdown;
use crate::su::{self, Guard, Standing};
use crate::{metrics, origin};

/// Heartbeats in one message (5.12).
const BEATS_MAX: usize = 64;

/// Who speaks, and for whom.
pub(super) struct Heart {
    pub(super) court: origin::Handle,
    pub(super) su: su::Handle,
    /// Signs heartbeats: they are the hot key's word.
    pub(super) guard: Guard,
    /// The operator's key: it sends them, and its leases are spoken for.
    pub(super) operator: SigningKey,
}

/// Why a lease is not spoken for now. It is looked at again after the next block.
#[derive(Debug, thiserror::Error)]
enum Hitch {
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    #[error(transparent)]
    Scheduler(#[from] SourceError),
    #[error("the court's answer names no {0}")]
    Absent(&'static str),
    #[error("it cannot be signed: {0}")]
    Sign(#[from] ItemError),
    #[error(transparent)]
    Inbox(#[from] TakeError),
}

/// Looks at its leases after each block, until the stop is told.
pub(super) async fn run(heart: Heart, shutdown: Shutdown) {
    let mut standings = heart.court.standings();
    let mut rests = BTreeMap::new();
    loop {
        tokio::select! {
            () = shutdown.told() => return,
            changed = standings.changed() => if changed.is_err() { return },
        }
        if heart.court.is_caught_up()
            && let Err(reason) = heart.pass(&mut rests).await
        {
            tracing::warn!(%reason, "leases of this operator are not spoken for at the moment");
        }
    }
}

impl Heart {
    /// `rests` says of a lease at which height it is looked at again.
    async fn pass(&self, rests: &mut BTreeMap<Id, u64>) -> Result<(), Hitch> {
        // Who only observes leaves every signature to the node that signs.
        if self.su.standing() != Standing::Signing {
            return Ok(());
        }
        let now = self.court.standing().soft.unwrap_or(0);
        // After a reorg or a new clock the court decides, not what was remembered.
        rests.retain(|_, until| *until > now);
        let mut mine = self.court.hosted(self.operator.address());
        mine.retain(|process| !rests.contains_key(process));
        if mine.is_empty() {
            return Ok(());
        }
        let terms = self.terms().await?;
        let (mut beats, mut settles) = (Vec::new(), Vec::new());
        for process in mine {
            let (lease, beat) = match self.lease(process).await {
                Ok(shown) => shown,
                Err(reason) => {
                    tracing::debug!(%process, %reason, "this lease is looked at again at the next block");
                    continue;
                }
            };
            match terms.due(&lease, now) {
                None => {
                    rests.insert(process, lease.paid_to.saturating_add(terms.pause()));
                }
                Some(Word::Heartbeat) => beats.push((lease, beat)),
                Some(Word::Settle) => settles.push(lease),
            }
        }
        // What could not be sent is looked at again after the next block; the others rest.
        let again = now.saturating_add(terms.retry());
        for some in beats.chunks(BEATS_MAX) {
            match self.beat(some, terms, now).await {
                Ok(()) => rests.extend(some.iter().map(|(lease, _)| (lease.process, again))),
                Err(reason) => tracing::warn!(%reason, leases = some.len(), "heartbeats wait"),
            }
        }
        for lease in settles {
            match self.settle(lease, terms, now).await {
                Ok(()) => rests.extend([(lease.process, again)]),
                Err(reason) => {
                    tracing::warn!(%reason, process = %lease.process, "a lease is not spoken for");
                }
            }
        }
        Ok(())
    }

    async fn terms(&self) -> Result<Terms, Hitch> {
        let answer = self.ask("Params", &[]).await?;
        let named = &answer.data["Parameters"];
        let fee = named["inbox_fee"].as_str().and_then(|fee| fee.parse().ok());
        Ok(Terms {
            publish_within: named["publish_within"]
                .as_u64()
                .ok_or(Hitch::Absent("publish_within"))?,
            inbox_fee: fee.ok_or(Hitch::Absent("inbox_fee"))?,
        })
    }

    /// Asks the court, and waits behind no stranger's question.
    async fn ask(&self, action: &str, about: &[(&str, &str)]) -> Result<Answer, MirrorError> {
        let asked = self.court.ask_as(Asker::Own, Depth::Soft, action, about);
        asked.await
    }

    async fn lease(&self, process: Id) -> Result<(Lease, Beat), Hitch> {
        let name = process.to_string();
        let asked = [("Process", name.as_str())];
        let answer = self.ask("Processes", &asked).await?;
        let row = &answer.data["Rows"][0];
        let amount = |text: &serde_json::Value| text.as_str()?.parse().ok();
        let beat = self.court.head_as(Asker::Own, process).await?;
        let lease = Lease {
            process,
            paid_to: row["Lease"]["Paid-To"]
                .as_u64()
                .ok_or(Hitch::Absent("Paid-To"))?,
            rate: amount(&row["Lease"]["Rate"]).ok_or(Hitch::Absent("Rate"))?,
            escrow: amount(&row["Escrow"]).ok_or(Hitch::Absent("Escrow"))?,
            canonical: beat.slot,
            newest: self.su.newest(process).await?.unwrap_or(0),
        };
        Ok((lease, beat))
    }

    async fn beat(&self, some: &[(Lease, Beat)], terms: Terms, now: u64) -> Result<(), Hitch> {
        let leases: Vec<_> = some.iter().map(|(lease, _)| *lease).collect();
        if !terms.pays(&leases, now) {
            return Ok(());
        }
        let origin = self.court.id();
        let words = some.iter().map(|(_, beat)| {
            let word = messages::beat(origin, *beat);
            self.guard.seal_heartbeat(&word)
        });
        let words: Vec<_> = words.collect::<Result<_, _>>()?;
        let id = self.send(messages::heartbeats(origin, &words), now).await?;
        metrics::heartbeats().inc_by(some.len() as u64);
        tracing::debug!(message = %id, leases = some.len(), "heartbeats are sent");
        Ok(())
    }

    async fn settle(&self, lease: Lease, terms: Terms, now: u64) -> Result<(), Hitch> {
        if !terms.pays(&[lease], now) {
            return Ok(());
        }
        let mut draft = messages::message(self.court.id(), "Settle");
        draft.tags = draft.tags.with("Process", lease.process.to_string());
        let id = self.send(draft, now).await?;
        metrics::heartbeats().inc();
        tracing::debug!(message = %id, process = %lease.process, "the court is asked to look at what is published");
        Ok(())
    }

    async fn send(&self, mut draft: Draft, now: u64) -> Result<Id, Hitch> {
        // An id that has run runs no second time: what is sent again at another height is another item.
        draft.anchor = Some(*Id::sha256(&now.to_be_bytes()).as_bytes());
        let item = draft.sign_deterministic(&self.operator)?;
        Ok(self.court.take_own(&item).await?)
    }
}
