//! A messenger with a fee, as its customers and its operator type it, and as an unmodified aoconnect meets it: refused with words, paid
//! beforehand, shown, taken once, kept through a kill, and given back. It is the newcomer at the end of the court's story.

use std::path::Path;
use std::time::{Duration, Instant};

use aosec_tests::harness::http;
use aosec_tests::harness::lone::{Flags, LoneNode};
use aosec_tests::harness::npm::play_with;
use aosec_tests::harness::typed::{done, run};
use aosec_tests::harness::{World, draft};
use aosec_wire::{Id, SigningKey};
use serde_json::Value;

/// Units in one token.
const TOKEN: u128 = 1_000_000_000_000;
/// What a message costs here.
const FEE: u128 = TOKEN / 100;
/// Some blocks, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A node that comes to a world with keys of its own, and asks a fee.
pub(super) struct Newcomer<'a> {
    world: &'a World,
    flags: Flags,
}

/// One that computes this court from the block `from` on.
pub(super) fn newcomer<'a>(world: &'a World, origin: &str, from: &str) -> Newcomer<'a> {
    let host = world.node(0);
    let flags = Flags {
        keys: None,
        roles: "cu,mu",
        gateways: vec![world.devnet().gateway.clone()],
        block_time_ms: 500,
        settlement_depth: 1,
        more: vec![
            format!("--origin={origin}"),
            format!("--follow-from={from}"),
            format!("--peer={}={}", host.scheduler, host.su),
            "--mu-fee=fixed:0.01".to_owned(),
        ],
    };
    Newcomer { world, flags }
}

impl Newcomer<'_> {
    /// Starts it, or starts it again on what it has kept under this name.
    pub(super) async fn start(&self, name: &str) -> LoneNode {
        let folder = self.world.folder();
        let log = folder.join(format!("{name}-{}.log", starts(folder, name)));
        let node = LoneNode::start_with(&self.flags, &folder.join(name), &log).await;
        node.unwrap_or_else(|refused| panic!("{}", refused.log))
    }
}

/// How often a node of this name was started: each time has a log of its own.
fn starts(folder: &Path, name: &str) -> usize {
    let there = |number: &usize| folder.join(format!("{name}-{number}.log")).exists();
    (0..).take_while(there).count()
}

/// The whole life of a customer's credit at the messenger of `node`, which was started under the name `fifth`.
pub(super) async fn is_paid_beforehand(world: &World, node: LoneNode) {
    let spawned = done(world, &["process", "spawn"]);
    let process = spawned["process"].as_str().expect("an id");
    let payer = account(world, "alice");
    says_the_price_before(world, &node, process).await;
    pays(world, &node, &payer).await;
    let sent = is_charged_once(world, &node, process, &payer).await;
    let node = is_killed(world, node, &sent, &payer).await;
    tell(world, &node, process, "after");
    assert_eq!(credit(&node, &payer).await, TOKEN - 2 * FEE);
    gives_back(world, &node, &payer).await;
}

fn account(world: &World, name: &str) -> String {
    let accounts = &world.devnet().accounts;
    let account = accounts.iter().find(|account| account.name == name);
    account.expect("an account of the devnet").address.clone()
}

/// What aoconnect sees, which knows nothing of fees.
fn tell(world: &World, node: &LoneNode, process: &str, phase: &str) {
    let environment = [
        ("FEES_MU", Path::new(&node.mu)),
        ("FEES_PROCESS", Path::new(process)),
        ("FEES_PHASE", Path::new(phase)),
    ];
    play_with(world, "fees", &environment);
}

async fn says_the_price_before(world: &World, node: &LoneNode, process: &str) {
    let shown = done(world, &["fees", "show", "--mu", &node.mu]);
    assert_eq!(shown["fee"], FEE.to_string(), "{shown}");
    assert_eq!(shown["credit"], "0", "{shown}");
    let send = [
        "process", "send", process, "--action", "Hello", "--mu", &node.mu, "--yes",
    ];
    let (ended, said) = run(world, &send);
    assert_eq!(ended, Some(4), "{said}");
    assert!(said.contains("aosec fees pay 1 --mu"), "{said}");
    tell(world, node, process, "before");
    let free = done(world, &["fees", "show"]);
    assert_eq!(free["policy"], "free", "{free}");
}

