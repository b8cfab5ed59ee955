//! Tables `court_block`, `court_root`, `court_outcome` and `court_inbox`: Origin as this node derives it, and what waits for its inbox.

use std::ops::RangeInclusive;

use aosec_wire::Id;
use bytes::Bytes;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::law::{LawTransaction, Seen, read_transaction};
use super::{Db, Store, StoreError, column};
use crate::arweave::block::BlockId;

/// A block's place in the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CourtBlock {
    /// Its height.
    pub height: u64,
    /// Its id.
    pub id: BlockId,
    /// Its time in seconds.
    pub time_s: u64,
}

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

/// Which court's inbox the blocks were read for, and from where on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The court's id.
    pub origin: Id,
    /// The first block.
    pub start: u64,
}

/// The seat of what was read; none where the last reading was for no court.
pub async fn seat(store: &Store) -> Result<Option<Seat>, StoreError> {
    let row = sqlx::query("SELECT origin, start FROM court_seat")
        .fetch_optional(store.readers())
        .await?;
    let read = |row: SqliteRow| {
        Ok(Seat {
            origin: column::id(row.get(0), "court_seat.origin")?,
            start: column::number(row.get(1), "court_seat.start")?,
        })
    };
    row.map(read).transpose()
}

/// Begins for another court, or for none: what was derived for the last one is forgotten.
pub async fn reseat(db: &mut Db, seat: Option<Seat>) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM court_seat",
        "DELETE FROM court_block",
        "DELETE FROM court_root",
        "DELETE FROM court_outcome",
    ] {
        sqlx::query(sql).execute(&mut *db).await?;
    }
    if let Some(seat) = seat {
        sqlx::query("INSERT INTO court_seat (origin, start) VALUES (?, ?)")
            .bind(column::blob(seat.origin))
            .bind(column::integer(seat.start, "court_seat.start")?)
            .execute(db)
            .await?;
    }
    Ok(())
}

/// An item that waits for the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: Id,
    /// The item.
    pub item: Bytes,
}

