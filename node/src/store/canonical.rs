//! Tables `canonical` and `followed`: the settled slots of followed processes, as the base layer orders them (PROTOCOL 5.6).
//!
//! Rows are only ever added, because they are written for settled blocks alone.

use aosec_challenge::derive::Entry;
use aosec_wire::Id;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use super::{Db, Store, StoreError, column};

/// Rows that one statement takes, below SQLite's bound on parameters.
const ROWS_MAX: usize = 1_000;

/// Adds the slots that the blocks up to `derived` have made canonical.
pub async fn extend(
    db: &mut Db,
    process: Id,
    entries: &[Entry],
    derived: u64,
) -> Result<(), StoreError> {
    for some in entries.chunks(ROWS_MAX) {
        insert(&mut *db, process, some).await?;
    }
    sqlx::query("INSERT OR REPLACE INTO followed (process, derived) VALUES (?, ?)")
        .bind(column::blob(process))
        .bind(column::integer(derived, "followed.derived")?)
        .execute(db)
        .await?;
    Ok(())
}

async fn insert(db: &mut Db, process: Id, entries: &[Entry]) -> Result<(), StoreError> {
    let numbers: Vec<[i64; 5]> = entries.iter().map(numbers).collect::<Result<_, _>>()?;
    let mut query = QueryBuilder::new(
        "INSERT INTO canonical (process, slot, message, height, timestamp, chain, mined, epoch) ",
    );
    query.push_values(
        entries.iter().zip(numbers),
        |mut row, (entry, [slot, height, timestamp, mined, epoch])| {
            row.push_bind(column::blob(process))
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

/// The settled height up to which `process` was derived; none where it never was.
pub async fn derived(store: &Store, process: Id) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("SELECT derived FROM followed WHERE process = ?")
        .bind(column::blob(process))
        .fetch_optional(store.readers())
        .await?;
    row.map(|row| column::number(row.get(0), "followed.derived"))
        .transpose()
}

const COLUMNS: &str =
    "SELECT slot, message, height, timestamp, chain, mined, epoch FROM canonical WHERE process = ";

/// At most `limit` slots from `from` on, in order.
pub async fn from(
    store: &Store,
    process: Id,
    from: u64,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = QueryBuilder::new(COLUMNS);
    query
        .push_bind(column::blob(process))
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
    process: Id,
    message: Id,
) -> Result<Option<Entry>, StoreError> {
    let mut query = QueryBuilder::new(COLUMNS);
    query
        .push_bind(column::blob(process))
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
