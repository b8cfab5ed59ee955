//! Tables `court_log`, `court_cut`, `empty_slot` and `virtual_slot`: what a court has made of the logs of its processes beside their
//! slots, as far as blocks are settled (PROTOCOL 5.1, 5.7, 5.8, 5.10, 5.15).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use aosec_challenge::derive::{Entry, Position};
use aosec_challenge::inbox::{Begun, CutOff, Emptied};
use aosec_wire::Id;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::canonical::{self, LogKey};
use super::voided::Void;
use super::{Db, Store, StoreError, column};

/// A slot of a process under a court.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Courted {
    /// The process.
    pub process: Id,
    /// The slot.
    pub entry: Entry,
    /// Where its message stands, if the base layer has ordered it itself (5.8).
    pub found: Option<Position>,
}

/// What a block has done to the logs of a court's processes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// The new slots.
    pub slots: Vec<Courted>,
    /// Processes that have their first host.
    pub begun: Vec<Begun>,
    /// Epochs that have ended for good.
    pub cuts: Vec<CutOff>,
    /// Slots that are no-ops now.
    pub emptied: Vec<Emptied>,
}

impl Growth {
    /// Whether there is anything to write down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where the message of a slot stands that the base layer has ordered itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The slot.
    pub slot: u64,
    /// The height of the block.
    pub height: u64,
    /// The transaction that carries the message.
    pub carrier: Id,
    /// The number of the item in it.
    pub item: usize,
    /// 1 + the number of the child in the item; 0 for the item itself.
    pub child: usize,
}

/// From which slot on the log of a process is the court's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begins {
    /// The slot.
    pub first: u64,
    /// Whether the process has joined later, by `Register`.
    pub is_registered: bool,
}

/// Adds what the settled blocks up to `derived` have done under the court `origin`, but for those that were written down before: after
/// a start a court is computed again from its first block.
pub async fn extend(
    db: &mut Db,
    origin: Id,
    blocks: &BTreeMap<u64, Growth>,
    derived: u64,
) -> Result<(), StoreError> {
    let own = LogKey {
        court: origin,
        process: origin,
    };
    let before = canonical::read_derived(&mut *db, own).await?;
    let new = blocks.iter().filter(|(height, _)| Some(**height) > before);
    for (_, growth) in new {
        insert(&mut *db, origin, growth).await?;
    }
    match before >= Some(derived) {
        true => Ok(()),
        false => canonical::extend(db, own, &[], derived).await,
    }
}

async fn insert(db: &mut Db, court: Id, growth: &Growth) -> Result<(), StoreError> {
    for slot in &growth.slots {
        let log = LogKey {
            court,
            process: slot.process,
        };
        canonical::insert(&mut *db, log, &[slot.entry]).await?;
        if let Some(found) = &slot.found {
            insert_found(&mut *db, log, slot.entry.slot, found).await?;
        }
    }
    for begun in &growth.begun {
        let sql = "INSERT INTO court_log (court, process, first, registered) VALUES (?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(column::blob(court))
            .bind(column::blob(begun.process))
            .bind(column::integer(begun.first, "court_log.first")?)
            .bind(begun.is_registered)
            .execute(&mut *db)
            .await?;
    }
    for cut in &growth.cuts {
        let sql = "INSERT INTO court_cut (court, process, epoch, slot) VALUES (?, ?, ?, ?)";
        sqlx::query(sql)
            .bind(column::blob(court))
            .bind(column::blob(cut.process))
            .bind(column::integer(cut.epoch, "court_cut.epoch")?)
            .bind(column::integer(cut.slot, "court_cut.slot")?)
            .execute(&mut *db)
            .await?;
    }
    for emptied in &growth.emptied {
        sqlx::query("INSERT INTO empty_slot (court, process, slot) VALUES (?, ?, ?)")
            .bind(column::blob(court))
            .bind(column::blob(emptied.process))
            .bind(column::integer(emptied.slot, "empty_slot.slot")?)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// The transaction is named by its id: its place among those of its block is another one once an earlier one shows late.
async fn insert_found(
    db: &mut Db,
    log: LogKey,
    slot: u64,
    found: &Position,
) -> Result<(), StoreError> {
    let index =
        |number: usize| column::integer(u64::try_from(number).unwrap_or(u64::MAX), "virtual_slot");
    let height = column::integer(found.height, "virtual_slot.height")?;
    let written = sqlx::query(
        "INSERT INTO virtual_slot (court, process, slot, height, carrier, item, child) \
         SELECT ?, ?, ?, ?, id, ?, ? FROM law_transaction WHERE height = ? AND place = ?",
    )
    .bind(column::blob(log.court))
    .bind(column::blob(log.process))
    .bind(column::integer(slot, "virtual_slot.slot")?)
    .bind(height)
    .bind(index(found.item)?)
    .bind(index(found.child)?)
    .bind(height)
    .bind(index(found.transaction)?)
    .execute(db)
    .await?;
    match written.rows_affected() {
        1 => Ok(()),
        _ => Err(column::damaged(
            "law_transaction",
            "lacks one that a settled slot stands in",
        )),
    }
}

/// Forgets all that courts have derived.
pub(super) async fn forget(db: &mut Db) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM court_log",
        "DELETE FROM court_cut",
        "DELETE FROM empty_slot",
        "DELETE FROM virtual_slot",
        "DELETE FROM canonical WHERE court <> zeroblob(32)",
        "DELETE FROM followed WHERE court <> zeroblob(32)",
    ] {
        sqlx::query(sql).execute(&mut *db).await?;
    }
    Ok(())
}

