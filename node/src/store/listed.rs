//! Results of a process as a list: those of its slots, and those of its ticks between them, out of the tables `outcome` and `cron`.

use aosec_wire::Id;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::{Store, StoreError, column};

/// Bytes of results in one page: a page ends early behind the result that passes it, and says that more follows.
pub const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A place between two results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind a slot (number 0), or behind one of the ticks that follow it.
    Result {
        /// The slot.
        slot: u64,
        /// The number of the tick.
        number: u64,
    },
    /// Behind a time in milliseconds.
    Time(u64),
}

/// In which order results are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    #[default]
    Ascending,
    /// Newest first.
    Descending,
}

/// Which kinds of results are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kinds {
    /// All.
    #[default]
    All,
    /// Those of ticks alone.
    Ticks,
}

/// Which results are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Of which kinds.
    pub kinds: Kinds,
    /// Results behind this place only.
    pub from: Option<Place>,
    /// Results up to this place only.
    pub to: Option<Place>,
    /// The order.
    pub order: Order,
    /// How many at most.
    pub limit: u32,
}

/// One result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The slot, or the one behind which the tick stands.
    pub slot: u64,
    /// The number of the tick; 0 for the slot itself.
    pub number: u64,
    /// The tick's interval, as the spawn spells it.
    pub interval: Option<String>,
    /// Its time in milliseconds.
    pub timestamp_ms: u64,
    /// The outcome as it is served.
    pub json: String,
}

/// A part of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The results, in the order that was asked for.
    pub results: Vec<Listed>,
    /// True where the range goes on behind them.
    pub has_more: bool,
}

/// A page of the results that are no errors and no repetitions. It ends behind the limit or [`PAGE_BYTES_MAX`].
pub async fn list(store: &Store, process: Id, range: &Range) -> Result<Page, StoreError> {
    let mut sizes = QueryBuilder::new("");
    push_range(
        &mut sizes,
        "octet_length(json)",
        process,
        range,
        i64::from(range.limit) + 1,
    );
    let sizes = sizes.build().fetch_all(store.readers()).await?;
    let count = fitting(sizes.iter().map(|row| row.get(4)), range.limit);
    let mut rows = QueryBuilder::new("");
    push_range(&mut rows, "json", process, range, count);
    let rows = rows.build().fetch_all(store.readers()).await?;
    Ok(Page {
        has_more: rows.len() < sizes.len(),
        results: rows.iter().map(read).collect::<Result<_, _>>()?,
    })
}

/// How many results stand on one page; at least one, however large it is.
fn fitting(sizes: impl Iterator<Item = i64>, limit: u32) -> i64 {
    let mut bytes = 0_usize;
    let fits = sizes.take(limit as usize).take_while(|size| {
        let before = bytes;
        bytes = bytes.saturating_add(usize::try_from(*size).unwrap_or(usize::MAX));
        before < PAGE_BYTES_MAX
    });
    i64::try_from(fits.count()).unwrap_or(i64::MAX)
}

fn push_range(
    query: &mut QueryBuilder<Sqlite>,
    what: &'static str,
    process: Id,
    range: &Range,
    limit: i64,
) {
    if range.kinds == Kinds::All {
        query
            .push("SELECT slot, 0 AS number, NULL AS interval, timestamp, ")
            .push(what);
        push_table(
            query,
            " FROM outcome",
            process,
            range,
            |place| match place {
                Place::Result { slot, .. } => ("slot", None, slot),
                Place::Time(time) => ("timestamp", None, time),
            },
        );
        query.push(" UNION ALL ");
    }
    query
        .push("SELECT slot, number, interval, timestamp, ")
        .push(what);
    push_table(query, " FROM cron", process, range, |place| match place {
        Place::Result { slot, number } => ("(slot, number)", Some(number), slot),
        Place::Time(time) => ("timestamp", None, time),
    });
    query
        .push(match range.order {
            Order::Ascending => " ORDER BY slot ASC, number ASC LIMIT ",
            Order::Descending => " ORDER BY slot DESC, number DESC LIMIT ",
        })
        .push_bind(limit);
}

/// What is compared with a place: columns, the second number where there are two, and the first.
type Bound = fn(Place) -> (&'static str, Option<u64>, u64);

fn push_table(
    query: &mut QueryBuilder<Sqlite>,
    table: &'static str,
    process: Id,
    range: &Range,
    bound: Bound,
) {
    query
        .push(table)
        .push(" WHERE process = ")
        .push_bind(column::blob(process));
    query.push(" AND kind = 0");
    for (relation, place) in [(" > ", range.from), (" <= ", range.to)] {
        let Some((columns, second, first)) = place.map(bound) else {
            continue;
        };
        // A number past SQLite's range lies behind every row.
        let held = |number| i64::try_from(number).unwrap_or(i64::MAX);
        query.push(" AND ").push(columns).push(relation);
        match second {
            None => query.push_bind(held(first)),
            Some(second) => query
                .push("(")
                .push_bind(held(first))
                .push(", ")
                .push_bind(held(second))
                .push(")"),
        };
    }
}

fn read(row: &SqliteRow) -> Result<Listed, StoreError> {
    Ok(Listed {
        slot: column::number(row.get(0), "outcome.slot")?,
        number: column::number(row.get(1), "cron.number")?,
        interval: row.get(2),
        timestamp_ms: column::number(row.get(3), "outcome.timestamp")?,
        json: row.get(4),
    })
}
