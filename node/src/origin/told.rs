//! What an outcome of the court says beside its answers: rows for those who must know before they ask (PROTOCOL 2.4). Pure.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::store::court::CourtOutcome;

#[derive(Deserialize)]
struct Outcome {
    #[serde(rename = "Output")]
    output: Output,
}

#[derive(Deserialize)]
struct Output {
    data: String,
}

/// The verdict as `V` reads it, where it has the member `name`; the court itself has read it, so one that does not read says nothing.
pub(super) fn verdict<V: DeserializeOwned>(outcome: &CourtOutcome, name: &str) -> Option<V> {
    // Most outcomes have none: a look at the text spares reading it.
    if !outcome.json.contains(name) {
        return None;
    }
    let outcome: Outcome = serde_json::from_str(&outcome.json).ok()?;
    serde_json::from_str(&outcome.output.data).ok()
}
