//! The court on a devnet, from the command line and from aoconnect: its token moves, an operator comes from nothing, hosts, is paid
//! for what it has published and for its heartbeats, leaves with all that is its own, and comes again; and every node has the same
//! roots.

use std::time::{Duration, Instant};

use aosec_tests::harness::lone::LoneNode;
use aosec_tests::harness::npm::play;
use aosec_tests::harness::typed::{done, run};
use aosec_tests::harness::{World, draft, http};
use aosec_wire::SigningKey;
use serde_json::Value;

use super::fees::{is_paid_beforehand, newcomer};

/// Units in one token.
const TOKEN: u128 = 1_000_000_000_000;
/// The operator that has no stake at the start.
const FOURTH: usize = 3;
/// From a message to its place in the court's log on a busy machine; it takes some blocks.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_comes_from_nothing_hosts_is_paid_and_leaves_with_all_of_it() {
    let world = World::start(FOURTH + 1);
    let owner = world.node(FOURTH).owner;
    is_not_hosted_without_stake(&world);
    gets_tokens(&world, &owner);
    bonds(&world);
    let process = takes_a_process(&world);
    earns(&world, &process, &owner).await;
    leaves(&world, &process, &owner).await;
    bonds(&world);
    let tip = everybody_agrees(&world).await;
    a_newcomer_agrees(&world, tip).await;
    play(&world, "stake");
}

fn gets_tokens(world: &World, owner: &str) {
    let (ended, said) = run(world, &["origin", "transfer", owner, "500"]);
    assert_eq!(ended, Some(2), "money moves with --yes alone: {said}");
    assert!(said.contains("500 tokens"), "{said}");
    let _sent = done(world, &["origin", "transfer", owner, "500", "--yes"]);
    assert_eq!(balance(world, owner), 500 * TOKEN);
    let (ended, said) = run(world, &["origin", "transfer", owner, "2000000", "--yes"]);
    assert_eq!(ended, Some(4), "{said}");
    assert!(said.contains("rule 3.1"), "{said}");
    assert_eq!(balance(world, owner), 500 * TOKEN);
}

fn bonds(world: &World) {
    let su = world.node(FOURTH).su;
    let bond = [
        "stake",
        "bond",
        "300",
        "--devnet-node",
        "4",
        "--url",
        &su,
        "--yes",
    ];
    let bonded = done(world, &bond);
    assert_eq!(bonded["answer"]["State"], "Bonding", "{bonded}");
    assert_eq!(operators(world), 4);
    mine(world, 4);
    let row = stake(world);
    assert_eq!(row["State"], "Bonded");
    assert_eq!(row["Bond"], (300 * TOKEN).to_string());
}

/// Spawns a process that the fourth operator's scheduler orders: exit code, and what was said.
fn spawns(world: &World) -> (Option<i32>, String) {
    let tags = [
        format!("Origin={}", world.devnet().origin),
        format!("Min-Allocation={}", 100 * TOKEN),
        format!("Max-Fee={TOKEN}"),
        format!("Hosting-Deposit={}", 5 * TOKEN),
    ];
    let mut spawn = vec!["process", "spawn", "--on", "node4"];
    for tag in &tags {
        spawn.extend(["--tag", tag]);
    }
    run(world, &spawn)
}

fn is_not_hosted_without_stake(world: &World) {
    let (ended, said) = spawns(world);
    assert_eq!(ended, Some(4), "{said}");
    assert!(said.contains("no stake in the court"), "{said}");
}

/// A process of the fourth operator's scheduler, and its lease.
fn takes_a_process(world: &World) -> String {
    let (ended, said) = spawns(world);
    assert_eq!(ended, Some(0), "{said}");
    let spawned: Value = serde_json::from_str(&said).expect("a line of JSON");
    let process = spawned["process"].as_str().expect("an id").to_owned();
    let take = [
        "host",
        "take",
        &process,
        "--rate",
        "0.5",
        "--answer-cap",
        "0.2",
        "--devnet-node",
        "4",
        "--on",
        "node4",
        "--yes",
    ];
    let (ended, said) = run(world, &take);
    assert_eq!(ended, Some(4), "an empty escrow: {said}");
    assert!(
        said.contains("rule 5.1") && said.contains("host fund"),
        "{said}"
    );
    let _funded = done(world, &["host", "fund", &process, "50", "--yes"]);
    let taken = done(world, &take);
    assert_eq!(taken["answer"]["Epoch"], 0, "{taken}");
    assert_eq!(lease(world, &process)["State"], "Hosted");
    assert_eq!(stake(world)["Live"], (100 * TOKEN).to_string());
    // Nothing is signed before the lease is settled.
    mine(world, 2);
    process
}

