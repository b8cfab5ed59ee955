//! What the stories have in common: a hosted process, its operator's stake, and the court's clock.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use aosec_tests::harness::typed::{done, run};
use aosec_tests::harness::{World, draft, http};
use aosec_wire::SigningKey;
use aosec_wire::id::from_base64url;
use serde_json::Value;

/// Units in one token.
pub(super) const TOKEN: u128 = 1_000_000_000_000;
/// What a host puts behind each process.
pub(super) const ALLOCATION: u128 = 100 * TOKEN;
/// What each operator of a devnet has bonded.
pub(super) const BOND: u128 = 1_000 * TOKEN;
/// From a cause on the base layer to its effect in every node, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A process of an operator (from 1), with a slot that everybody has read, and a period of six blocks.
pub(super) async fn hosted(world: &World, number: usize) -> String {
    let node = format!("node{number}");
    let tags = [
        format!("Origin={}", world.devnet().origin),
        format!("Min-Allocation={ALLOCATION}"),
        format!("Max-Fee={TOKEN}"),
        format!("Hosting-Deposit={TOKEN}"),
        "Challenge-Period=6".to_owned(),
    ];
    let mut spawn = vec!["process", "spawn", "--on", &node];
    for tag in &tags {
        spawn.extend(["--tag", tag]);
    }
    let spawned = done(world, &spawn);
    let process = spawned["process"].as_str().expect("an id").to_owned();
    let _funded = done(world, &["host", "fund", &process, "50", "--yes"]);
    let number = number.to_string();
    let terms = ["--rate", "0.01", "--answer-cap", "0.2", "--yes"];
    let who = ["--devnet-node", &number, "--on", &node];
    let take = [&["host", "take", &process][..], &terms, &who].concat();
    let _taken = done(world, &take);
    // Nothing is signed before the lease is settled.
    mine(world, 2);
    let _first = said_to(world, number.parse().expect("a number"), &process, 1).await;
    published(world, &process, 1).await;
    process
}

/// A message given to the host's scheduler itself, so that no messenger keeps its receipt; gives the receipt. A host whose court is
/// some blocks behind is asked again.
pub(super) async fn said_to(world: &World, number: usize, process: &str, message: u8) -> Vec<u8> {
    let key = SigningKey::ed25519([message; 32]);
    let item = draft::message(&key, process.parse().expect("an id"), "Greet", "");
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = http::post_item(&world.node(number - 1).su, item.bytes().clone()).await;
        let answer = answer.expect("an answer").json();
        let receipt = from_base64url(answer["assignment"].as_str().unwrap_or_default());
        if let Some(receipt) = receipt.ok().filter(|bytes| !bytes.is_empty()) {
            return receipt;
        }
        assert!(Instant::now() < end, "{answer}\n{}", world.logs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A file in the world's own folder.
pub(super) fn file(world: &World, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = world.folder().join(name);
    std::fs::write(&path, bytes).expect("a file in our own folder");
    path.to_str().expect("a plain path").to_owned()
}

/// The newest row of a process.
pub(super) fn row(world: &World, process: &str) -> Value {
    done(world, &["host", "list", process, "--on", "node2"])["Rows"][0].clone()
}

/// Waits until the process has no host.
pub(super) fn unhosted(world: &World, process: &str) {
    let end = Instant::now() + PATIENCE;
    while row(world, process)["State"] != "Unhosted" {
        assert!(Instant::now() < end, "{process}\n{}", world.logs());
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The stake of an operator (from 1).
pub(super) fn stake(world: &World, number: usize) -> Value {
    let operator = world.node(number - 1).operator;
    done(world, &["stake", "show", &operator, "--on", "node2"])["Rows"][0].clone()
}

/// Waits until an operator has lost something, and asserts how much is left.
pub(super) fn has_left(world: &World, number: usize, bond: u128) {
    let end = Instant::now() + PATIENCE;
    while units(&stake(world, number)["Bond"]) > bond && Instant::now() < end {
        std::thread::sleep(LOOK_EVERY);
    }
    let stake = stake(world, number);
    assert_eq!(units(&stake["Bond"]), bond, "{stake}\n{}", world.logs());
}

pub(super) fn account(world: &World, name: &str) -> String {
    let accounts = &world.devnet().accounts;
    let found = accounts.iter().find(|account| account.name == name);
    found.expect("a devnet account").address.clone()
}

pub(super) fn balance(world: &World, address: &str) -> u128 {
    units(&done(world, &["origin", "balance", address, "--on", "node2"])["Balance"])
}

pub(super) fn units(amount: &Value) -> u128 {
    let text = amount.as_str().unwrap_or_default();
    text.parse()
        .unwrap_or_else(|_bad| panic!("no amount: {amount}"))
}

/// Mines blocks, and waits until the court of the second node has sat over them.
pub(super) fn mine(world: &World, blocks: u64) {
    let count = blocks.to_string();
    let mined = done(world, &["devnet", "chain", "mine", "--blocks", &count]);
    at(world, mined["height"].as_u64().expect("a height"));
}

/// Waits until the court of the second node has sat over a block.
pub(super) fn at(world: &World, height: u64) {
    let end = Instant::now() + PATIENCE;
    while soft(world, 2) < height {
        assert!(Instant::now() < end, "block {height}\n{}", world.logs());
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The height of the court as a node (from 1) computes it.
pub(super) fn soft(world: &World, number: usize) -> u64 {
    let node = format!("node{number}");
    let info = done(world, &["origin", "info", "--on", &node]);
    info["soft"].as_u64().unwrap_or(0)
}

/// Waits until the court knows so many slots of the process.
pub(super) async fn published(world: &World, process: &str, slot: u64) {
    let url = format!("{}/origin/head/{process}", world.node(1).cu);
    let end = Instant::now() + PATIENCE;
    loop {
        let head = http::get(&url).await.expect("an answer").json();
        if head["slot"].as_u64() >= Some(slot) {
            return;
        }
        assert!(Instant::now() < end, "slot {slot}\n{}", world.logs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The court or the node refuses a command with this code.
pub(super) fn refused(world: &World, arguments: &[&str], code: &str) {
    let (ended, said) = run(world, arguments);
    assert_eq!(ended, Some(4), "{arguments:?}: {said}\n{}", world.logs());
    let (rule, word) = code.split_once(' ').expect("a rule and a word");
    let named = said.contains(&format!("rule {rule} ({word})"));
    assert!(named, "{arguments:?}: {said}");
}
