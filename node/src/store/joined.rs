//! Table `joined`: where the log of a process of this scheduler ends, or has ended, because it joins a court (PROTOCOL 5.15).

use aosec_wire::{Chain, Id};
use sqlx::Row;

use super::{Db, Store, StoreError, column};

/// Where the court's part of a log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seam {
    /// The court.
    pub origin: Id,
    /// The first slot under it.
    pub first: u64,
    /// The legacy chain at the slot before.
    pub legacy: Id,
}

impl Seam {
    /// Both chains at the slot before the first one.
    #[must_use]
    pub fn chain(&self, process: Id) -> Chain {
        Chain::registered(process, self.legacy)
    }
}

/// What this scheduler has kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Where.
    pub seam: Seam,
    /// Whether this scheduler's lease has been settled: the log goes on under the court, for ever. Before that it is only held there.
    pub is_hosted: bool,
}

/// What was kept of the process.
pub async fn of(store: &Store, process: Id) -> Result<Option<Joined>, StoreError> {
    let query = sqlx::query("SELECT origin, first, legacy, hosted FROM joined WHERE process = ?")
        .bind(column::blob(process));
    let row = query.fetch_optional(store.readers()).await?;
    let joined = |row: &sqlx::sqlite::SqliteRow| {
        Ok(Joined {
            seam: Seam {
                origin: column::id(row.get(0), "joined.origin")?,
                first: column::number(row.get(1), "joined.first")?,
                legacy: column::id(row.get(2), "joined.legacy")?,
            },
            is_hosted: row.get(3),
        })
    };
    row.as_ref().map(joined).transpose()
}

/// Keeps it in place of what was kept before; what was hosted once stays.
pub async fn keep(db: &mut Db, process: Id, joined: Joined) -> Result<(), StoreError> {
    let Joined { seam, is_hosted } = joined;
    let kept = sqlx::query(
        "INSERT INTO joined (process, origin, first, legacy, hosted) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (process) DO UPDATE SET origin = excluded.origin, first = excluded.first, legacy = excluded.legacy, \
         hosted = excluded.hosted WHERE hosted = 0",
    )
    .bind(column::blob(process))
    .bind(column::blob(seam.origin))
    .bind(column::integer(seam.first, "joined.first")?)
    .bind(column::blob(seam.legacy))
    .bind(is_hosted)
    .execute(db)
    .await?;
    match kept.rows_affected() {
        0 => Err(column::damaged("joined", "has another court's part")),
        _ => Ok(()),
    }
}
