//! The messenger unit's routes: those of the reference unit, and `GET /status/{id}`, which tells what became of a message.
//!
//! An item is verified before anything else is done with it (A9). An assignment by reference comes with an empty body.

use aosec_wire::id::to_base64url;
use aosec_wire::{Id, VerifiedItem};
use axum::extract::{FromRef, Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};

use super::read;
use crate::http::body::{Params, WholeBody};
use crate::http::error::{ApiError, accepted};
use crate::mu::entry::Entry;
use crate::mu::outbox::{Load, Reason, State as Life};
use crate::mu::push::Assign;
use crate::mu::{Accepted, Handle, MonitorRefusal, Refusal, Status};
use crate::origin;
use crate::store::StoreError;

const BANNER: &str = "ao messenger unit (aosec): POST a signed ANS-104 data item to /\n";

/// The unit, and the court, where this node computes one: it has no scheduler, so what is sent to it goes into its inbox.
#[derive(Clone, Debug)]
struct Edge {
    mu: Handle,
    court: Option<origin::Handle>,
}

impl FromRef<Edge> for Handle {
    fn from_ref(edge: &Edge) -> Self {
        edge.mu.clone()
    }
}

/// All routes of the unit.
pub fn router(handle: Handle, court: Option<origin::Handle>) -> Router {
    Router::new()
        .route("/", get(async || BANNER).post(take))
        .route("/monitor/{process}", post(watch).delete(stop_watching))
        .route("/status/{id}", get(status))
        .route("/raw/{id}", get(raw))
        .route("/health", get(async || "ok\n"))
        .merge(super::fees::of_mu().with_state(handle.clone()))
        .with_state(Edge { mu: handle, court })
}

async fn take(
    State(Edge { mu, court }): State<Edge>,
    params: Params,
    WholeBody(body): WholeBody,
) -> Result<Response, ApiError> {
    let taken = match by_reference(&params)? {
        Some(assign) => mu.assign(assign).await?,
        None => {
            let item = read::item(body)?;
            if let Some(id) = into_inbox(court, &item).await? {
                return Ok(accepted(
                    json!({ "message": "Processing DataItem", "id": id }),
                ));
            }
            match params.has("cast") {
                true => mu.cast(item).await?,
                false => mu.accept(item).await?,
            }
        }
    };
    Ok(accepted(processing(&taken)))
}

/// Takes an item that no scheduler would: one for the court, or for a process that has lost its host. None for any other.
async fn into_inbox(
    court: Option<origin::Handle>,
    item: &VerifiedItem,
) -> Result<Option<Id>, ApiError> {
    let Some((court, target)) = court.zip(item.target()) else {
        return Ok(None);
    };
    if target == court.id() {
        return Ok(Some(court.take(item).await?));
    }
    match court.is_orphan(&target) {
        true => Ok(Some(court.take_for(target, item).await?)),
        false => Ok(None),
    }
}

fn processing(taken: &Accepted) -> Value {
    json!({ "message": "Processing DataItem", "id": taken.id })
}

/// The assignment that the query asks for; none where it asks for none.
fn by_reference(params: &Params) -> Result<Option<Assign>, ApiError> {
    let (process, message) = (params.parse("process-id")?, params.parse("assign")?);
    match (process, message) {
        (None, None) => Ok(None),
        (Some(process), Some(message)) => Ok(Some(Assign {
            process,
            message,
            base_layer: params.has("base-layer"),
            exclude: excluded(params),
        })),
        _ => Err(ApiError::BadRequest(
            "an assignment needs both `process-id` and `assign` in the query".into(),
        )),
    }
}

