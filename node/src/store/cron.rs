//! Table `cron`: what every tick of every process that wakes itself came to (D25).
//!
//! A tick is settled with the slot behind its gap. A settled one is written once, as an outcome is; one that is not may come to
//! something else, or not be due at all, once the next slot is stamped, and is written over.

use aosec_wire::Id;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _};

use super::outcome::{Divergence, Kind};
use super::{Db, Store, StoreError, column};

/// Rows that one statement takes, of the same reason as those of outcomes.
const ROWS_MAX: usize = 64;

/// One waking of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Which interval of the spawn's tags, from 0.
    pub rule: u32,
    /// The time in milliseconds or the height that was due: of one interval it comes once in the whole log.
    pub stamp: u64,
    /// The time that the process sees, in milliseconds.
    pub timestamp_ms: u64,
    /// The height that it sees.
    pub height: u64,
}

/// One tick that has run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticked {
    /// The slot behind which it stands.
    pub slot: u64,
    /// Its number there, from 1.
    pub number: u64,
    /// What woke the process.
    pub tick: Tick,
    /// The interval as the spawn spells it.
    pub interval: String,
    /// What it came to; never a repetition.
    pub kind: Kind,
    /// The state root behind it.
    pub root: [u8; 32],
    /// The engine that computed it.
    pub engine: String,
    /// The outcome as it is served.
    pub json: String,
}

/// Where a tick stands, without what it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stood {
    /// The slot behind which it stands.
    pub slot: u64,
    /// Its number there.
    pub number: u64,
    /// What woke the process.
    pub tick: Tick,
    /// Whether it stands there for ever.
    pub is_settled: bool,
    /// Bytes of what it came to.
    pub bytes: usize,
}

/// A slot behind which no tick will come any more, and how many there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The slot.
    pub slot: u64,
    /// Its ticks.
    pub ticks: u64,
}

/// Looks whether `ticks` agree with what is settled. Settled ones never change: what they sent may have gone out.
pub async fn check(
    db: &mut Db,
    process: Id,
    ticks: &[Ticked],
) -> Result<Result<(), Divergence>, StoreError> {
    for kept in settled_among(db, process, ticks).await? {
        let same = |now: &&Ticked| (now.slot, now.number) == (kept.slot, kept.number);
        let differs =
            |now: &Ticked| (now.tick, now.root, &now.json) != (kept.tick, kept.root, &kept.json);
        if ticks.iter().find(same).is_some_and(differs) {
            let slot = kept.slot;
            return Ok(Err(Divergence {
                slot,
                what: "tick behind it",
            }));
        }
    }
    Ok(Ok(()))
}

/// Keeps `ticks`, and settles those of the slots that are `closed`; both in order. With the first tick of a slot all unsettled ones go that
/// stood there: rows behind one slot are always of one run.
pub async fn keep(
    db: &mut Db,
    process: Id,
    ticks: &[Ticked],
    closed: &[Closed],
) -> Result<(), StoreError> {
    for first in ticks.iter().filter(|ticked| ticked.number == 1) {
        forget_unsettled(db, process, first.slot, first.slot).await?;
    }
    for some in ticks.chunks(ROWS_MAX) {
        insert_some(db, process, some).await?;
    }
    settle(db, process, closed).await
}

/// What is settled already of the slots that `ticks` stand behind.
async fn settled_among(
    db: &mut Db,
    process: Id,
    ticks: &[Ticked],
) -> Result<Vec<Ticked>, StoreError> {
    let (Some(first), Some(last)) = (ticks.first(), ticks.last()) else {
        return Ok(Vec::new());
    };
    let mut query = QueryBuilder::new(COLUMNS);
    query
        .push_bind(column::blob(process))
        .push(" AND slot BETWEEN ")
        .push_bind(column::integer(first.slot, "cron.slot")?)
        .push(" AND ")
        .push_bind(column::integer(last.slot, "cron.slot")?)
        .push(" AND settled = 1");
    let rows = query.build().fetch_all(db).await?;
    rows.iter().map(read).collect()
}

async fn insert_some(db: &mut Db, process: Id, some: &[Ticked]) -> Result<(), StoreError> {
    let numbers: Vec<[i64; 5]> = some.iter().map(numbers).collect::<Result<_, _>>()?;
    let mut query = QueryBuilder::new(
        "INSERT INTO cron (process, slot, number, rule, interval, stamp, timestamp, height, kind, root, engine, json, settled) ",
    );
    query.push_values(
        some.iter().zip(numbers),
        |mut row, (ticked, [slot, number, stamp, timestamp, height])| {
            row.push_bind(column::blob(process))
                .push_bind(slot)
                .push_bind(number)
                .push_bind(ticked.tick.rule)
                .push_bind(ticked.interval.as_str())
                .push_bind(stamp)
                .push_bind(timestamp)
                .push_bind(height)
                .push_bind(ticked.kind as i64)
                .push_bind(ticked.root.to_vec())
                .push_bind(ticked.engine.as_str())
                .push_bind(ticked.json.as_str())
                .push_bind(0);
        },
    );
    query.push(
        " ON CONFLICT DO UPDATE SET rule = excluded.rule, interval = excluded.interval, stamp = excluded.stamp, \
         timestamp = excluded.timestamp, height = excluded.height, kind = excluded.kind, root = excluded.root, \
         engine = excluded.engine, json = excluded.json WHERE settled = 0",
    );
    query.build().execute(db).await?;
    Ok(())
}

