//! What a module is given for one slot: the message and its environment, as JSON in the order of WIRE 3. Pure.
//!
//! - I1 `From` is `From-Process` where it is present and not empty, else the owner; with `From-Process` the signer stands in
//!   `Forwarded-By`. Nobody has checked that the signer may speak for that process: contracts look at `Authority` (D8).
//! - I2 tags named `From` or `Owner` are left out, so that no sender can shadow the two fields. The order of the rest is kept.
//! - I3 text that is not UTF-8 is read with U+FFFD in place of what is none (D23).
//! - I4 `Exclude` of the assignment leaves out the fields that it names.
//! - I5 under a court everything comes from the canonical entry alone: `Hash-Chain` is its log chain, slot 0 has height and time 0,
//!   and other tags of an assignment have no effect (PROTOCOL 5.4).
//!
//! Every byte made here is consensus: two units that write a field differently compute different roots.

use std::borrow::Cow;

use aosec_wire::id::to_base64url;
use aosec_wire::{Id, Tags, VerifiedItem};
use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};

use super::subject::Subject;
use super::word::Word;
use crate::store::cron::Tick;

/// Tags that would shadow a field of the message (I2).
const SHADOWS: [&str; 2] = ["From", "Owner"];

/// What of a slot's stamps the module sees.
#[derive(Clone, Copy, Debug)]
pub struct Stamps<'a> {
    epoch: u64,
    nonce: u64,
    height: u64,
    timestamp: u64,
    hash_chain: Id,
    exclude: &'a [String],
}

impl<'a> Stamps<'a> {
    /// Those that the word for the slot says.
    #[must_use]
    pub fn of(word: &'a Word) -> Self {
        Self {
            epoch: word.epoch(),
            nonce: word.nonce(),
            height: word.height(),
            timestamp: word.timestamp(),
            hash_chain: word.hash_chain(),
            exclude: word.exclude(),
        }
    }

    /// Those of the canonical entry alone, for a process under a court, whoever serves the slot (I5). An assignment without
    /// `Log-Chain` says none.
    #[must_use]
    pub fn canonical(word: &'a Word) -> Self {
        let is_spawn = word.nonce() == 0;
        let stamp = |number: u64| if is_spawn { 0 } else { number };
        Self {
            epoch: word.epoch(),
            nonce: word.nonce(),
            height: stamp(word.height()),
            timestamp: stamp(word.timestamp()),
            hash_chain: word.log_chain().unwrap_or_else(|| word.hash_chain()),
            exclude: &[],
        }
    }
}

/// The message JSON of a scheduled slot.
#[must_use]
pub fn message(process: Id, subject: &Subject, stamps: Stamps<'_>) -> Vec<u8> {
    let shown = |field: &str| !stamps.exclude.iter().any(|name| name == field);
    let owner = subject.owner().as_str();
    let data = subject.data();
    let nothing = Tags::default();
    to_json(&Message {
        id: subject.id().to_string(),
        signature: shown("Signature").then(|| to_base64url(subject.signature())),
        data: data
            .as_deref()
            .filter(|_data| shown("Data"))
            .map(String::from_utf8_lossy),
        owner,
        target: target(process, subject, stamps.nonce),
        anchor: shown("Anchor").then(|| subject.anchor().into()),
        from: sender(subject.tags(), owner),
        forwarded_by: subject.tags().get("From-Process").map(|_from| owner),
        tags: Named(if shown("Tags") {
            subject.tags()
        } else {
            &nothing
        }),
        epoch: Some(stamps.epoch),
        nonce: Some(stamps.nonce),
        timestamp: stamps.timestamp,
        block_height: stamps.height,
        hash_chain: Some(stamps.hash_chain.to_string()),
        cron: false,
        read_only: None,
    })
}

/// The spawn is addressed to the process that it makes; everything else keeps the target that its author signed.
fn target(process: Id, subject: &Subject, nonce: u64) -> String {
    if nonce == 0 {
        return process.to_string();
    }
    let target = subject.target();
    target.map_or_else(String::new, |id| id.to_string())
}

/// I1.
fn sender<'a>(tags: &'a Tags, owner: &'a str) -> &'a str {
    tags.get("From-Process")
        .filter(|from| !from.is_empty())
        .unwrap_or(owner)
}

/// A message that nobody signed, to be evaluated and forgotten. Its fields are the caller's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryMessage {
    /// Any text; aoconnect sends `1234`.
    pub id: String,
    /// Whom the caller claims to be.
    pub owner: String,
    /// The target, where the caller named one.
    pub target: Option<String>,
    /// Any text.
    pub anchor: String,
    /// The tags.
    pub tags: Tags,
    /// The data.
    pub data: String,
    /// A time other than the newest slot's, in milliseconds.
    pub timestamp_ms: Option<u64>,
    /// A height other than the newest slot's.
    pub height: Option<u64>,
}

