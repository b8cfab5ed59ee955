//! The log of a process as an SU serves it, rebuilt into verified assignments: nothing is believed.

use aosec_wire::{Assignment, Id, SignatureKind, Tags, VerifiedItem};
use serde_json::Value;

use super::http;

/// Entries asked for at once: below the SU's cap of 1,000, so that long logs are paged.
const PAGE: usize = 500;

/// Assignments of the slots after `after` (-1 for the whole log), in the order in which the SU shows them.
///
/// # Errors
/// What the SU answered, where that is no page of verified assignments.
pub async fn read(su: &str, process: Id, after: i64) -> Result<Vec<Assignment>, ReadError> {
    let mut assignments: Vec<Assignment> = Vec::new();
    loop {
        let from = after + i64::try_from(assignments.len()).unwrap_or(i64::MAX);
        let url = format!("{su}/{process}?process-id={process}&from-nonce={from}&limit={PAGE}");
        let page = http::get(&url).await?;
        let json = page.json();
        let edges = json["edges"]
            .as_array()
            .ok_or_else(|| ReadError::NoPage(page.text.clone()))?;
        for edge in edges {
            let assignment = of_json(&edge["node"]["assignment"])?;
            of_slot(&assignment, &edge["node"]["message"])?;
            assignments.push(assignment);
        }
        if edges.is_empty() || json["page_info"]["has_next_page"] != Value::Bool(true) {
            return Ok(assignments);
        }
    }
}

/// Whether the message beside an assignment is shown, and is the one that it names: an order without its messages is a lost log.
fn of_slot(assignment: &Assignment, message: &Value) -> Result<(), ReadError> {
    let named = assignment.message().unwrap_or(assignment.process());
    match message["id"] == named.to_string() {
        true => Ok(()),
        false => Err(ReadError::Message(assignment.nonce())),
    }
}

/// Why a log could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// No answer.
    Request(reqwest::Error),
    /// An answer that is no page.
    NoPage(String),
    /// An assignment that does not verify.
    Assignment(String),
    /// A slot without its message, or with another one.
    Message(u64),
}

impl From<reqwest::Error> for ReadError {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error)
    }
}

/// The assignment that an SU's JSON describes, if its signature holds.
///
/// # Errors
/// Where a field is absent or the signature does not hold.
pub fn of_json(json: &Value) -> Result<Assignment, ReadError> {
    let bad = |reason: &dyn std::fmt::Display| ReadError::Assignment(format!("{reason}: {json}"));
    let bytes = |value: &Value| aosec_wire::id::from_base64url(value.as_str().unwrap_or_default());
    let owner = bytes(&json["owner"]["key"]).map_err(|error| bad(&error))?;
    let signature = bytes(&json["signature"]).map_err(|error| bad(&error))?;
    let kind = if owner.len() == 32 {
        SignatureKind::Ed25519
    } else {
        SignatureKind::Arweave
    };
    let item = VerifiedItem::from_parts(
        kind,
        &owner,
        &signature,
        None,
        None,
        &tags(&json["tags"]),
        b"",
    );
    let item = item.map_err(|error| bad(&error))?;
    if json["id"] != item.id().to_string() {
        return Err(bad(&"the id is not that of the signature"));
    }
    Assignment::from_item(item).map_err(|error| bad(&error))
}

fn tags(json: &Value) -> Tags {
    let mut tags = Tags::new();
    for tag in json.as_array().into_iter().flatten() {
        tags.push(
            tag["name"].as_str().unwrap_or_default(),
            tag["value"].as_str().unwrap_or_default(),
        );
    }
    tags
}
