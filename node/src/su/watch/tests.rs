//! Two nodes with one key, cloned disks, restored backups, lying gateways: with sources that the test holds, and with two real
//! guards against one devchain.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, atomic::Ordering},
};

use aosec_wire::{Draft, SigningKey};

use super::*;
use crate::{
    arweave::{
        devchain::loopback::Loopback,
        location::{self, Location},
    },
    store::Store,
    su::{
        Handle, Settings, Unavailable,
        guard::{OfflineGuard, Token},
        tests::{Sky, copy, message, parts, spawn_item, until},
    },
};

/// What the base layer shows, in a test's hand.
#[derive(Default)]
struct Told {
    items: Mutex<BTreeMap<Id, VerifiedItem>>,
    /// Listed, and served by nobody.
    lies: Mutex<Vec<Shown>>,
    network: Mutex<Option<Network>>,
}

impl Told {
    fn new() -> Arc<Self> {
        let told = Self::default();
        *told.network.lock().unwrap() = Some("first-block".parse().unwrap());
        Arc::new(told)
    }

    fn publish(&self, item: VerifiedItem) {
        self.items.lock().unwrap().insert(item.id(), item);
    }
}

impl Sources for Told {
    fn network(&self) -> Answer<'_, Option<Network>> {
        let network = self.network.lock().unwrap().clone();
        Box::pin(std::future::ready(Ok(network)))
    }

    fn newest<'a>(&'a self, _: &'a Address, _: usize) -> Answer<'a, Vec<Shown>> {
        let items = self.items.lock().unwrap();
        let shown = items.values().map(|item| Shown {
            id: item.id(),
            tags: item.tags().clone(),
        });
        let all = shown.chain(self.lies.lock().unwrap().clone()).collect();
        Box::pin(std::future::ready(Ok(all)))
    }

    fn item(&self, id: Id) -> Answer<'_, Option<VerifiedItem>> {
        let found = self.items.lock().unwrap().get(&id).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }
}

/// A watched scheduler in a folder of its own.
struct Watched {
    _dir: tempfile::TempDir,
    home: std::path::PathBuf,
    sky: Arc<Sky>,
    store: Store,
    su: Handle,
}

async fn watched(from: Option<&Path>, sources: Arc<dyn Sources>, wait_blocks: u64) -> Watched {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("node");
    if let Some(from) = from {
        copy(from, &home);
    }
    open(dir, home, sources, wait_blocks).await
}

async fn open(
    dir: tempfile::TempDir,
    home: std::path::PathBuf,
    sources: Arc<dyn Sources>,
    wait_blocks: u64,
) -> Watched {
    let (sky, store) = (Sky::new(), Store::open(&home).await.unwrap());
    let watch = Watch {
        sources,
        wait_blocks,
        look_every: Duration::from_millis(2),
        watch_every: Duration::from_millis(2),
    };
    let parts = parts(&store, &home, &sky, Settings::default());
    let su = Handle::start_watched(parts, watch).await.unwrap();
    Watched {
        _dir: dir,
        home,
        sky,
        store,
        su,
    }
}

impl Watched {
    async fn signing(&self) {
        until(async || (self.su.standing() == Standing::Signing).then_some(())).await;
    }

    async fn observer(&self) -> String {
        until(async || match self.su.standing() {
            Standing::Observer(why) => Some(why.to_string()),
            _ => None,
        })
        .await
    }

    async fn spawn(&self) -> Id {
        let spawn = spawn_item(self.su.address().as_str());
        self.su.submit(spawn).await.unwrap().process()
    }

    async fn send(&self, process: Id, number: u32) -> VerifiedItem {
        let sent = self.su.submit(message(process, number)).await.unwrap();
        sent.item().clone()
    }

    fn location(&self, at_ms: u64) -> VerifiedItem {
        let location = Location {
            url: "http://127.0.0.1:4003".parse().unwrap(),
            ttl_ms: 10_000,
        };
        let draft = location::draft(&location, at_ms);
        self.su.shared.guard.seal_location(&draft).unwrap()
    }

    /// Refused, with the reason.
    async fn refuses(&self, process: Id) -> String {
        let refused = self.su.submit(message(process, 777)).await;
        refused.expect_err("an observer signs nothing").to_string()
    }

    /// Returns once nobody holds the files any more.
    async fn stop(self) -> (tempfile::TempDir, std::path::PathBuf) {
        let Self {
            _dir: dir,
            home,
            store,
            su,
            ..
        } = self;
        let (path, address) = (home.join("sign.guard"), su.address().clone());
        su.close().await;
        store.close().await;
        drop(su);
        until(async || OfflineGuard::open(&path, &address).ok().map(drop)).await;
        (dir, home)
    }
}

