//! The way to the base layer: everything arrives, nothing is forgotten, and nothing is promised that cannot be kept.

use aosec_wire::{Strictness, bundle, record::LogRecord};

use super::{layer::Reader, *};
use crate::{
    arweave::{
        bundler::Bundler,
        devchain::loopback::{self, Loopback},
        gateway::Gateway,
        tip::{TipSettings, TipWatch},
        transaction::{Format, Transaction},
    },
    shutdown::Shutdown,
    store::publication,
    su::{Refusal, SystemClock, Unavailable, adapters::Poster},
};

async fn place(world: &World, process: Id, slot: u64) -> Option<publication::Place> {
    world.su.published(process, slot).await.unwrap()
}

async fn data(world: &World, process: Id, slot: u64) -> Option<Id> {
    Some(place(world, process, slot).await?.data?.tx)
}

fn posted_ids(world: &World) -> Vec<Id> {
    let posts = world.sky.posts();
    let items = posts.into_iter().flat_map(|(_, items)| items);
    items.map(|item| item.id()).collect()
}

#[tokio::test]
async fn messages_and_assignments_ride_to_a_settled_block() {
    let world = World::with(hasty()).await;
    let process = world.spawn().await;
    let first = world.su.submit(message(process, 1)).await.unwrap();
    until(async || place(&world, process, 1).await).await;
    assert_eq!(world.sky.posts().len(), 0, "a block gathers");
    world.sky.height.fetch_add(1, Ordering::Relaxed);
    let tx = until(async || data(&world, process, 1).await).await;
    let log = world.log(process).await;
    let mut expected = vec![process, log[0].id(), message(process, 1).id(), first.id()];
    let mut posted = posted_ids(&world);
    expected.sort();
    posted.sort();
    assert_eq!(posted, expected);
    assert_eq!(world.sky.logs().len(), 0, "items before their order");
    world.sky.mine(tx, HEIGHT + 2, 1);
    let log = until(async || Some(place(&world, process, 1).await?.log?.tx)).await;
    assert_eq!(
        place(&world, process, 1).await.unwrap().mined_height(),
        None
    );
    world.sky.mine(log, HEIGHT + 3, 1);
    until(async || place(&world, process, 1).await?.mined_height()).await;
    assert!(!place(&world, process, 1).await.unwrap().is_firm());
    world.sky.height.fetch_add(21, Ordering::Relaxed);
    world.sky.mine(tx, HEIGHT + 2, 22);
    world.sky.mine(log, HEIGHT + 3, 21);
    until(async || {
        place(&world, process, 1)
            .await
            .filter(|place| place.is_firm())
    })
    .await;
    let [(_, records)] = &world.sky.logs()[..] else {
        panic!("one Log transaction")
    };
    let record = LogRecord::decode(&records[0]).unwrap();
    assert_eq!((record.first_slot(), record.last_slot()), (1, 1));
    assert_eq!(publication::backlog(&world.store).await.unwrap().slots, 0);
    assert_eq!(world.sky.posts().len(), 1, "and once");
}

#[tokio::test]
async fn a_lost_transaction_is_posted_again() {
    let world = World::with(hasty()).await;
    let process = world.spawn().await;
    world.sky.height.fetch_add(1, Ordering::Relaxed);
    let lost = until(async || data(&world, process, 0).await).await;
    world.sky.height.fetch_add(11, Ordering::Relaxed);
    let again = until(async || data(&world, process, 0).await.filter(|tx| *tx != lost)).await;
    let posts = world.sky.posts();
    assert_eq!(
        posts
            .iter()
            .filter(|(tx, _)| [lost, again].contains(tx))
            .count(),
        2
    );
    assert_eq!(posts[0].1, posts[1].1, "the same items");
}

#[tokio::test]
async fn after_a_long_outage_nothing_is_taken_until_it_ends() {
    let world = World::with(hasty()).await;
    let process = world.spawn().await;
    until(async || place(&world, process, 0).await).await;
    world.sky.set_down(true);
    world.sky.height.fetch_add(31, Ordering::Relaxed);
    until(async || world.su.unavailable()).await;
    let refused = world.su.submit(message(process, 1)).await;
    assert!(
        matches!(refused, Err(Refusal::Unavailable(Unavailable::Publication))),
        "{refused:?}"
    );
    assert_eq!(world.log(process).await.len(), 1, "reading goes on");
    world.sky.set_down(false);
    let tx = until(async || data(&world, process, 0).await).await;
    world.sky.mine(tx, HEIGHT + 31, 1);
    until(async || world.su.unavailable().is_none().then_some(())).await;
    world.su.submit(message(process, 1)).await.unwrap();
}

#[tokio::test]
async fn silent_gateways_stop_it_although_nobody_tells_of_blocks() {
    let world = World::with(hasty()).await;
    let process = world.spawn().await;
    world.sky.set_down(true);
    let block_s = hasty().publishing.block_time.as_secs();
    world.sky.still_s.store(30 * block_s, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(60)).await;
    world.su.submit(message(process, 1)).await.unwrap();
    world.sky.still_s.store(31 * block_s, Ordering::Relaxed);
    until(async || world.su.unavailable()).await;
    let refused = world.su.submit(message(process, 2)).await;
    assert!(
        matches!(refused, Err(Refusal::Unavailable(Unavailable::Publication))),
        "{refused:?}"
    );
    world.sky.set_down(false);
    world.sky.still_s.store(0, Ordering::Relaxed);
    until(async || world.su.unavailable().is_none().then_some(())).await;
    world.su.submit(message(process, 2)).await.unwrap();
}

