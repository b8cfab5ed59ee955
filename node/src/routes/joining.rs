//! The route by which an operator readies its scheduler for a process that was registered with the court (PROTOCOL 5.15), before it takes
//! that: `POST /origin/joining/{process}`, beside the court's routes.
//!
//! It does what the scheduler does by itself once it sees the registration, and answers when that is certain. So whoever asks can stop
//! nothing that the process's owner has not stopped.

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::read;
use super::su::refused;
use crate::http::error::ApiError;
use crate::su::Handle;

/// The route in front of others.
pub fn before(su: Handle, rest: Router) -> Router {
    let route = Router::new()
        .route("/origin/joining/{process}", post(hold))
        .with_state(su);
    route.merge(rest)
}

async fn hold(
    State(su): State<Handle>,
    Path(process): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let process = read::id(&process)?;
    let seam = su.hold(process).await.map_err(refused)?;
    Ok(Json(json!({
        "process": process, "origin": seam.origin, "first": seam.first, "legacy": seam.legacy,
    })))
}
