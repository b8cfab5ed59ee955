//! The client against a real gateway, and against bad ones.
//!
//! Read on in `lies` (how a liar is judged), `content` (changed transactions, tags, data, roots, ids; pages instead of answers),
//! `chunks` (cut and misplaced ones), `transport` (redirects, endless and slow bodies), `unsigned` (tips, blocks, prices, anchors,
//! states, hiding: where only counting decides).

mod chunks;
mod content;
mod liar;
mod lies;
mod transport;
mod unsigned;

use aosec_wire::{Draft, Id, SigningKey, Tags, VerifiedItem};
use axum::routing::{get, post};
use axum::{Json, Router};
use reqwest::Url;
use serde_json::{Value, json};

use super::*;
use crate::arweave::bundler::{Bundler, BundlerError};
use crate::arweave::devchain::loopback::{FUNDS_WINSTON, Loopback, serve, wallet};
use crate::arweave::location;
use crate::arweave::transaction::Format;
use crate::shutdown::Shutdown;

fn item(data: &'static str) -> VerifiedItem {
    let tags = Tags::new().with("Type", "Message").with("Number", "1");
    let draft = Draft {
        target: Some(Id::new([4; 32])),
        anchor: Some([5; 32]),
        tags,
        data: data.into(),
    };
    draft.sign(&SigningKey::ethereum([1; 32]).unwrap()).unwrap()
}

