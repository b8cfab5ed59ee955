//! The shape of a vector file, how a vector runs, and how one is made.

use aosec_challenge::derive::{Block, RewindError};
use aosec_challenge::inbox::{Court, Track, TrackError, VirtualSlot};
use aosec_wire::id::to_base64url;
use aosec_wire::{Id, VerifiedItem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::block_shape::BlockShape;
use crate::clerk::Clerk;
use crate::forge::{self, DEPTH, START};
use crate::hosts;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Vector {
    pub(super) name: String,
    pub(super) rule: String,
    pub(super) origin: Id,
    pub(super) settlement_depth: usize,
    events: Vec<Event>,
    pub(super) expect: Expect,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Block(BlockShape),
    Rewind(u64),
}

/// What must come of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Expect {
    pub(super) messages: Vec<Heard>,
    pub(super) firm: usize,
    pub(super) discarded: Vec<Nothing>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) virtual_slots: Vec<Virtual>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) emptied: Vec<Emptied>,
    pub(super) alarms: Vec<u64>,
}

/// A slot that the base layer has ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Virtual {
    pub(super) process: Id,
    pub(super) epoch: u64,
    pub(super) slot: u64,
    pub(super) message: Id,
    pub(super) height: u64,
    pub(super) timestamp: u64,
    pub(super) chain: Id,
    pub(super) assignment: Id,
    pub(super) hash_chain: Id,
    /// Where the message stands: height, transaction, item, and 1 + child or 0.
    pub(super) found: (u64, usize, usize, usize),
}

/// A slot that is a no-op from behind a block on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Emptied {
    pub(super) height: u64,
    pub(super) process: Id,
    pub(super) slot: u64,
}

/// What of a message is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Heard {
    pub(super) id: Id,
    pub(super) slot: u64,
    pub(super) height: u64,
    pub(super) timestamp: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mined: Option<u64>,
    /// Of a Tick: its fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tick: Option<Value>,
    /// Ids of enclosures, or the text for a bad one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<Value>,
    /// What its enclosures sign, where any does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signed: Option<Value>,
    /// What it sees of logs, where that is anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) log: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Nothing {
    height: u64,
    transaction: usize,
    item: usize,
    code: String,
}

/// Starts a vector: the spawn and the genesis in the start block.
pub(super) fn case(rule: &str, name: &str) -> Vector {
    empty(rule, name)
        .block(&forge::start(&[]))
        .hears(spawned())
        .hears(item(&forge::genesis(), 1, START, START).behind(1))
}

/// A vector without blocks.
pub(super) fn empty(rule: &str, name: &str) -> Vector {
    Vector {
        name: name.to_owned(),
        rule: rule.to_owned(),
        origin: forge::origin(),
        settlement_depth: DEPTH,
        events: Vec::new(),
        expect: Expect::default(),
    }
}

pub(super) fn spawned() -> Heard {
    item(&forge::spawn(), 0, START, START).unmined()
}

/// An item that is heard in a slot. Blocks are two minutes apart, so a stamp is that of its block and the slots before it there.
pub(super) fn item(item: &VerifiedItem, slot: u64, mined: u64, run: u64) -> Heard {
    Heard {
        id: item.id(),
        slot,
        height: run,
        timestamp: hosts::time_s(run) * 1_000,
        mined: Some(mined),
        tick: None,
        items: None,
        signed: None,
        log: None,
    }
}

/// The Tick of a block of branch 0.
pub(super) fn tick(slot: u64, height: u64) -> Heard {
    branch_tick(slot, height, 0)
}

pub(super) fn branch_tick(slot: u64, height: u64, branch: u8) -> Heard {
    let block = hosts::block_id(height, branch);
    let origin = forge::origin();
    let name = b"aosec-tick";
    let text = [
        &(name.len() as u64).to_be_bytes()[..],
        name,
        origin.as_bytes(),
        &block,
    ];
    let time = hosts::time_s(height);
    let fields = serde_json::json!({"height": height, "time": time, "block": to_base64url(&block)});
    Heard {
        id: Id::sha256(&text.concat()),
        slot,
        height,
        timestamp: time * 1_000,
        mined: None,
        tick: Some(fields),
        items: None,
        signed: None,
        log: None,
    }
}

impl Heard {
    /// So many messages ran before it in its block.
    pub(super) fn behind(mut self, count: u64) -> Self {
        self.timestamp += count;
        self
    }

    /// The spawn has no mined height beside that of its slot.
    pub(super) fn unmined(mut self) -> Self {
        self.mined = None;
        self
    }

    pub(super) fn with_items(mut self, items: Value) -> Self {
        self.items = Some(items);
        self
    }

    pub(super) fn with_log(mut self, log: Value) -> Self {
        self.log = Some(log);
        self
    }

    /// What each enclosure signs; null for those that sign nothing.
    pub(super) fn with_signed(mut self, signed: Value) -> Self {
        self.signed = Some(signed);
        self
    }

