//! Nodes that hunt find what other nodes have signed or kept back, report it, and are paid; nobody asks them to.

use std::time::{Duration, Instant};

use aosec_tests::harness::typed::done;
use aosec_tests::harness::{World, draft, http};
use aosec_wire::SigningKey;
use serde_json::Value;

use super::stage::{
    ALLOCATION, BOND, TOKEN, balance, file, has_left, hosted, mine, published, refused, row,
    said_to, stake, unhosted, units,
};

/// Blocks until a slash has become bounty and restitution, and some more.
const SLASH_DELAY: u64 = 10;
/// Blocks in which a promise must be published on a devnet, and blocks that the process gives its host in a case.
const PUBLISH_WITHIN: u64 = 6;
const PERIOD: u64 = 6;
/// The keys of those who are promised slots.
const PROMISED: std::ops::Range<u8> = 20..26;
/// From a fact in a node to its number on the page, also behind a restart.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hunters_find_contradictions_and_missing_data_and_are_paid() {
    let world = World::start_with(3, &["--agent", "hunt", "--chaos-unsafe"]);
    // What a hunter may risk lies on its operator's address.
    for number in [1, 2] {
        let operator = world.node(number - 1).operator;
        let _sent = done(&world, &["origin", "transfer", &operator, "5", "--yes"]);
    }
    two_contents_in_a_slot(&world).await;
    // A scheduler that meets what its key has signed elsewhere signs no more: so this comes before its node is told to.
    a_promise_that_is_not_published(&world).await;
    a_chain_that_does_not_follow(&world).await;
    let kept = hosted(&world, 3).await;
    a_message_that_nobody_has(&world).await;
    an_epoch_that_was_never_held(&world, &kept);
}

/// All of the allocation, a tenth of the rest, and the end as an operator; a fifth is the hunters', three tenths the process's.
async fn two_contents_in_a_slot(world: &World) {
    let process = hosted(world, 1).await;
    let before = bounties(world, [2, 3]);
    let out = world.folder().join("double");
    let out = out.to_str().expect("a plain path");
    let equivocate = [
        "devnet",
        "chaos",
        "equivocate",
        "node1",
        &process,
        "--out",
        out,
    ];
    let signed = done(world, &equivocate);
    assert_ne!(signed["own"]["id"], signed["other"]["id"]);
    unhosted(world, &process);
    let slash = ALLOCATION + (BOND - ALLOCATION) / 10;
    has_left(world, 1, BOND - slash);
    assert_eq!(stake(world, 1)["Tombstoned"], true, "{}", stake(world, 1));

    let escrow = units(&row(world, &process)["Escrow"]);
    mine(world, SLASH_DELAY);
    assert_eq!(
        units(&row(world, &process)["Escrow"]),
        escrow + slash * 3 / 10
    );
    assert_eq!(bounties(world, [2, 3]), before + slash / 5);
    again_changes_nothing(world, &process, out).await;
    has_left(world, 1, BOND - slash);
    counted(world, "double").await;
    once_in_spite_of_a_restart(world).await;
    assert_eq!(bounties(world, [2, 3]), before + slash / 5);
}

/// A hunter that has forgotten everything finds the fault again, and files the message that it filed before: it runs no second time.
async fn once_in_spite_of_a_restart(world: &World) {
    let (before, slots) = (world.node(1).pid, court_slots(world));
    world.kill(1);
    world.wait_for_restart(1, before).await;
    counted(world, "double").await;
    mine(world, 3);
    let items = court_slots(world) - slots;
    assert_eq!(items, 0, "nothing was sent to the court but Ticks");
}

/// Slots of the court that are no Ticks.
fn court_slots(world: &World) -> u64 {
    let info = done(world, &["origin", "info", "--on", "node3"]);
    let number = |name: &str| info[name].as_u64().unwrap_or(0);
    number("slot").saturating_sub(number("soft"))
}

/// The same evidence once more, by somebody else.
async fn again_changes_nothing(world: &World, process: &str, folder: &str) {
    let (own, other) = (format!("{folder}/own.bin"), format!("{folder}/other.bin"));
    let evidence = ["--evidence", &own, "--evidence", &other];
    let what = ["--process", process, "--slot", "1", "--on", "node2"];
    let report = [&["challenge", "report", "double"][..], &what, &evidence].concat();
    refused(world, &report, "6.1 late");
}

/// All of the allocation.
async fn a_chain_that_does_not_follow(world: &World) {
    let process = hosted(world, 2).await;
    let bond = units(&stake(world, 2)["Bond"]);
    let equivocate = [
        "devnet",
        "chaos",
        "equivocate",
        "node2",
        &process,
        "--how",
        "chain",
    ];
    let _signed = done(world, &equivocate);
    unhosted(world, &process);
    has_left(world, 2, bond - ALLOCATION);
    assert_ne!(stake(world, 2)["Tombstoned"], true, "{}", stake(world, 2));
}

