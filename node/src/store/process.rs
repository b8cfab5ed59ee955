//! Table `process`: the processes whose log this node orders. The spawn itself is an [`super::item`].

use aosec_wire::Id;
use sqlx::Row;

use super::{Db, Store, StoreError, column};

/// Adds a process in the epoch that its host signs, with the Origin that its spawn names.
pub async fn insert(db: &mut Db, id: Id, epoch: u64, origin: Id) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO process (id, epoch, origin) VALUES (?, ?, ?)")
        .bind(column::blob(id))
        .bind(column::integer(epoch, "process.epoch")?)
        .bind(column::blob(origin))
        .execute(db)
        .await?;
    Ok(())
}

/// Whether this node orders the process.
pub async fn exists(store: &Store, id: Id) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT 1 FROM process WHERE id = ?").bind(column::blob(id));
    Ok(query.fetch_optional(store.readers()).await?.is_some())
}

/// The Origin that the spawn of the process names; none where the process is not here.
pub async fn origin(store: &Store, id: Id) -> Result<Option<Id>, StoreError> {
    let query = sqlx::query("SELECT origin FROM process WHERE id = ?").bind(column::blob(id));
    let row = query.fetch_optional(store.readers()).await?;
    row.map(|row| column::id(row.get(0), "process.origin"))
        .transpose()
}

/// How far the log of one process reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The process.
    pub process: Id,
    /// The epoch of its host.
    pub epoch: u64,
    /// The last slot of the log.
    pub slot: u64,
    /// The log chain there.
    pub log_chain: Id,
    /// The last slot whose assignment is kept; none before the first.
    pub signed: Option<u64>,
}

/// How far each log reaches, in the order of the ids.
pub async fn reaches(store: &Store) -> Result<Vec<Reach>, StoreError> {
    let rows = sqlx::query(
        "SELECT p.id, l.epoch, l.slot, l.log_chain, \
         (SELECT MAX(r.slot) FROM receipt r WHERE r.process = p.id) \
         FROM process p JOIN log l ON l.process = p.id \
         AND l.slot = (SELECT MAX(slot) FROM log WHERE process = p.id) ORDER BY p.id",
    )
    .fetch_all(store.readers())
    .await?;
    let reach = |row: &sqlx::sqlite::SqliteRow| {
        let signed = row
            .get::<Option<i64>, _>(4)
            .map(|slot| column::number(slot, "receipt.slot"));
        Ok(Reach {
            process: column::id(row.get(0), "process.id")?,
            epoch: column::number(row.get(1), "log.epoch")?,
            slot: column::number(row.get(2), "log.slot")?,
            log_chain: column::id(row.get(3), "log.log_chain")?,
            signed: signed.transpose()?,
        })
    };
    rows.iter().map(reach).collect()
}
