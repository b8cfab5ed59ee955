//! Records with the host's own stolen key that count for nothing all the same: stamped above their block, or so far ahead that a
//! gap is before them (PROTOCOL 5.6).

use aosec_wire::Id;
use bytes::Bytes;

use super::{Victim, entries, log_bundle};
use crate::harness::seed::Seed;

/// Blocks by which a stamp is ahead.
const AHEAD: u64 = 1_000_000;

/// The contents of its transactions.
pub fn contents(victim: &Victim, seed: &mut Seed) -> Vec<Bytes> {
    let (slot, chain) = victim.head();
    let mut records = Vec::new();
    for height in [victim.height + AHEAD, u64::MAX] {
        records.push(victim.record(&victim.stolen, (slot, chain), entries(5, height, seed)));
    }
    for gap in [1_000, 1 << 40] {
        let behind = (slot + gap, Id::new(seed.bytes()));
        records.push(victim.record(&victim.stolen, behind, entries(5, victim.height, seed)));
    }
    vec![log_bundle(records)]
}
