//! The same item again and again, at once and later, through SU and MU: one slot, and every sender is told so.

use std::time::Duration;

use aosec_tests::harness::{World, deadline::within, draft, http, ledger::Ledger, su_log};
use aosec_wire::SigningKey;
use tokio::task::JoinSet;

/// Senders of the same bytes at the same time.
const CROWD: usize = 24;
/// All of them, on a busy machine.
const STEP: Duration = Duration::from_secs(40);

#[tokio::test]
async fn an_item_sent_many_times_has_one_slot() {
    let world = World::shared();
    let node = world.node(0);
    let key = SigningKey::ed25519([77; 32]);
    let spawn = draft::named_process(&key, world.devnet(), &node, "repeats");
    let message = draft::message(&key, spawn.id(), "Hello", "again");
    for item in [spawn.clone(), message.clone(), message] {
        let mut crowd = JoinSet::new();
        for number in 0..CROWD {
            let url = if number % 2 == 0 {
                node.su.clone()
            } else {
                world.node(1).mu
            };
            let bytes = item.bytes().clone();
            crowd.spawn(async move { http::post_item(&url, bytes).await });
        }
        for answer in within("answers to all", STEP, crowd.join_all()).await {
            let answer = answer.expect("an answer");
            let told = answer.is_success()
                || (400..500).contains(&answer.status) && answer.error().is_some();
            assert!(told, "{answer:?}\n{}", world.logs());
        }
    }
    let log = within("the log", STEP, su_log::read(&node.su, spawn.id(), -1))
        .await
        .expect("a log");
    assert_eq!((log.len(), Ledger::default().judge(&log)), (2, vec![]));
}
