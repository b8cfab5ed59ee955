//! A host falls silent: its user forces the matter, it is slashed and loses the process, Arweave orders that from then on, and every
//! other node computes the same. And the counter-story: a host that only cannot be reached answers the case by itself, in time.

use std::time::{Duration, Instant};

use aosec_tests::harness::typed::{done, run};
use aosec_tests::harness::{World, draft, http};
use aosec_wire::SigningKey;
use serde_json::Value;

/// Units in one token.
const TOKEN: u128 = 1_000_000_000_000;
/// What the host puts behind the process.
pub(crate) const ALLOCATION: u128 = 100 * TOKEN;
/// From a cause on the base layer to its effect in every node, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The process: it remembers how often it was greeted.
const GREETED: &str = "Greeted = 0; Handlers.add('greet', 'Greet', function(msg) Greeted = Greeted + 1; print(Greeted) end)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_host_is_challenged_slashed_and_replaced_by_the_base_layer() {
    let world = World::start(3);
    let process = hosted(&world);
    greet(&world, &process, "node1", 1);
    published(&world, &process, 2).await;
    let void = promised_and_never_published(&world, &process).await;
    let before = balance(&world, &account(&world, "alice"));

    let silenced = done(&world, &["devnet", "chaos", "silence", "node1"]);
    assert_eq!(silenced["node"], "node1");
    let message = nobody_answers(&world, &process);
    let costs = done(
        &world,
        &[
            "challenge",
            "open",
            "--message",
            &message,
            "--dry-run",
            "--on",
            "node2",
        ],
    );
    let posted = units(&costs["posted"]);
    assert!(posted > 0, "{costs}");
    let (ended, said) = run(
        &world,
        &[
            "challenge",
            "open",
            "--message",
            &message,
            "--at-once",
            "--on",
            "node2",
        ],
    );
    assert_eq!(ended, Some(2), "money is risked with --yes alone: {said}");

    let opened = done(
        &world,
        &[
            "challenge",
            "open",
            "--message",
            &message,
            "--at-once",
            "--yes",
            "--on",
            "node2",
        ],
    );
    let case = &opened["cases"][0];
    assert_eq!(case["State"], "Expired", "{opened}");
    assert_eq!(case["Message"], *message, "{opened}");
    is_slashed(&world, &process).await;
    is_paid(&world, before).await;
    goes_on(&world, &process, &message).await;
    is_void(&world, "node2", &process, &void);
    comes_back_to_nothing(&world, &process).await;
    is_void(&world, "node1", &process, &void);
    stays_void_after_a_restart(&world, &process, &void).await;
}

/// A process of the first node's operator, with a period of ten blocks.
fn hosted(world: &World) -> String {
    hosted_for(world, 10)
}

/// The same with a period of so many blocks.
pub(crate) fn hosted_for(world: &World, period: u64) -> String {
    let tags = [
        format!("Origin={}", world.devnet().origin),
        format!("Min-Allocation={ALLOCATION}"),
        format!("Max-Fee={TOKEN}"),
        format!("Hosting-Deposit={TOKEN}"),
        format!("Challenge-Period={period}"),
    ];
    let mut spawn = vec!["process", "spawn", "--on", "node1"];
    for tag in &tags {
        spawn.extend(["--tag", tag]);
    }
    let spawned = done(world, &spawn);
    let process = spawned["process"].as_str().expect("an id").to_owned();
    let _funded = done(world, &["host", "fund", &process, "50", "--yes"]);
    let take = [
        "host",
        "take",
        &process,
        "--rate",
        "0.01",
        "--answer-cap",
        "0.2",
        "--devnet-node",
        "1",
        "--on",
        "node1",
        "--yes",
    ];
    let taken = done(world, &take);
    assert_eq!(taken["answer"]["Epoch"], 0, "{taken}");
    // Nothing is signed before the lease is settled.
    mine(world, 2);
    let _evaluated = done(
        world,
        &["process", "eval", &process, GREETED, "--on", "node1"],
    );
    process
}

fn greet(world: &World, process: &str, node: &str, times: u64) {
    let sent = done(
        world,
        &[
            "process", "send", process, "--action", "Greet", "--wait", "--on", node,
        ],
    );
    let said = sent["result"]["Output"]["data"]
        .as_str()
        .or(sent["Output"]["data"].as_str());
    assert_eq!(
        said.map(str::trim),
        Some(times.to_string().as_str()),
        "{sent}"
    );
}

