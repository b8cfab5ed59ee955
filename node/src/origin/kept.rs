//! What is kept of an outcome of the court: whole where it changed rows, or moved tokens, which costs its sender bonds, tokens or bytes on the
//! base layer; of a long answer to a question the verdict and a digest. Pure.
//!
//! A question may be put to the court as a message too: for one inbox fee it makes a page of a thousand accounts. Every node would hold
//! and keep that page for ever, while the same question as a dry-run costs nobody anything.

use aosec_wire::Id;
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest answer to a question that is kept: more than any of a single row. A full block of them takes 64 MiB.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024;

/// Whether outcomes are told to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// They are collected until somebody takes them.
    All,
    /// They were told when these blocks ran first.
    Nothing,
}

/// Members of a verdict that tell of changes.
const ROWS: [&str; 4] = ["Hosting", "Keys", "Authorities", "Cases"];

#[derive(Deserialize)]
struct Outcome {
    #[serde(default, rename = "Messages")]
    messages: Vec<Sent>,
    #[serde(default, rename = "Output")]
    output: Printed,
    #[serde(default, rename = "Error")]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(default, rename = "Tags")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    value: String,
}

impl Outcome {
    /// Whether somebody is told of tokens that he has got.
    fn moves_tokens(&self) -> bool {
        let mut tags = self.messages.iter().flat_map(|sent| &sent.tags);
        tags.any(|tag| tag.name == "Action" && tag.value == "Credit-Notice")
    }
}

#[derive(Default, Deserialize)]
struct Printed {
    #[serde(default)]
    data: String,
}

/// An outcome as it is kept and served.
#[must_use]
pub fn text(json: String) -> String {
    if json.len() <= ANSWER_BYTES_MAX {
        return json;
    }
    let outcome: Outcome = match serde_json::from_str(&json) {
        Ok(outcome) => outcome,
        // The caller has read it already.
        Err(_unread) => return json,
    };
    let verdict: Value = serde_json::from_str(&outcome.output.data).unwrap_or_default();
    if outcome.moves_tokens() || ROWS.iter().any(|name| verdict.get(name).is_some()) {
        return json;
    }
    let mut short = json!({
        "Messages": [], "Assignments": [], "Spawns": [],
        "Output": { "data": outcome.output.data },
        "Shortened": {
            "Bytes": json.len(),
            "Digest": Id::sha256(json.as_bytes()),
            "Why": format!("of an answer longer than {ANSWER_BYTES_MAX} bytes the verdict alone is kept; the same question as a dry-run gives it whole"),
        },
    });
    if let Some(error) = outcome.error {
        short["Error"] = error;
    }
    short.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: &Value, answer: usize) -> String {
        json!({ "Messages": [{ "Data": "x".repeat(answer) }], "Output": { "data": verdict.to_string() } })
            .to_string()
    }

    #[test]
    fn of_a_long_answer_the_verdict_is_kept_and_of_a_change_everything() {
        let read = json!({ "ok": true });
        let change = json!({ "ok": true, "Cases": [{ "Case": 1 }] });
        let (short, long) = (outcome(&read, 10), outcome(&read, ANSWER_BYTES_MAX));
        assert_eq!(text(short.clone()), short);
        let changed = outcome(&change, ANSWER_BYTES_MAX);
        assert_eq!(text(changed.clone()), changed);
        // Long tags of its sender go along with it.
        let moved = json!({ "Messages": [{ "Tags": [
            { "name": "Action", "value": "Credit-Notice" }, { "name": "X-Note", "value": "x".repeat(ANSWER_BYTES_MAX) },
        ] }], "Output": { "data": read.to_string() } });
        let moved = moved.to_string();
        assert_eq!(text(moved.clone()), moved);
        let kept = text(long.clone());
        assert!(kept.len() < 1_000, "{kept}");
        let kept: Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(kept["Output"]["data"], json!(read.to_string()));
        assert_eq!(kept["Shortened"]["Bytes"], json!(long.len()));
        assert_eq!(
            kept["Shortened"]["Digest"],
            json!(Id::sha256(long.as_bytes()))
        );
    }
}
