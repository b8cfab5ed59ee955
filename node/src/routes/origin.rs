//! The court's routes: what it says of itself, and its inbox. Beside the compute unit's, whose dry-run and results it answers for the
//! court itself, so that ao clients read it like any process.
//!
//! `?view=firm` asks the court `settlement_depth` blocks below the tip; without it the one at the tip answers.

use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::cu::dry;
use crate::http::body::{Params, WholeBody, clip};
use crate::http::error::{ApiError, accepted};
use crate::origin::Handle;
use crate::origin::client::TakeError;
use crate::origin::mirror::{Depth, MirrorError};
use crate::store::StoreError;

/// How long an outcome is waited for: below the deadlines of ao clients, over some blocks of a devnet.
const OUTCOME_PATIENCE: Duration = Duration::from_secs(15);

/// The compute unit's router with the court's in front of it.
pub fn before(handle: Handle, cu: Router) -> Router {
    let routes = Router::new()
        .route("/origin/info", get(info))
        .route("/origin/root", get(root))
        .route("/origin/params", get(params_of))
        .route("/origin/operators", get(operators))
        .route("/origin/processes", get(processes))
        .route("/origin/balance/{address}", get(balance))
        .route("/origin/head/{process}", get(head))
        .route("/origin/message/{id}", get(message))
        .route("/origin/inbox", post(inbox))
        .with_state(handle.clone());
    let cu = cu.layer(middleware::from_fn_with_state(handle, as_a_process));
    routes.merge(cu)
}

/// What old clients ask of the court as of any process.
async fn as_a_process(
    State(handle): State<Handle>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let name = handle.id().to_string();
    let query = request.uri().query().unwrap_or_default();
    let is_ours = query
        .split('&')
        .any(|pair| pair.split_once('=') == Some(("process-id", name.as_str())));
    let path = request.uri().path().to_owned();
    match (is_ours, path.as_str(), path.strip_prefix("/result/")) {
        (true, "/dry-run", _) => dry_run(handle, request).await,
        (true, _, Some(id)) => outcome(&handle, id).await,
        _ => Ok(next.run(request).await),
    }
}

async fn dry_run(handle: Handle, request: Request) -> Result<Response, ApiError> {
    use axum::extract::FromRequest as _;
    let WholeBody(body) = WholeBody::from_request(request, &()).await?;
    let dry = dry::read(&body).map_err(|error| match error {
        dry::DryError::TooLarge(_) => ApiError::TooLarge(error.to_string()),
        _ => ApiError::BadRequest(error.to_string()),
    })?;
    let (_height, outcome) = handle.dry_run(Depth::Soft, dry).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], outcome).into_response())
}

/// The outcome of a message, which is waited for: it runs in a block to come.
async fn outcome(handle: &Handle, id: &str) -> Result<Response, ApiError> {
    let message = read_id(id)?;
    let mut standings = handle.standings();
    let waited = tokio::time::timeout(OUTCOME_PATIENCE, async {
        loop {
            let found = handle.outcome(message).await.map_err(stored)?;
            if found.is_some() || standings.changed().await.is_err() {
                return Ok::<_, ApiError>(found);
            }
        }
    });
    let found = waited.await.unwrap_or(Ok(None))?;
    let found = found.ok_or_else(|| ApiError::NotFound(format!("{} has no slot", clip(id))))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], found.json).into_response())
}

async fn info(State(handle): State<Handle>, params: Params) -> Result<Json<Value>, ApiError> {
    let standing = handle.standing();
    let mut shown = json!({
        "origin": handle.id(), "soft": standing.soft, "firm": standing.firm, "slot": standing.slot,
        "root": standing.root, "queued": standing.queued, "alarm": standing.alarm.as_deref(),
        "contract": aosec_wasm::origin_contract::sha256(), "block_time_ms": block_time_ms(&handle),
    });
    if standing.slot.is_some() && standing.alarm.is_none() {
        shown["info"] = handle.ask(depth(&params)?, "Info", &[]).await?.shown();
    }
    Ok(Json(shown))
}

fn block_time_ms(handle: &Handle) -> u64 {
    u64::try_from(handle.block_time().as_millis()).unwrap_or(u64::MAX)
}

async fn root(State(handle): State<Handle>, params: Params) -> Result<Json<Value>, ApiError> {
    let height: Option<u64> = params.parse("height")?;
    let height = height.or(handle.standing().soft).unwrap_or(0);
    let found = handle.root(height).await.map_err(stored)?;
    let found = found.ok_or_else(|| {
        ApiError::NotFound(format!("this node has not computed the court at {height}"))
    })?;
    Ok(Json(json!({
        "height": found.height, "slot": found.slot, "root": found.root, "block": found.block.to_string(),
    })))
}

