//! The scheduler's JSON, field for field as clients of the network read it (WIRE 1.1). Pure.
//!
//! Quirks kept for old clients: anchors are shown as text unless asked otherwise, numbers of `/timestamp` are strings, an absent
//! target is the empty string except in a spawn. Own additions: the signed assignment in the answer to a post, and the exact
//! `bytes` of each item when asked with `raw`, without which nobody can verify a signature.

use aosec_wire::message::{DATA_PROTOCOL, VARIANT};
use aosec_wire::{Assignment, Id, VerifiedItem, id::to_base64url};
use serde::Serialize;
use serde_json::{Value, json};

use super::ordered::Slot;
use crate::cu::word::Word;
use crate::su::{Entry, Page, Span};

/// What a reader asked to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct View {
    /// Anchors as base64url.
    pub(super) show_anchor: bool,
    /// The exact bytes beside the fields.
    pub(super) raw: bool,
}

impl View {
    /// A slot with its message.
    pub(super) fn entry(self, entry: &Entry) -> Value {
        let is_spawn = entry.assignment.nonce() == 0;
        let message = entry
            .message
            .as_ref()
            .map(|item| self.message(item, is_spawn));
        let mut assignment = self.signed(entry.assignment.item());
        assignment["target"] = json!("");
        json!({ "message": message, "assignment": assignment })
    }

    /// A page; its cursors are of the kind that the span counts in.
    pub(super) fn page(self, page: &Page, span: &Span) -> Value {
        let cursor = |assignment: &Assignment| match span {
            Span::Slots { .. } => assignment.nonce().to_string(),
            Span::Times { .. } => assignment.timestamp().to_string(),
        };
        let edge = |entry: &Entry| json!({ "node": self.entry(entry), "cursor": cursor(&entry.assignment) });
        let edges: Vec<_> = page.entries.iter().map(edge).collect();
        json!({ "page_info": { "has_next_page": page.has_more }, "edges": edges })
    }

    /// A slot that the base layer shows: by its host's assignment where there is one, else by an assignment that nobody signed.
    pub(super) fn ordered(self, slot: &Slot) -> Value {
        let is_spawn = slot.word.nonce() == 0;
        let message = slot
            .message
            .as_ref()
            .map(|item| self.message(item, is_spawn));
        let mut assignment = match &slot.signed {
            Some(assignment) => self.signed(assignment.item()),
            None => unsigned(slot),
        };
        assignment["target"] = json!("");
        json!({ "message": message, "assignment": assignment })
    }

    /// A page of them.
    pub(super) fn ordered_page(self, slots: &[Slot], has_more: bool, span: &Span) -> Value {
        let cursor = |word: &Word| match span {
            Span::Slots { .. } => word.nonce().to_string(),
            Span::Times { .. } => word.timestamp().to_string(),
        };
        let edge =
            |slot: &Slot| json!({ "node": self.ordered(slot), "cursor": cursor(&slot.word) });
        let edges: Vec<_> = slots.iter().map(edge).collect();
        json!({ "page_info": { "has_next_page": has_more }, "edges": edges })
    }

    /// A process, as `/processes/{id}` shows it.
    pub(super) fn process(self, entry: &Entry) -> Option<Value> {
        let spawn = entry.message.as_ref()?;
        Some(json!({
            "process_id": spawn.id(),
            "block": height(entry.assignment.height()),
            "owner": owner(spawn),
            "tags": tags(spawn),
            "timestamp": entry.assignment.timestamp(),
            "data": text(&spawn.data()),
            "anchor": self.anchor(spawn),
            "signature": to_base64url(spawn.signature()),
            "target": spawn.target(),
        }))
    }

    fn message(self, item: &VerifiedItem, is_spawn: bool) -> Value {
        let mut message = self.signed(item);
        message["data"] = json!(text(&item.data()));
        message["target"] = match item.target() {
            None if !is_spawn => json!(""),
            target => json!(target),
        };
        message
    }

    fn signed(self, item: &VerifiedItem) -> Value {
        let mut shown = json!({
            "id": item.id(),
            "owner": owner(item),
            "tags": tags(item),
            "signature": to_base64url(item.signature()),
            "anchor": self.anchor(item),
        });
        if self.raw {
            shown["bytes"] = json!(to_base64url(item.bytes()));
        }
        shown
    }

    fn anchor(self, item: &VerifiedItem) -> Option<String> {
        item.anchor().map(|anchor| {
            if self.show_anchor {
                to_base64url(anchor)
            } else {
                text(anchor)
            }
        })
    }
}

/// A canonical entry in the shape of an assignment (ADR 0032): the tags of a signed one, the id of the virtual one (PROTOCOL 5.8), and
/// neither owner nor signature.
fn unsigned(slot: &Slot) -> Value {
    let word = &slot.word;
    let mut tags = vec![
        ("Process", word.process().to_string()),
        ("Epoch", word.epoch().to_string()),
        ("Nonce", word.nonce().to_string()),
        ("Hash-Chain", hash_chain(slot).to_string()),
        ("Block-Height", height(word.height())),
        ("Timestamp", word.timestamp().to_string()),
        ("Data-Protocol", DATA_PROTOCOL.to_owned()),
        ("Type", "Assignment".to_owned()),
        ("Variant", VARIANT.to_owned()),
    ];
    tags.extend(
        word.message()
            .map(|message| ("Message", message.to_string())),
    );
    tags.extend(
        word.log_chain()
            .map(|chain| ("Log-Chain", chain.to_string())),
    );
    tags.extend(
        slot.is_virtual
            .then(|| ("Ordered-By", "Arweave".to_owned())),
    );
    let tags = tags
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }));
    json!({
        "id": word.id(), "owner": { "address": "", "key": "" }, "tags": tags.collect::<Vec<_>>(), "signature": "", "anchor": null,
    })
}

/// The legacy chain of a virtual assignment stands over the slot before (PROTOCOL 5.4); of a slot whose assignment is not here, what the
/// module sees.
fn hash_chain(slot: &Slot) -> Id {
    let before = slot.before.as_ref().filter(|_| slot.is_virtual);
    let before = before.and_then(|word| Some((word.id(), word.log_chain()?)));
    match before {
        Some((id, chain)) => Id::sha256_of(&[id.as_bytes(), chain.as_bytes()]),
        None => slot.word.hash_chain(),
    }
}

/// The answer to a post: `id` of what was posted, and the receipt (D6).
pub(super) fn receipt(id: aosec_wire::Id, assignment: &Assignment) -> Receipt {
    Receipt {
        timestamp: assignment.timestamp(),
        id,
        assignment: to_base64url(assignment.item().bytes()),
    }
}

/// Written field by field, because it is the answer to every message.
#[derive(Debug, Serialize)]
pub(super) struct Receipt {
    timestamp: u64,
    id: aosec_wire::Id,
    assignment: String,
}

/// A height as the network writes it.
pub(super) fn height(height: u64) -> String {
    format!("{height:012}")
}

fn owner(item: &VerifiedItem) -> Value {
    json!({ "address": item.owner_address().as_str(), "key": to_base64url(item.owner()) })
}

fn tags(item: &VerifiedItem) -> Vec<Value> {
    item.tags()
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
