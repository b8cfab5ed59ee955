//! A message as the contract's module gets it: JSON, in the order of the fields of every ao message, with what the derivation adds
//! (contracts-lua/origin/README.md).
//!
//! Every byte made here is consensus: two nodes that write a field differently compute different roots.

use std::borrow::Cow;
use std::collections::BTreeMap;

use aosec_wire::id::to_base64url;
use aosec_wire::{Id, Tags, VerifiedItem};
use serde::Serialize;
use serde::ser::{SerializeSeq as _, Serializer};

use super::evidence::Signed;
use super::log_row::LogRow;
use super::mail::{Enclosed, Letter};
use super::slots::{EPOCH, Planned};
use crate::derive::Block;

/// Tags that would shadow a field.
const SHADOWS: [&str; 2] = ["From", "Owner"];

/// What the contract is told where a child is bad (2.5).
const BAD_CHILD: &str = "2.5 child";

/// The slot of the genesis message, the only one whose data the contract sees (2.9).
pub(super) const GENESIS_SLOT: u64 = 1;

/// What kind of message takes the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The court's own spawn.
    Spawn,
    /// The system message of a block.
    Tick,
    /// An item of the inbox.
    Item,
}

/// A message for the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// The slot that it takes unless its sender cannot pay.
    pub slot: u64,
    /// The run height.
    pub height: u64,
    /// The stamp of the slot, in milliseconds.
    pub timestamp: u64,
    /// The bytes for the module.
    pub json: Vec<u8>,
}

/// What a message sees of logs.
pub(super) type Logs = BTreeMap<Id, LogRow>;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shape<'a> {
    id: Id,
    signature: String,
    data: Cow<'a, str>,
    owner: &'a str,
    target: Id,
    anchor: Cow<'a, str>,
    from: &'a str,
    tags: Named<'a>,
    epoch: u64,
    nonce: u64,
    timestamp: u64,
    #[serde(rename = "Block-Height")]
    block_height: u64,
    #[serde(rename = "Hash-Chain")]
    hash_chain: Id,
    cron: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mined: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'a Logs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Items<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tick: Option<TickShape>,
}

#[derive(Serialize)]
struct TickShape {
    height: u64,
    time: u64,
    block: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    queued: Option<u64>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Items<'a> {
    Bad(&'static str),
    Verified(Vec<Child<'a>>),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Child<'a> {
    id: Id,
    owner: &'a str,
    target: String,
    tags: Named<'a>,
    data: String,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<&'a Signed>,
}

/// What a message sees beside itself.
pub(super) struct Sight {
    pub(super) logs: Logs,
    /// What its children sign, child by child.
    pub(super) signed: Vec<Option<Signed>>,
}

/// Tags as a list of names and values; without those that would shadow a field, where they are the message's own.
struct Named<'a> {
    tags: &'a Tags,
    all: bool,
}

#[derive(Serialize)]
struct Tag<'a> {
    name: &'a str,
    value: &'a str,
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for (name, value) in self.tags.iter() {
            if self.all || !SHADOWS.contains(&name) {
                list.serialize_element(&Tag { name, value })?;
            }
        }
        list.end()
    }
}

/// The spawn, which boots the contract out of its data.
pub(super) fn spawn(item: &VerifiedItem, planned: &Planned) -> Message {
    let data = item.data();
    let shape = Shape {
        data: String::from_utf8_lossy(&data),
        ..signed(item, item.id(), planned)
    };
    made(Kind::Spawn, planned, &shape)
}

/// An item of the inbox.
pub(super) fn item(letter: &Letter, origin: Id, planned: &Planned, sight: &Sight) -> Message {
    let data = letter.item.data();
    let is_genesis = planned.slot == GENESIS_SLOT && letter.enclosed == Enclosed::Nothing;
    let shape = Shape {
        data: match is_genesis {
            true => String::from_utf8_lossy(&data),
            false => Cow::Borrowed(""),
        },
        mined: Some(letter.position.height),
        log: Some(&sight.logs),
        items: items(&letter.enclosed, &sight.signed),
        ..signed(&letter.item, origin, planned)
    };
    made(Kind::Item, planned, &shape)
}

/// The system message of a block.
pub(super) fn tick(
    block: &Block,
    origin: Id,
    planned: &Planned,
    queued: Option<u64>,
    logs: &Logs,
) -> Message {
    let (name, nothing) = (origin.to_string(), Tags::new());
    let shape = Shape {
        id: planned.message,
        signature: String::new(),
        data: Cow::Borrowed(""),
        owner: &name,
        target: origin,
        anchor: Cow::Borrowed(""),
        from: &name,
        tags: Named {
            tags: &nothing,
            all: false,
        },
        epoch: EPOCH,
        nonce: planned.slot,
        timestamp: planned.timestamp,
        block_height: planned.height,
        hash_chain: planned.chain.hash,
        cron: false,
        mined: None,
        log: Some(logs),
        items: None,
        tick: Some(TickShape {
            height: block.height,
            time: block.time_s,
            block: to_base64url(&block.id),
            queued,
        }),
    };
    made(Kind::Tick, planned, &shape)
}

/// What a signed item says of itself. Its caller is its owner, whatever it says (2.9).
fn signed<'a>(item: &'a VerifiedItem, origin: Id, planned: &Planned) -> Shape<'a> {
    let owner = item.owner_address().as_str();
    Shape {
        id: item.id(),
        signature: to_base64url(item.signature()),
        data: Cow::Borrowed(""),
        owner,
        target: origin,
        anchor: String::from_utf8_lossy(item.anchor().unwrap_or_default()),
        from: owner,
        tags: Named {
            tags: item.tags(),
            all: false,
        },
        epoch: EPOCH,
        nonce: planned.slot,
        timestamp: planned.timestamp,
        block_height: planned.height,
        hash_chain: planned.chain.hash,
        cron: false,
        mined: None,
        log: None,
        items: None,
        tick: None,
    }
}

fn items<'a>(enclosed: &'a Enclosed, signed: &'a [Option<Signed>]) -> Option<Items<'a>> {
    match enclosed {
        Enclosed::Nothing => None,
        Enclosed::Bad(_) => Some(Items::Bad(BAD_CHILD)),
        Enclosed::Items(items) => {
            let children = items.iter().zip(signed);
            let children = children.map(|(item, signed)| child(item, signed.as_ref()));
            Some(Items::Verified(children.collect()))
        }
    }
}

fn child<'a>(item: &'a VerifiedItem, signed: Option<&'a Signed>) -> Child<'a> {
    Child {
        id: item.id(),
        owner: item.owner_address().as_str(),
        target: item.target().map_or_else(String::new, |id| id.to_string()),
        tags: Named {
            tags: item.tags(),
            all: true,
        },
        data: match signed.is_some_and(Signed::is_record) {
            // Bytes, no text: what matters of them stands in `signed`.
            true => String::new(),
            false => String::from_utf8_lossy(&item.data()).into_owned(),
        },
        size: item.bytes().len(),
        signed,
    }
}

fn made(kind: Kind, planned: &Planned, shape: &Shape<'_>) -> Message {
    Message {
        kind,
        id: planned.message,
        slot: planned.slot,
        height: planned.height,
        timestamp: planned.timestamp,
        json: serde_json::to_vec(shape).expect("text, numbers and lists are always JSON"),
    }
}
