//! A host that is killed in the middle of a case, before it could answer: it comes back and answers, and loses nothing.

use std::time::{Duration, Instant};

use aosec_tests::harness::typed::{done, run};
use aosec_tests::harness::{World, draft};
use aosec_wire::SigningKey;

use crate::orphan::{ALLOCATION, hosted_for, units};

/// Blocks of half a second: a busy machine needs ten seconds of them to start a node.
const PERIOD: u64 = 90;
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[test]
fn a_host_that_is_killed_in_mid_case_comes_back_and_answers() {
    let world = World::start(2);
    let process = hosted_for(&world, PERIOD);
    let file = world.folder().join("unsent.bin");
    let path = file.to_str().expect("a plain path");
    let target = process.parse().expect("an id");
    let message = draft::message(&SigningKey::ed25519([9; 32]), target, "Greet", "");
    std::fs::write(&file, message.bytes()).expect("a file in our own folder");
    let _silent = done(&world, &["devnet", "chaos", "silence", "node1"]);
    let open = [
        "challenge",
        "open",
        "--file",
        path,
        "--at-once",
        "--yes",
        "--on",
        "node2",
    ];
    let (ended, said) = std::thread::scope(|scope| {
        let opening = scope.spawn(|| run(&world, &open));
        let end = Instant::now() + PATIENCE;
        while cases(&world) == 0 {
            assert!(Instant::now() < end, "no case\n{}", world.logs());
            std::thread::sleep(LOOK_EVERY);
        }
        world.kill(0);
        opening.join().expect("the command")
    });
    assert_eq!(ended, Some(0), "{said}\n{}", world.logs());
    assert!(said.contains("Closed"), "{said}\n{}", world.logs());
    let row = done(&world, &["host", "list", &process, "--on", "node2"])["Rows"][0].clone();
    assert_eq!(row["State"], "Hosted", "{row}");
    assert_eq!(units(&row["Lease"]["Allocation"]), ALLOCATION);
}

/// How many cases the second node's court knows.
fn cases(world: &World) -> usize {
    let listed = done(world, &["challenge", "list", "--on", "node2"]);
    listed["Rows"].as_array().map_or(0, Vec::len)
}
