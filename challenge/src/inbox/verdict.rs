//! What the contract says of a message: the line of JSON in `Output.data` (contracts-lua/origin/README.md).

use aosec_wire::{Address, Id};
use serde::{Deserialize, Deserializer, de};
use thiserror::Error;

/// The contract's output is no verdict: another contract runs here than the one that this reader was written for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("Origin's output is no verdict: {0}")]
pub struct BadVerdict(String);

/// A verdict. Fields that are absent are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Verdict {
    /// Whether the message was applied.
    pub ok: bool,
    /// Why not: rule and word.
    #[serde(default)]
    pub code: Option<String>,
    /// Whether the sender cannot pay the inbox fee.
    #[serde(default, rename = "Unfunded")]
    pub unfunded: bool,
    #[serde(default, rename = "Hosting")]
    pub(super) hosting: Vec<HostingRow>,
    #[serde(default, rename = "Keys")]
    pub(super) keys: Vec<KeyRow>,
    #[serde(default, rename = "Cases")]
    pub(super) cases: Vec<CaseRow>,
    #[serde(default, rename = "Want")]
    pub(super) want: Vec<Id>,
    /// Process and message.
    #[serde(default, rename = "Sought")]
    pub(super) sought: Vec<(Id, Id)>,
}

/// A process as the contract shows it to the derivation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HostingRow {
    pub(super) process: Id,
    pub(super) epoch: u64,
    pub(super) first: u64,
    #[serde(default, deserialize_with = "legacy_chain")]
    pub(super) legacy: Option<Id>,
    #[serde(default)]
    pub(super) operator: Option<Address>,
    #[serde(default)]
    pub(super) from: Option<u64>,
    #[serde(default)]
    pub(super) u: Option<u64>,
}

/// From when until when a key counts for an operator's leases.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct KeyRow {
    pub(super) operator: Address,
    pub(super) key: Address,
    pub(super) from: u64,
    #[serde(default)]
    pub(super) to: Option<u64>,
}

/// A case as the contract shows it to the derivation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CaseRow {
    pub(super) case: u64,
    pub(super) kind: CaseKind,
    pub(super) state: CaseState,
    pub(super) process: Id,
    pub(super) epoch: u64,
    pub(super) message: Id,
    #[serde(default)]
    pub(super) slot: Option<u64>,
}

/// What a case is about (6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum CaseKind {
    Liveness,
    Publication,
    Data,
}

/// Where a case stands (6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum CaseState {
    Open,
    Answered,
    Closed,
    Expired,
    Moot,
}

impl CaseState {
    /// Neither decided nor moot.
    pub(super) const fn is_unfinished(self) -> bool {
        matches!(self, Self::Open | Self::Answered)
    }
}

/// The 32 bytes of 43 characters of base64url; the two bits that are left of the last one do not count (5.15).
///
/// # Errors
/// Where it is no such text.
pub fn legacy_chain<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Id>, D::Error> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let text = Option::<String>::deserialize(deserializer)?;
    let Some(mut text) = text else {
        return Ok(None);
    };
    let last = text.pop().and_then(|last| u8::try_from(last).ok());
    let value = last.and_then(|last| LETTERS.iter().position(|letter| *letter == last));
    if let Some(value) = value {
        text.push(char::from(LETTERS[value & !3]));
    }
    text.parse().map(Some).map_err(de::Error::custom)
}

impl Verdict {
    /// Reads a verdict.
    ///
    /// # Errors
    /// [`BadVerdict`].
    pub fn parse(line: &str) -> Result<Self, BadVerdict> {
        serde_json::from_str(line).map_err(|error| BadVerdict(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_legacy_chain_32_bytes_count() {
        let row = |last: char| {
            let process = Id::new([1; 32]);
            let legacy = format!("{}{last}", "A".repeat(42));
            let line = format!(
                r#"{{"ok":true,"Hosting":[{{"Process":"{process}","Epoch":0,"First":1,"Legacy":"{legacy}"}}]}}"#
            );
            Verdict::parse(&line).map(|verdict| verdict.hosting[0].legacy)
        };
        let zeros = Some(Id::new([0; 32]));
        for last in ['A', 'B', 'C', 'D'] {
            assert_eq!(row(last), Ok(zeros));
        }
        assert_ne!(row('E'), Ok(zeros));
        assert!(row('E').is_ok() && row('-').is_ok() && row('!').is_err());
    }
}
