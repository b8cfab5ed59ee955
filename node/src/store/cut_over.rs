//! Table `cut_over`: processes of which this node has forgotten what it had computed behind the cut, on the word of a host that has lost
//! them since (PROTOCOL 5.7).
//!
//! It is done once a process: what is computed behind the cut afterwards is the base layer's order, and stays.

use aosec_wire::Id;

use super::{Db, Store, StoreError, column};

/// Whether it was done.
pub async fn is_done(store: &Store, process: Id) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 FROM cut_over WHERE process = ?")
        .bind(column::blob(process))
        .fetch_optional(store.readers())
        .await?;
    Ok(row.is_some())
}

/// Forgets outcomes, checkpoints and pushes behind `slot`, unless that was done before; gives the slots of the checkpoints, whose files
/// may go.
pub async fn forget_behind(db: &mut Db, process: Id, slot: u64) -> Result<Vec<u64>, StoreError> {
    let slot = column::integer(slot, "cut_over.slot")?;
    let noted = sqlx::query("INSERT OR IGNORE INTO cut_over (process, slot) VALUES (?, ?)")
        .bind(column::blob(process))
        .bind(slot)
        .execute(&mut *db)
        .await?;
    if noted.rows_affected() == 0 {
        return Ok(Vec::new());
    }
    for sql in [
        "DELETE FROM outcome WHERE process = ? AND slot > ?",
        "DELETE FROM pushed_before WHERE process = ? AND slot > ?",
    ] {
        sqlx::query(sql)
            .bind(column::blob(process))
            .bind(slot)
            .execute(&mut *db)
            .await?;
    }
    let sql = "DELETE FROM checkpoint WHERE process = ? AND slot > ? RETURNING slot";
    let rows: Vec<(i64,)> = sqlx::query_as(sql)
        .bind(column::blob(process))
        .bind(slot)
        .fetch_all(db)
        .await?;
    let slots = rows.into_iter();
    slots
        .map(|(slot,)| column::number(slot, "checkpoint.slot"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::outcome::{self, Kind, Mark, Outcome};

    fn outcome(slot: u64) -> Outcome {
        Outcome {
            slot,
            mark: Mark {
                message: Id::sha256(&slot.to_le_bytes()),
                push: None,
            },
            timestamp_ms: slot,
            kind: Kind::Result,
            root: [0; 32],
            engine: String::new(),
            json: "{}".to_owned(),
        }
    }

    #[tokio::test]
    async fn what_lies_behind_the_cut_is_forgotten_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let process = Id::new([1; 32]);
        let compute = async |slots: std::ops::Range<u64>| {
            let outcomes: Vec<_> = slots.map(outcome).collect();
            let kept = async move |db: &mut Db| outcome::insert(db, process, &outcomes).await;
            store.write(kept).await.unwrap().unwrap();
        };
        let cut = async || {
            let job = async move |db: &mut Db| forget_behind(db, process, 1).await;
            store.write(job).await.unwrap();
        };
        let has = async |slot| {
            let found = outcome::at_slot(&store, process, slot).await;
            found.unwrap().is_some()
        };
        compute(0..4).await;
        assert!(!is_done(&store, process).await.unwrap());
        cut().await;
        assert!(is_done(&store, process).await.unwrap());
        assert!(has(1).await && !has(2).await);
        compute(2..4).await;
        cut().await;
        assert!(has(3).await, "what came after stays");
    }
}