/// From which slot on the log is the court's; none where the process has, or had, no host in a settled block.
pub async fn begins(store: &Store, log: LogKey) -> Result<Option<Begins>, StoreError> {
    let row =
        sqlx::query("SELECT first, registered FROM court_log WHERE court = ? AND process = ?")
            .bind(column::blob(log.court))
            .bind(column::blob(log.process))
            .fetch_optional(store.readers())
            .await?;
    let read = |row: SqliteRow| {
        Ok(Begins {
            first: column::number(row.get(0), "court_log.first")?,
            is_registered: row.get(1),
        })
    };
    row.map(read).transpose()
}

/// What of a log that was read otherwise is void, as the court's settled blocks say.
pub async fn voids(store: &Store, log: LogKey) -> Result<Vec<Void>, StoreError> {
    let rows = sqlx::query(
        "SELECT 0, epoch, slot FROM court_cut WHERE court = ?1 AND process = ?2 \
         UNION ALL SELECT 1, slot, slot FROM empty_slot WHERE court = ?1 AND process = ?2 \
         UNION ALL SELECT 2, first, first FROM court_log WHERE court = ?1 AND process = ?2 AND registered = 1 \
         ORDER BY 1, 2",
    )
    .bind(column::blob(log.court))
    .bind(column::blob(log.process))
    .fetch_all(store.readers())
    .await?;
    let read = |row: &SqliteRow| {
        let (number, slot) = (
            column::number(row.get(1), "an epoch or a slot")?,
            column::number(row.get(2), "a slot")?,
        );
        Ok(match row.get::<i64, _>(0) {
            0 => Void::Cut {
                epoch: number,
                slot,
            },
            1 => Void::Empty { slot },
            _ => Void::Joined { first: slot },
        })
    };
    rows.iter().map(read).collect()
}

/// Those of these slots that are no-ops for ever.
pub async fn empty(
    store: &Store,
    log: LogKey,
    first: u64,
    last: u64,
) -> Result<BTreeSet<u64>, StoreError> {
    let sql =
        "SELECT slot FROM empty_slot WHERE court = ? AND process = ? AND slot BETWEEN ? AND ?";
    let rows = sqlx::query(sql)
        .bind(column::blob(log.court))
        .bind(column::blob(log.process))
        .bind(column::integer(first, "empty_slot.slot")?)
        .bind(column::integer(last, "empty_slot.slot")?)
        .fetch_all(store.readers())
        .await?;
    let slots = rows.iter().map(|row| row.get(0));
    slots
        .map(|slot| column::number(slot, "empty_slot.slot"))
        .collect()
}

/// Where the messages of those of these slots stand that the base layer has ordered itself, in order, at most so many.
pub async fn found(
    store: &Store,
    log: LogKey,
    slots: RangeInclusive<u64>,
    limit: u32,
) -> Result<Vec<Found>, StoreError> {
    let sql = "SELECT slot, height, carrier, item, child FROM virtual_slot \
               WHERE court = ? AND process = ? AND slot BETWEEN ? AND ? ORDER BY slot LIMIT ?";
    let rows = sqlx::query(sql)
        .bind(column::blob(log.court))
        .bind(column::blob(log.process))
        .bind(column::integer(*slots.start(), "virtual_slot.slot")?)
        .bind(column::integer(*slots.end(), "virtual_slot.slot")?)
        .bind(i64::from(limit))
        .fetch_all(store.readers())
        .await?;
    let read = |row: &SqliteRow| {
        let number = |at: usize| column::number(row.get(at), "virtual_slot");
        let index =
            |at: usize| Ok::<_, StoreError>(usize::try_from(number(at)?).unwrap_or(usize::MAX));
        Ok(Found {
            slot: number(0)?,
            height: number(1)?,
            carrier: column::id(row.get(2), "virtual_slot.carrier")?,
            item: index(3)?,
            child: index(4)?,
        })
    };
    rows.iter().map(read).collect()
}

/// The data of a transaction of the law, where it stands there.
pub async fn carried(
    store: &Store,
    height: u64,
    carrier: Id,
) -> Result<Option<bytes::Bytes>, StoreError> {
    let row = sqlx::query("SELECT data FROM law_transaction WHERE height = ? AND id = ?")
        .bind(column::integer(height, "a height")?)
        .bind(column::blob(carrier))
        .fetch_optional(store.readers())
        .await?;
    Ok(row.map(|row| bytes::Bytes::from(row.get::<Vec<u8>, _>(0))))
}
