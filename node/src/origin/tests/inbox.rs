//! Items for the inbox: users need no coins of the base layer, and nobody makes a node spend its own for nothing.

use super::super::client::TakeError;
use super::super::questions::QUESTIONS_MAX;
use super::*;
use crate::follow::law::inbox_tags;
use crate::store::inbox;

/// What the inbox takes for an item (PROTOCOL, parameters of Arweave).
const FEE: u128 = TOKEN / 100;

fn bundler(chain: &Loopback) -> Bundler {
    Bundler::new(chain.gateway(), loopback::wallet())
}

/// Transactions for the court's inbox that were mined.
async fn inboxes(chain: &Loopback) -> usize {
    let (gateway, name) = (chain.gateway(), origin().to_string());
    let tip = gateway.tip().await.unwrap().height;
    let listed = gateway.listed(&inbox_tags(&name), 0..=tip).await.unwrap();
    listed.iter().filter(|one| one.parent.is_none()).count()
}

impl Bench {
    async fn mined(&self, chain: &Loopback, blocks: u32) {
        let tip = mine(chain, blocks).await;
        self.until(tip).await;
        self.caught_up().await;
    }
}

/// A court that takes a fee for each item, and whose only owner has so many of them.
async fn with_fees(chain: &Loopback, fees: u128) -> Bench {
    let bench = Bench::at_depth(20, tempfile::tempdir().unwrap(), chain).await;
    let balances = BTreeMap::from([(alice().address().clone(), fees * FEE)]);
    let genesis = deploy::genesis(&founder(), origin(), Network::Arweave, &balances).unwrap();
    post(chain, &[spawn(), genesis]).await;
    bench.mined(chain, 1).await;
    bench
}

#[tokio::test]
async fn users_need_no_coins_of_the_base_layer() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    post(&chain, &start()).await;
    bench.mined(&chain, 2).await;
    let stray = Draft::default().sign(&alice()).unwrap();
    assert!(bench.court.take(&stray).await.is_err());
    for number in 0..3 {
        let item = transfer(number, 2, &key(9));
        let id = bench.court.take(&item).await.unwrap();
        assert_eq!(id, item.id());
        bench.court.take(&item).await.unwrap();
    }
    let posting = bench.court.clone().post(
        bundler(&chain),
        Duration::from_millis(20),
        bench.shutdown.clone(),
    );
    bench.shutdown.track(posting);
    for _ in 0..500 {
        let tip = mine(&chain, 1).await;
        bench.until(tip).await;
        if bench.balance(Depth::Soft, &key(9)).await == "6" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "6");
}

/// Whoever gives an item again, or gives one that somebody else has posted, costs the node nothing.
#[tokio::test]
async fn what_has_run_is_never_posted_again() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    post(&chain, &start()).await;
    bench.mined(&chain, 1).await;
    let (own, foreign) = (transfer(1, 2, &key(9)), transfer(2, 3, &key(9)));
    bench.court.take(&own).await.unwrap();
    bench.court.post_some(&bundler(&chain)).await.unwrap();
    post(&chain, std::slice::from_ref(&foreign)).await;
    bench.mined(&chain, 1).await;
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "5");
    let posted = inboxes(&chain).await;
    assert_eq!(posted, 3, "the start, the node's, and the other one");
    for _again in 0..3 {
        for item in [&own, &foreign] {
            assert_eq!(bench.court.take(item).await.unwrap(), item.id());
        }
        bench.court.post_some(&bundler(&chain)).await.unwrap();
        bench.mined(&chain, 20).await;
        assert_eq!(inboxes(&chain).await, posted);
    }
    bench.court.post_some(&bundler(&chain)).await.unwrap();
    assert_eq!(
        inbox::queued(&bench.store).await.unwrap(),
        0,
        "nothing waits"
    );
    bench.court.take(&own).await.unwrap();
    assert_eq!(
        inbox::queued(&bench.store).await.unwrap(),
        0,
        "nor after that"
    );
}

/// Before the first look at the base layer nobody knows what has run since.
#[tokio::test]
async fn a_court_that_has_not_seen_the_tip_takes_and_posts_nothing() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    post(&chain, &start()).await;
    bench.mined(&chain, 2).await;
    let (waiting, other) = (transfer(1, 2, &key(9)), transfer(2, 3, &key(9)));
    bench.court.take(&waiting).await.unwrap();
    let tip = bench.court.standing().soft.unwrap();
    let nobody = Gateway::new(vec!["http://127.0.0.1:9".parse().unwrap()]).unwrap();
    let bench = Bench::behind(nobody, DEPTH, bench.stop().await).await;
    bench.until(tip).await;
    // Time enough to be wrong.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let refused = bench.court.take(&other).await;
    assert!(matches!(refused, Err(TakeError::Behind)), "{refused:?}");
    bench.court.post_some(&bundler(&chain)).await.unwrap();
    assert_eq!(inboxes(&chain).await, 1, "the start alone");
    let bench = Bench::on(bench.stop().await, &chain).await;
    bench.mined(&chain, 1).await;
    bench.court.take(&other).await.unwrap();
    bench.court.post_some(&bundler(&chain)).await.unwrap();
    bench.mined(&chain, 1).await;
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "5");
}

