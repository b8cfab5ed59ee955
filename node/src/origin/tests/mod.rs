//! The court over a real devchain, with the real contract: started, written to, forked, killed, and derived a second time.

mod authority;
mod bad;
mod copied;
mod harm;
mod honest;
mod hosting;
mod hostless;
mod inbox;
mod jam;
mod joined;
mod late;
mod orphan;
mod paupers;
mod shown;
mod void;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aosec_wasm::process_module::WASM;
use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem, bundle};
use serde_json::json;
use tempfile::TempDir;

use super::deploy::{self, Network, TOKEN};
use super::messages::{self, OperatorKeys};
use super::mirror::{Depth, MirrorError};
use super::{Handle, Settings};
use crate::arweave::bundler::Bundler;
use crate::arweave::devchain::chain::Orphans;
use crate::arweave::devchain::genesis::module_item;
use crate::arweave::devchain::loopback::{self, Loopback};
use crate::arweave::gateway::Gateway;
use crate::arweave::transaction::Format;
use crate::cu::engine::Wasmtime;
use crate::follow;
use crate::follow::tests::author::Author;
use crate::shutdown::Shutdown;
use crate::store::{Store, clock};

const DEPTH: u64 = 1;

fn key(number: u8) -> SigningKey {
    SigningKey::ed25519([number; 32])
}

fn founder() -> SigningKey {
    key(1)
}

fn alice() -> SigningKey {
    key(2)
}

/// The three keys of operator 10, 20, 30.
fn operator(number: u8) -> [SigningKey; 3] {
    [number, number + 1, number + 2].map(key)
}

fn spawn() -> VerifiedItem {
    deploy::spawn(&founder(), module_item(WASM).unwrap().id()).unwrap()
}

fn origin() -> Id {
    spawn().id()
}

fn bond(number: u8) -> VerifiedItem {
    let [owner, operator, hot] = operator(number);
    let keys = OperatorKeys {
        owner: &owner,
        operator: &operator,
        hot: &hot,
    };
    messages::first_bond(keys, origin(), 200 * TOKEN, "https://op.example", None).unwrap()
}

/// The spawn, the genesis and three bonds.
fn start() -> Vec<VerifiedItem> {
    let mut balances = BTreeMap::from([(alice().address().clone(), 1_000 * TOKEN)]);
    for number in [10, 20, 30, 40] {
        balances.insert(operator(number)[0].address().clone(), 500 * TOKEN);
    }
    let genesis = deploy::genesis(&founder(), origin(), Network::Devnet, &balances).unwrap();
    vec![spawn(), genesis, bond(10), bond(20), bond(30)]
}

fn transfer(number: u64, units: u128, to: &SigningKey) -> VerifiedItem {
    let mut draft = messages::message(origin(), "Transfer");
    draft.tags = draft
        .tags
        .with("Recipient", to.address().as_str())
        .with("Quantity", units.to_string())
        .with("Number", number.to_string());
    draft.sign_deterministic(&alice()).unwrap()
}

async fn post(chain: &Loopback, items: &[VerifiedItem]) {
    let bundler = Bundler::new(chain.gateway(), loopback::wallet());
    let tags = Tags::new().with("Process", origin().to_string());
    let data = bundle::build(items);
    bundler
        .post(Format::One, "Inbox", tags, data)
        .await
        .unwrap();
}

async fn mine(chain: &Loopback, blocks: u32) -> u64 {
    chain.chain.mine(blocks).await.unwrap();
    chain.gateway().tip().await.unwrap().height
}

/// Opens a folder as a node does, as far as the court is concerned.
async fn opened(
    gateway: Gateway,
    settlement_depth: u64,
    folder: &Path,
) -> (Handle, follow::Handle, Store, Shutdown) {
    let store = Store::open(folder).await.unwrap();
    let shutdown = Shutdown::new();
    let reading = follow::Settings {
        start: 0,
        settlement_depth,
        every: Duration::from_millis(10),
        court: Some(origin()),
    };
    let follow = follow::Handle::start(gateway, store.clone(), reading, &shutdown)
        .await
        .unwrap();
    let settings = Settings {
        origin: origin(),
        start: 0,
        settlement_depth,
        block_time: Duration::from_secs(1),
    };
    let workshop = Arc::new(Wasmtime::new().unwrap());
    let court = Handle::start(settings, follow.clone(), store.clone(), workshop, &shutdown);
    (court, follow, store, shutdown)
}

