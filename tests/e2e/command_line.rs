//! The commands of the README's first page, typed by a newcomer, and the exit codes that scripts rely on.

use aosec_tests::harness::World;
use aosec_tests::harness::typed::{done, run};

/// A process that answers with how often it was asked, as in the README.
const COUNTER: &str = r#"Handlers.add("count", "Count", function(m) N = (N or 0) + 1; m.reply({ Data = tostring(N) }) end)"#;
const NOBODY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[test]
fn a_newcomer_spawns_sends_evaluates_and_follows() {
    let world = World::shared();
    let file = world.folder().join("counter.lua");
    std::fs::write(&file, COUNTER).expect("a file in our own folder");

    let spawned = done(
        world,
        &[
            "process",
            "spawn",
            "--file",
            file.to_str().expect("a plain path"),
        ],
    );
    let process = spawned["process"]
        .as_str()
        .expect("the id of the process")
        .to_owned();
    let sent = done(
        world,
        &["process", "send", &process, "--action", "Count", "--wait"],
    );
    assert_eq!(sent["result"]["Messages"][0]["Data"], "1", "{sent}");
    let evaluated = done(world, &["process", "eval", &process, "return N"]);
    assert_eq!(evaluated["result"]["Output"]["data"], "1", "{evaluated}");

    let message = sent["message"].as_str().expect("the id of the message");
    let status = done(world, &["message", "status", message]);
    assert!(
        status["slot"].as_u64() == Some(1) && status["receipt"].is_string(),
        "{status}"
    );
    let result = done(world, &["process", "result", &process, message]);
    assert_eq!(result["result"]["Messages"], sent["result"]["Messages"]);
    let read = done(world, &["process", "read", &process, "--action", "Count"]);
    assert_eq!(
        read["result"]["Messages"][0]["Data"], "2",
        "a dry run shows what would come: {read}"
    );

    let nodes = done(world, &["status"])["nodes"]
        .as_array()
        .map_or(0, Vec::len);
    assert_eq!(nodes, world.devnet().nodes.len());
}

#[test]
fn the_court_is_read_as_one_line_of_json() {
    let world = World::shared();
    let devnet = world.devnet();
    let operator = devnet.nodes[0].operator.as_str();
    let cases: [(&[&str], &str); 9] = [
        (&["origin", "info"], "soft"),
        (&["origin", "info", "--firm"], "contract"),
        (&["origin", "root"], "root"),
        (&["origin", "params"], "Parameters"),
        (&["origin", "operators"], "Rows"),
        (&["origin", "operators", operator], "Rows"),
        (&["origin", "processes", "--first", "1"], "Rows"),
        (&["origin", "balance", NOBODY], "Balance"),
        (&["stake", "show", operator], "Rows"),
    ];
    for (arguments, field) in cases {
        let read = done(world, arguments);
        assert!(read.get(field).is_some(), "{arguments:?}: {read}");
    }
    let failures: [(i32, &[&str], &str); 6] = [
        (3, &["origin", "message", NOBODY], "has not run"),
        (4, &["origin", "operators", NOBODY], "rule 4 (operator)"),
        (4, &["host", "list", NOBODY], "rule 5.12 (process)"),
        (2, &["host", "list", NOBODY, "--first", "2"], "--first"),
        (2, &["host", "fund", NOBODY, "1"], "--yes"),
        (
            2,
            &["stake", "withdraw", "--devnet-node", "1", "--key", "alice"],
            "--key",
        ),
    ];
    for (code, arguments, reason) in failures {
        let (ended, said) = run(world, arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
}

#[test]
fn failures_have_their_exit_codes_and_a_sentence() {
    let world = World::shared();
    let nowhere = "http://127.0.0.1:1";
    let cases: [(i32, &[&str]); 5] = [
        (2, &["process", "send"]),
        (3, &["process", "send", NOBODY, "--action", "Hello"]),
        (3, &["process", "spawn", "--file", "/nowhere/at.all"]),
        (3, &["message", "status", NOBODY]),
        (
            5,
            &["process", "send", NOBODY, "--mu", nowhere, "--cu", nowhere],
        ),
    ];
    for (code, arguments) in cases {
        let (ended, said) = run(world, arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {said}");
        assert!(said.len() > 20, "{arguments:?} gives no reason: {said}");
    }
}
