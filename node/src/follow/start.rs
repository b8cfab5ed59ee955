//! Whether reading begins early enough for the court: a court begins at the first transaction that carries its spawn (PROTOCOL 2.10), and
//! whoever reads from a later block on would take a second one for the first, and come to another court without a word.

use aosec_wire::{Id, Strictness, bundle, item};
use bytes::Bytes;

use super::law;
use super::reader::ReadError;
use super::reading::reading;
use crate::arweave::gateway::Gateway;

/// Inbox transactions before the first block that are looked into, the earliest first: before a court has begun nobody knows its id but
/// its founder, so what names it is its beginning, or a handful of copies.
const LOOKED_INTO_MAX: usize = 16;

/// Reading begins behind the court.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the court {court} began in block {began}, and blocks are read from {start} on, which would make another court of it: start with --follow-from {began} or less"
)]
pub(super) struct TooLate {
    /// The court.
    pub court: Id,
    /// The block that carries its spawn first, of those that were looked into.
    pub began: u64,
    /// The first block that is read.
    pub start: u64,
}

/// Looks for the court's spawn before the first block that is read.
pub(super) async fn check(gateway: &Gateway, court: Id, start: u64) -> Result<(), ReadError> {
    let Some(last) = start.checked_sub(1) else {
        return Ok(());
    };
    let name = court.to_string();
    let listed = gateway.listed(&law::inbox_tags(&name), 0..=last).await?;
    let mut listed: Vec<_> = listed
        .into_iter()
        .filter(|one| one.parent.is_none())
        .collect();
    listed.sort_unstable_by_key(|one| one.height);
    for one in listed.into_iter().take(LOOKED_INTO_MAX) {
        let read = reading(gateway, one.height, one.id, Some(court)).await?;
        let data = read.and_then(|(transaction, _mentions)| transaction.data().cloned());
        if data.is_some_and(|data| carries(data, court)) {
            let began = one.height;
            return Err(TooLate {
                court,
                began,
                start,
            }
            .into());
        }
    }
    Ok(())
}

fn carries(data: Bytes, court: Id) -> bool {
    let items = bundle::parse(data).unwrap_or_default().into_iter();
    let mut named = items.filter(|(named, _bytes)| *named == court);
    named.any(|(_named, bytes)| {
        let item = item::verify_bytes(bytes, Strictness::Entrance);
        item.is_ok_and(|item| item.id() == court)
    })
}
