//! Table `outcome`: what every evaluated slot of every process came to.
//!
//! A slot is written once. Writing it again must bring the same values: an evaluation is a function of the log, so a difference
//! means that the log, the engine or the machine is not what it was, and nothing of that batch is kept.

use aosec_wire::Id;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::{Db, Store, StoreError, column};

/// Rows that one statement takes: each trip to the database's thread costs as much as some ten rows, and a page of 512 slots has
/// statements of two lengths alone, which stay prepared.
const ROWS_MAX: usize = 128;

/// What a later slot would repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The message's id.
    pub message: Id,
    /// The content of a pushed message; none for one that its own sender signed.
    pub push: Option<Id>,
}

/// What kind of thing a slot came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The module answered.
    Result = 0,
    /// The module failed, or said that it did.
    Error = 1,
    /// The slot repeats an earlier one and was not evaluated.
    Repetition = 2,
}

/// One evaluated slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The slot.
    pub slot: u64,
    /// What later slots would repeat.
    pub mark: Mark,
    /// Stamped time in milliseconds.
    pub timestamp_ms: u64,
    /// What it came to.
    pub kind: Kind,
    /// The state root behind the slot.
    pub root: [u8; 32],
    /// The engine that computed it.
    pub engine: String,
    /// The outcome as it is served.
    pub json: String,
    /// The log chain behind the slot, where the log carries one.
    pub chain: Option<Id>,
}

/// A slot that was computed before, to something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("slot {slot} was computed before, with another {what}")]
pub struct Divergence {
    /// The slot.
    pub slot: u64,
    /// What differs.
    pub what: &'static str,
}

/// Keeps `outcomes`, whose slots follow one another. With a divergence nothing is kept.
pub async fn insert(
    db: &mut Db,
    process: Id,
    outcomes: &[Outcome],
) -> Result<Result<(), Divergence>, StoreError> {
    let kept = from_slot(&mut *db, process, outcomes).await?;
    for (kept, now) in kept.iter().zip(outcomes) {
        if let Some(what) = difference(kept, now) {
            let slot = now.slot;
            return Ok(Err(Divergence { slot, what }));
        }
    }
    // What is kept is a beginning of the log, so what is new comes behind it.
    let fresh = outcomes.get(kept.len()..).unwrap_or_default();
    for some in fresh.chunks(ROWS_MAX) {
        insert_some(&mut *db, process, some).await?;
    }
    Ok(Ok(()))
}

/// The rows that stand where `outcomes` are to stand.
async fn from_slot(
    db: &mut Db,
    process: Id,
    outcomes: &[Outcome],
) -> Result<Vec<Outcome>, StoreError> {
    let Some(first) = outcomes.first() else {
        return Ok(Vec::new());
    };
    let mut query = QueryBuilder::new(COLUMNS);
    query
        .push_bind(column::blob(process))
        .push(" AND slot >= ")
        .push_bind(column::integer(first.slot, "outcome.slot")?)
        .push(" ORDER BY slot LIMIT ")
        .push_bind(column::integer(outcomes.len() as u64, "a limit")?);
    let rows = query.build().fetch_all(db).await?;
    rows.iter().map(read).collect()
}

/// The engine may have changed since; what it computes may not.
fn difference(kept: &Outcome, now: &Outcome) -> Option<&'static str> {
    match () {
        () if kept.slot != now.slot => Some("neighbour"),
        () if kept.mark.message != now.mark.message => Some("message"),
        () if kept.root != now.root => Some("state root"),
        () if kept.json != now.json => Some("outcome"),
        () => None,
    }
}

async fn insert_some(db: &mut Db, process: Id, some: &[Outcome]) -> Result<(), StoreError> {
    let numbers: Vec<[i64; 2]> = some.iter().map(numbers).collect::<Result<_, _>>()?;
    let mut query = QueryBuilder::new(
        "INSERT INTO outcome (process, slot, message, push, timestamp, kind, root, engine, json, chain) ",
    );
    query.push_values(
        some.iter().zip(numbers),
        |mut row, (outcome, [slot, timestamp])| {
            row.push_bind(column::blob(process))
                .push_bind(slot)
                .push_bind(column::blob(outcome.mark.message))
                .push_bind(outcome.mark.push.map(column::blob))
                .push_bind(timestamp)
                .push_bind(outcome.kind as i64)
                .push_bind(outcome.root.to_vec())
                .push_bind(outcome.engine.as_str())
                .push_bind(outcome.json.as_str())
                .push_bind(outcome.chain.map(column::blob));
        },
    );
    query.build().execute(db).await?;
    Ok(())
}

