//! Reading logs: slots with their messages and assignments, a bounded number of slots and bytes at a time.

use aosec_wire::Id;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, StoreError, column, log::Entry};

/// Bytes of one page: items reach 10 MiB, so a page of full ones would not fit in memory. One slot is always given.
pub const PAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Which slots of a log; lower bounds are exclusive, upper ones inclusive, none is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// By slot.
    Slots {
        /// The slot before the first.
        after: Option<u64>,
        /// The last slot.
        to: Option<u64>,
    },
    /// By stamped milliseconds.
    Times {
        /// The stamp before the first.
        after: Option<u64>,
        /// The last stamp.
        to: Option<u64>,
    },
}

/// A slot as it is kept, nothing verified.
#[derive(Debug)]
pub struct Kept {
    /// The slot.
    pub slot: u64,
    /// How its message came in.
    pub entry: Entry,
    /// The id of its message; in slot 0 that of the process.
    pub message_id: Id,
    /// The message's bytes, if it is known as an item.
    pub message: Option<Vec<u8>>,
    /// The id of its assignment, once that is kept.
    pub assignment_id: Option<Id>,
    /// The assignment's bytes.
    pub assignment: Option<Vec<u8>>,
}

/// At most `limit` slots of the span. Ends early at [`PAGE_BYTES_MAX`]; the flag says whether something was left out for that.
pub async fn read(
    store: &Store,
    process: Id,
    span: Span,
    limit: usize,
) -> Result<(Vec<Kept>, bool), StoreError> {
    let lengths = query(
        store,
        span,
        process,
        limit,
        [LENGTHS_BY_SLOT, LENGTHS_BY_TIME],
    )
    .await?;
    let fitting = fitting(lengths.iter().map(|row| row.get::<i64, _>(0)));
    let rows = query(store, span, process, fitting, [BY_SLOT, BY_TIME]).await?;
    let kept = rows.iter().map(Kept::read).collect::<Result<_, _>>()?;
    Ok((kept, fitting < lengths.len()))
}

async fn query(
    store: &Store,
    span: Span,
    process: Id,
    limit: usize,
    [by_slot, by_time]: [&'static str; 2],
) -> Result<Vec<SqliteRow>, StoreError> {
    let (sql, after, to) = match span {
        Span::Slots { after, to } => (by_slot, after, to),
        Span::Times { after, to } => (by_time, after, to),
    };
    // No slot and no stamp reaches 2^63, so a larger bound means the same as that one.
    let bound = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let query = sqlx::query(sql)
        .bind(column::blob(process))
        .bind(after.map_or(-1, bound))
        .bind(to.map_or(i64::MAX, bound))
        .bind(column::integer(limit as u64, "a limit")?);
    Ok(query.fetch_all(store.readers()).await?)
}

/// How many of the slots with these lengths make a page.
fn fitting(lengths: impl Iterator<Item = i64>) -> usize {
    let mut total = 0_i64;
    let fits = |(index, length): &(usize, i64)| {
        total = total.saturating_add(*length);
        *index == 0 || total <= PAGE_BYTES_MAX as i64
    };
    lengths.enumerate().take_while(fits).count()
}

macro_rules! page_sql {
    ($columns:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM log l LEFT JOIN item i ON i.id = l.message \
             LEFT JOIN receipt r ON r.process = l.process AND r.slot = l.slot \
             WHERE l.process = ? AND l.",
            $order,
            " > ? AND l.",
            $order,
            " <= ? ORDER BY l.",
            $order,
            " LIMIT ?"
        )
    };
}

const BY_SLOT: &str = page_sql!("l.slot, l.entry, l.message, i.bytes, r.id, r.bytes", "slot");
const BY_TIME: &str = page_sql!(
    "l.slot, l.entry, l.message, i.bytes, r.id, r.bytes",
    "timestamp"
);
const LENGTHS_BY_SLOT: &str = page_sql!(
    "COALESCE(length(i.bytes), 0) + COALESCE(length(r.bytes), 0)",
    "slot"
);
const LENGTHS_BY_TIME: &str = page_sql!(
    "COALESCE(length(i.bytes), 0) + COALESCE(length(r.bytes), 0)",
    "timestamp"
);

impl Kept {
    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        let (entry, message) = (Entry::of(row.get(1))?, row.get(3));
        if entry == Entry::Sent && Option::is_none(&message) {
            // Kept in the same commit as the slot: shown without it, nobody could compute the process.
            return Err(column::damaged("log.message", "names no item that is kept"));
        }
        Ok(Self {
            slot: column::number(row.get(0), "log.slot")?,
            entry,
            message_id: column::id(row.get(2), "log.message")?,
            message,
            assignment_id: column::optional_id(row, 4, "receipt.id")?,
            assignment: row.get(5),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_what_fits_and_never_nothing() {
        let mib = 1024 * 1024;
        assert_eq!(fitting([].into_iter()), 0);
        assert_eq!(fitting([100 * mib].into_iter()), 1);
        assert_eq!(fitting([100 * mib, 1].into_iter()), 1);
        assert_eq!(fitting([10 * mib, 6 * mib].into_iter()), 2);
        assert_eq!(fitting([10 * mib, 6 * mib, 1].into_iter()), 2);
    }
}
