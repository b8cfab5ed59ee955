//! Misbehaviour on demand as clients see it, and that it outlives a kill.

use super::*;

#[tokio::test]
async fn a_fork_shows_in_every_view_and_survives_a_restart() {
    let house = Loopback::start(vec![]).await;
    house.post("/mine/2", "").await;
    let before = house.balance(wallet().address()).await;
    let tags = [("Type", "Orphan")];
    let sent = house
        .transaction(Format::One, b"hello".to_vec(), &tags)
        .await;
    let id = sent.id();
    house.post("/tx", sent.to_json().to_string()).await;
    house.post("/mine/3", "").await;
    let replaced = house.get_json("/block/current").await;
    let old_home = house.get_json("/block/height/4").await;
    let (status, answer) = house.post("/fork/3", "").await;
    assert_eq!(status, 200, "{answer}");
    // Heights and blocks.
    assert_eq!(house.get("/height").await.1, "7");
    assert_eq!(house.get_json("/block/height/3").await["height"], 3);
    let new_home = house.get_json("/block/height/4").await;
    assert_ne!(new_home["indep_hash"], old_home["indep_hash"]);
    assert_eq!(new_home["txs"], json!([]));
    let orphan = replaced["indep_hash"].as_str().unwrap();
    assert_eq!(house.get(&format!("/block/hash/{orphan}")).await.0, 404);
    // The transaction, the money and the index.
    assert_eq!(house.get(&format!("/tx/{id}/status")).await.0, 202);
    assert_eq!(house.get(&format!("/tx/{id}/offset")).await.0, 404);
    assert_eq!(house.balance(wallet().address()).await, before);
    let last = format!("/wallet/{}/last_tx", wallet().address());
    assert_eq!(house.get(&last).await.1, "");
    let query = r#"{ transactions(tags: [{ name: "Type", values: ["Orphan"] }]) { edges { node { id block { height } } } } }"#;
    let found = house.graphql(query, json!({})).await;
    assert_eq!(
        found["data"]["transactions"]["edges"],
        json!([{ "node": { "id": id, "block": null } }])
    );
    let house = house.restart().await;
    assert_eq!(house.get("/height").await.1, "7");
    assert_eq!(house.get_json("/block/height/4").await, new_home);
    house.post("/mine", "").await;
    let status = house.get_json(&format!("/tx/{id}/status")).await;
    assert_eq!(status["block_height"], 8);
}

#[tokio::test]
async fn orphans_can_be_mined_or_dropped() {
    let house = Loopback::start(vec![]).await;
    for (orphans, expected) in [("mine", 200), ("drop", 404)] {
        let sent = house.transaction(Format::Two, orphans.into(), &[]).await;
        house.post("/tx", sent.to_json().to_string()).await;
        house.post("/mine", "").await;
        assert_eq!(house.post(&format!("/fork/1/{orphans}"), "").await.0, 200);
        let status = house.get(&format!("/tx/{}/status", sent.id())).await.0;
        assert_eq!(status, expected, "{orphans}");
    }
    for path in [
        "/fork/0",
        "/fork/999",
        "/fork/x",
        "/fork/1/burn",
        "/delay/x",
        "/censor/x",
        "/hide/x",
    ] {
        refused(path, house.post(path, "").await);
    }
}

#[tokio::test]
async fn hidden_data_is_not_served_while_its_header_is() {
    let house = Loopback::start(vec![]).await;
    house.chain.hold(item("early")).await.unwrap();
    let mut ids = vec![item("early").id()];
    for format in [Format::One, Format::Two] {
        let sent = house.transaction(format, b"hello".to_vec(), &[]).await;
        house.post("/tx", sent.to_json().to_string()).await;
        ids.push(sent.id());
    }
    house.post("/mine", "").await;
    for id in &ids {
        house.post(&format!("/hide/{id}"), "").await;
    }
    let house = house.restart().await;
    let faults = house.get_json("/faults").await;
    assert_eq!(faults["hidden"].as_array().unwrap().len(), 3);
    for id in &ids {
        assert_eq!(house.get(&format!("/{id}")).await.0, 404);
        assert_eq!(house.get(&format!("/raw/{id}")).await.0, 404);
        let query = "query ($id: ID!) { transaction(id: $id) { id } }";
        let node = house.graphql(query, json!({ "id": id })).await;
        assert_eq!(node["data"]["transaction"]["id"], json!(id));
    }
    for id in &ids[1..] {
        assert_eq!(house.get(&format!("/tx/{id}/data")).await.0, 404);
        let header = house.get_json(&format!("/tx/{id}")).await;
        assert_eq!(
            (&header["data"], &header["data_size"]),
            (&json!(""), &json!("5"))
        );
        let end = house.get_json(&format!("/tx/{id}/offset")).await["offset"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(house.get(&format!("/chunk/{end}")).await.0, 404);
        assert_eq!(house.gateway().transaction(*id).await.unwrap(), None);
    }
    for id in &ids {
        house.post(&format!("/show/{id}"), "").await;
        assert_eq!(house.get(&format!("/{id}")).await.0, 200);
    }
}

#[tokio::test]
async fn delays_and_censorship_survive_a_restart() {
    let house = Loopback::start(vec![]).await;
    let sender = wallet().address().clone();
    house.post("/delay/1", "").await;
    house.post(&format!("/censor/{sender}"), "").await;
    let house = house.restart().await;
    let sent = house.transaction(Format::Two, b"x".to_vec(), &[]).await;
    house.post("/tx", sent.to_json().to_string()).await;
    let status = format!("/tx/{}/status", sent.id());
    house.post("/mine/3", "").await;
    assert_eq!(house.get(&status).await.0, 202);
    let (_, faults) = house.post(&format!("/uncensor/{sender}"), "").await;
    assert_eq!(
        serde_json::from_str::<Value>(&faults).unwrap(),
        json!({ "delay_blocks": 1, "censored": [], "hidden": [], "cut": [] })
    );
    house.post("/mine", "").await;
    assert_eq!(house.get(&status).await.0, 200);
}
