//! Many processes on one node: what ten thousand of them take while nobody asks for them, how soon one wakes, and whether a message
//! costs more because they are there.
//!
//! Every process is spawned by a signed item, ordered and computed, as any user's; then it sleeps. The messages whose cost is
//! measured go to the same few processes before and after.

use std::time::{Duration, Instant};

use aosec_tests::harness::{draft, http, seed::Seed};
use aosec_wire::{Id, SigningKey};
use tokio::task::JoinSet;

use super::items::Supply;
use super::scheduler::Scheduler;
use super::table::{Table, micros, millis, percentile};

/// Processes after, if nobody says otherwise; before, there are a tenth.
pub(crate) const MANY: usize = 10_000;
const TIMES: usize = 10;
/// Spawns that are signed and sent in one go.
const GO: usize = 500;
/// Processes to which the measured messages go.
const TOUCHED: usize = 32;
/// Messages whose cost is measured.
const MEASURED: usize = 4_000;
/// Questions at once.
const QUESTIONS: usize = 8;
/// Processes that are woken, one after the other.
const WOKEN: usize = 100;
const AT_MOST: Duration = Duration::from_secs(200);
/// A question that has no answer after so many tries is a fault.
const TRIES: usize = 100;
const TRY_AGAIN: Duration = Duration::from_millis(200);
const GOAL_MIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * 1024.0;

pub(crate) async fn measure(table: &mut Table, many: usize) {
    let key = SigningKey::ed25519(Seed::new(4).bytes());
    let scheduler = Scheduler::start();
    let mut processes = Vec::new();
    grow(&scheduler, &key, &mut processes, many / TIMES).await;
    let touched = processes[..TOUCHED.min(processes.len())].to_vec();
    let mut supply = Supply::new(&key, touched.clone());
    let before = cost(&scheduler, &mut supply, &touched).await;
    let few = scheduler.resident_bytes() as f64 / MIB;
    grow(&scheduler, &key, &mut processes, many).await;
    let after = cost(&scheduler, &mut supply, &touched).await;
    let idle = scheduler.resident_bytes() as f64 / MIB;
    table.row(
        &format!("memory of a node with {many} idle processes"),
        format!("{idle:.0} MiB ({few:.0} MiB with a tenth of them)"),
        format!("{GOAL_MIB} MiB"),
        Some(idle / GOAL_MIB),
        "<= 1",
    );
    table.row(
        &format!("CPU a message, ordered, computed and published, {many} processes beside a tenth"),
        micros(after),
        micros(before),
        Some(after.as_secs_f64() / before.as_secs_f64()),
        "<= 1.1",
    );
    wake(table, &scheduler, &processes[touched.len()..]).await;
}

/// Spawns until there are so many, each computed.
async fn grow(scheduler: &Scheduler, key: &SigningKey, processes: &mut Vec<Id>, until: usize) {
    while processes.len() < until {
        let name = format!("many-{}", processes.len());
        let go = GO.min(until - processes.len());
        let spawned = scheduler.spawn(key, &name, go).await;
        computed(scheduler, &spawned, &spawned).await;
        processes.extend(spawned);
        let now = scheduler.resident_bytes() as f64 / MIB;
        eprintln!("{} processes: {now:.0} MiB", processes.len());
    }
    scheduler.drained().await;
}

/// Waits until each message has a result in its process.
async fn computed(scheduler: &Scheduler, processes: &[Id], messages: &[Id]) {
    let mut asking = JoinSet::new();
    for (process, message) in processes.iter().zip(messages) {
        if asking.len() >= QUESTIONS {
            asking.join_next().await;
        }
        let cu = &scheduler.node().cu;
        let url = format!("{cu}/result/{message}?process-id={process}");
        asking.spawn(async move { answered(&url).await });
    }
    asking.join_all().await;
}

async fn answered(url: &str) {
    for _try in 0..TRIES {
        if http::is_success(url).await {
            return;
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
    panic!("{url} has no answer");
}

/// Processor time of the node for a message to one of a few processes, all of it: slot, result, publication.
async fn cost(scheduler: &Scheduler, supply: &mut Supply<'_>, touched: &[Id]) -> Duration {
    scheduler.drained().await;
    let before = scheduler.used();
    let items = supply.sign(MEASURED, AT_MOST);
    let sent = scheduler.load(items, None, AT_MOST).await.times.len();
    assert_eq!(sent, MEASURED, "every message is taken");
    computed(scheduler, touched, &last(scheduler, touched).await).await;
    scheduler.drained().await;
    scheduler.used().saturating_sub(before) / u32::try_from(MEASURED).unwrap_or(u32::MAX)
}

/// One more message to each, so that there is something to wait for.
async fn last(scheduler: &Scheduler, touched: &[Id]) -> Vec<Id> {
    let key = SigningKey::ed25519(Seed::new(5).bytes());
    let now = format!("{:?}", scheduler.used());
    let items: Vec<_> = touched
        .iter()
        .map(|process| draft::message(&key, *process, "Note", now.clone()))
        .collect();
    let bytes = items.iter().map(|item| item.bytes().clone()).collect();
    scheduler.load(bytes, None, AT_MOST).await;
    items.iter().map(|item| item.id()).collect()
}

/// How long the first question to a sleeping process takes, beside the second one.
async fn wake(table: &mut Table, scheduler: &Scheduler, processes: &[Id]) {
    let (mut asleep, mut awake) = (Vec::new(), Vec::new());
    let step = (processes.len() / 2 / WOKEN).max(1);
    for process in processes.iter().step_by(step).take(WOKEN) {
        asleep.push(dry_run(scheduler, *process).await);
        awake.push(dry_run(scheduler, *process).await);
    }
    asleep.sort_unstable();
    awake.sort_unstable();
    table.row(
        "a dry run of a sleeping process, median and p99",
        format!(
            "{}, {}",
            millis(percentile(&asleep, 0.5)),
            millis(percentile(&asleep, 0.99))
        ),
        format!("{} awake", millis(percentile(&awake, 0.5))),
        None,
        "milliseconds",
    );
}

async fn dry_run(scheduler: &Scheduler, process: Id) -> Duration {
    let url = format!("{}/dry-run?process-id={process}", scheduler.node().cu);
    let body = r#"{"Tags":[{"name":"Action","value":"Info"}]}"#;
    let begun = Instant::now();
    let answer = http::client().post(url).body(body).send().await;
    assert!(answer.is_ok_and(|answer| answer.status().is_success()));
    begun.elapsed()
}
