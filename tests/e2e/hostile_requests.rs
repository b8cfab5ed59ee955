//! Requests that make no sense, to every unit: each gets a clear client error in bounded time, and the node lives on.

use std::time::{Duration, Instant};

use aosec_tests::harness::raw_http::{Reaction, send};
use aosec_tests::harness::{World, draft, http};
use aosec_wire::SigningKey;
use bytes::Bytes;
use reqwest::Method;

use crate::wellbeing::{GROWTH_BYTES_MAX, assert_well, resident_bytes};

/// Nonsense needs no thought.
const REFUSAL: Duration = Duration::from_secs(5);
/// Statuses that say "not now" and are documented: 503 (not ready, full) and 504 (no slot in time).
const DOCUMENTED: [u16; 2] = [503, 504];
/// Over every body limit of a node (18 MiB).
const HUGE: usize = 24 * 1024 * 1024;
/// Huge bodies at the same time: more than a node could hold if it kept them all.
const FLOOD: usize = 12;

const NOBODY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Method, path and query, body.
type Case = (Method, String, &'static str);

fn get(path: &str) -> Case {
    (Method::GET, path.to_owned(), "")
}

fn post(path: &str, body: &'static str) -> Case {
    (Method::POST, path.to_owned(), body)
}

fn other(method: Method, path: &str, body: &'static str) -> Case {
    (method, path.to_owned(), body)
}

fn to_the_su() -> Vec<Case> {
    let long = "x".repeat(8_000);
    let page = |query: &str| get(&format!("/{NOBODY}?process-id={NOBODY}{query}"));
    vec![
        get("/nothing/stands/here"),
        get("/not-an-id?process-id=neither"),
        page(""),
        page("&from-nonce=minus&limit=many"),
        page("&from-nonce=99999999999999999999999999"),
        page("&limit=-5"),
        get(&format!("/{NOBODY}?process-id=%00%ff%27%20OR%201=1--")),
        get(&format!("/{NOBODY}/latest")),
        get(&format!("/processes/{NOBODY}")),
        get(&format!("/processes/{long}")),
        post("/", ""),
        post("/", "{\"not\": \"an item\"}"),
        post(&format!("/?process-id={NOBODY}"), ""),
        post(&format!("/?process-id={NOBODY}&assign=short"), ""),
        post(&format!("/?process-id={NOBODY}&assign={NOBODY}"), ""),
        other(Method::PUT, "/", "x"),
        other(Method::DELETE, "/", ""),
        other(Method::PATCH, &format!("/{NOBODY}"), ""),
    ]
}

fn to_the_mu() -> Vec<Case> {
    vec![
        post("/", ""),
        post("/", "not an item"),
        post(&format!("/?process-id={NOBODY}"), ""),
        post(&format!("/?assign={NOBODY}"), ""),
        post(&format!("/monitor/{NOBODY}"), "not an item"),
        post("/monitor/short", ""),
        other(Method::DELETE, &format!("/monitor/{NOBODY}"), "not an item"),
        get(&format!("/monitor/{NOBODY}")),
        other(Method::PUT, "/", "x"),
    ]
}

fn to_the_cu() -> Vec<Case> {
    let dry_run = |body| post(&format!("/dry-run?process-id={NOBODY}"), body);
    vec![
        get("/nothing"),
        get("/result/short"),
        get(&format!("/result/{NOBODY}")),
        get(&format!("/result/{NOBODY}?process-id={NOBODY}")),
        get(&format!("/results/{NOBODY}?limit=all")),
        get(&format!(
            "/results/{NOBODY}?from=%7Bnot-a-cursor&sort=SIDEWAYS"
        )),
        get("/cron/short"),
        get(&format!("/state/{NOBODY}")),
        get(&format!("/root/{NOBODY}?slot=-1")),
        get(&format!("/root/{NOBODY}")),
        dry_run("{ broken"),
        dry_run("[]"),
        dry_run("{\"Tags\": \"none\", \"Data\": {\"a\": [1]}}"),
        dry_run("{\"Tags\": [], \"Data\": \"\", \"Owner\": \"me\"}"),
        post("/dry-run", "{}"),
        other(Method::DELETE, "/dry-run", ""),
        post("/result/x", ""),
    ]
}

#[tokio::test]
async fn nonsense_gets_a_clear_client_error() {
    let world = World::shared();
    let node = world.node(1);
    for (root, cases) in [
        (&node.su, to_the_su()),
        (&node.mu, to_the_mu()),
        (&node.cu, to_the_cu()),
    ] {
        for (method, path, body) in cases {
            let url = format!("{root}{path}");
            let name: String = format!("{method} {url} {body}").chars().take(160).collect();
            let begun = Instant::now();
            let request = http::client()
                .request(method, url)
                .header("content-type", "application/json")
                .body(body);
            let answer = http::answer(request.send().await.expect(&name))
                .await
                .expect(&name);
            let documented =
                (400..500).contains(&answer.status) || DOCUMENTED.contains(&answer.status);
            assert!(documented && answer.error().is_some(), "{name}: {answer:?}");
            assert!(
                begun.elapsed() < REFUSAL,
                "{name} took {:?}",
                begun.elapsed()
            );
        }
    }
    assert_well(world, 1).await;
}

#[tokio::test]
async fn deep_and_wide_json_is_refused_or_computed_in_bounds() {
    let world = World::shared();
    let cu = world.node(1).cu;
    let deep = format!("{{\"Tags\": {}{}}}", "[".repeat(50_000), "]".repeat(50_000));
    let tag = "{\"name\":\"n\",\"value\":\"v\"},";
    let wide = format!(
        "{{\"Data\":\"\",\"Tags\":[{}{{\"name\":\"n\",\"value\":\"v\"}}]}}",
        tag.repeat(100_000)
    );
    for body in [deep, wide] {
        let request = http::client()
            .post(format!("{cu}/dry-run?process-id={NOBODY}"))
            .body(body);
        let answer = http::answer(request.send().await.expect("an answer"))
            .await
            .expect("whole");
        assert!(
            (400..500).contains(&answer.status) && answer.error().is_some(),
            "{answer:?}"
        );
    }
    assert_well(world, 1).await;
}

#[tokio::test]
async fn broken_http_is_answered_or_cut_off() {
    let world = World::shared();
    let node = world.node(1);
    let endless_header = format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(64 * 1024));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(500));
    let pieces: [&[u8]; 9] = [
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: minus\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
        endless_header.as_bytes(),
        many_headers.as_bytes(),
    ];
    for unit in [&node.su, &node.mu, &node.cu, &node.web] {
        for piece in pieces {
            let reaction = send(unit, piece, REFUSAL).await;
            let good = matches!(reaction, Reaction::Closed | Reaction::Status(400..500));
            assert!(
                good,
                "{unit} to {:?}: {reaction:?}",
                String::from_utf8_lossy(&piece[..piece.len().min(60)])
            );
        }
    }
    assert_well(world, 1).await;
}