/// A twentieth of the allocation. Hunters bring the newest promise: the receipt that the log could take next is published by the challenge
/// itself.
async fn a_promise_that_is_not_published(world: &World) {
    let process = hosted(world, 2).await;
    let bond = units(&stake(world, 2)["Bond"]);
    let before = bounties(world, [1, 3]);
    let withhold = ["devnet", "chaos", "withhold", "node2", "records"];
    let _withheld = done(world, &withhold);
    promised(world, &process).await;
    mine(world, PUBLISH_WITHIN + 1);
    let accused = until_accused(world, &process);
    assert_eq!(accused["Kind"], "Publication", "{accused}");
    mine(world, PERIOD + 1);
    unhosted(world, &process);
    let slash = ALLOCATION / 20;
    has_left(world, 2, bond - slash);
    mine(world, SLASH_DELAY);
    assert_eq!(bounties(world, [1, 3]), before + slash / 5);
    let _lifted = done(world, &[&withhold[..], &["--lift"]].concat());
}

/// Slots for some messages at once, so that there are several at one height.
async fn promised(world: &World, process: &str) {
    let mut sent = tokio::task::JoinSet::new();
    for number in PROMISED {
        let key = SigningKey::ed25519([number; 32]);
        let item = draft::message(&key, process.parse().expect("an id"), "Greet", "");
        let mu = world.node(0).mu.clone();
        sent.spawn(async move { http::post_item(&mu, item.bytes().clone()).await });
    }
    while let Some(answer) = sent.join_next().await {
        let answer = answer.expect("it ends").expect("an answer");
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
}

/// The first case of a process, once there is one.
fn until_accused(world: &World, process: &str) -> Value {
    let end = Instant::now() + PATIENCE;
    loop {
        let listed = done(
            world,
            &["challenge", "list", "--process", process, "--on", "node2"],
        );
        if let Some(row) = listed["Rows"].as_array().and_then(|rows| rows.first()) {
            return row.clone();
        }
        assert!(Instant::now() < end, "no case\n{}", world.logs());
        mine(world, 1);
    }
}

/// All of the allocation, once the host has lost what it never published.
async fn a_message_that_nobody_has(world: &World) {
    let process = hosted(world, 3).await;
    let bond = units(&stake(world, 3)["Bond"]);
    let _withheld = done(world, &["devnet", "chaos", "withhold", "node3", "data"]);
    let receipt = said_to(world, 3, &process, 2).await;
    let _kept = file(world, "receipt.bin", &receipt);
    published(world, &process, 2).await;
    let _silent = done(world, &["devnet", "chaos", "silence", "node3"]);
    unhosted(world, &process);
    has_left(world, 3, bond - ALLOCATION);
    let case = until_accused(world, &process);
    assert_eq!(
        (&case["Kind"], &case["State"]),
        (&"Data".into(), &"Expired".into()),
        "{case}"
    );
    assert_eq!(case["Slot"], 2, "{case}");
    let _awake = done(world, &["devnet", "chaos", "wake", "node3"]);
    mine(world, 2);
    let out = file(world, "emptied.json", b"");
    let slot = ["proof", "fetch", &process, "2", "--on", "node2"];
    let proof = done(world, &[&slot[..], &["--out", &out]].concat());
    assert_eq!(proof["emptied"], case["Case"], "{proof}");
}

/// A tenth of the bond, and the process keeps its host. The host's own scheduler sees what its key has signed, and signs no more.
fn an_epoch_that_was_never_held(world: &World, process: &str) {
    let bond = units(&stake(world, 3)["Bond"]);
    let equivocate = [
        "devnet",
        "chaos",
        "equivocate",
        "node3",
        process,
        "--how",
        "tenure",
    ];
    let _signed = done(world, &equivocate);
    has_left(world, 3, bond - bond / 10);
    assert_eq!(row(world, process)["State"], "Hosted");
}

/// What these operators have on their own addresses, together: those who report a fault at once share its bounty.
fn bounties(world: &World, numbers: [usize; 2]) -> u128 {
    let of = |number: usize| balance(world, &world.node(number - 1).operator);
    let sum = numbers.into_iter().map(of).sum();
    assert!(sum < 1_000 * TOKEN, "nobody else has paid them");
    sum
}

/// A hunter tells that it has found and reported the fault.
async fn counted(world: &World, fault: &str) {
    let url = format!("{}/metrics", world.node(1).web);
    let lines = ["aosec_hunter_findings_total", "aosec_hunter_reports_total"]
        .map(|name| format!("{name}{{fault=\"{fault}\"}} 1\n"));
    let end = Instant::now() + PATIENCE;
    loop {
        let metrics = http::get(&url)
            .await
            .map_or(String::new(), |answer| answer.text);
        if lines.iter().all(|line| metrics.contains(line)) {
            return;
        }
        assert!(
            Instant::now() < end,
            "{lines:?}\n{metrics}\n{}",
            world.logs()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
