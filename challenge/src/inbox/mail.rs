//! What stands in a block for Origin (PROTOCOL 2.1, 2.2, 2.5): items that may run, in order of position, and reasons.
//!
//! Whether an item ran before, fits under the caps or is paid for is not known here. Work is bounded by the block's bytes: each
//! item and each child is verified once.

use std::sync::Arc;

use aosec_wire::{Id, Strictness, VerifiedItem, bundle};
use bytes::Bytes;

use super::caps::{CHILDREN_MAX, ITEM_BYTES_MAX};
use super::evidence::Evidence;
use super::reason::{BadChild, Unfit};
use crate::derive::{Block, Position, Receipt, Transaction, check_law, is_law_kind, values};

const TYPE: &str = "Type";
const INBOX: &str = "Inbox";
const PROCESS: &str = "Process";

/// The tags of an inbox transaction, each exactly once, besides that of the process.
const INBOX_TAGS: [(&str, &str); 4] = [
    ("Data-Protocol", "ao"),
    ("Bundle-Format", "binary"),
    ("Bundle-Version", "2.0.0"),
    (TYPE, INBOX),
];

/// What an item for an inbox says of itself, by the first tag of each name.
const ITEM_TAGS: [(&str, &str); 2] = [("Data-Protocol", "ao"), (TYPE, "Message")];

/// What makes an item a bundle, each exactly once (2.5).
const BUNDLE_TAGS: [(&str, &str); 2] = [("Bundle-Format", "binary"), ("Bundle-Version", "2.0.0")];

/// An item that may run.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) position: Position,
    pub(super) item: VerifiedItem,
    pub(super) enclosed: Enclosed,
    /// What its children sign, child by child.
    pub(super) evidence: Vec<Option<Evidence>>,
}

/// What an item encloses.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Enclosed {
    /// It is no bundle.
    Nothing,
    /// Its children, all verified.
    Items(Vec<VerifiedItem>),
    /// At least one is bad, so none counts.
    Bad(BadChild),
}

/// What stands at a position.
#[derive(Clone, Debug)]
pub(super) enum Arrival {
    /// The court's own spawn (2.10).
    Spawn(Position, VerifiedItem),
    Letter(Arc<Letter>),
}

/// Something that does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discarded {
    /// Where it stands.
    pub position: Position,
    /// Its id, where it has one.
    pub id: Option<Id>,
    /// Why it does not run.
    pub reason: Unfit,
}

/// Everything of a block that is a matter of Origin.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    pub(super) arrivals: Vec<Arrival>,
    pub(super) receipts: Vec<(Position, Receipt)>,
    discarded: Vec<Discarded>,
}

impl Mail {
    /// Reads a block for the court with this id.
    #[must_use]
    pub fn of(block: &Block, origin: Id) -> Self {
        let mut mail = Self::default();
        let name = origin.to_string();
        for transaction in &block.transactions {
            if claims_inbox(transaction, &name) {
                mail.read(block.height, transaction, origin, &name);
            }
        }
        mail
    }

    /// The receipts that stand enclosed in its items, by position (5.6).
    #[must_use]
    pub fn receipts(&self) -> &[(Position, Receipt)] {
        &self.receipts
    }

    /// What does not run, in order of position.
    #[must_use]
    pub fn discarded(&self) -> &[Discarded] {
        &self.discarded
    }

    /// How many items may run.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.arrivals.len()
    }

    /// Whether no item may run.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
    }

    fn read(&mut self, height: u64, transaction: &Transaction, origin: Id, name: &str) {
        let at = |item| Position {
            height,
            transaction: transaction.place,
            item,
            child: 0,
        };
        match items(transaction, name) {
            Err(reason) => self.discard(at(0), None, reason),
            Ok(items) => {
                for (number, (named, bytes)) in items.into_iter().enumerate() {
                    self.take(at(number), named, bytes, origin);
                }
            }
        }
    }

    fn take(&mut self, position: Position, named: Id, bytes: Bytes, origin: Id) {
        match judge(named, bytes, origin) {
            Ok(item) if item.id() == origin => {
                self.arrivals.push(Arrival::Spawn(position, item));
            }
            Ok(item) => self.letter(position, item, origin),
            Err(reason) => self.discard(position, Some(named), reason),
        }
    }

    fn letter(&mut self, position: Position, item: VerifiedItem, origin: Id) {
        let enclosed = Enclosed::of(&item);
        let children = enclosed.items().iter();
        let evidence: Vec<_> = children.map(|child| Evidence::of(child, origin)).collect();
        self.receipts.extend(receipts(position, &evidence));
        self.arrivals.push(Arrival::Letter(Arc::new(Letter {
            position,
            item,
            enclosed,
            evidence,
        })));
    }

    fn discard(&mut self, position: Position, id: Option<Id>, reason: Unfit) {
        self.discarded.push(Discarded {
            position,
            id,
            reason,
        });
    }
}

/// What stands in a block in the inboxes of these processes and may run: process, position, item; in order of position. Items are
/// verified here, each time that they are asked for.
pub(super) fn inboxes(
    block: &Block,
    of: impl Fn(&Id) -> bool,
) -> Vec<(Id, Position, VerifiedItem)> {
    let mut found = Vec::new();
    for transaction in &block.transactions {
        let named = addressee(transaction).filter(&of);
        let Some(process) = named else { continue };
        let read = items(transaction, &process.to_string()).unwrap_or_default();
        for (item, (named, bytes)) in read.into_iter().enumerate() {
            let position = Position {
                height: block.height,
                transaction: transaction.place,
                item,
                child: 0,
            };
            let verified = verified(named, bytes).ok();
            let eligible = verified.filter(|item| check_eligible(item, process).is_ok());
            found.extend(eligible.map(|item| (process, position, item)));
        }
    }
    found
}

