//! One node, whose files were cut off, lost, or brought back from a backup.

use std::fs;

use super::house::{House, WAIT_BLOCKS, bring_back_database, copy, path, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_a_node_waits_and_goes_on() {
    let house = House::new("guard::crash").await;
    let mut node = house.settled("node").await;
    node.kill();
    let node = house.start("node", WAIT_BLOCKS).await;
    let status = aosec_tests::harness::http::get(&format!("{}/status", node.web)).await;
    let guard = status.expect("a page").json()["guard"].take();
    let waits = matches!(guard["state"].as_str(), Some("looking" | "waiting"));
    assert!(
        waits && guard["reason"].is_string(),
        "it says why it does not sign yet: {guard}"
    );
    node.ready().await.expect("it signs again");
    house.more(&node).await;
    house.is_whole(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_database_blocks_its_processes_and_no_others() {
    let house = House::new("guard::database").await;
    let (data, backup, last) = (
        house.place("node"),
        house.place("backup"),
        house.place("last"),
    );
    let mut node = house.settled("node").await;
    node.kill();
    copy(&data, &backup);
    let mut node = house.signing("node").await;
    house.more(&node).await;
    node.kill();
    copy(&data, &last);
    bring_back_database(&backup, &data);
    let words = [
        &house.process().to_string(),
        "the store ends at slot",
        "older copy",
        "Bring back the store that was last in use",
    ];
    let told_offline = house.guard(&["status", "--data", path(&data)]).done();
    told(&told_offline["blocked"].to_string(), &words);

    let mut node = house.signing("node").await;
    house.refuses(&node, &words).await;
    let status = house.guard(&["status", "--url", &node.web]).done();
    told(&status["blocked"].to_string(), &words);
    house.another_process(&node, "beside").await;
    node.kill();

    bring_back_database(&last, &data);
    let node = house.signing("node").await;
    house.more(&node).await;
    house.is_whole(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_guard_observes_until_an_export_and_the_operator_help() {
    let house = House::new("guard::older").await;
    let (data, kept) = (house.place("node"), house.place("kept"));
    let (guard, export) = (data.join("guard"), house.place("guard.json"));
    let mut node = house.settled("node").await;
    node.kill();
    fs::create_dir(&kept).expect("a folder");
    copy(&guard, &kept.join("old"));
    let mut node = house.signing("node").await;
    house.more(&node).await;
    house
        .guard(&["export", "--data", path(&data), "--out", path(&export)])
        .done();
    node.kill();
    copy(&kept.join("old"), &guard);

    let mut node = house.start("node", WAIT_BLOCKS).await;
    let why = house.observes(&node).await;
    told(
        &why,
        &[
            "the store holds",
            "the guard file is an older copy",
            "aosec guard import",
            "aosec guard resume",
        ],
    );
    house
        .refuses(&node, &["the guard file is an older copy"])
        .await;
    let busy = house.guard(&["import", path(&export), "--data", path(&data)]);
    busy.refused(&["in use by a running node", "stop it first"]);
    node.kill();

    let learned = house
        .guard(&["import", path(&export), "--data", path(&data)])
        .done();
    assert_eq!(learned["learned"], 1, "{learned}");
    let twice = house
        .guard(&["import", path(&export), "--data", path(&data)])
        .done();
    assert_eq!(twice["learned"], 0, "an import never takes away: {twice}");
    // The export closes the doors; that this key started once more, as the base layer shows, only the operator can explain.
    let mut node = house.start("node", WAIT_BLOCKS).await;
    let why = house.observes(&node).await;
    told(
        &why,
        &[
            "a start with the token",
            "knows nothing of it",
            "aosec guard resume",
        ],
    );
    house.refuses(&node, &["only observes"]).await;
    node.kill();
    house.resume("node").done();
    let node = house.signing("node").await;
    house.more(&node).await;
    house.is_whole(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_guard_observes_until_the_operator_resumes() {
    let house = House::new("guard::lost").await;
    let data = house.place("node");
    let mut node = house.settled("node").await;
    node.kill();
    fs::remove_file(data.join("guard")).expect("the guard file");
    let absent = house.guard(&["status", "--data", path(&data)]);
    assert_eq!(absent.code, Some(3), "{absent:?}");
    told(
        &absent.error,
        &[
            "guard is not there",
            "aosec guard import",
            "aosec guard resume",
        ],
    );

    let mut node = house.start("node", WAIT_BLOCKS).await;
    let why = house.observes(&node).await;
    told(
        &why,
        &[
            "the store holds",
            "missing",
            "aosec guard import",
            "aosec guard resume",
        ],
    );
    house.refuses(&node, &["missing"]).await;
    house
        .resume("node")
        .refused(&["in use by a running node", "stop it first"]);
    node.kill();

    let gateway = house.base.url.as_str();
    let shown = house.guard(&["resume", "--data", path(&data), "--gateway", gateway]);
    shown.refused(&["nothing was changed", "What may be lost", "--yes"]);
    assert_eq!(shown.json["written"], false, "{shown:?}");
    let mut node = house.start("node", WAIT_BLOCKS).await;
    house.observes(&node).await;
    node.kill();
    let resumed = house.resume("node").done();
    assert_eq!(resumed["written"], true, "{resumed}");
    let node = house.signing("node").await;
    house.more(&node).await;
    house.is_whole(&node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_files_from_one_backup_are_seen_on_the_base_layer() {
    let house = House::new("guard::both").await;
    let (data, backup, last) = (
        house.place("node"),
        house.place("backup"),
        house.place("last"),
    );
    let mut node = house.settled("node").await;
    node.kill();
    copy(&data, &backup);
    let mut node = house.signing("node").await;
    house.more(&node).await;
    house.published(&node).await;
    node.kill();
    fs::rename(&data, &last).expect("our own folder");
    copy(&backup, &data);

    let offline = house.guard(&["status", "--data", path(&data)]).done();
    assert_eq!(
        offline["state"], "ready",
        "the disk alone looks like an honest past: {offline}"
    );
    let mut node = house.start("node", WAIT_BLOCKS).await;
    let why = house.observes(&node).await;
    told(
        &why,
        &[
            "was published by this key",
            "this guard",
            "bring back the files that were last in use",
            "aosec guard resume",
        ],
    );
    house.refuses(&node, &["only observes"]).await;
    node.kill();

    let resumed = house.resume("node").done();
    let lacks = resumed["lacking"][0]["process"].as_str();
    assert_eq!(
        lacks,
        Some(house.process().to_string().as_str()),
        "{resumed}"
    );
    let mut node = house.signing("node").await;
    house
        .refuses(&node, &["older copy", "Bring back the store"])
        .await;
    house.another_process(&node, "after the loss").await;
    node.kill();

    fs::remove_dir_all(&data).expect("our own folder");
    copy(&last, &data);
    // The token of the start in between is known to the restored files only: once more the operator's word.
    house.resume("node").done();
    let node = house.signing("node").await;
    house.more(&node).await;
    house.is_whole(&node).await;
}
