//! Data that does not travel inside its transaction: found by four roads, sent chunk by chunk.
//!
//! 1. Gateways serve data under `/raw`, nodes of the base layer under `/tx/.../data`, small gateways under the id alone, and all of
//!    them chunks. The first that has it wins.
//! 2. A chunk counts only with the path that proves it under the signed data root; the whole is checked once more against that root.
//! 3. What is too long for the door of transactions goes without its data, and the chunks follow. A gateway that takes the head
//!    and then fails has not taken the transaction: posting again sends what is missing, under the same id.

use aosec_wire::Id;
use aosec_wire::id::{from_base64url, to_base64url};
use bytes::{Bytes, BytesMut};
use serde::Deserialize;

use super::peer::{Peer, verified};
use super::request::{BODY_BYTES_MAX, Fault};
use crate::arweave::merkle::{self, CHUNK_BYTES_MAX, Cut, PATH_BYTES_MAX};
use crate::arweave::transaction::{Format, Transaction, UnverifiedTransaction};
use crate::http::error::{is_redirect, is_too_large};

/// Longest data that is sent inside its transaction: the limit of the base layer's nodes.
pub(super) const INLINE_BYTES_MAX: usize = 10 * 1024 * 1024;
/// A chunk with its paths, in base64url and JSON: two paths of the longest kind beside the chunk, and room for names.
const CHUNK_JSON_BYTES_MAX: usize = (CHUNK_BYTES_MAX + 2 * PATH_BYTES_MAX) * 4 / 3 + 4 * 1024;
/// Chunks of one data: twice as many as the longest data has, since senders may cut smaller ones.
const CHUNKS_MAX: usize = 2 * BODY_BYTES_MAX / CHUNK_BYTES_MAX;
/// Tries for each chunk: a transaction whose head is taken should not be lost to one hiccup.
const CHUNK_TRIES: usize = 3;

/// A transaction on its way to gateways.
#[derive(Debug)]
pub(super) struct Parcel {
    transaction: Transaction,
    /// The JSON with its data; none where that is too long for every door.
    whole: Option<Bytes>,
}

impl Parcel {
    /// Writes the JSON, which takes milliseconds for megabytes.
    pub(super) fn new(transaction: Transaction) -> Self {
        let bytes = transaction.data().map_or(0, Bytes::len);
        let inline = transaction.format() == Format::One || bytes <= INLINE_BYTES_MAX;
        Self {
            whole: inline.then(|| whole(&transaction)),
            transaction,
        }
    }
}

/// Its JSON with the data. In format 1 nothing signs a root, and some gateways want one beside the data all the same.
fn whole(transaction: &Transaction) -> Bytes {
    let mut json = transaction.to_json();
    if let (None, Some(data)) = (transaction.data_root(), transaction.data())
        && !data.is_empty()
    {
        json["data_root"] = to_base64url(&merkle::data_root(data)).into();
    }
    json.to_string().into()
}

#[derive(Deserialize)]
struct Place {
    size: String,
    offset: String,
}

#[derive(Deserialize)]
struct ServedChunk {
    chunk: String,
    data_path: String,
}

impl Peer {
    /// The data of a transaction whose JSON came without.
    pub(super) async fn with_its_data(
        &self,
        id: Id,
        head: UnverifiedTransaction,
    ) -> Result<Option<Transaction>, Fault> {
        if head.declared_size() > BODY_BYTES_MAX as u64 {
            return Err(Fault::TooLong(BODY_BYTES_MAX));
        }
        let mut served = self.raw(id).await?;
        if served.is_none() {
            served = self.text_data(id).await?;
        }
        if served.is_none() {
            served = self.plain_data(id).await?;
        }
        if let Some(data) = served {
            return verified(id, head.carrying(data)).await.map(Some);
        }
        if head.is_format_one() {
            return Ok(None);
        }
        // The signature covers root and size, so a chunk can be judged as it comes.
        let head = verified(id, head).await?;
        let Some(data) = self.chunks(&head).await? else {
            return Ok(None);
        };
        let whole = tokio::task::spawn_blocking(move || head.with_data(data)).await;
        let reason = "its chunks are not its data";
        match whole {
            Ok(whole) => whole
                .map(Some)
                .map_err(|_other| Fault::Forged { id, reason }),
            Err(_stopped) => Err(Fault::Late),
        }
    }

