//! Data: of transactions and items under their ids, and chunk by chunk.

use aosec_wire::Id;
use aosec_wire::id::to_base64url;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{Gateway, Segments, read_id, unknown};
use crate::arweave::devchain::chain::{Chain, ChunkShape, Content, Piece};
use crate::arweave::merkle::{self, Cut};
use crate::http::body::{WholeBody, clip};
use crate::http::error::ApiError;

/// What is served where no tag says better.
const PLAIN_BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

pub(super) async fn content(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<Response, ApiError> {
    let id = read_id(&text)?;
    serve(&*gateway.chain.read().await?, id)
}

/// The data under an id, with the content type that its sender chose.
pub(super) fn serve(chain: &Chain, id: Id) -> Result<Response, ApiError> {
    let content = chain.ledger().get(id).map(|entry| &entry.content);
    let (content, data) = content
        .filter(|_| !chain.faults().hides(id))
        .and_then(|content| Some((content, content.data()?)))
        .ok_or_else(|| unknown(id))?;
    let chosen = content
        .tag("Content-Type")
        .and_then(|kind| HeaderValue::from_str(kind).ok());
    // The browser must not guess: what strangers store could look like a page of this origin.
    let headers = [
        (header::CONTENT_TYPE, chosen.unwrap_or(PLAIN_BYTES)),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    Ok((headers, data).into_response())
}

pub(super) async fn take_chunk(
    State(gateway): State<Gateway>,
    body: WholeBody,
) -> Result<Json<Value>, ApiError> {
    let shape: ChunkShape = serde_json::from_slice(&body.0)
        .map_err(|_bad| ApiError::BadRequest("invalid_json".into()))?;
    let piece =
        Piece::verify(&shape).map_err(|refused| ApiError::BadRequest(refused.to_string()))?;
    gateway.chain.piece(piece).await?;
    Ok(Json(json!({})))
}

/// The chunk that holds the byte with this number.
pub(super) async fn chunk(
    State(gateway): State<Gateway>,
    Segments(text): Segments<String>,
) -> Result<Json<Value>, ApiError> {
    let offset: u64 = text.parse().map_err(|_bad| unknown(clip(&text)))?;
    let (data, root, at) = {
        let chain = gateway.chain.read().await?;
        locate(&chain, offset).ok_or_else(|| unknown(format_args!("a chunk at {offset}")))?
    };
    let cut = tokio::task::spawn_blocking(move || cut_out(&data, root.as_ref(), at)).await;
    let shape = cut.map_err(|stopped| ApiError::Internal(stopped.to_string()))?;
    shape
        .map(Json)
        .ok_or_else(|| unknown(format_args!("a chunk at {offset}")))
}

/// The data around the byte with this number, its root, and the byte's place in it.
fn locate(chain: &Chain, offset: u64) -> Option<(Bytes, Option<merkle::Root>, usize)> {
    let (id, end) = chain.transaction_at(offset)?;
    if chain.faults().hides(id) {
        return None;
    }
    let Content::Transaction(transaction) = &chain.ledger().get(id)?.content else {
        return None;
    };
    let data = transaction.data()?.clone();
    let at = (offset + data.len() as u64).checked_sub(end + 1)?;
    Some((
        data,
        transaction.data_root().copied(),
        usize::try_from(at).ok()?,
    ))
}

fn cut_out(data: &Bytes, root: Option<&merkle::Root>, at: usize) -> Option<Value> {
    let cut = root
        .and_then(|root| merkle::cut_of(root, data))
        .unwrap_or(Cut::Balanced);
    let proof = merkle::proofs(data, cut)
        .into_iter()
        .find(|proof| proof.range.contains(&at))?;
    Some(json!({
        "chunk": to_base64url(&data[proof.range]),
        "data_path": to_base64url(&proof.path),
        "tx_path": "",
        "packing": "unpacked",
    }))
}
