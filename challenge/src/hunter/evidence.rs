//! What somebody has signed, as the court would take it for evidence: a receipt (5.4) or a log record (5.5) whose signature holds.

use aosec_wire::{Address, Id, LogEntry, LogRecord, Strictness, VerifiedItem, bundle, item};
use bytes::Bytes;

use crate::derive::{Receipt, is_law_kind};
use crate::inbox::Evidence as Signed;

/// What one slot holds, as it was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Message and stamps.
    pub entry: LogEntry,
    /// The log chain at the slot.
    pub chain: Id,
}

/// A receipt or a log record that the court would look at.
#[derive(Clone, Debug)]
pub struct Evidence {
    item: VerifiedItem,
    signer: Address,
    signed: Signed,
}

impl Evidence {
    /// What an item proves to this court; nothing where it is neither receipt nor record, or not in the form that the court's inbox takes
    /// (2.2, 2.5). The evidence holds bytes of its own: it keeps nothing alive that the item was part of.
    #[must_use]
    pub fn of(item: &VerifiedItem, origin: Id) -> Option<Self> {
        Self::in_bytes(item.bytes(), origin)
    }

    /// What the item in these bytes proves to this court; nothing where they are no item.
    #[must_use]
    pub fn in_bytes(bytes: &Bytes, origin: Id) -> Option<Self> {
        Self::at_entrance(detached(bytes)?, origin)
    }

    /// The same of an item that has come through [`detached`].
    fn at_entrance(item: VerifiedItem, origin: Id) -> Option<Self> {
        let signed = Signed::of(&item, origin)?;
        if !is_law_kind(item.kind()) {
            return None;
        }
        let signer = match &signed {
            Signed::Receipt(receipt) => receipt.signer().clone(),
            Signed::Record(record) => record.signature().signer(),
        };
        Some(Self {
            item,
            signer,
            signed,
        })
    }

    /// The item, to be enclosed in a report.
    #[must_use]
    pub const fn item(&self) -> &VerifiedItem {
        &self.item
    }

    /// The address of the hot key.
    #[must_use]
    pub const fn signer(&self) -> &Address {
        &self.signer
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> Id {
        match &self.signed {
            Signed::Receipt(receipt) => receipt.process(),
            Signed::Record(record) => record.process(),
        }
    }

    /// The epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        match &self.signed {
            Signed::Receipt(receipt) => receipt.epoch(),
            Signed::Record(record) => record.epoch(),
        }
    }

    /// The receipt, if it is one.
    #[must_use]
    pub const fn receipt(&self) -> Option<&Receipt> {
        match &self.signed {
            Signed::Receipt(receipt) => Some(receipt),
            Signed::Record(_) => None,
        }
    }

    /// The log record, if it is one.
    #[must_use]
    pub const fn record(&self) -> Option<&LogRecord> {
        match &self.signed {
            Signed::Receipt(_) => None,
            Signed::Record(record) => Some(record),
        }
    }

    /// The slots that it signs, in order, with what they hold.
    #[must_use]
    pub fn slots(&self) -> Vec<(u64, Content)> {
        let record = match &self.signed {
            Signed::Receipt(receipt) => {
                let content = Content {
                    entry: *receipt.entry(),
                    chain: receipt.chain(),
                };
                return vec![(receipt.slot(), content)];
            }
            Signed::Record(record) => record,
        };
        let mut chain = record.previous_chain();
        let entries = (record.first_slot()..).zip(record.entries());
        let contents = entries.map(|(slot, entry)| {
            chain = entry.chain_after(chain);
            let entry = *entry;
            (slot, Content { entry, chain })
        });
        contents.collect()
    }

    /// Bytes that it takes in memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        self.item.bytes().len()
    }
}

/// All evidence in the data of a law-bearing transaction: records of a Log bundle, and what items for the court enclose (2.5). The work
/// is bounded by the length of a transaction (2.1).
#[must_use]
pub fn in_transaction(data: &Bytes, origin: Id) -> Vec<Evidence> {
    let mut found = Vec::new();
    for item in items(data) {
        if item.target() == Some(origin) {
            let children = items(&item.data()).into_iter();
            found.extend(children.filter_map(|child| Evidence::at_entrance(child, origin)));
        }
        found.extend(Evidence::at_entrance(item, origin));
    }
    found
}

/// The items of a bundle that verify; none of what is no bundle.
fn items(data: &Bytes) -> Vec<VerifiedItem> {
    let named = bundle::parse(data.clone()).unwrap_or_default();
    let items = named.into_iter().filter_map(|(id, bytes)| {
        let item = detached(&bytes)?;
        (item.id() == id).then_some(item)
    });
    items.collect()
}

/// The item in these bytes, verified as at the entrance, over a copy of them: one small receipt must not keep a whole transaction in
/// memory.
fn detached(bytes: &Bytes) -> Option<VerifiedItem> {
    item::verify_bytes(Bytes::copy_from_slice(bytes), Strictness::Entrance).ok()
}
