//! One gateway: what it is asked, and what its answers mean.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aosec_wire::id::from_base64url;
use aosec_wire::{Address, Id};
use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;

use super::health::Health;
use super::request::{self, BODY_BYTES_MAX, Deadlines, Fault, HEAD_BYTES_MAX, WORD_BYTES_MAX};
use super::{GatewayError, TransactionStatus};
use crate::arweave::block::{BlockHead, BlockId};
use crate::arweave::transaction::{Anchor, Transaction, UnverifiedTransaction};
use crate::metrics;

/// One gateway. Cloning it is cheap; all clones share what is known of its health.
#[derive(Clone)]
pub(super) struct Peer(Arc<Inner>);

struct Inner {
    url: Url,
    client: Client,
    deadlines: Deadlines,
    /// Its place in the configuration, which metrics name it by.
    number: usize,
    since: Instant,
    health: Mutex<Health>,
    /// The height that it said last; `u64::MAX` before it said one.
    height: AtomicU64,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({})", self.0.url)
    }
}

impl Peer {
    pub(super) fn new(
        url: Url,
        number: usize,
        client: Client,
        deadlines: Deadlines,
    ) -> Result<Self, GatewayError> {
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none();
        if !plain || url.host().is_none() {
            return Err(GatewayError::Url(url));
        }
        Ok(Self(Arc::new(Inner {
            url,
            client,
            deadlines,
            number,
            since: Instant::now(),
            health: Mutex::default(),
            height: AtomicU64::new(u64::MAX),
        })))
    }

    pub(super) fn url(&self) -> &Url {
        &self.0.url
    }

    pub(super) fn deadlines(&self) -> Deadlines {
        self.0.deadlines
    }

    /// The height that it said last; `u64::MAX` before it said one.
    pub(super) fn height(&self) -> u64 {
        self.0.height.load(Ordering::Relaxed)
    }

    /// True where it failed lately: others are asked first.
    pub(super) fn is_resting(&self) -> bool {
        let now_ms = self.now_ms();
        self.health(|health| health.is_resting(now_ms))
    }

    /// Notes what it did instead of answering.
    pub(super) fn blame(&self, fault: &Fault) {
        let now_ms = self.now_ms();
        self.health(|health| match fault {
            Fault::Refused { .. } => {}
            Fault::Status { pause_ms, .. } => health.failed(now_ms, *pause_ms),
            Fault::Request(_) | Fault::Late => health.failed(now_ms, 0),
            Fault::TooLong(_) | Fault::Unreadable(_) | Fault::Dear(_) | Fault::Forged { .. } => {
                health.lied(now_ms);
            }
        });
        metrics::gateway_fault(self.0.number, fault.kind());
        metrics::gateway_up(self.0.number, false);
    }

