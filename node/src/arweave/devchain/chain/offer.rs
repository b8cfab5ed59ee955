//! Pure: a verified transaction with the items that its data bundles, unpacked before the chain looks at it.
//!
//! Unpacking verifies thousands of signatures, so it is done by whoever brings the transaction, not under the chain's lock. An item
//! that does not verify is left out; a bundle that does not read is plain data.

use aosec_wire::{Id, Strictness, VerifiedItem, bundle};
use bytes::Bytes;

use crate::arweave::transaction::Transaction;

/// How deep bundles within bundles are unpacked: uploaders nest two deep.
const DEPTH_MAX: usize = 4;
/// Items of one transaction that are unpacked, over all depths: a 12 MiB bundle of the smallest items has fewer.
const ITEMS_MAX: usize = 65_536;

/// An item in a transaction.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) item: VerifiedItem,
    /// The transaction or item whose data holds it.
    pub(super) parent: Id,
}

/// A transaction that asks to be taken, with its items in order, outer before inner.
#[derive(Clone, Debug)]
pub struct Offer {
    pub(super) transaction: Transaction,
    pub(super) children: Vec<Child>,
}

impl Offer {
    /// Unpacks a transaction.
    #[must_use]
    pub fn new(transaction: Transaction) -> Self {
        let children = children(&transaction);
        Self {
            transaction,
            children,
        }
    }

    /// The transaction.
    #[must_use]
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }
}

/// The items of a transaction, as far as its data is here.
pub(super) fn children(transaction: &Transaction) -> Vec<Child> {
    let mut found = Vec::new();
    if let Some(data) = transaction.data()
        && is_bundle(|name| transaction.tag(name))
    {
        unpack(transaction.id(), data, DEPTH_MAX, &mut found);
    }
    found
}

fn is_bundle<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> bool {
    tag("Bundle-Format") == Some("binary") && tag("Bundle-Version") == Some("2.0.0")
}

fn unpack(parent: Id, data: &Bytes, depth_left: usize, found: &mut Vec<Child>) {
    let Ok(items) = bundle::unbundle(data.clone(), Strictness::Settled) else {
        return;
    };
    for item in items.into_iter().flatten() {
        if found.len() >= ITEMS_MAX {
            return;
        }
        let nested = depth_left > 1 && is_bundle(|name| item.tags().get(name));
        let (id, data) = (item.id(), item.data());
        found.push(Child { item, parent });
        if nested {
            unpack(id, &data, depth_left - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use aosec_wire::{Draft, SigningKey, Tags};

    use super::*;
    use crate::arweave::devchain::carrier_key;
    use crate::arweave::transaction::{Anchor, Format, TransactionDraft};

    fn item(tags: Tags, data: Bytes) -> VerifiedItem {
        Draft {
            tags,
            data,
            ..Draft::default()
        }
        .sign(&SigningKey::ed25519([1; 32]))
        .unwrap()
    }

    fn bundle_tags() -> Tags {
        Tags::new()
            .with("Bundle-Format", "binary")
            .with("Bundle-Version", "2.0.0")
    }

    fn nested(depth: usize) -> VerifiedItem {
        match depth {
            0 => item(Tags::new(), "leaf".into()),
            _ => item(bundle_tags(), bundle::build(&[nested(depth - 1)])),
        }
    }

    fn transaction(data: Bytes) -> Transaction {
        let draft = TransactionDraft::of_data(Format::One, Anchor::First, 0, data)
            .with_tag("Bundle-Format", "binary")
            .with_tag("Bundle-Version", "2.0.0");
        draft.sign(&carrier_key()).unwrap()
    }

    #[test]
    fn bundles_are_unpacked_to_a_bounded_depth() {
        let offer = Offer::new(transaction(bundle::build(&[nested(1), nested(9)])));
        let parents: Vec<Id> = offer.children.iter().map(|child| child.parent).collect();
        assert_eq!(parents.len(), 2 + DEPTH_MAX);
        assert_eq!(parents[0], offer.transaction.id());
        assert_eq!(parents[1], nested(1).id());
        assert_eq!(parents[2], offer.transaction.id());
    }

    #[test]
    fn what_does_not_verify_is_left_out() {
        let mut bytes = bundle::build(&[nested(0), item(Tags::new(), "other".into())]).to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(Offer::new(transaction(bytes.into())).children.len(), 1);
        assert!(
            Offer::new(transaction("no bundle".into()))
                .children
                .is_empty()
        );
    }
}