/// The host's transactions are not mined any more: it gives a message a slot that nobody will find on the base layer. Another node
/// computes that slot on its word.
async fn promised_and_never_published(world: &World, process: &str) -> String {
    let _censored = done(world, &["devnet", "chain", "censor", &world.node(0).wallet]);
    let sent = done(
        world,
        &[
            "process", "send", process, "--action", "Greet", "--on", "node1",
        ],
    );
    let void = sent["message"].as_str().expect("an id").to_owned();
    assert_eq!(result(world, "node2", process, &void).await, "2");
    void
}

/// What was promised and never published has no slot, also for the node that computed it, and for the one that signed it.
fn is_void(world: &World, node: &str, process: &str, message: &str) {
    let asked = [
        "process",
        "result",
        process,
        message,
        "--on",
        node,
        "--timeout",
        "1",
    ];
    let (ended, said) = run(world, &asked);
    assert_eq!(ended, Some(3), "{node}: {said}");
    assert!(said.contains("has no slot"), "{node}: {said}");
}

/// A user of another node gets no slot; gives the message's id.
fn nobody_answers(world: &World, process: &str) -> String {
    let (ended, said) = run(
        world,
        &[
            "process", "send", process, "--action", "Greet", "--on", "node2",
        ],
    );
    assert_eq!(ended, Some(7), "{said}");
    let (_, hint) = said
        .split_once("aosec challenge open --message ")
        .expect("the way on");
    hint.chars().take(43).collect()
}

/// The operator has lost 2 % of the allocation, and is jailed; the process has no host.
async fn is_slashed(world: &World, process: &str) {
    let row = done(world, &["host", "list", process, "--on", "node2"])["Rows"][0].clone();
    assert_eq!(row["State"], "Unhosted", "{row}");
    let operator = world.node(0).operator;
    let stake = done(world, &["stake", "show", &operator, "--on", "node2"])["Rows"][0].clone();
    let held = units(&stake["Held"]);
    assert_eq!(held, ALLOCATION - ALLOCATION / 50, "{stake}");
    assert!(stake["Jailed-Until"].as_u64().is_some(), "{stake}");
}

/// All that the challenger posted is back, and after the delay a fifth of the slash is his.
async fn is_paid(world: &World, before: u128) {
    let alice = account(world, "alice");
    assert_eq!(balance(world, &alice), before, "bond and fees are back");
    mine(world, 10);
    let bounty = ALLOCATION / 50 / 5;
    assert_eq!(balance(world, &alice), before + bounty);
}

/// The challenged message is the first slot of the base layer's order; then what comes into the inbox, by any node.
async fn goes_on(world: &World, process: &str, message: &str) {
    let challenged = result(world, "node2", process, message).await;
    assert_eq!(challenged, "2", "the challenged message has run once");
    let sent = done(
        world,
        &[
            "process", "send", process, "--action", "Greet", "--on", "node3",
        ],
    );
    let later = sent["message"].as_str().expect("an id");
    for node in ["node2", "node3"] {
        assert_eq!(result(world, node, process, later).await, "3");
        assert_eq!(result(world, node, process, message).await, "2");
    }
    same_roots(world, process, 4, &[1, 2]).await;
}

