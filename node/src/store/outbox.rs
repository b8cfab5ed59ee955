//! Tables `outbox` and `outbox_root`: what the messenger carries, and how much each root message has set in motion.
//!
//! Rows are plain values; what they mean is `mu`'s business. An entry's bytes stand in table `item`.

use aosec_wire::Id;
use bytes::Bytes;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite};

use super::column::{blob, id, integer, number};
use super::{Db, Store, StoreError};

/// The moment that never comes: the entry waits for an event and not for the clock.
pub const NEVER_MS: u64 = i64::MAX as u64;

/// One row, column by column as the migration explains them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Row {
    pub key: Id,
    pub load: u8,
    pub pushed: bool,
    pub process: Id,
    pub message: Id,
    pub base_layer: bool,
    pub is_cast: bool,
    pub exclude: String,
    pub root: Id,
    pub pushed_for: Id,
    pub depth: u32,
    pub parent: Option<Id>,
    pub sender: Option<Sender>,
    pub progress: Progress,
    pub remark: Option<String>,
}

/// The columns that say who produced an entry; all of them stand, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sender {
    pub process: Id,
    pub slot: u64,
    pub kind: u8,
    pub position: u32,
}

/// The columns that change during an entry's life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Progress {
    pub stage: u8,
    pub failed: u32,
    pub noes: u32,
    pub receipt: Option<(u64, Bytes)>,
    pub refusal: Option<(u8, String)>,
}

/// Adds `row`; false where its key stands already, and then nothing is changed.
pub async fn insert(db: &mut Db, row: &Row, due_ms: u64) -> Result<bool, StoreError> {
    const COLUMNS: &str = "INSERT INTO outbox (key, load, pushed, process, message, base_layer, \
        exclude, root, pushed_for, depth, parent, sender, sender_slot, kind, position, stage, failed, \
        noes, slot, receipt, refuser, words, remark, due_ms, is_cast) \
        VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO NOTHING";
    let sender = row.sender.as_ref();
    let sender_slot = sender
        .map(|sender| integer(sender.slot, "outbox.sender_slot"))
        .transpose()?;
    let (slot, receipt) = receipt_columns(&row.progress)?;
    let (refuser, words) = row.progress.refusal.clone().unzip();
    let done = sqlx::query(COLUMNS)
        .bind(blob(row.key))
        .bind(row.load)
        .bind(row.pushed)
        .bind(blob(row.process))
        .bind(blob(row.message))
        .bind(row.base_layer)
        .bind(row.exclude.clone())
        .bind(blob(row.root))
        .bind(blob(row.pushed_for))
        .bind(row.depth)
        .bind(row.parent.map(blob))
        .bind(sender.map(|sender| blob(sender.process)))
        .bind(sender_slot)
        .bind(sender.map(|sender| sender.kind))
        .bind(sender.map(|sender| sender.position))
        .bind(row.progress.stage)
        .bind(row.progress.failed)
        .bind(row.progress.noes)
        .bind(slot)
        .bind(receipt)
        .bind(refuser)
        .bind(words)
        .bind(row.remark.clone())
        .bind(integer(due_ms, "outbox.due_ms")?)
        .bind(row.is_cast)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The entry under `key`, inside a job.
pub async fn load(db: &mut Db, key: Id) -> Result<Option<Row>, StoreError> {
    one(db, key).await
}

/// The entry under `key`.
pub async fn find(store: &Store, key: Id) -> Result<Option<Row>, StoreError> {
    one(store.readers(), key).await
}

async fn one<'c>(
    db: impl sqlx::Executor<'c, Database = Sqlite>,
    key: Id,
) -> Result<Option<Row>, StoreError> {
    let query = sqlx::query("SELECT * FROM outbox WHERE key = ?").bind(blob(key));
    query
        .fetch_optional(db)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// Writes how far `key` has come.
pub async fn save(
    db: &mut Db,
    key: Id,
    progress: &Progress,
    due_ms: u64,
) -> Result<(), StoreError> {
    let (slot, receipt) = receipt_columns(progress)?;
    let (refuser, words) = progress.refusal.clone().unzip();
    sqlx::query(
        "UPDATE outbox SET stage = ?, failed = ?, noes = ?, slot = ?, receipt = ?, refuser = ?, \
         words = ?, due_ms = ? WHERE key = ?",
    )
    .bind(progress.stage)
    .bind(progress.failed)
    .bind(progress.noes)
    .bind(slot)
    .bind(receipt)
    .bind(refuser)
    .bind(words)
    .bind(integer(due_ms, "outbox.due_ms")?)
    .bind(blob(key))
    .execute(db)
    .await?;
    Ok(())
}

/// Says of `key` that it goes to its slot and no further.
pub async fn make_cast(db: &mut Db, key: Id) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox SET is_cast = 1 WHERE key = ?")
        .bind(blob(key))
        .execute(db)
        .await?;
    Ok(())
}

