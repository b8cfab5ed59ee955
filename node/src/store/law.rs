//! Tables `base_block`, `law_transaction` and `law_mention`: what was read of the base layer, as far as the law looks at it.
//!
//! A write replaces everything from a height on, in one transaction, so that a reader never sees parts of two chains.

use aosec_wire::Id;
use bytes::{Buf as _, BufMut as _, Bytes};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use super::{Db, Store, StoreError, column};
use crate::arweave::block::BlockId;

/// Rows that one statement takes, below SQLite's bound on parameters.
const ROWS_MAX: usize = 1_000;

/// A block as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its height.
    pub height: u64,
    /// Its id.
    pub id: BlockId,
    /// Its time in seconds.
    pub time_s: u64,
    /// The law's transactions in it, in order.
    pub law: Vec<Id>,
}

/// A verified transaction that calls itself a Log, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawTransaction {
    /// The height of its block.
    pub height: u64,
    /// Its place among the law's transactions of the block.
    pub place: u64,
    /// Its id.
    pub id: Id,
    /// The id of its block.
    pub block: BlockId,
    /// The time of its block in seconds.
    pub time_s: u64,
    /// Its tags as they were signed.
    pub tags: Vec<(Bytes, Bytes)>,
    /// Its data.
    pub data: Bytes,
}

/// A transaction and the processes that its records name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The transaction.
    pub transaction: LawTransaction,
    /// The processes, each once.
    pub mentions: Vec<Id>,
}

/// Forgets everything from `from` on, and keeps `trail` as the last blocks and `read` as what stands from `from` on.
pub async fn rewrite(
    db: &mut Db,
    from: u64,
    trail: &[Seen],
    read: &[Read],
) -> Result<(), StoreError> {
    forget(&mut *db, from).await?;
    for block in trail {
        insert_block(&mut *db, block).await?;
    }
    for one in read {
        insert_transaction(&mut *db, &one.transaction).await?;
        insert_mentions(&mut *db, one).await?;
    }
    Ok(())
}

async fn forget(db: &mut Db, from: u64) -> Result<(), StoreError> {
    let from = column::integer(from, "a height")?;
    for sql in [
        "DELETE FROM law_transaction WHERE height >= ?",
        "DELETE FROM law_mention WHERE height >= ?",
    ] {
        sqlx::query(sql).bind(from).execute(&mut *db).await?;
    }
    sqlx::query("DELETE FROM base_block").execute(db).await?;
    Ok(())
}

async fn insert_block(db: &mut Db, block: &Seen) -> Result<(), StoreError> {
    let law: Vec<u8> = block.law.iter().flat_map(|id| *id.as_bytes()).collect();
    sqlx::query("INSERT INTO base_block (height, id, time_s, law) VALUES (?, ?, ?, ?)")
        .bind(column::integer(block.height, "base_block.height")?)
        .bind(block.id.as_bytes().to_vec())
        .bind(column::integer(block.time_s, "base_block.time_s")?)
        .bind(law)
        .execute(db)
        .await?;
    Ok(())
}

async fn insert_transaction(db: &mut Db, one: &LawTransaction) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO law_transaction (height, place, id, block, time_s, tags, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(column::integer(one.height, "law_transaction.height")?)
    .bind(column::integer(one.place, "law_transaction.place")?)
    .bind(column::blob(one.id))
    .bind(one.block.as_bytes().to_vec())
    .bind(column::integer(one.time_s, "law_transaction.time_s")?)
    .bind(tags_to_bytes(&one.tags))
    .bind(one.data.to_vec())
    .execute(db)
    .await?;
    Ok(())
}

