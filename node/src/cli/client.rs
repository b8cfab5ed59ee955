//! The CLI's own small HTTP client: posts items, waits for results, tells refusals from silence.

use std::time::{Duration, Instant};

use aosec_wire::{Id, VerifiedItem};
use bytes::Bytes;
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::Value;

use super::Output;
use super::exit::CliError;

/// One request: over the MU's own first hop (10 s, D7) with room for a slow machine.
const REQUEST_DEADLINE: Duration = Duration::from_secs(20);
/// An answer is a result at most; anything larger is not for a terminal.
const ANSWER_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Pause between two questions for a result that is not there yet.
const POLL_PAUSE: Duration = Duration::from_millis(200);
/// After this a person wants to know that something is still going on.
const PROGRESS_AFTER: Duration = Duration::from_secs(1);

/// A client with deadlines, without redirects and without a proxy.
#[derive(Debug)]
pub struct UnitClient {
    http: Client,
    out: Output,
}

impl UnitClient {
    /// Builds the client.
    ///
    /// # Errors
    /// Where the TLS part of the client cannot be set up.
    pub fn new(out: Output) -> Result<Self, CliError> {
        let http = Client::builder()
            .timeout(REQUEST_DEADLINE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| CliError::failure(format!("the http client cannot start: {error}")))?;
        Ok(Self { http, out })
    }

    /// Posts a signed item to an MU; the answer names its id and slot.
    ///
    /// # Errors
    /// Refused by the unit, or the unit is silent.
    pub async fn post_item(&self, mu: &Url, item: &VerifiedItem) -> Result<Value, CliError> {
        self.send_item(mu, self.http.post(mu.clone()), item).await
    }

    /// Sends a signed item that takes something back.
    ///
    /// # Errors
    /// Refused by the unit, or the unit is silent.
    pub async fn delete_item(&self, url: &Url, item: &VerifiedItem) -> Result<Value, CliError> {
        self.send_item(url, self.http.delete(url.clone()), item)
            .await
    }

    async fn send_item(
        &self,
        url: &Url,
        request: RequestBuilder,
        item: &VerifiedItem,
    ) -> Result<Value, CliError> {
        let request = request
            .header("content-type", "application/octet-stream")
            .body(item.bytes().clone());
        self.answer(url, request.send().await).await
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// Refused by the unit, or the unit is silent.
    pub async fn post_json(&self, url: &Url, body: &Value) -> Result<Value, CliError> {
        self.answer(url, self.http.post(url.clone()).json(body).send().await)
            .await
    }

    /// Gets JSON.
    ///
    /// # Errors
    /// Refused by the unit, or the unit is silent.
    pub async fn get_json(&self, url: &Url) -> Result<Value, CliError> {
        self.answer(url, self.http.get(url.clone()).send().await)
            .await
    }

    /// The result of a message, waited for up to `wait`.
    ///
    /// # Errors
    /// Not there in time, refused, or the unit is silent.
    pub async fn result(
        &self,
        cu: &Url,
        process: Id,
        message: Id,
        wait: Duration,
    ) -> Result<Value, CliError> {
        let mut url = join(cu, &format!("result/{message}"))?;
        url.query_pairs_mut()
            .append_pair("process-id", &process.to_string());
        let started = Instant::now();
        let mut told = false;
        loop {
            let error = match self.get_json(&url).await {
                Ok(result) => return Ok(result),
                Err(error @ (CliError::NotFound(_) | CliError::DeadlinePassed(_))) => error,
                Err(error) => return Err(error),
            };
            if started.elapsed() >= wait {
                return Err(error);
            }
            if !told && started.elapsed() >= PROGRESS_AFTER {
                told = true;
                self.out.progress(format_args!(
                    "waiting up to {} s for the result of {message} ...",
                    wait.as_secs()
                ));
            }
            tokio::time::sleep(POLL_PAUSE).await;
        }
    }

    /// Gets bytes as they are.
    ///
    /// # Errors
    /// Refused by the unit, or the unit is silent.
    pub async fn get_bytes(&self, url: &Url) -> Result<Bytes, CliError> {
        let origin = url.origin().ascii_serialization();
        let (status, body) = read(&origin, self.http.get(url.clone()).send().await).await?;
        match crate::http::error::is_success(status) {
            true => Ok(body),
            false => Err(refusal(status, &origin, &json_of(&body))),
        }
    }

    async fn answer(&self, url: &Url, sent: reqwest::Result<Response>) -> Result<Value, CliError> {
        let origin = url.origin().ascii_serialization();
        let (status, body) = read(&origin, sent).await?;
        let json = json_of(&body);
        if crate::http::error::is_success(status) {
            return Ok(json);
        }
        Err(refusal(status, &origin, &json))
    }
}

/// Status and body of an answer.
async fn read(origin: &str, sent: reqwest::Result<Response>) -> Result<(u16, Bytes), CliError> {
    let response = sent.map_err(|error| silent(origin, &error))?;
    let status = response.status().as_u16();
    let length = response.content_length();
    if length.is_some_and(|length| length > ANSWER_BYTES_MAX) {
        return Err(CliError::failure(format!(
            "{origin} answered with more than 32 MiB"
        )));
    }
    let body = response.bytes().await;
    Ok((status, body.map_err(|error| silent(origin, &error))?))
}

/// A body as JSON, or as one text where it is none.
fn json_of(body: &Bytes) -> Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_plain| Value::String(String::from_utf8_lossy(body).into_owned()))
}

fn silent(origin: &str, error: &reqwest::Error) -> CliError {
    if error.is_timeout() {
        return CliError::DeadlinePassed(format!(
            "{origin} did not answer within {} s",
            REQUEST_DEADLINE.as_secs()
        ));
    }
    match error.is_connect() {
        true => CliError::Unreachable(format!(
            "{origin} cannot be reached; does the node run? (`aosec status`)"
        )),
        false => CliError::BrokenOff(format!(
            "{origin} broke off before its answer was whole: it may have done what it was asked"
        )),
    }
}

fn refusal(status: u16, origin: &str, body: &Value) -> CliError {
    let why = body
        .get("error")
        .and_then(Value::as_str)
        .unwrap_or("no reason given");
    let text = format!("{origin}: {why}");
    match status {
        404 => CliError::NotFound(text),
        // Not now: the same question may be answered later.
        408 | 429 | 503 | 504 => CliError::DeadlinePassed(text),
        400..=499 => CliError::Refused(text),
        _ => CliError::Failure(text),
    }
}

/// A path under the root of a unit.
///
/// # Errors
/// Where the url cannot carry a path.
pub fn join(root: &Url, path: &str) -> Result<Url, CliError> {
    root.join(path)
        .map_err(|error| CliError::Usage(format!("{root} cannot carry a path: {error}")))
}
