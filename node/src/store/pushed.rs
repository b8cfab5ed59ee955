//! Contents that were pushed to a process: those of evaluated slots (table `outcome`), and those that a checkpoint of somebody
//! else brought along (table `pushed_before`).

use std::collections::BTreeSet;

use aosec_wire::Id;
use sqlx::{QueryBuilder, Row};

use super::{Db, Store, StoreError, column};

/// Rows that one statement takes, below SQLite's bound on parameters.
const ROWS_MAX: usize = 1_000;

/// Keeps what was pushed up to `slot`, where a checkpoint stands.
pub async fn insert(db: &mut Db, process: Id, slot: u64, pushes: &[Id]) -> Result<(), StoreError> {
    let slot = column::integer(slot, "pushed_before.slot")?;
    for some in pushes.chunks(ROWS_MAX) {
        let mut query =
            QueryBuilder::new("INSERT OR IGNORE INTO pushed_before (process, push, slot) ");
        query.push_values(some, |mut row, push| {
            row.push_bind(column::blob(process))
                .push_bind(column::blob(*push))
                .push_bind(slot);
        });
        query.build().execute(&mut *db).await?;
    }
    Ok(())
}

/// Those of `asked` that a checkpoint before `slot` brought along.
pub async fn before(
    store: &Store,
    process: Id,
    slot: u64,
    asked: &[Id],
) -> Result<Vec<Id>, StoreError> {
    let mut found = Vec::new();
    for some in asked.chunks(ROWS_MAX) {
        let mut query = QueryBuilder::new("SELECT push FROM pushed_before WHERE process = ");
        query
            .push_bind(column::blob(process))
            .push(" AND slot < ")
            .push_bind(column::integer(slot, "pushed_before.slot")?)
            .push(" AND push IN (");
        let mut list = query.separated(", ");
        for push in some {
            list.push_bind(column::blob(*push));
        }
        query.push(")");
        for row in query.build().fetch_all(store.readers()).await? {
            found.push(column::id(row.get::<&[u8], _>(0), "pushed_before.push")?);
        }
    }
    Ok(found)
}

/// Everything that was pushed up to `slot`, in order; none where that is more than `most`.
pub async fn up_to(
    store: &Store,
    process: Id,
    slot: u64,
    most: u32,
) -> Result<Option<BTreeSet<Id>>, StoreError> {
    let rows = sqlx::query(
        "SELECT push FROM outcome WHERE process = ?1 AND push IS NOT NULL AND slot <= ?2 \
         UNION SELECT push FROM pushed_before WHERE process = ?1 AND slot <= ?2 LIMIT ?3",
    )
    .bind(column::blob(process))
    .bind(column::integer(slot, "outcome.slot")?)
    .bind(i64::from(most) + 1)
    .fetch_all(store.readers())
    .await?;
    if rows.len() > most as usize {
        return Ok(None);
    }
    let pushes = rows
        .iter()
        .map(|row| column::id(row.get::<&[u8], _>(0), "outcome.push"));
    pushes.collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_checkpoint_brought_is_known_for_its_process_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let id = |byte: u8| Id::new([byte; 32]);
        let brought = vec![id(1), id(2), id(2)];
        let kept = brought.clone();
        store
            .write(async move |db| insert(db, id(9), 5, &kept).await)
            .await
            .unwrap();
        let asked = [id(1), id(3)];
        let before = async |process, slot| before(&store, id(process), slot, &asked).await.unwrap();
        assert_eq!(before(9, 6).await, [id(1)]);
        assert_eq!(before(9, 5).await, [], "it begins behind the slot");
        assert_eq!(before(8, 6).await, []);
        let all = up_to(&store, id(9), 5, 2).await.unwrap();
        assert_eq!(all, Some([id(1), id(2)].into()));
        assert_eq!(up_to(&store, id(9), 5, 1).await.unwrap(), None);
    }
}
