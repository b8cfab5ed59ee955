//! The interface as clients see it: routes, shapes, refusals and redirects, without a socket.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
};

use aosec_wire::{Address, Assignment, id::from_base64url};
use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::su::tests::{World, item, message, spawn_item};

const OTHER: &str = "http://other.example:4003";

/// Everything is elsewhere, except a process of zeros, which is nowhere.
struct Other;

impl Elsewhere for Other {
    fn find<'a>(
        &'a self,
        process: Id,
        _: Option<&'a Address>,
    ) -> Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>> {
        let found = (process != Id::new([0; 32])).then(|| OTHER.to_owned());
        Box::pin(std::future::ready(found))
    }
}

struct Answer {
    status: u16,
    location: Option<String>,
    body: Bytes,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

async fn send(world: &World, method: &str, path: &str, body: Bytes) -> Answer {
    let router = router(world.su.clone(), Arc::new(Other));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body))
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let location = response
        .headers()
        .get("location")
        .map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Answer {
        status,
        location,
        body,
    }
}

async fn get(world: &World, path: &str) -> Answer {
    send(world, "GET", path, Bytes::new()).await
}

async fn post(world: &World, path: &str, item: &VerifiedItem) -> Answer {
    send(world, "POST", path, item.bytes().clone()).await
}

/// A process with three messages, posted over HTTP.
async fn posted() -> (World, Id) {
    let world = World::new().await;
    let spawn = spawn_item(world.su.address().as_str());
    assert_eq!(post(&world, "/", &spawn).await.status, 200);
    for number in 1..=3 {
        assert_eq!(
            post(&world, "/", &message(spawn.id(), number)).await.status,
            200
        );
    }
    (world, spawn.id())
}

#[tokio::test]
async fn a_post_is_answered_with_its_receipt() {
    let (world, process) = posted().await;
    let sent = message(process, 9);
    let answer = post(&world, "/", &sent).await.json();
    assert_eq!(answer["id"], sent.id().to_string());
    let receipt = from_base64url(answer["assignment"].as_str().unwrap()).unwrap();
    let receipt = verify_bytes(receipt.into(), Strictness::Entrance).unwrap();
    let assignment = Assignment::from_item(receipt).unwrap();
    assert_eq!(
        (assignment.nonce(), assignment.message()),
        (4, Some(sent.id()))
    );
    assert_eq!(answer["timestamp"].as_u64(), Some(assignment.timestamp()));
    let again = post(&world, "/", &sent).await;
    assert_eq!(again.status, 400);
    assert!(
        again.json()["error"].as_str().unwrap().contains("slot 4"),
        "{:?}",
        again.body
    );
}

