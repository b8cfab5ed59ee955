//! Reads the body of a dry run. Pure.
//!
//! Nobody signed it, so every field is the caller's word and most may be missing: aoconnect fills `Id`, `Owner`, `Anchor` and
//! `Data` with `1234`. Numbers and truth values pass where text is meant. Sizes are those of a real message, so that a dry run
//! cannot be larger than what it stands for.

use aosec_wire::Tags;
use aosec_wire::limits::{ITEM_BYTES_MAX, TAGS_MAX};
use serde::Deserialize;
use serde_json::Value;

use super::input::DryMessage;

/// What aoconnect writes where the caller names nothing.
const NOBODY: &str = "1234";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    id: Option<Value>,
    owner: Option<Value>,
    target: Option<Value>,
    anchor: Option<Value>,
    #[serde(default)]
    tags: Vec<Pair>,
    data: Option<Value>,
    timestamp: Option<Value>,
    #[serde(rename = "Block-Height")]
    height: Option<Value>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    value: Value,
}

/// The message that `body` describes.
///
/// # Errors
/// [`DryError`] that says what cannot be read.
pub fn read(body: &[u8]) -> Result<DryMessage, DryError> {
    if body.len() > ITEM_BYTES_MAX {
        return Err(DryError::TooLarge(body.len()));
    }
    let body: Body = serde_json::from_slice(body).map_err(|_bad| DryError::Shape)?;
    if body.tags.len() > TAGS_MAX {
        return Err(DryError::Tags(body.tags.len()));
    }
    let or_nobody = |value| text(value).unwrap_or_else(|| NOBODY.to_owned());
    Ok(DryMessage {
        id: or_nobody(body.id),
        owner: or_nobody(body.owner),
        target: text(body.target).filter(|target| !target.is_empty()),
        anchor: or_nobody(body.anchor),
        tags: tags(body.tags),
        data: or_nobody(body.data),
        timestamp_ms: number("Timestamp", body.timestamp)?,
        height: number("Block-Height", body.height)?,
    })
}

fn tags(pairs: Vec<Pair>) -> Tags {
    let mut tags = Tags::new();
    for pair in pairs {
        tags.push(pair.name, text(Some(pair.value)).unwrap_or_default());
    }
    tags
}

/// Text as it stands, null as none, anything else as JSON.
fn text(value: Option<Value>) -> Option<String> {
    match value {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
    }
}

fn number(name: &'static str, value: Option<Value>) -> Result<Option<u64>, DryError> {
    match text(value) {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_bad) => Err(DryError::Number(name)),
        },
    }
}

/// Why a body is no dry run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DryError {
    /// Larger than a message may be.
    #[error("a dry run of {0} bytes; a message has at most {ITEM_BYTES_MAX}")]
    TooLarge(usize),
    /// Not the JSON of a message.
    #[error(
        "a dry run is a JSON object with Id, Owner, Target, Anchor, Tags (name and value each) and Data"
    )]
    Shape,
    /// More tags than a message may have.
    #[error("a dry run with {0} tags; a message has at most {TAGS_MAX}")]
    Tags(usize),
    /// A field that is a number, or missing.
    #[error("`{0}` of a dry run is a whole number")]
    Number(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aoconnect_sends_is_understood() {
        let body = br#"{"Id":"1234","Target":"P","Owner":"1234","Anchor":0,"Data":"1234",
            "Tags":[{"name":"Action","value":"Info"},{"name":"N","value":5},{"name":"Data-Protocol","value":"ao"}]}"#;
        let dry = read(body).unwrap();
        assert_eq!((dry.owner.as_str(), dry.anchor.as_str()), ("1234", "0"));
        assert_eq!(dry.target.as_deref(), Some("P"));
        assert_eq!(dry.tags.get("N"), Some("5"));
        assert_eq!((dry.timestamp_ms, dry.height), (None, None));
    }

    #[test]
    fn an_empty_object_is_nobody_asking_nothing() {
        let dry = read(b"{}").unwrap();
        assert_eq!(
            (dry.id.as_str(), dry.data.as_str(), dry.target),
            ("1234", "1234", None)
        );
    }

    #[test]
    fn time_and_height_may_be_text_but_not_words() {
        let dry = read(br#"{"Timestamp":"5","Block-Height":7}"#).unwrap();
        assert_eq!((dry.timestamp_ms, dry.height), (Some(5), Some(7)));
        assert_eq!(
            read(br#"{"Timestamp":"now"}"#),
            Err(DryError::Number("Timestamp"))
        );
        for nonsense in ["", "[]", "{\"Tags\":{}}", "{\"Tags\":[{\"name\":1}]}"] {
            assert_eq!(
                read(nonsense.as_bytes()),
                Err(DryError::Shape),
                "{nonsense}"
            );
        }
    }
}