/// A gateway that answers everything, and nothing truly.
async fn liar(shutdown: &Shutdown) -> Url {
    let node = |id: Id| {
        json!({ "id": id, "anchor": "", "signature": "AAAA", "recipient": "", "owner": { "address": "x", "key": "AAAA" },
            "tags": [], "block": null, "bundledIn": { "id": id } })
    };
    let graphql = move |Json(body): Json<Value>| async move {
        let id = body["variables"]["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .unwrap_or(Id::new([0; 32]));
        Json(
            json!({ "data": { "transaction": node(id), "transactions": { "edges": [{ "node": node(id) }] } } }),
        )
    };
    let tip = json!({ "indep_hash": "A".repeat(64), "height": 1_000_000, "timestamp": 1, "previous_block": "" });
    let router = Router::new()
        .route("/graphql", post(graphql))
        .route("/raw/{id}", get(|| async { "other data" }))
        .route("/tx/{id}", get(|| async { "{}" }))
        .route("/block/current", get(|| async { Json(tip) }));
    format!("http://{}", serve(router, shutdown).await)
        .parse()
        .unwrap()
}

/// A url where nobody answers.
fn nobody() -> Url {
    "http://127.0.0.1:1/".parse().unwrap()
}

#[tokio::test]
async fn what_is_posted_is_read_back_verified() {
    let house = Loopback::start(vec![]).await;
    let gateway = house.gateway();
    assert_eq!(gateway.item(item("a").id()).await.unwrap(), None);
    let bundler = Bundler::new(gateway.clone(), wallet());
    let id = bundler
        .post_data(
            vec![item("a").bytes().clone(), item("b").bytes().clone()],
            Tags::new(),
        )
        .await
        .unwrap();
    assert_eq!(
        gateway.status(id).await.unwrap(),
        Some(TransactionStatus::Pending)
    );
    assert!(
        gateway
            .found(item("a").id())
            .await
            .unwrap()
            .unwrap()
            .height
            .is_none()
    );
    house.chain.mine(2).await.unwrap();
    let mined = TransactionStatus::Mined {
        height: 2,
        confirmations: 2,
    };
    assert_eq!(gateway.status(id).await.unwrap(), Some(mined));
    for sent in [item("a"), item("b")] {
        let found = gateway.found(sent.id()).await.unwrap().unwrap();
        assert_eq!((found.item, found.height), (sent, Some(2)));
    }
    let transaction = gateway.transaction(id).await.unwrap().unwrap();
    assert_eq!(
        (transaction.format(), transaction.tag("Type")),
        (Format::Two, Some("Data"))
    );
    assert_eq!(gateway.block(2).await.unwrap().unwrap().txs, [id]);
    assert_eq!(gateway.block(9).await.unwrap(), None);
    assert_eq!(gateway.tip().await.unwrap().height, 3);
    assert_eq!(gateway.raw(item("a").id()).await.unwrap().unwrap(), "a");
    assert_eq!(bundler.spent_milli_ar(), 1);
}

#[tokio::test]
async fn a_wallet_without_money_posts_nothing() {
    let house = Loopback::start(vec![]).await;
    let everything = house.transaction(Format::Two, vec![], &[]).await;
    house.chain.submit(everything).await.unwrap();
    house.chain.mine(1).await.unwrap();
    assert!(house.balance(wallet().address()).await > FUNDS_WINSTON);
    let poor = Bundler::new(house.gateway(), SigningKey::ed25519([1; 32]));
    let posted = poor
        .post_data(vec![item("a").bytes().clone()], Tags::new())
        .await;
    assert!(matches!(posted, Err(BundlerError::Transaction(_))));
}

#[tokio::test]
async fn a_liar_and_a_dead_gateway_are_passed_over() {
    let house = Loopback::start(vec![item("a")]).await;
    let shutdown = Shutdown::new();
    let urls = vec![nobody(), liar(&shutdown).await, house.url.clone()];
    let gateway = Gateway::new(urls).unwrap();
    assert_eq!(gateway.item(item("a").id()).await.unwrap(), Some(item("a")));
    assert_eq!(gateway.tip().await.unwrap().height, 1);
    let sent = house.transaction(Format::One, b"x".to_vec(), &[]).await;
    gateway.post(&sent).await.unwrap();
    house.chain.mine(1).await.unwrap();
    assert_eq!(gateway.transaction(sent.id()).await.unwrap(), Some(sent));
    // Where somebody failed, absence is not known.
    let absent = gateway.item(item("never").id()).await;
    assert!(matches!(absent, Err(GatewayError::Unanswered { faults }) if faults.len() == 2));
    shutdown.tell();
}

#[tokio::test]
async fn a_transaction_is_no_item_and_nobody_is_to_blame_for_that() {
    let house = lies::house().await;
    let gateway = house.house.gateway();
    let pending = house.house.transaction(Format::Two, b"three".to_vec(), &[]);
    let pending = pending.await;
    house.house.chain.submit(pending.clone()).await.unwrap();
    for sent in [&house.one, &house.two, &pending] {
        assert_eq!(gateway.item(sent.id()).await.unwrap(), None);
        assert_eq!(gateway.process_scheduler(sent.id()).await.unwrap(), None);
    }
    assert!(!gateway.peers.iter().any(Peer::is_resting));
}

#[tokio::test]
async fn the_newest_location_that_the_scheduler_signed_counts() {
    let house = Loopback::start(vec![]).await;
    let (ours, other) = (SigningKey::ed25519([8; 32]), SigningKey::ed25519([9; 32]));
    let gateway = house.gateway();
    assert_eq!(
        gateway.scheduler_location(ours.address()).await.unwrap(),
        None
    );
    for (key, port) in [(&ours, 1), (&other, 2), (&ours, 3)] {
        let url = format!("http://127.0.0.1:{port}").parse().unwrap();
        let draft = location::draft(&Location { url, ttl_ms: 5_000 }, port);
        house.chain.hold(draft.sign(key).unwrap()).await.unwrap();
        house.chain.mine(1).await.unwrap();
    }
    let found = gateway
        .scheduler_location(ours.address())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.url.port(), found.ttl_ms), (Some(3), 5_000));
    // A transaction of its own says the same.
    let tags = [
        ("Data-Protocol", "ao"),
        ("Type", "Scheduler-Location"),
        ("Url", "https://su.example"),
        ("Time-To-Live", "7"),
    ];
    let sent = house.transaction(Format::Two, vec![], &tags).await;
    gateway.post(&sent).await.unwrap();
    house.chain.mine(1).await.unwrap();
    let found = gateway
        .scheduler_location(wallet().address())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.url.host_str(), found.ttl_ms),
        (Some("su.example"), 7)
    );
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let shutdown = Shutdown::new();
    let router = Router::new()
        .route("/tx_anchor", get(|| async { "A".repeat(10_000) }))
        .route("/block/current", get(|| async { "<html>" }));
    let url = format!("http://{}", serve(router, &shutdown).await)
        .parse()
        .unwrap();
    let gateway = Gateway::new(vec![url]).unwrap();
    let faults = |answer: GatewayError| match answer {
        GatewayError::Unanswered { faults } => faults,
        other => panic!("{other}"),
    };
    assert!(matches!(
        faults(gateway.anchor().await.unwrap_err())[..],
        [Fault::TooLong(_)]
    ));
    assert!(matches!(
        faults(gateway.tip().await.unwrap_err())[..],
        [Fault::Unreadable(_)]
    ));
    assert!(matches!(
        gateway.balance(wallet().address()).await,
        Err(GatewayError::Unanswered { .. })
    ));
    shutdown.tell();
}

#[test]
fn gateways_are_plain_and_few() {
    let url = |text: &str| text.parse::<Url>().unwrap();
    assert!(matches!(Gateway::new(vec![]), Err(GatewayError::Count(0))));
    assert!(matches!(
        Gateway::new(vec![url("ftp://x/")]),
        Err(GatewayError::Url(_))
    ));
    assert!(matches!(
        Gateway::new(vec![url("http://u:p@x/")]),
        Err(GatewayError::Url(_))
    ));
    assert!(Gateway::new(vec![url("http://127.0.0.1:4000")]).is_ok());
}
