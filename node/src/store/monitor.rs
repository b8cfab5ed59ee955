//! Table `monitor`: signed wishes to watch a process or to stop, in the order in which they came.

use aosec_wire::Id;
use sqlx::Row as _;

use super::column::{self, blob};
use super::{Db, Store, StoreError};

/// What the item of a wish said when it was taken first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The process.
    pub process: Id,
    /// To watch, or to stop.
    pub watch: bool,
}

/// Keeps a wish under the id of its item; answers the one that stands there already, if there is one.
pub async fn insert(db: &mut Db, item: Id, wish: Wish) -> Result<Option<Wish>, StoreError> {
    if let Some(earlier) = by_item(db, item).await? {
        return Ok(Some(earlier));
    }
    sqlx::query("INSERT INTO monitor (item, process, watch) VALUES (?, ?, ?)")
        .bind(blob(item))
        .bind(blob(wish.process))
        .bind(wish.watch)
        .execute(db)
        .await?;
    Ok(None)
}

async fn by_item(db: &mut Db, item: Id) -> Result<Option<Wish>, StoreError> {
    let row = sqlx::query("SELECT process, watch FROM monitor WHERE item = ?")
        .bind(blob(item))
        .fetch_optional(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let process = column::id(row.get(0), "monitor.process")?;
    Ok(Some(Wish {
        process,
        watch: row.get(1),
    }))
}

/// How many wishes there are for `process`.
pub async fn count(db: &mut Db, process: Id) -> Result<u32, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM monitor WHERE process = ?")
        .bind(blob(process))
        .fetch_one(db)
        .await?;
    Ok(row.get(0))
}

/// Whether the newest wish for `process` is to watch it.
pub async fn is_watched(store: &Store, process: Id) -> Result<bool, StoreError> {
    let row =
        sqlx::query("SELECT watch FROM monitor WHERE process = ? ORDER BY number DESC LIMIT 1")
            .bind(blob(process))
            .fetch_optional(store.readers())
            .await?;
    Ok(row.is_some_and(|row| row.get(0)))
}
