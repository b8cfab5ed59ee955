//! Tables `canonical` and `followed`: the settled slots of followed processes, as the base layer orders them (PROTOCOL 5.6).
//!
//! Rows are only ever added, because they are written for settled blocks alone.

use std::collections::BTreeMap;

use aosec_challenge::derive::{Entry, Position};
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

/// A settled slot of a process under a court.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Courted {
    /// The process.
    pub process: Id,
    /// The slot.
    pub entry: Entry,
    /// Where its message stands, if the base layer has ordered it itself (5.8).
    pub found: Option<Position>,
}

/// Adds the slots that the settled blocks up to `derived` have made canonical under the court `origin`, but for those of blocks that
/// were written down before: after a start a court is computed again from its first block.
pub async fn extend_courted(
    db: &mut Db,
    origin: Id,
    blocks: &BTreeMap<u64, Vec<Courted>>,
    derived: u64,
) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT derived FROM followed WHERE process = ?")
        .bind(column::blob(origin))
        .fetch_optional(&mut *db)
        .await?;
    let before = row.map(|row| column::number(row.get(0), "followed.derived"));
    let before = before.transpose()?;
    let new = blocks.iter().filter(|(height, _)| Some(**height) > before);
    for slot in new.flat_map(|(_, slots)| slots) {
        insert(&mut *db, slot.process, &[slot.entry]).await?;
        if let Some(found) = &slot.found {
            insert_found(&mut *db, slot, found).await?;
        }
    }
    match before >= Some(derived) {
        true => Ok(()),
        false => extend(db, origin, &[], derived).await,
    }
}

async fn insert_found(db: &mut Db, slot: &Courted, found: &Position) -> Result<(), StoreError> {
    let sql = "INSERT INTO virtual_slot (process, slot, height, place, item, child) VALUES (?, ?, ?, ?, ?, ?)";
    let index =
        |number: usize| column::integer(u64::try_from(number).unwrap_or(u64::MAX), "virtual_slot");
    sqlx::query(sql)
        .bind(column::blob(slot.process))
        .bind(column::integer(slot.entry.slot, "virtual_slot.slot")?)
        .bind(column::integer(found.height, "virtual_slot.height")?)
        .bind(index(found.transaction)?)
        .bind(index(found.item)?)
        .bind(index(found.child)?)
        .execute(db)
        .await?;
    Ok(())
}

/// Where the messages of those of these slots stand that the base layer has ordered itself.
pub async fn found(
    store: &Store,
    process: Id,
    first: u64,
    last: u64,
) -> Result<Vec<(u64, Position)>, StoreError> {
    let sql = "SELECT slot, height, place, item, child FROM virtual_slot WHERE process = ? AND slot BETWEEN ? AND ? ORDER BY slot";
    let rows = sqlx::query(sql)
        .bind(column::blob(process))
        .bind(column::integer(first, "virtual_slot.slot")?)
        .bind(column::integer(last, "virtual_slot.slot")?)
        .fetch_all(store.readers())
        .await?;
    let read = |row: &SqliteRow| {
        let number = |at: usize| column::number(row.get(at), "virtual_slot");
        let index =
            |at: usize| Ok::<_, StoreError>(usize::try_from(number(at)?).unwrap_or(usize::MAX));
        let position = Position {
            height: number(1)?,
            transaction: index(2)?,
            item: index(3)?,
            child: index(4)?,
        };
        Ok((number(0)?, position))
    };
    rows.iter().map(read).collect()
}

/// The first slot of a process that the base layer has ordered itself.
pub async fn first_virtual(store: &Store, process: Id) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("SELECT MIN(slot) FROM virtual_slot WHERE process = ?")
        .bind(column::blob(process))
        .fetch_one(store.readers())
        .await?;
    let slot: Option<i64> = row.get(0);
    slot.map(|slot| column::number(slot, "virtual_slot.slot"))
        .transpose()
}

/// The last slot of a process that was derived.
pub async fn last(store: &Store, process: Id) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("SELECT MAX(slot) FROM canonical WHERE process = ?")
        .bind(column::blob(process))
        .fetch_one(store.readers())
        .await?;
    let slot: Option<i64> = row.get(0);
    slot.map(|slot| column::number(slot, "canonical.slot"))
        .transpose()
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
