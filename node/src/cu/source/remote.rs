//! The log of a process that another node schedules, over that node's HTTP API (WIRE 1.1).
//!
//! Every item comes as the exact bytes that were signed (`raw=1`) and is verified here; the decoded fields beside them are not
//! read. Each request has a deadline, a body cap and a bounded number of redirects, followed by hand so that each hop is seen.
//! A scheduler that serves no raw bytes is refused: text that was decoded for display is not what was signed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aosec_wire::id::from_base64url;
use aosec_wire::{Assignment, Id, Strictness, VerifiedItem};
use bytes::{Bytes, BytesMut};
use reqwest::header::LOCATION;
use reqwest::{Client, Response, Url};
use serde::Deserialize;

use super::{Answer, Log, SourceError};
use crate::cu::replay::Entry;
use crate::cu::word::Word;
use crate::http::error::{is_redirect, is_refusal, is_success};
use crate::locate::{LocateError, Locations, Reach};

/// Hops behind the located address: router → host → one that it moved to.
const REDIRECTS_MAX: usize = 3;
/// One request with its redirects and its body.
const REQUEST_DEADLINE: Duration = Duration::from_secs(20);
/// Slots asked for at once: with small messages one round trip, with the largest still within the cap of a body.
const PAGE_SLOTS: u64 = 64;
/// The body of one answer: four of the largest items in base64url, each beside its decoded form.
const BODY_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Tells where a process is scheduled.
pub trait Locate: Send + Sync + fmt::Debug {
    /// The root address of the scheduler of `process`.
    fn find(&self, process: Id) -> Answer<'_, Url>;

    /// How far a redirect may lead.
    fn reach(&self) -> Reach;
}

impl Locate for Locations {
    fn find(&self, process: Id) -> Answer<'_, Url> {
        Box::pin(async move {
            let found = self.search(process, None).await;
            found.map_err(|error| match error {
                LocateError::NoScheduler(process) => SourceError::Unknown(process),
                // Not the scheduler's silence: nobody is accused of it.
                LocateError::Gateway(error) => SourceError::Gateway(error.to_string()),
                error => SourceError::Nowhere {
                    process,
                    reason: error.to_string(),
                },
            })
        })
    }

    fn reach(&self) -> Reach {
        Self::reach(self)
    }
}

/// The schedulers of other nodes.
#[derive(Clone, Debug)]
pub struct Remote {
    client: Client,
    locations: Arc<dyn Locate>,
}

impl Remote {
    /// Asks the schedulers that `locations` finds.
    ///
    /// # Errors
    /// Where this machine cannot make an HTTP client.
    pub fn new(locations: Arc<dyn Locate>) -> Result<Self, reqwest::Error> {
        let client = locations.reach().client().build()?;
        Ok(Self { client, locations })
    }

    async fn get(
        &self,
        process: Id,
        path: &str,
        query: &str,
    ) -> Result<Option<Bytes>, SourceError> {
        let mut url = self.locations.find(process).await?;
        url.set_path(path);
        url.set_query(Some(query));
        let asked = url.to_string();
        tokio::time::timeout(REQUEST_DEADLINE, self.follow(url))
            .await
            .unwrap_or_else(|_elapsed| {
                Err(SourceError::Silent {
                    url: asked,
                    reason: format!("no whole answer within {} s", REQUEST_DEADLINE.as_secs()),
                })
            })
    }

    /// None where the other side refuses: an unknown process or message is a 400 or a 404 there.
    async fn follow(&self, mut url: Url) -> Result<Option<Bytes>, SourceError> {
        for _hop in 0..=REDIRECTS_MAX {
            let response = self.client.get(url.clone()).send().await;
            let response = response.map_err(|error| silent(&url, error))?;
            let status = response.status().as_u16();
            if is_redirect(status) {
                url = self.next_hop(&url, &response).await?;
            } else if is_success(status) {
                return body(&url, response).await.map(Some);
            } else if is_refusal(status) {
                return Ok(None);
            } else {
                return Err(SourceError::Silent {
                    url: url.to_string(),
                    reason: format!("it says {status}"),
                });
            }
        }
        Err(shape(&url, "more redirects than are followed"))
    }

    /// Where a redirect leads, if that is within reach: it is a stranger's word.
    async fn next_hop(&self, url: &Url, response: &Response) -> Result<Url, SourceError> {
        let location = response.headers().get(LOCATION);
        let next = location
            .and_then(|value| value.to_str().ok())
            .and_then(|location| url.join(location).ok())
            .ok_or_else(|| shape(url, "a redirect to nowhere"))?;
        let checked = self.locations.reach().check(&next).await;
        checked.map_err(|_private| shape(url, "a redirect to where this node does not go"))?;
        Ok(next)
    }

    /// The assignment of the one slot that stands under `path`.
    async fn one(&self, process: Id, path: &str) -> Result<Option<Assignment>, SourceError> {
        let query = format!("process-id={process}&raw=1");
        let Some(body) = self.get(process, path, &query).await? else {
            return Ok(None);
        };
        let node: NodeJson = parse(process, &body)?;
        let items = verify(process, vec![node.assignment]).await?;
        let read = items
            .into_iter()
            .next()
            .map(|item| read_assignment(process, item));
        read.transpose()
    }

