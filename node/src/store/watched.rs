//! Tables `watched` and `watched_rule`: processes whose ticks the messenger pushes, and how far it has got with each of their intervals.

use aosec_wire::item::UnverifiedItem;
use aosec_wire::{Id, Strictness};
use sqlx::Row as _;

use super::column::{self, blob, integer};
use super::{Db, Store, StoreError};

/// Bytes of a wish: the longest keys and signatures and all the tags that an item may have. It has nothing to say, and is kept.
pub const WISH_BYTES_MAX: usize = 8 * 1_024;

/// One watched process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The process.
    pub process: Id,
    /// Ticks up to this time, in milliseconds, are not pushed.
    pub time_ms: u64,
    /// Nor are ticks of blocks up to this height.
    pub height: u64,
}

/// Begins to watch. A process that is watched already stays as it is: its messages go on where they were.
pub async fn begin(db: &mut Db, watched: Watched) -> Result<(), StoreError> {
    sqlx::query("INSERT OR IGNORE INTO watched (process, time_ms, height) VALUES (?, ?, ?)")
        .bind(blob(watched.process))
        .bind(integer(watched.time_ms, "watched.time_ms")?)
        .bind(integer(watched.height, "watched.height")?)
        .execute(db)
        .await?;
    Ok(())
}

/// Watches no longer. What is due meanwhile is never pushed: who begins again begins with that moment.
pub async fn end(db: &mut Db, process: Id) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM watched WHERE process = ?",
        "DELETE FROM watched_rule WHERE process = ?",
    ] {
        sqlx::query(sql)
            .bind(blob(process))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// How many processes are watched.
pub async fn count(db: &mut Db) -> Result<u32, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM watched")
        .fetch_one(db)
        .await?;
    Ok(row.get(0))
}

/// What an owner is known by, from the owner field of his wish.
#[must_use]
pub fn owner(field: &[u8]) -> Id {
    Id::sha256(field)
}

/// All that are watched, each with its [`owner`] as the newest wish to watch it names him; none where that one is longer than wishes are.
pub async fn all(store: &Store) -> Result<Vec<(Watched, Option<Id>)>, StoreError> {
    let rows = sqlx::query(
        "SELECT w.process, w.time_ms, w.height, i.bytes FROM watched w LEFT JOIN monitor m ON m.number = \
         (SELECT MAX(number) FROM monitor WHERE process = w.process AND watch = 1) \
         LEFT JOIN item i ON i.id = m.item AND octet_length(i.bytes) <= ?",
    )
    .bind(i64::try_from(WISH_BYTES_MAX).unwrap_or(i64::MAX))
    .fetch_all(store.readers())
    .await?;
    let watched = rows.iter().map(|row| {
        let watched = Watched {
            process: column::id(row.get(0), "watched.process")?,
            time_ms: column::number(row.get(1), "watched.time_ms")?,
            height: column::number(row.get(2), "watched.height")?,
        };
        let wish: Option<Vec<u8>> = row.get(3);
        let wish =
            wish.and_then(|bytes| UnverifiedItem::parse(bytes.into(), Strictness::Settled).ok());
        Ok((watched, wish.map(|wish| owner(wish.owner()))))
    });
    watched.collect()
}

/// Whether a process is watched.
pub async fn is_watched(db: &mut Db, process: Id) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM watched WHERE process = ?")
        .bind(blob(process))
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Whether a process is still watched since that very moment: who ends and begins again wants nothing of what was due before.
pub async fn stands(db: &mut Db, watched: Watched) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM watched WHERE process = ? AND time_ms = ? AND height = ?")
        .bind(blob(watched.process))
        .bind(integer(watched.time_ms, "watched.time_ms")?)
        .bind(integer(watched.height, "watched.height")?)
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// The newest stamp of each interval whose tick was taken.
pub async fn taken(store: &Store, process: Id) -> Result<Vec<(u32, u64)>, StoreError> {
    let rows = sqlx::query("SELECT rule, stamp FROM watched_rule WHERE process = ?")
        .bind(blob(process))
        .fetch_all(store.readers())
        .await?;
    let stamp = |row: &sqlx::sqlite::SqliteRow| {
        Ok((
            row.get(0),
            column::number(row.get(1), "watched_rule.stamp")?,
        ))
    };
    rows.iter().map(stamp).collect()
}

/// Notes that a tick is taken; false where it, or a later one of its interval, was before.
pub async fn take(db: &mut Db, process: Id, rule: u32, stamp: u64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO watched_rule (process, rule, stamp) VALUES (?, ?, ?) \
         ON CONFLICT DO UPDATE SET stamp = excluded.stamp WHERE excluded.stamp > stamp",
    )
    .bind(blob(process))
    .bind(rule)
    .bind(integer(stamp, "watched_rule.stamp")?)
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
