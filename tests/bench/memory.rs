//! "Memory flat" (DECISIONS D35): a node's memory after a million messages, less that after a hundred thousand.

use std::time::Duration;

use aosec_tests::harness::seed::Seed;
use aosec_wire::SigningKey;

use super::items::Supply;
use super::scheduler::Scheduler;
use super::table::Table;

const EARLY: usize = 100_000;
const LATE: usize = 1_000_000;
/// Messages that are signed and sent in one go: what the generator itself holds.
const GO: usize = 20_000;
const AT_MOST: Duration = Duration::from_secs(200);
const PROCESSES: usize = 64;
const GOAL_MIB: f64 = 32.0;
const MIB: f64 = 1024.0 * 1024.0;

pub(crate) async fn measure(table: &mut Table) {
    let key = SigningKey::ed25519(Seed::new(3).bytes());
    let scheduler = Scheduler::start();
    let pids = scheduler.spawn(&key, "memory", PROCESSES).await;
    let mut supply = Supply::new(&key, pids);
    let (mut sent, mut early) = (0, 0.0);
    while sent < LATE {
        let items = supply.sign(GO, AT_MOST);
        sent += scheduler.load(items, None, AT_MOST).await.times.len();
        scheduler.drained().await;
        let now = scheduler.resident_bytes() as f64 / MIB;
        eprintln!("{sent} messages: {now:.0} MiB");
        if sent <= EARLY {
            early = now;
        }
    }
    let late = scheduler.resident_bytes() as f64 / MIB;
    let grown = late - early;
    table.row(
        "memory after 1,000,000 messages less that after 100,000",
        format!("{grown:.0} MiB = {late:.0} - {early:.0}"),
        format!("{GOAL_MIB} MiB"),
        Some(grown / GOAL_MIB),
        "<= 1",
    );
}
