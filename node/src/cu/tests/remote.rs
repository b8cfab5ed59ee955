//! A log over HTTP: exact bytes, followed redirects, and no patience for anything else.

use std::sync::Arc;

use aosec_wire::id::to_base64url;
use aosec_wire::{Id, VerifiedItem};
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::book::Book;
use super::counting;
use crate::cu::source::remote::{Locate, Remote};
use crate::cu::source::{Answer, Log, SourceError};
use crate::http::body::Params;
use crate::http::error::{ApiError, elsewhere};
use crate::http::listener;
use crate::locate::Reach;
use crate::shutdown::Shutdown;

/// How a scheduler of this test answers.
#[derive(Clone, Debug)]
struct Host {
    book: Arc<Book>,
    raw: bool,
}

fn item(host: &Host, item: &VerifiedItem) -> Value {
    match host.raw {
        true => json!({"id": item.id(), "bytes": to_base64url(item.bytes())}),
        false => json!({"id": item.id(), "data": String::from_utf8_lossy(&item.data())}),
    }
}

fn node(host: &Host, slot: usize) -> Value {
    let entry = &host.book.entries[slot];
    let message = entry.message.as_ref().map(|message| item(host, message));
    json!({"message": message, "assignment": item(host, entry.assignment.signed().unwrap().item())})
}

async fn serve_id(
    State(host): State<Host>,
    Path(id): Path<Id>,
    params: Params,
) -> Result<axum::Json<Value>, ApiError> {
    assert_eq!(params.get("raw"), Some("1"));
    if id != host.book.process() {
        let messages = host
            .book
            .entries
            .iter()
            .map(|entry| entry.assignment.message());
        let slot = messages.clone().position(|message| message == Some(id));
        let slot = slot.ok_or_else(|| ApiError::BadRequest("not found".to_owned()))?;
        return Ok(axum::Json(node(&host, slot)));
    }
    let after: i64 = params.get("from-nonce").unwrap().parse().unwrap();
    let to: usize = params.get("to-nonce").unwrap().parse().unwrap();
    let limit: usize = params.get("limit").unwrap().parse().unwrap();
    let last = to.min(host.book.entries.len() - 1);
    let edges = (0..=last).filter(|slot| *slot as i64 > after).take(limit);
    let edges: Vec<_> = edges
        .map(|slot| json!({"node": node(&host, slot), "cursor": "x"}))
        .collect();
    Ok(axum::Json(
        json!({"page_info": {"has_next_page": false}, "edges": edges}),
    ))
}

async fn serve_latest(State(host): State<Host>) -> axum::Json<Value> {
    axum::Json(node(&host, host.book.entries.len() - 1))
}

async fn serve(router: Router) -> Url {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    tokio::spawn(listener::serve(socket, router, Shutdown::new()));
    url.parse().unwrap()
}

async fn host(book: &Book, raw: bool) -> Url {
    let host = Host {
        book: Arc::new(book.clone()),
        raw,
    };
    let routes = Router::new()
        .route("/{id}", get(serve_id))
        .route("/{id}/latest", get(serve_latest));
    serve(routes.with_state(host)).await
}

/// A router that sends everybody on, keeping path and query.
async fn router(to: Url) -> Url {
    let send = async move |uri: axum::http::Uri| {
        let target = to.join(uri.path_and_query().unwrap().as_str()).unwrap();
        elsewhere(target.as_str())
    };
    serve(Router::new().fallback(send)).await
}

#[derive(Debug)]
pub(super) struct At(pub(super) Url);

impl Locate for At {
    fn find(&self, _process: Id) -> Answer<'_, Url> {
        let url = self.0.clone();
        Box::pin(async move { Ok(url) })
    }

    fn reach(&self) -> Reach {
        Reach::Anywhere
    }
}

fn remote(url: Url) -> Remote {
    Remote::new(Arc::new(At(url))).unwrap()
}

#[tokio::test]
async fn a_foreign_log_is_read_to_its_last_byte() {
    let mut book = counting(70);
    let referred = book.message("by reference");
    book.write(&book.plan(Some(referred.id())), None);
    let process = book.process();
    let log = remote(router(router(host(&book, true).await).await).await);
    assert_eq!(
        log.spawn(process).await.unwrap().unwrap().bytes(),
        book.spawn.bytes()
    );
    assert_eq!(log.newest(process).await, Ok(Some(70)));
    let found = log.assignment(process, referred.id()).await.unwrap();
    assert_eq!(found.map(|assignment| assignment.nonce()), Some(70));
    assert_eq!(log.assignment(process, Id::new([3; 32])).await, Ok(None));
    let page = log.entries(process, 0, 1_000).await.unwrap();
    assert_eq!(page.len(), 64, "a page is bounded");
    let rest = log.entries(process, 64, 70).await.unwrap();
    let served: Vec<_> = page
        .iter()
        .chain(&rest)
        .map(|entry| entry.assignment.id())
        .collect();
    let signed: Vec<_> = book
        .entries
        .iter()
        .map(|entry| entry.assignment.id())
        .collect();
    assert_eq!(served, signed);
    assert!(rest.last().unwrap().message.is_none());
}

#[tokio::test]
async fn text_that_was_decoded_for_display_is_not_believed() {
    let book = counting(3);
    let log = remote(host(&book, false).await);
    let refused = log.entries(book.process(), 0, 2).await.unwrap_err();
    assert!(
        refused.to_string().contains("without their signed bytes"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_redirect_in_a_circle_and_a_silent_host_are_told() {
    let process = Id::new([1; 32]);
    let nobody: Url = "http://127.0.0.1:1".parse().unwrap();
    let silent = remote(nobody.clone()).newest(process).await.unwrap_err();
    assert!(matches!(silent, SourceError::Silent { .. }), "{silent}");
    let mut far = nobody;
    for _hop in 0..5 {
        far = router(far).await;
    }
    let far = remote(far).newest(process).await.unwrap_err();
    assert!(far.to_string().contains("more redirects"), "{far}");
}

#[tokio::test]
async fn a_forged_item_is_refused() {
    let mut book = counting(3);
    let mut bytes = book.spawn.bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    book.entries.clear();
    let forged = json!({"page_info": {"has_next_page": false}, "edges": [{"node":
        {"message": {"bytes": to_base64url(&bytes)}, "assignment": {"bytes": to_base64url(&bytes)}}, "cursor": ""}]});
    let routes = Router::new().fallback(async move || axum::Json(forged.clone()));
    let log = remote(serve(routes).await);
    let refused = log.spawn(book.process()).await.unwrap_err();
    assert!(matches!(refused, SourceError::Item { .. }), "{refused}");
}
