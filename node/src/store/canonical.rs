//! Tables `canonical` and `followed`: the settled slots of followed processes, as the base layer orders them (PROTOCOL 5.6), by the
//! court that has derived them; [`NO_ORIGIN`] where there is none (5.16).
//!
//! Rows are only ever added, because they are written for settled blocks alone; those of a court go when another one is followed.

use aosec_challenge::derive::Entry;
use aosec_wire::Id;
use aosec_wire::record::NO_ORIGIN;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use super::{Db, Store, StoreError, column};

/// Rows that one statement takes, below SQLite's bound on parameters.
const ROWS_MAX: usize = 1_000;

/// A log: whose, and as which court has derived it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogKey {
    /// The court; [`NO_ORIGIN`] where there is none.
    pub court: Id,
    /// The process.
    pub process: Id,
}

impl LogKey {
    /// The log of a process that stands under no court.
    #[must_use]
    pub const fn without_court(process: Id) -> Self {
        Self {
            court: NO_ORIGIN,
            process,
        }
    }
}

/// Adds the slots that the blocks up to `derived` have made canonical.
pub async fn extend(
    db: &mut Db,
    log: LogKey,
    entries: &[Entry],
    derived: u64,
) -> Result<(), StoreError> {
    for some in entries.chunks(ROWS_MAX) {
        insert(&mut *db, log, some).await?;
    }
    sqlx::query("INSERT OR REPLACE INTO followed (court, process, derived) VALUES (?, ?, ?)")
        .bind(column::blob(log.court))
        .bind(column::blob(log.process))
        .bind(column::integer(derived, "followed.derived")?)
        .execute(db)
        .await?;
    Ok(())
}

/// The last slot of a process that was derived.
pub async fn last(store: &Store, log: LogKey) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("SELECT MAX(slot) FROM canonical WHERE court = ? AND process = ?")
        .bind(column::blob(log.court))
        .bind(column::blob(log.process))
        .fetch_one(store.readers())
        .await?;
    let slot: Option<i64> = row.get(0);
    slot.map(|slot| column::number(slot, "canonical.slot"))
        .transpose()
}

pub(super) async fn insert(db: &mut Db, log: LogKey, entries: &[Entry]) -> Result<(), StoreError> {
    let numbers: Vec<[i64; 5]> = entries.iter().map(numbers).collect::<Result<_, _>>()?;
    let mut query = QueryBuilder::new(
        "INSERT INTO canonical (court, process, slot, message, height, timestamp, chain, mined, epoch) ",
    );
    query.push_values(
        entries.iter().zip(numbers),
        |mut row, (entry, [slot, height, timestamp, mined, epoch])| {
            row.push_bind(column::blob(log.court))
                .push_bind(column::blob(log.process))
                .push_bind(slot)
                .push_bind(column::blob(entry.message))
                .push_bind(height)
                .push_bind(timestamp)
                .push_bind(column::blob(entry.chain))
                .push_bind(mined)
                .push_bind(epoch);
        },
    );
    query.build().execute(db).await?;
    Ok(())
}

fn numbers(entry: &Entry) -> Result<[i64; 5], StoreError> {
    Ok([
        column::integer(entry.slot, "canonical.slot")?,
        column::integer(entry.height, "canonical.height")?,
        column::integer(entry.timestamp, "canonical.timestamp")?,
        column::integer(entry.mined, "canonical.mined")?,
        column::integer(entry.epoch, "canonical.epoch")?,
    ])
}

/// The settled height up to which a log was derived; none where it never was. A court's own mark is that of itself under itself.
pub async fn derived(store: &Store, log: LogKey) -> Result<Option<u64>, StoreError> {
    read_derived(store.readers(), log).await
}

pub(super) async fn read_derived<'e>(
    executor: impl sqlx::Executor<'e, Database = sqlx::Sqlite>,
    log: LogKey,
) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("SELECT derived FROM followed WHERE court = ? AND process = ?")
        .bind(column::blob(log.court))
        .bind(column::blob(log.process))
        .fetch_optional(executor)
        .await?;
    row.map(|row| column::number(row.get(0), "followed.derived"))
        .transpose()
}

const COLUMNS: &str =
    "SELECT slot, message, height, timestamp, chain, mined, epoch FROM canonical WHERE court = ";

/// At most `limit` slots from `from` on, in order.
pub async fn from(
    store: &Store,
    log: LogKey,
    from: u64,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = QueryBuilder::new(COLUMNS);
    query
        .push_bind(column::blob(log.court))
        .push(" AND process = ")
        .push_bind(column::blob(log.process))
        .push(" AND slot >= ")
        .push_bind(column::integer(from, "canonical.slot")?)
        .push(" ORDER BY slot LIMIT ")
        .push_bind(i64::from(limit));
    let rows = query.build().fetch_all(store.readers()).await?;
    rows.iter().map(read).collect()
}

/// The slot of a message.
pub async fn of_message(
    store: &Store,
    log: LogKey,
    message: Id,
) -> Result<Option<Entry>, StoreError> {
    let mut query = QueryBuilder::new(COLUMNS);
    query
        .push_bind(column::blob(log.court))
        .push(" AND process = ")
        .push_bind(column::blob(log.process))
        .push(" AND message = ")
        .push_bind(column::blob(message));
    let row = query.build().fetch_optional(store.readers()).await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &SqliteRow) -> Result<Entry, StoreError> {
    Ok(Entry {
        slot: column::number(row.get(0), "canonical.slot")?,
        message: column::id(row.get(1), "canonical.message")?,
        height: column::number(row.get(2), "canonical.height")?,
        timestamp: column::number(row.get(3), "canonical.timestamp")?,
        chain: column::id(row.get(4), "canonical.chain")?,
        mined: column::number(row.get(5), "canonical.mined")?,
        epoch: column::number(row.get(6), "canonical.epoch")?,
    })
}
