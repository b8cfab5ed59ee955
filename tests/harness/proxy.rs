//! A gateway that cannot be trusted: a proxy before an honest one. It is down, or forgets what it is given, or by the numbers of
//! a seed hides, delays, alters, cuts and refuses what it passes on, and tells of tips that are not there.
//!
//! What it never does is to put a transaction into another block than the one it stands in: no signature covers a place, and a
//! reader with two gateways believes it (`follow::accord`).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aosec_node::http::listener;
use aosec_node::shutdown::Shutdown;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use reqwest::Url;
use serde_json::Value;
use tokio::net::TcpListener;

use super::{http, seed::Seed};

/// Bytes of a request: a transaction of 4 MiB in its JSON form, and room.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long an answer may be held back: longer than a block of the tests, shorter than a caller's patience.
const DELAYS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(1_500));
/// How far a tip is told from where it is.
const TIP_LIE_MAX: u64 = 50;

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// It passes on what there is.
    Honest,
    /// It does some misdeed now and then, as its seed says.
    Erratic,
    /// It answers nothing of use.
    Down,
    /// It takes transactions, says so, and passes none of them on.
    Forgetful,
}

/// What is done to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misdeed {
    /// Nothing.
    None,
    /// The thing is not there, or the list is empty.
    Hide,
    /// It comes late.
    Delay,
    /// One byte is another one.
    Alter,
    /// The end is missing.
    Cut,
    /// An error instead.
    Refuse,
    /// What was given is taken, and thrown away.
    Forget,
    /// The tip is elsewhere; other answers are passed on.
    Tip,
}

/// The lying gateway. It ends with its owner.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub url: Url,
    misdeeds: Arc<Mutex<Deeds>>,
    shutdown: Shutdown,
}

#[derive(Debug)]
struct Deeds {
    conduct: Conduct,
    seed: Seed,
    done: u64,
}

#[derive(Clone, Debug)]
struct Before {
    upstream: Url,
    deeds: Arc<Mutex<Deeds>>,
}

impl Proxy {
    /// Starts one before `upstream`, honest at first.
    ///
    /// # Panics
    /// Where this machine has no port for it.
    pub async fn before(upstream: Url, seed: Seed) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (shutdown, deeds) = (
            Shutdown::new(),
            Arc::new(Mutex::new(Deeds {
                conduct: Conduct::Honest,
                seed,
                done: 0,
            })),
        );
        let state = Before {
            upstream,
            deeds: Arc::clone(&deeds),
        };
        let router = Router::new().fallback(pass).with_state(state);
        shutdown.track(listener::serve(listener, router, shutdown.clone()));
        let url = format!("http://{address}").parse();
        Self {
            url: url.expect("an address is a url"),
            misdeeds: deeds,
            shutdown,
        }
    }

    /// From now on it behaves so.
    pub fn behave(&self, conduct: Conduct) {
        lock(&self.misdeeds).conduct = conduct;
    }

    /// Answers that it did not pass on as they were.
    #[must_use]
    pub fn misdeeds(&self) -> u64 {
        lock(&self.misdeeds).done
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shutdown.tell();
    }
}

fn lock(deeds: &Mutex<Deeds>) -> std::sync::MutexGuard<'_, Deeds> {
    deeds.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deeds {
    fn next(&mut self, takes: bool) -> (Misdeed, Seed) {
        let misdeed = match self.conduct {
            Conduct::Honest => Misdeed::None,
            Conduct::Down => Misdeed::Refuse,
            Conduct::Forgetful if takes => Misdeed::Forget,
            Conduct::Forgetful => Misdeed::None,
            Conduct::Erratic => self.by_chance(),
        };
        self.done += u64::from(misdeed != Misdeed::None);
        (misdeed, Seed::new(self.seed.next_u64()))
    }

    /// Five answers in nine are honest: a gateway that always lied would soon be asked no more.
    fn by_chance(&mut self) -> Misdeed {
        match self.seed.below(18) {
            0 | 1 => Misdeed::Hide,
            2 | 3 => Misdeed::Delay,
            4 => Misdeed::Alter,
            5 => Misdeed::Cut,
            6 => Misdeed::Refuse,
            7 => Misdeed::Tip,
            _ => Misdeed::None,
        }
    }
}