/// Writes what of the result of `key` was left out.
pub async fn remark(db: &mut Db, key: Id, text: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox SET remark = ? WHERE key = ?")
        .bind(text.to_owned())
        .bind(blob(key))
        .execute(db)
        .await?;
    Ok(())
}

/// Whether something that `sender` produced for `process` has not left yet.
pub async fn lane_is_busy(db: &mut Db, sender: Id, process: Id) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM outbox WHERE sender = ? AND process = ? AND stage <= 2)",
    )
    .bind(blob(sender))
    .bind(blob(process))
    .fetch_one(db)
    .await?;
    Ok(row.get(0))
}

/// Makes the first of what `sender` produced for `process` due, if it only waited behind another.
pub async fn release_lane(db: &mut Db, sender: Id, process: Id) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE outbox SET due_ms = 0 WHERE due_ms = ? AND key = (SELECT key FROM outbox \
         WHERE sender = ? AND process = ? AND stage <= 2 \
         ORDER BY sender_slot, kind, position LIMIT 1)",
    )
    .bind(i64::MAX)
    .bind(blob(sender))
    .bind(blob(process))
    .execute(db)
    .await?;
    Ok(())
}

/// Whether something that came of `parent` has not ended.
pub async fn has_open_children(db: &mut Db, parent: Id) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT EXISTS (SELECT 1 FROM outbox WHERE parent = ? AND stage <= 5)")
        .bind(blob(parent))
        .fetch_one(db)
        .await?;
    Ok(row.get(0))
}

/// How many entries `root` has set in motion.
pub async fn spent(db: &mut Db, root: Id) -> Result<u32, StoreError> {
    let query = sqlx::query("SELECT spent FROM outbox_root WHERE root = ?").bind(blob(root));
    Ok(query.fetch_optional(db).await?.map_or(0, |row| row.get(0)))
}

/// Counts `more` entries on `root`.
pub async fn spend(db: &mut Db, root: Id, more: u32) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO outbox_root (root, spent) VALUES (?, ?) \
         ON CONFLICT (root) DO UPDATE SET spent = spent + excluded.spent",
    )
    .bind(blob(root))
    .bind(more)
    .execute(db)
    .await?;
    Ok(())
}

/// Keys of up to `limit` entries in `stage` that are due, longest due first.
pub async fn due(
    store: &Store,
    stage: u8,
    now_ms: u64,
    limit: usize,
) -> Result<Vec<Id>, StoreError> {
    let rows = sqlx::query(
        "SELECT key FROM outbox WHERE stage = ? AND due_ms <= ? ORDER BY due_ms LIMIT ?",
    )
    .bind(stage)
    .bind(integer(now_ms, "outbox.due_ms")?)
    .bind(integer(limit as u64, "limit")?)
    .fetch_all(store.readers())
    .await?;
    rows.iter()
        .map(|row| id(row.get(0), "outbox.key"))
        .collect()
}

/// The earliest moment after `now_ms` at which an entry is due.
pub async fn next_due_ms(store: &Store, now_ms: u64) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query(
        "SELECT MIN(due_ms) FROM outbox WHERE stage IN (0, 1, 2, 3, 4) AND due_ms > ? AND due_ms < ?",
    )
    .bind(integer(now_ms, "outbox.due_ms")?)
    .bind(i64::MAX)
    .fetch_one(store.readers())
    .await?;
    let earliest: Option<i64> = row.get(0);
    earliest
        .map(|due_ms| number(due_ms, "outbox.due_ms"))
        .transpose()
}

/// At start: ends every pause. What waits behind another goes on waiting.
pub async fn end_pauses(db: &mut Db) -> Result<(), StoreError> {
    sqlx::query("UPDATE outbox SET due_ms = 0 WHERE stage <= 4 AND due_ms < ?")
        .bind(i64::MAX)
        .execute(db)
        .await?;
    Ok(())
}

/// Keys of clients' entries without a slot, which nobody works on after a start.
pub async fn orphaned_first_hops(store: &Store) -> Result<Vec<Id>, StoreError> {
    let rows =
        sqlx::query("SELECT key FROM outbox WHERE stage IN (0, 1) AND due_ms = ? AND pushed = 0")
            .bind(i64::MAX)
            .fetch_all(store.readers())
            .await?;
    rows.iter()
        .map(|row| id(row.get(0), "outbox.key"))
        .collect()
}