async fn pays(world: &World, node: &LoneNode, payer: &str) {
    let pay = ["fees", "pay", "0.5", "--mu", &node.mu, "--yes"];
    let (ended, said) = run(world, &pay);
    assert_eq!(
        ended,
        Some(4),
        "a payment that would count for nobody: {said}"
    );
    let pay = ["fees", "pay", "1", "--mu", &node.mu];
    let (ended, said) = run(world, &pay);
    assert_eq!(ended, Some(2), "{said}");
    assert!(said.contains("sends 1 tokens to"), "{said}");
    let _paid = done(world, &[&pay[..], &["--yes"]].concat());
    has_credit(node, payer, TOKEN).await;
}

/// Gives the bytes of the message that was charged.
async fn is_charged_once(
    world: &World,
    node: &LoneNode,
    process: &str,
    payer: &str,
) -> bytes::Bytes {
    let send = [
        "process",
        "send",
        process,
        "--action",
        "Eval",
        "--data",
        "return 6 * 7",
        "--mu",
        &node.mu,
    ];
    let (ended, said) = run(world, &send);
    assert_eq!(ended, Some(2), "{said}");
    assert!(
        said.contains("costs 0.01 tokens (credit 1 tokens)"),
        "{said}"
    );
    let sent = done(world, &[&send[..], &["--yes", "--wait"]].concat());
    assert!(sent.to_string().contains("42"), "{sent}");
    assert_eq!(credit(node, payer).await, TOKEN - FEE);
    let url = format!(
        "{}/raw/{}",
        node.mu,
        sent["message"].as_str().expect("an id")
    );
    let raw = http::client().get(&url).send().await.expect("an answer");
    let raw = raw.bytes().await.expect("the item");
    again(node, &raw, payer).await;
    is_nobody_elses(node, process).await;
    raw
}

async fn again(node: &LoneNode, item: &bytes::Bytes, payer: &str) {
    let answer = http::post_item(&node.mu, item.clone()).await;
    assert_eq!(answer.expect("an answer").status, 202);
    assert_eq!(credit(node, payer).await, TOKEN - FEE, "the same bytes");
}

/// Whoever has paid nothing is not helped by what others have.
async fn is_nobody_elses(node: &LoneNode, process: &str) {
    let stranger = SigningKey::ed25519([77; 32]);
    let process: Id = process.parse().expect("an id");
    let item = draft::message(&stranger, process, "Hello", "");
    let answer = http::post_item(&node.mu, item.bytes().clone()).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status, 402, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["credit"], "0", "{body}");
    assert_eq!(body["address"], stranger.address().as_str(), "{body}");
}

async fn is_killed(
    world: &World,
    mut node: LoneNode,
    sent: &bytes::Bytes,
    payer: &str,
) -> LoneNode {
    node.kill();
    drop(node);
    let newcomer = newcomer(world, &world.devnet().origin, "0");
    let node = newcomer.start("fifth").await;
    node.ready().await.expect("ready");
    assert_eq!(credit(&node, payer).await, TOKEN - FEE, "a kill loses none");
    again(&node, sent, payer).await;
    node
}

async fn gives_back(world: &World, node: &LoneNode, payer: &str) {
    let before = balance(world, payer);
    let keys = world.folder().join("fifth").join("keys");
    let keys = keys.to_str().expect("a plain path");
    let all = ["fees", "refund", payer, "--mu", &node.mu];
    let wrong = [&all[..], &["--devnet-node", "1", "--yes"]].concat();
    let (ended, said) = run(world, &wrong);
    assert_eq!(ended, Some(2), "not the operator who was paid: {said}");
    let _back = done(world, &[&all[..], &["--node-keys", keys, "--yes"]].concat());
    has_credit(node, payer, 0).await;
    assert_eq!(balance(world, payer), before + TOKEN - 2 * FEE);
    let books = done(world, &["fees", "list", "--page", &node.web]);
    let row = &books["accounts"][0];
    assert_eq!(row["address"], payer, "{books}");
    assert_eq!(row["refunded"], (TOKEN - 2 * FEE).to_string(), "{books}");
}

fn balance(world: &World, address: &str) -> u128 {
    let told = done(world, &["origin", "balance", address]);
    let units = told["Balance"]
        .as_str()
        .and_then(|units| units.parse().ok());
    units.unwrap_or_else(|| panic!("{told}"))
}

async fn credit(node: &LoneNode, address: &str) -> u128 {
    let answer = http::get(&format!("{}/fees/{address}", node.mu)).await;
    let told: Value = answer.expect("an answer").json();
    let units = told["credit"].as_str().and_then(|units| units.parse().ok());
    units.unwrap_or_else(|| panic!("{told}"))
}

async fn has_credit(node: &LoneNode, address: &str, units: u128) {
    let end = Instant::now() + PATIENCE;
    while credit(node, address).await != units {
        assert!(Instant::now() < end, "{}", node.tail());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