/// The scheduler with the node's own adapters, on a base layer that speaks HTTP.
async fn on_a_real_chain(gateway: &Gateway, home: &Path, shutdown: &Shutdown) -> Handle {
    let settings = TipSettings {
        every: Duration::from_millis(10),
        settlement_depth: 1,
    };
    let publishing = Publishing {
        settlement_depth: 2,
        ..hasty().publishing
    };
    let store = Store::open(home).await.unwrap();
    let key = SigningKey::ed25519(KEY);
    let parts = Parts {
        store,
        guard: Guard::open(&home.join("sign.guard"), key).unwrap(),
        tip: Arc::new(TipWatch::start(gateway.clone(), settings, shutdown)),
        base_layer: Arc::new(Poster::new(
            Bundler::new(gateway.clone(), loopback::wallet()),
            SigningKey::ed25519([77; 32]),
        )),
        clock: Arc::new(SystemClock),
        court: Arc::new(Lenient),
        settings: Settings {
            publishing,
            settlement_depth: 2,
        },
    };
    Handle::start(parts).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_base_layer_has_the_log() {
    let house = Loopback::start(Vec::new()).await;
    let (dir, shutdown) = (tempfile::tempdir().unwrap(), Shutdown::new());
    let su = on_a_real_chain(&house.gateway(), &dir.path().join("node"), &shutdown).await;
    until(async || su.unavailable().is_none().then_some(())).await;
    let spawn = su.submit(spawn_item(su.address().as_str())).await.unwrap();
    let process = spawn.process();
    // Longer than a whole transaction of small ones.
    let tags = Tags::new()
        .with("Data-Protocol", "ao")
        .with("Type", "Message");
    let data = Bytes::from(vec![b'x'; 5 * 1024 * 1024]);
    let long = Draft {
        target: Some(process),
        tags,
        data,
        anchor: None,
    };
    let long = long.sign(&SigningKey::ed25519([7; 32])).unwrap();
    let second = su.submit(long.clone()).await.unwrap();
    let third = su.submit(message(process, 3)).await.unwrap();
    until(async || {
        house.chain.mine(1).await.unwrap();
        su.published(process, 2)
            .await
            .unwrap()
            .filter(|place| place.is_firm())
    })
    .await;
    let gateway = house.gateway();
    for slot in [spawn, second, third] {
        let found = gateway.found(slot.id()).await.unwrap().unwrap();
        assert_eq!(&found.item, slot.item());
        assert!(found.height >= Some(slot.height()));
    }
    assert_eq!(gateway.item(long.id()).await.unwrap(), Some(long.clone()));
    let other = gateway.item(process).await.unwrap().unwrap();
    assert_eq!(other.tags().get("Type"), Some("Process"));
    su.close().await;
    shutdown.tell();
}

/// What PROTOCOL 2.1 asks of a transaction that carries log records.
fn is_log(transaction: &Transaction) -> bool {
    let once = |name, value| {
        let all = transaction.text_tags();
        let named: Vec<_> = all.filter(|(found, _)| *found == name).collect();
        named == [(name, value)]
    };
    transaction.format() == Format::One
        && once("Data-Protocol", "ao")
        && once("Bundle-Format", "binary")
        && once("Bundle-Version", "2.0.0")
        && once("Type", "Log")
}

/// The blocks of the chain, as whoever has nothing but a gateway reads them.
async fn read_blocks(gateway: &Gateway, scheduler: &aosec_wire::Address) -> Reader {
    let (mut reader, tip) = (Reader::default(), gateway.tip().await.unwrap());
    for height in 0..=tip.height {
        for tx in gateway.block(height).await.unwrap().unwrap().txs {
            let transaction = gateway.transaction(tx).await.unwrap().unwrap();
            let Some(data) = transaction
                .data()
                .filter(|_| transaction.tag("Type").is_some())
            else {
                continue;
            };
            let Ok(items) = bundle::unbundle(data.clone(), Strictness::Entrance) else {
                continue;
            };
            for item in items.into_iter().map(Result::unwrap) {
                match item.tags().get("Type") {
                    Some("Log-Record") => {
                        assert!(is_log(&transaction) && data.len() <= 4 * 1024 * 1024);
                        assert_ne!(item.owner_address(), scheduler, "any key but that one");
                        reader.record(&item.data(), height, scheduler);
                    }
                    _ => reader.hold(item.id()),
                }
            }
        }
    }
    reader
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_blocks_has_every_slot_though_one_of_three_gateways_is_dead() {
    let house = Loopback::start(Vec::new()).await;
    let (dir, shutdown) = (tempfile::tempdir().unwrap(), Shutdown::new());
    // Nobody listens on the first one; two are a quorum without it (ADR 0023).
    let dead = "http://127.0.0.1:1/".parse().unwrap();
    let gateway = Gateway::new(vec![dead, house.url.clone(), house.url.clone()]).unwrap();
    let su = on_a_real_chain(&gateway, &dir.path().join("node"), &shutdown).await;
    until(async || su.unavailable().is_none().then_some(())).await;
    let spawn = su.submit(spawn_item(su.address().as_str())).await.unwrap();
    let process = spawn.process();
    let mut log = vec![spawn];
    for number in 0..40 {
        log.push(su.submit(message(process, number)).await.unwrap());
        if number % 10 == 0 {
            house.chain.mine(1).await.unwrap();
        }
    }
    let firm = async || {
        house.chain.mine(1).await.unwrap();
        let place = su.published(process, 40).await.unwrap();
        place.filter(|place| place.is_firm())
    };
    let place = until(firm).await;
    let reader = read_blocks(&house.gateway(), su.address()).await;
    assert!(reader.has(process, &log));
    let [data, record] = [place.data, place.log].map(|at| at.unwrap().mined_height);
    assert!(data < record, "items before their order");
    su.close().await;
    shutdown.tell();
}