    fn health<T>(&self, change: impl FnOnce(&mut Health) -> T) -> T {
        change(&mut self.0.health.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The newest block. Small gateways do not serve it under a name; their overview tells its height.
    pub(super) async fn current_block(&self) -> Result<BlockHead, Fault> {
        let head: Option<BlockHead> = match self.head("block/current").await? {
            Some(body) => Some(read(&body, "a block")?),
            None => {
                let body = self.head("info").await?;
                let info: Info = read(&body.ok_or(Fault::Unreadable("a block"))?, "an overview")?;
                self.block(info.height).await?
            }
        };
        let head = head.ok_or(Fault::Unreadable("a block"))?;
        self.0.height.store(head.height, Ordering::Relaxed);
        Ok(head)
    }

    pub(super) async fn block(&self, height: u64) -> Result<Option<BlockHead>, Fault> {
        let Some(body) = self.head(&format!("block/height/{height}")).await? else {
            return Ok(None);
        };
        let head: BlockHead = read(&body, "a block")?;
        if head.height == height {
            Ok(Some(head))
        } else {
            Err(Fault::Unreadable("the block asked for"))
        }
    }

    /// Whether it knows a block under this id.
    pub(super) async fn knows_block(&self, id: BlockId) -> Result<bool, Fault> {
        let Some(body) = self.head(&format!("block/hash/{id}")).await? else {
            return Ok(false);
        };
        Ok(read::<BlockHead>(&body, "a block")?.id == id)
    }

    pub(super) async fn raw(&self, id: Id) -> Result<Option<Bytes>, Fault> {
        self.data(&format!("raw/{id}"), BODY_BYTES_MAX).await
    }

    pub(super) async fn status(&self, id: Id) -> Result<Option<TransactionStatus>, Fault> {
        let Some(body) = self.head(&format!("tx/{id}/status")).await? else {
            return Ok(None);
        };
        if is_pending(&body) {
            return Ok(Some(TransactionStatus::Pending));
        }
        let at: Confirmed = read(&body, "a status")?;
        Ok(Some(TransactionStatus::Mined {
            height: at.block_height,
            confirmations: at.number_of_confirmations,
        }))
    }

    /// The transaction with its data, both checked.
    pub(super) async fn transaction(&self, id: Id) -> Result<Option<Transaction>, Fault> {
        let Some(unverified) = self.unverified(id).await? else {
            return Ok(None);
        };
        if unverified.lacks_data() {
            return self.with_its_data(id, unverified).await;
        }
        verified(id, unverified).await.map(Some)
    }

    /// What the transaction says of the size of its data.
    pub(super) async fn declared_size(&self, id: Id) -> Result<Option<u64>, Fault> {
        let unverified = self.unverified(id).await?;
        Ok(unverified.map(|transaction| transaction.declared_size()))
    }

    async fn unverified(&self, id: Id) -> Result<Option<UnverifiedTransaction>, Fault> {
        let Some(json) = self.data(&format!("tx/{id}"), BODY_BYTES_MAX).await? else {
            return Ok(None);
        };
        if is_pending(&json) {
            return Ok(None);
        }
        let unverified = UnverifiedTransaction::from_json(&json)
            .map_err(|_bad| Fault::Unreadable("a transaction"))?;
        match unverified.claimed_id() == id {
            true => Ok(Some(unverified)),
            false => Err(Fault::Forged {
                id,
                reason: "another transaction",
            }),
        }
    }

    pub(super) async fn anchor(&self) -> Result<BlockId, Fault> {
        let text = self.word("tx_anchor").await?;
        let bytes = from_base64url(&text).ok();
        match bytes.and_then(|bytes| Anchor::from_bytes(&bytes)) {
            Some(Anchor::Block(id)) => Ok(BlockId::new(id)),
            Some(Anchor::First | Anchor::Last(_)) | None => Err(Fault::Unreadable("an anchor")),
        }
    }

    pub(super) async fn price(&self, bytes: u64) -> Result<u128, Fault> {
        let text = self.word(&format!("price/{bytes}")).await?;
        text.parse().map_err(|_text| Fault::Unreadable("a price"))
    }

    pub(super) async fn balance(&self, wallet: &Address) -> Result<u128, Fault> {
        let text = self.word(&format!("wallet/{wallet}/balance")).await?;
        text.parse().map_err(|_text| Fault::Unreadable("a balance"))
    }

    /// Asks GraphQL; gives the body of the answer.
    pub(super) async fn graphql(
        &self,
        query: &str,
        variables: serde_json::Value,
    ) -> Result<Bytes, Fault> {
        let asked = serde_json::json!({"query": query, "variables": variables});
        let request = self.0.client.post(self.path("graphql")).json(&asked);
        let answer = request::send(request, self.0.deadlines.head, HEAD_BYTES_MAX).await;
        self.heard(answer)?.ok_or(Fault::Unreadable("GraphQL"))
    }

    /// Posts JSON to a path.
    pub(super) async fn post_json(&self, path: &str, json: Bytes) -> Result<(), Fault> {
        let json_type = HeaderValue::from_static("application/json");
        let request = self.0.client.post(self.path(path));
        let request = request.header(CONTENT_TYPE, json_type).body(json);
        self.heard(request::post(request, self.0.deadlines.data).await)
    }

    /// An answer that is no data.
    pub(super) async fn head(&self, path: &str) -> Result<Option<Bytes>, Fault> {
        self.get(path, self.0.deadlines.head, HEAD_BYTES_MAX).await
    }

    /// An answer that is data, of at most `bytes_max`.
    pub(super) async fn data(&self, path: &str, bytes_max: usize) -> Result<Option<Bytes>, Fault> {
        self.get(path, self.0.deadlines.data, bytes_max).await
    }

    async fn word(&self, path: &str) -> Result<String, Fault> {
        let answer = self
            .get(path, self.0.deadlines.head, WORD_BYTES_MAX)
            .await?;
        let body = answer.ok_or(Fault::Unreadable("a word"))?;
        let text = std::str::from_utf8(&body).map_err(|_bytes| Fault::Unreadable("a word"))?;
        Ok(text.trim().trim_matches('"').to_owned())
    }

    async fn get(
        &self,
        path: &str,
        deadline: Duration,
        bytes_max: usize,
    ) -> Result<Option<Bytes>, Fault> {
        let request: RequestBuilder = self.0.client.get(self.path(path));
        self.heard(request::send(request, deadline, bytes_max).await)
    }

    /// Notes that it answered.
    fn heard<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        if answer.is_ok() {
            self.health(Health::answered);
            metrics::gateway_up(self.0.number, true);
        }
        answer
    }

    /// A path under the gateway's url, which may itself have one.
    fn path(&self, path: &str) -> Url {
        let mut url = self.0.url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{path}"));
        url
    }
}

#[derive(Deserialize)]
struct Info {
    height: u64,
}

#[derive(Deserialize)]
struct Confirmed {
    block_height: u64,
    number_of_confirmations: u64,
}

/// What gateways say of a transaction that waits in the pool, as JSON or plain.
pub(super) fn is_pending(body: &[u8]) -> bool {
    matches!(body.trim_ascii(), b"Pending" | b"\"Pending\"")
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8], what: &'static str) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|_shape| Fault::Unreadable(what))
}

/// Hashing and an RSA signature take their time: not on the runtime's threads.
pub(super) async fn verified(id: Id, from: UnverifiedTransaction) -> Result<Transaction, Fault> {
    let checked = tokio::task::spawn_blocking(move || from.verify()).await;
    let reason = "its signature or data root does not hold";
    match checked {
        Ok(checked) => checked.map_err(|_wrong| Fault::Forged { id, reason }),
        Err(_stopped) => Err(Fault::Late),
    }
}
