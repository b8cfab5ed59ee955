//! Slow enemies: headers and bodies that never end. They are cut off, and honest callers do not notice.

use std::time::{Duration, Instant};

use aosec_tests::harness::raw_http::{Reaction, drip};
use aosec_tests::harness::{World, http};
use tokio::task::JoinSet;

use crate::wellbeing::assert_well;

/// Slow connections to each unit, all at once.
const CROWD: usize = 150;
/// A node's deadline for headers is 10 s; the rest is the machine's.
const HEADERS_CUT: Duration = Duration::from_secs(16);
/// A node's deadline for a body is 30 s.
const BODY_CUT: Duration = Duration::from_secs(38);
/// Between two bytes.
const DRIP: Duration = Duration::from_secs(2);
/// What an honest caller may wait meanwhile.
const HONEST: Duration = Duration::from_secs(5);

const UNENDING_HEADERS: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\n";
const UNENDING_BODY: &[u8] = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 100000\r\n\r\n";

#[tokio::test]
async fn slow_headers_are_cut_off_and_nobody_else_waits() {
    let world = World::shared();
    let node = world.node(2);
    let mut crowd = JoinSet::new();
    for unit in [&node.su, &node.mu, &node.cu]
        .into_iter()
        .cycle()
        .take(CROWD)
    {
        let unit = unit.clone();
        crowd.spawn(async move {
            drip(&unit, UNENDING_HEADERS, b"X-A: b\r\n", DRIP, HEADERS_CUT).await
        });
    }
    assert_honest_are_served(world).await;
    while let Some(reaction) = crowd.join_next().await {
        let reaction = reaction.expect("no panic");
        assert!(
            matches!(reaction, Reaction::Closed | Reaction::Status(408)),
            "{reaction:?}"
        );
    }
    assert_well(world, 2).await;
}

#[tokio::test]
async fn slow_bodies_are_cut_off_and_nobody_else_waits() {
    let world = World::shared();
    let node = world.node(2);
    let mut crowd = JoinSet::new();
    for unit in [&node.su, &node.mu].into_iter().cycle().take(CROWD) {
        let unit = unit.clone();
        crowd.spawn(async move { drip(&unit, UNENDING_BODY, b"z", DRIP, BODY_CUT).await });
    }
    assert_honest_are_served(world).await;
    while let Some(reaction) = crowd.join_next().await {
        let reaction = reaction.expect("no panic");
        assert!(
            matches!(reaction, Reaction::Closed | Reaction::Status(400..500)),
            "{reaction:?}"
        );
    }
    assert_well(world, 2).await;
}

async fn assert_honest_are_served(world: &World) {
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let begun = Instant::now();
        assert_well(world, 2).await;
        assert!(
            begun.elapsed() < HONEST,
            "honest callers waited {:?}",
            begun.elapsed()
        );
        assert!(http::is_success(&format!("{}/timestamp", world.node(2).su)).await);
    }
}
