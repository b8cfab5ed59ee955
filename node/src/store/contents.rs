//! What goes to the base layer: the ids of items that wait, and the content of slots, without the bytes of either.
//!
//! The publisher remembers most of what it posts from the moment it was signed; it asks here for names, and reads bytes only
//! of what it does not remember.

use aosec_wire::{Id, record::LogEntry};
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, StoreError, column};

/// The items of one slot, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The message, where it was sent here; what was assigned by reference stands elsewhere.
    pub message: Option<Id>,
    /// The assignment.
    pub assignment: Id,
}

/// The items of all runs that wait for their Data transaction, up to this number, in order.
pub async fn waiting(store: &Store, through: i64) -> Result<Vec<Named>, StoreError> {
    let rows = sqlx::query(
        "SELECT l.message, l.entry, r.id FROM publication p \
         JOIN log l ON l.process = p.process AND l.slot BETWEEN p.first_slot AND p.last_slot \
         JOIN receipt r ON r.process = l.process AND r.slot = l.slot \
         WHERE p.data IS NULL AND p.number <= ? ORDER BY p.number, l.slot",
    )
    .bind(through)
    .fetch_all(store.readers())
    .await?;
    let named = |row: &SqliteRow| {
        let message = column::id(row.get(0), "log.message")?;
        Ok(Named {
            message: (row.get::<i64, _>(1) == 0).then_some(message),
            assignment: column::id(row.get(2), "receipt.id")?,
        })
    };
    rows.iter().map(named).collect()
}

/// The content of one slot for the law, and the chain there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// The slot.
    pub slot: u64,
    /// What stands in it.
    pub entry: LogEntry,
    /// The log chain at it.
    pub log_chain: Id,
}

/// The slots of `process` from `first` to `last`.
pub async fn stamped(
    store: &Store,
    process: Id,
    first: u64,
    last: u64,
) -> Result<Vec<Stamped>, StoreError> {
    let rows = sqlx::query(
        "SELECT slot, message, height, timestamp, log_chain FROM log WHERE process = ? AND slot BETWEEN ? AND ? ORDER BY slot",
    )
    .bind(column::blob(process))
    .bind(column::integer(first, "log.slot")?)
    .bind(column::integer(last, "log.slot")?)
    .fetch_all(store.readers())
    .await?;
    let stamped = |row: &SqliteRow| {
        Ok(Stamped {
            slot: column::number(row.get(0), "log.slot")?,
            entry: LogEntry {
                message: column::id(row.get(1), "log.message")?,
                height: column::number(row.get(2), "log.height")?,
                timestamp: column::number(row.get(3), "log.timestamp")?,
            },
            log_chain: column::id(row.get(4), "log.log_chain")?,
        })
    };
    rows.iter().map(stamped).collect()
}
