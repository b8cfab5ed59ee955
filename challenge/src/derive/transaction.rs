//! Which transactions are law, and what of a `Type: Log` bundle is a log record (PROTOCOL 2.1, 5.5).
//!
//! A transaction counts whole or not at all; a bad item in it is skipped alone and keeps its number. Work is bounded by the
//! bytes: a transaction of [`LAW_BYTES_MAX`] holds some 20,000 items with signatures to verify.

use aosec_wire::bundle;
use aosec_wire::{SignatureKind, Strictness, VerifiedItem};
use bytes::Bytes;

use super::block::Transaction;
use super::reason::{BadItem, Unlawful};

/// Longest data of a law-bearing transaction (2.1).
pub const LAW_BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// The one format whose signature covers the data (2.1).
const LAW_FORMAT: u8 = 1;

const TYPE: &str = "Type";
const LOG: &str = "Log";

/// The tags of a Log transaction, each exactly once.
const LOG_TAGS: [(&str, &str); 4] = [
    ("Data-Protocol", "ao"),
    ("Bundle-Format", "binary"),
    ("Bundle-Version", "2.0.0"),
    (TYPE, LOG),
];

/// The tags of an item that carries a record, each exactly once.
const RECORD_TAGS: [(&str, &str); 2] = [("Data-Protocol", "ao"), (TYPE, "Log-Record")];

/// The signature kinds of the law (2.2): fewer kinds, fewer ways for two readers to differ.
const LAW_KINDS: [SignatureKind; 3] = [
    SignatureKind::Arweave,
    SignatureKind::Ed25519,
    SignatureKind::Ethereum,
];

/// Whether the law takes signatures of this kind.
pub(crate) fn is_law_kind(kind: SignatureKind) -> bool {
    LAW_KINDS.contains(&kind)
}

/// Whether the transaction calls itself a Log, rightly or not: others are not looked at.
pub(super) fn claims_log(transaction: &Transaction) -> bool {
    values(&transaction.tags, TYPE).any(|value| value == LOG.as_bytes())
}

/// What stands at each number of a Log transaction: the bytes of a record, or why there is none.
pub(super) fn records(transaction: &Transaction) -> Result<Vec<Result<Bytes, BadItem>>, Unlawful> {
    check(transaction, &LOG_TAGS)?;
    let items = bundle::unbundle(transaction.data.clone(), Strictness::Entrance)?;
    Ok(items
        .into_iter()
        .map(|item| carried_record(&item?))
        .collect())
}

/// Whether a transaction is law with these named tags (2.1), as far as its items do not decide it.
pub(crate) fn check(
    transaction: &Transaction,
    named: &[(&'static str, &'static str)],
) -> Result<(), Unlawful> {
    if transaction.format != LAW_FORMAT {
        return Err(Unlawful::Format(transaction.format));
    }
    for &(name, value) in named {
        if !is_only(values(&transaction.tags, name), value.as_bytes()) {
            return Err(Unlawful::Tag { name, value });
        }
    }
    match transaction.data.len() {
        bytes if bytes > LAW_BYTES_MAX => Err(Unlawful::TooLong { bytes }),
        _ => Ok(()),
    }
}

/// The bytes of the record that an item carries, by its tags (5.5).
pub(crate) fn carried_record(item: &VerifiedItem) -> Result<Bytes, BadItem> {
    if !is_law_kind(item.kind()) {
        return Err(BadItem::Kind(item.kind()));
    }
    for (name, value) in RECORD_TAGS {
        if !is_only(item.tags().all(name), value) {
            return Err(BadItem::Tag { name, value });
        }
    }
    Ok(item.data())
}

/// The values of all tags of a name, as they were signed.
pub(crate) fn values<'a>(
    tags: &'a [(Bytes, Bytes)],
    name: &'a str,
) -> impl Iterator<Item = &'a [u8]> {
    tags.iter()
        .filter(move |(found, _)| found == name.as_bytes())
        .map(|(_, value)| value.as_ref())
}

/// Whether these values are the expected one, once.
fn is_only<T: PartialEq>(mut values: impl Iterator<Item = T>, expected: T) -> bool {
    values.next() == Some(expected) && values.next().is_none()
}

#[cfg(test)]
mod tests {
    use aosec_wire::Id;

    use super::*;

    fn transaction(more: &[(&[u8], &[u8])]) -> Transaction {
        let named = LOG_TAGS.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let tags = named.iter().chain(more);
        Transaction {
            place: 0,
            id: Id::new([1; 32]),
            format: 1,
            tags: tags
                .map(|(name, value)| (Bytes::copy_from_slice(name), Bytes::copy_from_slice(value)))
                .collect(),
            data: bundle::build(&[]),
        }
    }

    #[test]
    fn tags_need_not_be_text_to_be_none_of_the_named() {
        let others: [&[(&[u8], &[u8])]; 3] = [
            &[(b"\xff\xfe", b"x")],
            &[(b"x", b"\xff")],
            &[(b"Type\0", b"Data"), (b"", b"")],
        ];
        for more in others {
            assert_eq!(records(&transaction(more)), Ok(vec![]));
        }
        let twice = transaction(&[(b"Type", b"\xff")]);
        assert!(claims_log(&twice) && records(&twice).is_err());
    }
}
