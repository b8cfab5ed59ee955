//! The courier: carries one piece to the scheduler unit of its process and brings back the receipt.
//!
//! It asks [`Places`] where, posts, follows redirects by hand ([`road`]), and reads the answer ([`answer`]). A refusal is not
//! believed before the scheduler was asked whether it has the message already: then the first slot counts, so asking twice
//! gives one slot. A message for a process that nobody hosts goes into its inbox instead ([`Inboxes`]), until it stands in the log. It knows nothing of states and pauses: every way this can go is one word of [`Sent`].

mod answer;
mod dial;
mod road;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use reqwest::{Method, Response, Url, header};

use self::answer::Wanted;
use self::dial::Dial;
use self::road::{Road, RoadError};
use super::entry::item_of;
use super::outbox::{Event, Receipt};
use super::ports::{Inboxes, Lost, Places, Taken};
use super::push::{Assign, Cargo};
use crate::http::error::{is_redirect, is_refusal, is_success};
use crate::locate::Unreachable;

/// An answer to a POST is an assignment in base64url and a few words; a process shown under its own path carries its data, and
/// its first entry is all that is wanted of it.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Carries pieces to schedulers. Clones share connections.
#[derive(Clone)]
pub(super) struct Courier {
    places: Arc<dyn Places>,
    inboxes: Arc<dyn Inboxes>,
    dial: Dial,
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Courier")
            .field("dial", &self.dial)
            .finish_non_exhaustive()
    }
}

/// Why an attempt came to nothing this time. It goes to the log; the entry is tried again.
#[derive(Debug, thiserror::Error)]
enum Hitch {
    #[error("{0}")]
    Lost(String),
    #[error("nobody hosts its process: {0}")]
    Inbox(String),
    #[error(transparent)]
    Road(#[from] RoadError),
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    #[error("{url} does not answer: {source}")]
    Transport { url: Url, source: reqwest::Error },
    #[error("{url} answers with more than {ANSWER_BYTES_MAX} bytes")]
    TooLong { url: Url },
    #[error("{url} answers {status}: {words}")]
    Status {
        url: Url,
        status: u16,
        words: String,
    },
    #[error("{url} took it and shows no assignment that names it")]
    NoReceipt { url: Url },
    #[error("{url} redirects without saying where")]
    NoLocation { url: Url },
}

/// One answer, read whole.
struct Answer {
    url: Url,
    status: u16,
    body: Bytes,
}

impl Courier {
    /// A courier that asks `places` where to go, and brings to `inboxes` what no scheduler would take.
    ///
    /// # Errors
    /// Where no TLS or no resolver can be set up.
    pub(super) fn new(
        places: Arc<dyn Places>,
        inboxes: Arc<dyn Inboxes>,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            places,
            inboxes,
            dial: Dial::new()?,
        })
    }

    /// Tries once to get a slot for `cargo`, and says what happened.
    pub(super) async fn submit(&self, cargo: &Cargo) -> Event {
        let errand = Errand::of(cargo);
        let process = errand.wanted.process;
        if let Some(taken) = self.inboxes.take(process, item_of(cargo)).await {
            return match taken {
                Taken::Ordered => Event::Ordered,
                Taken::Later(words) => hitch(&errand, &Hitch::Inbox(words)),
                Taken::Never(words) => Event::Declined(words),
            };
        }
        let place = match self.places.find(process, errand.scheduler.clone()).await {
            Ok(place) => place,
            Err(Lost::Unknown) => return Event::Unknown,
            Err(Lost::Unreachable(words)) => return hitch(&errand, &Hitch::Lost(words)),
        };
        match self.deliver(&errand, &place).await {
            Ok(event) => event,
            Err(cause) => {
                // It may have moved: the next attempt looks it up anew.
                self.places.forget(process);
                hitch(&errand, &cause)
            }
        }
    }

    async fn deliver(&self, errand: &Errand, place: &Url) -> Result<Event, Hitch> {
        let url = errand.post_url(place);
        let answer = self.ask(Method::POST, url, &errand.body).await?;
        if is_success(answer.status)
            && let Some(receipt) = answer::posted_receipt(&answer.body, errand.wanted)
        {
            return Ok(Event::Assigned(receipt));
        }
        if !is_success(answer.status) && !is_refusal(answer.status) {
            return Err(answer.into_hitch());
        }
        match self.look_up(errand, &answer.url).await? {
            Some(receipt) => Ok(Event::Assigned(receipt)),
            None if is_refusal(answer.status) => Ok(Event::Declined(answer::refusal(&answer.body))),
            None => Err(Hitch::NoReceipt { url: answer.url }),
        }
    }

    /// The receipt of a message that has its slot already.
    async fn look_up(&self, errand: &Errand, place: &Url) -> Result<Option<Receipt>, Hitch> {
        let url = errand.look_up_url(place);
        let answer = self.ask(Method::GET, url, &Bytes::new()).await?;
        if is_success(answer.status) {
            return Ok(answer::shown_receipt(&answer.body, errand.wanted));
        }
        if is_refusal(answer.status) {
            Ok(None)
        } else {
            Err(answer.into_hitch())
        }
    }

    /// One request with its redirects. The first place is the operator's word or the scheduler's own signed one; where that place
    /// sends us is its word too, and so every place but the operator's must be a public one.
    async fn ask(&self, method: Method, first: Url, body: &Bytes) -> Result<Answer, Hitch> {
        let mut road = Road::begin(&first)?;
        let mut url = first;
        loop {
            let trusted = self.places.is_named_by_operator(&url);
            let client = self.dial.towards(&url, trusted).await?;
            let request = client
                .request(method.clone(), url.clone())
                .header(header::CONTENT_TYPE, "application/octet-stream")
                .header(header::ACCEPT, "application/json")
                .body(body.clone());
            let response = request.send().await.map_err(|source| Hitch::Transport {
                url: url.clone(),
                source,
            })?;
            let status = response.status().as_u16();
            if !is_redirect(status) {
                let body = read_capped(response, &url).await?;
                return Ok(Answer { url, status, body });
            }
            url = road.follow(&url, &location(&response, &url)?)?;
        }
    }
}

