//! Whoever holds a receipt that the host does not keep brings it before the court by hand, and is paid; nodes only defend themselves.

use aosec_tests::harness::typed::done;
use aosec_tests::harness::{World, draft};
use aosec_wire::SigningKey;

use super::stage::{
    ALLOCATION, BOND, TOKEN, account, balance, file, has_left, hosted, mine, refused, row, said_to,
    unhosted,
};

/// Blocks until a stamp is older than `publish_within`, and settled.
const STALE: u64 = 8;
/// Blocks until a slash has become bounty and restitution, and some more.
const SLASH_DELAY: u64 = 10;
/// What both faults cost.
const SLASH: u128 = ALLOCATION / 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_that_are_not_published_cost_a_twentieth() {
    let world = World::start_with(2, &["--chaos-unsafe"]);
    equal_contents_are_no_fault(&world).await;
    answered_and_not_published(&world).await;
    promised_and_not_published(&world).await;
}

/// Two signatures under one content: the host has said the same thing twice (6.1).
async fn equal_contents_are_no_fault(world: &World) {
    let process = hosted(world, 1).await;
    let out = world.folder().join("same");
    let out = out.to_str().expect("a plain path");
    let equivocate = [
        "devnet",
        "chaos",
        "equivocate",
        "node1",
        &process,
        "--how",
        "same",
    ];
    let signed = done(
        world,
        &[&equivocate[..], &["--secret", "--out", out]].concat(),
    );
    assert_ne!(signed["own"]["id"], signed["other"]["id"], "{signed}");
    let (own, other) = (format!("{out}/own.bin"), format!("{out}/other.bin"));
    let evidence = ["--evidence", &own, "--evidence", &other];
    let what = ["--process", &process, "--slot", "1", "--on", "node2"];
    let report = [&["challenge", "report", "double"][..], &what, &evidence].concat();
    refused(world, &report, "6 evidence");
    has_left(world, 1, BOND);
    assert_eq!(row(world, &process)["State"], "Hosted");
}

/// A receipt whose slot nobody can find, nor the one before it.
async fn promised_and_not_published(world: &World) {
    let process = hosted(world, 1).await;
    let _withheld = done(world, &["devnet", "chaos", "withhold", "node1", "records"]);
    let _void = said_to(world, 1, &process, 2).await;
    let receipt = file(world, "late.bin", &said_to(world, 1, &process, 3).await);
    let challenge = ["challenge", "publication", &receipt, "--on", "node2"];
    refused(world, &[&challenge[..], &["--yes"]].concat(), "6 early");
    mine(world, STALE);
    let alice = account(world, "alice");
    let before = balance(world, &alice);
    let opened = done(world, &[&challenge[..], &["--yes"]].concat());
    let case = opened["answer"]["Cases"][0]["Case"].to_string();
    let ended = done(world, &["challenge", "watch", &case, "--on", "node2"]);
    assert_eq!(ended["State"], "Expired", "{ended}\n{}", world.logs());
    unhosted(world, &process);
    has_left(world, 1, BOND - SLASH);
    assert_eq!(balance(world, &alice), before, "the bond is back");
    mine(world, SLASH_DELAY);
    assert_eq!(balance(world, &alice), before + SLASH / 5);
    refused(world, &[&challenge[..], &["--yes"]].concat(), "6 slashed");
    has_left(world, 1, BOND - SLASH);
    assert_eq!(balance(world, &alice), before + SLASH / 5);
    let lift = ["devnet", "chaos", "withhold", "node1", "records", "--lift"];
    assert_eq!(done(world, &lift)["records"], false);
}

/// The host answers a challenge in time, with a slot that nobody can follow.
async fn answered_and_not_published(world: &World) {
    let process = hosted(world, 2).await;
    let _withheld = done(world, &["devnet", "chaos", "withhold", "node2", "records"]);
    let _void = said_to(world, 2, &process, 2).await;
    let user = SigningKey::ed25519([9; 32]);
    let message = draft::message(&user, process.parse().expect("an id"), "Greet", "");
    let path = file(world, "unsent.bin", message.bytes());
    let alice = account(world, "alice");
    let before = balance(world, &alice);
    let open = ["challenge", "open", "--file", &path, "--at-once", "--yes"];
    let opened = done(world, &[&open[..], &["--on", "node1"]].concat());
    let case = &opened["cases"][0];
    assert_eq!(case["State"], "Expired", "{opened}\n{}", world.logs());
    assert!(case["Publish-By"].is_u64(), "it was answered: {opened}");
    unhosted(world, &process);
    has_left(world, 2, BOND - SLASH);
    let fee = TOKEN / 10;
    assert_eq!(balance(world, &alice), before - fee, "the answer is paid");
    mine(world, SLASH_DELAY);
    assert_eq!(balance(world, &alice), before - fee + SLASH / 5);
}
