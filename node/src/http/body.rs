//! Reading a request: a body bounded in size and time, and query parameters bounded in length.
//!
//! Both are extractors that answer with an [`ApiError`], so no handler sees half a request and no rejection speaks plain text.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::error::ApiError;

/// The largest body of any route: a data item of [`aosec_wire::limits`]' size, with room for a transaction's JSON (12 MiB of
/// base64url data) on the devchain.
pub const BODY_BYTES_MAX: usize = 18 * 1024 * 1024;
/// From the end of the headers to the last byte of the body.
pub const BODY_DEADLINE: Duration = Duration::from_secs(30);
/// The whole query string: far above any legal one.
pub const QUERY_BYTES_MAX: usize = 4 * 1024;
/// Parameters of one query.
pub const QUERY_PARAMETERS_MAX: usize = 64;

/// A whole body. Empty is allowed: aoconnect's `assign` posts none.
#[derive(Debug)]
pub struct WholeBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for WholeBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        refuse_encodings(&request)?;
        let collecting = Limited::new(request.into_body(), BODY_BYTES_MAX).collect();
        let collected = tokio::time::timeout(BODY_DEADLINE, collecting)
            .await
            .map_err(|_elapsed| {
                ApiError::TooSlow(format!(
                    "the body did not arrive within {} s",
                    BODY_DEADLINE.as_secs()
                ))
            })?;
        collected
            .map(|body| Self(body.to_bytes()))
            .map_err(|error| refuse_body(&*error))
    }
}

fn refuse_encodings(request: &Request<Body>) -> Result<(), ApiError> {
    match request.headers().get(header::CONTENT_ENCODING) {
        Some(value) if value.as_bytes() != b"identity" => Err(ApiError::UnsupportedEncoding(
            "send the body without Content-Encoding".into(),
        )),
        _ => Ok(()),
    }
}

fn refuse_body(error: &(dyn std::error::Error + Send + Sync + 'static)) -> ApiError {
    if error.is::<LengthLimitError>() {
        return ApiError::TooLarge(format!("the body is over {BODY_BYTES_MAX} bytes"));
    }
    ApiError::BadRequest("the body broke off before its end".into())
}

/// The parameters of the query, first value of each name wins.
#[derive(Debug, Default)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// The value of `name`. Absent, empty, and the word `undefined` (as an old client sends it) are all none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty() && *value != "undefined")
    }

    /// True where the flag `name` stands in the query, with or without a value (`?base-layer`), unless its value says no.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name) && !matches!(self.get(name), Some("0" | "false"))
    }

    /// The value of `name`, parsed; a value that does not parse is refused by name.
    ///
    /// # Errors
    /// [`ApiError::BadRequest`] where the value is no `T`.
    pub fn parse<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, ApiError> {
        self.get(name)
            .map(|value| {
                value.parse().map_err(|_bad| {
                    ApiError::BadRequest(format!("`{name}` does not take '{}'", clip(value)))
                })
            })
            .transpose()
    }
}

/// Foreign text inside an answer is cut to this many characters.
const CLIP_CHARS: usize = 64;

/// The beginning of a foreign text, fit to stand inside a message.
#[must_use]
pub fn clip(text: &str) -> String {
    text.chars().take(CLIP_CHARS).collect()
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        if query.len() > QUERY_BYTES_MAX {
            return Err(ApiError::BadRequest(format!(
                "the query is over {QUERY_BYTES_MAX} bytes"
            )));
        }
        let mut params = BTreeMap::new();
        if query.is_empty() {
            return Ok(Self(params));
        }
        for (name, value) in form_pairs(query).take(QUERY_PARAMETERS_MAX) {
            params.entry(name).or_insert(value);
        }
        Ok(Self(params))
    }
}

fn form_pairs(query: &str) -> impl Iterator<Item = (String, String)> + '_ {
    reqwest::Url::parse(&format!("http://query/?{query}"))
        .map(|url| url.query_pairs().into_owned().collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn params(query: &str) -> Result<Params, ApiError> {
        let request = Request::builder()
            .uri(format!("/?{query}"))
            .body(Body::empty())
            .expect("a plain request");
        Params::from_request_parts(&mut request.into_parts().0, &()).await
    }

    #[tokio::test]
    async fn the_first_value_wins_and_flags_count() {
        let params = params("process-id=a&process-id=b&base-layer&limit=x&cast=false&raw=0")
            .await
            .expect("legal");
        assert_eq!(params.get("process-id"), Some("a"));
        assert!(params.has("base-layer"));
        assert_eq!(params.get("base-layer"), None);
        assert!(!params.has("cast") && !params.has("raw") && !params.has("assign"));
        assert!(params.parse::<u64>("limit").is_err());
        assert_eq!(params.parse::<u64>("absent").expect("absent is fine"), None);
    }

    #[tokio::test]
    async fn an_endless_query_is_refused() {
        assert!(params(&"a".repeat(QUERY_BYTES_MAX + 1)).await.is_err());
    }

    #[tokio::test]
    async fn an_oversized_body_is_refused() {
        let request = Request::new(Body::from(vec![0_u8; BODY_BYTES_MAX + 1]));
        assert!(matches!(
            WholeBody::from_request(request, &()).await,
            Err(ApiError::TooLarge(_))
        ));
    }
}