#[tokio::test]
async fn the_first_start_of_a_key_waits_for_nothing() {
    let node = watched(None, Told::new(), 0).await;
    node.signing().await;
    let process = node.spawn().await;
    node.send(process, 1).await;
    let name = node.su.shared.guard.look(|book| book.network().cloned());
    assert_eq!(name.unwrap().as_str(), "first-block");
}

#[tokio::test]
async fn a_start_waits_for_its_blocks_and_says_so() {
    let node = watched(None, Told::new(), 3).await;
    let height = node.sky.height.load(Ordering::Relaxed);
    let waiting = Standing::Waiting { until: height + 3 };
    until(async || (node.su.standing() == waiting).then_some(())).await;
    let spawn = spawn_item(node.su.address().as_str());
    let refused = node.su.submit(spawn).await.unwrap_err().to_string();
    assert!(refused.contains(&(height + 3).to_string()), "{refused}");
    node.sky.height.store(height + 3, Ordering::Relaxed);
    node.signing().await;
    node.spawn().await;
}

#[tokio::test]
async fn its_own_traces_never_stop_a_node() {
    let told = Told::new();
    let node = watched(None, told.clone(), 0).await;
    node.signing().await;
    let process = node.spawn().await;
    told.publish(node.location(1));
    for number in 0..5 {
        told.publish(node.send(process, number).await);
    }
    let (dir, home) = node.stop().await;
    let again = open(dir, home, told.clone(), 0).await;
    again.signing().await;
    told.publish(again.location(2));
    told.publish(again.send(process, 9).await);
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(again.su.standing(), Standing::Signing);
}

#[tokio::test]
async fn a_newer_node_with_the_key_stops_the_older_one_for_good() {
    let told = Told::new();
    let node = watched(None, told.clone(), 0).await;
    node.signing().await;
    let process = node.spawn().await;
    let clone = watched(Some(&node.home), Told::new(), 0).await;
    told.publish(clone.location(5));
    let why = node.observer().await;
    assert!(
        why.contains(&clone.su.shared.guard.token().to_string()),
        "{why}"
    );
    assert!(node.refuses(process).await.contains("aosec guard resume"));
    // Also at the guard itself, and after a start that sees nothing.
    let (_dir, home) = node.stop().await;
    let later = watched(Some(&home), Told::new(), 0).await;
    assert_eq!(later.observer().await, why);
}

#[tokio::test]
async fn a_key_on_a_second_machine_is_an_observer_before_it_signs() {
    let told = Told::new();
    let node = watched(None, told.clone(), 0).await;
    node.signing().await;
    told.publish(node.location(5));
    let second = watched(None, told.clone(), 0).await;
    assert!(second.observer().await.contains("another node has the key"));
    assert_eq!(node.su.standing(), Standing::Signing, "the first goes on");
}

#[tokio::test]
async fn a_cloned_disk_sees_what_the_original_signs_or_that_it_lives() {
    let told = Told::new();
    let node = watched(None, told.clone(), 0).await;
    node.signing().await;
    let process = node.spawn().await;
    node.send(process, 1).await;
    let clone = watched(Some(&node.home), told.clone(), 1).await;
    told.publish(node.send(process, 2).await);
    let why = clone.observer().await;
    assert!(
        why.contains("slot 2") && why.contains("up to slot 1"),
        "{why}"
    );
    // Nothing signed since: the original's next word, later than the clone's start, gives it away.
    let quiet = watched(Some(&node.home), Told::new(), 1).await;
    let (told, now) = (Told::new(), quiet.sky.now_ms.load(Ordering::Relaxed));
    told.publish(node.location(now + rule::CLOCK_SLACK_MS + 1));
    let clone = watched(Some(&node.home), told, 1).await;
    assert!(
        clone
            .observer()
            .await
            .contains("a copy of this node's files runs")
    );
}

#[tokio::test]
async fn store_and_guard_brought_back_together_are_seen_from_outside() {
    let told = Told::new();
    let node = watched(None, told.clone(), 0).await;
    node.signing().await;
    let process = node.spawn().await;
    node.send(process, 1).await;
    let (dir, home) = node.stop().await;
    let backup = tempfile::tempdir().unwrap();
    copy(&home, &backup.path().join("old"));
    let node = open(dir, home, told.clone(), 0).await;
    node.signing().await;
    told.publish(node.send(process, 2).await);
    drop(node.stop().await);
    let restored = watched(Some(&backup.path().join("old")), told.clone(), 0).await;
    let why = restored.observer().await;
    assert!(why.contains("older copies"), "{why}");
    assert!(restored.refuses(process).await.contains("only observes"));
    // A location written since gives it away as well, where nothing was signed.
    let (quiet, node) = (
        Told::new(),
        watched(Some(&restored.home), Told::new(), 0).await,
    );
    quiet.publish(node.location(1));
    let restored = watched(Some(&backup.path().join("old")), quiet, 0).await;
    assert!(
        restored
            .observer()
            .await
            .contains("older than the last one")
    );
}

