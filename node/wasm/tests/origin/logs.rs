//! The derived logs as the deriver tells the court of them (2.8): heads, places of slots and of messages.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::court::Item;
use crate::people::id;

/// What all logs say, by process.
#[derive(Default)]
pub(crate) struct Logs {
    heads: BTreeMap<String, Value>,
    /// What stands in each slot: {message, mined, epoch, virtual}.
    slots: BTreeMap<String, BTreeMap<u64, Value>>,
}

impl Logs {
    /// Sets a head by hand.
    pub(crate) fn insert(&mut self, process: String, head: Value) {
        self.heads.insert(process, head);
    }

    /// The head of a process.
    pub(crate) fn get(&self, process: &String) -> Option<&Value> {
        self.heads.get(process)
    }

    /// A record of this epoch, mined at a height, extends the log up to a slot; nothing of it came late.
    pub(crate) fn publish(&mut self, process: &str, epoch: u64, slot: u64, mined: u64) {
        let late = self
            .heads
            .get(&id(process))
            .and_then(|head| head["late"].as_u64())
            .unwrap_or(0);
        let head = json!({
            "epoch": epoch, "slot": slot, "chain": id(&format!("chain-{slot}")),
            "mined": mined, "late": late,
        });
        self.heads.insert(id(process), head);
    }

    /// So many blocks more were late.
    pub(crate) fn delay(&mut self, process: &str, blocks: u64) {
        let head = self.heads.get_mut(&id(process)).expect("a head");
        head["late"] = json!(head["late"].as_u64().expect("a number") + blocks);
    }

    /// Puts a message into a slot; the head is as it was.
    pub(crate) fn put(&mut self, process: &str, slot: u64, message: &str, epoch: u64, mined: u64) {
        let entry =
            json!({"message": id(message), "mined": mined, "epoch": epoch, "virtual": false});
        self.slots
            .entry(id(process))
            .or_default()
            .insert(slot, entry);
    }

    /// The same in epoch 0, where the message stands nowhere yet.
    pub(crate) fn put_once(&mut self, process: &str, slot: u64, message: &str, mined: u64) {
        if self.place_of(&id(process), &id(message)) == false {
            self.put(process, slot, message, 0, mined);
        }
    }

    /// Makes a slot a virtual one.
    pub(crate) fn make_virtual(&mut self, process: &str, slot: u64) {
        let slots = self.slots.get_mut(&id(process)).expect("slots");
        slots.get_mut(&slot).expect("a slot")["virtual"] = json!(true);
    }

    fn place_of(&self, process: &str, message: &str) -> Value {
        let mut slots = self.slots.get(process).into_iter().flatten();
        let found = slots.find(|(_, entry)| entry["message"] == message);
        found.map_or(json!(false), |(slot, entry)| {
            json!({
                "slot": slot, "mined": entry["mined"], "epoch": entry["epoch"],
                "virtual": entry["virtual"],
            })
        })
    }

    fn shown(
        &self,
        process: &str,
        slot: Option<u64>,
        messages: &BTreeSet<String>,
    ) -> Option<Value> {
        let mut head = self.heads.get(process)?.clone();
        let of: Map<String, Value> = messages
            .iter()
            .map(|message| (message.clone(), self.place_of(process, message)))
            .collect();
        let at: Map<String, Value> = slot
            .into_iter()
            .map(|slot| {
                let found = self.slots.get(process).and_then(|slots| slots.get(&slot));
                (slot.to_string(), found.cloned().unwrap_or(json!(false)))
            })
            .collect();
        head["at"] = Value::Object(at);
        head["of"] = Value::Object(of);
        Some(head)
    }

    /// `Log` of an item: heads of what it names; in the first one its slot, its message and its children.
    pub(crate) fn for_item(&self, item: &Item) -> Value {
        let own = |name: &str| item.tags.iter().find(|tag| tag.0 == name).map(|tag| &tag.1);
        let first = own("Process");
        let mut log = Map::new();
        for name in names(item) {
            let mut messages: BTreeSet<String> = receipts_for(item, &name).collect();
            let mut slot = None;
            if first == Some(&name) {
                slot = own("Slot").and_then(|text| text.parse().ok());
                messages.extend(own("Message").cloned());
                messages.extend(children(item).map(|child| text(&child["Id"])));
            }
            if let Some(head) = self.shown(&name, slot, &messages) {
                log.insert(name, head);
            }
        }
        Value::Object(log)
    }

    /// `Log` of a Tick.
    pub(crate) fn for_tick(&self, wanted: &[String], sought: &[(String, String)]) -> Value {
        let mut log = Map::new();
        for name in wanted {
            let pairs = sought.iter().filter(|pair| &pair.0 == name);
            let messages = pairs.map(|pair| pair.1.clone()).collect();
            if let Some(head) = self.shown(name, None, &messages) {
                log.insert(name.clone(), head);
            }
        }
        Value::Object(log)
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn children(item: &Item) -> impl Iterator<Item = &Value> {
    item.items.as_array().into_iter().flatten()
}

/// The processes that an item names (2.8).
fn names(item: &Item) -> Vec<String> {
    let own = item.tags.iter().find(|(name, _)| name == "Process");
    let mut names: Vec<String> = own.map(|(_, value)| value.clone()).into_iter().collect();
    for child in children(item) {
        let tags = child["Tags"].as_array().into_iter().flatten();
        let named = tags.filter(|tag| tag["name"] == "Process");
        names.extend(named.map(|tag| text(&tag["value"])));
    }
    names
}

/// Messages of the enclosed receipts of a process.
fn receipts_for<'a>(item: &'a Item, process: &'a str) -> impl Iterator<Item = String> + 'a {
    let signed = children(item).map(|child| &child["Signed"]);
    signed
        .filter(move |signed| signed["process"] == process && signed["record"] == false)
        .flat_map(|signed| signed["entries"].as_object().into_iter().flatten())
        .map(|(_, entry)| text(&entry["message"]))
}