async fn params_of(State(handle): State<Handle>, params: Params) -> Result<Json<Value>, ApiError> {
    Ok(Json(
        handle.ask(depth(&params)?, "Params", &[]).await?.shown(),
    ))
}

async fn operators(State(handle): State<Handle>, params: Params) -> Result<Json<Value>, ApiError> {
    let asked = page(&params, "operator", "Operator");
    let answer = handle.ask(depth(&params)?, "Operators", &[asked]).await?;
    Ok(Json(answer.shown()))
}

async fn processes(State(handle): State<Handle>, params: Params) -> Result<Json<Value>, ApiError> {
    let asked = page(&params, "process", "Process");
    let answer = handle.ask(depth(&params)?, "Processes", &[asked]).await?;
    Ok(Json(answer.shown()))
}

/// The tag that asks for one row, or for a page from an index on.
fn page<'a>(params: &'a Params, one: &str, tag: &'static str) -> (&'static str, &'a str) {
    match params.get(one) {
        Some(name) => (tag, name),
        None => ("First", params.get("first").unwrap_or("1")),
    }
}

async fn balance(
    State(handle): State<Handle>,
    Path(address): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let asked = [("Recipient", address.as_str())];
    let answer = handle.ask(depth(&params)?, "Balance", &asked).await?;
    Ok(Json(answer.shown()))
}

/// Where the log of a hosted process stands: what a heartbeat says.
async fn head(
    State(handle): State<Handle>,
    Path(process): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let head = handle.head(read_id(&process)?).await?;
    Ok(Json(json!({
        "process": head.process, "epoch": head.epoch, "slot": head.slot, "chain": head.chain, "height": head.height,
    })))
}

/// What became of an item of the inbox.
async fn message(
    State(handle): State<Handle>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let found = handle.outcome(read_id(&id)?).await.map_err(stored)?;
    let found = found
        .ok_or_else(|| ApiError::NotFound(format!("{} has not run in the court", clip(&id))))?;
    let outcome: Value = serde_json::from_str(&found.json)
        .map_err(|error| ApiError::Internal(format!("a stored outcome: {error}")))?;
    let verdict = outcome["Output"]["data"].as_str().unwrap_or("{}");
    let verdict: Value = serde_json::from_str(verdict).unwrap_or(Value::Null);
    let is_firm = handle
        .standing()
        .firm
        .is_some_and(|firm| found.height <= firm);
    Ok(Json(json!({
        "id": found.message, "slot": found.slot, "height": found.height, "firm": is_firm,
        "ok": verdict["ok"], "code": verdict["code"], "error": outcome["Error"],
        "messages": outcome["Messages"],
    })))
}

async fn inbox(
    State(handle): State<Handle>,
    WholeBody(body): WholeBody,
) -> Result<Response, ApiError> {
    let id = handle.take(body).await?;
    Ok(accepted(
        json!({ "message": "taken for the inbox", "id": id }),
    ))
}

fn depth(params: &Params) -> Result<Depth, ApiError> {
    match params.get("view") {
        None | Some("soft") => Ok(Depth::Soft),
        Some("firm") => Ok(Depth::Firm),
        Some(other) => Err(ApiError::BadRequest(format!(
            "`view` is soft or firm, not '{}'",
            clip(other)
        ))),
    }
}

fn read_id(text: &str) -> Result<aosec_wire::Id, ApiError> {
    text.parse()
        .map_err(|_bad| ApiError::BadRequest(format!("'{}' is no id of 43 characters", clip(text))))
}

fn stored(error: StoreError) -> ApiError {
    ApiError::Internal(error.to_string())
}

impl From<TakeError> for ApiError {
    fn from(error: TakeError) -> Self {
        let text = error.to_string();
        match error {
            TakeError::Unfit(_) | TakeError::Unfunded { .. } => Self::BadRequest(text),
            TakeError::Mirror(error) => error.into(),
            TakeError::Full => Self::Unavailable(text),
            TakeError::Store(_) => Self::Internal(text),
        }
    }
}

impl From<MirrorError> for ApiError {
    fn from(error: MirrorError) -> Self {
        let text = error.to_string();
        match error {
            MirrorError::Refused(_) => Self::Unprocessable(text),
            MirrorError::NotBegun(_) | MirrorError::Alarm(_) => Self::Unavailable(text),
            MirrorError::Origin(_) | MirrorError::Answer(_) => Self::Internal(text),
        }
    }
}
