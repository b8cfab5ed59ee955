//! Makes what the tests derive from: hosts that write logs, records, bundles, blocks.
//!
//! Chains are computed here by the text of the law and not by the code under test.

use std::collections::BTreeMap;

use aosec_challenge::derive::{Block, BlockRef, Hosting, HotKey, Parameters, Tenure, Transaction};
use aosec_wire::{
    Assignment, AssignmentPlan, Chain, Draft, Head, HeadSignature, Id, LogEntry, LogRecord,
    SigningKey, Tags, VerifiedItem, bundle, record::NO_ORIGIN,
};
use bytes::Bytes;

/// The process of most tests.
pub(crate) const PROCESS: Id = Id::new([7; 32]);

/// The parameters of most tests: small, and all different.
pub(crate) const SMALL: Parameters = Parameters {
    settlement_depth: 3,
    cut: 5,
    late_after: 2,
};

/// The firm block that tests begin after.
pub(crate) const FIRM: u64 = 10;

/// The host's key.
pub(crate) fn host() -> SigningKey {
    SigningKey::ed25519([1; 32])
}

/// The key of the host after it.
pub(crate) fn next_host() -> SigningKey {
    SigningKey::ed25519([2; 32])
}

/// Whoever posts: no rule looks at its key.
fn poster() -> SigningKey {
    SigningKey::ed25519([9; 32])
}

/// The time of a block in seconds: two minutes each.
pub(crate) fn time_s(height: u64) -> u64 {
    1_700_000_000 + 120 * height
}

/// What an honest host would put into a slot, stamped at a height.
pub(crate) fn honest(slot: u64, height: u64) -> LogEntry {
    LogEntry {
        message: Id::sha256(format!("message {slot}").as_bytes()),
        height,
        timestamp: time_s(height) * 1_000 + slot,
    }
}

/// The log chain by the text of the law (5.4).
fn chain_by_hand(before: Id, entry: &LogEntry) -> Id {
    let text = [
        before.as_bytes().as_slice(),
        entry.message.as_bytes(),
        &entry.height.to_be_bytes(),
        &entry.timestamp.to_be_bytes(),
    ];
    Id::sha256(&text.concat())
}

/// A log as a host writes it down.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) process: Id,
    pub(crate) origin: Id,
    pub(crate) epoch: u64,
    pub(crate) key: SigningKey,
    /// The slot of the first entry, and the chain before it.
    pub(crate) first_slot: u64,
    pub(crate) start: Id,
    pub(crate) entries: Vec<LogEntry>,
}

impl Written {
    /// A log without court with this many honest slots, all stamped at `height`.
    pub(crate) fn honest(slots: u64, height: u64) -> Self {
        Self::of((1..=slots).map(|slot| honest(slot, height)))
    }

    pub(crate) fn of(entries: impl IntoIterator<Item = LogEntry>) -> Self {
        Self {
            process: PROCESS,
            origin: NO_ORIGIN,
            epoch: 0,
            key: host(),
            first_slot: 1,
            start: Id::sha256(PROCESS.as_bytes()),
            entries: entries.into_iter().collect(),
        }
    }

    /// The same log of another process.
    pub(crate) fn of_process(self, process: Id) -> Self {
        let start = Id::sha256(process.as_bytes());
        Self {
            process,
            start,
            ..self
        }
    }

    /// The same log with another entry in a slot.
    pub(crate) fn with(mut self, slot: u64, entry: LogEntry) -> Self {
        let at = self.index(slot);
        self.entries[at] = entry;
        self
    }

    /// The same log with more slots.
    pub(crate) fn and(mut self, entries: impl IntoIterator<Item = LogEntry>) -> Self {
        self.entries.extend(entries);
        self
    }

    /// The same log in the hand of another host.
    pub(crate) fn by(self, key: SigningKey, epoch: u64) -> Self {
        Self { key, epoch, ..self }
    }

    /// The same log under a court.
    pub(crate) fn under(self, origin: Id) -> Self {
        Self { origin, ..self }
    }

    fn index(&self, slot: u64) -> usize {
        usize::try_from(slot - self.first_slot).unwrap()
    }

    /// The log chain at a slot.
    pub(crate) fn chain(&self, slot: u64) -> Id {
        let upto = &self.entries[..self.index(slot + 1)];
        upto.iter().fold(self.start, chain_by_hand)
    }

    /// The record of slots `first..=last`.
    pub(crate) fn record(&self, first: u64, last: u64) -> LogRecord {
        let entries = self.entries[self.index(first)..self.index(last + 1)].to_vec();
        self.record_of(first, entries)
    }

    /// A record of any entries from a slot on, rightly signed by the host.
    pub(crate) fn record_of(&self, first: u64, entries: Vec<LogEntry>) -> LogRecord {
        let before = match first.checked_sub(1) {
            Some(slot) => self.chain(slot),
            None => Id::new([0; 32]),
        };
        self.record_after(before, first, entries)
    }

