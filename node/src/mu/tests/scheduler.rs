//! A fake scheduler unit, for tests alone: an HTTP server on loopback that orders whatever it is sent, and fails on demand.
//!
//! It answers a repeated message the way the reference does, with a refusal, so that the courier has to look the slot up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aosec_wire::id::to_base64url;
use aosec_wire::{
    Assignment, AssignmentPlan, Chain, Id, Scheduled, SigningKey, Strictness, VerifiedItem, item,
};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use reqwest::Url;
use serde_json::{Value, json};

use super::crash::Points;

/// What the fake does with the next requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Works,
    /// 503 to everything.
    Down,
    /// 400 to every POST.
    Refuses,
}

#[derive(Clone)]
pub(super) struct FakeScheduler {
    pub(super) url: Url,
    inner: Arc<Inner>,
}

struct Inner {
    key: SigningKey,
    points: Points,
    state: Mutex<Book>,
}

struct Book {
    mood: Mood,
    /// Whether the answer to a POST carries the assignment, as ours does and the reference's does not.
    shows_receipts: bool,
    /// The stamp of slot 0, in milliseconds.
    first_stamp_ms: u64,
    logs: BTreeMap<Id, Vec<(VerifiedItem, Assignment)>>,
}

impl FakeScheduler {
    pub(super) async fn start(points: Points) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let state = Book {
            mood: Mood::Works,
            shows_receipts: true,
            first_stamp_ms: 1_000,
            logs: BTreeMap::new(),
        };
        let inner = Arc::new(Inner {
            key: SigningKey::ed25519([4; 32]),
            points,
            state: Mutex::new(state),
        });
        let fake = Self { url, inner };
        let app = Router::new()
            .route("/", get(async || "").post(order))
            .route("/{id}", get(show))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        fake
    }

    pub(super) fn be(&self, mood: Mood) {
        self.book().mood = mood;
    }

    pub(super) fn hide_receipts(&self) {
        self.book().shows_receipts = false;
    }

    /// From now on it stamps so.
    pub(super) fn stamp_from(&self, first_ms: u64) {
        self.book().first_stamp_ms = first_ms;
    }

    /// Everything in the log of `process`, in order.
    pub(super) fn log(&self, process: Id) -> Vec<VerifiedItem> {
        let book = self.book();
        book.logs
            .get(&process)
            .into_iter()
            .flatten()
            .map(|(item, _)| item.clone())
            .collect()
    }

    pub(super) fn processes(&self) -> Vec<Id> {
        self.book().logs.keys().copied().collect()
    }

    pub(super) fn message(&self, process: Id, message: Id) -> Option<VerifiedItem> {
        self.log(process)
            .into_iter()
            .find(|item| item.id() == message)
    }

    pub(super) fn address(&self) -> aosec_wire::Address {
        self.inner.key.address().clone()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.inner.state.lock().unwrap()
    }

    fn put(&self, process: Id, item: VerifiedItem) -> Result<Assignment, &'static str> {
        let mut book = self.book();
        let first_ms = book.first_stamp_ms;
        let log = book.logs.entry(process).or_default();
        if log.iter().any(|(earlier, _)| earlier.id() == item.id()) {
            return Err("message already exists");
        }
        let nonce = log.len() as u64;
        let plan = AssignmentPlan {
            process,
            epoch: 0,
            nonce,
            message: Some(item.id()),
            height: 1,
            timestamp: first_ms + nonce,
            chain: Chain::genesis(process),
            exclude: vec![],
            base_layer: false,
        };
        let assignment = plan.sign(&self.inner.key).unwrap();
        log.push((item, assignment.clone()));
        Ok(assignment)
    }
}

async fn order(
    State(fake): State<FakeScheduler>,
    Query(query): Query<BTreeMap<String, String>>,
    body: Bytes,
) -> Response {
    fake.inner.points.pass().await;
    let mood = fake.book().mood;
    match mood {
        Mood::Works => {}
        Mood::Down => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Refuses => return refusal("not today"),
    }
    let (process, item) = match query.get("assign") {
        Some(message) => {
            let message: Id = message.parse().unwrap();
            let found = fake
                .processes()
                .into_iter()
                .find_map(|process| fake.message(process, message));
            (query["process-id"].parse().unwrap(), found.unwrap())
        }
        None => {
            let item = item::verify_bytes(body, Strictness::Entrance).unwrap();
            (Scheduled::classify(item.clone()).unwrap().process(), item)
        }
    };
    let answer = match fake.put(process, item) {
        Ok(assignment) => {
            let shown = to_base64url(assignment.item().bytes());
            let shown = fake.book().shows_receipts.then_some(shown);
            Json(json!({"timestamp": 1, "id": assignment.id(), "assignment": shown}))
                .into_response()
        }
        Err(text) => refusal(text),
    };
    fake.inner.points.pass().await;
    answer
}

async fn show(
    State(fake): State<FakeScheduler>,
    Path(id): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let (id, process): (Id, Id) = (id.parse().unwrap(), query["process-id"].parse().unwrap());
    let book = fake.book();
    if book.mood == Mood::Down {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let found = book
        .logs
        .get(&process)
        .into_iter()
        .flatten()
        .find(|(item, _)| item.id() == id);
    let Some((_, assignment)) = found else {
        return refusal("not found");
    };
    let shown = shape(assignment.item());
    if id == process {
        return Json(json!({"page_info": {"has_next_page": false}, "edges": [{"node": {"message": null, "assignment": shown}, "cursor": "0"}]})).into_response();
    }
    Json(json!({"message": null, "assignment": shown})).into_response()
}

fn shape(item: &VerifiedItem) -> Value {
    let tags: Vec<Value> = item
        .tags()
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    json!({
        "id": item.id(),
        "owner": {"address": item.owner_address(), "key": to_base64url(item.owner())},
        "tags": tags,
        "signature": to_base64url(item.signature()),
        "anchor": "",
        "target": "",
    })
}

fn refusal(text: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": text}))).into_response()
}