/// Forgets the clock from `from` on and keeps these blocks.
pub async fn rewrite_blocks(db: &mut Db, from: u64, blocks: &[Seen]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM court_block WHERE height >= ?")
        .bind(column::integer(from, "a height")?)
        .execute(&mut *db)
        .await?;
    for block in blocks {
        sqlx::query("INSERT OR REPLACE INTO court_block (height, id, time_s) VALUES (?, ?, ?)")
            .bind(column::integer(block.height, "court_block.height")?)
            .bind(block.id.as_bytes().to_vec())
            .bind(column::integer(block.time_s, "court_block.time_s")?)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// The clock from a height on, at most so many blocks.
pub async fn blocks(store: &Store, from: u64, limit: u32) -> Result<Vec<CourtBlock>, StoreError> {
    let rows = sqlx::query(
        "SELECT height, id, time_s FROM court_block WHERE height >= ? ORDER BY height LIMIT ?",
    )
    .bind(column::integer(from, "a height")?)
    .bind(i64::from(limit))
    .fetch_all(store.readers())
    .await?;
    let read = |row: &SqliteRow| {
        Ok(CourtBlock {
            height: column::number(row.get(0), "court_block.height")?,
            id: block_id(row.get(1), "court_block.id")?,
            time_s: column::number(row.get(2), "court_block.time_s")?,
        })
    };
    rows.iter().map(read).collect()
}

/// The law's transactions of a block, in order.
pub async fn in_block(store: &Store, height: u64) -> Result<Vec<LawTransaction>, StoreError> {
    let rows = sqlx::query(
        "SELECT height, place, id, block, time_s, tags, data FROM law_transaction \
         WHERE height = ? ORDER BY place",
    )
    .bind(column::integer(height, "a height")?)
    .fetch_all(store.readers())
    .await?;
    rows.iter().map(read_transaction).collect()
}

/// Heights and ids of the law's transactions of these blocks, in order.
pub async fn ids_in(
    store: &Store,
    heights: RangeInclusive<u64>,
) -> Result<Vec<(u64, Id)>, StoreError> {
    let rows = sqlx::query(
        "SELECT height, id FROM law_transaction WHERE height BETWEEN ? AND ? ORDER BY height, place",
    )
    .bind(column::integer(*heights.start(), "a height")?)
    .bind(column::integer(*heights.end(), "a height")?)
    .fetch_all(store.readers())
    .await?;
    let read = |row: &SqliteRow| {
        let height = column::number(row.get(0), "law_transaction.height")?;
        Ok((height, column::id(row.get(1), "law_transaction.id")?))
    };
    rows.iter().map(read).collect()
}

/// Keeps what blocks came to, each in the place of everything from its height on.
pub async fn keep(db: &mut Db, blocks: &[Sat]) -> Result<(), StoreError> {
    for block in blocks {
        let height = column::integer(block.height, "court_root.height")?;
        for sql in [
            "DELETE FROM court_root WHERE height >= ?",
            "DELETE FROM court_outcome WHERE height >= ?",
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
    let read = |row: SqliteRow| {
        Ok(CourtOutcome {
            message,
            slot: column::number(row.get(0), "court_outcome.slot")?,
            height: column::number(row.get(1), "court_outcome.height")?,
            json: row.get(2),
        })
    };
    row.map(read).transpose()
}

/// Takes an item for the inbox; one that waits already stays where it is.
pub async fn enqueue(db: &mut Db, id: Id, item: &Bytes) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT OR IGNORE INTO court_inbox (id, number, item) \
         VALUES (?, (SELECT COALESCE(MAX(number), 0) + 1 FROM court_inbox), ?)",
    )
    .bind(column::blob(id))
    .bind(item.to_vec())
    .execute(db)
    .await?;
    Ok(())
}

/// How many items wait, posted or not.
pub async fn queued(store: &Store) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM court_inbox")
        .fetch_one(store.readers())
        .await?;
    column::number(row.get(0), "a count")
}

/// Items that were never posted, or last at or below a height and not too often; the oldest first.
pub async fn to_post(
    store: &Store,
    forgotten_at: Option<u64>,
    posts_max: u32,
    limit: u32,
) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, item FROM court_inbox WHERE posts < ? AND (posted_at IS NULL OR posted_at <= ?) \
         ORDER BY number LIMIT ?",
    )
    .bind(i64::from(posts_max))
    .bind(forgotten_at.map_or(Ok(-1), |at| column::integer(at, "a height"))?)
    .bind(i64::from(limit))
    .fetch_all(store.readers())
    .await?;
    let read = |row: &SqliteRow| {
        Ok(Waiting {
            id: column::id(row.get(0), "court_inbox.id")?,
            item: Bytes::from(row.get::<Vec<u8>, _>(1)),
        })
    };
    rows.iter().map(read).collect()
}

/// Notes that items were posted.
pub async fn posted(db: &mut Db, ids: &[Id], transaction: Id, at: u64) -> Result<(), StoreError> {
    for id in ids {
        sqlx::query(
            "UPDATE court_inbox SET posted_in = ?, posted_at = ?, posts = posts + 1 WHERE id = ?",
        )
        .bind(column::blob(transaction))
        .bind(column::integer(at, "court_inbox.posted_at")?)
        .bind(column::blob(*id))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Forgets items that have run in a firm block, and those that were posted in vain as often as it is tried.
pub async fn tidy(
    db: &mut Db,
    firm: u64,
    forgotten_at: u64,
    posts_max: u32,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM court_inbox WHERE id IN (SELECT message FROM court_outcome WHERE height <= ?) \
         OR (posts >= ? AND posted_at <= ?)",
    )
    .bind(column::integer(firm, "a height")?)
    .bind(i64::from(posts_max))
    .bind(column::integer(forgotten_at, "a height")?)
    .execute(db)
    .await?;
    Ok(())
}

fn block_id(bytes: &[u8], name: &'static str) -> Result<BlockId, StoreError> {
    let exact = bytes.try_into();
    exact
        .map(BlockId::new)
        .map_err(|_length| column::damaged(name, "is not 48 bytes"))
}
