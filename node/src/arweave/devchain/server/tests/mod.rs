//! The gateway as clients meet it, over real sockets.

use aosec_wire::id::{from_base64url, to_base64url};
use aosec_wire::{Draft, SigningKey, Tags, VerifiedItem, bundle};
use serde_json::{Value, json};

use crate::arweave::devchain::loopback::{FUNDS_WINSTON, Loopback, wallet};
use crate::arweave::merkle::{self, Cut};
use crate::arweave::transaction::Format;

mod crowd;
mod faults;

const NODE: &str = "id anchor signature recipient owner { address key } fee { winston ar } quantity { winston ar } \
    data { size type } tags { name value } block { id timestamp height previous } parent { id } bundledIn { id }";

fn item(name: &str) -> VerifiedItem {
    let tags = Tags::new()
        .with("Name", name)
        .with("Content-Type", "text/plain");
    let draft = Draft {
        target: None,
        anchor: Some([7; 32]),
        tags,
        data: name.to_owned().into(),
    };
    draft.sign(&SigningKey::ed25519([1; 32])).unwrap()
}

#[tokio::test]
async fn a_transaction_goes_from_the_pool_into_a_block() {
    let house = Loopback::start(vec![]).await;
    let tags = [("Content-Type", "text/css"), ("Type", "Data")];
    for format in [Format::One, Format::Two] {
        let sent = house.transaction(format, b"hello".to_vec(), &tags).await;
        let id = sent.id();
        assert_eq!(house.get(&format!("/tx/{id}/status")).await.0, 404);
        assert_eq!(
            house.post("/tx", sent.to_json().to_string()).await,
            (200, "OK".into())
        );
        assert_eq!(
            house.get(&format!("/tx/{id}")).await,
            (202, "\"Pending\"".into())
        );
        assert_eq!(house.get(&format!("/tx/{id}/status")).await.0, 202);
        assert_eq!(house.get(&format!("/{id}")).await, (200, "hello".into()));
        assert_eq!(house.post("/mine", "").await.0, 200);
        let status = house.get_json(&format!("/tx/{id}/status")).await;
        assert_eq!(status["number_of_confirmations"], 1);
        assert_eq!(
            status["block_indep_hash"],
            house.get_json("/block/current").await["indep_hash"]
        );
        let whole = house.get_json(&format!("/tx/{id}")).await;
        assert_eq!(
            whole["data"],
            if format == Format::One { "aGVsbG8" } else { "" }
        );
        assert_eq!(house.get(&format!("/tx/{id}/data")).await.1, "aGVsbG8");
        assert_eq!(house.get(&format!("/tx/{id}/data.css")).await.1, "hello");
        assert_eq!(
            house.get(&format!("/tx/{id}/reward")).await.1,
            sent.reward_winston().to_string()
        );
        assert_eq!(
            house.get(&format!("/tx/{id}/owner")).await.1,
            to_base64url(sent.owner())
        );
        assert_eq!(
            house
                .get(&format!("/wallet/{}/last_tx", wallet().address()))
                .await
                .1,
            id.to_string()
        );
    }
    assert!(house.balance(wallet().address()).await < FUNDS_WINSTON * 2_000_000_000);
    assert_eq!(house.get("/height").await.1, "3");
    let second = house.get_json("/block/height/2").await;
    let id = second["indep_hash"].as_str().unwrap();
    assert_eq!(house.get_json(&format!("/block/hash/{id}")).await, second);
    assert_eq!(
        second["previous_block"],
        house.get_json("/block/height/1").await["indep_hash"]
    );
}

