//! How a node is after it was mistreated: answering, ordering, within its memory, and without a panic.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aosec_tests::harness::{Node, World, deadline::within, draft, http};
use aosec_wire::SigningKey;

/// A healthy node answers these in milliseconds; a busy machine takes longer.
const STEP: Duration = Duration::from_secs(20);
/// What a node may have grown by while it was mistreated: bodies of 18 MiB, a few at a time, and an allocator that keeps some.
pub(crate) const GROWTH_BYTES_MAX: u64 = 400 * 1024 * 1024;

/// Makes every message of [`assert_well`] another one.
static MESSAGES: AtomicU64 = AtomicU64::new(0);

/// Panics where node `index` does not work as if nothing had happened.
pub(crate) async fn assert_well(world: &World, index: usize) {
    let node = world.node(index);
    for unit in [&node.web, &node.mu, &node.su, &node.cu] {
        let health = within("health", STEP, http::get(&format!("{unit}/health"))).await;
        assert!(
            health.as_ref().is_ok_and(http::Answer::is_success),
            "{unit}/health: {health:?}\n{}",
            world.logs()
        );
    }
    let key = SigningKey::ed25519([42; 32]);
    let process = draft::process(&key, world.devnet(), &node);
    // Spawned the first time, and known from then on.
    let _known_or_new = within(
        "a spawn",
        STEP,
        http::post_item(&node.mu, process.bytes().clone()),
    )
    .await;
    let number = MESSAGES.fetch_add(1, Ordering::Relaxed).to_string();
    let message = draft::message(&key, process.id(), "Hello", number);
    let taken = within(
        "a slot",
        STEP,
        http::post_item(&node.mu, message.bytes().clone()),
    )
    .await;
    assert!(
        taken.as_ref().is_ok_and(http::Answer::is_success),
        "{taken:?}\n{}",
        world.logs()
    );
    assert_eq!(
        panics(&node).await,
        0,
        "a handler panicked\n{}",
        world.logs()
    );
}

/// Handlers that panicked since the node started, by its own count.
pub(crate) async fn panics(node: &Node) -> u64 {
    let page = within("metrics", STEP, http::get(&format!("{}/metrics", node.web)))
        .await
        .expect("the metrics page")
        .text;
    let line = page
        .lines()
        .find_map(|line| line.strip_prefix("aosec_panics_total "));
    line.and_then(|count| count.trim().parse().ok())
        .expect("the count of panics is always shown")
}

/// Memory that the process holds, as the kernel counts it.
pub(crate) fn resident_bytes(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: u64 = line
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0);
    kib * 1024
}
