//! Pieces as signed items: which tags are the producer's, which the network's.

use aosec_wire::outcome::{self, Outbound};
use aosec_wire::{Draft, Id, Scheduled, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;

use super::identity::identity;
use super::{Cargo, Kind, PushError, Sender, Turn};

pub(super) fn message(
    piece: &Outbound,
    sender: &Sender,
    index: u32,
    authority: &SigningKey,
) -> Result<Cargo, PushError> {
    let own = own_tags(piece.anchor.as_deref(), &piece.tags);
    let target = piece.target.parse().map_err(|_bad| PushError::Target)?;
    let draft = Draft {
        target: Some(target),
        anchor: Some(anchor(sender, Kind::Message, index)),
        tags: from_sender(own, "Message", VARIANT, sender),
        data: data(&piece.data),
    };
    deliverable(draft.sign_deterministic(authority)?)
}

pub(super) fn spawn(
    piece: &outcome::Spawn,
    sender: &Sender,
    index: u32,
    authority: &SigningKey,
) -> Result<Cargo, PushError> {
    let mut tags = own_tags(piece.anchor.as_deref(), &piece.tags);
    if tags.get("Scheduler").is_none() {
        tags.push("Scheduler", sender.scheduler.as_str());
    }
    let variant = if piece.tags.get("Variant") == Some(NEXT_VARIANT) {
        NEXT_VARIANT
    } else {
        VARIANT
    };
    let draft = Draft {
        target: None,
        anchor: Some(anchor(sender, Kind::Spawn, index)),
        tags: from_sender(tags, "Process", variant, sender),
        data: data(&piece.data),
    };
    deliverable(draft.sign_deterministic(authority)?)
}

/// What no scheduler would take is better named now than refused later.
fn deliverable(item: VerifiedItem) -> Result<Cargo, PushError> {
    Ok(Cargo::from(Scheduled::classify(item)?))
}

/// The notice to the parent of `spawn`, which has a slot now: aos waits for `Action = Spawned` with its own `Reference`.
///
/// It repeats the spawn's own tags, by which a program tells one child from another; where they leave no room for the notice's
/// own, the `Reference` alone is repeated.
///
/// # Errors
/// [`PushError`] where `spawn` was not made by [`super::pushes`].
pub fn spawned(
    spawn: &VerifiedItem,
    slot: u64,
    index: u32,
    authority: &SigningKey,
) -> Result<Cargo, PushError> {
    let parent: Id = id_tag(spawn, "From-Process")?;
    let module = id_tag(spawn, "From-Module")?;
    let pushed_for = id_tag(spawn, "Pushed-For")?;
    let hash = identity(parent, Turn::Slot(slot), Kind::Spawned, index);
    let build = |kept: Tags| {
        let tags = kept
            .with("Action", "Spawned")
            .with("Process", spawn.id().to_string());
        let tags = network_tags(tags, "Message", VARIANT, parent, module, pushed_for);
        let data = Bytes::from_static(NO_DATA);
        Draft {
            target: Some(parent),
            anchor: Some(hash),
            tags,
            data,
        }
        .sign_deterministic(authority)
    };
    let own = without(spawn.tags(), |name| {
        is_network_tag(name) || SPAWNED_OWN.contains(&name)
    });
    let item = build(own).or_else(|_too_much| build(references(spawn.tags())))?;
    Ok(Cargo::Message(item, parent))
}

fn id_tag(item: &VerifiedItem, name: &'static str) -> Result<Id, PushError> {
    let value = item.tags().get(name).and_then(|text| text.parse().ok());
    value.ok_or(PushError::NoId(name))
}

/// The `Variant` of everything the legacy network carries.
const VARIANT: &str = "ao.TN.1";
/// A spawn may ask for the next network's.
const NEXT_VARIANT: &str = "ao.N.1";
/// Data of an item is never empty: old readers take an empty one for a missing one.
const NO_DATA: &[u8] = b" ";
/// Tags that the network sets and a process may not, in any spelling: the scheduler takes `type` for `Type`.
const NETWORK_TAGS: [&str; 7] = [
    "Data-Protocol",
    "Type",
    "Variant",
    "From-Process",
    "From-Module",
    "Pushed-For",
    "Assignments",
];
/// What the notice of a spawn says itself.
const SPAWNED_OWN: [&str; 2] = ["Action", "Process"];
/// The tags by which aos of all ages knows its own request again.
const REFERENCES: [&str; 2] = ["Reference", "Ref_"];

fn is_network_tag(name: &str) -> bool {
    NETWORK_TAGS
        .iter()
        .any(|tag| tag.eq_ignore_ascii_case(name))
}

/// The producer's tags without the network's, and its anchor as `Reference` (rule 3).
fn own_tags(anchor: Option<&str>, tags: &Tags) -> Tags {
    let mut own = without(tags, is_network_tag);
    match anchor {
        Some(anchor) if !anchor.is_empty() && own.get("Reference").is_none() => {
            own.push("Reference", anchor);
        }
        _ => {}
    }
    own
}

fn from_sender(own: Tags, kind: &str, variant: &str, sender: &Sender) -> Tags {
    network_tags(
        own,
        kind,
        variant,
        sender.process,
        sender.module,
        sender.pushed_for,
    )
}

fn network_tags(own: Tags, kind: &str, variant: &str, from: Id, module: Id, root: Id) -> Tags {
    own.with("Data-Protocol", "ao")
        .with("Variant", variant)
        .with("Type", kind)
        .with("From-Process", from.to_string())
        .with("From-Module", module.to_string())
        .with("Pushed-For", root.to_string())
}

fn references(tags: &Tags) -> Tags {
    without(tags, |name| !REFERENCES.contains(&name))
}

fn without(tags: &Tags, dropped: impl Fn(&str) -> bool) -> Tags {
    tags.iter()
        .filter(|(name, value)| !dropped(name) && !name.is_empty() && !value.is_empty())
        .fold(Tags::new(), |kept, (name, value)| kept.with(name, value))
}

fn data(text: &str) -> Bytes {
    if text.is_empty() {
        Bytes::from_static(NO_DATA)
    } else {
        Bytes::from(text.to_owned())
    }
}

fn anchor(sender: &Sender, kind: Kind, index: u32) -> [u8; 32] {
    identity(sender.process, sender.turn, kind, index)
}