    fn of(json: &[u8]) -> Self {
        let mut value: Value = serde_json::from_slice(json).unwrap();
        let number = |field: &str| value[field].as_u64();
        let (slot, height) = (number("Nonce").unwrap(), number("Block-Height").unwrap());
        let (timestamp, mined) = (number("Timestamp").unwrap(), number("Mined"));
        let items = value["Items"].take();
        let children = items.as_array().into_iter().flatten();
        let signed: Vec<_> = children.map(|one| one["Signed"].clone()).collect();
        let signed = signed
            .iter()
            .any(|one| !one.is_null())
            .then(|| Value::Array(signed));
        let items = match items {
            Value::Array(items) => {
                Value::Array(items.iter().map(|one| one["Id"].clone()).collect())
            }
            other => other,
        };
        let filled =
            |value: Value| (!value.is_null() && value != serde_json::json!({})).then_some(value);
        Self {
            id: value["Id"].as_str().unwrap().parse().unwrap(),
            slot,
            height,
            timestamp,
            mined,
            tick: filled(value["Tick"].take()),
            items: filled(items),
            signed,
            log: filled(value["Log"].take()),
        }
    }
}

impl Virtual {
    fn of(slot: &VirtualSlot) -> Self {
        let (entry, at) = (&slot.entry, slot.found);
        assert_eq!(
            entry.mined, entry.height,
            "it becomes canonical where it runs"
        );
        Self {
            process: slot.process,
            epoch: entry.epoch,
            slot: entry.slot,
            message: entry.message,
            height: entry.height,
            timestamp: entry.timestamp,
            chain: entry.chain,
            assignment: slot.assignment,
            hash_chain: slot.hash_chain,
            found: (at.height, at.transaction, at.item, at.child),
        }
    }
}

impl Vector {
    /// Nothing is said of the messages that the court gets.
    pub(super) fn silently(mut self) -> Self {
        self.expect.messages.clear();
        self
    }

    pub(super) fn virtual_slots(mut self, slots: Vec<Virtual>) -> Self {
        self.expect.virtual_slots = slots;
        self
    }

    pub(super) fn empties(mut self, height: u64, process: Id, slot: u64) -> Self {
        self.expect.emptied.push(Emptied {
            height,
            process,
            slot,
        });
        self
    }

    pub(super) fn block(mut self, block: &Block) -> Self {
        self.events.push(Event::Block(BlockShape::of(block)));
        self
    }

    /// Empty blocks in which nothing but the Tick is heard, from a slot on.
    pub(super) fn quiet(mut self, slot: u64, heights: std::ops::RangeInclusive<u64>) -> Self {
        for (slot, height) in (slot..).zip(heights) {
            self = self
                .block(&hosts::block(height, vec![]))
                .hears(tick(slot, height));
        }
        self
    }

    pub(super) fn rewind(mut self, to: u64) -> Self {
        self.events.push(Event::Rewind(to));
        self
    }

    pub(super) fn alarm(mut self, to: u64) -> Self {
        self.expect.alarms.push(to);
        self
    }

    pub(super) fn hears(mut self, heard: Heard) -> Self {
        self.expect.messages.push(heard);
        self
    }

    pub(super) fn firm(mut self, messages: usize) -> Self {
        self.expect.firm = messages;
        self
    }

    pub(super) fn discards(
        mut self,
        height: u64,
        transaction: usize,
        item: usize,
        code: &str,
    ) -> Self {
        self.expect.discarded.push(Nothing {
            height,
            transaction,
            item,
            code: code.to_owned(),
        });
        self
    }

    /// What comes of it in the code under test.
    pub(super) fn outcome(&self) -> Expect {
        let court = Court::new(self.origin, self.settlement_depth, hosts::firm_block());
        let mut track = Track::new(self.settlement_depth, court, Clerk::default());
        let mut found = Expect::default();
        for event in &self.events {
            match event {
                Event::Block(block) => {
                    let stepped = track.step(block.read()).unwrap();
                    let nothing = stepped.discarded.iter().map(|one| Nothing {
                        height: one.position.height,
                        transaction: one.position.transaction,
                        item: one.position.item,
                        code: one.reason.code().to_owned(),
                    });
                    found.discarded.extend(nothing);
                    let slots = stepped.virtual_slots.iter();
                    found.virtual_slots.extend(slots.map(Virtual::of));
                    let emptied = stepped.emptied.iter();
                    found.emptied.extend(emptied.map(|one| Emptied {
                        height: block.read().height,
                        process: one.process,
                        slot: one.slot,
                    }));
                }
                Event::Rewind(to) => match track.rewind(*to) {
                    Ok(()) => {
                        found.virtual_slots.retain(|slot| slot.height <= *to);
                        found.emptied.retain(|slot| slot.height <= *to);
                    }
                    Err(TrackError::Rewind(RewindError::TooDeep { to, .. })) => {
                        found.alarms.push(to)
                    }
                    Err(other) => panic!("{other}"),
                },
            }
        }
        if self.expect.messages.is_empty() {
            return found;
        }
        let heard = track.soft().1.heard.iter();
        found.messages = heard.map(|json| Heard::of(json)).collect();
        found.firm = track.firm().1.heard.len();
        found
    }
}
