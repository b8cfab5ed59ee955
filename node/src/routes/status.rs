//! The node's own page: health, readiness, metrics, and what the node is and does, for a person and for scripts.
//!
//! Read-only, loopback by default (D32); there is nothing to administrate over HTTP.

use std::sync::Arc;

use aosec_wire::Address;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

use crate::arweave::tip::TipWatch;
use crate::http::error::ApiError;
use crate::{metrics, su};

/// What a node says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// Version of the binary.
    pub version: &'static str,
    /// Address of the operator key.
    pub operator: Address,
    /// Address of the key that signs assignments.
    pub scheduler: Address,
    /// Address of the key that signs pushed messages.
    pub authority: Address,
    /// Address of the base-layer wallet.
    pub wallet: Address,
    /// Roots of the units that run here, by name.
    pub units: Value,
}

#[derive(Clone, Debug)]
struct Page {
    about: Arc<About>,
    tip: TipWatch,
    /// The scheduler, where one runs here.
    su: Option<su::Handle>,
}

impl Page {
    /// Why messages are not taken; none when all is well.
    fn waits_for(&self) -> Option<String> {
        if self.tip.borrow().is_none() {
            return Some("no firm height yet: the gateway has not answered".into());
        }
        let reason = self.su.as_ref()?.unavailable()?;
        Some(reason.to_string())
    }

    fn guard(&self) -> Value {
        let Some(su) = &self.su else {
            return Value::Null;
        };
        let blocked = su.blocked().iter();
        let blocked: Vec<Value> = blocked
            .map(|(process, why)| json!({ "process": process, "reason": why.to_string() }))
            .collect();
        let reason = su.unavailable().map(|reason| reason.to_string());
        json!({ "state": su.standing().word(), "reason": reason, "blocked": blocked })
    }

    fn status(&self) -> Value {
        json!({
            "ready": self.waits_for().is_none(),
            "height": self.tip.borrow().map(|tip| tip.height),
            "assignments": metrics::assignments().get(),
            "evaluations": metrics::evaluations().get(),
            "outbox": metrics::outbox_pending().get(),
            "unpublished": metrics::publication_backlog().get(),
            "guard": self.guard(),
            "publication_lag_blocks": metrics::publication_lag().get(),
            "publication_stalled": metrics::publication_stalled().get() != 0,
            "panics": metrics::panics().get(),
            "about": *self.about,
        })
    }
}

/// The routes of the page.
pub fn router(about: About, tip: TipWatch, su: Option<su::Handle>) -> Router {
    let page = Page {
        about: Arc::new(about),
        tip,
        su,
    };
    Router::new()
        .route("/", get(front))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/status", get(status))
        .route("/metrics", get(metrics_text))
        .with_state(page)
}

async fn health() -> Json<Value> {
    Json(json!({ "ok": true }))
}

/// Ready = store and guard are open (or the node would not run), the base layer has a firm height (D13), and the scheduler
/// takes messages.
async fn ready(State(page): State<Page>) -> Result<Json<Value>, ApiError> {
    match page.waits_for() {
        Some(reason) => Err(ApiError::Unavailable(reason)),
        None => {
            let height = page.tip.borrow().map(|tip| tip.height);
            Ok(Json(json!({ "ready": true, "height": height })))
        }
    }
}

async fn status(State(page): State<Page>) -> Json<Value> {
    Json(page.status())
}

async fn metrics_text() -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        metrics::text(),
    )
        .into_response()
}

const STYLE: &str = "body{font:16px system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}\
td{padding:.2rem 1rem .2rem 0;vertical-align:top}code{overflow-wrap:anywhere}";

async fn front(State(page): State<Page>) -> Html<String> {
    let status = page.status();
    let mut rows = String::new();
    for (name, value) in status
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _value)| *name != "about")
    {
        rows.push_str(&row(name, value));
    }
    for (name, value) in status["about"].as_object().into_iter().flatten() {
        rows.push_str(&row(name, value));
    }
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>aosec node</title><style>{STYLE}</style><h1>aosec node</h1><table>{rows}</table>\
         <p><a href=/status>status as JSON</a> · <a href=/metrics>metrics</a></p></html>"
    ))
}

/// Values are addresses, numbers and urls of our own making; escaped all the same.
fn row(name: &str, value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    format!(
        "<tr><td>{name}<td><code>{}</code>",
        text.replace('&', "&amp;").replace('<', "&lt;")
    )
}
