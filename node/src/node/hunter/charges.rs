//! What was found, on its way before the court: reports, which cost an inbox fee, and challenges, which post a bond (PROTOCOL 6).
//!
//! A charge and the number of its attempt make the id of its message, so a node that has forgotten that it filed one files the same
//! message, which runs once. A refusal that time can mend is tried again, at most [`ATTEMPTS_MAX`] times in all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aosec_challenge::hunter::{Fault, Finding, Promise};
use aosec_wire::{Address, Draft, Id, ItemError};
use serde_json::Value;

use super::Hunt;
use crate::metrics;
use crate::origin::cases;
use crate::origin::client::TakeError;
use crate::origin::mirror::{Depth, MirrorError};
use crate::store::StoreError;

/// Charges under way at once; further ones are found again after the next start.
const CHARGES_MAX: usize = 256;
/// Charges with a bond under way at once: each binds ten answer fees until it has ended.
const BONDED_MAX: usize = 16;
/// Leases that are remembered for a receipt that is before the court; a forgotten one may be charged again, and the court says `6 slashed`.
const LEASES_MAX: usize = 4_096;
/// Messages sent for one charge.
const ATTEMPTS_MAX: u32 = 3;
/// Blocks until a message that did not run, or was refused for the moment, is sent anew.
const AGAIN_BLOCKS: u64 = 8;
/// Refusals that time can mend: the operator's address is filled, the stamp grows older, the fee falls.
const PASSING: [&str; 4] = ["3.1 balance", "6 early", "6.3 fees", "5.10 slot"];

/// What somebody is accused of.
#[derive(Clone, Debug)]
pub(super) enum Charge {
    /// Two signatures, or one, prove it.
    Report(Finding),
    /// A receipt that the log does not show.
    Publication(Promise),
    /// A message that cannot be had.
    Data { process: Id, slot: u64, message: Id },
}

/// A charge on its way.
#[derive(Debug)]
struct Filed {
    charge: Charge,
    attempt: u32,
    /// The message under way, and the height at which it was sent.
    sent: Option<(Id, u64)>,
    not_before: u64,
    /// Whether the court has taken it.
    is_taken: bool,
}

/// All charges on their way.
#[derive(Debug, Default)]
pub(super) struct Charges {
    filed: BTreeMap<Id, Filed>,
    /// Leases whose receipts are before the court, or were: one slash is all that it takes for them.
    published: BTreeSet<(Id, u64)>,
}

/// Why a charge is not sent now.
#[derive(Debug, thiserror::Error)]
enum Hitch {
    #[error(transparent)]
    Take(#[from] TakeError),
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("it cannot be signed: {0}")]
    Sign(#[from] ItemError),
}

/// What the court said of a message.
enum Said {
    Nothing,
    Yes,
    No(String),
}

impl Charge {
    /// One word for metrics.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Report(finding) => match finding.key.fault {
                Fault::Double => "double",
                Fault::Chain => "chain",
                Fault::Tenure => "tenure",
            },
            Self::Publication(_) => "publication",
            Self::Data { .. } => "data",
        }
    }

    /// Whose signatures prove it, where they do.
    pub(super) const fn operator(&self) -> Option<&Address> {
        match self {
            Self::Report(finding) => Some(&finding.key.operator),
            Self::Publication(_) | Self::Data { .. } => None,
        }
    }

    /// The lease whose receipt it brings.
    const fn lease(&self) -> Option<(Id, u64)> {
        match self {
            Self::Publication(promise) => Some((promise.process, promise.epoch)),
            Self::Report(_) | Self::Data { .. } => None,
        }
    }

    const fn is_bonded(&self) -> bool {
        !matches!(self, Self::Report(_))
    }

    /// The same charge has the same key.
    fn key(&self) -> Id {
        Id::sha256(self.to_string().as_bytes())
    }
}

