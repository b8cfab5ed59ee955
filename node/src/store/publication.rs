//! Table `publication`: runs of signed slots on their way to the base layer.
//!
//! A run waits, is posted inside a transaction, is mined, is firm. A run whose transaction was lost waits again. Rows stay:
//! they say which transaction carries a slot.

use aosec_wire::Id;
use sqlx::{QueryBuilder, Row, sqlite::SqliteRow};

use super::{Db, Store, StoreError, column};

/// Some contiguous signed slots of one process, published together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The process.
    pub process: Id,
    /// The first slot.
    pub first: u64,
    /// The last slot.
    pub last: u64,
    /// Bytes of the messages and assignments.
    pub bytes: u64,
    /// The height stamped into the first slot: the duty to publish counts from it.
    pub stamped_height: u64,
}

/// A run that waits for a transaction, with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The number that [`posted`] takes.
    pub number: i64,
    /// The run.
    pub run: Run,
}

/// A transaction that is posted and not firm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The transaction.
    pub tx: Id,
    /// The tip when it was posted.
    pub posted_height: u64,
    /// The block it was seen in.
    pub mined_height: Option<u64>,
}

/// Where a slot stands on the base layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The transaction, once there is one.
    pub tx: Option<Id>,
    /// The block it was seen in.
    pub mined_height: Option<u64>,
    /// Whether that block is settled.
    pub firm: bool,
}

/// How much is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Slots that are in no block yet.
    pub slots: u64,
    /// The lowest height stamped into one of them.
    pub oldest_height: Option<u64>,
}

/// Puts runs into the queue.
pub async fn insert(db: &mut Db, runs: &[Run]) -> Result<(), StoreError> {
    for run in runs {
        sqlx::query(
            "INSERT INTO publication (process, first_slot, last_slot, bytes, stamped_height) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(column::blob(run.process))
        .bind(column::integer(run.first, "publication.first_slot")?)
        .bind(column::integer(run.last, "publication.last_slot")?)
        .bind(column::integer(run.bytes, "publication.bytes")?)
        .bind(column::integer(run.stamped_height, "publication.stamped_height")?)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// The oldest runs that wait, at most `limit`.
pub async fn waiting(store: &Store, limit: u32) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query(
        "SELECT number, process, first_slot, last_slot, bytes, stamped_height FROM publication \
         WHERE tx IS NULL ORDER BY number LIMIT ?",
    )
    .bind(limit)
    .fetch_all(store.readers())
    .await?;
    rows.iter().map(read_waiting).collect()
}

fn read_waiting(row: &SqliteRow) -> Result<Waiting, StoreError> {
    let run = Run {
        process: column::id(row.get(1), "publication.process")?,
        first: column::number(row.get(2), "publication.first_slot")?,
        last: column::number(row.get(3), "publication.last_slot")?,
        bytes: column::number(row.get(4), "publication.bytes")?,
        stamped_height: column::number(row.get(5), "publication.stamped_height")?,
    };
    Ok(Waiting {
        number: row.get(0),
        run,
    })
}

/// Says that these runs are in `tx`, posted at `height`.
pub async fn posted(db: &mut Db, numbers: &[i64], tx: Id, height: u64) -> Result<(), StoreError> {
    let mut query = QueryBuilder::new("UPDATE publication SET tx = ");
    query.push_bind(column::blob(tx)).push(", posted_height = ");
    query
        .push_bind(column::integer(height, "publication.posted_height")?)
        .push(" WHERE number IN (");
    let mut list = query.separated(", ");
    for number in numbers {
        list.push_bind(*number);
    }
    query.push(")");
    query.build().execute(db).await?;
    Ok(())
}

/// The transactions that are posted and not firm, oldest first, at most `limit`.
pub async fn unsettled(store: &Store, limit: u32) -> Result<Vec<Posted>, StoreError> {
    let rows = sqlx::query(
        "SELECT tx, MIN(posted_height), MIN(mined_height) FROM publication \
         WHERE firm = 0 AND tx IS NOT NULL GROUP BY tx ORDER BY 2, 1 LIMIT ?",
    )
    .bind(limit)
    .fetch_all(store.readers())
    .await?;
    let posted = |row: &SqliteRow| {
        let mined = row.get::<Option<i64>, _>(2);
        Ok(Posted {
            tx: column::id(row.get(0), "publication.tx")?,
            posted_height: column::number(row.get(1), "publication.posted_height")?,
            mined_height: mined
                .map(|h| column::number(h, "publication.mined_height"))
                .transpose()?,
        })
    };
    rows.iter().map(posted).collect()
}

/// Says in which block `tx` stands, or that it is in none any more.
pub async fn mined(db: &mut Db, tx: Id, height: Option<u64>, firm: bool) -> Result<(), StoreError> {
    let height = height
        .map(|height| column::integer(height, "publication.mined_height"))
        .transpose()?;
    sqlx::query("UPDATE publication SET mined_height = ?, firm = ? WHERE tx = ?")
        .bind(height)
        .bind(firm)
        .bind(column::blob(tx))
        .execute(db)
        .await?;
    Ok(())
}

/// Lets what was in `tx` wait again: the transaction is lost.
pub async fn lost(db: &mut Db, tx: Id) -> Result<(), StoreError> {
    sqlx::query("UPDATE publication SET tx = NULL, posted_height = NULL, mined_height = NULL WHERE tx = ? AND firm = 0")
        .bind(column::blob(tx))
        .execute(db)
        .await?;
    Ok(())
}

/// How much is on its way.
pub async fn backlog(store: &Store) -> Result<Backlog, StoreError> {
    let row = sqlx::query(
        "SELECT COALESCE(SUM(last_slot - first_slot + 1), 0), MIN(stamped_height) FROM publication \
         WHERE mined_height IS NULL",
    )
    .fetch_one(store.readers())
    .await?;
    let oldest = row.get::<Option<i64>, _>(1);
    Ok(Backlog {
        slots: column::number(row.get(0), "publication")?,
        oldest_height: oldest
            .map(|h| column::number(h, "publication.stamped_height"))
            .transpose()?,
    })
}

/// Where a slot stands; none where it is not signed and kept yet.
pub async fn place(store: &Store, process: Id, slot: u64) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query(
        "SELECT tx, mined_height, firm FROM publication WHERE process = ? AND first_slot <= ? AND last_slot >= ? \
         ORDER BY first_slot DESC LIMIT 1",
    )
    .bind(column::blob(process))
    .bind(column::integer(slot, "publication.first_slot")?)
    .bind(column::integer(slot, "publication.last_slot")?)
    .fetch_optional(store.readers())
    .await?;
    let place = |row: SqliteRow| {
        let tx = row.get::<Option<&[u8]>, _>(0);
        let mined = row.get::<Option<i64>, _>(1);
        Ok(Place {
            tx: tx.map(|tx| column::id(tx, "publication.tx")).transpose()?,
            mined_height: mined
                .map(|h| column::number(h, "publication.mined_height"))
                .transpose()?,
            firm: row.get(2),
        })
    };
    row.map(place).transpose()
}
