//! The shape of the file of a proof, as it is written.

use aosec_challenge::derive::{HotKey, Tenure};
use aosec_challenge::inbox::Lease;
use aosec_challenge::proof::{Court, Joined};
use aosec_wire::{Address, Id};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arweave::block::BlockId;

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// [`super::VERSION`].
    #[serde(rename = "aosec-proof")]
    pub version: u32,
    /// The process.
    pub process: Id,
    /// The slot.
    pub slot: u64,
    /// The bytes of the spawn.
    pub spawn: String,
    /// The bytes of the message, where it could be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The bytes of what the host signed, where it could be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// What the court says of the process, where it stands under one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub court: Option<CourtShape>,
    /// The blocks in which something of the log stands.
    pub blocks: Vec<BlockShape>,
}

/// What the court says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourtShape {
    /// The court.
    pub origin: Id,
    /// Blocks from U to the end of an epoch.
    pub cut: u64,
    /// The leases, by epoch.
    pub leases: Vec<LeaseShape>,
    /// How the process joined it, where its spawn names no court.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<JoinedShape>,
    /// The slots that cases about data have emptied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emptied: Vec<EmptiedShape>,
}

/// What a `Register` named.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinedShape {
    /// The first slot under the court.
    pub first: u64,
    /// The legacy chain at the slot before it.
    pub legacy: Id,
}

/// A slot whose message does not run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmptiedShape {
    /// The case that nobody answered.
    pub case: u64,
    /// The slot.
    pub slot: u64,
}

/// A lease.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseShape {
    /// Its epoch.
    pub epoch: u64,
    /// Its first slot.
    pub first: u64,
    /// The first height whose records count.
    pub from: u64,
    /// U, once it has ended.
    pub ended: Option<u64>,
    /// The host's keys.
    pub keys: Vec<KeyShape>,
    /// Its liveness cases that were unfinished at U.
    #[serde(default)]
    pub cases: Vec<CaseShape>,
}

/// A key of the host.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyShape {
    /// Its address.
    pub key: Address,
    /// The first height for which its word counts.
    pub from: u64,
    /// The last one, once another key has taken its place.
    pub until: Option<u64>,
}

/// A case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseShape {
    /// Its number.
    pub case: u64,
    /// What it asks for.
    pub message: Id,
}

/// A block.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockShape {
    /// Its height.
    pub height: u64,
    /// Its id.
    pub id: BlockId,
    /// Its time in seconds.
    pub time: u64,
    /// Those of its transactions that matter.
    pub transactions: Vec<Placed>,
}

/// A transaction at its place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// Its place among the law's transactions of the block.
    pub place: u64,
    /// As gateways serve it, with its data.
    pub transaction: Value,
}

impl From<CourtShape> for Court {
    fn from(shape: CourtShape) -> Self {
        let emptied = shape.emptied.into_iter();
        Self {
            origin: shape.origin,
            cut: shape.cut,
            leases: shape.leases.into_iter().map(Lease::from).collect(),
            joined: shape.joined.map(|joined| Joined {
                first: joined.first,
                legacy: joined.legacy,
            }),
            emptied: emptied.map(|one| (one.case, one.slot)).collect(),
        }
    }
}

impl From<LeaseShape> for Lease {
    fn from(shape: LeaseShape) -> Self {
        let key = |key: KeyShape| HotKey {
            address: key.key,
            from: key.from,
            until: key.until,
        };
        let cases = shape.cases.into_iter();
        Self {
            epoch: shape.epoch,
            tenure: Tenure {
                first_slot: shape.first,
                from_height: shape.from,
                ended: shape.ended,
                keys: shape.keys.into_iter().map(key).collect(),
            },
            forced: cases.map(|case| (case.case, case.message)).collect(),
        }
    }
}
