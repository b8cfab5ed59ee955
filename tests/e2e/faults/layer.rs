//! What a base layer may do to a node is no fault of anybody: it is cut off, blocks are taken back, an inbox is full. And nodes that keep
//! the law cannot be told to break it.

use std::time::{Duration, Instant};

use aosec_tests::harness::World;
use aosec_tests::harness::typed::{done, run};

use super::stage::{account, at, balance, mine, soft};

/// Items of the greatest size that run in a block.
const ITEMS_PER_BLOCK: u64 = 10;
const PATIENCE: Duration = Duration::from_secs(60);
const NOBODY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[test]
fn a_base_layer_that_fails_a_node_ends_no_court() {
    let world = World::start(2);
    cut_off_and_back(&world);
    taken_back(&world);
    jammed(&world);
    law_abiding(&world);
}

/// A node that is cut off stands still, and sees what it has missed once it is back.
fn cut_off_and_back(world: &World) {
    let cut = done(world, &["devnet", "chaos", "partition", "node1"]);
    assert_eq!(cut["cut"][0], "node1", "{cut}");
    let stood = soft(world, 1);
    mine(world, 10);
    let now = soft(world, 2);
    assert!(soft(world, 1) <= stood + 2, "it sees no blocks");
    let lifted = done(world, &["devnet", "chaos", "partition", "node1", "--lift"]);
    assert_eq!(lifted["cut"].as_array().map(Vec::len), Some(0), "{lifted}");
    let end = Instant::now() + PATIENCE;
    while soft(world, 1) < now {
        assert!(Instant::now() < end, "{}", world.logs());
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// One block is replaced; more would stop every node, and must be asked for by name.
fn taken_back(world: &World) {
    let forked = done(world, &["devnet", "chaos", "reorg", "node1"]);
    at(world, forked["height"].as_u64().expect("a height"));
    let (ended, said) = run(
        world,
        &["devnet", "chaos", "reorg", "node1", "--depth", "2"],
    );
    assert_eq!(ended, Some(2), "{said}");
    assert!(said.contains("--beyond-settlement"), "{said}");
    let info = done(world, &["origin", "info", "--on", "node2"]);
    assert!(info["alarm"].is_null(), "{info}");
}

/// What comes into a full inbox waits, and runs.
fn jammed(world: &World) {
    let jam = done(world, &["devnet", "chaos", "jam", "node1", "--blocks", "2"]);
    assert_eq!(jam["items"], 2 * ITEMS_PER_BLOCK, "{jam}");
    let bob = account(world, "bob");
    let before = balance(world, &bob);
    let sent = ["origin", "transfer", &bob, "1", "--yes", "--on", "node2"];
    let _ran = done(world, &sent);
    assert!(balance(world, &bob) > before);
}

/// A devnet without the flag has no door to misbehaviour.
fn law_abiding(world: &World) {
    for verb in [
        &["equivocate", "node1", NOBODY][..],
        &["withhold", "node1", "data"],
    ] {
        let command = [&["devnet", "chaos"][..], verb].concat();
        let (ended, said) = run(world, &command);
        assert_eq!(ended, Some(4), "{said}");
        assert!(said.contains("--chaos-unsafe"), "{said}");
    }
    let (ended, said) = run(world, &["devnet", "chaos", "partition", "node9"]);
    assert_eq!(ended, Some(3), "{said}");
}
