//! What shows late, what was read for another court, and depths of every size: the court follows, and sounds no false alarm.

use super::*;
use crate::follow::tests::gateways::{Vice, mending};
use crate::store::court;

/// Posts a Log transaction that names a process of nobody.
async fn log(chain: &Loopback) -> Id {
    let mut author = Author::spawn(chain, Id::new([9; 32]), "free").await;
    author.send("a");
    author.post_record(chain, 1, 1).await
}

async fn post_inbox(chain: &Loopback, item: &VerifiedItem) -> Id {
    let bundler = Bundler::new(chain.gateway(), loopback::wallet());
    let tags = Tags::new().with("Process", origin().to_string());
    let data = bundle::build(std::slice::from_ref(item));
    let posted = bundler.post(Format::One, "Inbox", tags, data).await;
    posted.unwrap()
}

/// A gateway may list a transaction blocks after it was mined: its block has the same id, here as many slots too, and another root.
#[tokio::test]
async fn a_transaction_that_shows_late_is_no_divergence() {
    const DEEP: u64 = 20;
    const FEE: u128 = TOKEN / 100;
    let chain = Loopback::start(Vec::new()).await;
    let balances = BTreeMap::from([(alice().address().clone(), FEE + 5)]);
    let genesis = deploy::genesis(&founder(), origin(), Network::Arweave, &balances).unwrap();
    post(&chain, &[spawn(), genesis]).await;
    let begun = mine(&chain, 1).await;
    // After the first one nothing is left for the second one's fee: either of them runs, never both.
    let hidden = post_inbox(&chain, &transfer(1, 5, &key(9))).await;
    post_inbox(&chain, &transfer(2, 3, &key(9))).await;
    let tip = mine(&chain, 2).await;
    let shutdown = Shutdown::new();
    let (url, is_mended) = mending(&chain, Vice::Hides(hidden), &shutdown).await;
    let gateway = Gateway::new(vec![url]).unwrap();
    let bench = Bench::behind(gateway, DEEP, tempfile::tempdir().unwrap()).await;
    bench.until(tip).await;
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "3");
    let before = bench.court.root(begun + 1).await.unwrap().unwrap();
    is_mended.store(true, std::sync::atomic::Ordering::Release);
    let seen = async {
        loop {
            assert_eq!(bench.court.standing().alarm, None);
            if bench.balance(Depth::Soft, &key(9)).await == "5" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(120), seen).await;
    seen.expect("within two minutes");
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    let after = bench.court.root(begun + 1).await.unwrap().unwrap();
    assert_eq!((before.block, before.slot), (after.block, after.slot));
    assert_ne!(before.root, after.root);
    let fresh = Bench::at_depth(DEEP, tempfile::tempdir().unwrap(), &chain).await;
    fresh.until(tip).await;
    assert_eq!(fresh.roots(tip).await, bench.roots(tip).await);
    shutdown.tell();
}

/// O2, also far from the first block.
#[tokio::test]
async fn another_root_than_before_the_start_is_an_alarm() {
    let chain = Loopback::start(Vec::new()).await;
    post(&chain, &start()).await;
    let begun = mine(&chain, 1).await;
    let tip = mine(&chain, 300).await;
    let bench = Bench::open(&chain).await;
    bench.until(tip).await;
    let mut other = bench.court.root(tip - 3).await.unwrap().unwrap();
    other.root = Id::new([1; 32]);
    let (height, root) = (other.height, Some(other));
    let sat = court::Sat {
        height,
        root,
        outcomes: Vec::new(),
    };
    let damaged = async move |db: &mut crate::store::Db| court::keep(db, &[sat]).await;
    bench.store.write(damaged).await.unwrap();
    let bench = Bench::on(bench.stop().await, &chain).await;
    let mut standings = bench.court.standings();
    let ended = standings.wait_for(|now| now.alarm.is_some() || now.soft >= Some(tip));
    let ended = tokio::time::timeout(Duration::from_secs(120), ended).await;
    let ended = ended.expect("within two minutes").unwrap().clone();
    let alarm = ended.alarm.expect("an alarm");
    assert!(alarm.contains(&format!("after block {height}")), "{alarm}");
    assert!(begun < height && !bench.court.is_caught_up());
}

/// The seat is taken and the reading begun anew at once, or neither.
#[tokio::test]
async fn a_stop_before_the_first_block_of_a_new_court_costs_nothing() {
    let chain = Loopback::start(Vec::new()).await;
    log(&chain).await;
    post(&chain, &start()).await;
    let tip = mine(&chain, 5).await;
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).await.unwrap();
    let shutdown = Shutdown::new();
    let reading = follow::Settings {
        start: 0,
        settlement_depth: DEPTH,
        every: Duration::from_millis(10),
        court: None,
    };
    let without = follow::Handle::start(chain.gateway(), store.clone(), reading, &shutdown);
    let mut views = without.await.unwrap().views();
    views.wait_for(|view| view.soft >= Some(tip)).await.unwrap();
    shutdown.tell();
    assert!(shutdown.finished().await);
    store.close().await;
    drop(store);
    let nobody = Gateway::new(vec!["http://127.0.0.1:9".parse().unwrap()]).unwrap();
    let bench = Bench::behind(nobody, DEPTH, folder).await;
    let bench = Bench::on(bench.stop().await, &chain).await;
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    assert_eq!(
        bench.balance(Depth::Soft, &key(9)).await,
        "0",
        "it has begun"
    );
    let fresh = Bench::open(&chain).await;
    fresh.until(tip).await;
    assert_eq!(bench.roots(tip).await, fresh.roots(tip).await);
}

/// The law allows a settlement depth of 1 to 1,000,000 blocks.
#[tokio::test]
async fn a_deep_court_does_not_stand_still() {
    const DEEP: u64 = 300;
    let chain = Loopback::start(Vec::new()).await;
    // Without a genesis, whose parameters are of another depth.
    post(&chain, &[spawn()]).await;
    let tip = mine(&chain, 351).await;
    let bench = Bench::at_depth(DEEP, tempfile::tempdir().unwrap(), &chain).await;
    bench.until(tip).await;
    let tip = mine(&chain, 10).await;
    bench.until(tip).await;
    assert_eq!(bench.court.standing().firm, Some(tip - DEEP));
}
