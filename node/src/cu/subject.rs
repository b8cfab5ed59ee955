//! A message as a module will see it, whatever it was signed as: a data item, or a transaction of the base layer that a log
//! names by reference. Pure: both are verified already.

use aosec_wire::id::to_base64url;
use aosec_wire::{Address, Id, Tags, VerifiedItem};
use bytes::Bytes;

use crate::arweave::transaction::Transaction;

/// A verified message.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A data item.
    Item(VerifiedItem),
    /// A transaction, and its tags as far as they are text.
    Transaction(Box<Transaction>, Tags),
}

impl From<VerifiedItem> for Subject {
    fn from(item: VerifiedItem) -> Self {
        Self::Item(item)
    }
}

impl From<Transaction> for Subject {
    fn from(transaction: Transaction) -> Self {
        let mut tags = Tags::new();
        for (name, value) in transaction.text_tags() {
            tags.push(name, value);
        }
        Self::Transaction(Box::new(transaction), tags)
    }
}

impl Subject {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> Id {
        match self {
            Self::Item(item) => item.id(),
            Self::Transaction(transaction, _tags) => transaction.id(),
        }
    }

    /// Who signed it.
    #[must_use]
    pub fn owner(&self) -> &Address {
        match self {
            Self::Item(item) => item.owner_address(),
            Self::Transaction(transaction, _tags) => transaction.owner_address(),
        }
    }

    /// Its signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        match self {
            Self::Item(item) => item.signature(),
            Self::Transaction(transaction, _tags) => transaction.signature(),
        }
    }

    /// Whom it is addressed to.
    #[must_use]
    pub fn target(&self) -> Option<Id> {
        match self {
            Self::Item(item) => item.target(),
            Self::Transaction(transaction, _tags) => transaction.target(),
        }
    }

    /// Its anchor as text: that of an item as it was written (what is no UTF-8 is replaced), that of a transaction in base64url.
    #[must_use]
    pub fn anchor(&self) -> String {
        match self {
            Self::Item(item) => {
                String::from_utf8_lossy(item.anchor().unwrap_or_default()).into_owned()
            }
            Self::Transaction(transaction, _tags) => to_base64url(transaction.anchor().as_bytes()),
        }
    }

    /// Its tags.
    #[must_use]
    pub fn tags(&self) -> &Tags {
        match self {
            Self::Item(item) => item.tags(),
            Self::Transaction(_transaction, tags) => tags,
        }
    }

    /// Its data; none where a transaction came without.
    #[must_use]
    pub fn data(&self) -> Option<Bytes> {
        match self {
            Self::Item(item) => Some(item.data()),
            Self::Transaction(transaction, _tags) => transaction.data().cloned(),
        }
    }
}
