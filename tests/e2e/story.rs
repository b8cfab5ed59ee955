//! The README's story, by the command that plays it: a silent host is challenged and slashed, Arweave goes on. The message that gets no
//! slot is an aoconnect user's, where Node is installed, and so are those that the process gets without a host.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aosec_tests::harness::group::Group;
use aosec_tests::harness::typed::{done, run};
use aosec_tests::harness::{World, binary, http, npm};
use serde_json::Value;

/// Some 40 blocks of half a second, and some 60 commands on a busy machine.
const DEADLINE: Duration = Duration::from_secs(480);
/// The exit code of a proof that does not hold.
const INVALID: i32 = 6;

#[test]
fn the_story_plays_on_a_running_devnet_and_leaves_it_as_it_was() {
    let world = World::start(3);
    let lines = played(&world);
    let (end, steps) = lines.split_last().expect("the story says something");
    assert_eq!(end["ended"], "well", "{end}\n{}", world.logs());
    let numbers: Vec<_> = steps
        .iter()
        .filter_map(|step| step["step"].as_u64())
        .collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>(), "{steps:?}");
    assert!(
        steps
            .iter()
            .all(|step| step["says"].as_array().is_some_and(|says| !says.is_empty()))
    );
    let facts = &end["facts"];
    let process = facts["process"].as_str().expect("an id");
    let row = done(&world, &["host", "list", process, "--on", "node2"])["Rows"][0].clone();
    assert_eq!(row["State"], "Unhosted", "{row}");
    let slashed: u128 = facts["slashed"]
        .as_str()
        .and_then(|units| units.parse().ok())
        .expect("an amount");
    assert_eq!(slashed, 2_000_000_000_000, "2 % of 100 tokens");
    assert_eq!(facts["bounty"], (slashed / 5).to_string());
    comes_true(steps, facts);
    let faults = done(&world, &["devnet", "chain", "faults"]).to_string();
    assert!(
        !faults.contains(world.node(0).wallet.as_str()),
        "nobody is censored any more: {faults}"
    );
    let message = facts["message"].as_str().expect("an id");
    slots_are_proven(&world, process, message);
    let shown = reads(&world, process, message);
    block_on(shown);
    let promised = facts["promised"].as_str().expect("an id");
    block_on(is_nowhere(&world, process, promised));
    npm::play_with(&world, "orphan", &[("AOSEC_PROCESS", Path::new(process))]);
}

fn block_on(told: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(told);
}

/// Every scheduler shows the log as Arweave orders it: the host's slots, signed where they are kept, and behind them those of nobody.
async fn reads(world: &World, process: &str, message: &str) {
    for index in 0..3 {
        let su = world.node(index).su;
        let page = json(&format!(
            "{su}/{process}?process-id={process}&from-nonce=-1&raw"
        ))
        .await;
        let edges = page["edges"].as_array().expect("edges");
        assert_eq!(edges.len(), 6, "{page}");
        assert_eq!(page["page_info"]["has_next_page"], false);
        for (slot, edge) in edges.iter().enumerate() {
            let assignment = &edge["node"]["assignment"];
            assert_eq!(tag(assignment, "Nonce"), slot.to_string());
            assert_eq!(
                tag(assignment, "Ordered-By") == "Arweave",
                slot > 2,
                "{assignment}"
            );
            let is_signed = assignment["signature"] != "";
            assert_eq!(
                is_signed,
                index == 0 && slot <= 2,
                "node {index}, slot {slot}: {assignment}"
            );
        }
        let asked = &edges[3]["node"];
        assert_eq!(
            (
                tag(&asked["assignment"], "Message"),
                &asked["message"]["id"]
            ),
            (message.to_owned(), &Value::from(message))
        );
        let one = json(&format!("{su}/{message}?process-id={process}&raw")).await;
        assert_eq!(one, *asked);
        let latest = json(&format!("{su}/{process}/latest")).await;
        assert_eq!(
            latest["assignment"]["id"],
            edges[5]["node"]["assignment"]["id"]
        );
        let since = tag(&edges[3]["node"]["assignment"], "Timestamp");
        let until = tag(&edges[4]["node"]["assignment"], "Timestamp");
        let by_time = json(&format!("{su}/{process}?from={since}&to={until}&limit=2")).await;
        assert_eq!(
            by_time["edges"].as_array().map(Vec::len),
            Some(1),
            "{by_time}"
        );
        assert_eq!(by_time["edges"][0]["cursor"], until);
    }
    let status = done(world, &["message", "status", message, "--on", "node2"]);
    assert_eq!(
        (&status["state"], &status["slot"]),
        (&Value::from("ordered by Arweave"), &Value::from(3)),
        "{status}"
    );
    assert!(
        status["block"].is_u64() && status["result"]["Output"].is_object(),
        "{status}"
    );
    let told = done(
        world,
        &[
            "message",
            "status",
            message,
            "--process",
            process,
            "--on",
            "node3",
        ],
    );
    assert_eq!(
        told["slot"], 3,
        "a node that nobody sent it through: {told}"
    );
}

/// A promise that was never kept is shown by nobody, also not by who made it.
async fn is_nowhere(world: &World, process: &str, promised: &str) {
    for index in 0..3 {
        let url = format!("{}/{promised}?process-id={process}", world.node(index).su);
        let answer = http::get(&url).await.expect("an answer");
        assert!(answer.text.contains("has no slot"), "{}", answer.text);
    }
}

