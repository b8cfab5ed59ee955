//! The JSON shapes of a result. Modules are written by many hands: numbers and truth values pass where texts are meant, an
//! empty Lua table may stand for an empty list, and unknown members are left alone.
//!
//! Lists stop at their bound while they are read, so that a short text cannot become a large memory.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Assign, Outbound, Spawn};
use crate::limits::{ASSIGNED_PROCESSES_MAX, EXCLUDES_MAX, OUTBOX_MAX, TAGS_LISTED_MAX};
use crate::tags::Tags;

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Outcome<'a> {
    #[serde(default)]
    pub(super) messages: List<Sent, OUTBOX_MAX>,
    #[serde(default)]
    pub(super) spawns: List<Sent, OUTBOX_MAX>,
    #[serde(default)]
    pub(super) assignments: List<Assigned, OUTBOX_MAX>,
    #[serde(default, borrow)]
    pub(super) output: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) gas_used: u64,
}

/// The members of a result. It must be an object: serde alone would take a list for one, member by member.
pub(super) fn outcome(text: &str) -> Result<Outcome<'_>, serde_json::Error> {
    match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text),
        false => Err(de::Error::custom("the result is no object")),
    }
}

/// A message or a spawn. A message without a target cannot be sent, which its sender is told then.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sent {
    #[serde(default)]
    target: Option<Text>,
    #[serde(default)]
    anchor: Option<Text>,
    #[serde(default)]
    tags: List<Tag, TAGS_LISTED_MAX>,
    #[serde(default)]
    data: Option<Text>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Assigned {
    message: Text,
    processes: List<Text, ASSIGNED_PROCESSES_MAX>,
    #[serde(default)]
    base_layer: Option<bool>,
    #[serde(default)]
    exclude: List<Text, EXCLUDES_MAX>,
}

#[derive(serde::Deserialize)]
struct Tag {
    name: Text,
    value: Text,
}

/// A text, or a scalar that is written as one.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Text {
    Plain(String),
    Number(serde_json::Number),
    Truth(bool),
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        match text {
            Text::Plain(text) => text,
            Text::Number(number) => number.to_string(),
            Text::Truth(truth) => truth.to_string(),
        }
    }
}

impl From<Sent> for Outbound {
    fn from(sent: Sent) -> Self {
        Self {
            target: text_or_empty(sent.target),
            anchor: sent.anchor.map(String::from),
            tags: tags(sent.tags),
            data: text_or_empty(sent.data),
        }
    }
}

impl From<Sent> for Spawn {
    fn from(sent: Sent) -> Self {
        Self {
            anchor: sent.anchor.map(String::from),
            tags: tags(sent.tags),
            data: text_or_empty(sent.data),
        }
    }
}

impl From<Assigned> for Assign {
    fn from(assigned: Assigned) -> Self {
        Self {
            message: assigned.message.into(),
            processes: assigned.processes.into_iter().collect(),
            base_layer: assigned.base_layer.unwrap_or(false),
            exclude: assigned.exclude.into_iter().collect(),
        }
    }
}

/// What the `Error` member says, if it says that something went wrong: JavaScript's idea of it, which the network follows.
pub(super) fn error_text(raw: &RawValue) -> Option<String> {
    match raw.get() {
        "null" | "false" | "0" | "\"\"" => None,
        json => Some(serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())),
    }
}

fn text_or_empty(text: Option<Text>) -> String {
    text.map_or_else(String::new, String::from)
}

fn tags(list: List<Tag, TAGS_LISTED_MAX>) -> Tags {
    list.0
        .into_iter()
        .map(|tag| (tag.name, tag.value))
        .collect()
}

/// A list of at most `MAX` entries; null and an empty object are empty lists.
pub(super) struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    pub(super) fn into_iter<U: From<T>>(self) -> impl Iterator<Item = U> {
        self.0.into_iter().map(U::from)
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Entries(PhantomData))
    }
}

struct Entries<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Entries<T, MAX> {
    type Value = List<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX} entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = seq.next_element()? {
            if entries.len() == MAX {
                return Err(de::Error::invalid_length(MAX + 1, &self));
            }
            entries.push(entry);
        }
        Ok(List(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        match map.next_entry::<IgnoredAny, IgnoredAny>()? {
            None => Ok(List::default()),
            Some(_) => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        }
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(List::default())
    }
}
