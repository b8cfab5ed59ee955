//! Which slots repeat an earlier one and are therefore not evaluated (WIRE 3). Pure.
//!
//! - U1 a slot whose message id stood in an earlier slot is dropped.
//! - U2 a pushed message (one with `From-Process`) is dropped when an earlier push had the same content, whichever authority of
//!   the process signed it: two messengers that carry the same result make two items of it, and one of them counts.
//!
//! U2 looks past the signer only among those that the process trusts, by its `Authority` tags. Anyone may sign a message with
//! anyone's `From-Process`; if a stranger's copy counted, whoever computes faster could put a worthless twin before every genuine
//! push and have the genuine one dropped. For strangers the signer is part of the content.
//!
//! The set of earlier slots is the caller's: this file only says what a slot is known by.

use std::collections::BTreeSet;

use aosec_wire::deep_hash::{Chunk, deep_hash};
use aosec_wire::{Id, Tags, VerifiedItem};

use super::subject::Subject;
use crate::store::outcome::Mark;

impl Mark {
    /// The mark of `subject` in the log of a process spawned with `process_tags`. Transactions are never pushed.
    #[must_use]
    pub fn of(subject: &Subject, process_tags: &Tags) -> Self {
        let push = match subject {
            Subject::Item(item) if item.tags().get("From-Process").is_some() => {
                Some(push_content(item, process_tags))
            }
            Subject::Item(_) | Subject::Transaction(..) => None,
        };
        Self {
            message: subject.id(),
            push,
        }
    }
}

/// Everything that earlier slots are known by.
#[derive(Clone, Debug, Default)]
pub struct Seen(BTreeSet<Id>);

impl Seen {
    /// The marks that the store found among those asked for.
    #[must_use]
    pub fn new(earlier: impl IntoIterator<Item = Id>) -> Self {
        Self(earlier.into_iter().collect())
    }

    /// True where an earlier slot has the same message or the same pushed content.
    #[must_use]
    pub fn repeats(&self, mark: &Mark) -> bool {
        self.0.contains(&mark.message) || mark.push.is_some_and(|push| self.0.contains(&push))
    }

    /// Remembers a slot.
    pub fn insert(&mut self, mark: &Mark) {
        self.0.insert(mark.message);
        self.0.extend(mark.push);
    }
}

/// H(deep hash of the item as its author would have signed it, the signer left out where the process trusts it).
fn push_content(item: &VerifiedItem, process_tags: &Tags) -> Id {
    let signer: &[u8] = if trusts(process_tags, item.owner_address().as_str()) {
        &[]
    } else {
        item.owner()
    };
    let target = item.target();
    let tags = item.tags().encode();
    let data = item.data();
    let content = deep_hash(&Chunk::List(vec![
        Chunk::Blob(b"dataitem"),
        Chunk::Blob(b"1"),
        Chunk::Blob(b"1"),
        Chunk::Blob(signer),
        Chunk::Blob(target.as_ref().map_or(&[], |id| id.as_bytes().as_slice())),
        Chunk::Blob(item.anchor().unwrap_or_default()),
        Chunk::Blob(&tags),
        Chunk::Blob(&data),
    ]));
    Id::sha256(&content)
}

/// `Authority` may stand several times, and one value may list several with commas.
fn trusts(process_tags: &Tags, signer: &str) -> bool {
    process_tags
        .all("Authority")
        .flat_map(|value| value.split(','))
        .any(|authority| authority.trim() == signer)
}

#[cfg(test)]
mod tests {
    use aosec_wire::{Draft, SigningKey};
    use bytes::Bytes;

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::ed25519([seed; 32])
    }

    fn pushed(signer: &SigningKey, data: &'static str) -> Subject {
        Draft {
            target: Some(Id::new([7; 32])),
            anchor: Some([9; 32]),
            tags: Tags::new().with("From-Process", "someone"),
            data: Bytes::from_static(data.as_bytes()),
        }
        .sign(signer)
        .unwrap()
        .into()
    }

    #[test]
    fn two_authorities_push_one_message() {
        let (one, two) = (key(1), key(2));
        let tags = Tags::new()
            .with("Authority", one.address().as_str())
            .with("Authority", format!("other, {}", two.address()));
        let first = Mark::of(&pushed(&one, "x"), &tags);
        let second = Mark::of(&pushed(&two, "x"), &tags);
        assert_ne!(first.message, second.message);
        let mut seen = Seen::default();
        seen.insert(&first);
        assert!(seen.repeats(&second));
        assert!(!seen.repeats(&Mark::of(&pushed(&two, "y"), &tags)));
    }

    #[test]
    fn a_strangers_twin_does_not_displace_the_genuine_push() {
        let (authority, stranger) = (key(1), key(2));
        let tags = Tags::new().with("Authority", authority.address().as_str());
        let mut seen = Seen::default();
        seen.insert(&Mark::of(&pushed(&stranger, "x"), &tags));
        assert!(!seen.repeats(&Mark::of(&pushed(&authority, "x"), &tags)));
    }

    #[test]
    fn an_id_counts_once_and_own_messages_have_no_push_mark() {
        let item = Draft {
            target: Some(Id::new([7; 32])),
            anchor: None,
            tags: Tags::new(),
            data: Bytes::new(),
        }
        .sign(&key(3))
        .unwrap();
        let mark = Mark::of(&item.clone().into(), &Tags::new());
        assert_eq!(mark.push, None);
        let seen = Seen::new([item.id()]);
        assert!(seen.repeats(&mark));
    }
}
