//! What several doors read out of a request: an id, and a data item.

use aosec_wire::error::ItemError;
use aosec_wire::{Id, Strictness, VerifiedItem, item};
use bytes::Bytes;

use crate::http::body::clip;
use crate::http::error::ApiError;

/// An id out of a path or a query.
pub(super) fn id(text: &str) -> Result<Id, ApiError> {
    text.parse()
        .map_err(|_bad| ApiError::BadRequest(format!("'{}' is no id of 43 characters", clip(text))))
}

/// The data item that a body is, verified as at every entrance.
pub(super) fn item(body: Bytes) -> Result<VerifiedItem, ApiError> {
    item::verify_bytes(body, Strictness::Entrance).map_err(|error| match error {
        ItemError::TooLong { .. } => ApiError::TooLarge(error.to_string()),
        _ => ApiError::BadRequest(format!("no valid data item: {error}")),
    })
}