async fn pass(State(before): State<Before>, request: Request) -> Response {
    let takes = *request.method() == Method::POST && !request.uri().path().ends_with("/graphql");
    let (misdeed, mut seed) = lock(&before.deeds).next(takes);
    match misdeed {
        Misdeed::Forget => return StatusCode::OK.into_response(),
        Misdeed::Refuse => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Misdeed::Delay => tokio::time::sleep(seed.between(DELAYS.0, DELAYS.1)).await,
        _ => {}
    }
    let path = request.uri().path().to_owned();
    let Some((status, kind, body)) = forward(&before.upstream, request).await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    match misdeed {
        Misdeed::Hide if path.ends_with("/graphql") => {
            answer(status, &kind, without_edges(&body).into())
        }
        Misdeed::Hide => StatusCode::NOT_FOUND.into_response(),
        Misdeed::Alter => answer(status, &kind, altered(&body, &mut seed).into()),
        Misdeed::Cut => answer(status, &kind, body.slice(..body.len() / 2).into()),
        Misdeed::Tip if path.contains("block/current") => {
            answer(status, &kind, with_other_height(&body, &mut seed).into())
        }
        _ => answer(status, &kind, body.into()),
    }
}

fn answer(status: u16, kind: &str, body: Body) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, [(CONTENT_TYPE, kind.to_owned())], body).into_response()
}

/// Status, type and body as the honest gateway gives them.
async fn forward(upstream: &Url, request: Request) -> Option<(u16, String, Bytes)> {
    let (parts, body) = request.into_parts();
    let mut url = upstream.clone();
    url.set_path(parts.uri.path());
    url.set_query(parts.uri.query());
    let body = axum::body::to_bytes(body, REQUEST_BYTES_MAX).await.ok()?;
    let mut asked = http::client().request(method(&parts.method)?, url);
    if let Some(kind) = parts.headers.get(CONTENT_TYPE) {
        asked = asked.header(CONTENT_TYPE, kind.as_bytes());
    }
    let answer = asked.body(body).send().await.ok()?;
    let status = answer.status().as_u16();
    let kind = answer.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_owned();
    Some((status, kind, answer.bytes().await.ok()?))
}

fn method(method: &Method) -> Option<reqwest::Method> {
    reqwest::Method::from_bytes(method.as_str().as_bytes()).ok()
}

/// A GraphQL answer in which nothing was found.
fn without_edges(body: &[u8]) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(found) = json.pointer_mut("/data/transactions") {
        found["edges"] = Value::Array(Vec::new());
        found["pageInfo"] = serde_json::json!({ "hasNextPage": false });
    }
    json.to_string().into_bytes()
}

fn altered(body: &[u8], seed: &mut Seed) -> Vec<u8> {
    let mut body = body.to_vec();
    let at = usize::try_from(seed.next_u64()).unwrap_or(0) % body.len().max(1);
    if let Some(byte) = body.get_mut(at) {
        *byte ^= 1 << seed.below(7);
    }
    body
}

fn with_other_height(body: &[u8], seed: &mut Seed) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(height) = json["height"].as_u64() {
        let lie = height.saturating_add(seed.below(2 * TIP_LIE_MAX));
        json["height"] = lie.saturating_sub(TIP_LIE_MAX).into();
    }
    json.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_what_is_done() {
        let deeds = |number| {
            let mut deeds = Deeds {
                conduct: Conduct::Erratic,
                seed: Seed::new(number),
                done: 0,
            };
            let kinds: Vec<_> = (0..200).map(|_| deeds.next(false).0).collect();
            (kinds, deeds.done)
        };
        assert_eq!(deeds(1), deeds(1));
        assert_ne!(deeds(1), deeds(2));
        assert!((60..130).contains(&deeds(1).1), "{:?}", deeds(1).1);
    }

    #[test]
    fn lies_are_lies() {
        let mut seed = Seed::new(3);
        assert_ne!(altered(b"honest", &mut seed), b"honest");
        assert_eq!(altered(b"", &mut seed), b"");
        let list = br#"{"data":{"transactions":{"pageInfo":{"hasNextPage":true},"edges":[1]}}}"#;
        let empty: Value = serde_json::from_slice(&without_edges(list)).expect("JSON");
        assert_eq!(
            empty["data"]["transactions"]["edges"],
            Value::Array(Vec::new())
        );
    }
}
