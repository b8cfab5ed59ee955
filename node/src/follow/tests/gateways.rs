//! Gateways that hide, delay and lie, beside one that does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aosec_wire::Id;
use aosec_wire::id::{from_base64url, to_base64url};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use reqwest::Url;
use serde_json::json;

use super::author::Author;
use super::{Bench, DEPTH, MODULE, mine, told};
use crate::arweave::devchain::loopback::{self, Loopback};
use crate::arweave::gateway::Gateway;
use crate::shutdown::Shutdown;

/// How a gateway misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vice {
    /// It knows nothing of one id: not in blocks, not in listings, not by itself.
    Hides(Id),
    /// Every answer takes its time.
    Dawdles,
    /// It answers nothing.
    Fails,
    /// Heights above this one do not exist yet for it.
    LagsAt(u64),
    /// Its data is not what was signed.
    Garbles,
    /// Its blocks have other ids from this height on.
    Invents(u64),
    /// The signed bytes of this transaction are cut into fields elsewhere: the first tag's name ends later.
    Renames(Id),
    /// The same, and the first bytes of the data are called its target.
    Shortens(Id),
    /// The reverse of the first cut, for a transaction that it lists at a height too.
    Mends(Id, u64),
}

#[derive(Clone)]
struct Between {
    behind: Url,
    vice: Vice,
    is_mended: Arc<AtomicBool>,
}

/// A gateway with a vice in front of an honest one.
pub(super) async fn vicious(chain: &Loopback, vice: Vice, shutdown: &Shutdown) -> Url {
    mending(chain, vice, shutdown).await.0
}

/// The same, honest from the moment on in which it is told.
pub(crate) async fn mending(
    chain: &Loopback,
    vice: Vice,
    shutdown: &Shutdown,
) -> (Url, Arc<AtomicBool>) {
    let is_mended = Arc::new(AtomicBool::new(false));
    let state = Arc::new(Between {
        behind: chain.url.clone(),
        vice,
        is_mended: Arc::clone(&is_mended),
    });
    let router = Router::new().fallback(pass).with_state(state);
    let address = loopback::serve(router, shutdown).await;
    (format!("http://{address}").parse().unwrap(), is_mended)
}

