//! What a query asks of the scheduler. Absent, empty, and the word `undefined` are all none, as old clients send them.

use aosec_wire::Id;

use super::shape::View;
use crate::{
    http::{
        body::{Params, clip},
        error::ApiError,
    },
    su::Span,
};

/// Slots of a page when nothing is said.
const LIMIT: usize = 100;
/// Slots of a page at most.
const LIMIT_MAX: usize = 1_000;

/// An id out of a path or a query.
pub(super) fn id(text: &str) -> Result<Id, ApiError> {
    text.parse()
        .map_err(|error| ApiError::BadRequest(format!("'{}' is no id: {error}", clip(text))))
}

/// The process that the query names.
pub(super) fn process(params: &Params) -> Result<Option<Id>, ApiError> {
    params.get("process-id").map(id).transpose()
}

/// The slots that the query asks for: by slot where one of the nonce bounds is given, by time otherwise.
pub(super) fn span(params: &Params) -> Result<Span, ApiError> {
    let (after, to) = (params.get("from-nonce"), params.get("to-nonce"));
    if after.is_some() || to.is_some() {
        return Ok(Span::Slots {
            // -1 is the slot before the spawn's.
            after: if after == Some("-1") {
                None
            } else {
                params.parse("from-nonce")?
            },
            to: params.parse("to-nonce")?,
        });
    }
    Ok(Span::Times {
        after: params.parse("from")?,
        to: params.parse("to")?,
    })
}

/// The length of the page.
pub(super) fn limit(params: &Params) -> Result<usize, ApiError> {
    Ok(params.parse("limit")?.unwrap_or(LIMIT).clamp(1, LIMIT_MAX))
}

/// What is to be shown.
pub(super) fn view(params: &Params) -> View {
    View {
        show_anchor: params.has("show-anchor"),
        raw: params.has("raw"),
    }
}

/// What an assignment by reference asks for; none where the query is no such request.
pub(super) fn reference(params: &Params) -> Result<Option<Reference>, ApiError> {
    match (process(params)?, params.get("assign").map(id).transpose()?) {
        (None, None) => Ok(None),
        (Some(process), Some(message)) => Ok(Some(Reference {
            process,
            message,
            base_layer: params.has("base-layer"),
            exclude: names(params.get("exclude")),
        })),
        _ => Err(ApiError::BadRequest(
            "an assignment needs both `process-id` and `assign`".into(),
        )),
    }
}

/// An assignment by reference.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) process: Id,
    pub(super) message: Id,
    pub(super) base_layer: bool,
    pub(super) exclude: Vec<String>,
}

fn names(list: Option<&str>) -> Vec<String> {
    let names = list.unwrap_or_default().split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
