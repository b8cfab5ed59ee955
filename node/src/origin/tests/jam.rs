//! Somebody pays for more messages than a block runs: what comes behind them waits, for every node alike, also for one that is
//! stopped in the middle of that block, and for one that follows a fork after it (PROTOCOL 2.3).

use super::*;

/// Items that one block runs.
const RUN_MAX: usize = 16_384;
/// Messages of the jammer: as many transactions, each with so many.
const TRANSACTIONS: u64 = 5;
pub(super) const EACH: u64 = 3_400;

/// Messages that cost the jammer a fee each, and do nothing.
pub(super) fn messages_of_the_jammer(part: u64) -> Vec<VerifiedItem> {
    let jammer = &operator(40)[0];
    let numbers = part * EACH..(part + 1) * EACH;
    let items = numbers.map(|number| {
        let mut draft = messages::message(origin(), "Info");
        draft.tags = draft.tags.with("Number", number.to_string());
        draft.sign_deterministic(jammer).unwrap()
    });
    items.collect()
}

/// Looks at the court's lock, one after another, that all find it taken: what is not a block of thousands of messages holds it for
/// less.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Stops a node, which has sat over `height`, while it computes the block behind.
async fn stopped_behind(height: u64, node: Bench) -> TempDir {
    let mut views = node.follow.views();
    views
        .wait_for(|view| view.soft > Some(height))
        .await
        .unwrap();
    let mut taken = 0;
    while taken < LOOKS {
        let is_free = node.court.0.track.try_lock().is_ok();
        taken = if is_free { 0 } else { taken + 1 };
        assert_eq!(node.court.standing().soft, Some(height), "it was too quick");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    assert_eq!(
        node.court.root(height + 1).await.unwrap(),
        None,
        "in the middle of it"
    );
    node.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jammed_inbox_delays_everybody_alike() {
    let chain = Loopback::start(Vec::new()).await;
    post(&chain, &start()).await;
    let begun = mine(&chain, 1).await;
    let bench = Bench::open(&chain).await;
    bench.until(begun).await;
    let victim = Bench::open(&chain).await;
    victim.until(begun).await;
    for part in 0..TRANSACTIONS {
        post(&chain, &messages_of_the_jammer(part)).await;
    }
    post(&chain, &[transfer(1, 5, &key(9))]).await;
    let jammed = mine(&chain, 1).await;
    let folder = stopped_behind(begun, victim).await;
    bench.until(jammed).await;
    let waits = usize::try_from(TRANSACTIONS * EACH).unwrap() + 1 - RUN_MAX;
    let queued = bench.court.standings().borrow().queued;
    assert_eq!(queued, waits, "one block runs {RUN_MAX}");
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "0", "it waits");
    let drained = mine(&chain, 1).await;
    bench.until(drained).await;
    assert_eq!(bench.court.standings().borrow().queued, 0);
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "5");
    let depth = u32::try_from(DEPTH).unwrap();
    chain.chain.fork(DEPTH, Orphans::Mine).await.unwrap();
    let tip = mine(&chain, depth + 1).await;
    bench.until(tip).await;
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "5", "still once");
    let roots = bench.roots(tip).await;
    assert!(roots.iter().flatten().count() > 3, "{roots:?}");
    let stopped = Bench::on(folder, &chain).await;
    stopped.until(tip).await;
    assert_eq!(stopped.roots(tip).await, roots);
}
