//! Tables `court_seat` and `court_block`: which court's inbox the blocks were read for, and the clock of its blocks.
//!
//! Beside `law`, which holds their transactions: a Tick needs every block, also one without any.

use std::ops::RangeInclusive;

use aosec_wire::Id;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::court::{block_id, forget_roots};
use super::law::{self, LawTransaction, Read, Seen, read_transaction};
use super::{Db, Store, StoreError, column, court_log};
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

/// Begins for another court, or for none: what was derived for the last one is forgotten. For a court the blocks are read again too:
/// what was read for no court, or for another one, lacks this one's inbox and clock, and transactions of which logs were derived.
/// Both in one job: a seat without that reading would be a court with a hole in its clock.
pub async fn reseat(db: &mut Db, seat: Option<Seat>) -> Result<(), StoreError> {
    if let Some(seat) = seat {
        law::rewrite(&mut *db, seat.start, &[], &[]).await?;
    }
    court_log::forget(&mut *db).await?;
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

/// Forgets everything that was read from `from` on, and keeps `trail` as the last blocks, `read` as the law's transactions and
/// `clock` as the blocks from there on. The roots of what is another block now go with it: also one with the same id is another
/// once a transaction of it has shown late, and comes to another root.
pub async fn rewrite(
    db: &mut Db,
    from: u64,
    trail: &[Seen],
    read: &[Read],
    clock: &[Seen],
) -> Result<(), StoreError> {
    let before = rows_from(&mut *db, from).await?;
    law::rewrite(&mut *db, from, trail, read).await?;
    sqlx::query("DELETE FROM court_block WHERE height >= ?")
        .bind(column::integer(from, "a height")?)
        .execute(&mut *db)
        .await?;
    for block in clock {
        insert_block(&mut *db, block).await?;
    }
    let now = rows_from(&mut *db, from).await?;
    match first_other(&before, &now) {
        Some(height) => forget_roots(db, height).await,
        None => Ok(()),
    }
}

async fn insert_block(db: &mut Db, block: &Seen) -> Result<(), StoreError> {
    sqlx::query("INSERT OR REPLACE INTO court_block (height, id, time_s) VALUES (?, ?, ?)")
        .bind(column::integer(block.height, "court_block.height")?)
        .bind(block.id.as_bytes().to_vec())
        .bind(column::integer(block.time_s, "court_block.time_s")?)
        .execute(db)
        .await?;
    Ok(())
}

/// A block's height and id, with one of the law's transactions in it, if it has any.
type BlockRow = (i64, Vec<u8>, Option<Vec<u8>>);

async fn rows_from(db: &mut Db, from: u64) -> Result<Vec<BlockRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT b.height, b.id, t.id FROM court_block b LEFT JOIN law_transaction t ON t.height = b.height \
         WHERE b.height >= ? ORDER BY b.height, t.place",
    )
    .bind(column::integer(from, "a height")?)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// The lowest height at which the two differ.
fn first_other(before: &[BlockRow], now: &[BlockRow]) -> Option<i64> {
    let equal = before.iter().zip(now).take_while(|(was, is)| was == is);
    let equal = equal.count();
    let others = [before.get(equal), now.get(equal)].into_iter().flatten();
    others.map(|row| row.0).min()
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::store::court::{CourtRoot, Sat, forget, keep, root};

    fn seen(height: u64) -> Seen {
        Seen {
            height,
            id: BlockId::new([7; 48]),
            time_s: height,
            law: Vec::new(),
        }
    }

    fn sat(height: u64) -> Sat {
        let root = CourtRoot {
            height,
            block: BlockId::new([7; 48]),
            slot: height,
            root: Id::new([9; 32]),
        };
        Sat {
            height,
            root: Some(root),
            outcomes: Vec::new(),
        }
    }

    fn late(height: u64) -> Read {
        let transaction = LawTransaction {
            height,
            place: 0,
            id: Id::new([3; 32]),
            block: BlockId::new([7; 48]),
            time_s: height,
            tags: Vec::new(),
            data: Bytes::new(),
        };
        Read {
            transaction,
            mentions: Vec::new(),
        }
    }

    /// Blocks 5, 6 and 7, which the court has sat over.
    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let written = store.write(async |db: &mut Db| {
            let blocks = [5, 6, 7].map(seen);
            rewrite(&mut *db, 5, &blocks, &[], &blocks).await?;
            keep(db, &[5, 6, 7].map(sat)).await
        });
        written.await.unwrap();
        (folder, store)
    }

    async fn rooted(store: &Store) -> Vec<u64> {
        let mut rooted = Vec::new();
        for height in 0..10 {
            rooted.extend(root(store, height).await.unwrap().map(|root| root.height));
        }
        rooted
    }

    #[tokio::test]
    async fn what_is_read_again_keeps_its_root_unless_it_is_another_block() {
        let (_folder, store) = store().await;
        let read_again = async |clock: Vec<Seen>, read: Vec<Read>| {
            let job = async move |db: &mut Db| rewrite(db, 5, &clock, &read, &clock).await;
            store.write(job).await.unwrap();
            rooted(&store).await
        };
        let same: Vec<Seen> = (5..=8).map(seen).collect();
        assert_eq!(read_again(same.clone(), vec![]).await, [5, 6, 7]);
        assert_eq!(
            read_again(same.clone(), vec![late(7)]).await,
            [5, 6],
            "it showed late"
        );
        let mut other = same;
        other[1].id = BlockId::new([8; 48]);
        assert_eq!(read_again(other, vec![late(7)]).await, [5]);
    }

    #[tokio::test]
    async fn what_a_block_comes_to_again_leaves_what_stands_above() {
        let (_folder, store) = store().await;
        let again = async |db: &mut Db| keep(db, &[sat(5)]).await;
        store.write(again).await.unwrap();
        assert_eq!(rooted(&store).await, [5, 6, 7]);
        store
            .write(async |db: &mut Db| forget(db, 6).await)
            .await
            .unwrap();
        assert_eq!(rooted(&store).await, [5]);
    }

    #[tokio::test]
    async fn a_court_is_seated_with_nothing_read_and_none_with_what_there_is() {
        let (_folder, store) = store().await;
        let reseated = async |seat| {
            let job = async move |db: &mut Db| reseat(db, seat).await;
            store.write(job).await.unwrap();
            let trail = law::trail(&store).await.unwrap().len();
            (trail, blocks(&store, 0, 9).await.unwrap().len())
        };
        assert_eq!(reseated(None).await, (3, 0));
        let (origin, start) = (Id::new([1; 32]), 5);
        assert_eq!(reseated(Some(Seat { origin, start })).await, (0, 0));
        assert_eq!(seat(&store).await.unwrap(), Some(Seat { origin, start }));
    }
}