#[tokio::test]
async fn a_page_has_the_shape_that_clients_read() {
    let (world, process) = posted().await;
    let page = get(&world, &format!("/{process}?process-id={process}&limit=2"))
        .await
        .json();
    assert_eq!(page["page_info"]["has_next_page"], true);
    let edges = page["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 2);
    let (first, second) = (&edges[0]["node"], &edges[1]["node"]);
    assert_eq!(first["message"]["id"], process.to_string());
    assert_eq!(first["message"]["target"], Value::Null);
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut message_keys = keys(&second["message"]);
    message_keys.sort();
    assert_eq!(
        message_keys,
        [
            "anchor",
            "data",
            "id",
            "owner",
            "signature",
            "tags",
            "target"
        ]
    );
    let mut assignment_keys = keys(&second["assignment"]);
    assignment_keys.sort();
    assert_eq!(
        assignment_keys,
        ["anchor", "id", "owner", "signature", "tags", "target"]
    );
    assert_eq!(second["message"]["data"], "message 1");
    assert_eq!(second["message"]["target"], process.to_string());
    assert_eq!(keys(&second["message"]["owner"]), ["address", "key"]);
    let tags = second["assignment"]["tags"].as_array().unwrap();
    let timestamp = tags.iter().find(|tag| tag["name"] == "Timestamp").unwrap();
    assert_eq!(edges[1]["cursor"], timestamp["value"], "cursors are stamps");
}

#[tokio::test]
async fn pages_go_on_by_either_cursor_and_old_clients_are_tolerated() {
    let (world, process) = posted().await;
    let count = async |query: &str| {
        let page = get(&world, &format!("/{process}?{query}")).await.json();
        page["edges"]
            .as_array()
            .unwrap_or_else(|| panic!("{query}: {page}"))
            .len()
    };
    let page = get(&world, &format!("/{process}?from-nonce=0&limit=1"))
        .await
        .json();
    assert_eq!(page["edges"][0]["cursor"], "1", "cursors are slots");
    let stamp =
        get(&world, &format!("/{process}?limit=2")).await.json()["edges"][1]["cursor"].clone();
    let cases = [
        ("", 4),
        (
            "from=undefined&to=undefined&limit=undefined&process-id=undefined",
            4,
        ),
        ("from-nonce=-1", 4),
        ("from-nonce=1", 2),
        ("to-nonce=1", 2),
        ("from-nonce=3", 0),
        ("from=0", 4),
        (&format!("from={}", stamp.as_str().unwrap()), 2),
        (&format!("to={}", stamp.as_str().unwrap()), 2),
    ];
    for (query, expected) in cases {
        assert_eq!(count(query).await, expected, "{query}");
    }
    for query in [
        "from=x",
        "limit=-1",
        "from-nonce=-2",
        "to-nonce=1.5",
        "process-id=short",
    ] {
        assert_eq!(
            get(&world, &format!("/{process}?{query}")).await.status,
            400,
            "{query}"
        );
    }
}

#[tokio::test]
async fn single_slots_spawns_and_bytes_are_found() {
    let (world, process) = posted().await;
    let sent = message(process, 2);
    for path in [
        format!("/{}?process-id={process}", sent.id()),
        format!("/{}", sent.id()),
    ] {
        let entry = get(&world, &path).await.json();
        assert_eq!(entry["message"]["id"], sent.id().to_string(), "{path}");
        let assignment = entry["assignment"]["id"].as_str().unwrap().to_owned();
        let same = get(&world, &format!("/{assignment}?process-id={process}&raw=1"))
            .await
            .json();
        assert_eq!(same["message"]["id"], entry["message"]["id"]);
        let bytes = from_base64url(same["message"]["bytes"].as_str().unwrap()).unwrap();
        assert_eq!(&bytes, sent.bytes());
        assert!(same["assignment"]["bytes"].is_string());
    }
    let latest = get(&world, &format!("/{process}/latest")).await.json();
    assert_eq!(
        latest["message"]["id"],
        message(process, 3).id().to_string()
    );
    let spawn = get(&world, &format!("/processes/{process}")).await.json();
    assert_eq!(spawn["process_id"], process.to_string());
    assert_eq!(spawn["block"], "000001500000");
    assert!(spawn["timestamp"].is_u64());
    let raw = get(&world, &format!("/raw/{}", sent.id())).await;
    assert_eq!(raw.body, sent.bytes());
    assert_eq!(get(&world, "/raw/short").await.status, 400);
}

#[tokio::test]
async fn what_is_elsewhere_is_answered_with_307_and_the_rest_with_400() {
    let (world, process) = posted().await;
    let foreign = Id::new([5; 32]);
    let nowhere = Id::new([0; 32]);
    for path in [
        "/?process-id=PID",
        "/PID?from=3&limit=2",
        "/PID?process-id=PID",
        "/PID/latest",
        "/processes/PID",
    ] {
        let answer = get(&world, &path.replace("PID", &foreign.to_string())).await;
        let location = format!("{OTHER}{}", path.replace("PID", &foreign.to_string()));
        assert_eq!((answer.status, answer.location), (307, Some(location)));
        let answer = get(&world, &path.replace("PID", &nowhere.to_string())).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.json()["error"].is_string());
    }
    let sent = post(&world, "/", &message(foreign, 1)).await;
    assert_eq!(
        (sent.status, sent.location),
        (307, Some(format!("{OTHER}/")))
    );
    assert_eq!(post(&world, "/", &message(nowhere, 1)).await.status, 400);
    let spawn = post(
        &world,
        "/",
        &spawn_item("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    )
    .await;
    assert_eq!(spawn.status, 307);
    let unknown = get(&world, &format!("/{foreign}?process-id={process}")).await;
    assert_eq!(unknown.status, 400);
    assert_eq!(
        get(&world, &format!("/?process-id={process}")).await.status,
        200
    );
}

#[tokio::test]
async fn references_are_assigned_with_an_empty_body() {
    let (world, process) = posted().await;
    let other = item(None, &[("x", "y")], 5);
    world.sky.offer(other.clone());
    let path = format!(
        "/?process-id={process}&assign={}&exclude=Data,Anchor",
        other.id()
    );
    let answer = send(&world, "POST", &path, Bytes::new()).await.json();
    let entry = get(&world, &format!("/{}?process-id={process}", other.id()))
        .await
        .json();
    assert_eq!(answer["id"], entry["assignment"]["id"]);
    let half = send(
        &world,
        "POST",
        &format!("/?assign={}", other.id()),
        Bytes::new(),
    )
    .await;
    assert_eq!(half.status, 400);
    let missing = format!(
        "/?process-id={process}&assign={}&base-layer",
        Id::new([9; 32])
    );
    assert_eq!(
        send(&world, "POST", &missing, Bytes::new()).await.status,
        400
    );
}

#[tokio::test]
async fn a_scheduler_that_is_not_ready_says_so() {
    let (world, process) = posted().await;
    let now = get(&world, "/timestamp?process-id=undefined").await.json();
    assert_eq!(now["block_height"], "000001500000");
    assert!(now["timestamp"].is_string());
    assert_eq!(
        get(&world, "/").await.json()["address"],
        world.su.address().as_str()
    );
    assert_eq!(get(&world, "/health").await.status, 200);
    world.sky.height.store(0, Ordering::Relaxed);
    assert_eq!(get(&world, "/health").await.status, 503);
    assert_eq!(post(&world, "/", &message(process, 77)).await.status, 503);
    assert_eq!(
        get(&world, &format!("/{process}")).await.status,
        200,
        "reading goes on"
    );
    let rubbish = send(&world, "POST", "/", Bytes::from_static(b"rubbish")).await;
    assert_eq!(rubbish.status, 400);
}
