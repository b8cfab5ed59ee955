//! Misbehaviour on demand, for tests of everything that follows a base layer: forks, delays, censorship, data that is not served.
//!
//! Each path answers with the state it made: a fork as `/info` does, a fault with all faults that stand.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::blocks::{info, read_address};
use super::{Gateway, Segments, read_id};
use crate::arweave::devchain::chain::{Fault, Orphans};
use crate::http::body::clip;
use crate::http::error::ApiError;

/// Replaces so many blocks; their transactions wait again.
pub(super) async fn fork(
    state: State<Gateway>,
    Segments(depth): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    fork_with(state, Segments((depth, "wait".into()))).await
}

/// Replaces so many blocks; their transactions `wait` again, are taken by the branch (`mine`), or forgotten (`drop`).
pub(super) async fn fork_with(
    State(gateway): State<Gateway>,
    Segments((depth, orphans)): Segments<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let orphans = match orphans.as_str() {
        "wait" => Orphans::Wait,
        "drop" => Orphans::Drop,
        "mine" => Orphans::Mine,
        other => {
            return Err(ApiError::BadRequest(format!(
                "'{}' is not what becomes of orphaned transactions: wait, mine or drop",
                clip(other)
            )));
        }
    };
    gateway.chain.fork(read_blocks(&depth)?, orphans).await?;
    info(State(gateway)).await
}

/// The faults that stand.
pub(super) async fn shown(State(gateway): State<Gateway>) -> Result<Json<Value>, ApiError> {
    let mut shown = json!(gateway.chain.read().await?.faults());
    shown["cut"] = json!(gateway.chain.doors.shut());
    Ok(Json(shown))
}

/// Transactions are mined so many blocks later; 0 lifts it.
pub(super) async fn delay(
    State(gateway): State<Gateway>,
    Segments(blocks): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    set(gateway, Fault::Delay(read_blocks(&blocks)?)).await
}

pub(super) async fn censor(
    State(gateway): State<Gateway>,
    Segments(sender): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    set(gateway, Fault::Censor(read_address(&sender)?)).await
}

pub(super) async fn uncensor(
    State(gateway): State<Gateway>,
    Segments(sender): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    set(gateway, Fault::Uncensor(read_address(&sender)?)).await
}

pub(super) async fn hide(
    State(gateway): State<Gateway>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    set(gateway, Fault::Hide(read_id(&id)?)).await
}

pub(super) async fn show(
    State(gateway): State<Gateway>,
    Segments(id): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    set(gateway, Fault::Show(read_id(&id)?)).await
}

async fn set(gateway: Gateway, fault: Fault) -> Result<Json<Value>, ApiError> {
    gateway.chain.fault(fault).await?;
    shown(State(gateway)).await
}

fn read_blocks(text: &str) -> Result<u64, ApiError> {
    text.parse()
        .map_err(|_bad| ApiError::BadRequest(format!("'{}' is no number of blocks", clip(text))))
}