    async fn page(
        &self,
        process: Id,
        from: u64,
        to: u64,
        limit: u64,
    ) -> Result<Vec<NodeJson>, SourceError> {
        let after = from
            .checked_sub(1)
            .map_or_else(|| "-1".to_owned(), |slot| slot.to_string());
        let query =
            format!("process-id={process}&from-nonce={after}&to-nonce={to}&limit={limit}&raw=1");
        let Some(body) = self.get(process, &format!("/{process}"), &query).await? else {
            return Ok(Vec::new());
        };
        let page: PageJson = parse(process, &body)?;
        Ok(page.edges.into_iter().map(|edge| edge.node).collect())
    }
}

impl Log for Remote {
    fn spawn(&self, process: Id) -> Answer<'_, Option<VerifiedItem>> {
        Box::pin(async move {
            let first = self.page(process, 0, 0, 1).await?.into_iter().next();
            match first.and_then(|node| node.message) {
                None => Ok(None),
                Some(item) => verify(process, vec![item])
                    .await
                    .map(|items| items.into_iter().next()),
            }
        })
    }

    fn entries(&self, process: Id, from: u64, to: u64) -> Answer<'_, Vec<Entry>> {
        Box::pin(async move {
            let to = to.min(from.saturating_add(PAGE_SLOTS - 1));
            let nodes = match self.page(process, from, to, PAGE_SLOTS).await {
                // A page of large messages: each of them alone is within the cap.
                Err(SourceError::Shape {
                    what: OVERSIZED, ..
                }) => self.page(process, from, from, 1).await?,
                page => page?,
            };
            entries(process, nodes).await
        })
    }

    fn assignment(&self, process: Id, id: Id) -> Answer<'_, Option<Word>> {
        Box::pin(async move {
            let found = self.one(process, &format!("/{id}")).await?;
            Ok(found.map(Word::from))
        })
    }

    fn newest(&self, process: Id) -> Answer<'_, Option<u64>> {
        Box::pin(async move {
            let newest = self.one(process, &format!("/{process}/latest")).await?;
            Ok(newest.map(|assignment| assignment.nonce()))
        })
    }
}

#[derive(Deserialize)]
struct PageJson {
    edges: Vec<EdgeJson>,
}

#[derive(Deserialize)]
struct EdgeJson {
    node: NodeJson,
}

#[derive(Deserialize)]
struct NodeJson {
    message: Option<ItemJson>,
    assignment: ItemJson,
}

#[derive(Deserialize)]
struct ItemJson {
    /// The signed bytes, base64url.
    bytes: Option<String>,
}

const OVERSIZED: &str = "an answer over the cap";

async fn body(url: &Url, mut response: Response) -> Result<Bytes, SourceError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silent(url, error))? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(shape(url, OVERSIZED));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn parse<'a, T: Deserialize<'a>>(process: Id, body: &'a [u8]) -> Result<T, SourceError> {
    serde_json::from_slice(body).map_err(|_bad| SourceError::Shape {
        url: host_of(process),
        what: "JSON that is no log",
    })
}

async fn entries(process: Id, nodes: Vec<NodeJson>) -> Result<Vec<Entry>, SourceError> {
    let has_message: Vec<bool> = nodes.iter().map(|node| node.message.is_some()).collect();
    let items = nodes
        .into_iter()
        .flat_map(|node| node.message.into_iter().chain([node.assignment]))
        .collect();
    let mut items = verify(process, items).await?.into_iter();
    let mut entries = Vec::with_capacity(has_message.len());
    for has_message in has_message {
        let message = if has_message { items.next() } else { None };
        let Some(item) = items.next() else { break };
        let assignment = read_assignment(process, item)?;
        entries.push(Entry {
            message,
            assignment: assignment.into(),
        });
    }
    Ok(entries)
}

fn read_assignment(process: Id, item: VerifiedItem) -> Result<Assignment, SourceError> {
    Assignment::from_item(item).map_err(|error| SourceError::Item {
        url: host_of(process),
        reason: error.to_string(),
    })
}

/// Decodes and verifies in order, away from the threads that wait for sockets: a page of RSA signatures takes milliseconds.
async fn verify(process: Id, items: Vec<ItemJson>) -> Result<Vec<VerifiedItem>, SourceError> {
    let verified = tokio::task::spawn_blocking(move || {
        items
            .into_iter()
            .map(|item| verify_one(process, item))
            .collect()
    });
    verified.await.unwrap_or_else(|_panicked| {
        Err(SourceError::Shape {
            url: host_of(process),
            what: "an item that cannot be looked at",
        })
    })
}

fn verify_one(process: Id, item: ItemJson) -> Result<VerifiedItem, SourceError> {
    let shape = |what| SourceError::Shape {
        url: host_of(process),
        what,
    };
    let text = item
        .bytes
        .ok_or_else(|| shape("items without their signed bytes"))?;
    let bytes = from_base64url(&text).map_err(|_bad| shape("bytes that are not base64url"))?;
    aosec_wire::item::verify_bytes(bytes.into(), Strictness::Settled).map_err(|error| {
        SourceError::Item {
            url: host_of(process),
            reason: error.to_string(),
        }
    })
}

/// How errors behind a redirect name the other side.
fn host_of(process: Id) -> String {
    format!("the scheduler of {process}")
}

fn silent(url: &Url, error: reqwest::Error) -> SourceError {
    SourceError::Silent {
        url: url.to_string(),
        reason: error.without_url().to_string(),
    }
}

fn shape(url: &Url, what: &'static str) -> SourceError {
    SourceError::Shape {
        url: url.to_string(),
        what,
    }
}