fn numbers(outcome: &Outcome) -> Result<[i64; 2], StoreError> {
    Ok([
        column::integer(outcome.slot, "outcome.slot")?,
        column::integer(outcome.timestamp_ms, "outcome.timestamp")?,
    ])
}

enum By {
    Slot(u64),
    Message(Id),
}

const COLUMNS: &str = "SELECT slot, message, push, timestamp, kind, root, engine, json, chain FROM outcome WHERE process = ";

async fn find<'e>(
    executor: impl sqlx::Executor<'e, Database = Sqlite>,
    process: Id,
    by: By,
) -> Result<Option<Outcome>, StoreError> {
    let mut query = QueryBuilder::new(COLUMNS);
    query.push_bind(column::blob(process));
    match by {
        By::Slot(slot) => query
            .push(" AND slot = ")
            .push_bind(column::integer(slot, "outcome.slot")?),
        By::Message(message) => query
            .push(" AND message = ")
            .push_bind(column::blob(message)),
    };
    query.push(" ORDER BY slot LIMIT 1");
    let row = query.build().fetch_optional(executor).await?;
    row.as_ref().map(read).transpose()
}

/// What `slot` came to, once it is evaluated.
pub async fn at_slot(store: &Store, process: Id, slot: u64) -> Result<Option<Outcome>, StoreError> {
    find(store.readers(), process, By::Slot(slot)).await
}

/// What the first slot of `message` came to, once it is evaluated.
pub async fn of_message(
    store: &Store,
    process: Id,
    message: Id,
) -> Result<Option<Outcome>, StoreError> {
    find(store.readers(), process, By::Message(message)).await
}

/// The lowest evaluated slot; none where there is none.
pub async fn first(store: &Store, process: Id) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("SELECT slot FROM outcome WHERE process = ? ORDER BY slot LIMIT 1")
        .bind(column::blob(process))
        .fetch_optional(store.readers())
        .await?;
    row.map(|row| column::number(row.get(0), "outcome.slot"))
        .transpose()
}

/// The ids among `marks`, of messages and of pushed contents, that stand in a slot before `slot`.
pub async fn seen(
    store: &Store,
    process: Id,
    slot: u64,
    marks: &[Mark],
) -> Result<Vec<Id>, StoreError> {
    let messages = marks.iter().map(|mark| mark.message);
    let pushes = marks.iter().filter_map(|mark| mark.push);
    let mut found = known(store, process, slot, "message", messages.collect()).await?;
    found.extend(known(store, process, slot, "push", pushes.collect()).await?);
    Ok(found)
}

async fn known(
    store: &Store,
    process: Id,
    slot: u64,
    column: &'static str,
    asked: Vec<Id>,
) -> Result<Vec<Id>, StoreError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::new("SELECT DISTINCT ");
    query
        .push(column)
        .push(" FROM outcome WHERE process = ")
        .push_bind(column::blob(process))
        .push(" AND slot < ")
        .push_bind(column::integer(slot, "outcome.slot")?)
        .push(" AND ")
        .push(column)
        .push(" IN (");
    let mut list = query.separated(", ");
    for id in asked {
        list.push_bind(column::blob(id));
    }
    query.push(")");
    let rows = query.build().fetch_all(store.readers()).await?;
    rows.iter()
        .map(|row| column::id(row.get::<&[u8], _>(0), "outcome.message"))
        .collect()
}

fn read(row: &SqliteRow) -> Result<Outcome, StoreError> {
    Ok(Outcome {
        slot: column::number(row.get(0), "outcome.slot")?,
        mark: Mark {
            message: column::id(row.get::<&[u8], _>(1), "outcome.message")?,
            push: row
                .get::<Option<&[u8]>, _>(2)
                .map(|push| column::id(push, "outcome.push"))
                .transpose()?,
        },
        timestamp_ms: column::number(row.get(3), "outcome.timestamp")?,
        kind: match row.get::<i64, _>(4) {
            0 => Kind::Result,
            1 => Kind::Error,
            2 => Kind::Repetition,
            _ => return Err(column::damaged("outcome.kind", "is none of 0, 1, 2")),
        },
        root: *column::id(row.get::<&[u8], _>(5), "outcome.root")?.as_bytes(),
        engine: row.get(6),
        json: row.get(7),
        chain: row
            .get::<Option<&[u8]>, _>(8)
            .map(|chain| column::id(chain, "outcome.chain"))
            .transpose()?,
    })
}