impl fmt::Display for Charge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(Finding { key, .. }) => write!(
                f,
                "{} by operator {} on process {} in epoch {}",
                self.word(),
                key.operator,
                key.process,
                key.epoch
            ),
            Self::Publication(promise) => write!(
                f,
                "process {}: slot {} was promised to message {} in epoch {} and is not published",
                promise.process, promise.slot, promise.message, promise.epoch
            ),
            Self::Data {
                process,
                slot,
                message,
            } => write!(
                f,
                "process {process}: message {message} of slot {slot} cannot be had"
            ),
        }
    }
}

impl Charges {
    /// Whether no receipt of this lease was brought before the court.
    pub(super) fn awaits_no_publication(&self, lease: (Id, u64)) -> bool {
        !self.published.contains(&lease)
    }

    /// One that was not taken leaves its lease open to another.
    fn remove(&mut self, key: &Id) {
        let filed = self.filed.remove(key);
        let refused = filed.filter(|filed| !filed.is_taken);
        if let Some(lease) = refused.and_then(|filed| filed.charge.lease()) {
            self.published.remove(&lease);
        }
        while self.published.len() > LEASES_MAX {
            self.published.pop_first();
        }
    }

    /// Files a charge, unless it is filed already or too many are.
    pub(super) fn file(&mut self, charge: Charge) {
        let bonded = self.filed.values().filter(|filed| filed.charge.is_bonded());
        let is_full =
            self.filed.len() >= CHARGES_MAX || (charge.is_bonded() && bonded.count() >= BONDED_MAX);
        if is_full {
            tracing::warn!(%charge, "too many charges are under way: this one is not filed");
            return;
        }
        self.published.extend(charge.lease());
        self.filed.entry(charge.key()).or_insert(Filed {
            charge,
            attempt: 0,
            sent: None,
            not_before: 0,
            is_taken: false,
        });
    }
}

/// Sends what is to be sent, and hears what the court said of what was.
pub(super) async fn press(hunt: &Hunt, charges: &mut Charges, now: u64) {
    let mut done = Vec::new();
    for (key, filed) in &mut charges.filed {
        match advance(hunt, *key, filed, now).await {
            Ok(true) => done.push(*key),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, charge = %filed.charge, "a charge waits"),
        }
    }
    for key in done {
        charges.remove(&key);
    }
}

/// True where nothing is left to do.
async fn advance(hunt: &Hunt, key: Id, filed: &mut Filed, now: u64) -> Result<bool, Hitch> {
    let Some((message, sent)) = filed.sent else {
        if now >= filed.not_before {
            filed.sent = Some((send(hunt, key, filed).await?, now));
        }
        return Ok(false);
    };
    match said(hunt, message).await? {
        Said::Yes => {
            metrics::hunter_reports()
                .with_label_values(&[filed.charge.word()])
                .inc();
            filed.is_taken = true;
            tracing::info!(%message, charge = %filed.charge, "the court has taken a charge");
            Ok(true)
        }
        Said::No(code) if !PASSING.contains(&code.as_str()) => {
            tracing::info!(%message, code, charge = %filed.charge, "the court does not take a charge");
            Ok(true)
        }
        Said::No(code) => Ok(again(filed, now, &code)),
        Said::Nothing if now > sent.saturating_add(AGAIN_BLOCKS) => {
            Ok(again(filed, now, "it has not run"))
        }
        Said::Nothing => Ok(false),
    }
}

/// Another attempt, later; true where there were enough.
fn again(filed: &mut Filed, now: u64, reason: &str) -> bool {
    filed.attempt += 1;
    filed.sent = None;
    filed.not_before = now.saturating_add(AGAIN_BLOCKS);
    let is_over = filed.attempt >= ATTEMPTS_MAX;
    if is_over {
        tracing::warn!(reason, charge = %filed.charge, "a charge is given up; where it is about a bond, fill the operator's address");
    }
    is_over
}

async fn send(hunt: &Hunt, key: Id, filed: &Filed) -> Result<Id, Hitch> {
    let mut draft = draft(hunt, &filed.charge).await?;
    let anchor = Id::sha256_of(&[key.as_bytes(), &filed.attempt.to_be_bytes()]);
    draft.anchor = Some(*anchor.as_bytes());
    let item = draft.sign_deterministic(&hunt.operator)?;
    Ok(hunt.court.take(&item).await?)
}

