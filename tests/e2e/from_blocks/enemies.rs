//! Others write Log transactions too, as many and as strange as they can pay for: a reader passes over them, or waits where the law
//! says so, and comes to the host's roots in bounded time and memory.

use std::time::Duration;

use aosec_node::arweave::devchain::chain::Fault;
use aosec_tests::harness::adversary::{
    Adversary, Victim, enormous, foreign, future, garbage, overlapping,
};
use aosec_tests::harness::lone::LoneNode;
use aosec_tests::harness::seed::Seed;
use bytes::Bytes;

use super::scene::{Scene, agrees};

/// Slots after each attack.
const SLOTS: u64 = 12;
/// Memory of a reader, in KiB: module, engine and one process are some 200 MiB in a dev build; the attacks are 20 MiB.
const MEMORY_MAX_KIB: u64 = 600 * 1024;
/// Ever so long nothing may come from a reader that waits for withheld data.
const WAITS: Duration = Duration::from_secs(4);

type Attack = fn(&Victim, &mut Seed) -> Vec<Bytes>;

const ATTACKS: [(&str, Attack); 5] = [
    ("garbage", garbage::contents),
    ("foreign signatures", foreign::contents),
    ("overlapping", overlapping::contents),
    ("far future", future::contents),
    ("enormous", enormous::contents),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_post_changes_no_root() {
    let mut seed = Seed::announced("enemies");
    let mut scene = Scene::begin(seed.bytes()).await;
    let enemy = Adversary::on(&scene.base).await;
    let gateways = vec![scene.base.url.clone(), scene.base.another_gateway().await];
    let witness = scene.reader("witness", gateways.clone()).await;
    let mut last = 1 + SLOTS;
    scene.fill(2, last).await;
    scene.settle(last).await;
    for (name, attack) in ATTACKS {
        println!("{name}");
        let victim = enemy.look_at(scene.process).await;
        assert!(victim.head().0 > 0, "{name}: there is a log to attack");
        let posted = enemy.post(attack(&victim, &mut seed)).await;
        scene.fill(last + 1, last + SLOTS).await;
        last += SLOTS;
        scene.settle(last).await;
        scene.are_mined(&posted).await;
        agrees(&witness, scene.process, &scene.roots(last).await).await;
        assert!(memory_kib(&witness) < MEMORY_MAX_KIB, "{name}");
    }
    last = withheld(&scene, &enemy, &witness, &mut seed, last).await;
    let expected = scene.roots(last).await;
    scene.leave_alone();
    drop(witness);
    let reader = scene.reader("reader", gateways).await;
    agrees(&reader, scene.process, &expected).await;
    assert!(memory_kib(&reader) < MEMORY_MAX_KIB);
}

/// A Log transaction that is listed and that nobody serves may be law: the reader waits, says so, and goes on once it is served.
async fn withheld(
    scene: &Scene,
    enemy: &Adversary,
    witness: &LoneNode,
    seed: &mut Seed,
    last: u64,
) -> u64 {
    println!("withheld");
    let victim = enemy.look_at(scene.process).await;
    let posted = enemy.post(foreign::contents(&victim, seed)).await;
    let fault = async |fault| scene.base.chain.fault(fault).await.expect("a fault");
    for tx in &posted {
        fault(Fault::Hide(*tx)).await;
    }
    scene.are_mined(&posted).await;
    scene.fill(last + 1, last + SLOTS).await;
    let last = last + SLOTS;
    scene.settle(last).await;
    tokio::time::sleep(WAITS).await;
    scene.waits(witness, last).await;
    assert!(
        scene.has_root(witness, last - SLOTS).await,
        "what is settled stays"
    );
    for tx in posted {
        fault(Fault::Show(tx)).await;
    }
    agrees(witness, scene.process, &scene.roots(last).await).await;
    last
}

/// The memory that a node has, as the system counts it.
fn memory_kib(node: &LoneNode) -> u64 {
    let path = format!("/proc/{}/status", node.pid());
    let text = std::fs::read_to_string(path).expect("a running node");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.expect("the system says it")
}
