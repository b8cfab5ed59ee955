//! Table `publication`: runs of signed slots on their way to the base layer.
//!
//! A run waits for a Data transaction that carries its items, and then for a Log transaction that carries its record; both are
//! rows of [`super::carrier`]. A run whose transaction was lost waits again. Rows stay: they say what carries a slot.

use aosec_wire::{Id, SignatureKind, record::HeadSignature};
use sqlx::{QueryBuilder, Row, sqlite::SqliteRow};

use super::{
    Db, Store, StoreError,
    carrier::{self, Posted},
    column,
    pieces::pieces,
};

/// Some contiguous signed slots of one process, published together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The process.
    pub process: Id,
    /// The epoch of the host.
    pub epoch: u64,
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
    /// Grows in the order of signing.
    pub number: i64,
    /// The run.
    pub run: Run,
}

/// A run that waits for its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecorded {
    /// The run and its number.
    pub waiting: Waiting,
    /// Whether its items stand in a block.
    pub has_data: bool,
    /// The signature over its end; none where the signed batch goes on behind it.
    pub head: Option<HeadSignature>,
    /// The Origin that the signature covers.
    pub origin: Id,
}

/// Where a slot stands on the base layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The transaction with its message and assignment, once there is one.
    pub data: Option<At>,
    /// The transaction with its record, once there is one; for slot 0, which is in no record, the one above.
    pub log: Option<At>,
}

/// A transaction, and its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// The transaction.
    pub tx: Id,
    /// The block it was seen in.
    pub mined_height: Option<u64>,
    /// Whether that block is settled.
    pub firm: bool,
}

/// How much is on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Slots of which items or record are in no block yet.
    pub slots: u64,
    /// The lowest height stamped into one of them.
    pub oldest_height: Option<u64>,
}

