//! 5.5: the bytes of a record.

use aosec_wire::LogEntry;
use bytes::Bytes;

use super::case::case;
use super::shape::Vector;
use crate::forge::{Written, block, carrying, honest, log_of};

/// Where fields stand in the bytes of a record.
const EPOCH: usize = 32;
const FIRST_SLOT: usize = 40;
const COUNT: usize = 48;
const ENTRIES: usize = 84;

pub(super) fn cases() -> Vec<Vector> {
    let mut all = broken();
    all.extend(counts());
    all
}

fn mined(name: &str, record: impl Into<Bytes>) -> Vector {
    let item = carrying(record.into());
    case(name, "5.5").block(&block(11, vec![log_of(&[item])]))
}

fn refused(name: &str, record: impl Into<Bytes>) -> Vector {
    mined(name, record)
        .ignores(11, 0, 0, "5.5 record")
        .gives(&Written::honest(0, 10), &[])
}

fn broken() -> Vec<Vector> {
    let whole = Written::honest(2, 10).record(1, 2).encode();
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.to_vec();
        bytes[at] = byte;
        bytes
    };
    let head = ENTRIES + 2 * 48;
    vec![
        refused(
            "a record without its last byte",
            whole.slice(..whole.len() - 1),
        ),
        refused(
            "a record that ends in its entries",
            whole.slice(..ENTRIES + 60),
        ),
        refused("a record with a byte more", [&whole[..], &[0]].concat()),
        refused("a record with no bytes", Bytes::new()),
        refused(
            "entries that do not recompute to the head chain",
            changed(ENTRIES + 3, whole[ENTRIES + 3] ^ 1),
        ),
        refused(
            "a head chain that is not that of the entries",
            changed(head, whole[head] ^ 1),
        ),
        refused(
            "another previous chain than the entries go on from",
            changed(COUNT + 4, whole[COUNT + 4] ^ 1),
        ),
        refused("an epoch above 2^63 - 1", changed(EPOCH, 0x80)),
        refused("a first slot above 2^63 - 1", changed(FIRST_SLOT, 0x80)),
        refused("an unknown signature type", changed(head + 32, 0x7f)),
        refused(
            "an owner of another length than its type has",
            changed(head + 35, 31),
        ),
    ]
}

/// Entries of a record, stamped in the same block.
fn many(count: u64) -> Vec<LogEntry> {
    (1..=count).map(|slot| honest(slot, 10)).collect()
}

fn counts() -> Vec<Vector> {
    let none = {
        let mut bytes = Written::honest(1, 10).record(1, 1).encode().to_vec();
        bytes[COUNT..COUNT + 4].fill(0);
        bytes.drain(ENTRIES..ENTRIES + 48);
        bytes
    };
    let most = Written::of(many(2_000));
    let more = {
        let mut bytes = most.record(1, 2_000).encode().to_vec();
        bytes[COUNT..COUNT + 4].copy_from_slice(&2_001_u32.to_be_bytes());
        let entry = bytes[ENTRIES..ENTRIES + 48].to_vec();
        bytes.splice(ENTRIES..ENTRIES, entry);
        bytes
    };
    vec![
        refused("a record without entries", none),
        refused("a record of 2,001 entries", more),
        mined("a record of 2,000 entries", most.record(1, 2_000).encode())
            .gives(&most, &[(1, 2_000, 11, 0)]),
    ]
}
