//! The host's own records again, backwards, twice, and in one heap: each agrees with the log, and none extends it.

use aosec_wire::record::LogRecord;
use bytes::Bytes;

use super::{Victim, log_bundle};
use crate::harness::seed::Seed;

/// Most records that are repeated.
const RECORDS_MAX: usize = 200;

/// The contents of its transactions.
pub fn contents(victim: &Victim, _seed: &mut Seed) -> Vec<Bytes> {
    let newest = victim.records.iter().rev().take(RECORDS_MAX);
    let backwards: Vec<Bytes> = newest.map(LogRecord::encode).collect();
    let twice = backwards.iter().chain(&backwards).cloned().collect();
    vec![log_bundle(backwards), log_bundle(twice)]
}