/// Published work and heartbeats are paid, what lies idle is not, and nothing is lost on the way.
async fn earns(world: &World, process: &str, owner: &str) {
    for round in 1..=3_u64 {
        let sent = [
            "process", "send", process, "--action", "Hello", "--on", "node4",
        ];
        let _sent = done(world, &sent);
        published(world, process, round).await;
        beat(world, process);
        exact(world, process, owner);
    }
    beat(world, process);
    let earned = balance(world, owner) - 200 * TOKEN;
    assert!(earned > 0, "published work and heartbeats are paid");
    // A silence that is longer than publish_within is not.
    mine(world, 10);
    beat(world, process);
    assert_eq!(balance(world, owner) - 200 * TOKEN, earned);
    beat(world, process);
    let more = balance(world, owner) - 200 * TOKEN;
    assert!(more > earned, "and pay goes on");
    assert_eq!(more % (TOKEN / 2), 0, "by whole blocks");
    exact(world, process, owner);
}

/// What the owner has more is what the escrow has less.
fn exact(world: &World, process: &str, owner: &str) {
    let escrow = units(&lease(world, process)["Escrow"]);
    assert_eq!(balance(world, owner) - 200 * TOKEN, 50 * TOKEN - escrow);
}

fn beat(world: &World, process: &str) {
    let heartbeat = [
        "host",
        "heartbeat",
        process,
        "--devnet-node",
        "4",
        "--on",
        "node4",
    ];
    let beaten = done(world, &heartbeat);
    assert_eq!(beaten["answer"]["Proven"], 1, "{beaten}");
}

async fn leaves(world: &World, process: &str, owner: &str) {
    let keys = ["--devnet-node", "4", "--yes"];
    let unbond = [&["stake", "unbond", "300"][..], &keys].concat();
    let (ended, said) = run(world, &unbond);
    assert_eq!(ended, Some(4), "it stands for a lease: {said}");
    let _left = done(world, &[&["host", "leave", process][..], &keys].concat());
    mine(world, 10);
    assert_eq!(lease(world, process)["State"], "Unhosted");
    signs_nothing_more(world, process).await;
    let unbonded = done(world, &unbond);
    let withdraw = ["stake", "withdraw", "--devnet-node", "4"];
    let (ended, said) = run(world, &withdraw);
    assert_eq!(ended, Some(4), "not ripe, {unbonded}: {said}");
    mine(world, 245);
    let before = balance(world, owner);
    let paid = &done(world, &withdraw)["answer"]["Paid"];
    assert_eq!(*paid, (300 * TOKEN).to_string());
    assert_eq!(balance(world, owner), before + 300 * TOKEN);
    exact_end(world, process, owner);
}

/// The scheduler that had the lease refuses a message.
async fn signs_nothing_more(world: &World, process: &str) {
    let (key, to) = (SigningKey::ed25519([7; 32]), process.parse());
    let item = draft::message(&key, to.expect("an id"), "Hello", "");
    let answer = http::post_item(&world.node(FOURTH).su, item.bytes().clone()).await;
    let said = answer.map_or(String::new(), |answer| answer.text);
    assert!(said.contains("lease ended at block"), "{said}");
}

/// All that was ever given to the owner, and not a unit less or more.
fn exact_end(world: &World, process: &str, owner: &str) {
    let escrow = units(&lease(world, process)["Escrow"]);
    assert_eq!(balance(world, owner) + escrow, 500 * TOKEN + 50 * TOKEN);
}

/// Every node came to the same root at every height, also one that was killed and began again; gives the last one.
async fn everybody_agrees(world: &World) -> u64 {
    let before = world.node(1).pid;
    world.kill(1);
    world.wait_for_restart(1, before).await;
    let tip = soft(&world.node(0).cu).await - 1;
    for index in 0..=FOURTH {
        at(&world.node(index).cu, tip).await;
    }
    let mut begun = 0;
    for height in 0..=tip {
        let first = root(&world.node(0).cu, height).await;
        begun += u64::from(first.is_some());
        for index in 1..=FOURTH {
            let other = root(&world.node(index).cu, height).await;
            assert_eq!(other, first, "node {index} at block {height}");
        }
    }
    assert!(
        begun + 3 > tip,
        "from its first blocks on: {begun} of {tip}"
    );
    tip
}

/// A node with an empty disk and one gateway.
async fn a_newcomer_agrees(world: &World, tip: u64) {
    let fifth = alone(world, "fifth", &world.devnet().origin, "0").await;
    at(&fifth.cu, tip).await;
    for height in 0..=tip {
        let expected = root(&world.node(0).cu, height).await;
        assert_eq!(root(&fifth.cu, height).await, expected, "block {height}");
    }
    is_paid_beforehand(world, fifth).await;
}

