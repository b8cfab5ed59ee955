//! Items as ao's users send them, signed by throw-away keys.

use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem};
use bytes::Bytes;

use super::descriptor::{Devnet, Node};

/// A process of the devnet's module, ordered by `host`, trusting every node of the devnet.
///
/// # Panics
/// Where the item would be over a limit.
#[must_use]
pub fn process(key: &SigningKey, devnet: &Devnet, host: &Node) -> VerifiedItem {
    named_process(key, devnet, host, "test")
}

/// As [`process`], with a name that makes it another one.
///
/// # Panics
/// Where the item would be over a limit.
#[must_use]
pub fn named_process(key: &SigningKey, devnet: &Devnet, host: &Node, name: &str) -> VerifiedItem {
    let mut tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Variant", "ao.TN.1")
        .with("Type", "Process");
    tags.push("Name", name);
    tags.push("Module", devnet.module.as_str());
    tags.push("Scheduler", host.scheduler.as_str());
    for authority in &devnet.authorities {
        tags.push("Authority", authority.as_str());
    }
    sign(
        key,
        Draft {
            tags,
            data: Bytes::from_static(b" "),
            ..Draft::default()
        },
    )
}

/// A message to `process`.
///
/// # Panics
/// Where the item would be over a limit.
#[must_use]
pub fn message(
    key: &SigningKey,
    process: Id,
    action: &str,
    data: impl Into<Bytes>,
) -> VerifiedItem {
    tagged(key, process, &[("Action", action)], data)
}

/// A message to `process` with any tags.
///
/// # Panics
/// Where the item would be over a limit.
#[must_use]
pub fn tagged(
    key: &SigningKey,
    process: Id,
    more: &[(&str, &str)],
    data: impl Into<Bytes>,
) -> VerifiedItem {
    let mut tags = Tags::new();
    for (name, value) in more {
        tags.push(*name, *value);
    }
    let tags = tags
        .with("Data-Protocol", "ao")
        .with("Variant", "ao.TN.1")
        .with("Type", "Message");
    sign(
        key,
        Draft {
            target: Some(process),
            tags,
            data: data.into(),
            ..Draft::default()
        },
    )
}

fn sign(key: &SigningKey, draft: Draft) -> VerifiedItem {
    draft.sign(key).expect("a small item is within every limit")
}
