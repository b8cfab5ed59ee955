//! What a message leads to: the verdict for the deriver and the answers (2.4, 3.4; message table).

use serde::Serialize;
use serde_json::{Map, Value};

use crate::message::Tag;

/// Why a message was refused: rule number and word, as the message table spells them (3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub &'static str);

/// Everything that one message leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What the deriver reads.
    pub verdict: Verdict,
    /// At most one answer to the caller, and the credit notice of a transfer.
    pub answers: Vec<Answer>,
}

/// `Output.data`: what the deriver reads, and nothing else (2.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether the message was applied.
    pub ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The sender cannot pay the inbox fee: the item did not run (2.4).
    #[serde(rename = "Unfunded", skip_serializing_if = "std::ops::Not::not")]
    pub unfunded: bool,
    /// Hosting rows that changed, each process once, in the order of the first change.
    #[serde(rename = "Hosting", skip_serializing_if = "Vec::is_empty")]
    pub hosting: Vec<HostingRow>,
    /// Key rows in the order in which they were made.
    #[serde(rename = "Keys", skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyRow>,
    /// Rows of authority keys that began or ceased to count, in the order in which they were made (4.7).
    #[serde(rename = "Authorities", skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<KeyRow>,
    /// Rows of cases that were opened or changed, each once, in the order of the first change.
    #[serde(rename = "Cases", skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<CaseRow>,
    /// Processes whose head the next Tick needs.
    #[serde(rename = "Want", skip_serializing_if = "Vec::is_empty")]
    pub want: Vec<String>,
    /// Places that the next Tick needs: process and message, in the order of their entries.
    #[serde(rename = "Sought", skip_serializing_if = "Vec::is_empty")]
    pub sought: Vec<(String, String)>,
}

/// What the deriver must know of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HostingRow {
    /// The process's id.
    pub process: String,
    /// Shown state (5.2).
    pub state: &'static str,
    /// Its epoch.
    pub epoch: u64,
    /// First slot of the epoch.
    pub first: u64,
    /// The legacy chain that `Register` named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legacy: Option<String>,
    /// The host, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The run height of its `Host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// The height of the last end, once there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub u: Option<u64>,
}

/// What the deriver must know of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CaseRow {
    /// Its number.
    pub case: u64,
    /// `Liveness`, `Publication` or `Data`.
    pub kind: &'static str,
    /// Its state (6).
    pub state: &'static str,
    /// The process.
    pub process: String,
    /// The epoch of the lease that it names.
    pub epoch: u64,
    /// The message that it is about.
    pub message: String,
    /// The slot, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<u64>,
}

/// A hot key, or an authority key, and the heights at which it counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeyRow {
    /// Whose it is.
    pub operator: String,
    /// The key's address.
    pub key: String,
    /// First height.
    pub from: u64,
    /// Last height; without it the key counts on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// A message that the court sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// To whom.
    pub target: String,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// Its data; none where no rule says what stands there.
    pub data: Option<String>,
}

/// What an applied action says to its caller.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// `<Action>-Response` with these fields beside `ok`.
    Fields(Map<String, Value>),
    /// The token's own answers, as wallets expect them.
    Token(Vec<Answer>),
}

impl Reply {
    /// The fields of a JSON object.
    pub(crate) fn fields(value: Value) -> Self {
        match value {
            Value::Object(fields) => Self::Fields(fields),
            other => Self::Fields(Map::from_iter([("value".to_owned(), other)])),
        }
    }
}

/// What an action comes to.
pub(crate) type Judged = Result<Reply, Refusal>;

/// Fails with a code unless a condition holds.
pub(crate) fn demand(holds: bool, code: &'static str) -> Result<(), Refusal> {
    match holds {
        true => Ok(()),
        false => Err(Refusal(code)),
    }
}