async fn json(url: &str) -> Value {
    http::get(url).await.expect("an answer").json()
}

fn tag(assignment: &Value, name: &str) -> String {
    let tags = assignment["tags"].as_array().expect("tags");
    let found = tags.iter().find(|tag| tag["name"] == name);
    found
        .and_then(|tag| tag["value"].as_str())
        .unwrap_or_default()
        .to_owned()
}

/// What the monitor foretold while the case was open is what the court has done.
fn comes_true(steps: &[Value], facts: &Value) {
    let fact = |name: &str| {
        steps
            .iter()
            .find_map(|step| step["facts"].get(name))
            .expect("a fact")
            .clone()
    };
    let foretold = fact("foretold");
    assert_eq!(foretold["height"], fact("ended"), "{foretold}");
    assert_eq!(foretold["slashed"], facts["slashed"], "{foretold}");
    assert_eq!(foretold["share"], facts["bounty"], "{foretold}");
    assert_eq!(foretold["restitution"], fact("restitution"), "{foretold}");
    assert_eq!(foretold["jailed"], fact("jailed"), "{foretold}");
}

fn played(world: &World) -> Vec<Value> {
    let mut aosec = Command::new(binary::aosec());
    aosec
        .args(["devnet", "story", "--json"])
        .env("AOSEC_DEVNET", world.folder().join("net"));
    if let Some(folder) = npm::clients() {
        let program = folder.join("greet.mjs");
        aosec
            .arg("--sender")
            .arg(format!("node '{}'", program.display()));
    }
    let log = world.folder().join("story.log");
    let mut story = Group::start(aosec, &log, None);
    let ended = story.wait(DEADLINE).and_then(|status| status.code());
    let said = story.log_text();
    assert_eq!(ended, Some(0), "{said}\n{}", world.logs());
    said.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// A slot of the host and one of the base layer, each from a file; a bent file is refused by the step.
fn slots_are_proven(world: &World, process: &str, message: &str) {
    let file = world.folder().join("slot.json");
    let path = file.to_str().expect("a plain path");
    let (gateway, devnet) = (
        world.devnet().gateway.clone(),
        world.folder().join("nowhere"),
    );
    for (slot, rests) in [
        ("2", "a record of its host on the base layer"),
        ("3", "the order of the base layer"),
    ] {
        let fetched = done(
            world,
            &[
                "proof", "fetch", process, slot, "--out", path, "--on", "node2",
            ],
        );
        assert_eq!(fetched["rests"], rests, "{fetched}");
        let proof = done(world, &["proof", "verify", path]);
        assert_eq!(
            (&proof["chain"], &proof["holds"]),
            (&fetched["chain"], &Value::Bool(true))
        );
        let by_gateway = done(world, &["proof", "verify", path, "--gateway", &gateway]);
        assert!(
            by_gateway["blocks"]["compared"]
                .as_array()
                .is_some_and(|blocks| !blocks.is_empty())
        );
        let foreign = "A".repeat(64);
        let both = ["--gateway", &gateway, "--block-hash", &foreign];
        let (ended, said) = run(world, &[&["proof", "verify", path], &both[..]].concat());
        assert_eq!(ended, Some(INVALID), "the gateway excuses no id: {said}");
        assert!(!offline(&devnet, path).is_empty());
    }
    let proof = done(world, &["proof", "explain", path]);
    assert_eq!(
        proof["message"], message,
        "the challenged message is the first"
    );
    let words: Vec<_> = proof["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .map(|step| step["step"].clone())
        .collect();
    assert!(
        [
            "spawn", "court", "log", "cut", "fallback", "slot", "message"
        ]
        .iter()
        .all(|word| words.contains(&Value::from(*word))),
        "{words:?}"
    );
    bent_files_are_refused(world, &file);
}

/// Where no devnet is, a file is checked all the same.
fn offline(devnet: &Path, path: &str) -> String {
    let mut aosec = Command::new(binary::aosec());
    aosec
        .args(["proof", "verify", path])
        .env("AOSEC_DEVNET", devnet);
    let output = aosec.output().expect("the binary runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn bent_files_are_refused(world: &World, file: &Path) {
    let whole: Value =
        serde_json::from_slice(&std::fs::read(file).expect("our own file")).expect("JSON");
    let bends: [(&str, fn(&mut Value)); 4] = [
        ("'slot'", |file| {
            file["court"]["leases"][0]["ended"] = Value::Null
        }),
        ("'court'", |file| {
            drop(file.as_object_mut().expect("fields").remove("court"))
        }),
        ("'file'", |file| file["more"] = Value::Bool(true)),
        ("'message'", |file| file["message"] = file["spawn"].clone()),
    ];
    for (step, bend) in bends {
        let mut bent = whole.clone();
        bend(&mut bent);
        std::fs::write(file, bent.to_string()).expect("our own file");
        let (ended, said) = run(
            world,
            &["proof", "verify", file.to_str().expect("a plain path")],
        );
        assert_eq!(ended, Some(INVALID), "{step}: {said}");
        assert!(said.contains(step), "{step}: {said}");
    }
}
