//! What the operator's commands take and refuse, and that a refused one changes nothing.

use std::fs;

use aosec_wire::Id;
use serde_json::{Value, json};

use super::house::{House, copy, path, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_only_raise_and_foreign_or_damaged_ones_change_nothing() {
    let house = House::new("guard::imports").await;
    let data = house.place("node");
    let mut node = house.settled("node").await;
    let running = house.guard(&["status", "--data", path(&data)]).done();
    assert_eq!(running["state"], "running", "{running}");
    node.kill();
    let export = house.place("guard.json");
    house
        .guard(&["export", "--data", path(&data), "--out", path(&export)])
        .done();
    let again = house.guard(&["export", "--data", path(&data), "--out", path(&export)]);
    again.refused(&["guard.json is there already", "choose another --out"]);

    let text = fs::read_to_string(&export).expect("the export");
    let good: Value = serde_json::from_str(&text).expect("an export is JSON");
    let nobody = Id::new([7; 32]).to_string();
    let file = house.place("case.json");
    let before = fs::read(data.join("guard")).expect("the guard file");
    for (content, words) in foreign_or_damaged(&text, &nobody) {
        fs::write(&file, content).expect("a file of ours");
        house
            .guard(&["import", path(&file), "--data", path(&data)])
            .refused(&words);
        assert_eq!(
            fs::read(data.join("guard")).expect("the guard file"),
            before,
            "{words:?}"
        );
    }

    let mut lower = good.clone();
    lower["processes"][0]["slot"] = json!(0);
    lower["processes"][0]["log_chain"] = json!(nobody);
    fs::write(&file, lower.to_string()).expect("a file of ours");
    let learned = house
        .guard(&["import", path(&file), "--data", path(&data)])
        .done();
    assert_eq!(learned["learned"], 0, "{learned}");
    assert_eq!(
        learned["processes"][0]["slot"], good["processes"][0]["slot"],
        "never down"
    );
    let node = house.signing("node").await;
    house.more(&node).await;
    house.is_whole(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_guard_is_named_and_the_way_back_is_that_of_a_lost_one() {
    let house = House::new("guard::damaged").await;
    let (data, aside) = (house.place("node"), house.place("damaged"));
    let mut node = house.settled("node").await;
    node.kill();
    let guard = data.join("guard");
    copy(&guard, &aside);
    let mut bytes = fs::read(&guard).expect("the guard file");
    bytes[100] ^= 1;
    fs::write(&guard, bytes).expect("the guard file");
    let status = house.guard(&["status", "--data", path(&data)]);
    status.refused(&[
        "guard is damaged at byte",
        "do not sign with this key",
        "docs/GUARD.md",
    ]);
    house.resume("node").refused(&["is damaged at byte"]);
    fs::remove_file(&guard).expect("the guard file");
    // Never started in between: a devnet's folder has no key file to tell whose guard is to be made.
    let nobody = house.resume("node");
    assert_eq!(nobody.code, Some(3), "{nobody:?}");
    told(&nobody.error, &["guard is not there"]);
    copy(&aside, &guard);
    let node = house.signing("node").await;
    house.more(&node).await;
    house.is_whole(&node).await;
}

/// The export `text` made bad in one place each, and the words that refuse it.
fn foreign_or_damaged(text: &str, nobody: &str) -> Vec<(String, [&'static str; 2])> {
    let good: Value = serde_json::from_str(text).expect("an export is JSON");
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        changed.to_string()
    };
    let mut other_content = good.clone();
    other_content["processes"][0]["log_chain"] = json!(nobody);
    vec![
        (
            with("scheduler", json!(nobody)),
            ["speaks of the key", "take the file of this key"],
        ),
        (
            with("genesis", json!(nobody)),
            ["speaks of the network", "take the file of this network"],
        ),
        (
            with("version", json!(2)),
            ["has version 2", "use the version of aosec"],
        ),
        (
            with("surprise", json!(1)),
            ["no guard interchange", "surprise"],
        ),
        (
            text[..text.len() / 2].to_owned(),
            ["no guard interchange", "EOF"],
        ),
        (
            other_content.to_string(),
            ["known with another content", "nothing was changed"],
        ),
    ]
}