async fn insert_mentions(db: &mut Db, one: &Read) -> Result<(), StoreError> {
    let height = column::integer(one.transaction.height, "law_mention.height")?;
    let place = column::integer(one.transaction.place, "law_mention.place")?;
    for some in one.mentions.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::new("INSERT INTO law_mention (process, height, place) ");
        query.push_values(some, |mut row, process| {
            row.push_bind(column::blob(*process))
                .push_bind(height)
                .push_bind(place);
        });
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// The last blocks that were read, the oldest first.
pub async fn trail(store: &Store) -> Result<Vec<Seen>, StoreError> {
    let rows = sqlx::query("SELECT height, id, time_s, law FROM base_block ORDER BY height")
        .fetch_all(store.readers())
        .await?;
    rows.iter().map(read_seen).collect()
}

/// Transactions that name `process`, mined above `after` and up to `to`, in order: those of the first blocks, at most `limit` of
/// them beside the rest of the last one's block.
pub async fn mentioning(
    store: &Store,
    process: Id,
    after: Option<u64>,
    to: u64,
    limit: u32,
) -> Result<Vec<LawTransaction>, StoreError> {
    let rows = sqlx::query(
        "SELECT t.height, t.place, t.id, t.block, t.time_s, t.tags, t.data FROM law_mention m \
         JOIN law_transaction t ON t.height = m.height AND t.place = m.place \
         WHERE m.process = ?1 AND m.height > ?2 AND m.height <= COALESCE((SELECT height FROM law_mention \
         WHERE process = ?1 AND height > ?2 AND height <= ?3 ORDER BY height, place LIMIT 1 OFFSET ?4), ?3) \
         ORDER BY m.height, m.place",
    )
    .bind(column::blob(process))
    .bind(after.map_or(Ok(-1), |after| column::integer(after, "a height"))?)
    .bind(column::integer(to, "a height")?)
    .bind(i64::from(limit))
    .fetch_all(store.readers())
    .await?;
    rows.iter().map(read_transaction).collect()
}

/// True where a transaction mined up to `to` names `process`.
pub async fn is_named(store: &Store, process: Id, to: u64) -> Result<bool, StoreError> {
    // Of a process that was derived, the transactions are gone.
    let row = sqlx::query(
        "SELECT 1 FROM law_mention WHERE process = ?1 AND height <= ?2 UNION ALL \
         SELECT 1 FROM followed WHERE court = zeroblob(32) AND process = ?1 LIMIT 1",
    )
    .bind(column::blob(process))
    .bind(column::integer(to, "a height")?)
    .fetch_optional(store.readers())
    .await?;
    Ok(row.is_some())
}

/// Forgets, of the transactions above `after` that name `process`, those that every process which they name was derived past: what they
/// came to stands in the slots. Not where a court is computed: it steps over all of them from its first block on, after each start.
pub async fn prune(
    db: &mut Db,
    process: Id,
    after: Option<u64>,
    derived: u64,
) -> Result<(), StoreError> {
    let pruned = sqlx::query(
        "DELETE FROM law_transaction WHERE (height, place) IN \
         (SELECT height, place FROM law_mention WHERE process = ?1 AND height > ?3 AND height <= ?2) \
         AND NOT EXISTS (SELECT 1 FROM law_mention m LEFT JOIN followed f ON f.process = m.process AND f.court = zeroblob(32) \
         WHERE m.height = law_transaction.height AND m.place = law_transaction.place \
         AND (f.derived IS NULL OR f.derived < m.height)) RETURNING height, place",
    )
    .bind(column::blob(process))
    .bind(column::integer(derived, "a height")?)
    .bind(after.map_or(Ok(-1), |after| column::integer(after, "a height"))?)
    .fetch_all(&mut *db)
    .await?;
    for row in &pruned {
        sqlx::query("DELETE FROM law_mention WHERE height = ? AND place = ?")
            .bind(row.get::<i64, _>(0))
            .bind(row.get::<i64, _>(1))
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

fn read_seen(row: &SqliteRow) -> Result<Seen, StoreError> {
    let law: &[u8] = row.get(3);
    Ok(Seen {
        height: column::number(row.get(0), "base_block.height")?,
        id: block_id(row.get(1), "base_block.id")?,
        time_s: column::number(row.get(2), "base_block.time_s")?,
        law: law
            .chunks(Id::BYTES)
            .map(|id| column::id(id, "base_block.law"))
            .collect::<Result<_, _>>()?,
    })
}

pub(super) fn read_transaction(row: &SqliteRow) -> Result<LawTransaction, StoreError> {
    Ok(LawTransaction {
        height: column::number(row.get(0), "law_transaction.height")?,
        place: column::number(row.get(1), "law_transaction.place")?,
        id: column::id(row.get(2), "law_transaction.id")?,
        block: block_id(row.get(3), "law_transaction.block")?,
        time_s: column::number(row.get(4), "law_transaction.time_s")?,
        tags: tags_from_bytes(row.get(5))
            .ok_or_else(|| column::damaged("law_transaction.tags", "do not read"))?,
        data: Bytes::from(row.get::<Vec<u8>, _>(6)),
    })
}

fn block_id(bytes: &[u8], name: &'static str) -> Result<BlockId, StoreError> {
    let exact = bytes.try_into();
    exact
        .map(BlockId::new)
        .map_err(|_length| column::damaged(name, "is not 48 bytes"))
}

/// Tags of a transaction take 2 KiB at most, so each length fits.
fn tags_to_bytes(tags: &[(Bytes, Bytes)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in tags.iter().flat_map(|(name, value)| [name, value]) {
        bytes.put_u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
        bytes.extend_from_slice(text);
    }
    bytes
}

fn tags_from_bytes(bytes: Vec<u8>) -> Option<Vec<(Bytes, Bytes)>> {
    let mut rest = Bytes::from(bytes);
    let mut tags = Vec::new();
    while rest.has_remaining() {
        tags.push((text(&mut rest)?, text(&mut rest)?));
    }
    Some(tags)
}

fn text(rest: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(rest.try_get_u32().ok()?).ok()?;
    (length <= rest.len()).then(|| rest.split_to(length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::canonical::{LogKey, extend};

    fn seen(height: u64, law: Vec<Id>) -> Seen {
        Seen {
            height,
            id: BlockId::new([u8::try_from(height).unwrap(); 48]),
            time_s: 100 + height,
            law,
        }
    }

    fn read(height: u64, place: u64, mentions: &[u8]) -> Read {
        let transaction = LawTransaction {
            height,
            place,
            id: Id::sha256_of(&[&height.to_be_bytes(), &place.to_be_bytes()]),
            block: BlockId::new([7; 48]),
            time_s: height,
            tags: vec![
                ("Type".into(), "Log".into()),
                (Bytes::new(), "\u{0}".into()),
            ],
            data: "data".into(),
        };
        let mentions = mentions.iter().map(|process| Id::new([*process; 32]));
        Read {
            transaction,
            mentions: mentions.collect(),
        }
    }

    async fn keep(store: &Store, from: u64, trail: Vec<Seen>, reads: Vec<Read>) {
        store
            .write(async move |db| rewrite(db, from, &trail, &reads).await)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn what_is_rewritten_from_a_height_on_leaves_nothing_of_the_old_chain() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let process = Id::new([1; 32]);
        let old = vec![
            read(5, 0, &[1, 2]),
            read(6, 0, &[2]),
            read(6, 1, &[1]),
            read(9, 0, &[1]),
        ];
        let ids: Vec<Id> = old.iter().map(|one| one.transaction.id).collect();
        keep(
            &store,
            0,
            vec![seen(8, vec![]), seen(9, vec![ids[3]])],
            old.clone(),
        )
        .await;
        let all = mentioning(&store, process, None, 20, 10).await.unwrap();
        assert_eq!(
            all,
            [&old[0], &old[2], &old[3]].map(|one| one.transaction.clone())
        );
        assert_eq!(
            mentioning(&store, process, Some(5), 8, 10)
                .await
                .unwrap()
                .len(),
            1
        );
        keep(&store, 9, vec![seen(8, vec![]), seen(9, vec![])], vec![]).await;
        assert_eq!(
            mentioning(&store, process, None, 20, 10)
                .await
                .unwrap()
                .len(),
            2
        );
        assert_eq!(
            trail(&store).await.unwrap(),
            [seen(8, vec![]), seen(9, vec![])]
        );
    }

    #[tokio::test]
    async fn what_everybody_named_was_derived_past_is_forgotten_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let reads = vec![
            read(1, 0, &[1]),
            read(2, 0, &[1, 2]),
            read(2, 1, &[2]),
            read(3, 0, &[1]),
        ];
        keep(&store, 0, vec![], reads).await;
        let derive = async |process: u8, after: Option<u64>, derived: u64| {
            let process = Id::new([process; 32]);
            let job = async move |db: &mut Db| {
                extend(db, LogKey::without_court(process), &[], derived).await?;
                prune(db, process, after, derived).await
            };
            store.write(job).await.unwrap();
        };
        let left = async |process: u8| {
            let found = mentioning(&store, Id::new([process; 32]), None, 9, 9).await;
            let found = found.unwrap().into_iter();
            found.map(|one| (one.height, one.place)).collect::<Vec<_>>()
        };
        derive(1, Some(0), 2).await;
        assert_eq!(left(1).await, [(2, 0), (3, 0)], "2 waits for the other");
        assert_eq!(left(2).await, [(2, 0), (2, 1)]);
        derive(2, None, 2).await;
        assert_eq!((left(1).await, left(2).await), (vec![(3, 0)], vec![]));
        let named = async |process: u8| is_named(&store, Id::new([process; 32]), 9).await;
        assert!(named(1).await.unwrap() && named(2).await.unwrap() && !named(3).await.unwrap());
    }

    #[tokio::test]
    async fn a_page_never_ends_within_a_block() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let reads = vec![
            read(1, 0, &[1]),
            read(2, 0, &[1]),
            read(2, 1, &[1]),
            read(3, 0, &[1]),
        ];
        keep(&store, 0, vec![], reads).await;
        let page = |limit| mentioning(&store, Id::new([1; 32]), None, 9, limit);
        assert_eq!(page(1).await.unwrap().len(), 3);
        assert_eq!(page(2).await.unwrap().len(), 3);
        assert_eq!(page(9).await.unwrap().len(), 4);
    }
}
