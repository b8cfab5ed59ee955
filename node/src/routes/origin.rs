//! The court's routes: what it says of itself, and its inbox. Beside the compute unit's, whose dry-run and results it answers for the
//! court itself, so that ao clients read it like any process.
//!
//! `?view=firm` asks the court `settlement_depth` blocks below the tip; without it the one at the tip answers. What runs the contract
//! counts towards the caller's share, as dry runs of any process do.

use std::net::IpAddr;
use std::time::Duration;

use aosec_wire::Id;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::{proof, read};
use crate::cu::dry;
use crate::cu::rate::RUNS_PER_WINDOW;
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
    let asked = Router::new()
        .route("/origin/info", get(info))
        .route("/origin/params", get(params_of))
        .route("/origin/operators", get(operators))
        .route("/origin/processes", get(processes))
        .route("/origin/cases", get(cases))
        .route("/origin/balance/{address}", get(balance))
        .route("/origin/head/{process}", get(head))
        .route("/origin/proof/{process}/{slot}", get(proof::basis))
        .layer(middleware::from_fn_with_state(handle.clone(), share));
    let routes = Router::new()
        .route("/origin/root", get(root))
        .route("/origin/message/{id}", get(message))
        .route("/origin/inbox", post(inbox))
        .merge(asked)
        .with_state(handle.clone());
    let cu = cu.layer(middleware::from_fn_with_state(handle, as_a_process));
    routes.merge(cu)
}

/// Lets a question through where its caller has not asked for more than its share.
async fn share(
    State(handle): State<Handle>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    count(&handle, &request)?;
    Ok(next.run(request).await)
}

fn count(handle: &Handle, request: &Request) -> Result<(), ApiError> {
    let caller = request.extensions().get::<ConnectInfo<IpAddr>>();
    match caller.is_none_or(|ConnectInfo(ip)| handle.takes_question(*ip)) {
        true => Ok(()),
        false => Err(ApiError::TooMany(format!(
            "an address may ask the court {RUNS_PER_WINDOW} times a minute: ask again in the next one"
        ))),
    }
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
    count(&handle, &request)?;
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
    let message = read::id(id)?;
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
        "contract": standing.contract.map(hex), "block_time_ms": block_time_ms(&handle),
    });
    if standing.slot.is_some() && standing.alarm.is_none() {
        shown["info"] = handle.ask(depth(&params)?, "Info", &[]).await?.shown();
    }
    Ok(Json(shown))
}

fn hex(hash: Id) -> String {
    let bytes = hash.as_bytes().iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

fn block_time_ms(handle: &Handle) -> u64 {
    u64::try_from(handle.block_time().as_millis()).unwrap_or(u64::MAX)
}

async fn root(State(handle): State<Handle>, params: Params) -> Result<Json<Value>, ApiError> {
    let (asked, standing): (Option<u64>, _) = (params.parse("height")?, handle.standing());
    let is_firm = depth(&params)? == Depth::Firm;
    let newest = if is_firm {
        standing.firm
    } else {
        standing.soft
    };
    let height = asked.or(newest).unwrap_or(0);
    let absent = || {
        let shown = |height: Option<u64>| height.map_or("none".to_owned(), |at| at.to_string());
        let (soft, firm) = (shown(standing.soft), shown(standing.firm));
        ApiError::NotFound(format!(
            "this node has no such root at {height}: its court is at block {soft}, and firm up to block {firm}"
        ))
    };
    if is_firm && Some(height) > newest {
        return Err(absent());
    }
    let found = handle.root(height).await.map_err(stored)?;
    let found = found.ok_or_else(absent)?;
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

/// One case, or a page of those of a process, or of all.
async fn cases(State(handle): State<Handle>, params: Params) -> Result<Json<Value>, ApiError> {
    let names = [("Case", "case"), ("Process", "process"), ("First", "first")];
    let given = names.map(|(tag, name)| params.get(name).map(|value| (tag, value)));
    let asked: Vec<_> = given.into_iter().flatten().collect();
    let answer = handle.ask(depth(&params)?, "Cases", &asked).await?;
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
    let head = handle.head(read::id(&process)?).await?;
    Ok(Json(json!({
        "process": head.process, "epoch": head.epoch, "slot": head.slot, "chain": head.chain, "height": head.height,
    })))
}

/// What became of an item of the inbox.
async fn message(
    State(handle): State<Handle>,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let found = handle.outcome(read::id(&id)?).await.map_err(stored)?;
    let found = found
        .ok_or_else(|| ApiError::NotFound(format!("{} has not run in the court", clip(&id))))?;
    let firm = handle.standing().firm;
    let is_firm = Some(found.height) <= firm;
    if depth(&params)? == Depth::Firm && !is_firm {
        return Err(ApiError::NotFound(format!(
            "{} has run in block {}, which is not firm yet: ask again in some blocks, or without `view=firm`",
            clip(&id),
            found.height
        )));
    }
    let outcome: Value = serde_json::from_str(&found.json)
        .map_err(|error| ApiError::Internal(format!("a stored outcome: {error}")))?;
    let verdict = outcome["Output"]["data"].as_str().unwrap_or("{}");
    let verdict: Value = serde_json::from_str(verdict).unwrap_or(Value::Null);
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
    let id = handle.take(&read::item(body)?).await?;
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

fn stored(error: StoreError) -> ApiError {
    ApiError::Internal(error.to_string())
}

impl From<TakeError> for ApiError {
    fn from(error: TakeError) -> Self {
        let text = error.to_string();
        match error {
            TakeError::Unfit(_) | TakeError::Unfunded { .. } => Self::BadRequest(text),
            TakeError::TooLong { .. } => Self::TooLarge(text),
            TakeError::Mirror(error) => error.into(),
            TakeError::Behind | TakeError::Full => Self::Unavailable(text),
            TakeError::Store(_) => Self::Internal(text),
        }
    }
}

impl From<MirrorError> for ApiError {
    fn from(error: MirrorError) -> Self {
        let text = error.to_string();
        match error {
            MirrorError::Refused(_) => Self::Unprocessable(text),
            MirrorError::NoLease(_) => Self::NotFound(text),
            MirrorError::NotBegun(_) | MirrorError::Alarm(_) | MirrorError::Busy => {
                Self::Unavailable(text)
            }
            MirrorError::Origin(_) | MirrorError::Answer(_) => Self::Internal(text),
        }
    }
}
