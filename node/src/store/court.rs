//! Tables `court_root` and `court_outcome`: what Origin came to in each block, and each of its messages.

use aosec_wire::Id;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::fee::Place;
use super::{Db, Store, StoreError, column};
use crate::arweave::block::BlockId;

/// What Origin came to in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CourtRoot {
    /// The block's height.
    pub height: u64,
    /// The block's id.
    pub block: BlockId,
    /// The last slot after it.
    pub slot: u64,
    /// The state root after it.
    pub root: Id,
}

/// What a message of Origin came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourtOutcome {
    /// The message.
    pub message: Id,
    /// Its slot.
    pub slot: u64,
    /// The height in which it ran.
    pub height: u64,
    /// The outcome's text.
    pub json: String,
}

/// What a block came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sat {
    /// Its height.
    pub height: u64,
    /// Where the court stands after it; none before the spawn.
    pub root: Option<CourtRoot>,
    /// What its messages came to, in order.
    pub outcomes: Vec<CourtOutcome>,
}

pub(super) async fn forget_roots(db: &mut Db, from: i64) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM court_root WHERE height >= ?")
        .bind(from)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets what Origin came to from `from` on: it is computed again, and compared with nothing.
pub async fn forget(db: &mut Db, from: u64) -> Result<(), StoreError> {
    let from = column::integer(from, "a height")?;
    forget_roots(&mut *db, from).await?;
    sqlx::query("DELETE FROM court_outcome WHERE height >= ?")
        .bind(from)
        .execute(db)
        .await?;
    Ok(())
}

/// Keeps what blocks came to, each in the place of what stood at its height. What stands above stays: after a start it is what the
/// next blocks are compared with.
pub async fn keep(db: &mut Db, blocks: &[Sat]) -> Result<(), StoreError> {
    for block in blocks {
        let height = column::integer(block.height, "court_root.height")?;
        for sql in [
            "DELETE FROM court_root WHERE height = ?",
            "DELETE FROM court_outcome WHERE height = ?",
        ] {
            sqlx::query(sql).bind(height).execute(&mut *db).await?;
        }
        if let Some(root) = &block.root {
            insert_root(&mut *db, root).await?;
        }
        insert_outcomes(&mut *db, &block.outcomes).await?;
    }
    Ok(())
}

async fn insert_root(db: &mut Db, root: &CourtRoot) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO court_root (height, block, slot, root) VALUES (?, ?, ?, ?)")
        .bind(column::integer(root.height, "court_root.height")?)
        .bind(root.block.as_bytes().to_vec())
        .bind(column::integer(root.slot, "court_root.slot")?)
        .bind(column::blob(root.root))
        .execute(db)
        .await?;
    Ok(())
}

async fn insert_outcomes(db: &mut Db, outcomes: &[CourtOutcome]) -> Result<(), StoreError> {
    for outcome in outcomes {
        sqlx::query(
            "INSERT OR REPLACE INTO court_outcome (message, slot, height, json) VALUES (?, ?, ?, ?)",
        )
        .bind(column::blob(outcome.message))
        .bind(column::integer(outcome.slot, "court_outcome.slot")?)
        .bind(column::integer(outcome.height, "court_outcome.height")?)
        .bind(&outcome.json)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// What Origin came to at a height.
pub async fn root(store: &Store, height: u64) -> Result<Option<CourtRoot>, StoreError> {
    let row = sqlx::query("SELECT height, block, slot, root FROM court_root WHERE height = ?")
        .bind(column::integer(height, "a height")?)
        .fetch_optional(store.readers())
        .await?;
    let read = |row: SqliteRow| {
        Ok(CourtRoot {
            height: column::number(row.get(0), "court_root.height")?,
            block: block_id(row.get(1), "court_root.block")?,
            slot: column::number(row.get(2), "court_root.slot")?,
            root: column::id(row.get(3), "court_root.root")?,
        })
    };
    row.map(read).transpose()
}

/// What a message came to.
pub async fn outcome(store: &Store, message: Id) -> Result<Option<CourtOutcome>, StoreError> {
    let row = sqlx::query("SELECT slot, height, json FROM court_outcome WHERE message = ?")
        .bind(column::blob(message))
        .fetch_optional(store.readers())
        .await?;
    row.map(|row| read_outcome(&row, message)).transpose()
}

/// What the messages behind slot `after` came to, of blocks up to `firm`, in order, at most so many.
pub async fn outcomes(
    store: &Store,
    after: u64,
    firm: u64,
    limit: u32,
) -> Result<Vec<CourtOutcome>, StoreError> {
    let rows = sqlx::query(
        "SELECT slot, height, json, message FROM court_outcome WHERE slot > ? AND height <= ? ORDER BY slot LIMIT ?",
    )
    .bind(column::integer(after, "a slot")?)
    .bind(column::integer(firm, "a height")?)
    .bind(i64::from(limit))
    .fetch_all(store.readers())
    .await?;
    let read =
        |row: &SqliteRow| read_outcome(row, column::id(row.get(3), "court_outcome.message")?);
    rows.iter().map(read).collect()
}

fn read_outcome(row: &SqliteRow, message: Id) -> Result<CourtOutcome, StoreError> {
    Ok(CourtOutcome {
        message,
        slot: column::number(row.get(0), "court_outcome.slot")?,
        height: column::number(row.get(1), "court_outcome.height")?,
        json: row.get(2),
    })
}

/// Outcomes whose text holds `mark`, from a place on up to the end of the block `last`, at most so many, in order.
pub async fn marked(
    store: &Store,
    from: Place,
    last: u64,
    mark: &str,
    limit: u32,
) -> Result<Vec<CourtOutcome>, StoreError> {
    let rows = sqlx::query(
        "SELECT message, slot, height, json FROM court_outcome WHERE height >= ?1 AND height <= ?3 \
         AND (height, slot) >= (?1, ?2) AND instr(json, ?4) > 0 ORDER BY height, slot LIMIT ?5",
    )
    .bind(column::integer(from.height, "a height")?)
    .bind(column::integer(from.slot, "a slot")?)
    .bind(column::integer(last, "a height")?)
    .bind(mark)
    .bind(limit)
    .fetch_all(store.readers())
    .await?;
    let read = |row: &SqliteRow| {
        Ok(CourtOutcome {
            message: column::id(row.get(0), "court_outcome.message")?,
            slot: column::number(row.get(1), "court_outcome.slot")?,
            height: column::number(row.get(2), "court_outcome.height")?,
            json: row.get(3),
        })
    };
    rows.iter().map(read).collect()
}

pub(super) fn block_id(bytes: &[u8], name: &'static str) -> Result<BlockId, StoreError> {
    let exact = bytes.try_into();
    exact
        .map(BlockId::new)
        .map_err(|_length| column::damaged(name, "is not 48 bytes"))
}
