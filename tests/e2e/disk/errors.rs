//! A disk that takes no more bytes of a file, in the middle of the load: nothing is acknowledged falsely, reads go on, and
//! after a new start everything acknowledged is there.

use std::time::Duration;

use aosec_tests::harness::http;
use aosec_tests::harness::seed::Seed;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::stand::Stand;

/// The load before, and while the disk fails.
const BEFORE: Duration = Duration::from_millis(1_500);
const DURING: Duration = Duration::from_millis(1_500);
/// How far the guard may still grow: some batches.
const GROWTH_MAX: u64 = 4 * 1_024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_disk_makes_no_false_promise() {
    let mut seed = Seed::announced("errors");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("node");
    let mut stand = Stand::begin(&data, &folder.path().join("log"), seed.bytes()).await;
    stand.under_load(BEFORE).await;
    // The guard only ever grows, so the fault comes within some batches: in the guard itself, or before it in the store.
    let guard = std::fs::metadata(data.join("guard")).expect("the guard file");
    let most = guard.len() + seed.below(GROWTH_MAX);
    limit_files(stand.node.pid(), most);
    stand.under_load(DURING).await;
    let latest = format!("{}/{}/latest", stand.node.su, stand.load.process());
    let read = http::get(&latest).await.expect("reads go on");
    assert!(read.is_success(), "reads go on: {read:?}");
    let item = stand.load.next_item("more");
    let refusal = http::post_item(&stand.node.su, item.bytes().clone())
        .await
        .unwrap_or_else(|error| panic!("a refusal is an answer: {error:?}\n{}", stand.node.tail()));
    assert_eq!(refusal.status, 503, "{refusal:?}\n{}", stand.node.tail());
    assert!(refusal.error().is_some(), "a refusal says so: {refusal:?}");
    let log = stand.node.log();
    assert!(
        log.contains("ERROR") && log.contains("refuses writes"),
        "the operator is told why\n{log}"
    );
    stand.restart(&data).await;
    let broken = stand.settle().await;
    assert!(broken.is_empty(), "{broken:?}\n{}", stand.node.tail());
}

/// No file of the process may grow beyond `bytes` from now on: writing there fails as on a broken disk.
fn limit_files(pid: u32, bytes: u64) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    prlimit(pid, Resource::Fsize, limit).expect("a limit for a process that we started");
}
