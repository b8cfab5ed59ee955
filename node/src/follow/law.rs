//! Which readings of a transaction are law, and which processes it names (PROTOCOL 2.1, 5.5). Pure.
//!
//! What its records come to is judged by `aosec_challenge::derive`; here stands only what is needed to know whether a transaction
//! has to be kept, and for whom. In format 1 one signature covers several ways to cut its bytes into fields: which of the readings
//! that gateways serve counts is decided in [`super::accord`].

use std::collections::BTreeSet;

use aosec_challenge::derive::{self, LAW_BYTES_MAX};
use aosec_wire::{Id, Strictness, bundle};
use bytes::Bytes;

use crate::arweave::transaction::{Format, Transaction};
use crate::store::law::LawTransaction;

/// What a gateway is asked for: the tags of a Log transaction (2.1).
pub const LOG_TAGS: [(&str, &str); 4] = [
    ("Data-Protocol", "ao"),
    ("Bundle-Format", "binary"),
    ("Bundle-Version", "2.0.0"),
    ("Type", "Log"),
];

/// What a gateway is asked for where a court is computed: the tags of an inbox transaction, of whatever process. Which processes
/// the base layer orders is known only behind the blocks that they stand in (5.8).
pub const INBOX_TAGS: [(&str, &str); 4] = [
    ("Data-Protocol", "ao"),
    ("Bundle-Format", "binary"),
    ("Bundle-Version", "2.0.0"),
    ("Type", "Inbox"),
];

/// The tags by which a gateway finds the inbox of a process (2.1).
#[must_use]
pub fn inbox_tags(process: &str) -> [(&str, &str); 5] {
    let [protocol, format, version, _] = LOG_TAGS;
    [
        protocol,
        format,
        version,
        ("Type", "Inbox"),
        ("Process", process),
    ]
}

/// The processes that a transaction concerns, each once: those that its records name, or, where a court is computed, the one whose
/// inbox it is. None where the transaction is no law.
#[must_use]
pub fn mentions(transaction: &Transaction, court: Option<Id>) -> Option<Vec<Id>> {
    let data = transaction.data()?;
    if transaction.format() != Format::One || data.len() > LAW_BYTES_MAX {
        return None;
    }
    if is_tagged(transaction, &LOG_TAGS) {
        let items = bundle::unbundle(data.clone(), Strictness::Entrance).ok()?;
        let named = items
            .into_iter()
            .filter_map(|item| named(&item.ok()?.data()));
        return Some(named.collect::<BTreeSet<_>>().into_iter().collect());
    }
    court.filter(|_court| is_tagged(transaction, &INBOX_TAGS))?;
    let process = addressee(transaction)?;
    bundle::parse(data.clone()).ok()?;
    Some(vec![process])
}

/// The process whose inbox a transaction is, named once.
fn addressee(transaction: &Transaction) -> Option<Id> {
    let mut names = tags(transaction).filter(|(name, _value)| *name == b"Process");
    let name = std::str::from_utf8(names.next()?.1).ok()?;
    let process: Id = name.parse().ok()?;
    names.next().is_none().then_some(process)
}

/// Whether a transaction has exactly one each of these tags.
fn is_tagged(transaction: &Transaction, named: &[(&str, &str)]) -> bool {
    named.iter().all(|(name, value)| {
        let mut values = tags(transaction).filter(|(found, _value)| *found == name.as_bytes());
        let found = values.next();
        found.is_some_and(|(_name, found)| found == value.as_bytes()) && values.next().is_none()
    })
}

/// The process of a record is its first 32 bytes.
fn named(record: &Bytes) -> Option<Id> {
    record.first_chunk().map(|id| Id::new(*id))
}

fn tags(transaction: &Transaction) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = transaction.tags().iter();
    pairs.map(|(name, value)| (name.as_ref(), value.as_ref()))
}

/// A stored transaction as the derivation reads it.
#[must_use]
pub fn as_read(stored: LawTransaction) -> Option<derive::Transaction> {
    Some(derive::Transaction {
        place: usize::try_from(stored.place).ok()?,
        id: stored.id,
        format: 1,
        tags: stored.tags,
        data: stored.data,
    })
}
