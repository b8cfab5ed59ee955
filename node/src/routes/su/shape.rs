//! The scheduler's JSON, field for field as clients of the network read it (WIRE 1.1). Pure.
//!
//! Quirks kept for old clients: anchors are shown as text unless asked otherwise, numbers of `/timestamp` are strings, an absent
//! target is the empty string except in a spawn. Own additions: the signed assignment in the answer to a post, and the exact
//! `bytes` of each item when asked with `raw`, without which nobody can verify a signature.

use aosec_wire::{Assignment, VerifiedItem, id::to_base64url};
use serde::Serialize;
use serde_json::{Value, json};

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