    fn record_after(&self, before: Id, first: u64, entries: Vec<LogEntry>) -> LogRecord {
        let head = Head {
            process: self.process,
            epoch: self.epoch,
            slot: first + entries.len() as u64 - 1,
            chain: entries.iter().fold(before, chain_by_hand),
        };
        let signature = HeadSignature::sign(&self.key, &head, self.origin);
        LogRecord::new(self.process, self.epoch, first, before, entries, signature).unwrap()
    }

    /// The item that carries [`Self::record`].
    pub(crate) fn item(&self, first: u64, last: u64) -> VerifiedItem {
        carrying(self.record(first, last).encode())
    }

    /// The items of the whole log in records of this many slots; the chain is computed once.
    pub(crate) fn records_of(&self, slots: u64) -> Vec<VerifiedItem> {
        let (mut before, mut first) = (self.start, self.first_slot);
        let chunks = self.entries.chunks(usize::try_from(slots).unwrap());
        chunks
            .map(|entries| {
                let record = self.record_after(before, first, entries.to_vec());
                (before, first) = (record.head_chain(), record.last_slot() + 1);
                carrying(record.encode())
            })
            .collect()
    }

    /// The receipt of a slot.
    pub(crate) fn receipt(&self, slot: u64) -> Assignment {
        self.receipt_saying(slot, self.entries[self.index(slot)], self.chain(slot))
    }

    /// A receipt that says whatever is told.
    pub(crate) fn receipt_saying(&self, slot: u64, entry: LogEntry, log: Id) -> Assignment {
        let plan = AssignmentPlan {
            process: self.process,
            epoch: self.epoch,
            nonce: slot,
            message: Some(entry.message),
            height: entry.height,
            timestamp: entry.timestamp,
            chain: Chain {
                hash: Id::new([8; 32]),
                log,
            },
            exclude: Vec::new(),
            base_layer: false,
        };
        plan.sign(&self.key).unwrap()
    }
}

/// An item that carries the bytes of a record.
pub(crate) fn carrying(record: Bytes) -> VerifiedItem {
    let tags = [("Data-Protocol", "ao"), ("Type", "Log-Record")];
    tagged(&tags, record)
}

/// An item with these tags and data.
pub(crate) fn tagged(tags: &[(&str, &str)], data: Bytes) -> VerifiedItem {
    let tags: Tags = tags.iter().copied().collect();
    let draft = Draft {
        tags,
        data,
        ..Draft::default()
    };
    draft.sign_deterministic(&poster()).unwrap()
}

pub(crate) const LOG_TAGS: [(&str, &str); 4] = [
    ("Data-Protocol", "ao"),
    ("Bundle-Format", "binary"),
    ("Bundle-Version", "2.0.0"),
    ("Type", "Log"),
];

/// A Log transaction of these items.
pub(crate) fn log_of(items: &[VerifiedItem]) -> Transaction {
    transaction(&LOG_TAGS, bundle::build(items))
}

pub(crate) fn transaction(tags: &[(&str, &str)], data: Bytes) -> Transaction {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    Transaction {
        place: 0,
        id: Id::sha256(&data),
        format: 1,
        tags: tags
            .iter()
            .map(|(name, value)| (bytes(name), bytes(value)))
            .collect(),
        data,
    }
}

/// The id of the block at a height, on a branch.
pub(crate) fn block_id(height: u64, branch: u8) -> [u8; 48] {
    let mut id = [branch; 48];
    id[..8].copy_from_slice(&height.to_be_bytes());
    id
}

pub(crate) fn firm_block() -> BlockRef {
    BlockRef {
        height: FIRM,
        id: block_id(FIRM, 0),
    }
}

/// A block of branch 0 after a block of branch 0, with these transactions at places 0, 1, 2 and so on.
pub(crate) fn block(height: u64, transactions: Vec<Transaction>) -> Block {
    branched(height, 0, 0, transactions)
}

/// A block of a branch after a block of the same or another branch.
pub(crate) fn branched(
    height: u64,
    branch: u8,
    before: u8,
    mut transactions: Vec<Transaction>,
) -> Block {
    for (place, transaction) in transactions.iter_mut().enumerate() {
        transaction.place = place;
    }
    Block {
        height,
        id: block_id(height, branch),
        previous: block_id(height - 1, before),
        time_s: time_s(height),
        transactions,
    }
}

/// A hosting under a court, with these tenures for epochs 0, 1, 2 and so on.
pub(crate) fn courted(origin: Id, tenures: Vec<Tenure>) -> Hosting {
    let tenures: BTreeMap<u64, Tenure> = (0..).zip(tenures).collect();
    Hosting { origin, tenures }
}

/// A tenure of one key that is valid throughout.
pub(crate) fn tenure(key: &SigningKey, first_slot: u64, from_height: u64) -> Tenure {
    Tenure {
        first_slot,
        from_height,
        ended: None,
        keys: vec![HotKey {
            address: key.address().clone(),
            from: 0,
            until: None,
        }],
    }
}