async fn draft(hunt: &Hunt, charge: &Charge) -> Result<Draft, Hitch> {
    let origin = hunt.court.id();
    Ok(match charge {
        Charge::Report(finding) => {
            let fault = match finding.key.fault {
                Fault::Double => cases::Fault::Double,
                Fault::Chain => cases::Fault::Chain,
                Fault::Tenure => cases::Fault::Tenure,
            };
            let process = finding.key.process;
            cases::report(origin, process, fault, finding.slot, &finding.evidence)
        }
        Charge::Publication(promise) => {
            let most = most(hunt, promise.process).await?;
            cases::challenge_publication(origin, promise.process, &promise.receipt, &most)
        }
        Charge::Data { process, slot, .. } => {
            cases::challenge_data(origin, *process, *slot, &most(hunt, *process).await?)
        }
    })
}

/// The most that an answer can cost on a process: no cap of a lease is above its `Max-Fee` (5.1).
async fn most(hunt: &Hunt, process: Id) -> Result<String, Hitch> {
    let name = process.to_string();
    let asked = [("Process", name.as_str())];
    let found = hunt.court.ask(Depth::Soft, "Processes", &asked).await?;
    let most = found.data["Rows"][0]["Max-Fee"].as_str();
    Ok(most.unwrap_or("0").to_owned())
}

async fn said(hunt: &Hunt, message: Id) -> Result<Said, StoreError> {
    let Some(outcome) = hunt.court.outcome(message).await? else {
        return Ok(Said::Nothing);
    };
    Ok(read(&outcome.json))
}

/// The verdict in an outcome's text.
fn read(json: &str) -> Said {
    let outcome: Value = serde_json::from_str(json).unwrap_or_default();
    let verdict = outcome["Output"]["data"].as_str().unwrap_or_default();
    let verdict: Value = serde_json::from_str(verdict).unwrap_or_default();
    match (verdict["ok"].as_bool(), verdict["code"].as_str()) {
        (Some(true), _) => Said::Yes,
        (_, code) => Said::No(code.unwrap_or("no code").to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(slot: u64) -> Charge {
        let (process, message) = (Id::new([1; 32]), Id::new([2; 32]));
        Charge::Data {
            process,
            slot,
            message,
        }
    }

    #[test]
    fn the_same_charge_is_filed_once_and_bonds_are_bounded() {
        let mut charges = Charges::default();
        for _ in 0..2 {
            charges.file(data(1));
        }
        assert_eq!(charges.filed.len(), 1);
        for slot in 0..100 {
            charges.file(data(slot));
        }
        assert_eq!(charges.filed.len(), BONDED_MAX);
    }

    #[test]
    fn a_charge_is_tried_again_some_blocks_later_and_not_for_ever() {
        let mut filed = Filed {
            charge: data(1),
            attempt: 0,
            sent: Some((Id::new([3; 32]), 10)),
            not_before: 0,
            is_taken: false,
        };
        for attempt in 1..=ATTEMPTS_MAX {
            assert_eq!(
                again(&mut filed, 20, "3.1 balance"),
                attempt == ATTEMPTS_MAX
            );
            assert_eq!(filed.not_before, 20 + AGAIN_BLOCKS);
            assert!(filed.sent.is_none());
        }
    }

    #[test]
    fn a_verdict_is_yes_or_a_code() {
        let outcome =
            |verdict: &str| serde_json::json!({ "Output": { "data": verdict } }).to_string();
        assert!(matches!(read(&outcome(r#"{"ok":true}"#)), Said::Yes));
        let no = read(&outcome(r#"{"ok":false,"code":"6.1 late"}"#));
        assert!(matches!(no, Said::No(code) if code == "6.1 late"));
        assert!(matches!(read("no JSON"), Said::No(_)));
    }
}