#[tokio::test]
async fn a_gateway_alone_stops_nobody() {
    let told = Told::new();
    let node = watched(None, told.clone(), 0).await;
    node.signing().await;
    let process = node.spawn().await;
    let other = SigningKey::ed25519([66; 32]);
    let token = Token::new([9; 16]).to_string();
    let tags = Tags::new()
        .with("Type", "Scheduler-Location")
        .with("Url", "http://evil")
        .with("Timestamp", "5")
        .with("Start-Token", token.as_str());
    let forged = Draft {
        tags: tags.clone(),
        ..Draft::default()
    };
    told.publish(forged.sign(&other).unwrap());
    let id = Id::new([5; 32]);
    told.lies.lock().unwrap().push(Shown { id, tags });
    tokio::time::sleep(Duration::from_millis(30)).await;
    node.send(process, 1).await;
    assert_eq!(node.su.standing(), Standing::Signing);
}

#[tokio::test]
async fn another_network_is_refused() {
    let told = Told::new();
    let node = watched(None, told.clone(), 0).await;
    node.signing().await;
    let (dir, home) = node.stop().await;
    *told.network.lock().unwrap() = Some("another-block".parse().unwrap());
    let node = open(dir, home, told, 0).await;
    assert!(node.observer().await.contains("--gateway"));
}

#[tokio::test]
async fn while_nobody_can_be_asked_nothing_is_signed() {
    let told = Told::new();
    *told.network.lock().unwrap() = None;
    let node = watched(None, told.clone(), 0).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(matches!(node.su.unavailable(), Some(Unavailable::Looking)));
    *told.network.lock().unwrap() = Some("first-block".parse().unwrap());
    node.signing().await;
}

#[tokio::test]
async fn an_operator_resumes_after_a_halt_and_a_cool_down() {
    let told = Told::new();
    let node = watched(None, told.clone(), 0).await;
    node.signing().await;
    let process = node.spawn().await;
    let clone = watched(Some(&node.home), Told::new(), 0).await;
    told.publish(clone.location(5));
    node.observer().await;
    let height = node.sky.height.load(Ordering::Relaxed);
    let (token, address) = (clone.su.shared.guard.token(), node.su.address().clone());
    let (dir, home) = node.stop().await;
    let mut file = OfflineGuard::open(&home.join("sign.guard"), &address).unwrap();
    file.resume(&[], &[token], height + 5).unwrap();
    drop(file);
    let node = open(dir, home, told, 0).await;
    node.signing().await;
    let waits = node.su.unavailable();
    assert!(matches!(waits, Some(Unavailable::Waiting { until }) if until == height + 5));
    node.sky.height.store(height + 5, Ordering::Relaxed);
    node.send(process, 1).await;
}

#[tokio::test]
async fn two_real_guards_with_one_key_on_one_devchain() {
    let house = Loopback::start(Vec::new()).await;
    let node = watched(None, Arc::new(house.gateway()), 0).await;
    node.signing().await;
    let process = node.spawn().await;
    house.chain.hold(node.location(1)).await.unwrap();
    house.chain.hold(node.send(process, 1).await).await.unwrap();
    house.chain.mine(1).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(node.su.standing(), Standing::Signing, "its own traces");
    // The same disk on another machine, before the last slot was signed.
    let clone = watched(Some(&node.home), Arc::new(house.gateway()), 5).await;
    until(async || matches!(clone.su.standing(), Standing::Waiting { .. }).then_some(())).await;
    let between = node.send(process, 2).await;
    house.chain.hold(clone.location(2)).await.unwrap();
    let why = node.observer().await;
    assert!(
        why.contains(&clone.su.shared.guard.token().to_string()),
        "{why}"
    );
    // What the original signed meanwhile reaches the chain while the clone still waits.
    house.chain.hold(between).await.unwrap();
    house.chain.mine(1).await.unwrap();
    assert!(clone.observer().await.contains("slot 2"));
    for both in [&node, &clone] {
        both.refuses(process).await;
    }
}
