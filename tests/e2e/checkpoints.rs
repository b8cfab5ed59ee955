//! A state that somebody computed, as its readers type it: written to the base layer, found, begun with at once and called
//! unverified, judged by whoever computes the log, and refused where it lies.

use std::time::Duration;

use aosec_node::arweave::bundler::Bundler;
use aosec_node::arweave::gateway::Gateway;
use aosec_node::cu::published::Published;
use aosec_node::keys;
use aosec_tests::harness::deadline::until;
use aosec_tests::harness::typed::{done, run};
use aosec_tests::harness::{World, http};
use aosec_wire::{Id, SigningKey, Tags};
use serde_json::Value;

/// What the process counts; each slot changes the root.
const COUNTER: &str = r#"Handlers.add("count", "Count", function(m) N = (N or 0) + 1 end)"#;
/// Slots before the checkpoint, and behind it.
const BEFORE: u64 = 40;
const BEHIND: u64 = 5;
/// Publication and settlement of a few slots.
const PUBLISHED: Duration = Duration::from_secs(120);
/// Proving the root of a state of some pages, and storing it: some milliseconds, and far more where others hold the machine.
const BEGUN_MS_MAX: u64 = 5_000;
/// The code for what a rule refuses.
const REFUSED: Option<i32> = Some(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_state_is_written_found_begun_with_and_judged() {
    let world = World::shared();
    let process = counted(world).await;
    let alice = world.folder().join("net/accounts/alice.json");
    let alice = alice.to_str().expect("a plain path");
    let (code, said) = run(world, &["checkpoint", "write", &process, "--key", alice]);
    assert!(
        code != Some(0) && said.contains(" AR "),
        "the price comes first: {said}"
    );
    let written = ["checkpoint", "write", &process, "--key", alice, "--yes"];
    let written = done(world, &written);
    let (id, slot) = (text(&written, "checkpoint"), written["slot"].as_u64());
    assert!(slot.is_some_and(|slot| slot >= BEFORE), "{written}");
    let found = until("it is found", PUBLISHED, async || {
        let listed = done(world, &["checkpoint", "list", &process]);
        let first = listed["checkpoints"].as_array()?.first()?.clone();
        (first["checkpoint"] == id.as_str()).then_some(first)
    })
    .await;
    assert_eq!(found["verified"], false, "nobody here has computed it");

    counts(world, &process, BEHIND).await;
    let (code, said) = run(world, &["checkpoint", "fetch", &id]);
    assert_eq!(code, REFUSED, "not without a word of the operator: {said}");
    let begun = done(world, &["checkpoint", "fetch", &id, "--unverified"]);
    assert_eq!(begun["verified"], false);
    assert_eq!(begun["from"].as_u64(), slot);
    let (head, root) = (begun["slot"].as_u64(), text(&begun, "root"));
    assert!(head > slot, "{begun}");
    assert_eq!(root, root_of(world, &process, head.expect("a slot")).await);
    let took = begun["begun_in_ms"].as_u64().expect("a time");
    eprintln!("begun with the state behind slot {slot:?} in {took} ms");
    assert!(took <= BEGUN_MS_MAX, "{begun}");

    let judged = done(world, &["checkpoint", "verify", &id]);
    assert_eq!(judged["verified"], true, "{judged}");
    let lie = lie(world, &id, alice).await;
    let (code, said) = run(world, &["checkpoint", "verify", &lie]);
    assert_eq!(code, REFUSED, "{said}");
    assert!(said.contains("lies"), "{said}");
    let (code, said) = run(world, &["checkpoint", "fetch", &lie, "--unverified"]);
    assert_eq!(code, REFUSED, "its pages do not give its root: {said}");
}

/// A process with some slots, all of them settled on the base layer.
async fn counted(world: &World) -> String {
    let file = world.folder().join("checkpoint.lua");
    std::fs::write(&file, COUNTER).expect("a file in our own folder");
    let file = file.to_str().expect("a plain path");
    let process = text(
        &done(world, &["process", "spawn", "--file", file]),
        "process",
    );
    counts(world, &process, BEFORE).await;
    process
}

/// Sends that many messages, and waits until all is settled.
async fn counts(world: &World, process: &str, messages: u64) {
    for _ in 0..messages {
        let _sent = done(world, &["process", "send", process, "--action", "Count"]);
    }
    let gateway = world.devnet().gateway.trim_end_matches('/').to_owned();
    let web = world.node(0).web;
    until("all is in blocks", PUBLISHED, async || {
        let answer = http::get(&format!("{}/status", web.trim_end_matches('/'))).await;
        (answer.ok()?.json()["unpublished"] == 0).then_some(())
    })
    .await;
    let height = height(&gateway).await;
    until("it is settled", PUBLISHED, async || {
        (self::height(&gateway).await > height + 2).then_some(())
    })
    .await;
}

async fn height(gateway: &str) -> u64 {
    let info = http::get(&format!("{gateway}/info"))
        .await
        .expect("the base layer");
    info.json()["height"].as_u64().expect("a height")
}

async fn root_of(world: &World, process: &str, slot: u64) -> String {
    let cu = world.node(0).cu;
    let url = format!("{}/root/{process}?slot={slot}", cu.trim_end_matches('/'));
    until("the host has computed it", PUBLISHED, async || {
        http::get(&url).await.ok()?.json()["root"]
            .as_str()
            .map(str::to_owned)
    })
    .await
}

/// The same checkpoint with another root.
async fn lie(world: &World, honest: &str, wallet: &str) -> String {
    let gateway =
        || Gateway::new(vec![world.devnet().gateway.parse().expect("a url")]).expect("a client");
    let id: Id = honest.parse().expect("an id");
    let item = gateway()
        .item(id)
        .await
        .expect("a gateway")
        .expect("it is there");
    let mut published = Published::read(&item).expect("a checkpoint");
    published.root = Id::new([9; 32]);
    let draft = published.draft().expect("it fits");
    let item = draft.sign(&SigningKey::ed25519([7; 32])).expect("it signs");
    let wallet = keys::open(wallet.as_ref(), None, None).expect("a wallet");
    let bundler = Bundler::new(gateway(), wallet);
    let posted = bundler
        .post_data(vec![item.bytes().clone()], Tags::new())
        .await;
    posted.expect("it is taken");
    let id = item.id();
    until("it is mined", PUBLISHED, async || {
        gateway().item(id).await.ok()?.map(|_| ())
    })
    .await;
    id.to_string()
}

fn text(json: &Value, name: &str) -> String {
    json[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {json}"))
        .to_owned()
}
