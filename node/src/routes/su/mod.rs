//! The scheduler's HTTP interface, as the network's clients and units know it (WIRE 1.1).
//!
//! | route | answer |
//! |---|---|
//! | `POST /` | an item gets its slot; with `process-id` and `assign`, something that stands elsewhere does |
//! | `GET /?process-id=` | who schedules that process: 200 here, 307 to its scheduler |
//! | `GET /timestamp` | what would be stamped now |
//! | `GET /{process}` | a page of the log: `from`, `to`, `from-nonce`, `to-nonce`, `limit`, `show-anchor`, `raw` |
//! | `GET /{id}?process-id=` | the slot of a message or an assignment |
//! | `GET /{process}/latest`, `GET /processes/{process}` | the last slot, the spawn |
//! | `GET /raw/{id}` | the exact bytes of an item that this node keeps |
//! | `GET /health` | 200, once this scheduler takes messages |
//!
//! A process that has lost its host is shown as the base layer orders it, by any node that computes its court ([`ordered`]).
//! What is unknown here and known elsewhere is answered with 307, path and query kept. Not found is 400, as in the reference.

mod elsewhere;
mod ordered;
mod query;
mod shape;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use aosec_wire::{Id, Strictness, VerifiedItem, item::verify_bytes};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::Uri,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use serde_json::{Value, json};

pub use self::elsewhere::{Elsewhere, Found, Nowhere, OtherSchedulers};
pub use self::ordered::Ordered;
use crate::{
    http::{
        body::{Params, WholeBody},
        error::{self, ApiError},
    },
    store::StoreError,
    su::{Entry, Handle, Refusal, Unavailable},
};

/// A longer item is hashed away from the threads that carry requests.
const INLINE_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone)]
struct Edge {
    su: Handle,
    elsewhere: Arc<dyn Elsewhere>,
    ordered: Ordered,
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge")
            .field("su", &self.su)
            .finish_non_exhaustive()
    }
}

/// The routes of a scheduler that shows its own logs alone.
pub fn router(su: Handle, elsewhere: Arc<dyn Elsewhere>) -> Router {
    router_with(su, elsewhere, Ordered::default())
}

/// The routes of a scheduler, which shows what the base layer orders as well.
pub fn router_with(su: Handle, elsewhere: Arc<dyn Elsewhere>, ordered: Ordered) -> Router {
    Router::new()
        .route("/", get(root).post(post))
        .route("/timestamp", get(timestamp))
        .route("/health", get(health))
        .route("/{id}", get(one))
        .route("/{id}/latest", get(latest))
        .route("/processes/{id}", get(process))
        .route("/raw/{id}", get(raw))
        .with_state(Edge {
            su,
            elsewhere,
            ordered,
        })
}

async fn root(State(edge): State<Edge>, params: Params, uri: Uri) -> Result<Response, ApiError> {
    if let Some(process) = query::process(&params)?
        && !edge.su.has(process).await.map_err(internal)?
    {
        return edge.unknown(process, &uri).await;
    }
    let (now_ms, address) = (edge.su.now_ms().to_string(), edge.su.address().as_str());
    Ok(Json(json!({ "timestamp": now_ms, "address": address })).into_response())
}

async fn timestamp(State(edge): State<Edge>) -> Result<Json<Value>, ApiError> {
    let height = edge
        .su
        .tip_height()
        .ok_or_else(|| unavailable(Unavailable::NoTip))?;
    let now_ms = edge.su.now_ms().to_string();
    Ok(Json(
        json!({ "timestamp": now_ms, "block_height": shape::height(height) }),
    ))
}

async fn health(State(edge): State<Edge>) -> Result<(), ApiError> {
    edge.su
        .unavailable()
        .map_or(Ok(()), |reason| Err(unavailable(reason)))
}

async fn post(
    State(edge): State<Edge>,
    params: Params,
    uri: Uri,
    WholeBody(body): WholeBody,
) -> Result<Response, ApiError> {
    if let Some(wanted) = query::reference(&params)? {
        let query::Reference {
            process,
            message,
            base_layer,
            exclude,
        } = wanted;
        return match edge.su.assign(process, message, base_layer, exclude).await {
            Ok(assignment) => {
                Ok(Json(shape::receipt(assignment.id(), &assignment)).into_response())
            }
            Err(refusal) => edge.refuse(refusal, &uri).await,
        };
    }
    let item = verified(body).await?;
    let id = item.id();
    match edge.su.submit(item).await {
        Ok(assignment) => Ok(Json(shape::receipt(id, &assignment)).into_response()),
        Err(refusal) => edge.refuse(refusal, &uri).await,
    }
}

async fn one(
    State(edge): State<Edge>,
    Path(id): Path<String>,
    params: Params,
    uri: Uri,
) -> Result<Response, ApiError> {
    let (id, process, view) = (
        query::id(&id)?,
        query::process(&params)?,
        query::view(&params),
    );
    if process.is_none_or(|process| process == id) {
        let (span, limit) = (query::span(&params)?, query::limit(&params)?);
        let ordered = edge.ordered.page(&edge.su, id, span, limit).await?;
        if let Some(page) = ordered {
            return Ok(Json(view.ordered_page(&page.slots, page.has_more, &span)).into_response());
        }
    }
    if let Some(process) = process
        && let Some(found) = edge.ordered.find(&edge.su, process, id).await?
    {
        return found.map_or_else(
            || Err(no_slot(id, process)),
            |slot| Ok(Json(view.ordered(&slot)).into_response()),
        );
    }
    if process.is_none_or(|process| process == id) && edge.su.has(id).await.map_err(internal)? {
        let (span, limit) = (query::span(&params)?, query::limit(&params)?);
        let page = edge.su.page(id, span, limit).await.map_err(internal)?;
        return Ok(Json(view.page(&page, &span)).into_response());
    }
    match edge.su.message(id, process).await.map_err(internal)? {
        Some(entry) => Ok(Json(view.entry(&entry)).into_response()),
        None => edge.not_here(id, process, &uri).await,
    }
}