#[tokio::test]
async fn huge_bodies_are_refused_without_being_kept() {
    let world = World::shared();
    let node = world.node(1);
    let before = resident_bytes(node.pid);
    let body = Bytes::from(vec![0_u8; HUGE]);
    let mut flood = tokio::task::JoinSet::new();
    for (number, unit) in [&node.su, &node.mu, &node.cu]
        .into_iter()
        .cycle()
        .take(FLOOD)
        .enumerate()
    {
        let url = if number % 3 == 2 {
            format!("{unit}/dry-run?process-id={NOBODY}")
        } else {
            unit.clone()
        };
        flood.spawn(http::client().post(url).body(body.clone()).send());
    }
    while let Some(sent) = flood.join_next().await {
        // A server that refuses before it has read everything may close the connection under the sender.
        if let Ok(response) = sent.expect("the sender does not panic") {
            assert_eq!(response.status().as_u16(), 413, "{response:?}");
        }
    }
    let grown = resident_bytes(node.pid).saturating_sub(before);
    assert!(
        grown < GROWTH_BYTES_MAX,
        "the node grew by {} MiB",
        grown / (1024 * 1024)
    );
    assert_well(world, 1).await;
}

#[tokio::test]
async fn absurd_pages_of_a_real_log_are_capped_or_refused() {
    let world = World::shared();
    let node = world.node(1);
    let key = SigningKey::ed25519([9; 32]);
    let process = draft::process(&key, world.devnet(), &node);
    let taken = http::post_item(&node.su, process.bytes().clone())
        .await
        .expect("an answer");
    assert!(taken.is_success(), "{taken:?}");
    let pid = process.id();
    for query in [
        "limit=0",
        "limit=18446744073709551615",
        "from-nonce=9223372036854775807",
        "to-nonce=-9",
        "from=x&to=y",
        "from=undefined&to=undefined&limit=1000",
        "limit=1&limit=2",
        "from-nonce=5&to-nonce=1",
    ] {
        let answer = http::get(&format!("{}/{pid}?process-id={pid}&{query}", node.su))
            .await
            .expect("an answer");
        let shaped = answer.is_success() && answer.json()["edges"].is_array();
        assert!(
            shaped || (400..500).contains(&answer.status) && answer.error().is_some(),
            "{query}: {answer:?}"
        );
    }
    assert_well(world, 1).await;
}
