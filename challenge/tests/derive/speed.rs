//! How fast a log is derived. It prints and judges nothing: machines differ.
//!
//! `cargo test -p aosec-challenge --test derive speed -- --ignored --nocapture`; with `--release` for the figure of the product.

use std::time::Instant;

use aosec_challenge::derive::{Deriver, HostTable, Hosting, Log, Start};

use crate::forge::{self, FIRM, PROCESS, SMALL, Written};

#[test]
#[ignore = "a figure, not a verdict"]
fn speed() {
    for slots_a_record in [1, 16, 256, 2_000] {
        measure(slots_a_record, 20_000.min(slots_a_record * 4_000));
    }
}

/// Derives a log of `slots` in records of `slots_a_record`, 4 MiB at most a transaction, one transaction a block.
fn measure(slots_a_record: u64, slots: u64) {
    let written = Written::honest(slots, FIRM);
    let records = written.records_of(slots_a_record);
    let transactions = records.chunks(4_000).map(forge::log_of);
    let blocks: Vec<_> = (FIRM + 1..)
        .zip(transactions)
        .map(|(height, transaction)| forge::block(height, vec![transaction]))
        .collect();
    let mut hosts = HostTable::new();
    hosts.insert(
        PROCESS,
        Hosting::without_court(written.key.address().clone()),
    );
    let mut deriver = Deriver::new(SMALL, forge::firm_block());
    deriver
        .follow(Log::begin(PROCESS, Start::of_spawn(PROCESS)))
        .unwrap();
    let begun = Instant::now();
    for block in &blocks {
        deriver.step(block, &hosts).unwrap();
    }
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(deriver.log(&PROCESS).unwrap().head().slot, slots);
    let each = |count: f64| format!("{:.0}", count / took);
    println!(
        "{slots_a_record:>5} slots a record: {:>8} records/s {:>9} slots/s",
        each(records.len() as f64),
        each(slots as f64)
    );
}
