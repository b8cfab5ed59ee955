//! Two nodes with one key: at most one signs, and both say why the other does not.

use std::sync::Arc;

use aosec_tests::harness::http;
use rustix::process::{Pid, Signal, kill_process};

use super::house::{House, STEP, WAIT_BLOCKS, copy, told};

/// Blocks that the newer node waits: a running node looks every five seconds, ten of these blocks, at what its key published.
const TWIN_WAIT_BLOCKS: u64 = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_on_a_second_machine_observes_and_the_first_goes_on() {
    let house = House::new("guard::second").await;
    let first = house.settled("first").await;
    house.published(&first).await;
    let second = house.start("second", WAIT_BLOCKS).await;
    let why = house.observes(&second).await;
    told(
        &why,
        &[
            "was published by this key",
            "another node has the key",
            "Stop the other node",
        ],
    );
    house.refuses(&second, &["only observes"]).await;
    house.more(&first).await;
    house.is_whole(&first).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_cloned_disk_and_its_original_at_most_one_signs() {
    let house = House::new("guard::clone").await;
    let (data, clone) = (house.place("node"), house.place("clone"));
    let original = house.settled("node").await;
    signal(original.pid(), Signal::STOP);
    copy(&data, &clone);
    signal(original.pid(), Signal::CONT);
    let twin = house.start("clone", TWIN_WAIT_BLOCKS).await;
    // Both are spoken to all the while: whoever signs, the ledger sees every receipt.
    let mut crowd = tokio::task::JoinSet::new();
    for node in [&original, &twin] {
        crowd.spawn(Arc::clone(&house.load).keep_sending(node.su.clone(), node.su.clone()));
    }
    let why = house.observes(&original).await;
    told(&why, &["was published by this key", "aosec guard resume"]);
    let why = house.observes(&twin).await;
    told(&why, &["was published by this key", "aosec guard resume"]);
    crowd.shutdown().await;
    house.load.memory().unanswered.clear();
    for node in [&original, &twin] {
        house.refuses(node, &["only observes"]).await;
    }
    house.is_whole(&original).await;
    // The halt outlives the node: it is in the file.
    drop(original);
    let restarted = house.start("node", WAIT_BLOCKS).await;
    house.observes(&restarted).await;
    drop((restarted, twin));

    // One of the two is gone for good, and the operator says so.
    house.resume("node").done();
    let node = house.signing("node").await;
    house.more(&node).await;
    house.is_whole(&node).await;
    let health = http::get(&format!("{}/health", node.web)).await;
    assert!(
        health.is_ok_and(|answer| answer.is_success()),
        "within {STEP:?}"
    );
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process id"), signal).expect("a process that we started");
}