    /// The road of the base layer's nodes: base64url.
    async fn text_data(&self, id: Id) -> Result<Option<Bytes>, Fault> {
        let text = self
            .data(&format!("tx/{id}/data"), BODY_BYTES_MAX / 3 * 4 + 4)
            .await?;
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&text).map_err(|_bytes| Fault::Unreadable("data"))?;
        let data = from_base64url(text).map_err(|_text| Fault::Unreadable("data"))?;
        Ok(Some(data.into()))
    }

    /// The road of small gateways. Large ones send browsers elsewhere from here, and have no data here.
    pub(super) async fn plain_data(&self, id: Id) -> Result<Option<Bytes>, Fault> {
        match self.data(&id.to_string(), BODY_BYTES_MAX).await {
            Err(Fault::Status { status, .. }) if is_redirect(status) => Ok(None),
            served => served,
        }
    }

    async fn chunks(&self, head: &Transaction) -> Result<Option<Bytes>, Fault> {
        let (id, size) = (head.id(), head.data_size());
        let Some(place) = self.head(&format!("tx/{id}/offset")).await? else {
            return Ok(None);
        };
        let place: Place =
            serde_json::from_slice(&place).map_err(|_shape| Fault::Unreadable("a place"))?;
        let end: u64 = number(&place.offset)?;
        let fits = number(&place.size)? == size;
        let first = end.checked_add(1).and_then(|next| next.checked_sub(size));
        let first = first.filter(|_| fits);
        let first = first.ok_or(Fault::Forged {
            id,
            reason: "its place is of another size",
        })?;
        let mut data = BytesMut::new();
        for _chunk in 0..CHUNKS_MAX {
            let at = data.len() as u64;
            if at == size {
                return Ok(Some(data.freeze()));
            }
            let Some(chunk) = self.chunk(head, first, at).await? else {
                return Ok(None);
            };
            data.extend_from_slice(&chunk);
        }
        Err(Fault::TooLong(CHUNKS_MAX * CHUNK_BYTES_MAX))
    }

    /// The chunk that begins at byte `at` of the data, which itself begins at byte `first` of the base layer.
    async fn chunk(&self, head: &Transaction, first: u64, at: u64) -> Result<Option<Bytes>, Fault> {
        let place = first.saturating_add(at);
        let Some(json) = self
            .data(&format!("chunk/{place}"), CHUNK_JSON_BYTES_MAX)
            .await?
        else {
            return Ok(None);
        };
        let served: ServedChunk =
            serde_json::from_slice(&json).map_err(|_shape| Fault::Unreadable("a chunk"))?;
        let bytes = |text: &str| from_base64url(text).map_err(|_bad| Fault::Unreadable("a chunk"));
        let (chunk, path) = (
            Bytes::from(bytes(&served.chunk)?),
            bytes(&served.data_path)?,
        );
        let range = head
            .data_root()
            .and_then(|root| merkle::verify_path(root, head.data_size(), at, &path, &chunk));
        match range {
            Some(range) if range.start == at => Ok(Some(chunk)),
            Some(_) | None => Err(Fault::Forged {
                id: head.id(),
                reason: "a chunk's path does not lead to its root",
            }),
        }
    }

    /// Posts a transaction, in one piece where the gateway takes it so.
    pub(super) async fn post(&self, parcel: &Parcel) -> Result<(), Fault> {
        if let Some(whole) = &parcel.whole {
            let posted = self.post_json("tx", whole.clone()).await;
            let too_large =
                matches!(posted, Err(Fault::Refused { status, .. }) if is_too_large(status));
            if !too_large || parcel.transaction.format() == Format::One {
                return posted;
            }
        }
        let head = parcel.transaction.to_json_without_data().to_string();
        self.post_json("tx", head.into()).await?;
        self.post_chunks(&parcel.transaction).await
    }

    async fn post_chunks(&self, transaction: &Transaction) -> Result<(), Fault> {
        let Some(data) = transaction.data().cloned() else {
            return Ok(());
        };
        let of = data.clone();
        let cut = move || merkle::proofs(&of, Cut::Balanced);
        let proofs = tokio::task::spawn_blocking(cut)
            .await
            .map_err(|_stopped| Fault::Late)?;
        for proof in proofs {
            let chunk = serde_json::json!({
                "data_root": transaction.data_root_text(),
                "data_size": transaction.data_size().to_string(),
                "data_path": to_base64url(&proof.path),
                "offset": (proof.range.end - 1).to_string(),
                "chunk": to_base64url(&data[proof.range]),
            });
            self.post_chunk(Bytes::from(chunk.to_string())).await?;
        }
        Ok(())
    }

    async fn post_chunk(&self, json: Bytes) -> Result<(), Fault> {
        let mut last = Ok(());
        for _try in 0..CHUNK_TRIES {
            last = self.post_json("chunk", json.clone()).await;
            if last.is_ok() {
                break;
            }
        }
        last
    }
}

fn number(text: &str) -> Result<u64, Fault> {
    text.parse().map_err(|_text| Fault::Unreadable("a place"))
}
