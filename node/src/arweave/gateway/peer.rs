//! One gateway: a request, its deadline, its cap, and what the answer means.

use std::time::Duration;

use aosec_wire::id::from_base64url;
use aosec_wire::{Address, Id};
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, Url, redirect};
use serde::Deserialize;
use thiserror::Error;

use super::{GatewayError, TransactionStatus};
use crate::arweave::block::BlockHead;
use crate::arweave::merkle::CHUNK_BYTES_MAX;
use crate::arweave::transaction::{Anchor, Transaction, UnverifiedTransaction};
use crate::http::error::{is_refusal, is_success};

/// To reach a gateway at all.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// From the request to the last byte of the answer: 64 MiB at 2 MiB/s.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(32);
/// Longest answer: the largest modules of the ao network take some 25 MiB, the rest is room.
pub const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest answer that is no data: the head of a full block of the base layer (1,000 transactions) takes under 1 MiB; a GraphQL
/// page of 5 items with the longest tags takes less.
const HEAD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest answer that is one number or anchor.
const WORD_BYTES_MAX: usize = 256;

/// The client of this house for gateways: deadlines, no redirects.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .connect_timeout(CONNECT_DEADLINE)
        .timeout(REQUEST_DEADLINE)
        .redirect(redirect::Policy::none())
        .build()
}

/// What one gateway did instead of answering.
#[derive(Debug, Error)]
pub enum Fault {
    /// The request did not get through in time.
    #[error("the request failed: {0}")]
    Request(#[from] reqwest::Error),
    /// A status that means neither an answer nor absence.
    #[error("it answered with status {0}")]
    Status(u16),
    /// It refused what we posted.
    #[error("it refused the transaction: {0}")]
    Refused(String),
    /// More bytes than asked for.
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    /// An answer that does not read.
    #[error("its answer does not read as {0}")]
    Unreadable(&'static str),
    /// A thing that does not hold what it claims.
    #[error("it served something else as {id}: {reason}")]
    Forged {
        /// What was asked for.
        id: Id,
        /// What does not hold.
        reason: &'static str,
    },
}

/// One gateway.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    url: Url,
    client: Client,
}

impl Peer {
    pub(super) fn new(url: Url, client: Client) -> Result<Self, GatewayError> {
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none();
        if !plain || url.host().is_none() {
            return Err(GatewayError::Url(url));
        }
        Ok(Self { url, client })
    }

    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    pub(super) async fn current_block(&self) -> Result<BlockHead, Fault> {
        let body = self
            .get("block/current", HEAD_BYTES_MAX)
            .await?
            .ok_or(Fault::Unreadable("a block"))?;
        serde_json::from_slice(&body).map_err(|_shape| Fault::Unreadable("a block"))
    }

    pub(super) async fn block(&self, height: u64) -> Result<Option<BlockHead>, Fault> {
        let Some(body) = self
            .get(&format!("block/height/{height}"), HEAD_BYTES_MAX)
            .await?
        else {
            return Ok(None);
        };
        let head: BlockHead =
            serde_json::from_slice(&body).map_err(|_shape| Fault::Unreadable("a block"))?;
        if head.height == height {
            Ok(Some(head))
        } else {
            Err(Fault::Unreadable("the block asked for"))
        }
    }

    pub(super) async fn raw(&self, id: Id) -> Result<Option<Bytes>, Fault> {
        self.get(&format!("raw/{id}"), BODY_BYTES_MAX).await
    }

    pub(super) async fn status(&self, id: Id) -> Result<Option<TransactionStatus>, Fault> {
        let body = self.get(&format!("tx/{id}/status"), HEAD_BYTES_MAX).await?;
        Ok(
            body.map(|body| match serde_json::from_slice::<Confirmed>(&body) {
                Ok(at) => TransactionStatus::Mined {
                    height: at.block_height,
                    confirmations: at.number_of_confirmations,
                },
                Err(_pending) => TransactionStatus::Pending,
            }),
        )
    }