async fn latest(
    State(edge): State<Edge>,
    Path(id): Path<String>,
    params: Params,
    uri: Uri,
) -> Result<Response, ApiError> {
    let id = query::id(&id)?;
    let view = query::view(&params);
    if let Some(Some(slot)) = edge.ordered.latest(&edge.su, id).await? {
        return Ok(Json(view.ordered(&slot)).into_response());
    }
    let entry = edge.su.latest(id).await.map_err(internal)?;
    edge.shown(id, entry, &uri, |entry| Some(view.entry(entry)))
        .await
}

async fn process(
    State(edge): State<Edge>,
    Path(id): Path<String>,
    params: Params,
    uri: Uri,
) -> Result<Response, ApiError> {
    let id = query::id(&id)?;
    let view = query::view(&params);
    let entry = edge.su.process(id).await.map_err(internal)?;
    edge.shown(id, entry, &uri, |entry| view.process(entry))
        .await
}

async fn raw(State(edge): State<Edge>, Path(id): Path<String>) -> Result<Bytes, ApiError> {
    let id = query::id(&id)?;
    let bytes = edge.su.raw(id).await.map_err(internal)?;
    bytes.ok_or_else(|| ApiError::NotFound(format!("{id} is not kept by this node")))
}

impl Edge {
    async fn shown(
        &self,
        process: Id,
        entry: Option<Entry>,
        uri: &Uri,
        show: impl FnOnce(&Entry) -> Option<Value>,
    ) -> Result<Response, ApiError> {
        match entry.as_ref().and_then(show) {
            Some(shown) => Ok(Json(shown).into_response()),
            None => self.unknown(process, uri).await,
        }
    }

    /// Nothing of this name is in a log here.
    async fn not_here(&self, id: Id, process: Option<Id>, uri: &Uri) -> Result<Response, ApiError> {
        match process {
            Some(process) if self.su.has(process).await.map_err(internal)? => {
                Err(no_slot(id, process))
            }
            Some(process) => self.unknown(process, uri).await,
            None => self.unknown(id, uri).await,
        }
    }

    async fn refuse(&self, refusal: Refusal, uri: &Uri) -> Result<Response, ApiError> {
        match refusal {
            Refusal::UnknownProcess(process) => self.unknown(process, uri).await,
            Refusal::OtherScheduler {
                process,
                ref scheduler,
                ..
            } => {
                let found = self.elsewhere.find(process, Some(scheduler)).await;
                found.map_or(Err(refused(refusal)), |origin| Ok(redirect(&origin, uri)))
            }
            other => Err(refused(other)),
        }
    }

    /// A process that is not scheduled here may be known elsewhere.
    async fn unknown(&self, process: Id, uri: &Uri) -> Result<Response, ApiError> {
        match self.elsewhere.find(process, None).await {
            Some(origin) => Ok(redirect(&origin, uri)),
            None => Err(refused(Refusal::UnknownProcess(process))),
        }
    }
}

fn no_slot(id: Id, process: Id) -> ApiError {
    ApiError::BadRequest(format!("{id} has no slot in the log of {process}"))
}

fn redirect(origin: &str, uri: &Uri) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    error::elsewhere(&format!("{}{path}", origin.trim_end_matches('/')))
}

async fn verified(body: Bytes) -> Result<VerifiedItem, ApiError> {
    let is_short = body.len() <= INLINE_BYTES_MAX;
    let verify = move || verify_bytes(body, Strictness::Entrance);
    let verified = if is_short {
        verify()
    } else {
        let task = tokio::task::spawn_blocking(verify).await;
        task.map_err(|error| ApiError::Internal(error.to_string()))?
    };
    verified.map_err(|error| ApiError::BadRequest(error.to_string()))
}

pub(super) fn refused(refusal: Refusal) -> ApiError {
    match refusal {
        Refusal::Unavailable(reason) => unavailable(reason),
        other => ApiError::BadRequest(other.to_string()),
    }
}

/// What only the operator can mend is told to the operator.
fn unavailable(reason: Unavailable) -> ApiError {
    match reason {
        Unavailable::NoTip
        | Unavailable::Full
        | Unavailable::Publication
        | Unavailable::Looking
        | Unavailable::Court(_)
        | Unavailable::Waiting { .. }
        | Unavailable::Observer(_)
        | Unavailable::Disagreement(_)
        | Unavailable::Stopping => ApiError::Unavailable(reason.to_string()),
        Unavailable::BaseLayer(_)
        | Unavailable::Clock(_)
        | Unavailable::Guard(_)
        | Unavailable::Store(_) => {
            tracing::warn!(%reason, "a message was not taken");
            ApiError::Unavailable(
                "this scheduler takes no messages now: its operator's log tells more".into(),
            )
        }
    }
}

fn internal(error: StoreError) -> ApiError {
    ApiError::Internal(error.to_string())
}
