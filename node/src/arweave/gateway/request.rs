//! One request to one gateway: its deadline, its cap, what its status means, and what goes wrong with it.
//!
//! 1. A request has a total deadline, from the first byte sent to the last one read: a slow drip ends with it.
//! 2. An answer is counted while it comes; nothing is reserved from a declared length, and one that declares too much is not read.
//! 3. No redirect is followed, no compression is asked for or undone, no cookie is kept.

use std::time::Duration;

use aosec_wire::Id;
use bytes::{Bytes, BytesMut};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, RequestBuilder, redirect};
use thiserror::Error;

use crate::http::error::{is_absence, is_success};

/// To reach a gateway at all.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// Longest answer: the largest modules of the ao network take some 25 MiB, the rest is room.
pub const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest answer that is no data: the head of a full block of the base layer (1,000 transactions) takes under 1 MiB; a GraphQL
/// page of 5 items with the longest tags takes less.
pub(super) const HEAD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest answer that is one number or anchor.
pub(super) const WORD_BYTES_MAX: usize = 256;
/// What is read of an answer that refuses something.
const REASON_BYTES_MAX: usize = 4 * 1024;

/// How long gateways may take.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// For an answer that is no data: a number, a block, a page.
    pub head: Duration,
    /// For data, either way.
    pub data: Duration,
    /// For one question, whatever it takes of requests and gateways.
    pub question: Duration,
    /// For posting one transaction to one gateway, chunks included.
    pub post: Duration,
}

impl Default for Deadlines {
    /// 64 MiB take 32 s at 2 MiB/s. A question has room for one gateway that wastes that, and for a second one that does not; an
    /// upload has room for 256 chunks.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            data: Duration::from_secs(32),
            question: Duration::from_secs(70),
            post: Duration::from_secs(120),
        }
    }
}

/// The client of this house for gateways.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .connect_timeout(CONNECT_DEADLINE)
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
    #[error("it answered with status {status}")]
    Status {
        /// The status.
        status: u16,
        /// The pause that it asks for.
        pause_ms: u64,
    },
    /// It refused what we posted.
    #[error("it refused the transaction with status {status}: {reason}")]
    Refused {
        /// The status.
        status: u16,
        /// Its words.
        reason: String,
    },
    /// More bytes than asked for.
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    /// An answer that does not read.
    #[error("its answer does not read as {0}")]
    Unreadable(&'static str),
    /// A price that nobody should pay.
    #[error("it asks {0} winston, which is over what this node pays")]
    Dear(u128),
    /// A thing that does not hold what it claims.
    #[error("it served something else as {id}: {reason}")]
    Forged {
        /// What was asked for.
        id: Id,
        /// What does not hold.
        reason: &'static str,
    },
    /// The deadline of the whole question passed while it was asked.
    #[error("it had no answer when the question's deadline passed")]
    Late,
}

impl Fault {
    /// The word that metrics count it under.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Request(_) | Self::Late => "unreachable",
            Self::Status { .. } => "status",
            Self::Refused { .. } => "refused",
            Self::TooLong(_) => "too_long",
            Self::Unreadable(_) => "unreadable",
            Self::Dear(_) | Self::Forged { .. } => "lie",
        }
    }
}

/// Every [`Fault::kind`].
pub const FAULT_KINDS: [&str; 6] = [
    "unreachable",
    "status",
    "refused",
    "too_long",
    "unreadable",
    "lie",
];

/// Sends a request; none where the gateway says that the thing is not there.
pub(super) async fn send(
    request: RequestBuilder,
    deadline: Duration,
    bytes_max: usize,
) -> Result<Option<Bytes>, Fault> {
    let response = request.timeout(deadline).send().await?;
    let status = response.status().as_u16();
    if is_success(status) {
        return capped(response, bytes_max).await.map(Some);
    }
    if is_absence(status) {
        return Ok(None);
    }
    let pause_ms = pause_ms(&response);
    Err(Fault::Status { status, pause_ms })
}

/// Posts; what is refused comes back as [`Fault::Refused`] in the gateway's words.
pub(super) async fn post(request: RequestBuilder, deadline: Duration) -> Result<(), Fault> {
    let response = request.timeout(deadline).send().await?;
    let status = response.status().as_u16();
    if is_success(status) {
        return Ok(());
    }
    if !crate::http::error::is_refusal(status) {
        let pause_ms = pause_ms(&response);
        return Err(Fault::Status { status, pause_ms });
    }
    let reason = clipped(&beginning(response).await?);
    Err(Fault::Refused { status, reason })
}

/// Seconds in Retry-After; a date there is not read.
fn pause_ms(response: &reqwest::Response) -> u64 {
    let seconds = response.headers().get(RETRY_AFTER);
    let seconds = seconds.and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    seconds.unwrap_or_default().saturating_mul(1_000)
}

async fn capped(mut response: reqwest::Response, bytes_max: usize) -> Result<Bytes, Fault> {
    let over = |length: u64| usize::try_from(length).map_or(true, |length| length > bytes_max);
    if response.content_length().is_some_and(over) {
        return Err(Fault::TooLong(bytes_max));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > bytes_max {
            return Err(Fault::TooLong(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

async fn beginning(mut response: reqwest::Response) -> Result<Vec<u8>, Fault> {
    let mut text = Vec::new();
    while text.len() < REASON_BYTES_MAX
        && let Some(chunk) = response.chunk().await?
    {
        text.extend_from_slice(&chunk[..chunk.len().min(REASON_BYTES_MAX)]);
    }
    Ok(text)
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
