//! Where items are found: without any hint of what bundles hold, and slot 0 by its place.

use std::sync::Arc;

use aosec_wire::{Assignment, AssignmentPlan, Chain, Id};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use reqwest::Url;
use serde_json::{Value, json};

use super::author::{Author, post};
use super::{Bench, DEPTH, MODULE, mine, told};
use crate::arweave::devchain::loopback::{self, Loopback};
use crate::arweave::gateway::Gateway;
use crate::arweave::transaction::Format;
use crate::cu::source::Log as _;
use crate::shutdown::Shutdown;

/// A gateway that knows blocks and transactions, and nothing of what bundles hold.
async fn without_children(chain: &Loopback, shutdown: &Shutdown) -> Url {
    let behind = Arc::new(chain.url.clone());
    let router = Router::new().fallback(pass).with_state(behind);
    let address = loopback::serve(router, shutdown).await;
    format!("http://{address}").parse().unwrap()
}

async fn pass(State(behind): State<Arc<Url>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let client = reqwest::Client::new();
    let url = behind.join(&path).unwrap();
    let asked = match body.is_empty() {
        true => client.get(url),
        false => client.post(url).body(body),
    };
    let answer = asked.send().await.unwrap();
    let status = answer.status();
    let bytes = answer.bytes().await.unwrap();
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(mut json) if path == "/graphql" => {
            forget_children(&mut json);
            (status, json.to_string()).into_response()
        }
        _ => (status, Body::from(bytes)).into_response(),
    }
}

fn forget_children(json: &mut Value) {
    if let Some(edges) = json.pointer_mut("/data/transactions/edges") {
        let edges = edges.as_array_mut().unwrap();
        edges.retain(|edge| edge["node"]["bundledIn"].is_null());
    }
    if let Some(one) = json.pointer_mut("/data/transaction")
        && one["bundledIn"].is_object()
    {
        *one = json!(null);
    }
}

#[tokio::test]
async fn without_a_hint_bundles_are_opened_block_by_block() {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    let other = Author::spawn(&chain, MODULE, "another").await;
    other.post_items(&chain, 0, 0).await;
    author.post_items(&chain, 0, 0).await;
    mine(&chain, 1).await;
    for number in 1..=6 {
        author.send(&format!("add {number}"));
    }
    author.post_record(&chain, 1, 6).await;
    for slot in 1..=6 {
        author.post_items(&chain, slot, slot).await;
        mine(&chain, 1).await;
    }
    let mined = mine(&chain, DEPTH).await - DEPTH;
    let shutdown = Shutdown::new();
    let blind = without_children(&chain, &shutdown).await;
    let bench = Bench::open(Gateway::new(vec![blind]).unwrap()).await;
    bench.until_firm(mined).await;
    assert_eq!(
        bench.messages(author.process()).await.unwrap(),
        told(&author)
    );
    let unknown = Id::new([8; 32]);
    assert_eq!(bench.derived.newest(unknown).await.unwrap(), None);
    shutdown.tell();
}

/// Another assignment of slot 0 by the same key.
fn rival(author: &Author, later_ms: u64) -> Assignment {
    let first = &author.assignments[0];
    let plan = AssignmentPlan {
        process: author.process(),
        epoch: 0,
        nonce: 0,
        message: None,
        height: first.height(),
        timestamp: first.timestamp() + later_ms,
        chain: Chain::genesis(author.process()),
        exclude: Vec::new(),
        base_layer: false,
    };
    plan.sign(&author.scheduler).unwrap()
}

async fn slot_zero(chain: &Loopback, author: &Author) -> Assignment {
    let firm = mine(chain, 1 + DEPTH).await - DEPTH;
    let bench = Bench::open(chain.gateway()).await;
    bench.until_firm(firm).await;
    let page = bench.derived.entries(author.process(), 0, 0).await.unwrap();
    page[0].assignment.signed().unwrap().clone()
}

#[tokio::test]
async fn of_two_assignments_of_slot_0_the_first_by_position_counts() {
    // Which of the ids is lower is chance; over some rivals, both cases come.
    for later_ms in 1..=4 {
        let chain = Loopback::start(Vec::new()).await;
        let author = Author::spawn(&chain, MODULE, "one").await;
        let (own, rival) = (author.assignments[0].clone(), rival(&author, later_ms));
        let both = [
            author.spawn.clone(),
            rival.item().clone(),
            own.item().clone(),
        ];
        post(&chain, Format::Two, "Data", &both).await;
        assert_eq!(slot_zero(&chain, &author).await, rival, "within a bundle");

        let chain = Loopback::start(Vec::new()).await;
        let author = Author::spawn(&chain, MODULE, "one").await;
        let (own, rival) = (
            author.assignments[0].clone(),
            self::rival(&author, later_ms),
        );
        author.post_items(&chain, 0, 0).await;
        mine(&chain, 1).await;
        post(&chain, Format::Two, "Data", &[rival.item().clone()]).await;
        assert_eq!(slot_zero(&chain, &author).await, own, "over blocks");
    }
}

#[tokio::test]
async fn within_a_block_the_order_of_its_transactions_decides_slot_0() {
    let chain = Loopback::start(Vec::new()).await;
    let author = Author::spawn(&chain, MODULE, "one").await;
    let mut posted = Vec::new();
    for later_ms in 0..5 {
        let rival = rival(&author, later_ms);
        let items = [author.spawn.clone(), rival.item().clone()];
        posted.push((post(&chain, Format::Two, "Data", &items).await, rival));
    }
    let height = mine(&chain, 1).await;
    let heads = chain.gateway().heads(height).await.unwrap();
    let place = |id: &Id| heads[0].txs.iter().position(|one| one == id).unwrap();
    posted.sort_by_key(|(id, _rival)| place(id));
    assert_eq!(slot_zero(&chain, &author).await, posted[0].1);
}
