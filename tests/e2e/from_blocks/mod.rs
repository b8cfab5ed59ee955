//! Whoever has the blocks has the state: a node with an empty disk and gateways alone comes to the same root at every slot as the
//! host did, from the records and items that the host itself published.
//!
//! A thousand slots by default; `AOSEC_REPLAY_SLOTS` asks for more, `AOSEC_SEED` plays a run again.

mod enemies;
mod scene;

use std::time::Duration;

use aosec_node::arweave::devchain::Devchain;
use aosec_node::arweave::devchain::chain::Orphans;
use aosec_tests::harness::proxy::{Conduct, Proxy};
use aosec_tests::harness::seed::Seed;

use scene::{DEPTH, Scene, agrees};

/// The last slot in an ordinary run.
const LAST_SLOT: u64 = 1_000;
/// Bursts of messages among reorgs.
const WAVES: u64 = 8;
/// Between two reorgs: a few blocks, so that something is mined in between.
const REORG_EVERY: (Duration, Duration) =
    (Duration::from_millis(1_500), Duration::from_millis(4_000));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_disk_comes_to_the_same_roots_also_beside_a_gateway_that_lies() {
    let mut seed = Seed::announced("from blocks");
    let last = last_slot();
    let mut scene = Scene::begin(seed.bytes()).await;
    scene.fill(2, last).await;
    let expected = scene.roots(last).await;
    let changes = expected
        .windows(2)
        .filter(|pair| pair[0] != pair[1])
        .count();
    assert_eq!(changes as u64, last, "every slot changes the root");
    scene.settle(last).await;
    scene.leave_alone();
    let honest = [scene.base.url.clone(), scene.base.another_gateway().await];
    let reader = scene.reader("reader", honest.to_vec()).await;
    agrees(&reader, scene.process, &expected).await;
    drop(reader);
    let [honest, behind] = honest;
    let liar = Proxy::before(behind, Seed::new(seed.next_u64())).await;
    liar.behave(Conduct::Erratic);
    let reader = scene
        .reader("deceived", vec![liar.url.clone(), honest])
        .await;
    agrees(&reader, scene.process, &expected).await;
    assert!(liar.misdeeds() > 5, "{} lies", liar.misdeeds());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reorgs_up_to_the_settlement_depth_change_no_root() {
    let mut seed = Seed::announced("from blocks, reorgs");
    let last = last_slot() / 2;
    let mut scene = Scene::begin(seed.bytes()).await;
    let gateways = vec![scene.base.url.clone(), scene.base.another_gateway().await];
    // One reads while blocks come and go, one begins when all is over.
    let witness = scene.reader("witness", gateways.clone()).await;
    let reorgs = tokio::spawn(reorganise(
        scene.base.chain.clone(),
        Seed::new(seed.next_u64()),
    ));
    // In waves, so that reorgs meet records of every age.
    let mut next = 2;
    for wave in 1..=WAVES {
        let end = last * wave / WAVES;
        scene.fill(next, end).await;
        next = end + 1;
        tokio::time::sleep(REORG_EVERY.0).await;
    }
    reorgs.abort();
    let expected = scene.roots(last).await;
    scene.settle(last).await;
    scene.leave_alone();
    agrees(&witness, scene.process, &expected).await;
    drop(witness);
    let reader = scene.reader("reader", gateways).await;
    agrees(&reader, scene.process, &expected).await;
}

/// Reorgs of every ordinary depth, after which transactions wait, are lost, or stand elsewhere.
async fn reorganise(chain: Devchain, mut seed: Seed) {
    for depth in (1..=DEPTH).rev().cycle() {
        tokio::time::sleep(seed.between(REORG_EVERY.0, REORG_EVERY.1)).await;
        let orphans = match seed.below(3) {
            0 => Orphans::Wait,
            1 => Orphans::Drop,
            _ => Orphans::Mine,
        };
        chain
            .fork(depth, orphans)
            .await
            .expect("a chain higher than that");
    }
}

fn last_slot() -> u64 {
    let asked = std::env::var("AOSEC_REPLAY_SLOTS").ok();
    asked.map_or(LAST_SLOT, |text| {
        text.parse().expect("AOSEC_REPLAY_SLOTS is a number")
    })
}