/// The process whose inbox a transaction calls itself.
fn addressee(transaction: &Transaction) -> Option<Id> {
    let mut types = values(&transaction.tags, TYPE);
    let inbox = types.any(|value| value == INBOX.as_bytes());
    let name = values(&transaction.tags, PROCESS)
        .next()
        .filter(|_| inbox)?;
    std::str::from_utf8(name).ok()?.parse().ok()
}

/// Whether a transaction calls itself an inbox of this process, rightly or not.
fn claims_inbox(transaction: &Transaction, name: &str) -> bool {
    let has =
        |tag, value: &str| values(&transaction.tags, tag).any(|found| found == value.as_bytes());
    has(TYPE, INBOX) && has(PROCESS, name)
}

fn items(transaction: &Transaction, name: &str) -> Result<Vec<(Id, Bytes)>, Unfit> {
    check_law(transaction, &INBOX_TAGS)?;
    let mut processes = values(&transaction.tags, PROCESS);
    if processes.next() != Some(name.as_bytes()) || processes.next().is_some() {
        return Err(Unfit::Transaction(crate::derive::Unlawful::Tag {
            name: PROCESS,
            value: "the process alone",
        }));
    }
    Ok(bundle::parse(transaction.data.clone()).map_err(crate::derive::Unlawful::from)?)
}

/// The item, if an inbox of the court would take it as far as its bytes say (2.2).
///
/// # Errors
/// Why it would be passed by.
pub fn eligible(bytes: Bytes, origin: Id) -> Result<VerifiedItem, Unfit> {
    let item = aosec_wire::item::verify_bytes(bytes, Strictness::Entrance)?;
    check_eligible(&item, origin).map(|()| item)
}

/// The item, if it is eligible, or the spawn.
fn judge(named: Id, bytes: Bytes, origin: Id) -> Result<VerifiedItem, Unfit> {
    let item = verified(named, bytes)?;
    if item.id() == origin && is_law_kind(item.kind()) {
        return Ok(item);
    }
    check_eligible(&item, origin).map(|()| item)
}

/// Checks an item that was verified at an entrance, as [`eligible`] does with its bytes.
///
/// # Errors
/// Why it would be passed by.
pub fn check_eligible(item: &VerifiedItem, origin: Id) -> Result<(), Unfit> {
    if !is_law_kind(item.kind()) {
        return Err(Unfit::Kind(item.kind()));
    }
    if item.target() != Some(origin) {
        return Err(Unfit::Target);
    }
    for (name, value) in ITEM_TAGS {
        if item.tags().get(name) != Some(value) {
            return Err(Unfit::Tag { name, value });
        }
    }
    match item.bytes().len() {
        bytes if bytes > ITEM_BYTES_MAX => Err(Unfit::TooLong { bytes }),
        _ => Ok(()),
    }
}

fn verified(named: Id, bytes: Bytes) -> Result<VerifiedItem, aosec_wire::ItemError> {
    let item = aosec_wire::item::verify_bytes(bytes, Strictness::Entrance)?;
    let found = item.id();
    match found == named {
        true => Ok(item),
        false => Err(aosec_wire::ItemError::OtherId { named, found }),
    }
}

impl Enclosed {
    fn of(item: &VerifiedItem) -> Self {
        let is_bundle = BUNDLE_TAGS.iter().all(|(name, value)| {
            let mut values = item.tags().all(name);
            values.next() == Some(value) && values.next().is_none()
        });
        match is_bundle {
            true => children(item.data()).map_or_else(Self::Bad, Self::Items),
            false => Self::Nothing,
        }
    }

    /// The children, where they count.
    pub(super) fn items(&self) -> &[VerifiedItem] {
        match self {
            Self::Items(items) => items,
            Self::Nothing | Self::Bad(_) => &[],
        }
    }
}

/// Children that are receipts, at their positions (5.6).
fn receipts(
    position: Position,
    evidence: &[Option<Evidence>],
) -> impl Iterator<Item = (Position, Receipt)> {
    let children = (1..).zip(evidence);
    children.filter_map(move |(child, evidence)| match evidence {
        Some(Evidence::Receipt(receipt)) => Some((Position { child, ..position }, receipt.clone())),
        _ => None,
    })
}

fn children(data: Bytes) -> Result<Vec<VerifiedItem>, BadChild> {
    let parsed = bundle::parse(data)?;
    let count = parsed.len();
    if count > CHILDREN_MAX {
        return Err(BadChild::TooMany { count });
    }
    let children = parsed.into_iter().enumerate();
    children
        .map(|(number, (named, bytes))| child(number, named, bytes))
        .collect()
}

fn child(number: usize, named: Id, bytes: Bytes) -> Result<VerifiedItem, BadChild> {
    let item = verified(named, bytes).map_err(|error| BadChild::Item { number, error })?;
    let kind = item.kind();
    match is_law_kind(kind) {
        true => Ok(item),
        false => Err(BadChild::Kind { number, kind }),
    }
}
