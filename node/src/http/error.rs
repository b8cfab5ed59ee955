//! The only file that knows status codes (A5): what went wrong for a caller, and the answer it becomes.
//!
//! Units have error types of their own and know nothing of HTTP; a router turns each of them into one [`ApiError`]. The body is
//! always JSON, `{"error": "..."}`, as the reference units answer. Text of internal faults stays in the log and never leaves the
//! house.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

/// What the caller is told. Each variant carries a sentence that names the thing, the reason and the next step.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ApiError {
    /// 400: the request is not one that this unit understands, or names something it does not have.
    #[error("{0}")]
    BadRequest(String),
    /// 402: the caller's credit is too small.
    #[error("{message}")]
    Unpaid {
        /// What it costs, and how it is paid.
        message: String,
        /// The same for a program; its members stand beside the message.
        terms: serde_json::Value,
    },
    /// 403: understood, and not for this caller.
    #[error("{0}")]
    Forbidden(String),
    /// 404: nothing stands under this path or id.
    #[error("{0}")]
    NotFound(String),
    /// 405: the path stands, but not for this method.
    #[error("{0}")]
    WrongMethod(String),
    /// 408: headers or body did not arrive in time.
    #[error("{0}")]
    TooSlow(String),
    /// 413: over a named limit.
    #[error("{0}")]
    TooLarge(String),
    /// 415: a content encoding that we do not unpack.
    #[error("{0}")]
    UnsupportedEncoding(String),
    /// 422: well formed, and impossible to carry out (an unknown module format, a broken chain).
    #[error("{0}")]
    Unprocessable(String),
    /// 429: this caller asks faster than its share.
    #[error("{0}")]
    TooMany(String),
    /// 500: our fault. The text is logged under the request and not sent.
    #[error("{0}")]
    Internal(String),
    /// 503: not now; the same request may succeed later.
    #[error("{0}")]
    Unavailable(String),
    /// 504: the first hop did not answer in time; the message is kept under `id` as unassigned (D7).
    #[error("{message}")]
    Unassigned {
        /// What happened, and what the caller may do.
        message: String,
        /// The id of the kept message.
        id: String,
    },
}

/// Seconds after which a 503 or 429 may be tried again.
const RETRY_AFTER_S: &str = "2";

/// What the log keeps and the caller does not see.
const INTERNAL_TEXT: &str = "internal error: the operator's log tells more; try again later";

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unpaid { .. } => StatusCode::PAYMENT_REQUIRED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::WrongMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedEncoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unassigned { .. } => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn body(&self) -> serde_json::Value {
        match self {
            Self::Internal(_) => json!({ "error": INTERNAL_TEXT }),
            Self::Unassigned { message, id } => json!({ "error": message, "id": id }),
            Self::Unpaid { message, terms } => {
                let mut body = terms.clone();
                body["error"] = json!(message);
                body
            }
            other => json!({ "error": other.to_string() }),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Internal(cause) = &self {
            tracing::error!(%cause, "a request failed by our own fault");
        }
        let mut response = (self.status(), Json(self.body())).into_response();
        if matches!(self, Self::Unavailable(_) | Self::TooMany(_)) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
        }
        response
    }
}

/// 202 with a JSON body: taken, and going on in the background.
#[must_use]
pub fn accepted(body: serde_json::Value) -> Response {
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

/// 307 to another unit: the same method and body go there.
#[must_use]
pub fn elsewhere(location: &str) -> Response {
    Redirect::temporary(location).into_response()
}

/// 204, the answer to a browser's preflight.
#[must_use]
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// True where a status read from another unit says "taken" (2xx).
#[must_use]
pub fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// True where a status read from another unit says "the same request elsewhere" (307, 308).
#[must_use]
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 307 | 308)
}

/// True where a status read from another unit refuses the request for good (4xx, but neither 408 nor 429).
#[must_use]
pub fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 429)
}

/// True where a status read from a gateway says that the thing is not there (404, 410).
#[must_use]
pub fn is_absence(status: u16) -> bool {
    matches!(status, 404 | 410)
}

/// True where a status says that the body was too long for a door that may have another one (413).
#[must_use]
pub fn is_too_large(status: u16) -> bool {
    status == 413
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_causes_stay_inside() {
        let error = ApiError::Internal("disk /secret is on fire".into());
        assert!(!error.body().to_string().contains("secret"));
        assert_eq!(
            error.into_response().status(),
            StatusCode::INTERNAL_SERVER_ERROR
        );
    }

    #[test]
    fn unassigned_names_the_message() {
        let error = ApiError::Unassigned {
            message: "no slot".into(),
            id: "abc".into(),
        };
        assert_eq!(error.body(), json!({"error": "no slot", "id": "abc"}));
    }

    #[test]
    fn busy_answers_say_when_to_come_back() {
        let response = ApiError::Unavailable("not ready".into()).into_response();
        assert_eq!(
            response
                .headers()
                .get(header::RETRY_AFTER)
                .map(HeaderValue::as_bytes),
            Some(&b"2"[..])
        );
    }
}