#[tokio::test]
async fn a_damaged_item_keeps_no_other_waiting() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    post(&chain, &start()).await;
    bench.mined(&chain, 1).await;
    let (id, owner) = (Id::new([7; 32]), alice().address().clone());
    let damaged = async move |db: &mut crate::store::Db| {
        let room = inbox::Room {
            process: None,
            of_owner: 9,
            of_all: 9,
        };
        inbox::enqueue(db, id, &owner, &"damaged".into(), room).await
    };
    bench.store.write(damaged).await.unwrap();
    bench.court.take(&transfer(1, 2, &key(9))).await.unwrap();
    bench.court.post_some(&bundler(&chain)).await.unwrap();
    bench.mined(&chain, 1).await;
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "2");
    assert_eq!(
        inbox::queued(&bench.store).await.unwrap(),
        1,
        "the whole one"
    );
}

#[tokio::test]
async fn nobody_spends_this_nodes_coins_who_cannot_pay_the_inbox() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::at_depth(20, tempfile::tempdir().unwrap(), &chain).await;
    bench.mined(&chain, 2).await;
    let not_begun = bench.court.take(&transfer(1, 5, &key(9))).await;
    assert!(matches!(
        not_begun,
        Err(TakeError::Mirror(MirrorError::NotBegun(_)))
    ));
    let bench = with_fees(&Loopback::start(Vec::new()).await, 1).await;
    let draft = messages::message(origin(), "Info");
    let pauper = draft.sign(&key(9)).unwrap();
    let pauper = bench.court.take(&pauper).await.unwrap_err();
    assert!(pauper.to_string().starts_with("2.4 unfunded"), "{pauper}");
}

/// The fee is taken when an item runs: until then the balance shows it still.
#[tokio::test]
async fn money_for_one_fee_is_good_for_one_item() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = with_fees(&chain, 2).await;
    let items: Vec<_> = (1..=4).map(|number| transfer(number, 0, &key(9))).collect();
    for item in &items[..2] {
        assert_eq!(bench.court.take(item).await.unwrap(), item.id());
    }
    assert_eq!(
        bench.court.take(&items[0]).await.unwrap(),
        items[0].id(),
        "it waits"
    );
    let third = bench.court.take(&items[2]).await.unwrap_err();
    let TakeError::Unfunded { waiting, fee, .. } = third else {
        panic!("{third}");
    };
    assert_eq!((waiting, fee), (2, FEE));
    bench.court.post_some(&bundler(&chain)).await.unwrap();
    bench.mined(&chain, 1).await;
    let fourth = bench.court.take(&items[3]).await.unwrap_err();
    assert!(
        matches!(
            fourth,
            TakeError::Unfunded {
                waiting: 0,
                balance: 0,
                ..
            }
        ),
        "both have run and are paid for: {fourth}"
    );
}

/// The court's VM answers one after another: those who wait for it are bounded, and take none of the threads that others need.
#[tokio::test]
async fn a_crowd_of_questions_is_turned_away() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    post(&chain, &start()).await;
    bench.mined(&chain, 1).await;
    let held = Arc::clone(&bench.court.0.track).lock_owned().await;
    let ask = || {
        let court = bench.court.clone();
        tokio::spawn(async move { court.ask(Depth::Soft, "Info", &[]).await })
    };
    let crowd: Vec<_> = (0..QUESTIONS_MAX).map(|_one| ask()).collect();
    while bench.court.0.questions.free() > 0 {
        tokio::task::yield_now().await;
    }
    let refused = tokio::time::timeout(Duration::from_secs(60), ask()).await;
    let refused = refused.expect("told at once").unwrap();
    assert!(matches!(refused, Err(MirrorError::Busy)), "{refused:?}");
    let (own, said) = (bench.court.clone(), transfer(7, 1, &key(9)));
    let own = tokio::spawn(async move { own.take_own(&said).await });
    drop(held);
    let taken = own.await.unwrap();
    assert!(taken.is_ok(), "what the node itself says: {taken:?}");
    for one in crowd {
        assert!(one.await.unwrap().is_ok());
    }
    assert_eq!(bench.court.0.questions.free(), QUESTIONS_MAX);
    let stranger = std::net::IpAddr::from([203, 0, 113, 1]);
    let taken = (0..1_000).filter(|_one| bench.court.takes_question(stranger));
    assert_eq!(taken.count(), 60, "a share of a minute");
}
