//! What a message costs at ten times the processes, and at ten times the log: processor time of the node, publication included.

use std::time::Duration;

use aosec_tests::harness::seed::Seed;
use aosec_wire::SigningKey;

use super::items::Supply;
use super::scheduler::Scheduler;
use super::table::{Table, micros};

const PROCESSES: [usize; 2] = [64, 640];
/// Messages whose cost is measured: enough for a steady mean, few beside the log.
const MEASURED: usize = 10_000;
/// The log between the two measurements: with what is measured, ten times the first.
const FED: usize = 90_000;
/// Messages that are signed and sent in one go.
const GO: usize = 15_000;
/// A node that takes a hundred messages a second still comes to an end.
const AT_MOST: Duration = Duration::from_secs(100);
const GOAL: &str = "<= 1.1";

pub(crate) async fn measure(table: &mut Table) {
    let key = SigningKey::ed25519(Seed::new(2).bytes());
    let scheduler = Scheduler::start();
    let mut costs = Vec::new();
    for count in PROCESSES {
        let pids = scheduler.spawn(&key, "growth", count).await;
        let items = Supply::new(&key, pids).sign(MEASURED, AT_MOST);
        costs.push(scheduler.cost(items, AT_MOST).await);
    }
    row(table, "CPU a message, 640 processes beside 64", &costs);
    drop(scheduler);
    row(
        table,
        "CPU a message, a log of 100,000 beside one of 10,000",
        &along_a_log(&key).await,
    );
}

/// Costs of the first messages of a log, and of those after ten times as many.
async fn along_a_log(key: &SigningKey) -> Vec<Duration> {
    let scheduler = Scheduler::start();
    let pids = scheduler.spawn(key, "long", 1).await;
    let mut supply = Supply::new(key, pids);
    let first = scheduler
        .cost(supply.sign(MEASURED, AT_MOST), AT_MOST)
        .await;
    for _ in 0..FED / GO {
        let items = supply.sign(GO, AT_MOST);
        scheduler.load(items, None, AT_MOST).await;
    }
    let last = scheduler
        .cost(supply.sign(MEASURED, AT_MOST), AT_MOST)
        .await;
    vec![first, last]
}

fn row(table: &mut Table, what: &str, costs: &[Duration]) {
    let [before, after] = costs else { return };
    let ratio = after.as_secs_f64() / before.as_secs_f64();
    table.row(what, micros(*after), micros(*before), Some(ratio), GOAL);
}
