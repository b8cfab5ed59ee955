//! Table `checkpoint`: where the evaluation of a process may go on after a restart. The snapshots themselves are files
//! beside the database; a row without its file, or with another file, is worth nothing and is passed over.

use aosec_wire::Id;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Db, Store, StoreError, column};

/// Checkpoints kept of one process: the newest, and one before it in case that one's file is damaged.
const KEPT: i64 = 2;

/// An evaluated slot, and what the entry of the next one must link to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The slot itself.
    pub slot: u64,
    /// Id of its assignment.
    pub assignment: Id,
    /// Its `Hash-Chain`.
    pub hash_chain: Id,
    /// Its `Log-Chain`, where the log carries one.
    pub log_chain: Option<Id>,
    /// Its stamped height.
    pub height: u64,
    /// Its stamped time in milliseconds.
    pub timestamp_ms: u64,
}

/// One place from which an evaluation may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The slot behind which it stands, and what the next one must link to.
    pub position: Position,
    /// The state root of the snapshot.
    pub root: [u8; 32],
    /// Id of the module item.
    pub module: Id,
    /// The engine that computed it.
    pub engine: String,
    /// SHA-256 of the snapshot file.
    pub snapshot: Id,
}

/// Keeps `checkpoint` and forgets the old ones; gives the slots that were forgotten, whose files may go.
pub async fn insert(
    db: &mut Db,
    process: Id,
    checkpoint: &Checkpoint,
) -> Result<Vec<u64>, StoreError> {
    let position = &checkpoint.position;
    sqlx::query(
        "INSERT OR REPLACE INTO checkpoint (process, slot, root, module, engine, assignment, hash_chain, log_chain, \
         height, timestamp, snapshot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(column::blob(process))
    .bind(column::integer(position.slot, "checkpoint.slot")?)
    .bind(checkpoint.root.to_vec())
    .bind(column::blob(checkpoint.module))
    .bind(&checkpoint.engine)
    .bind(column::blob(position.assignment))
    .bind(column::blob(position.hash_chain))
    .bind(position.log_chain.map(column::blob))
    .bind(column::integer(position.height, "checkpoint.height")?)
    .bind(column::integer(position.timestamp_ms, "checkpoint.timestamp")?)
    .bind(column::blob(checkpoint.snapshot))
    .execute(&mut *db)
    .await?;
    let forgotten = sqlx::query(
        "DELETE FROM checkpoint WHERE process = ?1 AND slot NOT IN \
         (SELECT slot FROM checkpoint WHERE process = ?1 ORDER BY slot DESC LIMIT ?2) RETURNING slot",
    )
    .bind(column::blob(process))
    .bind(KEPT)
    .fetch_all(db)
    .await?;
    forgotten
        .iter()
        .map(|row| column::number(row.get(0), "checkpoint.slot"))
        .collect()
}

/// The checkpoints of a process, newest first.
pub async fn of_process(store: &Store, process: Id) -> Result<Vec<Checkpoint>, StoreError> {
    let rows = sqlx::query(
        "SELECT slot, root, module, engine, assignment, hash_chain, log_chain, height, timestamp, snapshot \
         FROM checkpoint WHERE process = ? ORDER BY slot DESC LIMIT ?",
    )
    .bind(column::blob(process))
    .bind(KEPT)
    .fetch_all(store.readers())
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &SqliteRow) -> Result<Checkpoint, StoreError> {
    let id = |index: usize, name| column::id(row.get::<&[u8], _>(index), name);
    Ok(Checkpoint {
        position: Position {
            slot: column::number(row.get(0), "checkpoint.slot")?,
            assignment: id(4, "checkpoint.assignment")?,
            hash_chain: id(5, "checkpoint.hash_chain")?,
            log_chain: row
                .get::<Option<&[u8]>, _>(6)
                .map(|chain| column::id(chain, "checkpoint.log_chain"))
                .transpose()?,
            height: column::number(row.get(7), "checkpoint.height")?,
            timestamp_ms: column::number(row.get(8), "checkpoint.timestamp")?,
        },
        root: *id(1, "checkpoint.root")?.as_bytes(),
        module: id(2, "checkpoint.module")?,
        engine: row.get(3),
        snapshot: id(9, "checkpoint.snapshot")?,
    })
}
