//! The chain and its money: heights, blocks, balances, prices.

use aosec_wire::Address;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{Gateway, Segments, unknown};
use crate::arweave::block::BlockId;
use crate::arweave::devchain::chain::{Block, Chain, price_winston};
use crate::http::body::clip;
use crate::http::error::ApiError;

/// The name of this network: nobody should take it for the real one.
const NETWORK: &str = "aosec.devchain";

pub(super) async fn info(State(gateway): State<Gateway>) -> Result<Json<Value>, ApiError> {
    let chain = gateway.chain.read().await?;
    let tip = tip(&chain)?;
    Ok(Json(json!({
        "network": NETWORK,
        "version": 5,
        "release": 1,
        "height": tip.height,
        "current": tip.id,
        "blocks": chain.blocks().len(),
        "peers": 0,
        "queue_length": chain.waiting(),
        "node_state_latency": 0,
    })))
}

pub(super) async fn height(State(gateway): State<Gateway>) -> Result<String, ApiError> {
    let chain = gateway.chain.read().await?;
    Ok(tip(&chain)?.height.to_string())
}

pub(super) async fn current(State(gateway): State<Gateway>) -> Result<Json<Value>, ApiError> {
    let chain = gateway.chain.read().await?;
    Ok(shape(tip(&chain)?))
}

pub(super) async fn at_height(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    let height: u64 = text.parse().map_err(|_bad| unknown(clip(&text)))?;
    let chain = gateway.chain.read().await?;
    chain
        .block(height)
        .map(shape)
        .ok_or_else(|| unknown(format_args!("a block at height {height}")))
}

pub(super) async fn with_id(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    let id: BlockId = text.parse().map_err(|_bad| unknown(clip(&text)))?;
    let chain = gateway.chain.read().await?;
    chain
        .block_with_id(&id)
        .map(shape)
        .ok_or_else(|| unknown(id))
}

pub(super) async fn balance(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<String, ApiError> {
    let wallet = read_address(&text)?;
    Ok(gateway
        .chain
        .read()
        .await?
        .balance_winston(&wallet)
        .to_string())
}

/// The last transaction, or an empty text for a wallet without one.
pub(super) async fn last_transaction(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<String, ApiError> {
    let wallet = read_address(&text)?;
    let last = gateway.chain.read().await?.last_transaction(&wallet);
    Ok(last.map(|id| id.to_string()).unwrap_or_default())
}

pub(super) async fn price(Segments(bytes): Segments<String>) -> Result<String, ApiError> {
    price_of(&bytes)
}

/// A transfer costs the same wherever it goes.
pub(super) async fn price_to(
    Segments((bytes, target)): Segments<(String, String)>,
) -> Result<String, ApiError> {
    read_address(&target)?;
    price_of(&bytes)
}

fn price_of(text: &str) -> Result<String, ApiError> {
    let bytes = text
        .parse()
        .map_err(|_bad| ApiError::BadRequest(format!("'{}' is no number of bytes", clip(text))))?;
    Ok(price_winston(bytes).to_string())
}

pub(super) fn read_address(text: &str) -> Result<Address, ApiError> {
    text.parse()
        .map_err(|error: aosec_wire::KeyError| ApiError::BadRequest(error.to_string()))
}

pub(super) fn tip(chain: &Chain) -> Result<&Block, ApiError> {
    chain
        .tip()
        .ok_or_else(|| ApiError::Unavailable("the chain has no block yet".into()))
}

/// A block with the fields that clients of real gateways look for.
fn shape(block: &Block) -> Json<Value> {
    let mut shape = json!(block);
    if let Value::Object(fields) = &mut shape {
        fields.insert("hash".into(), json!(block.id));
        fields.insert("weave_size".into(), json!(block.weave_size.to_string()));
        fields.insert("reward_addr".into(), json!("unclaimed"));
        fields.insert("tags".into(), json!([]));
    }
    Json(shape)
}