async fn pass(State(between): State<Arc<Between>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
    if between.vice == Vice::Fails && !between.is_mended.load(Ordering::Acquire) {
        return (axum::http::StatusCode::SERVICE_UNAVAILABLE, "down").into_response();
    }
    if between.vice == Vice::Dawdles {
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let client = reqwest::Client::new();
    let url = between.behind.join(&path).unwrap();
    let asked = if body.is_empty() {
        client.get(url)
    } else {
        client.post(url).body(body)
    };
    let answer = asked.send().await.unwrap();
    let status = answer.status();
    let bytes = answer.bytes().await.unwrap();
    if between.is_mended.load(Ordering::Acquire) {
        return (status, Body::from(bytes)).into_response();
    }
    match bent(between.vice, &path, &bytes) {
        Some(bytes) => (status, Body::from(bytes)).into_response(),
        None => (axum::http::StatusCode::NOT_FOUND, "nothing").into_response(),
    }
}

fn bent(vice: Vice, path: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let height = serde_json::from_slice::<serde_json::Value>(bytes)
        .ok()
        .and_then(|json| json.get("height")?.as_u64());
    match vice {
        Vice::Hides(id) if path.contains(&id.to_string()) => None,
        Vice::Hides(id) => Some(without(bytes, &id.to_string())),
        Vice::LagsAt(most) if path.starts_with("/block/height") && height > Some(most) => None,
        Vice::Garbles if path.starts_with("/raw") || path.starts_with("/tx/") => {
            let mut bytes = bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            Some(bytes)
        }
        Vice::Invents(from) if path.starts_with("/block/") && height >= Some(from) => {
            let text = String::from_utf8_lossy(bytes)
                .replace("\"indep_hash\":\"", "\"indep_hash\":\"AAAA");
            let cut = text.find("\"indep_hash\":\"").unwrap() + 14 + 64;
            Some([&text.as_bytes()[..cut], &text.as_bytes()[cut + 4..]].concat())
        }
        Vice::Renames(id) if path == format!("/tx/{id}") => Some(recut(bytes, rename)),
        Vice::Shortens(id) if path == format!("/tx/{id}") => Some(recut(bytes, shorten)),
        Vice::Mends(id, _height) if path == format!("/tx/{id}") => Some(recut(bytes, mend)),
        Vice::Mends(id, height) if path == "/graphql" => Some(recut(bytes, |json| {
            let edge = json!({ "cursor": "more", "node": { "id": id, "block": { "height": height }, "bundledIn": null } });
            if let Some(edges) = json["data"]["transactions"]["edges"].as_array_mut() {
                edges.push(edge);
            }
        })),
        _ => Some(bytes.to_vec()),
    }
}

fn mend(json: &mut serde_json::Value) {
    let tag = &mut json["tags"][0];
    let (mut name, value) = (bytes_of(&tag["name"]), bytes_of(&tag["value"]));
    let first = name.pop().unwrap();
    tag["name"] = to_base64url(&name).into();
    tag["value"] = to_base64url(&[&[first], &value[..]].concat()).into();
}

fn recut(json: &[u8], cut: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let mut json = serde_json::from_slice(json).unwrap();
    cut(&mut json);
    json.to_string().into_bytes()
}

fn bytes_of(text: &serde_json::Value) -> Vec<u8> {
    from_base64url(text.as_str().unwrap()).unwrap()
}

fn rename(json: &mut serde_json::Value) {
    let tag = &mut json["tags"][0];
    let (mut name, value) = (bytes_of(&tag["name"]), bytes_of(&tag["value"]));
    name.push(value[0]);
    tag["name"] = to_base64url(&name).into();
    tag["value"] = to_base64url(&value[1..]).into();
}

fn shorten(json: &mut serde_json::Value) {
    assert_eq!(json["target"], "", "room for a target");
    let data = bytes_of(&json["data"]);
    json["target"] = to_base64url(&data[..32]).into();
    json["data"] = to_base64url(&data[32..]).into();
    json["data_size"] = (data.len() - 32).to_string().into();
}

/// JSON without the list entries that name `id`.
fn without(bytes: &[u8], id: &str) -> Vec<u8> {
    let Ok(mut json) = serde_json::from_slice::<serde_json::Value>(bytes) else {
        return bytes.to_vec();
    };
    fn strip(json: &mut serde_json::Value, id: &str) {
        match json {
            serde_json::Value::Array(list) => {
                list.retain(|entry| !entry.to_string().contains(id));
                list.iter_mut().for_each(|entry| strip(entry, id));
            }
            serde_json::Value::Object(fields) => {
                fields.values_mut().for_each(|field| strip(field, id))
            }
            _ => {}
        }
    }
    strip(&mut json, id);
    json.to_string().into_bytes()
}

struct Scene {
    chain: Loopback,
    author: Author,
    record: Id,
    data: Id,
    mined: u64,
}

async fn scene() -> Scene {
    let chain = Loopback::start(Vec::new()).await;
    let mut author = Author::spawn(&chain, MODULE, "one").await;
    author.send("a");
    author.send("b");
    let data = author.post_items(&chain, 0, 2).await;
    let record = author.post_record(&chain, 1, 2).await;
    let mined = mine(&chain, 1 + DEPTH).await - DEPTH;
    Scene {
        chain,
        author,
        record,
        data,
        mined,
    }
}

#[tokio::test]
async fn one_honest_gateway_is_enough_against_one_that_hides_dawdles_or_garbles() {
    let Scene {
        chain,
        author,
        record,
        data,
        mined,
    } = scene().await;
    let vices = [
        Vice::Hides(record),
        Vice::Hides(data),
        Vice::Dawdles,
        Vice::Garbles,
    ];
    for vice in vices {
        let shutdown = Shutdown::new();
        let urls = vec![vicious(&chain, vice, &shutdown).await, chain.url.clone()];
        let bench = Bench::open(Gateway::new(urls).unwrap()).await;
        bench.until_firm(mined).await;
        assert_eq!(
            bench.messages(author.process()).await.unwrap(),
            told(&author),
            "{vice:?}"
        );
        shutdown.tell();
    }
}

#[tokio::test]
async fn alone_a_gateway_that_hides_a_record_has_a_shorter_log_and_one_that_garbles_none() {
    let Scene {
        chain,
        author,
        record,
        mined,
        ..
    } = scene().await;
    let shutdown = Shutdown::new();
    let hiding = vicious(&chain, Vice::Hides(record), &shutdown).await;
    let bench = Bench::open(Gateway::new(vec![hiding]).unwrap()).await;
    bench.until_firm(mined).await;
    assert_eq!(bench.messages(author.process()).await.unwrap().len(), 1);
    let garbling = vicious(&chain, Vice::Garbles, &shutdown).await;
    let bench = Bench::open(Gateway::new(vec![garbling]).unwrap()).await;
    let view = bench.until(|view| view.trouble.is_some()).await;
    assert_eq!(view.firm, None, "a block is read whole or not at all");
}

#[tokio::test]
async fn of_two_gateways_the_slower_one_sets_the_pace_and_two_stories_stop_the_reader() {
    let Scene {
        chain,
        author,
        mined,
        ..
    } = scene().await;
    let shutdown = Shutdown::new();
    let inventing = vicious(&chain, Vice::Invents(mined), &shutdown).await;
    let two = Gateway::new(vec![inventing.clone(), chain.url.clone()]).unwrap();
    let bench = Bench::open(two).await;
    let view = bench.until(|view| view.trouble.is_some()).await;
    assert!(view.trouble.unwrap().contains("different blocks") && !view.alarm);
    let lagging = vicious(&chain, Vice::LagsAt(mined), &shutdown).await;
    let three = Gateway::new(vec![inventing, chain.url.clone(), lagging]).unwrap();
    let bench = Bench::open(three).await;
    let view = bench
        .until(|view| view.trouble.is_some() || view.firm >= Some(mined))
        .await;
    assert!(!view.alarm, "{view:?}");
    let third = vicious(&chain, Vice::Dawdles, &shutdown).await;
    let inventing = vicious(&chain, Vice::Invents(mined), &shutdown).await;
    let three = Gateway::new(vec![inventing, chain.url.clone(), third]).unwrap();
    let bench = Bench::open(three).await;
    bench.until_firm(mined).await;
    assert_eq!(
        bench.messages(author.process()).await.unwrap(),
        told(&author)
    );
}
