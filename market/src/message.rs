//! What the deriver hands to the court: items with their enclosures and heads, and Ticks (2.5, 2.8, 2.9).
//!
//! Texts stand here as they were signed; whether they mean anything is judged by the rules that ask for them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::outcome::Refusal;
use crate::spelling;

/// Processes that a message may name (2.8).
const NAMES: usize = 64;

/// A name and a value.
pub type Tag = (String, String);

/// One entry of Origin's log after the spawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// An inbox item; the first one is the genesis message (2.10).
    Item(Item),
    /// The system message of a block (2.8 b).
    Tick(Tick),
}

/// An inbox item as it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// Its id, repeated in the answer.
    pub id: String,
    /// The address of the key that signed it: the caller, always (2.9).
    pub owner: String,
    /// The height of the block in which it runs (2.4).
    pub run: u64,
    /// The height of the block that contains it (2.4).
    pub mined: u64,
    /// Its own tags; the first of a name counts (2.5).
    pub tags: Vec<Tag>,
    /// Its data, empty after slot 1.
    pub data: String,
    /// What it encloses.
    pub enclosures: Enclosures,
    /// `Log[P]` of the processes that it names, where there is one (2.8).
    pub logs: BTreeMap<String, LogHead>,
}

/// The children of an item (2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Enclosures {
    /// It is no bundle.
    #[default]
    None,
    /// A child is bad, or there are too many, or they cannot be parsed: `2.5 child`.
    Bad,
    /// The children, verified, in their order.
    Items(Vec<Child>),
}

/// A verified child.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Child {
    /// Its id.
    pub id: String,
    /// The address of the key that signed it.
    pub owner: String,
    /// The target as signed, empty where there is none.
    pub target: String,
    /// Its tags as signed.
    pub tags: Vec<Tag>,
    /// Its bytes.
    pub size: u64,
    /// What it signs, where it is a receipt or a log record.
    pub signed: Option<Signed>,
}

/// What an enclosed receipt or log record signs (2.8); spelled as the message table spells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The process.
    pub process: String,
    /// Its epoch.
    pub epoch: u64,
    /// The hot key's address.
    pub signer: String,
    /// The first slot.
    pub first: u64,
    /// The last slot.
    pub last: u64,
    /// Whether it is a record.
    pub record: bool,
    /// The entries that are shown, by slot.
    pub entries: BTreeMap<u64, Entry>,
    /// Of the second one of two: whether its entry at `Slot` + 1 follows the first one's at `Slot`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<bool>,
    /// Of a canonical receipt: the height at which its entry became canonical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mined: Option<u64>,
    /// Whether a receipt equals the canonical entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical: Option<bool>,
}

/// An entry of a log, with the chain after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The message's id.
    pub message: String,
    /// The stamped height.
    pub height: u64,
    /// The stamped time, in milliseconds.
    pub timestamp: u64,
    /// The log chain.
    pub chain: String,
}

/// What stands in a slot of a canonical log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The message's id.
    pub message: String,
    /// The height at which it became canonical.
    pub mined: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Whether no host signed it (5.8).
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
}

/// Where a message stands in a canonical log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The slot.
    pub slot: u64,
    /// The height at which it became canonical.
    pub mined: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Whether no host signed it (5.8).
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
}

/// The head of a process's canonical log, as after step (a) of the block (2.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogHead {
    /// The epoch of the log.
    pub epoch: u64,
    /// The last slot.
    pub slot: u64,
    /// The log chain there.
    pub chain: String,
    /// The mined height of the newest record that extended the log in this epoch.
    pub mined: Option<u64>,
    /// By how much the records of this epoch came too late, in all.
    pub late: u64,
    /// The slots that were asked for; none where the log has no such slot.
    pub at: BTreeMap<u64, Option<Content>>,
    /// The messages that were asked for; none where the log does not have them.
    pub of: BTreeMap<String, Option<Place>>,
}

/// The system message of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// The block's height.
    pub height: u64,
    /// The oldest mined height of an item that waits from an earlier block.
    pub queued: Option<u64>,
    /// `Log[P]` of the processes that were wanted.
    pub logs: BTreeMap<String, LogHead>,
}

impl Item {
    /// The first tag of a name.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        let mut named = self.tags.iter().filter(|(tag, _)| tag == name);
        named.next().map(|(_, value)| value.as_str())
    }

    /// The first tag of a name, read.
    pub(crate) fn read<T>(&self, name: &str, read: fn(&str) -> Option<T>) -> Option<T> {
        self.tag(name).and_then(read)
    }

    /// The process of the first `Process` tag, if it is an id.
    pub(crate) fn process(&self) -> Option<&str> {
        self.tag("Process").filter(|text| spelling::is_hash(text))
    }

    /// Its children; none where it is no bundle.
    #[must_use]
    pub fn children(&self) -> &[Child] {
        match &self.enclosures {
            Enclosures::Items(children) => children,
            Enclosures::None | Enclosures::Bad => &[],
        }
    }

    /// The processes that it names, in order, each once (2.8).
    ///
    /// # Errors
    /// `2.8 names` where they are more than 64.
    pub fn names(&self) -> Result<Vec<&str>, Refusal> {
        let children = self.children().iter();
        let mut seen = BTreeSet::new();
        let all = self.process().into_iter();
        let all = all.chain(children.filter_map(|child| child.process()));
        let names: Vec<&str> = all.filter(|name| seen.insert(*name)).collect();
        match names.len() <= NAMES {
            true => Ok(names),
            false => Err(Refusal("2.8 names")),
        }
    }
}

impl Child {
    /// The tag of a name that stands there exactly once (2.5).
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        let mut named = self.tags.iter().filter(|(tag, _)| tag == name);
        let first = named.next()?;
        named.next().is_none().then_some(first.1.as_str())
    }

    /// The tag of a name that stands there once, read.
    pub(crate) fn read<T>(&self, name: &str, read: fn(&str) -> Option<T>) -> Option<T> {
        self.tag(name).and_then(read)
    }

    /// Whether a tag stands there once with exactly this value.
    pub(crate) fn says(&self, name: &str, value: &str) -> bool {
        self.tag(name) == Some(value)
    }

    /// Whether a tag of this name stands there at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tags.iter().any(|(tag, _)| tag == name)
    }

    fn process(&self) -> Option<&str> {
        self.tag("Process").filter(|text| spelling::is_hash(text))
    }
}
