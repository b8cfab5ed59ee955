//! Reads what a scheduler unit answers: a receipt, a refusal, or nothing to go by.
//!
//! A receipt is believed only if it is a signed assignment that names this message and this process (A9). Our schedulers put it
//! into the answer (D6); the reference sends a time and an id, and shows the assignment under the message's own path.

use aosec_wire::id::from_base64url;
use aosec_wire::{Assignment, Draft, Id, SignatureKind, Strictness, Tags, VerifiedItem, item};
use bytes::Bytes;
use serde::Deserialize;

use crate::mu::outbox::Receipt;

/// What the message and process of a receipt must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) process: Id,
    pub(super) message: Id,
    /// A spawn's own assignment may leave the message out: it stands in slot 0.
    pub(super) is_spawn: bool,
}

#[derive(Deserialize)]
struct Posted {
    assignment: Option<String>,
}

/// The receipt inside the answer to a POST, if there is a good one.
pub(super) fn posted_receipt(body: &[u8], wanted: Wanted) -> Option<Receipt> {
    let posted: Posted = serde_json::from_slice(body).ok()?;
    let bytes = Bytes::from(from_base64url(&posted.assignment?).ok()?);
    receipt(item::verify_bytes(bytes, Strictness::Settled).ok()?, wanted)
}

#[derive(Deserialize)]
struct Shown {
    assignment: Option<Pieces>,
    edges: Option<Vec<Edge>>,
}

#[derive(Deserialize)]
struct Edge {
    node: Node,
}

#[derive(Deserialize)]
struct Node {
    assignment: Option<Pieces>,
}

/// An item as schedulers show it in JSON.
#[derive(Deserialize)]
struct Pieces {
    owner: Owner,
    tags: Vec<TagPair>,
    signature: String,
    anchor: Option<String>,
}

#[derive(Deserialize)]
struct Owner {
    key: String,
}

#[derive(Deserialize)]
struct TagPair {
    name: String,
    value: String,
}

/// The receipt shown under the path of the message, or, for a spawn, as the first entry of its log.
pub(super) fn shown_receipt(body: &[u8], wanted: Wanted) -> Option<Receipt> {
    let shown: Shown = serde_json::from_slice(body).ok()?;
    let first = || {
        shown
            .edges
            .into_iter()
            .flatten()
            .next()
            .and_then(|edge| edge.node.assignment)
    };
    let pieces = shown.assignment.or_else(first)?;
    rebuilt(&pieces)
        .into_iter()
        .find_map(|item| receipt(item, wanted))
}

/// The length of a key does not tell all kinds apart, but only the right one verifies. The anchor is shown as text by some
/// schedulers and as base64url by others.
fn rebuilt(pieces: &Pieces) -> Vec<VerifiedItem> {
    const KINDS: [SignatureKind; 5] = [
        SignatureKind::Arweave,
        SignatureKind::Ed25519,
        SignatureKind::Ethereum,
        SignatureKind::Solana,
        SignatureKind::TypedEthereum,
    ];
    let (Ok(owner), Ok(signature)) = (
        from_base64url(&pieces.owner.key),
        from_base64url(&pieces.signature),
    ) else {
        return vec![];
    };
    let tags = pieces.tags.iter().fold(Tags::new(), |tags, tag| {
        tags.with(tag.name.as_str(), tag.value.as_str())
    });
    let kinds = KINDS
        .into_iter()
        .filter(|kind| kind.owner_len() == owner.len());
    kinds
        .flat_map(|kind| anchors(pieces).map(move |anchor| (kind, anchor)))
        .filter_map(|(kind, anchor)| {
            VerifiedItem::from_parts(kind, &owner, &signature, None, anchor, &tags, &[]).ok()
        })
        .collect()
}

fn anchors(pieces: &Pieces) -> impl Iterator<Item = Option<[u8; Draft::ANCHOR_BYTES]>> {
    let text = pieces.anchor.as_deref().unwrap_or_default();
    let decoded = from_base64url(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let plain = text.as_bytes().try_into().ok();
    [decoded, plain]
        .into_iter()
        .flatten()
        .map(Some)
        .chain([None])
}

fn receipt(item: VerifiedItem, wanted: Wanted) -> Option<Receipt> {
    let bytes = item.bytes().clone();
    let assignment = Assignment::from_item(item).ok()?;
    let message_fits = match assignment.message() {
        Some(message) => message == wanted.message,
        None => wanted.is_spawn && assignment.nonce() == 0,
    };
    let fits = message_fits && assignment.process() == wanted.process;
    fits.then(|| Receipt {
        slot: assignment.nonce(),
        assignment: bytes,
    })
}

#[derive(Deserialize)]
struct Refused {
    error: Option<String>,
}

/// Characters of a refusal that are passed on: two ids and a sentence.
const REFUSAL_CHARS: usize = 300;

/// The words of a refusal, cut to a bearable length.
pub(super) fn refusal(body: &[u8]) -> String {
    let refused = serde_json::from_slice::<Refused>(body)
        .ok()
        .and_then(|body| body.error);
    let words = refused.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    words.chars().take(REFUSAL_CHARS).collect()
}
