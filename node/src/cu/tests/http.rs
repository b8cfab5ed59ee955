//! The routes as old clients use them.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::book::{Book, Shelf};
use super::{Bench, counting};
use crate::routes::cu::router;

struct Answer {
    status: u16,
    headers: axum::http::HeaderMap,
    body: bytes::Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("always valid JSON")
    }
}

async fn ask(bench: &Bench, request: Request<Body>) -> Answer {
    let response = router(bench.cu.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

async fn get(bench: &Bench, path: String) -> Answer {
    ask(bench, Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_result_is_the_stored_text_with_slot_and_root_beside_it() {
    let mut book = Book::new();
    let message = book.send("add 5");
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    let answer = get(
        &bench,
        format!("/result/{message}?process-id={process}&no-busy=1"),
    )
    .await;
    let kept = bench.cu.result(process, message).await.unwrap();
    assert_eq!(
        (answer.status, &answer.body[..]),
        (200, kept.json.as_bytes())
    );
    assert_eq!(answer.headers["slot"], "1");
    assert_eq!(answer.headers["content-type"], "application/json");
    let root = get(&bench, format!("/root/{process}?slot=1")).await.json();
    assert_eq!(answer.headers["state-root"], root["root"].as_str().unwrap());
    assert_eq!(
        (&root["slot"], &root["engine"]),
        (&json!(1), &json!("abacus 1"))
    );
    let spawned = get(&bench, format!("/result/{process}?process-id={process}")).await;
    assert_eq!(
        (spawned.status, spawned.headers["slot"].to_str().unwrap()),
        (200, "0")
    );
}

#[tokio::test]
async fn lists_have_the_shape_of_a_connection() {
    let book = counting(4);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    bench.root(process, 3).await;
    let page = get(
        &bench,
        format!("/results/{process}?sort=DESC&limit=1&from=undefined"),
    )
    .await
    .json();
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    assert_eq!(page["edges"][0]["node"]["Output"]["data"], "6");
    let cursor = page["edges"][0]["cursor"].as_str().unwrap();
    let next = get(&bench, format!("/results/{process}?from={cursor}&sort=ASC"))
        .await
        .json();
    assert_eq!(
        next,
        json!({"pageInfo": {"hasNextPage": false}, "edges": []})
    );
    let cron = get(&bench, format!("/cron/{process}?limit=500"))
        .await
        .json();
    assert_eq!(cron, next);
}

#[tokio::test]
async fn a_dry_run_as_aoconnect_sends_it() {
    let book = counting(4);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    let body = json!({"Id": "1234", "Target": process, "Owner": "1234", "Anchor": "1234", "Data": "1234",
        "Tags": [{"name": "Action", "value": "Info"}]});
    let request = Request::post(format!("/dry-run?process-id={process}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let answer = ask(&bench, request).await;
    assert_eq!(
        (answer.status, &answer.json()["Output"]["data"]),
        (200, &json!("6"))
    );
}

#[tokio::test]
async fn every_refusal_is_json_that_says_why() {
    let book = counting(2);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book])).await;
    let nobody = aosec_wire::Id::new([9; 32]);
    let cases = [
        (format!("/result/{nobody}?process-id={process}"), 404),
        (format!("/result/{nobody}"), 400),
        (format!("/result/short?process-id={process}"), 400),
        (format!("/root/{process}?slot=7"), 404),
        (format!("/root/{process}"), 400),
        (format!("/root/{process}?slot=-1"), 400),
        (format!("/results/{process}?sort=up"), 400),
        (format!("/results/{process}?from=!"), 400),
        (format!("/state/{process}?to=1"), 422),
        (format!("/state/{nobody}"), 404),
    ];
    for (path, status) in cases {
        let answer = get(&bench, path.clone()).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(
            !answer.json()["error"].as_str().unwrap().is_empty(),
            "{path}"
        );
    }
    let nonsense = Request::post(format!("/dry-run?process-id={process}"))
        .body(Body::from("nonsense"))
        .unwrap();
    assert_eq!(ask(&bench, nonsense).await.status, 400);
}

#[tokio::test]
async fn the_unit_says_who_it_is_and_shows_the_state() {
    let book = counting(3);
    let process = book.process();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path(), &Shelf::of([book.clone()])).await;
    let about = get(&bench, "/".to_owned()).await.json();
    assert_eq!(about["address"], bench.cu.address().as_str());
    assert!(about["timestamp"].is_u64());
    assert_eq!(get(&bench, "/health".to_owned()).await.status, 200);
    let state = get(&bench, format!("/state/{process}")).await;
    assert_eq!(&state.body[..], 3_u64.to_be_bytes());
    assert_eq!(state.headers["last-ordinate"], "2");
    let stamped = book.entries[2].assignment.timestamp().to_string();
    assert_eq!(state.headers["last-timestamp"], stamped.as_str());
}
