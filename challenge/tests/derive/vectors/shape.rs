//! The shape of a vector file: everything that a reader of the law needs to derive, and what must come of it.
//!
//! Ids, chains and bytes are base64url; data is a list of pieces, where a number stands for so many zero bytes.

use aosec_challenge::derive::{
    Block, BlockId, BlockRef, HostTable, Hosting, HotKey, Log, Parameters, Position, Receipt,
    Start, Tenure, Transaction,
};
use aosec_wire::id::{from_base64url, to_base64url};
use aosec_wire::{Address, Assignment, Id, Strictness, UnverifiedItem};
use serde::{Deserialize, Serialize};

use crate::pieces::{self, Piece};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Vector {
    pub(super) name: String,
    pub(super) rule: String,
    pub(super) settlement_depth: usize,
    pub(super) cut: u64,
    pub(super) late_after: u64,
    /// The firm block after which the derivation begins.
    pub(super) after: After,
    pub(super) follow: Vec<Follow>,
    pub(super) hosts: Vec<Host>,
    pub(super) events: Vec<Event>,
    pub(super) expect: Expect,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct After {
    height: u64,
    id: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Follow {
    pub(super) process: Id,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) registered: Option<Registered>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Registered {
    pub(super) first_slot: u64,
    pub(super) legacy_chain: Id,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Host {
    process: Id,
    origin: Id,
    tenures: Vec<TenureRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct TenureRow {
    epoch: u64,
    first_slot: u64,
    from_height: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<u64>,
    keys: Vec<KeyRow>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeyRow {
    address: Address,
    from: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event {
    Block(BlockShape),
    /// Go back to the state after this height.
    Rewind(u64),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BlockShape {
    height: u64,
    id: String,
    previous: String,
    time_s: u64,
    transactions: Vec<TransactionShape>,
    /// Receipts enclosed in eligible items for Origin, by the assignment's bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    receipts: Vec<ReceiptShape>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct TransactionShape {
    place: usize,
    id: Id,
    format: u8,
    tags: Vec<(String, String)>,
    data: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ReceiptShape {
    transaction: usize,
    item: usize,
    child: usize,
    assignment: String,
}

/// What must come of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Expect {
    /// Every followed log at the end.
    pub(super) logs: Vec<Expected>,
    /// Everything that had no effect, in order.
    pub(super) ignored: Vec<Nothing>,
    /// The heights to which going back was refused (1.4).
    pub(super) alarms: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Expected {
    pub(super) process: Id,
    pub(super) slot: u64,
    pub(super) chain: Id,
    pub(super) late: u64,
    pub(super) firm_slot: u64,
    /// Which slots became canonical in which block, by which epoch.
    pub(super) runs: Vec<Run>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) mined: u64,
    pub(super) epoch: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Nothing {
    pub(super) height: u64,
    pub(super) transaction: usize,
    pub(super) item: usize,
    pub(super) code: String,
}

impl Vector {
    pub(super) fn parameters(&self) -> Parameters {
        Parameters {
            settlement_depth: self.settlement_depth,
            cut: self.cut,
            late_after: self.late_after,
        }
    }

    pub(super) fn hosts(&self) -> HostTable {
        let mut table = HostTable::new();
        for host in &self.hosts {
            table.insert(host.process, host.read());
        }
        table
    }
}

impl After {
    pub(super) fn of(block: BlockRef) -> Self {
        Self {
            height: block.height,
            id: to_base64url(&block.id),
        }
    }

    pub(super) fn read(&self) -> BlockRef {
        BlockRef {
            height: self.height,
            id: block_id(&self.id),
        }
    }
}

impl Follow {
    pub(super) fn read(&self) -> Log {
        let start = match &self.registered {
            None => Start::of_spawn(self.process),
            Some(registered) => {
                let Registered {
                    first_slot,
                    legacy_chain,
                } = *registered;
                Start::of_registered(self.process, first_slot, legacy_chain).unwrap()
            }
        };
        Log::begin(self.process, start)
    }
}

impl Host {
    pub(super) fn of(process: Id, hosting: &Hosting) -> Self {
        let row = |(epoch, tenure): (&u64, &Tenure)| TenureRow {
            epoch: *epoch,
            first_slot: tenure.first_slot,
            from_height: tenure.from_height,
            ended: tenure.ended,
            keys: tenure.keys.iter().map(KeyRow::of).collect(),
        };
        Self {
            process,
            origin: hosting.origin,
            tenures: hosting.tenures.iter().map(row).collect(),
        }
    }

    fn read(&self) -> Hosting {
        let tenure = |row: &TenureRow| Tenure {
            first_slot: row.first_slot,
            from_height: row.from_height,
            ended: row.ended,
            keys: row.keys.iter().map(KeyRow::read).collect(),
        };
        let rows = self.tenures.iter();
        Hosting {
            origin: self.origin,
            tenures: rows.map(|row| (row.epoch, tenure(row))).collect(),
        }
    }
}

impl KeyRow {
    fn of(key: &HotKey) -> Self {
        Self {
            address: key.address.clone(),
            from: key.from,
            until: key.until,
        }
    }

    fn read(&self) -> HotKey {
        HotKey {
            address: self.address.clone(),
            from: self.from,
            until: self.until,
        }
    }
}

impl BlockShape {
    pub(super) fn of(block: &Block, receipts: &[(Position, Assignment)]) -> Self {
        Self {
            height: block.height,
            id: to_base64url(&block.id),
            previous: to_base64url(&block.previous),
            time_s: block.time_s,
            transactions: block
                .transactions
                .iter()
                .map(TransactionShape::of)
                .collect(),
            receipts: receipts.iter().map(ReceiptShape::of).collect(),
        }
    }

    pub(super) fn read(&self) -> (Block, Vec<(Position, Receipt)>) {
        let receipts = self
            .receipts
            .iter()
            .map(|receipt| receipt.read(self.height));
        let block = Block {
            height: self.height,
            id: block_id(&self.id),
            previous: block_id(&self.previous),
            time_s: self.time_s,
            transactions: self
                .transactions
                .iter()
                .map(TransactionShape::read)
                .collect(),
        };
        (block, receipts.collect())
    }
}

impl TransactionShape {
    fn of(transaction: &Transaction) -> Self {
        Self {
            place: transaction.place,
            id: transaction.id,
            format: transaction.format,
            tags: pieces::written(&transaction.tags),
            data: pieces::pieces(&transaction.data),
        }
    }

    fn read(&self) -> Transaction {
        Transaction {
            place: self.place,
            id: self.id,
            format: self.format,
            tags: pieces::tags(&self.tags),
            data: pieces::data(&self.data),
        }
    }
}

impl ReceiptShape {
    fn of((position, assignment): &(Position, Assignment)) -> Self {
        Self {
            transaction: position.transaction,
            item: position.item,
            child: position.child,
            assignment: to_base64url(assignment.item().bytes()),
        }
    }

    fn read(&self, height: u64) -> (Position, Receipt) {
        let position = Position {
            height,
            transaction: self.transaction,
            item: self.item,
            child: self.child,
        };
        let bytes = from_base64url(&self.assignment).unwrap().into();
        let item = UnverifiedItem::parse(bytes, Strictness::Entrance).unwrap();
        let assignment = Assignment::from_item(item.verify().unwrap()).unwrap();
        (position, Receipt::of(&assignment).unwrap())
    }
}

fn block_id(text: &str) -> BlockId {
    from_base64url(text).unwrap().try_into().unwrap()
}