/// A node as far as the court is concerned.
struct Bench {
    court: Handle,
    follow: follow::Handle,
    store: Store,
    shutdown: Shutdown,
    folder: TempDir,
}

impl Bench {
    async fn open(chain: &Loopback) -> Self {
        Self::on(tempfile::tempdir().unwrap(), chain).await
    }

    async fn on(folder: TempDir, chain: &Loopback) -> Self {
        Self::at_depth(DEPTH, folder, chain).await
    }

    async fn at_depth(settlement_depth: u64, folder: TempDir, chain: &Loopback) -> Self {
        Self::behind(chain.gateway(), settlement_depth, folder).await
    }

    /// A node that asks this gateway.
    async fn behind(gateway: Gateway, settlement_depth: u64, folder: TempDir) -> Self {
        let (court, follow, store, shutdown) =
            opened(gateway, settlement_depth, folder.path()).await;
        Self {
            court,
            follow,
            store,
            shutdown,
            folder,
        }
    }

    async fn stop(self) -> TempDir {
        self.shutdown.tell();
        assert!(self.shutdown.finished().await);
        self.store.close().await;
        self.folder
    }

    async fn until(&self, height: u64) {
        let mut standings = self.court.standings();
        let arrived = standings.wait_for(|now| now.soft >= Some(height) || now.alarm.is_some());
        let arrived = tokio::time::timeout(Duration::from_secs(120), arrived).await;
        let standing = arrived.expect("within two minutes").unwrap().clone();
        assert_eq!(standing.alarm, None);
    }

    /// Waits until the court knows that it is at the tip.
    async fn caught_up(&self) {
        let mut standings = self.court.standings();
        while !self.court.is_caught_up() {
            let next = tokio::time::timeout(Duration::from_millis(10), standings.changed()).await;
            assert!(
                next.is_err() || next.unwrap().is_ok(),
                "the court was stopped"
            );
        }
    }

    async fn balance(&self, depth: Depth, key: &SigningKey) -> String {
        let asked = [("Recipient", key.address().as_str())];
        let answer = self.court.ask(depth, "Balance", &asked).await.unwrap();
        answer.shown()["Balance"].as_str().unwrap().to_owned()
    }

    async fn roots(&self, to: u64) -> Vec<Option<Id>> {
        let mut roots = Vec::new();
        for height in 0..=to {
            let root = self.court.root(height).await.unwrap();
            roots.push(root.map(|found| found.root));
        }
        roots
    }
}

#[tokio::test]
async fn two_nodes_come_to_one_court() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    let early = mine(&chain, 2).await;
    bench.until(early).await;
    let asked = bench.court.ask(Depth::Soft, "Info", &[]).await;
    assert!(matches!(asked, Err(MirrorError::NotBegun(_))), "{asked:?}");
    post(&chain, &start()).await;
    let begun = mine(&chain, 1).await;
    bench.until(begun).await;
    post(&chain, &[transfer(1, 5, &key(9)), transfer(2, 7, &key(9))]).await;
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    assert_eq!(bench.balance(Depth::Soft, &key(9)).await, "12");
    assert_eq!(
        bench.balance(Depth::Firm, &key(9)).await,
        "0",
        "a block below it is not there"
    );
    let tip = mine(&chain, 3).await;
    bench.until(tip).await;
    assert_eq!(bench.balance(Depth::Firm, &key(9)).await, "12");
    let rows = bench
        .court
        .ask(Depth::Soft, "Operators", &[])
        .await
        .unwrap();
    let rows = rows.shown()["Rows"].as_array().unwrap().clone();
    let states: Vec<_> = rows.iter().map(|row| row["State"].clone()).collect();
    assert_eq!(states, [json!("Bonded"), json!("Bonded"), json!("Bonded")]);
    let outcome = bench
        .court
        .outcome(transfer(1, 5, &key(9)).id())
        .await
        .unwrap();
    assert_eq!(outcome.unwrap().height, begun + 1);
    let fifth = Bench::open(&chain).await;
    fifth.until(tip).await;
    assert_eq!(bench.roots(tip).await, fifth.roots(tip).await);
}

