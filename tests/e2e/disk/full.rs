//! A disk of 24 MiB that fills up: no false acknowledgement, reads go on, and with room again the node goes on.

use std::time::{Duration, Instant};

use aosec_tests::harness::deadline::until;
use aosec_tests::harness::http::{self, Answer};
use aosec_tests::harness::seed::Seed;

use super::mount::Mount;
use super::stand::{STEP, Stand};

/// A large message, so that the disk is full in seconds.
const MESSAGE_BYTES: usize = 200 * 1_024;
const FULL_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_with_words_and_recovers() {
    let mut seed = Seed::announced("full");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("disk");
    let Some(disk) = Mount::in_memory(&place, "24m") else {
        return;
    };
    let data = place.join("node");
    let mut stand = Stand::begin(&data, &folder.path().join("log"), seed.bytes()).await;
    let refusal = fill(&stand).await;
    assert_eq!(refusal.status, 503, "{refusal:?}");
    assert!(refusal.error().is_some(), "a refusal says so: {refusal:?}");
    let log = stand.node.log();
    assert!(
        log.contains("disk is full"),
        "the operator is told why\n{log}"
    );
    let latest = format!("{}/{}/latest", stand.node.su, stand.load.process());
    let read = http::get(&latest).await.expect("reads go on");
    assert!(read.is_success(), "reads go on: {read:?}");

    disk.resize("96m");
    let item = stand.load.next_item("room again");
    let taken = async || {
        let answer = http::post_item(&stand.node.su, item.bytes().clone())
            .await
            .ok()?;
        Some(stand.load.note(&item, &answer)).filter(|taken| *taken)
    };
    until("the node goes on once there is room", STEP, taken).await;
    let broken = stand.settle().await;
    assert!(broken.is_empty(), "{broken:?}\n{}", stand.node.tail());
    stand.restart(&data).await;
    let broken = stand.settle().await;
    assert!(
        broken.is_empty(),
        "after a new start: {broken:?}\n{}",
        stand.node.tail()
    );
}

/// Sends until the node refuses; gives the refusal.
async fn fill(stand: &Stand) -> Answer {
    let end = Instant::now() + FULL_WITHIN;
    for number in 0.. {
        if Instant::now() > end {
            break;
        }
        let item = stand
            .load
            .next_item(format!("{number} {}", "7".repeat(MESSAGE_BYTES)));
        let answer = http::post_item(&stand.node.su, item.bytes().clone())
            .await
            .expect("a node on a full disk answers");
        if !stand.load.note(&item, &answer) {
            return answer;
        }
    }
    panic!(
        "24 MiB were not full within {FULL_WITHIN:?}\n{}",
        stand.node.tail()
    );
}