#[tokio::test]
async fn large_data_goes_and_comes_in_chunks() {
    let house = Loopback::start(vec![]).await;
    let data: Vec<u8> = (0..700_000_u32).map(|at| (at % 255) as u8).collect();
    let sent = house.transaction(Format::Two, data.clone(), &[]).await;
    let id = sent.id();
    let header = sent.clone().without_data().to_json().to_string();
    assert_eq!(house.post("/tx", header).await.0, 200);
    house.post("/mine", "").await;
    for proof in merkle::proofs(&data, Cut::Balanced) {
        assert_eq!(house.get(&format!("/{id}")).await.0, 404);
        let chunk = json!({
            "data_root": sent.data_root_text(),
            "data_size": data.len().to_string(),
            "data_path": to_base64url(&proof.path),
            "offset": (proof.range.end - 1).to_string(),
            "chunk": to_base64url(&data[proof.range]),
        });
        assert_eq!(
            house.post("/chunk", chunk.to_string()).await,
            (200, "{}".into())
        );
    }
    let offset = house.get_json(&format!("/tx/{id}/offset")).await;
    let number = |field: &str| offset[field].as_str().unwrap().parse::<usize>().unwrap();
    let (size, end) = (number("size"), number("offset"));
    let mut found = Vec::new();
    while found.len() < size {
        let chunk = house
            .get_json(&format!("/chunk/{}", end - size + 1 + found.len()))
            .await;
        found.extend(from_base64url(chunk["chunk"].as_str().unwrap()).unwrap());
    }
    assert_eq!(found, data);
    assert_eq!(
        house
            .gateway()
            .transaction(id)
            .await
            .unwrap()
            .unwrap()
            .data()
            .unwrap(),
        &data
    );
}

