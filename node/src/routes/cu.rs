//! The compute unit's routes (WIRE 1.2), as old clients know them, and `/root` of our own.
//!
//! Every answer is JSON, errors included: aoconnect hands an `{error}` body to the app as if it were a result, so it must at
//! least say what happened. A result is the stored text, byte for byte; slot and state root stand in headers beside it.

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::read::id;
use crate::cu::source::SourceError;
use crate::cu::terms::TermsError;
use crate::cu::{CuError, Handle, dry, listing};
use crate::http::body::{Params, WholeBody};
use crate::http::error::ApiError;
use crate::store::listed::{Kinds, Order, Page, Range};
use crate::store::outcome::Outcome;
use aosec_wire::Id;

/// The routes of `handle`.
pub fn router(handle: Handle) -> Router {
    Router::new()
        .route("/", get(about))
        .route("/health", get(health))
        .route("/result/{message}", get(result))
        .route("/results/{process}", get(results))
        .route("/cron/{process}", get(cron))
        .route("/dry-run", post(dry_run))
        .route("/state/{process}", get(state))
        .route("/root/{process}", get(root))
        .with_state(handle)
}

async fn about(State(cu): State<Handle>) -> Json<Value> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let timestamp = now.map_or(0, |now| now.as_millis());
    Json(json!({ "address": cu.address(), "timestamp": timestamp as u64 }))
}

async fn health() -> Json<Value> {
    Json(json!({ "ok": true }))
}

async fn result(
    State(cu): State<Handle>,
    Path(message): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    let outcome = cu.result(process_id(&params)?, id(&message)?).await?;
    Ok(stored(outcome))
}

/// The stored text as it is (D22).
fn stored(outcome: Outcome) -> Response {
    let root = Id::new(outcome.root).to_string();
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (HeaderName::from_static("state-root"), root),
        (HeaderName::from_static("slot"), outcome.slot.to_string()),
    ];
    (headers, outcome.json).into_response()
}

async fn results(
    State(cu): State<Handle>,
    Path(process): Path<String>,
    params: Params,
) -> Result<Json<Connection>, ApiError> {
    let range = range(Kinds::All, &params)?;
    let page = cu.results(id(&process)?, &range).await?;
    connection(page, range.order).map(Json)
}

async fn cron(
    State(cu): State<Handle>,
    Path(process): Path<String>,
    params: Params,
) -> Result<Json<Connection>, ApiError> {
    let range = range(Kinds::Ticks, &params)?;
    let page = cu.ticks(id(&process)?, &range).await?;
    connection(page, range.order).map(Json)
}

fn range(kinds: Kinds, params: &Params) -> Result<Range, ApiError> {
    let range = listing::read(
        kinds,
        params.get("from"),
        params.get("to"),
        params.get("sort"),
        params.parse("limit")?,
    );
    range.map_err(|error| ApiError::BadRequest(error.to_string()))
}

async fn dry_run(
    State(cu): State<Handle>,
    caller: Option<Extension<ConnectInfo<IpAddr>>>,
    params: Params,
    WholeBody(body): WholeBody,
) -> Result<Response, ApiError> {
    let process = process_id(&params)?;
    let to = params.get("to").map(id).transpose()?;
    let dry = dry::read(&body).map_err(|error| match error {
        dry::DryError::TooLarge(_) => ApiError::TooLarge(error.to_string()),
        _ => ApiError::BadRequest(error.to_string()),
    })?;
    let caller = caller.map(|Extension(ConnectInfo(ip))| ip);
    let outcome = cu.dry_run(process, dry, to, caller).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], outcome).into_response())
}

async fn state(
    State(cu): State<Handle>,
    Path(process): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    let state = cu.state(id(&process)?, params.parse("to")?).await?;
    let number = |name, value: u64| (HeaderName::from_static(name), HeaderValue::from(value));
    let position = &state.position;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        ),
        number("last-timestamp", position.timestamp_ms),
        number("last-ordinate", position.slot),
        number("last-block-height", position.height),
    ];
    Ok((headers, Body::from(state.memory)).into_response())
}

async fn root(
    State(cu): State<Handle>,
    Path(process): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let process = id(&process)?;
    let slot = params.parse("slot")?.ok_or_else(|| missing("slot"))?;
    let rooted = cu.root(process, slot).await?;
    Ok(Json(json!({
        "process": process,
        "slot": rooted.slot,
        "root": Id::new(rooted.root),
        "module": rooted.module,
        "engine": rooted.engine,
    })))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    page_info: PageInfo,
    edges: Vec<Edge>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

#[derive(Serialize)]
struct Edge {
    node: Box<RawValue>,
    cursor: String,
}

fn connection(page: Page, order: Order) -> Result<Connection, ApiError> {
    let edges = page.results.into_iter().map(|listed| {
        let cursor = listing::cursor(&listed, order);
        let node = RawValue::from_string(listed.json);
        let node =
            node.map_err(|error| ApiError::Internal(format!("a stored outcome: {error}")))?;
        Ok(Edge { node, cursor })
    });
    Ok(Connection {
        page_info: PageInfo {
            has_next_page: page.has_more,
        },
        edges: edges.collect::<Result<_, ApiError>>()?,
    })
}

fn process_id(params: &Params) -> Result<Id, ApiError> {
    let text = params
        .get("process-id")
        .ok_or_else(|| missing("process-id"))?;
    id(text)
}

fn missing(name: &str) -> ApiError {
    ApiError::BadRequest(format!("`{name}` is missing in the query"))
}

impl From<CuError> for ApiError {
    fn from(error: CuError) -> Self {
        let text = error.to_string();
        match error {
            CuError::NoProcess(_)
            | CuError::NoMessage { .. }
            | CuError::NoSlot { .. }
            | CuError::BeforeCheckpoint { .. }
            | CuError::Source(SourceError::Unknown(_)) => Self::NotFound(text),
            CuError::Listing(_) => Self::BadRequest(text),
            CuError::NotAProcess { .. }
            | CuError::Fault(_)
            | CuError::Format { .. }
            | CuError::Module { .. }
            | CuError::PastState(_)
            | CuError::Cron { .. }
            | CuError::Terms {
                reason: TermsError::Unreadable { .. },
                ..
            } => Self::Unprocessable(text),
            CuError::Terms { .. } | CuError::ModuleTooLarge { .. } => Self::TooLarge(text),
            CuError::TooMany => Self::TooMany(text),
            CuError::Missing { .. }
            | CuError::Source(_)
            | CuError::NoModule(_)
            | CuError::Instance { .. }
            | CuError::Unready { .. }
            | CuError::Interrupted { .. }
            | CuError::StillEvaluating { .. }
            | CuError::Busy(_)
            | CuError::Stopping => Self::Unavailable(text),
            CuError::Diverged { .. } | CuError::Store(_) | CuError::Panicked => {
                Self::Internal(text)
            }
        }
    }
}
