//! Well made records of somebody else: they go on from the published log, and its scheduler has not signed them.

use aosec_wire::SigningKey;
use bytes::Bytes;

use super::{Victim, entries, log_bundle};
use crate::harness::seed::Seed;

/// Records of it.
const RECORDS: usize = 20;

/// The contents of its transactions.
pub fn contents(victim: &Victim, seed: &mut Seed) -> Vec<Bytes> {
    let key = SigningKey::ed25519(seed.bytes());
    let head = victim.head();
    let record = |_| {
        let height = victim.height;
        victim.record(&key, head, entries(3, height, seed))
    };
    let records: Vec<Bytes> = (0..RECORDS).map(record).collect();
    vec![log_bundle(records)]
}