#[tokio::test]
async fn items_are_shown_before_and_after_their_block() {
    let house = Loopback::start(vec![]).await;
    let sent = item("early");
    let (status, receipt) = house.post("/tx/arweave", sent.bytes().clone()).await;
    assert_eq!(status, 200, "{receipt}");
    assert!(receipt.contains(&sent.id().to_string()));
    let query = format!("query ($id: ID!) {{ transaction(id: $id) {{ {NODE} }} }}");
    let before = house.graphql(&query, json!({ "id": sent.id() })).await;
    let node = &before["data"]["transaction"];
    assert_eq!(
        (&node["block"], &node["bundledIn"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        house.get(&format!("/raw/{}", sent.id())).await,
        (200, "early".into())
    );
    house.post("/mine", "").await;
    let after = house.graphql(&query, json!({ "id": sent.id() })).await;
    let node = &after["data"]["transaction"];
    assert_eq!(node["block"]["height"], 2);
    assert_eq!(
        node["block"]["previous"],
        house.get_json("/block/height/1").await["indep_hash"]
    );
    assert_eq!(
        (&node["parent"], node["data"]["type"].as_str()),
        (&node["bundledIn"], Some("text/plain"))
    );
    assert_eq!(node["anchor"], to_base64url(&[7; 32]));
    assert_eq!(node["tags"][0], json!({ "name": "Name", "value": "early" }));
    assert_eq!(node["owner"]["address"], sent.owner_address().as_str());
    assert_eq!(
        node["fee"],
        json!({ "winston": "0", "ar": "0.000000000000" })
    );
}

#[tokio::test]
async fn bundles_within_bundles_are_unpacked() {
    let house = Loopback::start(vec![]).await;
    let tags = Tags::new()
        .with("Bundle-Format", "binary")
        .with("Bundle-Version", "2.0.0");
    let outer = Draft {
        tags,
        data: bundle::build(&[item("inner")]),
        ..Draft::default()
    };
    let outer = outer.sign(&SigningKey::ed25519([2; 32])).unwrap();
    let tags = [("Bundle-Format", "binary"), ("Bundle-Version", "2.0.0")];
    let sent = house
        .transaction(
            Format::Two,
            bundle::build(std::slice::from_ref(&outer)).to_vec(),
            &tags,
        )
        .await;
    house.post("/tx", sent.to_json().to_string()).await;
    house.post("/mine", "").await;
    let query =
        "query ($parents: [ID!]) { transactions(bundledIn: $parents) { edges { node { id } } } }";
    for (parent, child) in [(sent.id(), outer.id()), (outer.id(), item("inner").id())] {
        let found = house.graphql(query, json!({ "parents": [parent] })).await;
        assert_eq!(
            found["data"]["transactions"]["edges"],
            json!([{ "node": { "id": child } }])
        );
    }
    assert_eq!(
        house.get(&format!("/{}", item("inner").id())).await.1,
        "inner"
    );
}

#[tokio::test]
async fn what_is_taken_survives_a_restart() {
    let house = Loopback::start(vec![item("module")]).await;
    let mined = house.transaction(Format::Two, b"mined".to_vec(), &[]).await;
    house.post("/tx", mined.to_json().to_string()).await;
    house.post("/mine/3", "").await;
    let waiting = house
        .transaction(Format::One, b"waiting".to_vec(), &[])
        .await;
    house.post("/tx", waiting.to_json().to_string()).await;
    house.post("/tx", item("held").bytes().clone()).await;
    house
        .post("/tx/arweave", item("held").bytes().clone())
        .await;
    let before = house.get_json("/block/current").await;
    let balance = house.balance(wallet().address()).await;
    let house = house.restart().await;
    assert_eq!(house.get_json("/block/current").await, before);
    assert_eq!(house.balance(wallet().address()).await, balance);
    assert_eq!(house.get(&format!("/tx/{}", waiting.id())).await.0, 202);
    house.post("/mine", "").await;
    for id in [mined.id(), waiting.id()] {
        assert_eq!(house.get(&format!("/tx/{id}/status")).await.0, 200);
    }
    for kept in [item("held"), item("module")] {
        assert_eq!(house.gateway().item(kept.id()).await.unwrap(), Some(kept));
    }
}

#[tokio::test]
async fn malformed_requests_are_refused_in_json() {
    let house = Loopback::start(vec![]).await;
    let id = item("x").id();
    let gets = [
        "/nowhere/at/all".to_owned(),
        "/tx/short".into(),
        format!("/tx/{id}"),
        format!("/tx/{id}/status"),
        format!("/tx/{id}/data"),
        format!("/{id}"),
        "/raw/%ff".into(),
        "/block/height/x".into(),
        "/block/height/99".into(),
        "/block/hash/x".into(),
        "/price/-1".into(),
        "/price/1/x".into(),
        "/wallet/x/balance".into(),
        "/chunk/x".into(),
        "/chunk/0".into(),
        "/chunk/99".into(),
        "/mine/0".into(),
        "/mine/1001".into(),
        "/mine/x".into(),
        format!("/mint/{id}/-5"),
        format!("/mint/{id}/{}0", u128::MAX),
        format!("/mint/{id}/{}", u128::MAX),
        "/graphql".into(),
        "/graphql?query=%7Bx%7D&variables=x".into(),
        "/tx/arweave".into(),
    ];
    for path in gets {
        refused(&path, house.get(&path).await);
    }
    let forged = house
        .transaction(Format::Two, b"x".to_vec(), &[])
        .await
        .to_json();
    let with = |field: &str, value: &str| {
        let mut forged = forged.clone();
        forged[field] = value.into();
        forged.to_string()
    };
    let posts = [
        ("/tx", String::new()),
        ("/tx", "{".into()),
        ("/tx", "[]".into()),
        ("/tx", with("reward", "0")),
        ("/tx", with("data", "eQ")),
        ("/tx", with("id", &id.to_string())),
        ("/chunk", "{}".into()),
        ("/chunk", "x".into()),
        ("/tx/arweave", "no item".into()),
        ("/graphql", "x".into()),
        ("/graphql", "[]".into()),
        ("/info", String::new()),
    ];
    for (path, body) in posts {
        refused(path, house.post(path, body).await);
    }
}

fn refused(path: &str, (status, body): (u16, String)) {
    assert!((400..500).contains(&status), "{path}: {status} {body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(body["error"].is_string(), "{path}: {body}");
}

#[tokio::test]
async fn money_comes_from_the_faucet() {
    let house = Loopback::start(vec![]).await;
    let key = SigningKey::ed25519([5; 32]);
    let path = format!("/mint/{}/77", key.address());
    assert_eq!(house.post(&path, "").await, (200, "77".into()));
    assert_eq!(house.get(&path).await.1, "154");
    assert_eq!(
        house
            .get(&format!("/wallet/{}/last_tx", key.address()))
            .await
            .1,
        ""
    );
}
