//! What every door of this node has in common: the accept loop, bodies with bounds, and the one file that knows status codes.
//!
//! It knows no unit, so that the embedded base layer and the units stand above it; their routes are in [`crate::routes`].

pub mod body;
pub mod error;
pub mod listener;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::Response;

use error::ApiError;

/// What every unit's router gets: JSON for unknown paths and methods, and CORS for any origin, as the reference units answer.
pub fn dressed(router: Router) -> Router {
    router
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(cors))
}

async fn unknown_path(request: Request) -> ApiError {
    ApiError::NotFound(format!(
        "nothing stands at {} {}",
        request.method(),
        body::clip(request.uri().path())
    ))
}

async fn wrong_method(request: Request) -> ApiError {
    ApiError::WrongMethod(format!(
        "{} does not take {}",
        body::clip(request.uri().path()),
        request.method()
    ))
}

/// Headers a browser asks for before it lets a page talk to a unit; none of our answers carries credentials.
const CORS: [(HeaderName, &str); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        header::ACCESS_CONTROL_ALLOW_METHODS,
        "GET, POST, DELETE, OPTIONS",
    ),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, "*"),
];

async fn cors(request: Request, next: Next) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => error::no_content(),
        _ => next.run(request).await,
    };
    for (name, value) in CORS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