/// A court beside the devnet's own: whoever has a wallet makes one, and whoever is told its id computes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anybody_makes_a_court() {
    let world = World::shared();
    let (devnet, folder) = (world.devnet(), world.folder());
    let account = |name: &str| devnet.accounts.iter().find(|one| one.name == name);
    let (payer, founder) = (account("dave").expect("dave"), account("bob").expect("bob"));
    let balances = folder.join("balances.json");
    let listed = format!(r#"{{ "{}": "12.5" }}"#, founder.address);
    std::fs::write(&balances, listed).expect("a file in our own folder");
    let balances = balances.to_str().expect("a plain path");
    let deploy = [
        "origin",
        "deploy",
        "--gateway",
        &devnet.gateway,
        "--network",
        "devnet",
        "--balances",
        balances,
        "--wallet",
        &payer.wallet,
        "--key",
        "bob",
    ];
    let (ended, said) = run(world, &deploy);
    assert_eq!(ended, Some(2), "it costs: {said}");
    assert!(said.contains(" AR ") && said.contains("--yes"), "{said}");
    let deployed = done(world, &[&deploy[..], &["--yes"]].concat());
    let origin = deployed["origin"].as_str().expect("an id");
    let from = deployed["follow_from"].to_string();
    let node = alone(world, "founded", origin, &from).await;
    let end = Instant::now() + PATIENCE;
    while json(&format!("{}/origin/info", node.cu)).await["slot"].as_u64() < Some(1) {
        assert!(Instant::now() < end, "{}", node.tail());
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let balance = [
        "origin",
        "balance",
        &founder.address,
        "--mu",
        &node.mu,
        "--cu",
        &node.cu,
    ];
    assert_eq!(
        units(&done(world, &balance)["Balance"]),
        12 * TOKEN + TOKEN / 2
    );
}

/// A compute unit with an empty disk.
async fn alone(world: &World, name: &str, origin: &str, from: &str) -> LoneNode {
    newcomer(world, origin, from).start(name).await
}

#[test]
fn its_token_moves_by_aoconnect() {
    play(World::shared(), "court");
}

/// Waits until the first node, which is asked, has computed what the fourth, which was told, has.
fn told(world: &World) {
    let told = done(world, &["origin", "info", "--on", "node4"])["soft"].as_u64();
    let end = Instant::now() + PATIENCE;
    while done(world, &["origin", "info"])["soft"].as_u64() < told {
        assert!(Instant::now() < end, "block {told:?}\n{}", world.logs());
        std::thread::sleep(LOOK_EVERY);
    }
}

fn balance(world: &World, address: &str) -> u128 {
    told(world);
    units(&done(world, &["origin", "balance", address])["Balance"])
}

fn units(amount: &Value) -> u128 {
    let units = amount.as_str().and_then(|text| text.parse().ok());
    units.unwrap_or_else(|| panic!("no amount: {amount}"))
}

fn operators(world: &World) -> usize {
    let rows = &done(world, &["origin", "operators"])["Rows"];
    rows.as_array().map_or(0, Vec::len)
}

fn stake(world: &World) -> Value {
    let operator = world.node(FOURTH).operator;
    done(world, &["stake", "show", &operator])["Rows"][0].clone()
}

fn lease(world: &World, process: &str) -> Value {
    told(world);
    done(world, &["host", "list", process])["Rows"][0].clone()
}

/// Mines blocks, and waits until the court of the first node has sat over them.
fn mine(world: &World, blocks: u64) {
    let count = blocks.to_string();
    let mined = done(world, &["devnet", "chain", "mine", "--blocks", &count]);
    let height = mined["height"].as_u64().expect("a height");
    let end = Instant::now() + PATIENCE;
    while done(world, &["origin", "info"])["soft"].as_u64() < Some(height) {
        assert!(Instant::now() < end, "block {height}\n{}", world.logs());
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Waits until the court knows so many slots of the process.
async fn published(world: &World, process: &str, slot: u64) {
    let url = format!("{}/origin/head/{process}", world.node(FOURTH).cu);
    let end = Instant::now() + PATIENCE;
    while json(&url).await["slot"].as_u64() < Some(slot) {
        assert!(Instant::now() < end, "slot {slot}\n{}", world.logs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn soft(cu: &str) -> u64 {
    let info = json(&format!("{cu}/origin/info")).await;
    info["soft"].as_u64().unwrap_or(0)
}

/// Waits until the court of a node has sat over a block.
async fn at(cu: &str, height: u64) {
    let end = Instant::now() + PATIENCE;
    while soft(cu).await < height {
        assert!(Instant::now() < end, "{cu} is not at block {height}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn root(cu: &str, height: u64) -> Option<String> {
    let found = json(&format!("{cu}/origin/root?height={height}")).await;
    found["root"].as_str().map(str::to_owned)
}

async fn json(url: &str) -> Value {
    http::get(url).await.expect("an answer").json()
}
