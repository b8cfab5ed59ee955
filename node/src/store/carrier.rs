//! Table `carrier`: the base-layer transactions that this node has posted, in that order, and where each of them stands.
//!
//! Rows stay once they are firm: they say which transaction carries a slot. What they carry is in [`super::publication`].

use aosec_wire::Id;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Db, Store, StoreError, column};

/// What a transaction carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Messages and assignments.
    Data,
    /// Log records.
    Log,
}

/// A transaction that is posted and not firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Grows in the order of posting.
    pub number: i64,
    /// What it carries.
    pub kind: Kind,
    /// The transaction.
    pub tx: Id,
    /// The tip when it was posted, or when it was seen to have left its block.
    pub posted_height: u64,
    /// The block it was seen in.
    pub mined_height: Option<u64>,
    /// The highest height stamped into what it carries.
    pub stamped_through: u64,
}

/// A transaction that has just been posted.
#[derive(Clone, Copy, Debug)]
pub struct Posted {
    /// What it carries.
    pub kind: Kind,
    /// The transaction.
    pub tx: Id,
    /// The tip.
    pub height: u64,
    /// Slots that wait for nothing else once it is mined.
    pub slots: u64,
    /// The lowest height stamped into what it carries.
    pub stamped_height: u64,
    /// The highest one; of items, whose place in the chain means nothing, 0.
    pub stamped_through: u64,
}

/// Notes a transaction; answers its number.
pub async fn insert(db: &mut Db, posted: Posted) -> Result<i64, StoreError> {
    let done = sqlx::query(
        "INSERT INTO carrier (kind, tx, posted_height, slots, stamped_height, stamped_through) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(posted.kind.number())
    .bind(column::blob(posted.tx))
    .bind(column::integer(posted.height, "carrier.posted_height")?)
    .bind(column::integer(posted.slots, "carrier.slots")?)
    .bind(column::integer(posted.stamped_height, "carrier.stamped_height")?)
    .bind(column::integer(posted.stamped_through, "carrier.stamped_through")?)
    .execute(db)
    .await?;
    Ok(done.last_insert_rowid())
}

/// Those that are in no block, oldest first, at most `limit`.
pub async fn unmined(store: &Store, limit: u32) -> Result<Vec<Carrier>, StoreError> {
    let sql = "SELECT number, kind, tx, posted_height, mined_height, stamped_through FROM carrier \
               WHERE firm = 0 AND mined_height IS NULL ORDER BY number LIMIT ?";
    select(store, sql, limit).await
}

/// All that are not firm, oldest first, at most `limit`.
pub async fn unsettled(store: &Store, limit: u32) -> Result<Vec<Carrier>, StoreError> {
    let sql = "SELECT number, kind, tx, posted_height, mined_height, stamped_through FROM carrier \
               WHERE firm = 0 ORDER BY number LIMIT ?";
    select(store, sql, limit).await
}

/// Those that stand in no block yet, and Log transactions that are not firm: these are judged by one another's places.
pub async fn in_motion(store: &Store, limit: u32) -> Result<Vec<Carrier>, StoreError> {
    let sql = "SELECT number, kind, tx, posted_height, mined_height, stamped_through FROM carrier \
               WHERE firm = 0 AND (kind = 1 OR mined_height IS NULL) ORDER BY number LIMIT ?";
    select(store, sql, limit).await
}

async fn select(store: &Store, sql: &'static str, limit: u32) -> Result<Vec<Carrier>, StoreError> {
    let rows = sqlx::query(sql).bind(limit).fetch_all(store.readers());
    rows.await?.iter().map(Carrier::read).collect()
}

/// How many are not firm.
pub async fn count_unsettled(store: &Store) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM carrier WHERE firm = 0");
    let row = row.fetch_one(store.readers()).await?;
    column::number(row.get(0), "carrier")
}

/// Says in which block a transaction stands, and whether that block is settled.
pub async fn mined(db: &mut Db, number: i64, height: u64, firm: bool) -> Result<(), StoreError> {
    sqlx::query("UPDATE carrier SET mined_height = ?, firm = ? WHERE number = ?")
        .bind(column::integer(height, "carrier.mined_height")?)
        .bind(firm)
        .bind(number)
        .execute(db)
        .await?;
    Ok(())
}

/// Says that a transaction is in no block any more, as seen at the tip of `height`.
pub async fn left(db: &mut Db, number: i64, height: u64) -> Result<(), StoreError> {
    sqlx::query("UPDATE carrier SET mined_height = NULL, posted_height = ? WHERE number = ?")
        .bind(column::integer(height, "carrier.posted_height")?)
        .bind(number)
        .execute(db)
        .await?;
    Ok(())
}

/// The block of the last Log transaction that is firm, 0 where there is none.
pub async fn settled_log(store: &Store) -> Result<u64, StoreError> {
    let sql =
        "SELECT mined_height FROM carrier WHERE firm = 1 AND kind = 1 ORDER BY number DESC LIMIT 1";
    let row = sqlx::query(sql).fetch_optional(store.readers()).await?;
    row.map_or(Ok(0), |row| {
        column::number(row.get(0), "carrier.mined_height")
    })
}

/// Forgets a transaction, unless it is firm; says whether it was forgotten.
pub async fn forget(db: &mut Db, number: i64) -> Result<bool, StoreError> {
    let done = sqlx::query("DELETE FROM carrier WHERE number = ? AND firm = 0")
        .bind(number)
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

impl Carrier {
    /// Whether it carries log records.
    pub fn is_log(&self) -> bool {
        self.kind == Kind::Log
    }

    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        let mined = row.get::<Option<i64>, _>(4);
        Ok(Self {
            number: row.get(0),
            kind: Kind::read(row.get(1))?,
            tx: column::id(row.get(2), "carrier.tx")?,
            posted_height: column::number(row.get(3), "carrier.posted_height")?,
            mined_height: mined
                .map(|height| column::number(height, "carrier.mined_height"))
                .transpose()?,
            stamped_through: column::number(row.get(5), "carrier.stamped_through")?,
        })
    }
}

impl Kind {
    fn number(self) -> i64 {
        match self {
            Self::Data => 0,
            Self::Log => 1,
        }
    }

    fn read(number: i64) -> Result<Self, StoreError> {
        match number {
            0 => Ok(Self::Data),
            1 => Ok(Self::Log),
            _ => Err(column::damaged("carrier.kind", "is neither 0 nor 1")),
        }
    }
}
