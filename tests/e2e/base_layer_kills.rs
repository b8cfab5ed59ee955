//! The base layer of devnets under kill -9: what it acknowledged is there after the next start, and no block changes.
//!
//! The test starts its own binary again as the victim: a devchain with its gateway and nothing else.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use aosec_node::arweave::devchain::{Devchain, Genesis, carrier_key, server};
use aosec_node::arweave::gateway::Gateway;
use aosec_node::arweave::transaction::{Format, TransactionDraft};
use aosec_node::http::listener;
use aosec_node::shutdown::Shutdown;
use aosec_tests::harness::group::Group;
use aosec_tests::harness::http;
use aosec_tests::harness::seed::Seed;
use aosec_wire::{Address, Id, SigningKey};
use tokio::net::TcpListener;

const FOLDER: &str = "AOSEC_TEST_CHAIN";
const ROUNDS: usize = 8;
/// A kill comes within this time: some blocks, some tens of writes.
const LIFE_MS: u64 = 400;
const BLOCK_TIME: Duration = Duration::from_millis(20);
const START_DEADLINE: Duration = Duration::from_secs(60);
const FUNDS_WINSTON: u128 = 1_000_000_000_000_000;

/// What the chain acknowledged so far.
#[derive(Debug, Default)]
struct Acknowledged {
    transactions: Vec<Id>,
    balances: Vec<(Address, u128)>,
    blocks: BTreeMap<u64, String>,
}

#[tokio::test]
async fn kills_of_the_base_layer_lose_nothing_that_it_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut seed = Seed::announced("base layer kills");
    let mut known = Acknowledged::default();
    for round in 0..ROUNDS {
        let (mut victim, gateway) = start(folder.path(), round).await;
        check(&gateway, &known, round).await;
        let life = Duration::from_millis(seed.next_u64() % LIFE_MS);
        let killed = async {
            tokio::time::sleep(life).await;
            victim.end();
        };
        tokio::join!(killed, work(&gateway, &mut seed, &mut known));
    }
    let (_victim, gateway) = start(folder.path(), ROUNDS).await;
    check(&gateway, &known, ROUNDS).await;
    assert!(!known.balances.is_empty(), "nothing was ever acknowledged");
    println!(
        "{ROUNDS} kills: {} transactions, {} gifts and {} blocks stand",
        known.transactions.len(),
        known.balances.len(),
        known.blocks.len()
    );
}

async fn start(folder: &Path, round: usize) -> (Group, Gateway) {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command
        .args([
            "--exact",
            "base_layer_kills::victim",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, folder);
    let victim = Group::start(command, &folder.join(format!("victim-{round}.log")), None);
    let end = Instant::now() + START_DEADLINE;
    let url = loop {
        let log = victim.log_text();
        if let Some(url) = log.lines().find_map(|line| line.strip_prefix("at ")) {
            break url.to_owned();
        }
        assert!(
            Instant::now() < end,
            "round {round}: it does not start: {log}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let url = url.parse().expect("a url");
    (victim, Gateway::new(vec![url]).expect("a gateway"))
}

/// Posts until nobody answers any more.
async fn work(gateway: &Gateway, seed: &mut Seed, known: &mut Acknowledged) {
    loop {
        let wallet = SigningKey::ed25519(seed.bytes()).address().clone();
        let winston = u128::from(seed.next_u64());
        let Some(()) = gift(gateway, &wallet, winston).await else {
            return;
        };
        known.balances.push((wallet, winston));
        let Some(id) = post(gateway, seed).await else {
            return;
        };
        known.transactions.push(id);
        let Ok(tip) = gateway.tip().await else {
            return;
        };
        known.blocks.insert(tip.height, tip.block_id.to_string());
    }
}

async fn gift(gateway: &Gateway, wallet: &Address, winston: u128) -> Option<()> {
    let url = gateway.urls().next().expect("one");
    let answer = http::get(&format!("{url}mint/{wallet}/{winston}"))
        .await
        .ok()?;
    answer.is_success().then_some(())
}

async fn post(gateway: &Gateway, seed: &mut Seed) -> Option<Id> {
    let data = seed.bytes().to_vec();
    let anchor = gateway.anchor().await.ok()?;
    let price = gateway.price(data.len() as u64).await.ok()?;
    let draft = TransactionDraft::of_data(Format::One, anchor, price, data.into());
    let signed = draft.sign(&carrier_key()).expect("an RSA key");
    gateway.post(&signed).await.ok()?;
    Some(signed.id())
}

async fn check(gateway: &Gateway, known: &Acknowledged, round: usize) {
    for id in &known.transactions {
        let status = gateway.status(*id).await.expect("an answer");
        assert!(status.is_some(), "round {round}: transaction {id} is lost");
    }
    for (wallet, winston) in &known.balances {
        let balance = gateway.balance(wallet).await.expect("an answer");
        assert_eq!(balance, *winston, "round {round}: the money of {wallet}");
    }
    for (height, id) in &known.blocks {
        let block = gateway.block(*height).await.expect("an answer");
        let found = block.map(|block| block.id.to_string());
        assert_eq!(found.as_ref(), Some(id), "round {round}: block {height}");
    }
}

#[tokio::test]
#[ignore = "it is the victim of the test above, which starts it"]
async fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let begun = Instant::now();
    let funds = vec![(carrier_key().address().clone(), FUNDS_WINSTON)];
    let chain = Devchain::open(Path::new(&folder), Genesis::of_funds(funds)).await;
    let chain = chain.expect("the chain of the last round");
    println!("opened in {:?}", begun.elapsed());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("at http://{}/", listener.local_addr().expect("its address"));
    let shutdown = Shutdown::new();
    let served = listener::serve(listener, server::router(chain.clone()), shutdown);
    tokio::join!(served, chain.mine_every(BLOCK_TIME));
}
