//! Pure: everything that has an id, where it stands, and the index that finds it by owner, recipient, tag and parent.
//!
//! A [`Position`] is (height, place of the transaction, place of the item in it). What is not mined stands above every height, in the
//! order of arrival, so it comes first when the newest is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aosec_wire::{Address, Id, VerifiedItem};
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::arweave::transaction::Transaction;

/// Where a thing stands: height, place of its transaction, place in it (0 is the transaction itself).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(u128);

impl Position {
    pub(super) const FIRST: Self = Self(0);
    pub(super) const LAST: Self = Self(u128::MAX);
    /// Stands in for the height of what is not mined.
    const NOT_MINED: u64 = u64::MAX;

    pub(super) const fn new(height: u64, transaction: u32, item: u32) -> Self {
        Self((height as u128) << 64 | (transaction as u128) << 32 | item as u128)
    }

    pub(super) const fn waiting(arrival: u32, item: u32) -> Self {
        Self::new(Self::NOT_MINED, arrival, item)
    }

    /// The height of its block; none while it is not mined.
    #[must_use]
    pub const fn height(self) -> Option<u64> {
        let height = (self.0 >> 64) as u64;
        if height == Self::NOT_MINED {
            None
        } else {
            Some(height)
        }
    }

    /// The place of the item `number` in the transaction that stands here.
    pub(super) const fn child(self, number: u32) -> Self {
        Self(self.0 >> 32 << 32 | number as u128)
    }

    pub(super) const fn after(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(next) => Some(Self(next)),
            None => None,
        }
    }

    pub(super) const fn before(self) -> Option<Self> {
        match self.0.checked_sub(1) {
            Some(previous) => Some(Self(previous)),
            None => None,
        }
    }

    /// A text that [`Self::from_text`] reads back: what pages of answers are continued with.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{:032x}", self.0)
    }

    /// Reads [`Self::to_text`].
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let exact = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u128::from_str_radix(text, 16)
            .ok()
            .filter(|_| exact)
            .map(Self)
    }
}

/// A transaction or an item.
#[derive(Clone, Debug)]
pub enum Content {
    /// A base-layer transaction.
    Transaction(Arc<Transaction>),
    /// A data item.
    Item(VerifiedItem),
}

impl Content {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Id {
        match self {
            Self::Transaction(transaction) => transaction.id(),
            Self::Item(item) => item.id(),
        }
    }

    /// Its data, if it is here.
    #[must_use]
    pub fn data(&self) -> Option<Bytes> {
        match self {
            Self::Transaction(transaction) => transaction.data().cloned(),
            Self::Item(item) => Some(item.data()),
        }
    }

    /// Its tags that read as text.
    #[must_use]
    pub fn tags(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Transaction(transaction) => transaction.text_tags().collect(),
            Self::Item(item) => item.tags().iter().collect(),
        }
    }

    /// The first value of the tag `name`.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags()
            .into_iter()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// The signer's address.
    #[must_use]
    pub fn owner_address(&self) -> &str {
        match self {
            Self::Transaction(transaction) => transaction.owner_address().as_str(),
            Self::Item(item) => item.owner_address().as_str(),
        }
    }

    /// The target.
    #[must_use]
    pub fn target(&self) -> Option<Id> {
        match self {
            Self::Transaction(transaction) => transaction.target(),
            Self::Item(item) => item.target(),
        }
    }
}

/// A thing and where it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is.
    pub content: Content,
    /// Where it stands.
    pub position: Position,
    /// The transaction or item whose data holds it.
    pub parent: Option<Id>,
}

/// What a thing can be found by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trait<'a> {
    Owner(&'a str),
    Recipient(Id),
    Parent(Id),
    Tag(&'a str, &'a str),
}

/// The first 8 bytes of a hash: two traits that share them cost a second look, no wrong answer.
pub(super) type Key = u64;

impl Trait<'_> {
    pub(super) fn key(&self) -> Key {
        let hash = Sha256::new();
        let hash = match self {
            Self::Owner(address) => hash.chain_update(b"owner").chain_update(address),
            Self::Recipient(id) => hash.chain_update(b"recipient").chain_update(id.as_bytes()),
            Self::Parent(id) => hash.chain_update(b"parent").chain_update(id.as_bytes()),
            Self::Tag(name, value) => {
                let length = (name.len() as u64).to_be_bytes();
                hash.chain_update(b"tag")
                    .chain_update(length)
                    .chain_update(name)
                    .chain_update(value)
            }
        };
        hash.finalize()
            .first_chunk()
            .map_or(0, |bytes| Key::from_be_bytes(*bytes))
    }
}

/// Everything that has an id.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<Id, Entry>,
    order: BTreeMap<Position, Id>,
    postings: BTreeSet<(Key, Position)>,
}

impl Ledger {
    /// The thing with this id.
    #[must_use]
    pub fn get(&self, id: Id) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// Puts a thing at a free position, wherever it stood before.
    pub(super) fn put(&mut self, entry: Entry) {
        self.remove(entry.content.id());
        let (id, position) = (entry.content.id(), entry.position);
        debug_assert!(
            !self.order.contains_key(&position),
            "two things at one position"
        );
        self.postings
            .extend(keys(&entry).into_iter().map(|key| (key, position)));
        self.order.insert(position, id);
        self.entries.insert(id, entry);
    }

    pub(super) fn remove(&mut self, id: Id) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.order.remove(&entry.position);
        for key in keys(&entry) {
            self.postings.remove(&(key, entry.position));
        }
        Some(entry)
    }

    /// Takes out everything that stands at `from` or behind it, in order.
    pub(super) fn cut_off(&mut self, from: Position) -> Vec<Entry> {
        let ids: Vec<Id> = self.order.range(from..).map(|(_, id)| *id).collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    /// The last mined transaction of a wallet.
    pub(super) fn last_transaction(&self, wallet: &Address) -> Option<Id> {
        let key = Trait::Owner(wallet.as_str()).key();
        let mined = (key, Position::FIRST)..(key, Position::waiting(0, 0));
        let newest_first = self.postings.range(mined).rev();
        newest_first
            .filter_map(|(_, position)| self.get(*self.order.get(position)?))
            .find_map(|entry| match &entry.content {
                Content::Transaction(transaction) if transaction.owner_address() == wallet => {
                    Some(transaction.id())
                }
                Content::Transaction(_) | Content::Item(_) => None,
            })
    }

    pub(super) fn order(&self) -> &BTreeMap<Position, Id> {
        &self.order
    }

    pub(super) fn postings(&self) -> &BTreeSet<(Key, Position)> {
        &self.postings
    }
}

fn keys(entry: &Entry) -> Vec<Key> {
    let content = &entry.content;
    let tags = content
        .tags()
        .into_iter()
        .map(|(name, value)| Trait::Tag(name, value).key());
    let owner = Trait::Owner(content.owner_address()).key();
    let recipient = content
        .target()
        .map(|target| Trait::Recipient(target).key());
    let parent = entry.parent.map(|parent| Trait::Parent(parent).key());
    tags.chain([owner]).chain(recipient).chain(parent).collect()
}