/// A time and a height: the stamps of a slot or of a tick, or the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time in milliseconds.
    pub timestamp_ms: u64,
    /// The height.
    pub height: u64,
}

/// The message JSON of a dry run: no slot, and `Read-Only`.
#[must_use]
pub fn dry_message(process: Id, dry: &DryMessage, now: Moment) -> Vec<u8> {
    to_json(&Message {
        id: dry.id.clone(),
        signature: None,
        data: Some(dry.data.as_str().into()),
        owner: &dry.owner,
        target: dry.target.clone().unwrap_or_else(|| process.to_string()),
        anchor: Some(dry.anchor.as_str().into()),
        from: sender(&dry.tags, &dry.owner),
        forwarded_by: dry.tags.get("From-Process").map(|_from| dry.owner.as_str()),
        tags: Named(&dry.tags),
        epoch: None,
        nonce: None,
        timestamp: dry.timestamp_ms.unwrap_or(now.timestamp_ms),
        block_height: dry.height.unwrap_or(now.height),
        hash_chain: None,
        cron: false,
        read_only: Some(true),
    })
}

/// The message JSON of a tick: as old units write it, it has no id, no data and no slot, and comes from the process's owner.
#[must_use]
pub fn tick_message(process: &Party, tags: &Tags, tick: Tick) -> Vec<u8> {
    to_json(&TickMessage {
        owner: &process.owner,
        target: process.id.to_string(),
        from: &process.owner,
        tags: Named(tags),
        timestamp: tick.timestamp_ms,
        block_height: tick.height,
        cron: true,
    })
}

/// Who stands behind an id of the environment: the process itself, or its module.
#[derive(Clone, Debug)]
pub struct Party {
    /// Its id.
    pub id: Id,
    /// Address of its owner.
    pub owner: String,
    /// Its tags, all of them, in order.
    pub tags: Tags,
}

impl Party {
    /// The party that `item` is.
    #[must_use]
    pub fn of(item: &VerifiedItem) -> Self {
        Self {
            id: item.id(),
            owner: item.owner_address().to_string(),
            tags: item.tags().clone(),
        }
    }
}

/// The environment JSON: the same for every slot of a process, but for the keys that stand for its court ([`super::authority`]).
#[must_use]
pub fn environment(process: &Party, module: &Party) -> Vec<u8> {
    to_json(&Environment {
        process: process.into(),
        module: module.into(),
    })
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("text, numbers and lists of them always have a JSON form")
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Message<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Cow<'a, str>>,
    owner: &'a str,
    target: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<Cow<'a, str>>,
    from: &'a str,
    #[serde(rename = "Forwarded-By", skip_serializing_if = "Option::is_none")]
    forwarded_by: Option<&'a str>,
    tags: Named<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<u64>,
    timestamp: u64,
    #[serde(rename = "Block-Height")]
    block_height: u64,
    #[serde(rename = "Hash-Chain", skip_serializing_if = "Option::is_none")]
    hash_chain: Option<String>,
    cron: bool,
    #[serde(rename = "Read-Only", skip_serializing_if = "Option::is_none")]
    read_only: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TickMessage<'a> {
    owner: &'a str,
    target: String,
    from: &'a str,
    tags: Named<'a>,
    timestamp: u64,
    #[serde(rename = "Block-Height")]
    block_height: u64,
    cron: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Environment<'a> {
    process: PartyJson<'a>,
    module: PartyJson<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PartyJson<'a> {
    id: String,
    owner: &'a str,
    tags: Whole<'a>,
}

impl<'a> From<&'a Party> for PartyJson<'a> {
    fn from(party: &'a Party) -> Self {
        Self {
            id: party.id.to_string(),
            owner: &party.owner,
            tags: Whole(&party.tags),
        }
    }
}

#[derive(Serialize)]
struct Pair<'a> {
    name: &'a str,
    value: &'a str,
}

/// All tags, as a list of pairs.
struct Whole<'a>(&'a Tags);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        pairs(self.0, |_name| true, to)
    }
}

/// The tags of a message, without those that would shadow a field (I2).
struct Named<'a>(&'a Tags);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        pairs(self.0, |name| !SHADOWS.contains(&name), to)
    }
}

fn pairs<S: Serializer>(tags: &Tags, keep: fn(&str) -> bool, to: S) -> Result<S::Ok, S::Error> {
    let mut list = to.serialize_seq(None)?;
    for (name, value) in tags.iter().filter(|(name, _value)| keep(name)) {
        list.serialize_element(&Pair { name, value })?;
    }
    list.end()
}