    pub(super) async fn transaction(&self, id: Id) -> Result<Option<Transaction>, Fault> {
        let Some(json) = self.get(&format!("tx/{id}"), BODY_BYTES_MAX).await? else {
            return Ok(None);
        };
        // A transaction that waits in the pool is answered with the word Pending.
        let Ok(mut unverified) = UnverifiedTransaction::from_json(&json) else {
            return Ok(None);
        };
        if unverified.lacks_data() {
            let Some(data) = self.raw(id).await? else {
                return Ok(None);
            };
            unverified = unverified.carrying(data);
        }
        let checked = tokio::task::spawn_blocking(move || unverified.verify()).await;
        match checked {
            Ok(Ok(transaction)) if transaction.id() == id => Ok(Some(transaction)),
            Ok(Ok(_other)) => Err(Fault::Forged {
                id,
                reason: "another transaction",
            }),
            Ok(Err(_wrong)) => Err(Fault::Forged {
                id,
                reason: "its signature or data root does not hold",
            }),
            Err(_stopped) => Err(Fault::Unreadable("a transaction")),
        }
    }

    pub(super) async fn post(&self, json: Bytes) -> Result<(), Fault> {
        let request = self
            .client
            .post(self.path("tx"))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let response = request.body(json).send().await?;
        if is_success(response.status().as_u16()) {
            return Ok(());
        }
        let status = response.status().as_u16();
        let text = capped(response, CHUNK_BYTES_MAX).await?;
        tracing::debug!(status, answer = %String::from_utf8_lossy(&text), "a gateway refused a transaction");
        Err(Fault::Refused(clipped(&text)))
    }

    pub(super) async fn anchor(&self) -> Result<Anchor, Fault> {
        let text = self.word("tx_anchor").await?;
        from_base64url(&text)
            .ok()
            .and_then(|bytes| Anchor::from_bytes(&bytes))
            .ok_or(Fault::Unreadable("an anchor"))
    }

    pub(super) async fn price(&self, bytes: u64) -> Result<u128, Fault> {
        self.word(&format!("price/{bytes}"))
            .await?
            .parse()
            .map_err(|_text| Fault::Unreadable("a price"))
    }

    pub(super) async fn balance(&self, wallet: &Address) -> Result<u128, Fault> {
        self.word(&format!("wallet/{wallet}/balance"))
            .await?
            .parse()
            .map_err(|_text| Fault::Unreadable("a balance"))
    }

    /// Asks GraphQL; gives the body of the answer.
    pub(super) async fn graphql(
        &self,
        query: &str,
        variables: serde_json::Value,
    ) -> Result<Bytes, Fault> {
        let request = self.client.post(self.path("graphql"));
        let answer = send(
            request.json(&serde_json::json!({"query": query, "variables": variables})),
            HEAD_BYTES_MAX,
        );
        answer.await?.ok_or(Fault::Unreadable("GraphQL"))
    }

    async fn word(&self, path: &str) -> Result<String, Fault> {
        let body = self
            .get(path, WORD_BYTES_MAX)
            .await?
            .ok_or(Fault::Unreadable("a word"))?;
        let text = std::str::from_utf8(&body).map_err(|_bytes| Fault::Unreadable("a word"))?;
        Ok(text.trim().trim_matches('"').to_owned())
    }

    async fn get(&self, path: &str, bytes_max: usize) -> Result<Option<Bytes>, Fault> {
        send(self.client.get(self.path(path)), bytes_max).await
    }

    /// A path under the gateway's url, which may itself have one.
    fn path(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url
    }
}

#[derive(Deserialize)]
struct Confirmed {
    block_height: u64,
    number_of_confirmations: u64,
}

/// Sends a request; none where the gateway says that the thing is not there.
async fn send(request: RequestBuilder, bytes_max: usize) -> Result<Option<Bytes>, Fault> {
    let response = request.send().await?;
    match response.status().as_u16() {
        status if is_success(status) => capped(response, bytes_max).await.map(Some),
        status if is_refusal(status) => Ok(None),
        status => Err(Fault::Status(status)),
    }
}

async fn capped(mut response: reqwest::Response, bytes_max: usize) -> Result<Bytes, Fault> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > bytes_max {
            return Err(Fault::TooLong(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Foreign text is cut before it enters a message of ours.
const CLIP_CHARS: usize = 200;

fn clipped(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .chars()
        .filter(|c| !c.is_control())
        .take(CLIP_CHARS)
        .collect()
}
