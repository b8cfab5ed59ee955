//! Brings charges before the court, and hears what it says of them and of the cases that they have opened (PROTOCOL 6).

use aosec_challenge::hunter::{Fault, is_affordable};
use aosec_wire::{Draft, Id, ItemError};
use serde_json::Value;

use super::charge::Charge;
use super::charges::{AGAIN_BLOCKS, Charges, Done, Filed, refused, unrun};
use super::{Hunt, bonds};
use crate::metrics;
use crate::origin::client::TakeError;
use crate::origin::mirror::{Depth, MirrorError};
use crate::origin::{Asker, cases};
use crate::store::StoreError;

/// Refusals that time can mend: the operator's address is filled, the stamp grows older, the fee falls.
const PASSING: [&str; 4] = ["3.1 balance", "6 early", "6.3 fees", "5.10 slot"];
/// The refusal that says that a lease has paid for a receipt already: all others of it are refused too.
const SLASHED: &str = "6 slashed";

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
    #[error(
        "answers cost up to {fee} units there, and {free} lie on the operator's address: too little for a bond"
    )]
    Poor { fee: u128, free: u128 },
}

/// What the court said of a message.
enum Said {
    Nothing,
    Yes,
    No(String),
}

/// Sends what is to be sent, hears what the court said of what was, and what has become of the cases.
pub(super) async fn press(hunt: &Hunt, charges: &mut Charges, now: u64) {
    let mut over = Vec::new();
    for (key, filed) in &mut charges.filed {
        match advance(hunt, *key, filed, now).await {
            Ok(done) => over.extend(done.map(|done| (*key, done))),
            Err(error) => tracing::warn!(%error, charge = %filed.charge, "a charge waits"),
        }
    }
    for (key, done) in over {
        charges.done(&key, done, now);
    }
    for (key, (purpose, opener)) in charges.open.clone() {
        match bonds::end(hunt, purpose, opener).await {
            Ok(None) => {}
            Ok(Some(end)) => {
                charges.open.remove(&key);
                charges.stakes.free(&key, end, now);
            }
            Err(error) => {
                tracing::warn!(%error, %opener, "it is not known what has become of a case")
            }
        }
    }
}

/// What has become of a charge, once nothing is left to do.
async fn advance(hunt: &Hunt, key: Id, filed: &mut Filed, now: u64) -> Result<Option<Done>, Hitch> {
    let Some((message, sent)) = filed.sent else {
        if now < filed.not_before {
            return Ok(None);
        }
        return match send(hunt, key, filed).await {
            Ok(message) => {
                filed.sent = Some((message, now));
                Ok(None)
            }
            Err(poor @ Hitch::Poor { .. }) => Ok(refused(filed, now, &poor.to_string())),
            Err(error) => Err(error),
        };
    };
    match said(hunt, message).await? {
        Said::Yes => {
            metrics::hunter_reports()
                .with_label_values(&[filed.charge.word()])
                .inc();
            tracing::info!(%message, charge = %filed.charge, "the court has taken a charge");
            Ok(Some(Done::Taken(message)))
        }
        Said::No(code) if !PASSING.contains(&code.as_str()) => {
            tracing::info!(%message, code, charge = %filed.charge, "the court does not take a charge");
            Ok(Some(match code == SLASHED {
                true => Done::Slashed,
                false => Done::Dropped,
            }))
        }
        Said::No(code) => Ok(refused(filed, now, &code)),
        Said::Nothing if now > sent.saturating_add(AGAIN_BLOCKS) => Ok(unrun(filed)),
        Said::Nothing => Ok(None),
    }
}

async fn send(hunt: &Hunt, key: Id, filed: &Filed) -> Result<Id, Hitch> {
    let mut draft = draft(hunt, &filed.charge).await?;
    let anchor = Id::sha256_of(&[key.as_bytes(), &filed.attempt.to_be_bytes()]);
    draft.anchor = Some(*anchor.as_bytes());
    let item = draft.sign_deterministic(&hunt.operator)?;
    Ok(hunt.court.take_own(&item).await?)
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
        Charge::Data(sought) => {
            let most = most(hunt, sought.process).await?;
            cases::challenge_data(origin, sought.process, sought.slot, &most)
        }
    })
}

/// The most that an answer can cost on a process: no cap of a lease is above its `Max-Fee` (5.1). It makes the same message at any time;
/// whether the operator's address has enough is asked of what the lease says.
async fn most(hunt: &Hunt, process: Id) -> Result<String, Hitch> {
    let name = process.to_string();
    let row = asked(hunt, "Processes", ("Process", &name)).await?;
    let row = &row["Rows"][0];
    let most = row["Max-Fee"].as_str().unwrap_or("0");
    let cap = row["Lease"]["Answer-Cap"].as_str().unwrap_or(most);
    let owner = hunt.operator.address().as_str();
    let balance = asked(hunt, "Balance", ("Recipient", owner)).await?;
    let units = |text: &str| text.parse().unwrap_or(u128::MAX);
    let free = balance["Balance"].as_str().unwrap_or("0");
    let (fee, free) = (units(cap), units(free));
    match is_affordable(fee, free) {
        true => Ok(most.to_owned()),
        false => Err(Hitch::Poor { fee, free }),
    }
}

async fn asked(hunt: &Hunt, action: &str, about: (&str, &str)) -> Result<Value, Hitch> {
    let answer = hunt
        .court
        .ask_as(Asker::Own, Depth::Soft, action, &[about])
        .await?;
    Ok(answer.shown())
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