#[tokio::test]
async fn a_fork_is_followed_and_a_restart_comes_to_the_same() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    post(&chain, &start()).await;
    let begun = mine(&chain, 3).await;
    bench.until(begun).await;
    post(&chain, &[transfer(1, 5, &key(9))]).await;
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    let before = bench.court.root(tip).await.unwrap().unwrap();
    chain.chain.fork(1, Orphans::Mine).await.unwrap();
    let tip = mine(&chain, 2).await;
    bench.until(tip).await;
    let after = bench.court.root(before.height).await.unwrap().unwrap();
    assert_ne!(before.block, after.block, "the block was replaced");
    assert_eq!(
        bench.balance(Depth::Soft, &key(9)).await,
        "5",
        "the transfer was mined again"
    );
    let roots = bench.roots(tip).await;
    let bench = Bench::on(bench.stop().await, &chain).await;
    bench.until(tip).await;
    assert_eq!(bench.roots(tip).await, roots);
    let fresh = Bench::open(&chain).await;
    fresh.until(tip).await;
    assert_eq!(fresh.roots(tip).await, roots);
}

/// A Log transaction of which a log was derived is forgotten where no court is computed; here the court needs it again.
#[tokio::test]
async fn what_others_have_derived_is_not_forgotten() {
    let chain = Loopback::start(Vec::new()).await;
    let bench = Bench::open(&chain).await;
    post(&chain, &start()).await;
    let mut author = Author::spawn(&chain, Id::new([9; 32]), "free").await;
    author.send("a");
    author.publish(&chain, 0).await;
    let logged = mine(&chain, 1).await;
    let tip = mine(&chain, 2 + u32::try_from(DEPTH).unwrap()).await;
    bench.until(tip).await;
    let spawn = aosec_wire::Scheduled::classify(author.spawn.clone());
    let Ok(aosec_wire::Scheduled::Process(spawn)) = spawn else {
        panic!("no spawn");
    };
    assert_eq!(bench.follow.derive(&spawn).await.unwrap(), 1);
    let kept = clock::in_block(&bench.store, logged).await.unwrap();
    assert_eq!(kept.len(), 2, "the court's inbox and the log");
    let tip = mine(&chain, 1).await;
    bench.until(tip).await;
    let roots = bench.roots(tip).await;
    let bench = Bench::on(bench.stop().await, &chain).await;
    bench.until(tip).await;
    assert_eq!(bench.roots(tip).await, roots);
}

/// A figure, not a rule: run with `--ignored --nocapture`.
#[tokio::test]
#[ignore = "measures"]
async fn how_fast_the_court_is_derived() {
    const ITEMS: u64 = 4_000;
    const BLOCKS: u64 = 3;
    let chain = Loopback::start(Vec::new()).await;
    post(&chain, &start()).await;
    mine(&chain, 1).await;
    for block in 0..BLOCKS {
        let numbers = block * ITEMS..(block + 1) * ITEMS;
        let items: Vec<_> = numbers.map(|number| transfer(number, 1, &key(9))).collect();
        post(&chain, &items).await;
        mine(&chain, 1).await;
    }
    let tip = mine(&chain, 1 + u32::try_from(DEPTH).unwrap()).await;
    let begun = std::time::Instant::now();
    let bench = Bench::open(&chain).await;
    bench.until(tip).await;
    let took = begun.elapsed();
    let count = BLOCKS * ITEMS;
    assert_eq!(bench.balance(Depth::Firm, &key(9)).await, count.to_string());
    println!(
        "{count} messages in {took:?}, the compiling of the module and blocks of the base layer included"
    );
}
