//! What one evaluation means: the outcome that is kept, and whether the module's new state stands. Pure.
//!
//! - V1 a module that answers with an `Error`, that traps or that runs out of fuel leaves its state as it was (D21), and nothing
//!   that it meant to send is sent (D22).
//! - V2 an answer that is no outcome (not JSON, over a limit of [`Outcome`]) is an `Error` as well.
//! - V3 the outcome is written in one order, `Messages, Assignments, Spawns, Output, Error?, GasUsed`; each part keeps the bytes
//!   that the module wrote. `GasUsed` is the fuel that was burnt, counted by the engine and never by the module.
//!
//! Interruptions that are no verdict (the clock, a lost thread) never come here.

use aosec_wire::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The kept result of one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The outcome as it is stored and served.
    pub json: String,
    /// True where the module's change becomes its state.
    pub keep: bool,
    /// Fuel burnt.
    pub fuel_used: u64,
}

impl Verdict {
    /// Judges what a module answered.
    #[must_use]
    pub fn of_answer(answer: &[u8], fuel_used: u64) -> Self {
        match read(answer) {
            Ok((parts, keep)) => Self {
                json: to_json(&parts, fuel_used),
                keep,
                fuel_used,
            },
            Err(reason) => Self::of_failure(&reason.to_string(), fuel_used),
        }
    }

    /// Judges an evaluation that ended without an answer (V1); `reason` must be the same on every machine.
    #[must_use]
    pub fn of_failure(reason: &str, fuel_used: u64) -> Self {
        let parts = Parts {
            error: serde_json::value::to_raw_value(reason).ok(),
            ..Parts::default()
        };
        Self {
            json: to_json(&parts, fuel_used),
            keep: false,
            fuel_used,
        }
    }

    /// The outcome of a slot that repeats an earlier one: nothing happened.
    #[must_use]
    pub fn of_repetition() -> Self {
        Self {
            json: to_json(&Parts::default(), 0),
            keep: false,
            fuel_used: 0,
        }
    }
}

/// The parts of an outcome, each as the module wrote it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parts {
    #[serde(default)]
    messages: Option<Box<RawValue>>,
    #[serde(default)]
    assignments: Option<Box<RawValue>>,
    #[serde(default)]
    spawns: Option<Box<RawValue>>,
    #[serde(default)]
    output: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<Box<RawValue>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Written<'a> {
    messages: &'a RawValue,
    assignments: &'a RawValue,
    spawns: &'a RawValue,
    output: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RawValue>,
    gas_used: u64,
}

/// An empty list, for a part that the module left out.
const NOTHING: &str = "[]";
/// The output of a slot that printed nothing.
const SILENCE: &str = r#"{"data":"","prompt":"","print":false}"#;

fn to_json(parts: &Parts, fuel_used: u64) -> String {
    let nothing: &RawValue = raw(NOTHING);
    serde_json::to_string(&Written {
        messages: parts.messages.as_deref().unwrap_or(nothing),
        assignments: parts.assignments.as_deref().unwrap_or(nothing),
        spawns: parts.spawns.as_deref().unwrap_or(nothing),
        output: parts.output.as_deref().unwrap_or(raw(SILENCE)),
        error: parts.error.as_deref(),
        gas_used: fuel_used,
    })
    .expect("raw JSON and a number always have a JSON form")
}

fn raw(text: &'static str) -> &'static RawValue {
    serde_json::from_str(text).expect("a constant of this file is JSON")
}

/// The parts that are kept, and whether the module succeeded.
fn read(answer: &[u8]) -> Result<(Parts, bool), Unreadable> {
    let text = std::str::from_utf8(answer).map_err(|_bad| Unreadable::Text)?;
    let outcome = Outcome::parse(text.to_owned()).map_err(|_bad| Unreadable::Shape)?;
    let parts: Parts = serde_json::from_str(text).map_err(|_bad| Unreadable::Shape)?;
    let parts = match outcome.error {
        Some(_error) => Parts {
            output: parts.output,
            error: parts.error,
            ..Parts::default()
        },
        None => Parts {
            error: None,
            ..parts
        },
    };
    let succeeded = parts.error.is_none();
    Ok((parts, succeeded))
}

/// V2. These texts are part of the outcome: the same answer gives the same words on every machine.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("the module's answer is not UTF-8 text")]
    Text,
    #[error("the module's answer is not an outcome in JSON, or is over a limit")]
    Shape,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_keep_their_bytes_and_gas_is_ours() {
        let answer = br#"{"Assignments":[],"GasUsed":1,"Messages":[],"Output":{"data":"1.50","print":true,"prompt":">"},"Spawns":[]}"#;
        let verdict = Verdict::of_answer(answer, 77);
        assert!(verdict.keep);
        assert_eq!(
            verdict.json,
            r#"{"Messages":[],"Assignments":[],"Spawns":[],"Output":{"data":"1.50","print":true,"prompt":">"},"GasUsed":77}"#
        );
    }

    #[test]
    fn an_error_sends_nothing_and_keeps_nothing() {
        let answer = br#"{"Messages":[{"Target":"x","Tags":[],"Data":""}],"Error":"boom"}"#;
        let verdict = Verdict::of_answer(answer, 5);
        assert!(!verdict.keep);
        assert_eq!(
            verdict.json,
            r#"{"Messages":[],"Assignments":[],"Spawns":[],"Output":{"data":"","prompt":"","print":false},"Error":"boom","GasUsed":5}"#
        );
    }

    #[test]
    fn a_falsy_error_is_none() {
        for falsy in ["null", "false", "\"\""] {
            let verdict = Verdict::of_answer(format!(r#"{{"Error":{falsy}}}"#).as_bytes(), 0);
            assert!(verdict.keep, "{falsy}");
            assert!(!verdict.json.contains("Error"), "{falsy}");
        }
    }

    #[test]
    fn anything_else_is_an_error_in_fixed_words() {
        for answer in [&b"\xff"[..], b"", b"nil", b"[]", b"{\"Messages\":[]"] {
            let verdict = Verdict::of_answer(answer, 9);
            assert!(!verdict.keep);
            assert!(
                verdict
                    .json
                    .contains(r#""Error":"the module's answer is not"#),
                "{}",
                verdict.json
            );
            let _json: serde_json::Value = serde_json::from_str(&verdict.json).expect("valid JSON");
        }
    }
}
