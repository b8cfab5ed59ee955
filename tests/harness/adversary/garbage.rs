//! Bytes that are nothing: no bundle, a bundle of no items, items of no records, records cut off or with a flipped bit.

use bytes::Bytes;

use super::{Victim, log_bundle};
use crate::harness::seed::Seed;

/// Records of each kind.
const EACH: usize = 4;

/// The contents of its transactions.
pub fn contents(victim: &Victim, seed: &mut Seed) -> Vec<Bytes> {
    let noise = |bytes: u64, seed: &mut Seed| -> Bytes {
        let pieces = (0..bytes.div_ceil(32)).flat_map(|_| seed.bytes());
        pieces.collect()
    };
    let mut records = Vec::new();
    for _ in 0..EACH {
        let length = 1 + seed.below(4_000);
        records.push(noise(length, seed));
        if let Some(honest) = victim.records.last() {
            let honest = honest.encode();
            let cut = usize::try_from(seed.below(honest.len() as u64)).unwrap_or(0);
            records.push(honest.slice(..cut));
            let mut flipped = honest.to_vec();
            flipped[cut] ^= 1;
            records.push(flipped.into());
        }
    }
    vec![
        noise(1, seed),
        noise(5_000, seed),
        Bytes::from_static(&[0; 32]),
        Bytes::from_static(&[255; 96]),
        log_bundle(records),
    ]
}
