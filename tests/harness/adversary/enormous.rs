//! As much as a transaction holds: megabytes of noise, a bundle that claims more items than there are bytes, and full records that
//! somebody else has signed.

use aosec_wire::SigningKey;
use aosec_wire::limits::RECORD_ENTRIES_MAX;
use bytes::Bytes;

use super::{Victim, entries, log_bundle};
use crate::harness::seed::Seed;

/// Bytes of noise: what a host would put into one transaction.
const NOISE_BYTES: usize = 4 * 1024 * 1024;
/// Full records in one transaction: 96 kB each.
const RECORDS: usize = 40;

/// The contents of its transactions.
pub fn contents(victim: &Victim, seed: &mut Seed) -> Vec<Bytes> {
    let key = SigningKey::ed25519(seed.bytes());
    let noise: Vec<u8> = seed.bytes().into_iter().cycle().take(NOISE_BYTES).collect();
    let mut claims = vec![0; 32];
    claims[..8].fill(255);
    claims.extend_from_slice(&noise[..4_096]);
    let head = victim.head();
    let record = |_| {
        let full = entries(RECORD_ENTRIES_MAX, victim.height, seed);
        victim.record(&key, head, full)
    };
    let records: Vec<Bytes> = (0..RECORDS).map(record).collect();
    vec![noise.into(), claims.into(), log_bundle(records)]
}
