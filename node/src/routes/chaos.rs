//! The door to a devnet node's misbehaviour: it stands on the node's own page, on loopback, and only where the devnet was started with
//! `--chaos-unsafe`.

use aosec_wire::Id;
use aosec_wire::id::to_base64url;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chaos::contradiction::Contradiction;
use crate::chaos::{Evidence, Rogue, RogueError};
use crate::http::body::WholeBody;
use crate::http::error::ApiError;

/// The page's router with the rogue's doors beside it.
pub fn beside(rogue: Rogue, page: Router) -> Router {
    let doors = Router::new()
        .route("/chaos/equivocate", post(equivocate))
        .route("/chaos/withhold", post(withhold))
        .with_state(rogue);
    page.merge(doors)
}

#[derive(Deserialize)]
struct Equivocate {
    process: Id,
    slot: Option<u64>,
    how: Contradiction,
    publish: bool,
}

#[derive(Deserialize)]
struct Withhold {
    data: Option<bool>,
    records: Option<bool>,
}

fn read<T: for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::BadRequest(error.to_string()))
}

async fn equivocate(
    State(rogue): State<Rogue>,
    WholeBody(body): WholeBody,
) -> Result<Json<Value>, ApiError> {
    let asked: Equivocate = read(&body)?;
    let signed = rogue.contradict(asked.process, asked.slot, asked.how, asked.publish);
    Ok(Json(shown(&signed.await?)))
}

fn shown(evidence: &Evidence) -> Value {
    let bytes = |item: &aosec_wire::Assignment| json!({ "id": item.id(), "slot": item.nonce(), "bytes": to_base64url(item.item().bytes()) });
    json!({ "own": bytes(&evidence.own), "other": bytes(&evidence.other.receipt) })
}

async fn withhold(
    State(rogue): State<Rogue>,
    WholeBody(body): WholeBody,
) -> Result<Json<Value>, ApiError> {
    let asked: Withhold = read(&body)?;
    let faults = rogue.faults();
    if let Some(withheld) = asked.data {
        faults.withhold_data(withheld);
    }
    if let Some(withheld) = asked.records {
        faults.withhold_records(withheld);
    }
    let (data, records) = faults.shown();
    Ok(Json(json!({ "data": data, "records": records })))
}

impl From<RogueError> for ApiError {
    fn from(error: RogueError) -> Self {
        match error {
            RogueError::NoSlot(_) => Self::NotFound(error.to_string()),
            RogueError::BaseLayer(_) => Self::Unavailable(error.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}
