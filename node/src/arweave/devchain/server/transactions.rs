//! Transactions: posting them, and everything that is asked of one.

use aosec_wire::Id;
use aosec_wire::id::to_base64url;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::blocks::tip;
use super::data::serve;
use super::{Gateway, Segments, dev, read_id, unknown};
use crate::arweave::devchain::chain::{Chain, Content};
use crate::arweave::transaction::{Format, Transaction, UnverifiedTransaction};
use crate::http::body::{WholeBody, clip};
use crate::http::error::{self, ApiError};

/// Takes a transaction. As upload services do, it takes one raw data item too, if the body says so.
pub(super) async fn submit(
    State(gateway): State<Gateway>,
    headers: HeaderMap,
    body: WholeBody,
) -> Result<Response, ApiError> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .map(|kind| kind.as_bytes());
    if kind == Some(b"application/octet-stream") {
        return Ok(dev::upload(State(gateway), body).await?.into_response());
    }
    let checked =
        tokio::task::spawn_blocking(move || UnverifiedTransaction::from_json(&body.0)?.verify())
            .await;
    let verified = checked.map_err(|stopped| ApiError::Internal(stopped.to_string()))?;
    let transaction = verified.map_err(|refused| ApiError::BadRequest(refused.to_string()))?;
    gateway.chain.submit(transaction).await?;
    Ok("OK".into_response())
}

pub(super) async fn anchor(State(gateway): State<Gateway>) -> Result<String, ApiError> {
    let chain = gateway.chain.read().await?;
    let block = chain
        .anchor()
        .ok_or_else(|| ApiError::Unavailable("the chain has no block yet".into()))?;
    Ok(block.id.to_string())
}

/// The transaction; the word Pending while it waits. Format 2 comes without its data, as gateways give it.
pub(super) async fn whole(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<Response, ApiError> {
    let id = read_id(&text)?;
    let chain = gateway.chain.read().await?;
    let (transaction, height) = find(&chain, id)?;
    if height.is_none() {
        return Ok(error::accepted(json!("Pending")));
    }
    let shape = match transaction.format() {
        Format::One if !chain.faults().hides(id) => transaction.to_json(),
        Format::One | Format::Two => transaction.to_json_without_data(),
    };
    Ok(Json(shape).into_response())
}

pub(super) async fn status(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<Response, ApiError> {
    let id = read_id(&text)?;
    let chain = gateway.chain.read().await?;
    let (_transaction, height) = find(&chain, id)?;
    let Some(block) = height.and_then(|height| chain.block(height)) else {
        return Ok(error::accepted(json!("Pending")));
    };
    let confirmed = json!({
        "block_height": block.height,
        "block_indep_hash": block.id,
        "number_of_confirmations": tip(&chain)?.height - block.height + 1,
    });
    Ok(Json(confirmed).into_response())
}

pub(super) async fn offset(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    let id = read_id(&text)?;
    let chain = gateway.chain.read().await?;
    let (transaction, _height) = find(&chain, id)?;
    let end = chain
        .end_offset(id)
        .ok_or_else(|| unknown(format_args!("the place of {id}")))?;
    Ok(Json(
        json!({ "size": transaction.data_size().to_string(), "offset": end.to_string() }),
    ))
}

/// One field as text, or the data under a file name.
pub(super) async fn field(
    State(gateway): State<Gateway>,
    Segments((text, field)): Segments<(String, String)>,
) -> Result<Response, ApiError> {
    let id = read_id(&text)?;
    let chain = gateway.chain.read().await?;
    let (transaction, _height) = find(&chain, id)?;
    if field.starts_with("data.") {
        return serve(&chain, id);
    }
    if field == "data" {
        let data = transaction
            .data()
            .filter(|_| !chain.faults().hides(id))
            .ok_or_else(|| unknown(format_args!("the data of {id}")))?;
        return Ok(to_base64url(data).into_response());
    }
    let shape = transaction.to_json_without_data();
    match shape.get(&field) {
        Some(Value::String(text)) => Ok(text.clone().into_response()),
        Some(other) => Ok(Json(other.clone()).into_response()),
        None => Err(unknown(format_args!(
            "a field '{}' of transactions",
            clip(&field)
        ))),
    }
}

/// A transaction and its height. Items have no transaction of their own.
fn find(chain: &Chain, id: Id) -> Result<(&Transaction, Option<u64>), ApiError> {
    match chain
        .ledger()
        .get(id)
        .map(|entry| (&entry.content, entry.position.height()))
    {
        Some((Content::Transaction(transaction), height)) => Ok((transaction, height)),
        _ => Err(unknown(id)),
    }
}