/// Up to `limit` entries that came of `parent`, in the order of sending.
pub async fn children(store: &Store, parent: Id, limit: usize) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM outbox WHERE parent = ? ORDER BY sender_slot, kind, position LIMIT ?",
    )
    .bind(blob(parent))
    .bind(integer(limit as u64, "limit")?)
    .fetch_all(store.readers())
    .await?;
    rows.iter().map(read).collect()
}

/// Some receipts, in the order in which they were given.
#[derive(Debug)]
pub struct Receipts {
    /// Those that the settled log of the court does not show in their slot, or not yet.
    pub unshown: Vec<Bytes>,
    /// The number of the last one that was looked at.
    pub last: u64,
    /// Whether there are more.
    pub has_more: bool,
}

/// The receipts behind the number `after`: at most `limit` are looked at. Which court's log is asked makes no other difference.
pub async fn receipts(
    store: &Store,
    court: Id,
    after: u64,
    limit: u32,
) -> Result<Receipts, StoreError> {
    let rows = sqlx::query(
        "SELECT a.number, o.receipt, EXISTS (SELECT 1 FROM canonical c WHERE c.court = ? AND c.process = o.process \
         AND c.slot = o.slot AND c.message = o.message) FROM receipt_arrival a JOIN outbox o ON o.key = a.key \
         WHERE a.number > ? ORDER BY a.number LIMIT ?",
    )
    .bind(blob(court))
    .bind(integer(after, "receipt_arrival.number")?)
    .bind(i64::from(limit))
    .fetch_all(store.readers())
    .await?;
    let last = rows
        .last()
        .map(|row| number(row.get(0), "receipt_arrival.number"));
    let unshown = rows.iter().filter(|row| !row.get::<bool, _>(2));
    let receipts = unshown.filter_map(|row| row.get::<Option<Vec<u8>>, _>(1));
    Ok(Receipts {
        unshown: receipts.map(Bytes::from).collect(),
        last: last.transpose()?.unwrap_or(after),
        has_more: rows.len() as u64 >= u64::from(limit),
    })
}

/// Entries that have not ended.
pub async fn unfinished(store: &Store) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM outbox WHERE stage <= 4")
        .fetch_one(store.readers())
        .await?;
    number(row.get(0), "count")
}

fn receipt_columns(progress: &Progress) -> Result<(Option<i64>, Option<Vec<u8>>), StoreError> {
    let Some((slot, bytes)) = &progress.receipt else {
        return Ok((None, None));
    };
    Ok((Some(integer(*slot, "outbox.slot")?), Some(bytes.to_vec())))
}

fn read(row: &SqliteRow) -> Result<Row, StoreError> {
    let key = |name: &'static str| id(row.try_get(name)?, name);
    let optional = |name: &'static str| {
        let bytes: Option<&[u8]> = row.try_get(name)?;
        bytes.map(|bytes| id(bytes, name)).transpose()
    };
    Ok(Row {
        key: key("key")?,
        load: row.try_get("load")?,
        pushed: row.try_get("pushed")?,
        process: key("process")?,
        message: key("message")?,
        base_layer: row.try_get("base_layer")?,
        is_cast: row.try_get("is_cast")?,
        exclude: row.try_get("exclude")?,
        root: key("root")?,
        pushed_for: key("pushed_for")?,
        depth: row.try_get("depth")?,
        parent: optional("parent")?,
        sender: optional("sender")?
            .map(|sender| read_sender(row, sender))
            .transpose()?,
        progress: read_progress(row)?,
        remark: row.try_get("remark")?,
    })
}

fn read_sender(row: &SqliteRow, process: Id) -> Result<Sender, StoreError> {
    Ok(Sender {
        process,
        slot: number(row.try_get("sender_slot")?, "outbox.sender_slot")?,
        kind: row.try_get("kind")?,
        position: row.try_get("position")?,
    })
}

fn read_progress(row: &SqliteRow) -> Result<Progress, StoreError> {
    let slot: Option<i64> = row.try_get("slot")?;
    let slot = slot.map(|slot| number(slot, "outbox.slot")).transpose()?;
    let receipt: Option<Vec<u8>> = row.try_get("receipt")?;
    let refuser: Option<u8> = row.try_get("refuser")?;
    Ok(Progress {
        stage: row.try_get("stage")?,
        failed: row.try_get("failed")?,
        noes: row.try_get("noes")?,
        receipt: slot.zip(receipt.map(Bytes::from)),
        refusal: refuser.zip(row.try_get("words")?),
    })
}