fn numbers(ticked: &Ticked) -> Result<[i64; 5], StoreError> {
    let Tick {
        stamp,
        timestamp_ms,
        height,
        ..
    } = ticked.tick;
    Ok([
        column::integer(ticked.slot, "cron.slot")?,
        column::integer(ticked.number, "cron.number")?,
        column::integer(stamp, "cron.stamp")?,
        column::integer(timestamp_ms, "cron.timestamp")?,
        column::integer(height, "cron.height")?,
    ])
}

async fn settle(db: &mut Db, process: Id, closed: &[Closed]) -> Result<(), StoreError> {
    let (Some(first), Some(last)) = (closed.first(), closed.last()) else {
        return Ok(());
    };
    for gap in closed.iter().filter(|gap| gap.ticks > 0) {
        sqlx::query("UPDATE cron SET settled = 1 WHERE process = ? AND slot = ? AND number <= ? AND settled = 0")
            .bind(column::blob(process))
            .bind(column::integer(gap.slot, "cron.slot")?)
            .bind(column::integer(gap.ticks, "cron.number")?)
            .execute(&mut *db)
            .await?;
    }
    forget_unsettled(db, process, first.slot, last.slot).await
}

async fn forget_unsettled(
    db: &mut Db,
    process: Id,
    first: u64,
    last: u64,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM cron WHERE process = ? AND slot BETWEEN ? AND ? AND settled = 0")
        .bind(column::blob(process))
        .bind(column::integer(first, "cron.slot")?)
        .bind(column::integer(last, "cron.slot")?)
        .execute(db)
        .await?;
    Ok(())
}

const COLUMNS: &str = "SELECT slot, number, rule, interval, stamp, timestamp, height, kind, root, engine, json FROM cron WHERE process = ";

/// Ticks of one interval whose stamp is above `stamp`, oldest first.
pub async fn above(
    store: &Store,
    process: Id,
    rule: u32,
    stamp: u64,
    limit: u32,
) -> Result<Vec<Stood>, StoreError> {
    let rows = sqlx::query(
        "SELECT slot, number, rule, NULL, stamp, timestamp, height, settled, octet_length(json) FROM cron \
         WHERE process = ? AND rule = ? AND stamp > ? ORDER BY stamp LIMIT ?",
    )
    .bind(column::blob(process))
    .bind(rule)
    .bind(i64::try_from(stamp).unwrap_or(i64::MAX))
    .bind(limit)
    .fetch_all(store.readers())
    .await?;
    let stood = |row: &SqliteRow| {
        Ok(Stood {
            slot: column::number(row.get(0), "cron.slot")?,
            number: column::number(row.get(1), "cron.number")?,
            tick: read_tick(row)?,
            is_settled: row.get(7),
            bytes: usize::try_from(row.get::<i64, _>(8)).unwrap_or(usize::MAX),
        })
    };
    rows.iter().map(stood).collect()
}

/// What a tick came to; none where another one stands in its place by now.
pub async fn find(store: &Store, process: Id, stood: Stood) -> Result<Option<Ticked>, StoreError> {
    let mut query = QueryBuilder::new(COLUMNS);
    query
        .push_bind(column::blob(process))
        .push(" AND slot = ")
        .push_bind(column::integer(stood.slot, "cron.slot")?)
        .push(" AND number = ")
        .push_bind(column::integer(stood.number, "cron.number")?);
    let row = query.build().fetch_optional(store.readers()).await?;
    let found = row.as_ref().map(read).transpose()?;
    Ok(found.filter(|ticked| ticked.tick == stood.tick))
}

/// The tick out of columns 2 and 4 to 6.
fn read_tick(row: &SqliteRow) -> Result<Tick, StoreError> {
    Ok(Tick {
        rule: row.get(2),
        stamp: column::number(row.get(4), "cron.stamp")?,
        timestamp_ms: column::number(row.get(5), "cron.timestamp")?,
        height: column::number(row.get(6), "cron.height")?,
    })
}

fn read(row: &SqliteRow) -> Result<Ticked, StoreError> {
    Ok(Ticked {
        slot: column::number(row.get(0), "cron.slot")?,
        number: column::number(row.get(1), "cron.number")?,
        tick: read_tick(row)?,
        interval: row.get(3),
        kind: match row.get::<i64, _>(7) {
            0 => Kind::Result,
            1 => Kind::Error,
            _ => return Err(column::damaged("cron.kind", "is none of 0, 1")),
        },
        root: *column::id(row.get::<&[u8], _>(8), "cron.root")?.as_bytes(),
        engine: row.get(9),
        json: row.get(10),
    })
}