/// What a message printed, once its slot is settled.
async fn result(world: &World, node: &str, process: &str, message: &str) -> String {
    let end = Instant::now() + PATIENCE;
    loop {
        let (ended, said) = run(
            world,
            &["process", "result", process, message, "--on", node],
        );
        if ended == Some(0) {
            let result: Value = serde_json::from_str(&said).expect("a line of JSON");
            let data = result["result"]["Output"]["data"]
                .as_str()
                .or(result["Output"]["data"].as_str());
            return data.unwrap_or_default().trim().to_owned();
        }
        assert!(
            Instant::now() < end,
            "{node}, {message}: {said}\n{}",
            world.logs()
        );
        mine(world, 1);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// These nodes come to one state root of the process at a slot.
async fn same_roots(world: &World, process: &str, slot: u64, nodes: &[usize]) {
    let mut roots = Vec::new();
    for index in nodes {
        let url = format!("{}/root/{process}?slot={slot}", world.node(*index).cu);
        roots.push(json(&url).await);
    }
    let first = &roots[0];
    assert!(first["root"].is_string(), "{first}");
    for other in &roots {
        assert_eq!(
            (&other["root"], &other["slot"]),
            (&first["root"], &first["slot"])
        );
    }
}

/// The silent node comes back, and what it had signed is mined at last: it counts for nothing, and the node computes what the others do.
async fn comes_back_to_nothing(world: &World, process: &str) {
    let _awake = done(world, &["devnet", "chaos", "wake", "node1"]);
    let lift = ["devnet", "chain", "censor", &world.node(0).wallet, "--lift"];
    let _lifted = done(world, &lift);
    let end = Instant::now() + PATIENCE;
    let row = loop {
        let row = done(world, &["host", "list", process])["Rows"][0].clone();
        if row["State"] == "Unhosted" || Instant::now() > end {
            break row;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    assert_eq!(row["State"], "Unhosted", "{row}\n{}", world.logs());
    let greet = [
        "process", "send", process, "--action", "Greet", "--on", "node1",
    ];
    // Its own scheduler refuses for as long as the node has not settled who orders the process now.
    let sent = loop {
        let (ended, said) = run(world, &greet);
        if ended == Some(0) {
            break serde_json::from_str::<Value>(&said).expect("one object");
        }
        assert!(Instant::now() < end, "{said}\n{}", world.logs());
    };
    let last = sent["message"].as_str().expect("an id");
    for node in ["node1", "node2", "node3"] {
        assert_eq!(result(world, node, process, last).await, "4", "{node}");
    }
    same_roots(world, process, 5, &[0, 1, 2]).await;
}

/// A killed node begins again with a court that it has not computed yet: the host's word is not believed meanwhile.
async fn stays_void_after_a_restart(world: &World, process: &str, void: &str) {
    let before = world.node(0).pid;
    world.kill(0);
    world.wait_for_restart(0, before).await;
    is_void(world, "node1", process, void);
    same_roots(world, process, 5, &[0, 1, 2]).await;
}

/// A host that a user cannot reach answers the case out of the challenge itself, and loses nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_host_answers_a_case_by_itself() {
    let world = World::start(2);
    let process = hosted(&world);
    let folder = world.folder().join("unsent.bin");
    let path = folder.to_str().expect("a plain path");
    let user = SigningKey::ed25519([9; 32]);
    let target = process.parse().expect("an id");
    let message = draft::message(&user, target, "Greet", "");
    let id = message.id().to_string();
    std::fs::write(&folder, message.bytes()).expect("a file in our own folder");
    let opened = done(
        &world,
        &[
            "challenge",
            "open",
            "--file",
            path,
            "--at-once",
            "--yes",
            "--on",
            "node2",
        ],
    );
    let case = &opened["cases"][0];
    assert_eq!(case["State"], "Closed", "{opened}\n{}", world.logs());
    let row = done(&world, &["host", "list", &process, "--on", "node2"])["Rows"][0].clone();
    assert_eq!(row["State"], "Hosted", "{row}");
    assert_eq!(units(&row["Lease"]["Allocation"]), ALLOCATION);
    let metrics = http::get(&format!("{}/metrics", world.node(0).web)).await;
    let metrics = metrics.expect("an answer").text;
    assert!(
        metrics.contains("aosec_cases_answered_total 1"),
        "{metrics}"
    );
    assert_eq!(result(&world, "node1", &process, &id).await, "1");
}

fn account(world: &World, name: &str) -> String {
    let accounts = &world.devnet().accounts;
    let found = accounts.iter().find(|account| account.name == name);
    found.expect("a devnet account").address.clone()
}

fn balance(world: &World, address: &str) -> u128 {
    units(&done(world, &["origin", "balance", address, "--on", "node2"])["Balance"])
}

pub(crate) fn units(amount: &Value) -> u128 {
    let text = amount.as_str().unwrap_or_default();
    text.parse()
        .unwrap_or_else(|_bad| panic!("no amount: {amount}"))
}

/// Mines blocks, and waits until the court of the second node has sat over them.
fn mine(world: &World, blocks: u64) {
    let count = blocks.to_string();
    let mined = done(world, &["devnet", "chain", "mine", "--blocks", &count]);
    let height = mined["height"].as_u64().expect("a height");
    let end = Instant::now() + PATIENCE;
    while done(world, &["origin", "info", "--on", "node2"])["soft"].as_u64() < Some(height) {
        assert!(Instant::now() < end, "block {height}\n{}", world.logs());
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Waits until the court knows so many slots of the process.
async fn published(world: &World, process: &str, slot: u64) {
    let url = format!("{}/origin/head/{process}", world.node(1).cu);
    let end = Instant::now() + PATIENCE;
    while json(&url).await["slot"].as_u64() < Some(slot) {
        assert!(Instant::now() < end, "slot {slot}\n{}", world.logs());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn json(url: &str) -> Value {
    http::get(url).await.expect("an answer").json()
}
