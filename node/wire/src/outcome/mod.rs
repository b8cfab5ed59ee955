//! The result of an evaluation, as the compute unit stores and serves it.
//!
//! The text is kept as it came, because it is served as it came; what is read out of it is what the messenger sends on.
//! Lists are bounded here, tags and anchors where items are made of them.

mod json;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::error::OutcomeError;
use crate::limits::OUTCOME_BYTES_MAX;
use crate::tags::Tags;

/// A result.
#[derive(Clone, Debug)]
pub struct Outcome {
    raw: Bytes,
    /// Messages to send.
    pub messages: Vec<Outbound>,
    /// Processes to spawn.
    pub spawns: Vec<Spawn>,
    /// Messages to assign to further processes.
    pub assignments: Vec<Assign>,
    /// The JSON of what the evaluation printed or returned.
    pub output: String,
    /// What went wrong; then nothing is sent.
    pub error: Option<String>,
    /// Fuel used.
    pub gas_used: u64,
}

/// A message that a process sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// A process or a wallet.
    pub target: String,
    /// What makes equal messages differ; 32 characters where the process runtime made it.
    pub anchor: Option<String>,
    /// The tags.
    pub tags: Tags,
    /// The data.
    pub data: String,
}

/// A process that a process spawns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn {
    /// What makes equal spawns differ.
    pub anchor: Option<String>,
    /// The tags.
    pub tags: Tags,
    /// The data.
    pub data: String,
}

/// A message that a process assigns to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assign {
    /// The message or transaction.
    pub message: String,
    /// The processes.
    pub processes: Vec<String>,
    /// Whether the message is a base-layer transaction.
    pub base_layer: bool,
    /// The fields that evaluation leaves out.
    pub exclude: Vec<String>,
}

impl Outcome {
    /// Reads a result, whose lists must be within their bounds.
    pub fn parse(raw: impl Into<Bytes>) -> Result<Self, OutcomeError> {
        let raw = raw.into();
        if raw.len() > OUTCOME_BYTES_MAX {
            return Err(OutcomeError::TooLong { bytes: raw.len() });
        }
        let text = std::str::from_utf8(&raw).map_err(|_| OutcomeError::NotUtf8)?;
        let json = json::outcome(text)?;
        Ok(Self {
            messages: json.messages.into_iter().collect(),
            spawns: json.spawns.into_iter().collect(),
            assignments: json.assignments.into_iter().collect(),
            output: json.output.map_or("null", RawValue::get).to_owned(),
            error: json.error.and_then(json::error_text),
            gas_used: json.gas_used,
            raw,
        })
    }

    /// The text as it came.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{ASSIGNED_PROCESSES_MAX, OUTBOX_MAX};

    #[test]
    fn an_empty_result_sends_nothing() {
        let raw = r#"{"Messages":[],"Assignments":[],"Spawns":[],"Output":{"data":"2","prompt":">","print":true},"GasUsed":7}"#;
        assert!(
            Outcome::parse(r#"{"Messages":{},"Spawns":null}"#)
                .unwrap()
                .messages
                .is_empty()
        );
        let outcome = Outcome::parse(raw).unwrap();
        assert_eq!(outcome.raw().as_ref(), raw.as_bytes());
        assert_eq!(outcome.output, r#"{"data":"2","prompt":">","print":true}"#);
        assert_eq!((outcome.gas_used, outcome.error.as_deref()), (7, None));
        assert!(outcome.messages.is_empty() && outcome.spawns.is_empty());
    }

    #[test]
    fn what_a_process_sends_is_read_in_order() {
        let raw = r#"{"Messages":[{"Target":"T","Anchor":"0000","Tags":[{"name":"A","value":"1"},{"value":2,"name":"B"}],"Data":"d"},{"Target":"U","Tags":[]}],
            "Spawns":[{"Tags":[{"name":"Module","value":"m"}],"Data":5}],
            "Assignments":[{"Message":"m","Processes":["p","q"],"BaseLayer":true,"Exclude":["Data"]}]}"#;
        let outcome = Outcome::parse(raw).unwrap();
        let [first, second] = outcome.messages.as_slice() else {
            panic!("{outcome:?}")
        };
        assert_eq!(first.tags, Tags::new().with("A", "1").with("B", "2"));
        assert_eq!(
            (first.target.as_str(), first.anchor.as_deref()),
            ("T", Some("0000"))
        );
        assert_eq!((second.anchor.as_deref(), second.data.as_str()), (None, ""));
        assert_eq!(outcome.spawns[0].data, "5");
        assert_eq!(outcome.assignments[0].processes, ["p", "q"]);
        assert!(outcome.assignments[0].base_layer);
    }

    #[test]
    fn an_error_is_read_whatever_its_shape() {
        let cases = [
            (r#"{"Error":"boom"}"#, Some("boom")),
            (r#"{"Error":{"code":1}}"#, Some(r#"{"code":1}"#)),
            (r#"{"Error":""}"#, None),
            (r#"{"Error":null}"#, None),
            (r#"{"Error":false}"#, None),
        ];
        for (raw, error) in cases {
            assert_eq!(
                Outcome::parse(raw).unwrap().error.as_deref(),
                error,
                "{raw}"
            );
        }
    }

    #[test]
    fn what_is_too_much_or_no_result_is_refused() {
        let list = |name: &str, entry: &str, count: usize| {
            format!(r#"{{"{name}":[{}]}}"#, vec![entry; count].join(","))
        };
        assert!(Outcome::parse(list("Messages", r#"{"Target":"t"}"#, OUTBOX_MAX)).is_ok());
        let processes = vec![r#""p""#; ASSIGNED_PROCESSES_MAX + 1].join(",");
        let cases = [
            list("Messages", r#"{"Target":"t"}"#, OUTBOX_MAX + 1),
            list("Spawns", "{}", OUTBOX_MAX + 1),
            list(
                "Assignments",
                r#"{"Message":"m","Processes":[]}"#,
                OUTBOX_MAX + 1,
            ),
            format!(r#"{{"Assignments":[{{"Message":"m","Processes":[{processes}]}}]}}"#),
            r#"{"Messages":[{"Target":["t"]}]}"#.to_owned(),
            r#"{"Messages":{"1":{}}}"#.to_owned(),
            r#"{"Messages":"#.to_owned(),
            "[]".to_owned(),
            "[".repeat(100_000),
            " ".repeat(OUTCOME_BYTES_MAX + 1),
        ];
        for (number, raw) in cases.into_iter().enumerate() {
            assert!(Outcome::parse(raw).is_err(), "case {number}");
        }
        assert!(Outcome::parse(&b"{\"Output\":\"\xff\"}"[..]).is_err());
    }
}