/// Puts runs into the queue, each with the signature over its end where a sealed batch ends there.
pub async fn insert(db: &mut Db, runs: &[(Run, Option<&HeadSignature>)]) -> Result<(), StoreError> {
    for piece in pieces(runs) {
        let numbers: Vec<_> = piece
            .iter()
            .map(|(run, _)| numbers(run))
            .collect::<Result<_, StoreError>>()?;
        let mut query = QueryBuilder::new(
            "INSERT INTO publication (process, epoch, first_slot, last_slot, bytes, stamped_height, kind, owner, signature) ",
        );
        query.push_values(
            piece.iter().zip(numbers),
            |mut values, ((run, head), numbers)| {
                values.push_bind(column::blob(run.process));
                for number in numbers {
                    values.push_bind(number);
                }
                values
                    .push_bind(head.map(|head| i64::from(head.kind.code())))
                    .push_bind(head.map(|head| head.owner.to_vec()))
                    .push_bind(head.map(|head| head.signature.to_vec()));
            },
        );
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

fn numbers(run: &Run) -> Result<[i64; 5], StoreError> {
    Ok([
        column::integer(run.epoch, "publication.epoch")?,
        column::integer(run.first, "publication.first_slot")?,
        column::integer(run.last, "publication.last_slot")?,
        column::integer(run.bytes, "publication.bytes")?,
        column::integer(run.stamped_height, "publication.stamped_height")?,
    ])
}

/// The oldest runs that wait for their Data transaction, at most `limit`.
pub async fn waiting(store: &Store, limit: u32) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query(
        "SELECT number, process, epoch, first_slot, last_slot, bytes, stamped_height FROM publication \
         WHERE data IS NULL ORDER BY number LIMIT ?",
    )
    .bind(limit)
    .fetch_all(store.readers())
    .await?;
    rows.iter().map(read_waiting).collect()
}

/// The oldest runs that wait for their record, at most `limit`.
pub async fn unrecorded(store: &Store, limit: u32) -> Result<Vec<Unrecorded>, StoreError> {
    let rows = sqlx::query(
        "SELECT p.number, p.process, p.epoch, p.first_slot, p.last_slot, p.bytes, p.stamped_height, \
         c.mined_height IS NOT NULL, CASE WHEN j.hosted = 1 AND p.first_slot >= j.first THEN j.origin ELSE o.origin END, p.kind, p.owner, p.signature \
         FROM publication p JOIN process o ON o.id = p.process LEFT JOIN joined j ON j.process = p.process LEFT JOIN carrier c ON c.number = p.data \
         WHERE p.log IS NULL ORDER BY p.number LIMIT ?",
    )
    .bind(limit)
    .fetch_all(store.readers())
    .await?;
    let unrecorded = |row: &SqliteRow| {
        Ok(Unrecorded {
            waiting: read_waiting(row)?,
            has_data: row.get(7),
            origin: column::id(row.get(8), "process.origin")?,
            head: read_head(row)?,
        })
    };
    rows.iter().map(unrecorded).collect()
}

fn read_waiting(row: &SqliteRow) -> Result<Waiting, StoreError> {
    let run = Run {
        process: column::id(row.get(1), "publication.process")?,
        epoch: column::number(row.get(2), "publication.epoch")?,
        first: column::number(row.get(3), "publication.first_slot")?,
        last: column::number(row.get(4), "publication.last_slot")?,
        bytes: column::number(row.get(5), "publication.bytes")?,
        stamped_height: column::number(row.get(6), "publication.stamped_height")?,
    };
    Ok(Waiting {
        number: row.get(0),
        run,
    })
}

fn read_head(row: &SqliteRow) -> Result<Option<HeadSignature>, StoreError> {
    let Some(code) = row.get::<Option<i64>, _>(9) else {
        return Ok(None);
    };
    let unknown = || column::damaged("publication.kind", "is no kind of signature");
    let code = u16::try_from(code).map_err(|_| unknown())?;
    Ok(Some(HeadSignature {
        kind: SignatureKind::from_code(code).map_err(|_| unknown())?,
        owner: row.get::<Vec<u8>, _>(10).into(),
        signature: row.get::<Vec<u8>, _>(11).into(),
    }))
}

/// Says that `posted` carries the items of every run that waits, up to this number.
pub async fn carried(db: &mut Db, through: i64, posted: Posted) -> Result<(), StoreError> {
    let carrier = carrier::insert(db, posted).await?;
    sqlx::query(
        "UPDATE publication SET data = ?1, log = CASE last_slot WHEN 0 THEN ?1 ELSE log END \
         WHERE data IS NULL AND number <= ?2",
    )
    .bind(carrier)
    .bind(through)
    .execute(db)
    .await?;
    Ok(())
}

/// Says that `posted` carries the records of these runs.
pub async fn recorded(db: &mut Db, numbers: &[i64], posted: Posted) -> Result<(), StoreError> {
    /// Far below what SQLite takes, and few enough lengths of statements.
    const AT_ONCE: usize = 1_000;
    let carrier = carrier::insert(db, posted).await?;
    for some in numbers.chunks(AT_ONCE) {
        let mut query = QueryBuilder::new("UPDATE publication SET log = ");
        query.push_bind(carrier).push(" WHERE number IN (");
        let mut list = query.separated(", ");
        for number in some {
            list.push_bind(*number);
        }
        query.push(")");
        query.build().persistent(false).execute(&mut *db).await?;
    }
    Ok(())
}

/// Lets what was in these transactions wait again: they are lost, or stand where they do not count.
pub async fn lost(db: &mut Db, carriers: &[i64]) -> Result<(), StoreError> {
    for number in carriers {
        if !carrier::forget(db, *number).await? {
            continue;
        }
        // A run of slot 0 alone names its Data transaction in both columns.
        for sql in [
            "UPDATE publication SET log = NULL WHERE log = ?",
            "UPDATE publication SET data = NULL WHERE data = ?",
        ] {
            sqlx::query(sql).bind(number).execute(&mut *db).await?;
        }
    }
    Ok(())
}

/// How much is on its way.
pub async fn backlog(store: &Store) -> Result<Backlog, StoreError> {
    let row = sqlx::query(
        "SELECT COALESCE(SUM(slots), 0), MIN(height) FROM ( \
         SELECT SUM(last_slot - first_slot + 1) AS slots, MIN(stamped_height) AS height FROM publication WHERE log IS NULL \
         UNION ALL \
         SELECT SUM(slots), MIN(stamped_height) FROM carrier WHERE firm = 0 AND mined_height IS NULL)",
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
        "SELECT d.tx, d.mined_height, d.firm, l.tx, l.mined_height, l.firm FROM publication p \
         LEFT JOIN carrier d ON d.number = p.data LEFT JOIN carrier l ON l.number = p.log \
         WHERE p.process = ? AND p.first_slot <= ? AND p.last_slot >= ? ORDER BY p.first_slot DESC LIMIT 1",
    )
    .bind(column::blob(process))
    .bind(column::integer(slot, "publication.first_slot")?)
    .bind(column::integer(slot, "publication.last_slot")?)
    .fetch_optional(store.readers())
    .await?;
    let place = |row: SqliteRow| {
        Ok(Place {
            data: At::read(&row, 0)?,
            log: At::read(&row, 3)?,
        })
    };
    row.map(place).transpose()
}

impl Place {
    /// The block from which on items and record both stand on the base layer.
    pub fn mined_height(&self) -> Option<u64> {
        let [data, log] = [self.data?.mined_height?, self.log?.mined_height?];
        Some(data.max(log))
    }

    /// Whether both are settled.
    pub fn is_firm(&self) -> bool {
        [self.data, self.log]
            .iter()
            .all(|at| at.is_some_and(|at| at.firm))
    }
}

impl At {
    fn read(row: &SqliteRow, from: usize) -> Result<Option<Self>, StoreError> {
        let Some(tx) = row.get::<Option<&[u8]>, _>(from) else {
            return Ok(None);
        };
        let mined = row.get::<Option<i64>, _>(from + 1);
        Ok(Some(Self {
            tx: column::id(tx, "carrier.tx")?,
            mined_height: mined
                .map(|height| column::number(height, "carrier.mined_height"))
                .transpose()?,
            firm: row.get(from + 2),
        }))
    }
}
