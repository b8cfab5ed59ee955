//! Makes what stands in inboxes: the court's spawn and genesis, items, enclosures, transactions.

use aosec_challenge::derive::{Block, Transaction};
use aosec_challenge::inbox::{Court, Track};
use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem, bundle};
use bytes::Bytes;

use crate::clerk::Clerk;
use crate::hosts::{self, FIRM};

/// The height of the block that carries the court's spawn.
pub(crate) const START: u64 = FIRM + 1;

/// The settlement depth of the tests.
pub(crate) const DEPTH: usize = 3;

/// The parameters of the derivation in the genesis of the tests: small, and all different.
pub(crate) const CUT: u64 = 5;

/// Whoever made the court.
pub(crate) fn founder() -> SigningKey {
    SigningKey::ed25519([40; 32])
}

/// Somebody who writes to it.
pub(crate) fn user(number: u8) -> SigningKey {
    SigningKey::ed25519([50 + number; 32])
}

pub(crate) fn signed(
    key: &SigningKey,
    target: Option<Id>,
    tags: &[(&str, &str)],
    data: &[u8],
) -> VerifiedItem {
    let draft = Draft {
        target,
        tags: tags.iter().copied().collect::<Tags>(),
        data: Bytes::copy_from_slice(data),
        ..Draft::default()
    };
    draft.sign_deterministic(key).unwrap()
}

pub(crate) fn spawn() -> VerifiedItem {
    let tags = [
        ("Data-Protocol", "ao"),
        ("Type", "Process"),
        ("Name", "court"),
    ];
    signed(&founder(), None, &tags, b"the contract")
}

pub(crate) fn origin() -> Id {
    spawn().id()
}

/// An item for the court's inbox with these tags behind the two that it must have.
pub(crate) fn letter_of(key: &SigningKey, more: &[(&str, &str)], data: &[u8]) -> VerifiedItem {
    let mut tags = vec![("Data-Protocol", "ao"), ("Type", "Message")];
    tags.extend(more);
    signed(key, Some(origin()), &tags, data)
}

/// An item of user 1 that differs from others by its number.
pub(crate) fn letter(number: u64, more: &[(&str, &str)]) -> VerifiedItem {
    let number = number.to_string();
    let mut tags = vec![("Number", number.as_str())];
    tags.extend(more);
    letter_of(&user(1), &tags, b"")
}

/// An item that encloses others.
pub(crate) fn enclosing(children: &[VerifiedItem], more: &[(&str, &str)]) -> VerifiedItem {
    bundle_of(&bundle::build(children), more)
}

/// An item that calls itself a bundle, with any data.
pub(crate) fn bundle_of(data: &[u8], more: &[(&str, &str)]) -> VerifiedItem {
    let mut tags = vec![("Bundle-Format", "binary"), ("Bundle-Version", "2.0.0")];
    tags.extend(more);
    letter_of(&user(1), &tags, data)
}

pub(crate) fn genesis_with(depth: usize, more: &[(&str, &str)]) -> VerifiedItem {
    let data =
        format!(r#"{{"parameters":{{"settlement_depth":{depth},"cut":{CUT},"late_after":2}}}}"#);
    letter_of(&founder(), more, data.as_bytes())
}

pub(crate) fn genesis() -> VerifiedItem {
    genesis_with(DEPTH, &[])
}

/// An inbox transaction of these items for a process.
pub(crate) fn inbox_of(process: &str, items: &[VerifiedItem]) -> Transaction {
    let mut tags = hosts::LOG_TAGS.to_vec();
    tags[3] = ("Type", "Inbox");
    tags.push(("Process", process));
    hosts::transaction(&tags, bundle::build(items))
}

/// An inbox transaction of the court.
pub(crate) fn inbox(items: &[VerifiedItem]) -> Transaction {
    inbox_of(&origin().to_string(), items)
}

/// The start block: the spawn, the genesis, and what else stands behind them.
pub(crate) fn start(more: &[VerifiedItem]) -> Block {
    let items = [&[spawn(), genesis()][..], more].concat();
    hosts::block(START, vec![inbox(&items)])
}

/// A block of branch 0 with one inbox transaction.
pub(crate) fn mail(height: u64, items: &[VerifiedItem]) -> Block {
    hosts::block(height, vec![inbox(items)])
}

pub(crate) fn court() -> Court {
    Court::new(origin(), DEPTH, hosts::firm_block())
}

pub(crate) fn track() -> Track<Clerk> {
    Track::new(DEPTH, court(), Clerk::default())
}

/// A track that has stepped over these blocks.
pub(crate) fn over(blocks: &[Block]) -> Track<Clerk> {
    let mut track = track();
    for block in blocks {
        track.step(block.clone()).unwrap();
    }
    track
}
