//! How the house's nouns stand in columns: ids as 32-byte blobs, numbers as SQLite's signed integers.
//!
//! Reading checks what writing wrote: a value that does not fit is damage and is named with its column.

use aosec_wire::Id;
use sqlx::{Row, sqlite::SqliteRow};

use super::StoreError;

/// A number as SQLite keeps it. Heights, slots and milliseconds stay far below 2^63.
pub(super) fn integer(value: u64, column: &'static str) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| damaged(column, "is above 2^63"))
}

/// A number as it was written.
pub(super) fn number(value: i64, column: &'static str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| damaged(column, "is negative"))
}

/// An id as SQLite keeps it.
pub(super) fn blob(id: Id) -> Vec<u8> {
    id.as_bytes().to_vec()
}

/// The first two columns, a process and a slot.
pub(super) fn place(row: &SqliteRow) -> Result<(Id, u64), StoreError> {
    Ok((id(row.get(0), "process")?, number(row.get(1), "slot")?))
}

/// An id as it was written.
pub(super) fn id(bytes: &[u8], column: &'static str) -> Result<Id, StoreError> {
    Id::from_bytes(bytes).map_err(|_| damaged(column, "is not 32 bytes"))
}

/// An id as it was written, or none.
pub(super) fn optional_id(
    row: &SqliteRow,
    index: usize,
    column: &'static str,
) -> Result<Option<Id>, StoreError> {
    let bytes = row.get::<Option<&[u8]>, _>(index);
    bytes.map(|bytes| id(bytes, column)).transpose()
}

/// The error for a value that this program cannot have written.
pub(super) fn damaged(column: &'static str, reason: &str) -> StoreError {
    StoreError::Damaged {
        what: format!("{column} {reason}"),
    }
}
