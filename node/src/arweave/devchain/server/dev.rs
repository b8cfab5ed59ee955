//! What only a chain of one's own can do: blocks on demand, money from nowhere, and single items without a transaction.

use aosec_wire::Strictness;
use aosec_wire::item::verify_bytes;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::blocks::{info, read_address};
use super::{Gateway, Segments};
use crate::arweave::devchain::{MINE_MAX, now_ms};
use crate::http::body::{WholeBody, clip};
use crate::http::error::ApiError;

/// Takes one raw data item; the next block carries it. The answer has the shape of upload services.
pub(super) async fn upload(
    State(gateway): State<Gateway>,
    body: WholeBody,
) -> Result<Json<Value>, ApiError> {
    let item = verify_bytes(body.0, Strictness::Entrance)
        .map_err(|refused| ApiError::BadRequest(refused.to_string()))?;
    let receipt = json!({
        "id": item.id(),
        "owner": item.owner_address(),
        "timestamp": now_ms(),
        "winc": "0",
        "dataCaches": [],
        "fastFinalityIndexes": [],
    });
    gateway.chain.hold(item).await?;
    Ok(Json(receipt))
}

pub(super) async fn mine_one(state: State<Gateway>) -> Result<Json<Value>, ApiError> {
    mine(state, Segments("1".into())).await
}

/// Mines so many blocks, and answers as `/info` does.
pub(super) async fn mine(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    let count = text
        .parse()
        .ok()
        .filter(|count| (1..=MINE_MAX).contains(count));
    let count = count.ok_or_else(|| {
        ApiError::BadRequest(format!(
            "'{}' is no number of blocks from 1 to {MINE_MAX}",
            clip(&text)
        ))
    })?;
    gateway.chain.mine(count).await?;
    info(State(gateway)).await
}

/// Makes money, and answers the balance.
pub(super) async fn mint(
    State(gateway): State<Gateway>,
    Segments((address, winston)): Segments<(String, String)>,
) -> Result<String, ApiError> {
    let wallet = read_address(&address)?;
    let amount = winston.parse().map_err(|_bad| {
        ApiError::BadRequest(format!("'{}' is no amount in winston", clip(&winston)))
    })?;
    gateway.chain.mint(wallet.clone(), amount).await?;
    Ok(gateway
        .chain
        .read()
        .await?
        .balance_winston(&wallet)
        .to_string())
}