fn excluded(params: &Params) -> Vec<String> {
    let names = params.get("exclude").unwrap_or_default().split(',');
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

async fn watch(
    State(handle): State<Handle>,
    Path(process): Path<String>,
    WholeBody(body): WholeBody,
) -> Result<String, ApiError> {
    let process = read::id(&process)?;
    let is_prompt = handle.monitor(process, &read::item(body)?, true).await?;
    let how = match is_prompt {
        true => "this node wakes it, and pushes what its ticks send from now on",
        false => {
            "this node pushes what its ticks send from now on, but wakes it only once a message behind them is settled on the base layer, \
             where it reads this process's log"
        }
    };
    Ok(format!("process {process} is monitored: {how}\n"))
}

async fn stop_watching(
    State(handle): State<Handle>,
    Path(process): Path<String>,
    WholeBody(body): WholeBody,
) -> Result<String, ApiError> {
    let process = read::id(&process)?;
    handle.monitor(process, &read::item(body)?, false).await?;
    Ok(format!("process {process} is no longer monitored\n"))
}

async fn status(
    State(handle): State<Handle>,
    Path(text): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let id = read::id(&text)?;
    match handle.status(id).await.map_err(stored)? {
        Some(status) => Ok(Json(shown(&status))),
        None => Err(ApiError::NotFound(format!(
            "this node never carried message {id}"
        ))),
    }
}

/// The item of a message that this node was given, as it was signed.
async fn raw(State(handle): State<Handle>, Path(text): Path<String>) -> Result<Bytes, ApiError> {
    let id = read::id(&text)?;
    let bytes = handle.raw(id).await.map_err(stored)?;
    bytes.ok_or_else(|| ApiError::NotFound(format!("{id} is not kept by this node")))
}

fn shown(status: &Status) -> Value {
    let entry = &status.entry;
    let mut shown = brief(entry);
    shown["receipt"] = entry
        .state
        .receipt()
        .map(|receipt| to_base64url(&receipt.assignment))
        .into();
    shown["pushedFor"] = entry
        .family
        .parent
        .map(|_pushed| entry.family.pushed_for.to_string())
        .into();
    shown["depth"] = entry.family.depth.into();
    shown["remark"] = entry.remark.clone().into();
    shown["children"] = status.children.iter().map(brief).collect();
    without_nulls(shown)
}

fn brief(entry: &Entry) -> Value {
    let reason = match &entry.state {
        Life::Refused(refusal) => Some(refusal.reason.to_string()),
        _ => None,
    };
    without_nulls(json!({
        "id": entry.key,
        "state": entry.state.word(),
        "kind": match entry.nature.load {
            Load::Message => "message",
            Load::Spawn => "process",
            Load::Assign => "assignment",
        },
        "process": entry.process,
        "message": entry.message,
        "slot": entry.state.receipt().map(|receipt| receipt.slot),
        "reason": reason,
    }))
}

fn without_nulls(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_name, field| !field.is_null());
    }
    value
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::Message(_) => Self::BadRequest(message),
            Refusal::Declined {
                reason: Reason::UnknownProcess,
                ..
            } => Self::NotFound(message),
            Refusal::Declined { .. } => Self::BadRequest(message),
            Refusal::Unassigned { id, .. } => Self::Unassigned {
                message,
                id: id.to_string(),
            },
            Refusal::Unpaid(bill) => super::fees::unpaid(&bill),
            Refusal::Unsigned => Self::Forbidden(message),
            Refusal::Busy | Refusal::Stopping => Self::Unavailable(message),
            Refusal::Store(error) => stored(error),
        }
    }
}

impl From<MonitorRefusal> for ApiError {
    fn from(refusal: MonitorRefusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            MonitorRefusal::OtherTarget
            | MonitorRefusal::NoWish(_)
            | MonitorRefusal::UsedBefore => Self::BadRequest(message),
            MonitorRefusal::NeverWakes(_) | MonitorRefusal::Schedule(..) => {
                Self::Unprocessable(message)
            }
            MonitorRefusal::UnknownProcess(_) => Self::NotFound(message),
            MonitorRefusal::NotOwner(_) => Self::Forbidden(message),
            MonitorRefusal::Unpaid(bill) => super::fees::unpaid(&bill),
            MonitorRefusal::TooMany(_) | MonitorRefusal::Full | MonitorRefusal::Share => {
                Self::TooMany(message)
            }
            MonitorRefusal::Unreachable(_) | MonitorRefusal::NotReady => Self::Unavailable(message),
            MonitorRefusal::Store(error) => stored(error),
        }
    }
}

pub(super) fn stored(error: StoreError) -> ApiError {
    match error {
        StoreError::DiskFull | StoreError::Refusing(_) | StoreError::Closed => {
            ApiError::Unavailable("this node cannot keep messages now: try again later".into())
        }
        other => ApiError::Internal(other.to_string()),
    }
}
