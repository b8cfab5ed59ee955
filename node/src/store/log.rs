//! Table `log`: what stands in which slot, planned and durable before it is signed.
//!
//! Rows are only ever added. The unique indexes are the last line of defence: one slot, one message and one stamp stand once
//! in a log, whatever the caller believes.

use aosec_wire::Id;
use sqlx::{QueryBuilder, Row as _, sqlite::SqliteRow};

use super::{Db, Store, StoreError, column, pieces::pieces};

/// How a message came into a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It was sent to the process.
    Sent,
    /// It was assigned by reference, and is a data item.
    Item,
    /// It was assigned by reference, and is a transaction of the base layer.
    BaseLayer,
}

/// One slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The slot.
    pub slot: u64,
    /// The epoch of the host that ordered it.
    pub epoch: u64,
    /// The message; in slot 0 the process itself.
    pub message: Id,
    /// What a pushed message says, whoever signed it how often.
    pub content: Option<Id>,
    /// The stamped height.
    pub height: u64,
    /// The stamped time in milliseconds.
    pub timestamp: u64,
    /// The log chain at this slot.
    pub log_chain: Id,
    /// How it came in.
    pub entry: Entry,
    /// Fields that an assignment by reference leaves out.
    pub exclude: Vec<String>,
}

/// Adds slots to logs: each row with the process in whose log it stands.
///
/// A message or a pushed content that stands in that log already is a [`StoreError::is_repetition`].
pub async fn insert(db: &mut Db, rows: &[(Id, &Row)]) -> Result<(), StoreError> {
    for piece in pieces(rows) {
        insert_piece(db, piece).await?;
    }
    Ok(())
}

async fn insert_piece(db: &mut Db, rows: &[(Id, &Row)]) -> Result<(), StoreError> {
    let numbers: Vec<_> = rows
        .iter()
        .map(|(_, row)| numbers(row))
        .collect::<Result<_, StoreError>>()?;
    let mut query = QueryBuilder::new(
        "INSERT INTO log (process, slot, epoch, message, content, height, timestamp, log_chain, entry, exclude) ",
    );
    query.push_values(
        rows.iter().zip(numbers),
        |mut values, ((process, row), [slot, epoch, height, time])| {
            values
                .push_bind(column::blob(*process))
                .push_bind(slot)
                .push_bind(epoch)
                .push_bind(column::blob(row.message))
                .push_bind(row.content.map(column::blob))
                .push_bind(height)
                .push_bind(time)
                .push_bind(column::blob(row.log_chain))
                .push_bind(row.entry.number())
                .push_bind(row.exclude.join(","));
        },
    );
    query.build().execute(db).await?;
    Ok(())
}

fn numbers(row: &Row) -> Result<[i64; 4], StoreError> {
    Ok([
        column::integer(row.slot, "log.slot")?,
        column::integer(row.epoch, "log.epoch")?,
        column::integer(row.height, "log.height")?,
        column::integer(row.timestamp, "log.timestamp")?,
    ])
}

/// At most `limit` slots of `process` from `first` on, each with the bytes of its message if that was sent and is kept.
pub async fn from(
    store: &Store,
    process: Id,
    first: u64,
    limit: usize,
) -> Result<Vec<(Row, u64)>, StoreError> {
    let rows = sqlx::query(
        "SELECT l.slot, l.epoch, l.message, l.content, l.height, l.timestamp, l.log_chain, l.entry, l.exclude, \
         COALESCE(length(i.bytes), 0) \
         FROM log l LEFT JOIN item i ON l.entry = 0 AND i.id = l.message \
         WHERE l.process = ? AND l.slot >= ? ORDER BY l.slot LIMIT ?",
    )
    .bind(column::blob(process))
    .bind(column::integer(first, "log.slot")?)
    .bind(column::integer(limit as u64, "a limit")?)
    .fetch_all(store.readers())
    .await?;
    let with_bytes =
        |row: &SqliteRow| Ok((Row::read(row)?, column::number(row.get(9), "a length")?));
    rows.iter().map(with_bytes).collect()
}

/// A slot that stands in the log already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The slot.
    pub slot: u64,
    /// Its message.
    pub message: Id,
    /// What its message says, where that counts.
    pub content: Option<Id>,
}

/// The slots of `process` that hold one of these messages or contents.
pub async fn known(
    store: &Store,
    process: Id,
    messages: &[Id],
    contents: &[Id],
) -> Result<Vec<Known>, StoreError> {
    let mut found = holding(store, process, "message", messages).await?;
    found.extend(holding(store, process, "content", contents).await?);
    Ok(found)
}

async fn holding(
    store: &Store,
    process: Id,
    name: &'static str,
    ids: &[Id],
) -> Result<Vec<Known>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::new("SELECT slot, message, content FROM log WHERE process = ");
    query
        .push_bind(column::blob(process))
        .push(" AND ")
        .push(name)
        .push(" IN (");
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(column::blob(*id));
    }
    query.push(")");
    let rows = query.build().fetch_all(store.readers()).await?;
    let known = |row: &SqliteRow| {
        Ok(Known {
            slot: column::number(row.get(0), "log.slot")?,
            message: column::id(row.get(1), "log.message")?,
            content: column::optional_id(row, 2, "log.content")?,
        })
    };
    rows.iter().map(known).collect()
}

/// Process and slot of a message, in any log or in that of `process`.
pub async fn find(
    store: &Store,
    message: Id,
    process: Option<Id>,
) -> Result<Option<(Id, u64)>, StoreError> {
    let row = sqlx::query(
        "SELECT process, slot FROM log WHERE message = ?1 AND (?2 IS NULL OR process = ?2) \
         ORDER BY entry LIMIT 1",
    )
    .bind(column::blob(message))
    .bind(process.map(column::blob))
    .fetch_optional(store.readers())
    .await?;
    row.map(|row| column::place(&row)).transpose()
}

impl Row {
    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        Ok(Self {
            slot: column::number(row.get(0), "log.slot")?,
            epoch: column::number(row.get(1), "log.epoch")?,
            message: column::id(row.get(2), "log.message")?,
            content: column::optional_id(row, 3, "log.content")?,
            height: column::number(row.get(4), "log.height")?,
            timestamp: column::number(row.get(5), "log.timestamp")?,
            log_chain: column::id(row.get(6), "log.log_chain")?,
            entry: Entry::of(row.get(7))?,
            exclude: names(row.get(8)),
        })
    }
}

impl Entry {
    fn number(self) -> i64 {
        match self {
            Self::Sent => 0,
            Self::Item => 1,
            Self::BaseLayer => 2,
        }
    }

    pub(super) fn of(number: i64) -> Result<Self, StoreError> {
        match number {
            0 => Ok(Self::Sent),
            1 => Ok(Self::Item),
            2 => Ok(Self::BaseLayer),
            _ => Err(column::damaged("log.entry", "is none of 0, 1, 2")),
        }
    }
}

fn names(text: &str) -> Vec<String> {
    text.split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}