fn location(response: &Response, url: &Url) -> Result<String, Hitch> {
    let value = response
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok());
    value
        .map(str::to_owned)
        .ok_or_else(|| Hitch::NoLocation { url: url.clone() })
}

async fn read_capped(mut response: Response, url: &Url) -> Result<Bytes, Hitch> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|source| Hitch::Transport {
        url: url.clone(),
        source,
    })? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Hitch::TooLong { url: url.clone() });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn hitch(errand: &Errand, cause: &Hitch) -> Event {
    tracing::info!(message = %errand.wanted.message, process = %errand.wanted.process, %cause, "no slot yet");
    Event::Hitch
}

impl Answer {
    fn into_hitch(self) -> Hitch {
        let words = answer::refusal(&self.body);
        Hitch::Status {
            url: self.url,
            status: self.status,
            words,
        }
    }
}

/// What is asked of the scheduler.
struct Errand {
    wanted: Wanted,
    scheduler: Option<aosec_wire::Address>,
    body: Bytes,
    query: Vec<(&'static str, String)>,
}

impl Errand {
    fn of(cargo: &Cargo) -> Self {
        match cargo {
            Cargo::Message(item, process) => Self {
                wanted: Wanted {
                    process: *process,
                    message: item.id(),
                    is_spawn: false,
                },
                scheduler: None,
                body: item.bytes().clone(),
                query: vec![],
            },
            Cargo::Spawn(item, scheduler) => Self {
                wanted: Wanted {
                    process: item.id(),
                    message: item.id(),
                    is_spawn: true,
                },
                scheduler: Some(scheduler.clone()),
                body: item.bytes().clone(),
                query: vec![],
            },
            Cargo::Assign(assign) => Self {
                wanted: Wanted {
                    process: assign.process,
                    message: assign.message,
                    is_spawn: false,
                },
                scheduler: None,
                body: Bytes::new(),
                query: assign_query(assign),
            },
        }
    }

    fn post_url(&self, place: &Url) -> Url {
        let mut url = at(place, "/");
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }

    fn look_up_url(&self, place: &Url) -> Url {
        let mut url = at(place, &format!("/{}", self.wanted.message));
        url.query_pairs_mut()
            .append_pair("process-id", &self.wanted.process.to_string());
        if self.wanted.is_spawn {
            url.query_pairs_mut().append_pair("limit", "1");
        }
        url
    }
}

fn assign_query(assign: &Assign) -> Vec<(&'static str, String)> {
    let mut query = vec![
        ("process-id", assign.process.to_string()),
        ("assign", assign.message.to_string()),
    ];
    if assign.base_layer {
        query.push(("base-layer", String::new()));
    }
    if !assign.exclude.is_empty() {
        query.push(("exclude", assign.exclude.join(",")));
    }
    query
}

/// `path` at the root of the origin of `place`: units stand there (SYSTEM, ports).
fn at(place: &Url, path: &str) -> Url {
    let mut url = place.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}
