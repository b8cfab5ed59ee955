//! What this machine allows, measured in the same run: signatures that one core verifies, and how long an fsync takes.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use aosec_wire::{SigningKey, Strictness, item};
use bytes::Bytes;

use super::table::percentile;

/// How long each rate is watched.
const WATCHED: Duration = Duration::from_millis(700);
/// Writes of each size: the median of so few is steady, and a slow disk takes seconds.
const WRITES: usize = 60;
/// What a commit of 256 messages writes: an item of some 1.3 KiB and its assignment, with index pages, for each.
const COMMIT_BYTES: usize = 256 * 2_048;
/// What the guard writes for the same batch: some 48 bytes a slot and a head.
const GUARD_BYTES: usize = 256 * 48 + 256;

/// Items that one core verifies in a second.
pub(crate) fn verified_per_second(items: &[Bytes]) -> f64 {
    let begun = Instant::now();
    let mut count = 0_usize;
    for bytes in items.iter().cycle() {
        item::verify_bytes(bytes.clone(), Strictness::Entrance).expect("our own item verifies");
        count += 1;
        if begun.elapsed() > WATCHED {
            break;
        }
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

/// Signatures that one core makes with `key` in a second.
pub(crate) fn signed_per_second(key: &SigningKey) -> f64 {
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed() < WATCHED {
        std::hint::black_box(key.sign(&count.to_le_bytes()));
        count += 1;
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

/// Medians of the two writes that stand between a batch of 256 and its answers: the commit, and the guard's record.
pub(crate) fn fsync_medians(folder: &Path) -> (Duration, Duration) {
    (
        fsync_median(&folder.join("commit.probe"), COMMIT_BYTES),
        fsync_median(&folder.join("guard.probe"), GUARD_BYTES),
    )
}

fn fsync_median(path: &Path, bytes: usize) -> Duration {
    let mut file = File::create(path).expect("a probe beside the node's files");
    let block = vec![0xA5_u8; bytes];
    let mut times: Vec<Duration> = (0..WRITES)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&block)
                .and_then(|()| file.sync_data())
                .expect("the disk takes it");
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    std::fs::remove_file(path).expect("our own probe");
    percentile(&times, 0.5)
}
